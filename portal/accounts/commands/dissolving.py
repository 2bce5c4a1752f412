"""The end of an organisation: nobody acts for it any more, and what it did stays on record."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from portal import audit
from portal.accounts import queries
from portal.accounts.bodies import JoinState
from portal.accounts.commands.organisations import ask_owner
from portal.accounts.models import Dissolution, Invitation, JoinCode, JoinRequest, Membership, Organisation
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, Refused

# Rooms above say what an organisation still holds; this room knows none of them.
_holdings: list[Callable[[str], Iterable[str]]] = []


class StillHolds(Refused):
    message = N_("This organisation still holds something: %(what)s. Settle that first.")


class NameDiffers(InvalidInput):
    message = N_("Type the name of the organisation exactly as it stands here.")


def holdings(ask: Callable[[str], Iterable[str]]) -> Callable[[str], Iterable[str]]:
    """Register a question that names, for an organisation's id, what must be settled before it ends."""
    _holdings.append(ask)
    return ask


def dissolve(actor: Actor, organisation_id: str, typed_name: str, now: datetime) -> None:
    """Take everybody out and close every door: invitations, codes, who waits, the members' list.

    Raises NotFound, NotAllowed, NameDiffers, StillHolds.
    """
    ask_owner(actor, organisation_id)
    name: Bilingual = queries.organisation(actor, organisation_id).name
    if typed_name.strip() not in {name.zh, name.en} - {""}:
        raise NameDiffers()
    held = [what for ask in _holdings for what in ask(organisation_id)]
    if held:
        raise StillHolds(what=", ".join(held))
    with transaction() as session:
        session.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())
        session.execute(insert(Dissolution).values(organisation_id=organisation_id, by=actor.id, at=now))
        for table in (Membership, Invitation):
            session.execute(delete(table).where(table.organisation_id == organisation_id))
        waiting = delete(JoinRequest).where(
            JoinRequest.organisation_id == organisation_id, JoinRequest.state == JoinState.ASKED
        )
        session.execute(waiting)  # nobody is left to answer
        codes = update(JoinCode).where(
            JoinCode.organisation_id == organisation_id, JoinCode.withdrawn_at.is_(None)
        )
        session.execute(codes.values(withdrawn_at=now))
        audit.record(actor, "accounts.organisation_dissolved", organisation_id, now)
