"""Choosing a new password: with the old one, or with a letter."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts import passwords, queries, rules
from portal.accounts.commands import letters, tries
from portal.accounts.commands.entering import bearer, end, open_session
from portal.accounts.keys import Keys
from portal.accounts.models import LoginSession, Person
from portal.accounts.queries import Credentials
from portal.accounts.rules import LinkIsStale, PasswordUnchanged, Visit, Visitor, WrongPassword
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed

RESET_LASTS = timedelta(hours=1)


def request_reset(actor: Actor, email: str, lang: str, visitor: Visitor, now: datetime) -> None:
    """Ask for a letter with a link to a new password.

    Whether the address has an account is looked up only when the letter is written: here nothing
    depends on it, neither text nor time. Raises TooManyLetters.
    """
    tries.before_letter(email, visitor.network, now)
    with transaction():
        letters.ask_for("reset", email, lang, now)


def reset_token(keys: Keys, person_id: str, password_hash: str, now: datetime) -> str:
    """Single-use: it is bound to the password it replaces, and lasts an hour."""
    return keys.token(
        "reset", person_id, passwords.fingerprint(password_hash), int((now + RESET_LASTS).timestamp())
    )


def reset_password(
    actor: Actor, token: str, password: str, visitor: Visitor, keys: Keys, now: datetime
) -> None:
    """Set a new password with a link from a letter; every session ends. Who has the letter has the mailbox,
    so the address counts as confirmed. The second factor stays.

    Raises LinkIsStale, PasswordTooShort, PasswordTooLong, PasswordTooCommon.
    """
    known = bearer(keys, "reset", token, now)
    rules.check_password(password, known.email)
    new_hash = passwords.hash_of(password)
    with transaction() as session:
        _replace(session, known, new_hash, now)
        session.execute(
            update(Person)
            .where(Person.id == known.person_id, Person.confirmed_at.is_(None))
            .values(confirmed_at=now)
        )
        tries.forgive(session, rules.email_key(known.email), visitor.network)
        audit.record(actor, "accounts.password_reset", known.person_id, now)
        _tell(known.person_id, now)


def change_password(
    actor: Actor, visit: Visit, present: str, password: str, visitor: Visitor, now: datetime
) -> str:
    """Replace the present password; every session ends. Returns the secret of a new one for this browser.

    Raises TooManyTries, WrongPassword, PasswordUnchanged, and what check_password raises.
    """
    known = queries.credentials_of(actor.id)
    if not known or visit.person_id != actor.id:
        raise NotAllowed()
    tries.before_password(known.email, visitor.network, now)
    if not passwords.matches(known.password_hash, present):
        raise WrongPassword()
    rules.check_password(password, known.email)
    if rules.normal_password(password) == rules.normal_password(present):
        raise PasswordUnchanged()
    new_hash = passwords.hash_of(password)
    with transaction() as session:
        _replace(session, known, new_hash, now)
        tries.after_right_password(known.email, visitor.network)
        audit.record(actor, "accounts.password_changed", known.person_id, now)
        _tell(known.person_id, now)
        return open_session(session, known.person_id, visitor, now, visit.second_factor_at)


def _replace(session: Session, known: Credentials, new_hash: str, now: datetime) -> None:
    # The old hash in the condition: of two that come with the same link, one changes the password.
    same = update(Person).where(Person.id == known.person_id, Person.password_hash == known.password_hash)
    replaced = same.values(password_hash=new_hash, password_is_temporary=False).returning(Person.id)
    if session.scalar(replaced) is None:
        raise LinkIsStale()
    end(session, now, LoginSession.person_id == known.person_id)


def _tell(person_id: str, now: datetime) -> None:
    owner = queries.person(person_id)
    letters.ask_for("password_changed", owner.email, owner.lang, now)
