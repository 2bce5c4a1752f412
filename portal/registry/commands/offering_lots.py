"""Lots opened by two people: one proposes, another of the registry accepts."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from portal.kernel.actor import Actor
from portal.kernel.errors import N_
from portal.kernel.money import Money
from portal.proposals.commands import Lines, by_two, propose
from portal.registry import policy
from portal.registry.commands.lots import LotDraft, open_lot

LOT: Final = "registry.lot"


def propose_lot(actor: Actor, draft: LotDraft, reason: str, now: datetime) -> str:
    """Put whole tonnes up for sale. Raises what ``open_lot`` and ``propose`` raise."""
    price = draft.price_per_t
    facts = asdict(draft) | {
        "serials": list(draft.serials),
        "retired_on": draft.retired_on.isoformat(),
        "price_per_t": {"minor": price.minor, "currency": price.currency},
    }
    return propose(actor, LOT, draft.code, facts, reason, now)


def _lines(facts: Mapping[str, Any]) -> Lines:
    draft = _draft(facts)
    return (
        (N_("Project"), draft.project_code),
        (N_("Tonnes"), draft.tonnes if draft.tonnes is not None else "–"),
        (N_("Serials"), ", ".join(draft.serials)),
        (N_("Number of the retirement record"), draft.retirement_reference),
        (N_("Retired on"), draft.retired_on),
        (N_("Price per tonne"), draft.price_per_t),
    )


def _draft(facts: Mapping[str, Any]) -> LotDraft:
    own = {name: value for name, value in facts.items() if name != "reason"}
    return LotDraft(
        **own
        | {
            "serials": tuple(facts["serials"]),
            "retired_on": date.fromisoformat(facts["retired_on"]),
            "price_per_t": Money(**facts["price_per_t"]),
        }
    )


def _uses(_code: str, facts: Mapping[str, Any]) -> tuple[str, ...]:
    return (record_used(facts["retirement_reference"]),)


def record_used(reference: str) -> str:
    """A retirement record as what a proposal uses up: it stands behind one lot."""
    return f"record:{reference}"


@by_two(LOT, N_("A lot to be opened"), policy.may_run_registry, _lines, _uses)
def _open(actor: Actor, code: str, facts: Mapping[str, Any], now: datetime) -> None:
    open_lot(actor, _draft(facts), now)
