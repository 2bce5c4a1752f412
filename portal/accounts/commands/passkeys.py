"""Passkeys: made by a signed-in person, and then enough to sign in."""

import secrets
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts import queries, rules, webauthn
from portal.accounts.commands import letters, tries
from portal.accounts.commands.entering import end, open_session, tell_of_new_browser
from portal.accounts.commands.second_factor import NewCodes, ask, keep_codes, locked, passed
from portal.accounts.models import Challenge, LoginSession, Passkey, RecoveryCode
from portal.accounts.rules import (
    Party,
    PasskeyIsKnown,
    TooManyPasskeys,
    Visit,
    Visitor,
    WrongPasskey,
)
from portal.db import transaction
from portal.kernel.actor import Actor


def propose_passkey(actor: Actor, visit: Visit, party: Party, now: datetime) -> str:
    """What the browser needs to make a passkey (JSON). Raises NotFresh, TooManyPasskeys."""
    ask(actor, visit, now)
    known = [each.id for each in queries.passkeys_of(actor.id)]
    if len(known) >= rules.PASSKEYS_MAX:
        raise TooManyPasskeys(most=rules.PASSKEYS_MAX)
    challenge = _challenge(actor.id, now)
    return webauthn.creation_options(party, actor.id, visit.email, visit.name, challenge, known)


def add_passkey(
    actor: Actor, visit: Visit, answer: str, name: str, party: Party, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Keep the passkey that the browser has made.

    Returns this session's new secret, as it has passed the second factor, and recovery codes when there were
    none. Raises NotFresh, NameIsMissing, WrongPasskey, PasskeyIsKnown, TooManyPasskeys.
    """
    ask(actor, visit, now)
    name = rules.checked_passkey_name(name)
    new = None if visit.has_second_factor else NewCodes.drawn()
    with transaction() as session:
        person = locked(session, actor.id)
        found = webauthn.made(answer, _spend(session, answer, actor.id, now), party)
        if session.get(Passkey, found.id) is not None:
            raise PasskeyIsKnown()
        if _count(session, actor.id) >= rules.PASSKEYS_MAX:
            raise TooManyPasskeys(most=rules.PASSKEYS_MAX)
        session.add(
            Passkey(
                id=found.id, person_id=actor.id, public_key=found.public_key, uses=found.uses, name=name,
                made_at=now,
            )
        )  # fmt: skip
        session.flush()
        audit.record(actor, "accounts.passkey_added", actor.id, now, passkey=found.id[:12])
        letters.ask_for("passkey_added", person.email, person.lang, now, name=name)
        codes = keep_codes(session, actor.id, new) if new else ()
        return passed(session, visit, now), codes


def remove_passkey(actor: Actor, visit: Visit, passkey_id: str, now: datetime) -> None:
    """Take a passkey away. With the last way to prove oneself the recovery codes go too.

    Somebody else's, or one that is gone, is left alone without a word. Raises NotFresh.
    """
    ask(actor, visit, now)
    with transaction() as session:
        person = locked(session, actor.id)
        mine = delete(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == actor.id)
        name = session.scalar(mine.returning(Passkey.name))
        if name is None:
            return
        if person.totp_since is None and not _count(session, actor.id):
            session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == actor.id))
        audit.record(actor, "accounts.passkey_removed", actor.id, now, passkey=passkey_id[:12])
        letters.ask_for("passkey_removed", person.email, person.lang, now, name=name)


def invite_passkey(actor: Actor, visitor: Visitor, party: Party, now: datetime) -> str:
    """What a browser needs to offer its passkeys at sign-in (JSON); says nothing of who has one.

    Raises TooManyTries.
    """
    tries.before_challenge(visitor.network, now)
    return webauthn.request_options(party, _challenge("", now))


def sign_in_with_passkey(
    actor: Actor, answer: str, visitor: Visitor, party: Party, now: datetime, *, instead_of: str = ""
) -> str:
    """Open a session that has passed both factors; returns the secret for the cookie.

    ``instead_of`` is the id of the session this browser had; it ends. Raises WrongPasskey.
    """
    with transaction() as session:
        key = used(session, answer, party, now)
        end(session, now, LoginSession.id == instead_of)
        tell_of_new_browser(key.person_id, visitor, now)
        audit.record(actor, "accounts.signed_in", key.person_id, now, passkey=key.id[:12])
        return open_session(session, key.person_id, visitor, now, second_factor_at=now)


def used(session: Session, answer: str, party: Party, now: datetime) -> Passkey:
    """The passkey that has signed, its use counted. Inside a transaction. Raises WrongPasskey."""
    challenge = _spend(session, answer, "", now)
    key = session.scalars(
        select(Passkey).where(Passkey.id == webauthn.id_in(answer)).with_for_update()
    ).one_or_none()
    if key is None:
        raise WrongPasskey()
    key.uses = webauthn.uses_after(answer, challenge, party, key.public_key, key.uses)
    key.used_at = now
    return key


def forget_old_challenges(now: datetime) -> None:
    with transaction() as session:
        session.execute(delete(Challenge).where(Challenge.until < now))


def _challenge(person_id: str, now: datetime) -> bytes:
    challenge = secrets.token_bytes(32)
    with transaction() as session:
        until = now + rules.CHALLENGE_LASTS
        session.add(Challenge(id=rules.challenge_id(challenge), person_id=person_id, until=until))
    return challenge


def _spend(session: Session, answer: str, person_id: str, now: datetime) -> bytes:
    """The challenge of this answer, which is good once and for whom it was made. Raises WrongPasskey."""
    challenge = webauthn.challenge_in(answer)
    asked = delete(Challenge).where(
        Challenge.id == rules.challenge_id(challenge), Challenge.person_id == person_id, Challenge.until > now
    )
    if session.scalar(asked.returning(Challenge.id)) is None:
        raise WrongPasskey()
    return challenge


def _count(session: Session, person_id: str) -> int:
    return session.execute(select(func.count()).where(Passkey.person_id == person_id)).scalar_one()
