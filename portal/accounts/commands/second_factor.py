"""The second factor: an app's codes, each good once, and recovery codes for the day the phone is gone."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts import policy, queries, recovery, rules, totp
from portal.accounts.commands import letters, tries
from portal.accounts.commands.entering import end
from portal.accounts.keys import Keys
from portal.accounts.models import LoginSession, Passkey, Person, RecoveryCode
from portal.accounts.rules import NoSecondFactor, NotFresh, Visit, WrongCode
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, NotFound


def propose_second_factor(actor: Actor, visit: Visit, keys: Keys, now: datetime) -> bytes:
    """The secret to be put into an app: the one already waiting to be proved, or a new one.

    Raises NotFresh.
    """
    ask(actor, visit, now)
    with transaction() as session:
        person = locked(session, actor.id)
        if person.totp_pending is None:
            person.totp_pending = keys.seal(totp.new_secret(), person.id)
        return keys.unseal(person.totp_pending, person.id)


def prove_second_factor(
    actor: Actor, visit: Visit, code: str, keys: Keys, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Turn the proposed second factor on with a code from the app. Replaces an earlier one.

    This browser's session has passed it; others are asked at their next step. Returns the session's new
    secret for the cookie, and the recovery codes, which are shown once.
    Raises NotFresh, NoSecondFactor, TooManyTries, WrongCode.
    """
    ask(actor, visit, now)
    tries.before_code(actor.id, now)
    codes = NewCodes.drawn()
    with transaction() as session:
        person = locked(session, actor.id)
        if person.totp_pending is None:
            raise NoSecondFactor()
        step = totp.matching_step(keys.unseal(person.totp_pending, person.id), code, now, None)
        if step is None:
            raise WrongCode()
        person.totp_sealed, person.totp_pending = person.totp_pending, None
        person.totp_since, person.last_totp_step = now, step
        others = LoginSession.person_id == actor.id, LoginSession.id != visit.session_id
        session.execute(update(LoginSession).where(*others).values(second_factor_at=None))
        tries.after_right_code(session, actor.id)
        audit.record(actor, "accounts.second_factor_set", actor.id, now)
        letters.ask_for("second_factor_set", person.email, person.lang, now)
        return passed(session, visit, now), keep_codes(session, actor.id, codes)


def check_second_factor(actor: Actor, visit: Visit, code: str, keys: Keys, now: datetime) -> str:
    """Pass the second factor with an app's code or a recovery code; returns the session's new secret.

    ``visit`` awaits the code, so ``actor`` is still a guest. Raises TooManyTries, WrongCode.
    """
    tries.before_code(visit.person_id, now)
    typed = Typed.by(visit.person_id, code)
    with transaction() as session:
        use_code(session, actor, visit.person_id, typed, keys, now)
        audit.record(actor, "accounts.second_factor_passed", visit.person_id, now)
        return passed(session, visit, now)


def renew_recovery_codes(actor: Actor, visit: Visit, now: datetime) -> tuple[str, ...]:
    """New recovery codes, shown once; the old ones stop working. Raises NotFresh, NoSecondFactor."""
    ask(actor, visit, now)
    if not visit.has_second_factor:
        raise NoSecondFactor()
    codes = NewCodes.drawn()
    with transaction() as session:
        audit.record(actor, "accounts.recovery_codes_renewed", actor.id, now)
        return keep_codes(session, actor.id, codes)


def reset_second_factor(actor: Actor, person_id: str, now: datetime) -> None:
    """Take a lost second factor away and end the person's sessions. Raises NotAllowed, NotFound."""
    if not policy.may_manage_roles(actor):
        raise NotAllowed()
    with transaction() as session:
        person = locked(session, person_id)
        person.totp_sealed = person.totp_pending = person.totp_since = None
        session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
        session.execute(delete(Passkey).where(Passkey.person_id == person_id))
        end(session, now, LoginSession.person_id == person_id)
        audit.record(actor, "accounts.second_factor_reset", person_id, now)
        letters.ask_for("second_factor_reset", person.email, person.lang, now)


