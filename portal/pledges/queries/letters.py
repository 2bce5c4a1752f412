"""Who wants letters about a pledge, read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.accounts import queries as accounts
from portal.db import db
from portal.pledges.models.letters import PledgeLetters
from portal.pledges.rules.letters import UnknownSubscription


@dataclass(frozen=True, slots=True)
class Subscription:
    """``email`` is empty for a person with an account, whose own address it is then."""

    id: str
    pledge_id: str
    person_id: str
    email: str
    lang: str
    confirmed_at: datetime | None
    stage: int
    next_at: datetime | None
    ended_at: datetime | None

    @property
    def is_on(self) -> bool:
        return self.confirmed_at is not None and self.ended_at is None

    @property
    def address(self) -> str:
        """Where letters go; looked up, because people move."""
        return self.email or (accounts.person(self.person_id).email if self.person_id else "")


def subscription(subscription_id: str) -> Subscription:
    """Raises UnknownSubscription."""
    return _known(db.session.get(PledgeLetters, subscription_id))


def subscription_of(pledge_id: str) -> Subscription | None:
    row = db.session.scalars(select(PledgeLetters).where(PledgeLetters.pledge_id == pledge_id)).one_or_none()
    return _known(row) if row else None


def due(now: datetime, limit: int = 200) -> list[Subscription]:
    """Whose next letter is due, the longest due first."""
    rows = db.session.scalars(
        select(PledgeLetters)
        .where(
            PledgeLetters.ended_at.is_(None), PledgeLetters.confirmed_at.is_not(None),
            PledgeLetters.next_at <= now,
        )
        .order_by(PledgeLetters.next_at)
        .limit(limit)
    )  # fmt: skip
    return [_known(row) for row in rows]


def _known(row: PledgeLetters | None) -> Subscription:
    if row is None:
        raise UnknownSubscription()
    return Subscription(
        row.id, row.pledge_id, row.person_id, row.email, row.lang, row.confirmed_at, row.stage, row.next_at,
        row.ended_at,
    )  # fmt: skip
