"""A word to learners, by hand or as a reminder: once a day at most, in their language, never at night."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.accounts.queries import person
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.training.commands.cohorts import run_by
from portal.training.models.classes import Cohort
from portal.training.models.learners import Enrolment, Learner
from portal.training.models.voices import Nudge
from portal.training.queries.nudges import last_word
from portal.training.rules.nudging import PAUSE, TEXT_MAX, NobodyChosen, NothingSaid, NudgedToday, due_at

REMINDER: Final = "reminder"
REMIND_EVERY: Final = timedelta(days=14)


def nudge(
    actor: Actor, cohort_id: str, enrolment_ids: Iterable[str], text: str, now: datetime
) -> int:  # fmt: skip
    """Say something to these learners; to how many. It stands on their page of the course, and goes out by
    letter where an address is known. Who had a word within the last day is passed over.

    Raises NotAllowed, UnknownCohort, CohortClosed, NothingSaid, NobodyChosen, NudgedToday.
    """
    with transaction() as session:
        cohort = run_by(session, actor, cohort_id)
        if not text.strip() or len(text) > TEXT_MAX:
            raise NothingSaid(max=TEXT_MAX)
        chosen = _learners(session, cohort_id, enrolment_ids)
        if not chosen:
            raise NobodyChosen()
        spoken = last_word([enrolment.id for enrolment, _ in chosen])
        fresh = [pair for pair in chosen if now - spoken.get(pair[0].id, now - 2 * PAUSE) >= PAUSE]
        if not fresh:
            raise NudgedToday()
        for enrolment, learner in fresh:
            _say(session, actor, cohort, enrolment, learner, text, now)
        audit.record(actor, "learners.nudged", cohort_id, now, count=len(fresh))
        return len(fresh)


def remind(actor: Actor, cohort_id: str, enrolment_ids: Iterable[str], now: datetime) -> int:
    """The portal's own reminder to who has been away, at most once a fortnight. Raises NotAllowed."""
    if not actor.is_system:
        raise NotAllowed()
    with transaction() as session:
        cohort = session.get_one(Cohort, cohort_id)
        chosen = _learners(session, cohort_id, enrolment_ids)
        spoken = last_word([enrolment.id for enrolment, _ in chosen])
        fresh = [
            pair for pair in chosen if now - spoken.get(pair[0].id, now - 2 * REMIND_EVERY) >= REMIND_EVERY
        ]
        for enrolment, learner in fresh:
            _say(session, actor, cohort, enrolment, learner, REMINDER, now)
        return len(fresh)


def _learners(
    session: Session, cohort_id: str, enrolment_ids: Iterable[str]
) -> list[tuple[Enrolment, Learner]]:
    rows = session.execute(
        select(Enrolment, Learner)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .where(
            Enrolment.cohort_id == cohort_id, Enrolment.id.in_(list(enrolment_ids)),
            Enrolment.left_at.is_(None), Learner.erased_at.is_(None),
        )
        .order_by(Enrolment.id)
        .with_for_update(of=Enrolment)
    )  # fmt: skip
    return [(enrolment, learner) for enrolment, learner in rows]


def _say(
    session: Session, actor: Actor, cohort: Cohort, enrolment: Enrolment, learner: Learner, text: str,
    now: datetime,
) -> None:  # fmt: skip
    row = Nudge(id=new_id("ndg"), enrolment_id=enrolment.id, text=text, actor_id=actor.id, at=now)
    session.add(row)
    to = learner.email or (person(learner.person_id).email if learner.person_id else "")
    if not to:
        return
    key = f"letter:{row.id}"
    letter = {
        "id": key.replace(":", "."), "to": to, "lang": enrolment.lang,
        "template": f"training/letter_{'reminder' if text == REMINDER else 'nudge'}",
        "facts": {"name": learner.name, "cohort": cohort.name, "text": text},
    }  # fmt: skip
    jobs.enqueue("letter", letter, key=key, now=now, due=due_at(now, cohort.zone))
