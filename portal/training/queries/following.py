"""What became of classes: who agreed to be asked, whose turn it is, and what a class told as a whole."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select

from portal.db import db
from portal.footprint.queries.results import footprints_of
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.training import policy
from portal.training.models.classes import Cohort
from portal.training.models.following import FollowUp, FollowUpAnswer, FollowUpTurn
from portal.training.models.learners import Enrolment, Learner
from portal.training.queries import learners
from portal.training.queries.learners import Enrolled
from portal.training.rules.classes import CohortView
from portal.training.rules.following import (
    OPEN_FOR,
    STAGES,
    Kept,
    Stage,
    Sums,
    Told,
    months_after,
    stage_of,
    stages_of,
    sums,
)
from portal.training.rules.learners import UnknownEnrolment
from portal.training.rules.zones import zone_of

_HOUSEHOLD = "household"
_SLACK = timedelta(days=4)  # months are not alike: the rule itself has the last word


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a learner stands with being asked later. ``stages`` are those still to come or open,
    ``open_months`` the one whose questions can be answered now, ``next_day`` when they are asked next."""

    has_agreed: bool
    stages: tuple[Stage, ...]
    open_months: int | None
    next_day: date | None


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody whose turn to be asked has come."""

    enrolment_id: str
    months: int


@dataclass(frozen=True, slots=True)
class StageFigures:
    """A stage of a class. ``sums`` is None while its questions are open, and below five answers."""

    stage: Stage
    asked: int
    answered: int
    is_closed: bool
    sums: Sums | None


def followed(actor: Actor, enrolment_id: str) -> Enrolled:
    """For the learner and for who holds the letter. Raises UnknownEnrolment."""
    found = learners.enrolled(enrolment_id)
    if not policy.may_follow_up(actor, enrolment_id, found):
        raise UnknownEnrolment()
    return found


def standing_of(enrolled: Enrolled, today: date) -> Standing | None:
    """None for who learns alone, is staff, or has left: they are never asked."""
    if not enrolled.cohort_id or enrolled.standing != "learner" or enrolled.left_at:
        return None
    consent = db.session.get(FollowUp, enrolled.id)
    stages = tuple(
        stage for stage in stages_of(learners.class_of(enrolled.cohort_id).last_day) if today < stage.closes
    )
    return Standing(
        has_agreed=consent is not None and consent.ended_at is None,
        stages=stages,
        open_months=next((each.months for each in stages if _is_asked(enrolled.id, each, today)), None),
        next_day=next((each.opens for each in stages if today < each.opens), None),
    )


def has_answered(enrolment_id: str, months: int) -> bool:
    turn = db.session.get(FollowUpTurn, (enrolment_id, months))
    return turn is not None and turn.is_answered


def _is_asked(enrolment_id: str, stage: Stage, today: date) -> bool:
    turn = db.session.get(FollowUpTurn, (enrolment_id, stage.months))
    return stage.is_open(today) and turn is not None and not turn.is_answered


def suggested(actor: Actor, last_day: date, zone: ZoneInfo) -> tuple[Mass | None, Mass | None]:
    """The reader's own household footprints of a year: the last one up to the end of the class, and the
    newest since; what the fields begin with. Nothing for who is not signed in."""
    own = [each for each in footprints_of(actor) if each.model_id.startswith(_HOUSEHOLD)]
    before = [each.total for each in own if clock.day_of(each.created_at, zone) <= last_day]
    since = [each.total for each in own if clock.day_of(each.created_at, zone) > last_day]
    return next(iter(before), None), next(iter(since), None)


def due(now: datetime) -> list[Turn]:
    """Whose turn has come: they agreed, are still in the class, and were not asked at this stage."""
    return [turn for months in STAGES for turn in _due(months, now)]


def _due(months: int, now: datetime) -> list[Turn]:
    ended = months_after(clock.day_of(now), -months)
    rows = db.session.execute(
        select(Enrolment.id, Cohort.last_day, Cohort.time_zone)
        .join(FollowUp, FollowUp.enrolment_id == Enrolment.id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .outerjoin(
            FollowUpTurn, (FollowUpTurn.enrolment_id == Enrolment.id) & (FollowUpTurn.months == months)
        )
        .where(
            FollowUp.ended_at.is_(None), FollowUpTurn.enrolment_id.is_(None), Enrolment.left_at.is_(None),
            Enrolment.standing == "learner", Learner.erased_at.is_(None),
            Cohort.last_day.between(ended - OPEN_FOR - _SLACK, ended + _SLACK),
        )
        .order_by(Enrolment.id)
    )  # fmt: skip
    return [
        Turn(row.id, months)
        for row in rows
        if stage_of(row.last_day, months).is_open(clock.day_of(now, zone_of(row.time_zone)))
    ]


def figures_after(cohort: CohortView, today: date) -> list[StageFigures]:
    """What became of this class, stage by stage, from the first one that has begun."""
    counts = _counts(cohort.id)
    told = _told(cohort.id)
    return [
        StageFigures(
            stage, *counts.get(stage.months, (0, 0)), today >= stage.closes,
            sums(told[stage.months]) if today >= stage.closes else None,
        )
        for stage in stages_of(cohort.last_day)
        if today >= stage.opens
    ]  # fmt: skip


def agreed(cohort_id: str) -> int:
    """How many of a class want to be asked."""
    return db.session.scalars(
        select(func.count())
        .select_from(FollowUp)
        .join(Enrolment, Enrolment.id == FollowUp.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id, FollowUp.ended_at.is_(None), Enrolment.left_at.is_(None))
    ).one()


def _counts(cohort_id: str) -> dict[int, tuple[int, int]]:
    """How many were asked and how many answered, by stage."""
    rows = db.session.execute(
        select(FollowUpTurn.months, func.count(), func.count(case((FollowUpTurn.is_answered, 1))))
        .join(Enrolment, Enrolment.id == FollowUpTurn.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id)
        .group_by(FollowUpTurn.months)
    )
    return {months: (asked, answered) for months, asked, answered in rows}


def _told(cohort_id: str) -> dict[int, list[Told]]:
    rows = db.session.scalars(
        select(FollowUpAnswer).where(FollowUpAnswer.cohort_id == cohort_id).order_by(FollowUpAnswer.id)
    )
    found: dict[int, list[Told]] = defaultdict(list)
    for row in rows:
        found[row.months].append(Told(Kept(row.pledge), row.before, row.now))
    return found


def consents_of(learner_ids: Sequence[str]) -> list[str]:
    """The enrolments for which these learners want to be asked."""
    asked = (
        select(FollowUp.enrolment_id)
        .join(Enrolment, Enrolment.id == FollowUp.enrolment_id)
        .where(Enrolment.learner_id.in_(learner_ids), FollowUp.ended_at.is_(None))
    )
    return list(db.session.scalars(asked.order_by(FollowUp.enrolment_id)))


def ever_asked(learner_ids: Sequence[str]) -> list[str]:
    """The enrolments for which these learners have ever said whether they want to be asked."""
    said = (
        select(FollowUp.enrolment_id)
        .join(Enrolment, Enrolment.id == FollowUp.enrolment_id)
        .where(Enrolment.learner_id.in_(learner_ids))
    )
    return list(db.session.scalars(said.order_by(FollowUp.enrolment_id)))


def is_wanted(enrolment_id: str, months: int) -> bool:
    """Whether the letter that asks is still to go out: agreed to, and not answered."""
    turn = db.session.get(FollowUpTurn, (enrolment_id, months))
    consent = db.session.get(FollowUp, enrolment_id)
    return bool(turn and not turn.is_answered and consent and not consent.ended_at)
