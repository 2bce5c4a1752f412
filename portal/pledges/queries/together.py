"""Groups and challenges, read. Figures are of whole fives and of last night: see rules/together.py."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.clock import CITY, midnight
from portal.kernel.mass import Mass, total
from portal.pledges import policy
from portal.pledges.models.course import PlannedAction, PledgeProfile
from portal.pledges.models.promise import PledgeRecord
from portal.pledges.models.together import Challenge, ChallengeEntry, GroupSeat, PledgeGroup
from portal.pledges.rules import together
from portal.pledges.rules.promise import PledgeState
from portal.pledges.rules.together import (
    FEWEST,
    Goal,
    GroupKind,
    Ranking,
    Score,
    Seat,
    UnknownChallenge,
    UnknownGroup,
)


@dataclass(frozen=True, slots=True)
class GroupView:
    id: str
    code: str
    kind: GroupKind
    name: str
    about: str
    county: str
    organisation_id: str
    owner_id: str
    made_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """``pledges`` that count, always a multiple of five; what they promise together, planned and did."""

    pledges: int
    cut: Mass
    planned: int
    done: int


@dataclass(frozen=True, slots=True)
class ChallengeView:
    id: str
    name: str
    about: str
    first_day: date
    last_day: date
    goal: Goal
    aim: int
    is_listed: bool
    owner_id: str

    def has_begun(self, today: date) -> bool:
        return today >= self.first_day

    def is_over(self, today: date) -> bool:
        return today > self.last_day


def group(group_id: str) -> GroupView:
    """Raises UnknownGroup."""
    return _group(db.session.get(PledgeGroup, group_id))


def groups_of(actor: Actor) -> list[GroupView]:
    """The groups that the actor runs, newest first."""
    if not actor.is_person:
        return []
    signs = [each for each in actor.organisations if policy.signs_for(actor, each)]
    mine = (PledgeGroup.owner_id == actor.id) | PledgeGroup.organisation_id.in_(signs)
    rows = db.session.scalars(select(PledgeGroup).where(mine).order_by(PledgeGroup.id.desc()))
    return [_group(row) for row in rows]


def groups_of_pledge(pledge_id: str) -> list[GroupView]:
    """The groups that a pledge is in."""
    rows = db.session.scalars(
        select(PledgeGroup)
        .join(GroupSeat, GroupSeat.group_id == PledgeGroup.id)
        .where(GroupSeat.pledge_id == pledge_id, GroupSeat.left_at.is_(None))
        .order_by(GroupSeat.joined_at)
    )
    return [_group(row) for row in rows]


def without_a_seat(group_id: str, person_ids: Collection[str]) -> list[tuple[str, str]]:
    """Owner and id of these people's pledges that never had a seat in the group, the oldest first."""
    rows = db.session.execute(
        select(PledgeRecord.owner_id, PledgeRecord.id)
        .outerjoin(GroupSeat, (GroupSeat.pledge_id == PledgeRecord.id) & (GroupSeat.group_id == group_id))
        .where(PledgeRecord.owner_id.in_(person_ids), GroupSeat.pledge_id.is_(None))
        .order_by(PledgeRecord.id)
    )
    return [(owner_id, pledge_id) for owner_id, pledge_id in rows if owner_id]


def figures(group_id: str, today: date) -> GroupFigures | None:
    """What the group's page says; None while fewer than five count."""
    ids = _counted([group_id], today)[group_id]
    if len(ids) < FEWEST:
        return None
    cuts = db.session.scalars(select(PledgeRecord.reduction).where(PledgeRecord.id.in_(ids))).all()
    planned, done = _actions(ids, date.min, today)
    return GroupFigures(len(ids), total(list(cuts)), planned, done)


def named_pledges(group_id: str, limit: int = 200) -> list[tuple[str, str]]:
    """Id and name of the group's public pledges whose makers show their name, by name."""
    rows = db.session.execute(
        select(PledgeRecord.id, PledgeRecord.name)
        .join(GroupSeat, GroupSeat.pledge_id == PledgeRecord.id)
        .join(PledgeProfile, PledgeProfile.pledge_id == PledgeRecord.id)
        .where(
            GroupSeat.group_id == group_id, GroupSeat.left_at.is_(None), PledgeRecord.is_public,
            PledgeProfile.shows_name, PledgeRecord.name != "", PledgeRecord.state == PledgeState.MADE,
        )
        .order_by(PledgeRecord.name, PledgeRecord.id)
        .limit(limit)
    )  # fmt: skip
    return [(row.id, row.name) for row in rows]


def challenge(challenge_id: str) -> ChallengeView:
    """Raises UnknownChallenge."""
    row = db.session.get(Challenge, challenge_id)
    if row is None:
        raise UnknownChallenge()
    return _challenge(row)


