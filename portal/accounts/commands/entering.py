"""Signing up and in, and what ends a sign-in."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts import passwords, queries, rules
from portal.accounts.commands import letters, tries
from portal.accounts.keys import Keys
from portal.accounts.models import LoginSession, Person
from portal.accounts.queries import Credentials
from portal.accounts.rules import LinkIsStale, NotConfirmed, Visitor, WrongCredentials
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id

CONFIRMATION_LASTS = timedelta(days=3)


def sign_up(
    actor: Actor, email: str, password: str, name: str, lang: str, visitor: Visitor, now: datetime
) -> None:
    """Open an account and send a letter with the link that confirms it.

    For an address that has an account already nothing changes and the letter says so: this function
    takes the same path and time. An account nobody has confirmed is taken over by the last who asks.
    Raises PasswordTooShort, PasswordTooLong, PasswordTooCommon, NameIsMissing, TooManyLetters.
    """
    name = rules.checked_name(name)
    rules.check_password(password, email)
    tries.before_letter(email, visitor.network, now)
    password_hash = passwords.hash_of(password)
    with transaction() as session:
        row = {
            "id": new_id("usr"), "email": email, "email_key": rules.email_key(email), "name": name,
            "lang": lang, "password_hash": password_hash, "password_is_temporary": False, "created_at": now,
        }  # fmt: skip
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        add = dialect.insert(Person).values(row)
        session.execute(
            add.on_conflict_do_update(
                index_elements=["email_key"],
                set_={"email": email, "name": name, "lang": lang, "password_hash": password_hash},
                where=Person.confirmed_at.is_(None),
            )
        )
        letters.ask_for("sign_up", email, lang, now)


def confirmation_token(keys: Keys, person_id: str, password_hash: str, now: datetime) -> str:
    """The token of a confirmation link; a later sign-up for the same address makes it worthless."""
    until = int((now + CONFIRMATION_LASTS).timestamp())
    return keys.token("confirm", person_id, passwords.fingerprint(password_hash), until)


def confirm_email(
    actor: Actor, token: str, password: str, visitor: Visitor, keys: Keys, now: datetime
) -> str:
    """Confirm the address and sign in; returns the secret for the cookie.

    Asks for the password, so that a link in a mailbox never makes somebody else's password good.
    Raises LinkIsStale, TooManyTries, WrongPassword.
    """
    known = bearer(keys, "confirm", token, now)
    tries.before_password(known.email, visitor.network, now)
    if not passwords.matches(known.password_hash, password):
        raise rules.WrongPassword()
    with transaction() as session:
        _confirm(session, known, now)
        audit.record(actor, "accounts.email_confirmed", known.person_id, now)
        tries.after_right_password(known.email, visitor.network)
        return open_session(session, known.person_id, visitor, now)


def bearer(keys: Keys, purpose: str, token: str, now: datetime) -> Credentials:
    """Whose token this is. Raises LinkIsStale when it is old, forged, or made for an earlier password."""
    try:
        person_id, fingerprint, until = keys.facts(purpose, token)
    except ValueError:
        raise LinkIsStale() from None
    known = queries.credentials_of(str(person_id))
    if (
        not known
        or fingerprint != passwords.fingerprint(known.password_hash)
        or now.timestamp() >= int(until)
    ):
        raise LinkIsStale()
    return known


def _confirm(session: Session, known: Credentials, now: datetime) -> None:
    same = update(Person).where(Person.id == known.person_id, Person.password_hash == known.password_hash)
    if session.scalar(same.values(confirmed_at=now).returning(Person.id)) is None:
        raise LinkIsStale()


def sign_in(
    actor: Actor,
    email: str,
    password: str,
    visitor: Visitor,
    lang: str,
    now: datetime,
    *,
    instead_of: str = "",
) -> str:
    """Check the password and open a session; returns the secret for the cookie (a new one each time).

    ``instead_of`` is the id of the session this browser had; it ends.
    Raises TooManyTries (before anything is hashed), WrongCredentials, NotConfirmed.
    """
    tries.before_password(email, visitor.network, now)
    known = queries.credentials(email)
    if not passwords.matches(known.password_hash if known else None, password) or not known:
        raise WrongCredentials()
    if not known.is_confirmed:
        tries.before_letter(email, visitor.network, now)
        letters.ask_for("sign_up", known.email, lang, now)
        raise NotConfirmed()
    with transaction() as session:
        still(session, known)
        tries.after_right_password(email, visitor.network)
        if passwords.is_outdated(known.password_hash):
            renewed = update(Person).where(Person.id == known.person_id)
            session.execute(renewed.values(password_hash=passwords.hash_of(password)))
        end(session, now, LoginSession.id == instead_of)
        audit.record(actor, "accounts.signed_in", known.person_id, now)
        return open_session(session, known.person_id, visitor, now)


def still(session: Session, known: Credentials) -> None:
    """The password that was checked outside the transaction is still the password, and stays so in it."""
    locked = select(Person.password_hash).where(Person.id == known.person_id).with_for_update()
    if session.execute(locked).scalar_one_or_none() != known.password_hash:
        raise WrongCredentials()


def open_session(
    session: Session,
    person_id: str,
    visitor: Visitor,
    now: datetime,
    second_factor_at: datetime | None = None,
) -> str:
    """A new session; returns the 256-bit secret of which only the hash is kept. Inside a transaction."""
    sid = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            id=rules.session_id(sid), person_id=person_id, created_at=now, last_seen_at=now,
            second_factor_at=second_factor_at, agent=visitor.agent, network=visitor.network,
        )
    )  # fmt: skip
    session.flush()
    return sid


def end(session: Session, now: datetime, *conditions: ColumnElement[bool]) -> int:
    """End the open sessions that meet the conditions; returns how many. Inside a transaction."""
    open_ones = update(LoginSession).where(LoginSession.ended_at.is_(None), *conditions)
    return len(session.scalars(open_ones.values(ended_at=now).returning(LoginSession.id)).all())


def sign_out(actor: Actor, session_id: str, now: datetime) -> None:
    """End this browser's session: its cookie, kept or stolen, opens nothing any more."""
    with transaction() as session:
        if end(session, now, LoginSession.id == session_id):
            audit.record(actor, "accounts.signed_out", actor.id, now)


