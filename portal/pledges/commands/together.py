"""What can be done together: open a group, join it with a pledge, leave it; open a challenge, enter it."""

from datetime import datetime

from sqlalchemy import func, select, update

from portal import audit
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.checked import new_code
from portal.kernel.errors import NotAllowed
from portal.pledges import policy
from portal.pledges.commands.evidence import tended
from portal.pledges.models.together import Challenge, ChallengeEntry, GroupSeat, PledgeGroup
from portal.pledges.queries import together as read
from portal.pledges.rules import together
from portal.pledges.rules.together import (
    CODE_LENGTH,
    AlreadyEntered,
    AlreadyInGroup,
    ChallengeDraft,
    ChallengeIsOver,
    GroupDraft,
    GroupIsClosed,
    NotInGroup,
    UnknownGroup,
)


def open_group(actor: Actor, draft: GroupDraft, now: datetime) -> str:
    """Open a group that others join by its code; returns ``draft.id``. Raises NameMissing, TextTooLong."""
    if not policy.may_open_group(actor, draft.organisation_id):
        raise NotAllowed()
    together.check_group(draft)
    with transaction() as session:
        if session.get(PledgeGroup, draft.id) is None:
            session.add(
                PledgeGroup(
                    id=draft.id, code=new_code(CODE_LENGTH), kind=draft.kind, name=draft.name,
                    about=draft.about, county=draft.county, organisation_id=draft.organisation_id,
                    owner_id=actor.id, made_at=now,
                )
            )  # fmt: skip
            audit.record(actor, "pledge_group.opened", draft.id, now)
    return draft.id


def close_group(actor: Actor, group_id: str, now: datetime) -> None:
    """Take no more pledges; who is in it stays. Twice is once. Raises UnknownGroup."""
    with transaction() as session:
        if not policy.may_run_group(actor, read.group(group_id)):
            raise NotAllowed()
        closed = update(PledgeGroup).where(PledgeGroup.id == group_id, PledgeGroup.closed_at.is_(None))
        session.execute(closed.values(closed_at=now))
        audit.record(actor, "pledge_group.closed", group_id, now)


def join_group(actor: Actor, pledge_id: str, code: str, now: datetime) -> str:
    """Join with a pledge of one's own; returns the group's id. Who left does not come back to an empty seat.

    Raises UnknownPledge, PledgeIsOver, UnknownGroup, GroupIsClosed, AlreadyInGroup.
    """
    with transaction() as session:
        tended(session, actor, pledge_id)
        # Locked, so that two who join at the same time are given two seats.
        group = session.scalars(
            select(PledgeGroup).where(PledgeGroup.code == code).with_for_update()
        ).one_or_none()
        if group is None:
            raise UnknownGroup()
        if group.closed_at:
            raise GroupIsClosed()
        if session.get(GroupSeat, (group.id, pledge_id)) is not None:
            raise AlreadyInGroup()
        taken = select(func.coalesce(func.max(GroupSeat.number), 0)).where(GroupSeat.group_id == group.id)
        number = session.execute(taken).scalar_one() + 1
        session.add(GroupSeat(group_id=group.id, pledge_id=pledge_id, number=number, joined_at=now))
        audit.record(actor, "pledge_group.joined", pledge_id, now, group=group.id)
        return group.id


def leave_group(actor: Actor, pledge_id: str, group_id: str, now: datetime) -> None:
    """Leave; the seat stays empty. Raises UnknownPledge, NotInGroup."""
    with transaction() as session:
        tended(session, actor, pledge_id)
        left = session.execute(
            update(GroupSeat)
            .where(
                GroupSeat.group_id == group_id, GroupSeat.pledge_id == pledge_id, GroupSeat.left_at.is_(None)
            )
            .values(left_at=now)
        )
        if not left.rowcount:  # type: ignore[attr-defined]
            raise NotInGroup()
        audit.record(actor, "pledge_group.left", pledge_id, now, group=group_id)


def open_challenge(actor: Actor, draft: ChallengeDraft, now: datetime) -> str:
    """Set a period and a goal; returns ``draft.id``. Listed for all where an editor of the city opens it.

    Raises NameMissing, TextTooLong, PeriodOutOfRange, GoalOutOfRange.
    """
    if not policy.may_open_challenge(actor):
        raise NotAllowed()
    together.check_challenge(draft, clock.day_of(now))
    with transaction() as session:
        if session.get(Challenge, draft.id) is None:
            session.add(
                Challenge(
                    id=draft.id, name=draft.name, about=draft.about, first_day=draft.first_day,
                    last_day=draft.last_day, goal=draft.goal, aim=draft.aim,
                    is_listed=policy.may_list_challenge(actor), owner_id=actor.id, made_at=now,
                )
            )  # fmt: skip
            audit.record(actor, "pledge_challenge.opened", draft.id, now)
    return draft.id


def enter_challenge(actor: Actor, challenge_id: str, group_id: str, now: datetime) -> None:
    """Take part with a group that one runs.

    Raises UnknownChallenge, UnknownGroup, ChallengeIsOver, AlreadyEntered.
    """
    with transaction() as session:
        if not policy.may_run_group(actor, read.group(group_id)):
            raise NotAllowed()
        if read.challenge(challenge_id).is_over(clock.day_of(now)):
            raise ChallengeIsOver()
        session.execute(select(PledgeGroup.id).where(PledgeGroup.id == group_id).with_for_update())
        if session.get(ChallengeEntry, (challenge_id, group_id)) is not None:
            raise AlreadyEntered()
        session.add(ChallengeEntry(challenge_id=challenge_id, group_id=group_id, entered_at=now))
        audit.record(actor, "pledge_challenge.entered", challenge_id, now, group=group_id)
