"""Throttles: tries are counted before the work they would cause, in the database all processes share.

A try that is refused is not counted, so that whoever fills a network's share cannot also fill the shares
of the accounts behind it.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import case, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.accounts import rules
from portal.accounts.models import LoginSession, Person, Throttle
from portal.accounts.rules import Limit, TooManyLetters, TooManyTries
from portal.db import Utc, transaction
from portal.kernel.errors import Refused


def before_password(email: str, network: str, now: datetime) -> None:
    """Count a try at a password. Raises TooManyTries; then the password must not even be hashed."""
    key = rules.email_key(email)
    with transaction() as session:
        # Networks before accounts, always: two sign-ins never wait for each other in a ring.
        _count(session, _bucket("password", network), rules.TRIES_FROM_NETWORK, now)
        _count(session, _bucket("password", network, key), rules.TRIES_AT_ACCOUNT_FROM_NETWORK, now)
        try:
            _count(session, _bucket("password", key), rules.TRIES_AT_ACCOUNT, now)
        except TooManyTries:
            # Strangers everywhere must not lock the owner out at home.
            if not _has_been_signed_in(session, key, network):
                raise


def after_right_password(email: str, network: str) -> None:
    """Give the tries back: forty people behind one address may all sign in."""
    key = rules.email_key(email)
    with transaction() as session:
        mine = update(Throttle).where(Throttle.bucket == _bucket("password", network), Throttle.tries > 0)
        session.execute(mine.values(tries=Throttle.tries - 1))
        forgive(session, key, network)


def forgive(session: Session, email_key: str, network: str) -> None:
    """Forget the tries at this account; what strangers elsewhere tried goes too."""
    buckets = [_bucket("password", network, email_key), _bucket("password", email_key)]
    session.execute(delete(Throttle).where(Throttle.bucket.in_(buckets)))


def before_code(person_id: str, now: datetime) -> None:
    """Count a try at a second factor. Raises TooManyTries."""
    with transaction() as session:
        _count(session, _bucket("code", person_id), rules.CODES_OF_PERSON, now)


def after_right_code(session: Session, person_id: str) -> None:
    session.execute(delete(Throttle).where(Throttle.bucket == _bucket("code", person_id)))


def before_letter(email: str, network: str, now: datetime) -> None:
    """Count a letter that somebody causes to an address. Raises TooManyLetters."""
    with transaction() as session:
        _count(session, _bucket("letter", network), rules.LETTERS_FROM_NETWORK, now, TooManyLetters)
        key = rules.email_key(email)
        _count(session, _bucket("letter", key), rules.LETTERS_TO_ADDRESS, now, TooManyLetters)


def before_challenge(network: str, now: datetime) -> None:
    """Count a challenge that somebody has made for a passkey. Raises TooManyTries."""
    with transaction() as session:
        _count(session, _bucket("challenge", network), rules.CHALLENGES_FROM_NETWORK, now)


def before_join_code(network: str, now: datetime) -> None:
    """Count a try at a join code, so that none is found by guessing. Raises TooManyTries."""
    with transaction() as session:
        _count(session, _bucket("join", network), rules.JOIN_CODES_FROM_NETWORK, now)


def forget_old(now: datetime) -> None:
    with transaction() as session:
        session.execute(delete(Throttle).where(Throttle.started_at < now - timedelta(days=1)))


def _count(
    session: Session, bucket: str, limit: Limit, now: datetime, refusal: type[Refused] = TooManyTries
) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    is_over = Throttle.started_at <= now - limit.within
    add = dialect.insert(Throttle).values(bucket=bucket, started_at=now, tries=1)
    counted = add.on_conflict_do_update(
        index_elements=["bucket"],
        set_={
            "started_at": case((is_over, literal(now, Utc)), else_=Throttle.started_at),
            "tries": case((is_over, 1), else_=Throttle.tries + 1),
        },
    ).returning(Throttle.tries)
    if session.execute(counted).scalar_one() > limit.most:
        raise refusal(minutes=limit.minutes)


def _has_been_signed_in(session: Session, email_key: str, network: str) -> bool:
    known = (
        select(LoginSession.id)
        .join(Person, Person.id == LoginSession.person_id)
        .where(Person.email_key == email_key, LoginSession.network == network)
        .limit(1)
    )
    return session.execute(known).first() is not None


def _bucket(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
