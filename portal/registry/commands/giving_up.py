"""Units of others cancelled by two people: one of the registry proposes, another accepts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from portal.kernel.actor import Actor
from portal.kernel.errors import N_, NotAllowed
from portal.kernel.mass import Mass
from portal.proposals.commands import Lines, Phrase, by_two, propose
from portal.registry import policy
from portal.registry.commands import cancelling, reversals
from portal.registry.rules.accounts import CancelReason

CANCEL: Final = "registry.cancel"
COMPENSATE: Final = "registry.compensate"

_Facts = Mapping[str, Any]
_WHY: Final = {
    CancelReason.VOLUNTARY: N_("given up by their holder"),
    CancelReason.ERROR: N_("issued in error"),
    CancelReason.MOVED: N_("moved to another register"),
}


def propose_cancellation(
    actor: Actor,
    account_id: str,
    mass: Mass,
    reason: CancelReason,
    explanation: str,
    now: datetime,
    serial: str | None = None,
) -> str:
    """Whole tonnes of an account; the explanation is published. Raises as ``cancel`` and ``propose`` do."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    facts = {"grams": mass.grams, "why": reason.value, "serial": serial}
    return propose(actor, CANCEL, account_id, facts, explanation, now)


def propose_compensation(
    actor: Actor, case_id: str, account_id: str, mass: Mass, reason: str, now: datetime
) -> str:
    """An account's units in the place of a buffer's. Raises what ``compensate`` and ``propose`` raise."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    return propose(actor, COMPENSATE, case_id, {"grams": mass.grams, "account": account_id}, reason, now)


def _cancelled(facts: _Facts) -> Lines:
    return (
        (N_("Quantity"), Mass(facts["grams"])),
        (N_("Which units"), facts["serial"] or Phrase(N_("The oldest vintage first"))),
        (N_("Published as"), Phrase(_WHY[CancelReason(facts["why"])])),
    )


def _paid(facts: _Facts) -> Lines:
    return ((N_("Quantity"), Mass(facts["grams"])),)


@by_two(CANCEL, N_("Units to be cancelled"), policy.may_run_registry, _cancelled)
def _cancel(actor: Actor, account_id: str, facts: _Facts, now: datetime) -> None:
    why = CancelReason(facts["why"])
    cancelling.cancel(actor, account_id, Mass(facts["grams"]), why, facts["reason"], now, facts["serial"])


@by_two(COMPENSATE, N_("Units to be cancelled for the debt of a reversal"), policy.may_run_registry, _paid)
def _compensate(actor: Actor, case_id: str, facts: _Facts, now: datetime) -> None:
    reversals.compensate(actor, case_id, facts["account"], Mass(facts["grams"]), now)
