"""Who wants letters about a pledge, read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from portal.accounts import queries as accounts
from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.pledges import policy
from portal.pledges.models.letters import PledgeLetters
from portal.pledges.models.promise import PledgeRecord
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


@dataclass(frozen=True, slots=True)
class Wanting:
    """A pledge that is kept to and whose maker wants letters; ``next_at`` when one is written anyway."""

    pledge_id: str
    name: str
    year: int
    made_at: datetime
    next_at: datetime | None


def wanting(actor: Actor, search: str = "", cursor: str = "", size: int = 50) -> list[Wanting]:
    """For the desk, the newest first, one more than ``size`` if there are more; ``search`` as for pledges.

    Raises NotAllowed.
    """
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    rows = (
        select(
            PledgeRecord.id, PledgeRecord.name, PledgeRecord.year, PledgeRecord.made_at, PledgeLetters.next_at
        )
        .join(PledgeLetters, PledgeLetters.pledge_id == PledgeRecord.id)
        .where(PledgeLetters.ended_at.is_(None), PledgeLetters.confirmed_at.is_not(None))
        .order_by(PledgeRecord.id.desc())
        .limit(size + 1)
    )
    if search:
        rows = rows.where(or_(PledgeRecord.id == search, PledgeRecord.name.contains(search, autoescape=True)))
    if cursor:
        rows = rows.where(PledgeRecord.id < cursor)
    return [Wanting(*row) for row in db.session.execute(rows)]


def _known(row: PledgeLetters | None) -> Subscription:
    if row is None:
        raise UnknownSubscription()
    return Subscription(
        row.id, row.pledge_id, row.person_id, row.email, row.lang, row.confirmed_at, row.stage, row.next_at,
        row.ended_at,
    )  # fmt: skip