def listed_challenges(today: date, limit: int = 50) -> list[ChallengeView]:
    """Those on the public list that are not over, the one that ends first first; then the last ones over."""
    listed = select(Challenge).where(Challenge.is_listed)
    running = listed.where(Challenge.last_day >= today).order_by(Challenge.last_day, Challenge.id)
    over = listed.where(Challenge.last_day < today).order_by(Challenge.last_day.desc(), Challenge.id)
    return [*_challenges(running.limit(limit)), *_challenges(over.limit(10))]


def challenges_of(actor: Actor) -> list[ChallengeView]:
    if not actor.is_person:
        return []
    return _challenges(select(Challenge).where(Challenge.owner_id == actor.id).order_by(Challenge.id.desc()))


def challenges_of_group(group_id: str) -> list[ChallengeView]:
    return _challenges(
        select(Challenge)
        .join(ChallengeEntry, ChallengeEntry.challenge_id == Challenge.id)
        .where(ChallengeEntry.group_id == group_id)
        .order_by(Challenge.last_day.desc(), Challenge.id)
    )


def entered(challenge_id: str) -> list[GroupView]:
    rows = db.session.scalars(
        select(PledgeGroup)
        .join(ChallengeEntry, ChallengeEntry.group_id == PledgeGroup.id)
        .where(ChallengeEntry.challenge_id == challenge_id)
        .order_by(PledgeGroup.name, PledgeGroup.id)
    )
    return [_group(row) for row in rows]


def ranking(found: ChallengeView, today: date) -> Ranking:
    """How far the challenge is, as it was last night."""
    groups = entered(found.id)
    counted = _counted([each.id for each in groups], today)
    end = min(found.last_day, date.fromordinal(today.toordinal() - 1))
    until = date.fromordinal(end.toordinal() + 1)
    done = _done_by_group(found, counted, until)
    return together.ranking(
        [Score(each.id, each.name, len(counted[each.id]), done[each.id]) for each in groups]
    )


def _done_by_group(
    found: ChallengeView, counted: Mapping[str, Sequence[str]], until: date
) -> Mapping[str, int]:
    """Per group, what its pledges that count did from the first day to the day before ``until``."""
    done: defaultdict[str, int] = defaultdict(int)
    first, last = midnight(found.first_day), midnight(until)
    if found.goal is Goal.PLEDGES:
        rows = db.session.execute(
            select(GroupSeat.group_id, GroupSeat.pledge_id).where(
                GroupSeat.group_id.in_(counted), GroupSeat.joined_at >= first, GroupSeat.joined_at < last
            )
        )
        known = {group_id: set(ids) for group_id, ids in counted.items()}
        for group_id, pledge_id in rows:
            done[group_id] += pledge_id in known[group_id]
        return done
    for group_id, ids in counted.items():
        done[group_id] = _actions(ids, found.first_day, until)[1] if ids else 0
    return done


def _actions(pledge_ids: Collection[str], first: date, until: date) -> tuple[int, int]:
    """How many actions these pledges plan, and how many they did from ``first`` to before ``until``."""
    rows = db.session.scalars(
        select(PlannedAction).where(
            PlannedAction.pledge_id.in_(pledge_ids), PlannedAction.dropped_at.is_(None),
            PlannedAction.made_at < midnight(until),
        )
    ).all()  # fmt: skip
    done = [row for row in rows if row.done_at and first <= row.done_at.astimezone(CITY).date() < until]
    return len(rows), len(done)


def _counted(group_ids: Sequence[str], today: date) -> dict[str, list[str]]:
    """Per group, the pledges that figures are made of: whole fives of those who joined before today."""
    rows = db.session.execute(
        select(
            GroupSeat.group_id, GroupSeat.number, GroupSeat.pledge_id, GroupSeat.left_at, PledgeRecord.state
        )
        .join(PledgeRecord, PledgeRecord.id == GroupSeat.pledge_id)
        .where(GroupSeat.group_id.in_(group_ids), GroupSeat.joined_at < midnight(today))
    )
    seats: defaultdict[str, list[Seat]] = defaultdict(list)
    for row in rows:
        is_taken = row.left_at is None and row.state == PledgeState.MADE
        seats[row.group_id].append(Seat(row.number, row.pledge_id, is_taken))
    return {each: [seat.pledge_id for seat in together.counted(seats[each])] for each in group_ids}


def _group(row: PledgeGroup | None) -> GroupView:
    if row is None:
        raise UnknownGroup()
    return GroupView(
        row.id, row.code, GroupKind(row.kind), row.name, row.about, row.county, row.organisation_id,
        row.owner_id, row.made_at, row.closed_at,
    )  # fmt: skip


def _challenges(query: Select[Challenge]) -> list[ChallengeView]:
    return [_challenge(row) for row in db.session.scalars(query)]


def _challenge(row: Challenge) -> ChallengeView:
    return ChallengeView(
        row.id, row.name, row.about, row.first_day, row.last_day, Goal(row.goal), row.aim, row.is_listed,
        row.owner_id,
    )  # fmt: skip
