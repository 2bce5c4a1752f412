"""Showing again who one is, before a sensitive change: the session goes on under a new secret."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal import audit
from portal.accounts import passwords, queries
from portal.accounts.commands import tries
from portal.accounts.commands.entering import end, open_session, still
from portal.accounts.commands.passkeys import used
from portal.accounts.commands.second_factor import Typed, use_code
from portal.accounts.keys import Keys
from portal.accounts.models import LoginSession
from portal.accounts.rules import Party, Visit, Visitor, WrongPasskey, WrongPassword
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed


def prove(
    actor: Actor, visit: Visit, password: str, code: str, visitor: Visitor, keys: Keys, now: datetime
) -> str:
    """The password once more, and a code where there is a second factor; returns the session's new secret.

    Raises TooManyTries, WrongPassword, WrongCode, WrongCredentials when the password was changed meanwhile.
    """
    _ask(actor, visit)
    known = queries.credentials_of(actor.id)
    if known is None:
        raise NotAllowed()
    tries.before_password(known.email, visitor.network, now)
    if not passwords.matches(known.password_hash, password):
        raise WrongPassword()
    if visit.has_second_factor:
        tries.before_code(actor.id, now)
    typed = Typed.by(actor.id, code)
    with transaction() as session:
        still(session, known)
        if visit.has_second_factor:
            use_code(session, actor, actor.id, typed, keys, now)
        tries.after_right_password(known.email, visitor.network)
        return _renewed(session, actor, visit, visitor, now)


def prove_with_passkey(
    actor: Actor, visit: Visit, answer: str, party: Party, visitor: Visitor, now: datetime
) -> str:
    """One's own passkey, which is both factors at once. Raises WrongPasskey, also for another person's."""
    _ask(actor, visit)
    with transaction() as session:
        if used(session, answer, party, now).person_id != actor.id:
            raise WrongPasskey()
        return _renewed(session, actor, visit, visitor, now)


def _ask(actor: Actor, visit: Visit) -> None:
    if visit.person_id != actor.id or visit.awaits_code:
        raise NotAllowed()


def _renewed(session: Session, actor: Actor, visit: Visit, visitor: Visitor, now: datetime) -> str:
    """A cookie that was copied before the proof opens nothing after it."""
    if not end(session, now, LoginSession.id == visit.session_id):
        raise NotAllowed()
    audit.record(actor, "accounts.proved", actor.id, now)
    factor_at = now if visit.has_second_factor else None
    return open_session(session, actor.id, visitor, now, second_factor_at=factor_at)
