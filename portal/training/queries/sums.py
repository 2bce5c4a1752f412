"""What came of a version over all its classes: sums alone, of classes that are large enough to be shown.

Only classes whose own figures may be seen are added up, so that the sum less one class is never a small one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import select

from portal.db import db
from portal.kernel import clock
from portal.training.models.classes import Cohort
from portal.training.models.following import FollowUpAnswer
from portal.training.models.learners import Enrolment
from portal.training.models.outcomes import Completion
from portal.training.models.voices import FeedbackAnswer, FeedbackForm
from portal.training.rules.classes import Standing
from portal.training.rules.feedback import (
    SHOWN_FROM,
    USUAL,
    Kind,
    Question,
    Summary,
    read_questions,
    summaries,
)
from portal.training.rules.following import STAGES, Kept, Sums, Told, stage_of, sums
from portal.training.rules.zones import zone_of

# Whom learners judged is each trainer's own business: of two, one could work out the other.
FEWEST_TRAINERS: Final = 3
_ASKED: Final = tuple(each for each in USUAL if each.kind is Kind.SCALE)


@dataclass(frozen=True, slots=True)
class VersionSums:
    """``learners`` of ``classes`` of five or more, and how many ``completed``, after ``days`` on average.

    ``feedback`` are the usual questions over all trainers, None below three of them; ``later`` what became of
    pledges and footprints, by months.
    """

    classes: int
    learners: int
    completed: int
    days: int | None
    feedback: tuple[Summary, ...] | None
    later: tuple[tuple[int, Sums], ...]


def sums_of(version_id: str, now: datetime) -> VersionSums:
    """Over all classes of this version, testers and staff left out."""
    classes = [rows for rows in _learners(version_id).values() if len(rows) >= SHOWN_FROM]
    people = [row for rows in classes for row in rows]
    took = [(done - begun).days for begun, done in people if done is not None]
    return VersionSums(
        len(classes), len(people), len(took), _mean(took), _feedback(version_id, now), _later(version_id, now)
    )


def _learners(version_id: str) -> dict[str, list[tuple[datetime, datetime | None]]]:
    """When each learner joined and completed, by class."""
    found: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    rows = db.session.execute(
        select(Enrolment.cohort_id, Enrolment.enrolled_at, Completion.completed_at)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(
            Enrolment.version_id == version_id, Enrolment.cohort_id.is_not(None),
            Enrolment.standing == Standing.LEARNER.value,
        )
    )  # fmt: skip
    for cohort_id, begun, done in rows:
        found[str(cohort_id)].append((begun, done))
    return found


def _mean(days: Sequence[int]) -> int | None:
    """In whole days, rounded up; None below five, which would be somebody's own."""
    return -(-sum(days) // len(days)) if len(days) >= SHOWN_FROM else None


def _feedback(version_id: str, now: datetime) -> tuple[Summary, ...] | None:
    """The usual questions, of forms that are closed and that five have answered."""
    rows = db.session.execute(
        select(FeedbackForm.id, FeedbackForm.owner_id, FeedbackForm.questions, FeedbackAnswer.answers)
        .join(Cohort, Cohort.id == FeedbackForm.cohort_id)
        .join(FeedbackAnswer, FeedbackAnswer.form_id == FeedbackForm.id)
        .where(Cohort.version_id == version_id, FeedbackForm.closes_at <= now)
        .order_by(FeedbackForm.id, FeedbackAnswer.id)
    )
    owners, told = set[str](), list[dict[str, Any]]()
    for (_form, owner), answers in groupby(rows, key=lambda row: (row.id, row.owner_id)):
        of_form = [_usual(read_questions(row.questions), row.answers) for row in answers]
        if len(of_form) >= SHOWN_FROM and any(of_form):
            owners.add(owner)
            told += of_form
    return summaries(_ASKED, told) if len(owners) >= FEWEST_TRAINERS else None


def _usual(questions: Sequence[Question], answers: dict[str, Any]) -> dict[str, Any]:
    """Answers to the usual questions, numbered as those are."""
    places = ((str(at), _ASKED.index(each)) for at, each in enumerate(questions) if each in _ASKED)
    return {str(place): answers[at] for at, place in places if at in answers}


def _later(version_id: str, now: datetime) -> tuple[tuple[int, Sums], ...]:
    """By months after the class, of stages that are closed."""
    rows = db.session.execute(
        select(FollowUpAnswer, Cohort.last_day, Cohort.time_zone)
        .join(Cohort, Cohort.id == FollowUpAnswer.cohort_id)
        .where(Cohort.version_id == version_id)
        .order_by(FollowUpAnswer.cohort_id, FollowUpAnswer.months, FollowUpAnswer.id)
    )
    told = defaultdict[int, list[Told]](list)
    for (_cohort, months), group in groupby(rows, key=lambda row: (row[0].cohort_id, row[0].months)):
        of_class = list(group)
        today = clock.day_of(now, zone_of(of_class[0].time_zone))
        if len(of_class) >= SHOWN_FROM and stage_of(of_class[0].last_day, months).closes <= today:
            told[months] += _told(row[0] for row in of_class)
    added = ((months, sums(told[months])) for months in STAGES)
    return tuple((months, found) for months, found in added if found)


def _told(rows: Iterable[FollowUpAnswer]) -> list[Told]:
    return [Told(Kept(row.pledge), row.before, row.now) for row in rows]
