"""Another e-mail address: confirmed at the new one, undone from the old one for a week."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts import policy, rules
from portal.accounts.commands import letters, tries
from portal.accounts.commands.entering import end
from portal.accounts.commands.second_factor import ask
from portal.accounts.keys import Keys
from portal.accounts.models import EmailChange, LoginSession, Person
from portal.accounts.rules import AddressIsTaken, LinkIsStale, Visit, Visitor
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, InvalidInput, NotAllowed
from portal.kernel.ids import new_id

CONFIRMED_WITHIN = timedelta(days=1)
UNDONE_WITHIN = timedelta(days=7)


class SameAddress(InvalidInput):
    message = N_("This is your address already.")


def ask_for_address(actor: Actor, visit: Visit, email: str, visitor: Visitor, now: datetime) -> None:
    """Send a letter to the new address, whose link makes it the account's.

    Whether somebody else has it is looked up when the letter is written: nothing here depends on it.
    Raises NotFresh, SameAddress, TooManyLetters.
    """
    ask(actor, visit, now)
    if rules.email_key(email) == rules.email_key(visit.email):
        raise SameAddress()
    tries.before_letter(email, visitor.network, now)
    with transaction() as session:
        change = new_id("emc")
        session.execute(
            insert(EmailChange).values(
                id=change, person_id=actor.id, old_email=visit.email, new_email=email, asked_at=now
            )
        )
        audit.record(actor, "accounts.email_change_asked", actor.id, now, change=change)
        letters.ask_for("new_address", email, visit.lang, now, change=change)


def confirmation_token(keys: Keys, change_id: str) -> str:
    return keys.token("new-address", change_id)


def undo_token(keys: Keys, change_id: str) -> str:
    return keys.token("old-address", change_id)


def confirm_address(actor: Actor, token: str, keys: Keys, now: datetime) -> None:
    """Make the new address the account's, and write to the old one how to undo it.

    A change that was confirmed in between makes the link worthless. Raises LinkIsStale, AddressIsTaken.
    """
    with transaction() as session:
        change = _locked(session, keys, "new-address", token)
        person = session.get_one(Person, change.person_id, with_for_update=True)
        if change.done_at or now >= change.asked_at + CONFIRMED_WITHIN or person.email != change.old_email:
            raise LinkIsStale()
        _readdress(session, person.id, change.new_email)
        change.done_at = now
        session.flush()
        audit.record(actor, "accounts.email_changed", person.id, now, change=change.id)
        letters.ask_for("old_address", change.old_email, person.lang, now, change=change.id)


def undo_address(actor: Actor, token: str, keys: Keys, now: datetime) -> str:
    """Give the account its old address back and sign everybody out of it; returns that address.

    Who had the new address may have had the password too, so a letter with a link to a new one follows.
    Raises LinkIsStale, AddressIsTaken.
    """
    with transaction() as session:
        change = _locked(session, keys, "old-address", token)
        if not change.done_at or change.undone_at or now >= change.done_at + UNDONE_WITHIN:
            raise LinkIsStale()
        _readdress(session, change.person_id, change.old_email)
        change.undone_at = now
        later = update(EmailChange).where(
            EmailChange.person_id == change.person_id,
            EmailChange.id > change.id,
            EmailChange.done_at.is_not(None),
        )
        session.execute(later.values(undone_at=now))  # made by whoever took the account over
        end(session, now, LoginSession.person_id == change.person_id)
        audit.record(actor, "accounts.email_change_undone", change.person_id, now, change=change.id)
        lang = session.scalar(select(Person.lang).where(Person.id == change.person_id)) or "zh"
        letters.ask_for("reset", change.old_email, lang, now)
        return change.old_email


def readdress(actor: Actor, person_id: str, email: str, now: datetime) -> None:
    """Change somebody's address at once: for operators. Raises NotAllowed, AddressIsTaken."""
    if not policy.may_manage_roles(actor):
        raise NotAllowed()
    with transaction() as session:
        _readdress(session, person_id, email)
        end(session, now, LoginSession.person_id == person_id)
        audit.record(actor, "accounts.email_changed", person_id, now)


def _locked(session: Session, keys: Keys, purpose: str, token: str) -> EmailChange:
    facts = keys.facts(purpose, token)
    asked = select(EmailChange).where(EmailChange.id == str(facts[0])).with_for_update()
    found = session.scalars(asked).one_or_none()
    if found is None:
        raise LinkIsStale()
    return found


def _readdress(session: Session, person_id: str, email: str) -> None:
    try:
        with session.begin_nested():
            theirs = update(Person).where(Person.id == person_id)
            session.execute(theirs.values(email=email, email_key=rules.email_key(email)))
    except IntegrityError:
        raise AddressIsTaken() from None