def current_code(person_id: str, keys: Keys, now: datetime) -> str:
    """The next code that would be accepted, for demonstrations. Raises NoSecondFactor, NotFound."""
    with transaction() as session:
        person = locked(session, person_id)
        if person.totp_since is None or person.totp_sealed is None:
            raise NoSecondFactor()
        step = max(rules.step_of(now), (person.last_totp_step or 0) + 1)
        return totp.code_at(keys.unseal(person.totp_sealed, person.id), step)


def ask(actor: Actor, visit: Visit, now: datetime) -> None:
    if visit.person_id != actor.id or visit.awaits_code:
        raise NotAllowed()
    if not visit.is_fresh(now):
        raise NotFresh()


def locked(session: Session, person_id: str) -> Person:
    found = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one_or_none()
    if not found:
        raise NotFound()
    return found


@dataclass(frozen=True, slots=True)
class Typed:
    """A code as it was typed; of a recovery code, ``stored`` is what it may be kept as.

    That is worked out before the transaction: argon2 takes its time, and a lock is not held for it.
    """

    code: str
    stored: tuple[str, ...]

    @classmethod
    def by(cls, person_id: str, code: str) -> "Typed":
        if rules.is_app_code(code):
            return cls(code, ())
        return cls(code, tuple(recovery.candidates(code, queries.recovery_codes_kept(person_id))))


@dataclass(frozen=True, slots=True)
class NewCodes:
    """Recovery codes to be shown once, and what is kept of them; drawn before the transaction, as above."""

    shown: tuple[str, ...]
    stored: tuple[str, ...]

    @classmethod
    def drawn(cls) -> "NewCodes":
        codes = tuple(rules.recovery_code(secrets.token_bytes(16)) for _ in range(rules.RECOVERY_CODES))
        return cls(codes, recovery.stored(codes))


def use_code(session: Session, actor: Actor, person_id: str, typed: Typed, keys: Keys, now: datetime) -> None:
    """Spend an app's code or a recovery code. Inside a transaction. Raises WrongCode, NoSecondFactor."""
    if rules.is_app_code(typed.code):
        _use_app_code(session, person_id, typed.code, keys, now)
    else:
        _use_recovery_code(session, person_id, typed.stored, now)
        audit.record(actor, "accounts.recovery_code_used", person_id, now)
    tries.after_right_code(session, person_id)


def _use_app_code(session: Session, person_id: str, code: str, keys: Keys, now: datetime) -> None:
    person = locked(session, person_id)
    if person.totp_since is None or person.totp_sealed is None:
        raise NoSecondFactor()
    secret = keys.unseal(person.totp_sealed, person.id)
    step = totp.matching_step(secret, code, now, person.last_totp_step)
    if step is None:
        raise WrongCode()
    later = or_(Person.last_totp_step.is_(None), Person.last_totp_step < step)
    # The step in the condition is the second belt behind the lock: no code is good twice.
    used = (
        update(Person)
        .where(Person.id == person_id, later)
        .values(
            last_totp_step=step,
            totp_sealed=keys.seal(secret, person_id),  # under today's key, for rotation
        )
    )
    if session.scalar(used.returning(Person.id)) is None:
        raise WrongCode()


def _use_recovery_code(session: Session, person_id: str, stored: Sequence[str], now: datetime) -> None:
    unused = update(RecoveryCode).where(
        RecoveryCode.person_id == person_id,
        RecoveryCode.code_hash.in_(stored),
        RecoveryCode.used_at.is_(None),
    )
    if session.scalar(unused.values(used_at=now).returning(RecoveryCode.person_id)) is None:
        raise WrongCode()


def passed(session: Session, visit: Visit, now: datetime) -> str:
    """Mark the session and give it a new id: a cookie seen before the second factor opens nothing after."""
    sid = secrets.token_urlsafe(32)
    mine = update(LoginSession).where(LoginSession.id == visit.session_id, LoginSession.ended_at.is_(None))
    renewed = mine.values(id=rules.session_id(sid), second_factor_at=now, last_seen_at=now)
    if session.scalar(renewed.returning(LoginSession.id)) is None:
        raise NotAllowed()
    return sid


def keep_codes(session: Session, person_id: str, codes: NewCodes) -> tuple[str, ...]:
    """Keep these recovery codes in place of earlier ones; returns what is shown."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    session.execute(
        insert(RecoveryCode), [{"person_id": person_id, "code_hash": each} for each in codes.stored]
    )
    return codes.shown
