"""Settings for tests, made by the room's own commands and confirmed by a second person."""

from datetime import datetime
from typing import Any

from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.settings import commands, queries
from portal.settings.rules.versions import Verdict
from portal.shop.rules.fees import values_of
from portal.shop.rules.terms import TERMS

ADMIN = Actor("usr_admin", frozenset({Role.ADMIN}))
TELLER = Actor("usr_teller", frozenset({Role.FINANCE}))
EDITOR = Actor("usr_editor", frozenset({Role.EDITOR}))
REASON = "decided by the council"


def proposed(
    sheet: str,
    values: dict[str, Any],
    *,
    actor: Actor = ADMIN,
    from_at: datetime | None = None,
    now: datetime | None = None,
) -> str:
    now = now or clock.now()
    known = queries.book().at(sheet, now)
    return commands.propose(actor, sheet, values, REASON, from_at, known.number if known else 0, now)


def confirm(change_id: str, *, actor: Actor = TELLER, now: datetime | None = None) -> None:
    commands.decide(actor, change_id, Verdict.CONFIRMED, "", now or clock.now())


def set_to(sheet: str, values: dict[str, Any], **when: Any) -> str:
    """Propose and confirm; the change's id."""
    change_id = proposed(sheet, values, **when)
    found = queries.change(ADMIN, change_id)
    confirm(change_id, actor=TELLER if found.needs_two else ADMIN, now=when.get("now"))
    return change_id


def fees(**changes: int) -> dict[str, Any]:
    """The sheet of sale as it ships, with some of it changed."""
    return values_of(TERMS) | changes