def end_session(actor: Actor, session_id: str, now: datetime) -> None:
    """End one of one's own sessions. Somebody else's is left alone without a word."""
    with transaction() as session:
        if end(session, now, LoginSession.id == session_id, LoginSession.person_id == actor.id):
            audit.record(actor, "accounts.session_ended", actor.id, now)


def end_other_sessions(actor: Actor, session_id: str, now: datetime) -> int:
    """End all of one's sessions but this one; returns how many."""
    with transaction() as session:
        ended = end(session, now, LoginSession.id != session_id, LoginSession.person_id == actor.id)
        audit.record(actor, "accounts.sessions_ended", actor.id, now, count=ended)
        return ended


def mark_seen(session_id: str, now: datetime) -> None:
    """Note that this browser is still in use; asked for every few minutes, not at each request."""
    with transaction() as session:
        session.execute(update(LoginSession).where(LoginSession.id == session_id).values(last_seen_at=now))


def forget_old_sessions(now: datetime) -> None:
    """Remove sessions that can no longer be used and whose networks are no longer known ones."""
    with transaction() as session:
        session.execute(delete(LoginSession).where(LoginSession.last_seen_at < now - timedelta(days=60)))


def update_profile(actor: Actor, name: str, lang: str, now: datetime) -> None:
    """Change how one is called and which language letters come in. Raises NameIsMissing."""
    if not actor.is_person:
        raise NotAllowed()
    name = rules.checked_name(name)
    with transaction() as session:
        session.execute(update(Person).where(Person.id == actor.id).values(name=name, lang=lang))
        audit.record(actor, "accounts.profile_changed", actor.id, now)
