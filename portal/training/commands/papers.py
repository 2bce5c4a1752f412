"""Results of a quiz on paper, typed in by a trainer: whole sheets, all of them or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.training.commands.cohorts import run_by
from portal.training.commands.completing import complete_if_met
from portal.training.commands.overriding import check_reason
from portal.training.models.attempts import Answer, Attempt, PaperCorrection
from portal.training.models.learners import Enrolment
from portal.training.models.outcomes import Completion
from portal.training.queries import courses
from portal.training.queries.papers import items_of, sheet_of
from portal.training.rules.attempts import Policy
from portal.training.rules.classes import UnknownCohort
from portal.training.rules.grading import Response, grade
from portal.training.rules.items import Item
from portal.training.rules.papers import CertifiedBySheet, PaperEmpty, PaperTaken, SameSheet, earned, seed_of
from portal.training.rules.quizzes import FINAL
from portal.training.rules.responses import stored


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one learner wrote: responses in the order of the paper, None where nothing was."""

    enrolment_id: str
    name: str
    responses: tuple[Response | None, ...]


def record_sheets(
    actor: Actor, cohort_id: str, paper: str, lang: str, sheets: Sequence[Sheet], now: datetime
) -> Mapping[str, bool]:
    """Whether each learner has passed, by enrolment. A sheet is an attempt at the final quiz, on paper.

    The trainer stood beside it, so neither the number of attempts nor the waiting time is asked; the same
    paper is recorded once for a learner.
    Raises NotAllowed, UnknownCohort, CohortClosed, UnknownPaper, PaperEmpty, PaperTaken.
    """
    with transaction() as session:
        cohort = run_by(session, actor, cohort_id)
        if not sheets:
            raise PaperEmpty()
        seed, items = seed_of(cohort_id, paper), items_of(cohort.version_id, cohort_id, paper)
        policy = Policy.of(courses.content(cohort.version_id).course, FINAL)
        passed = {}
        for sheet in sorted(sheets, key=lambda each: each.enrolment_id):
            number = _next_number(session, cohort_id, seed, sheet)
            row = _sat(session, _attempt(actor, sheet, number, seed, lang, items, policy, now), items, sheet)
            audit.record(actor, "attempt.on_paper", row.id, now, paper=paper, earned=row.earned)
            passed[sheet.enrolment_id] = bool(row.passed)
        for enrolment_id in passed:  # what was right may have been the last question of a lesson
            complete_if_met(enrolment_id, now)
        return passed


def correct_sheet(
    actor: Actor, cohort_id: str, paper: str, lang: str, sheet: Sheet, reason: str, now: datetime
) -> bool:  # fmt: skip
    """Whether the learner has passed with the sheet as it really was. The one that was typed in wrongly stays
    on record and counts no more.

    Raises NotAllowed, UnknownCohort, CohortClosed, UnknownPaper, ReasonNeeded, SheetMissing, SameSheet,
    CertifiedBySheet.
    """
    with transaction() as session:
        cohort = run_by(session, actor, cohort_id)
        check_reason(reason)
        seed, items = seed_of(cohort_id, paper), items_of(cohort.version_id, cohort_id, paper)
        _lock(session, cohort_id, sheet.enrolment_id)
        before, answers = sheet_of(cohort_id, paper, sheet.enrolment_id)
        said = {i.id: stored(r) for i, r in zip(items, sheet.responses, strict=True) if r is not None}
        if (said, lang) == (answers, before.lang):
            raise SameSheet()
        policy = Policy.read(before.policy)
        number = _last_number(session, sheet.enrolment_id) + 1
        row = _sat(session, _attempt(actor, sheet, number, seed, lang, items, policy, now), items, sheet)
        if before.passed and not row.passed and _is_certified(session, sheet.enrolment_id):
            raise CertifiedBySheet()
        session.add(
            PaperCorrection(
                attempt_id=before.id, by_attempt_id=row.id, reason=reason.strip(), actor_id=actor.id, at=now
            )
        )
        session.flush()
        audit.record(actor, "attempt.corrected", row.id, now, before=before.id, reason=reason.strip())
        complete_if_met(sheet.enrolment_id, now)
        return bool(row.passed)


def _sat(session: Session, row: Attempt, items: Sequence[Item], sheet: Sheet) -> Attempt:
    """The attempt with its answers, handed in."""
    session.add(row)
    session.flush()
    _answers(session, row, items, sheet, row.started_at)
    session.flush()  # the answers, before the attempt closes over them
    mark = earned(items, sheet.responses)
    row.earned, row.submitted_at = str(mark), row.started_at
    row.passed = Policy.read(row.policy).passes(mark, row.possible)
    session.flush()
    return row


def _is_certified(session: Session, enrolment_id: str) -> bool:
    found = select(Completion.id).where(Completion.enrolment_id == enrolment_id)
    return session.scalar(found) is not None


def _lock(session: Session, cohort_id: str, enrolment_id: str) -> None:
    """Whoever else works on this learner's attempts waits. Raises UnknownCohort."""
    inside = session.scalars(
        select(Enrolment.id)
        .where(Enrolment.id == enrolment_id, Enrolment.cohort_id == cohort_id)
        .with_for_update()
    ).one_or_none()
    if inside is None:
        raise UnknownCohort()


def _last_number(session: Session, enrolment_id: str) -> int:
    of_final = (Attempt.enrolment_id == enrolment_id, Attempt.quiz == FINAL)
    return session.scalar(select(func.max(Attempt.number)).where(*of_final)) or 0


def _next_number(session: Session, cohort_id: str, seed: int, sheet: Sheet) -> int:
    _lock(session, cohort_id, sheet.enrolment_id)
    mine = (Attempt.enrolment_id == sheet.enrolment_id, Attempt.quiz == FINAL)
    if session.scalar(select(Attempt.id).where(*mine, Attempt.seed == seed, Attempt.way == "paper")):
        raise PaperTaken(name=sheet.name)
    return _last_number(session, sheet.enrolment_id) + 1


def _attempt(
    actor: Actor, sheet: Sheet, number: int, seed: int, lang: str, items: Sequence[Item], policy: Policy,
    now: datetime,
) -> Attempt:  # fmt: skip
    """Open until its answers stand; the learner may have another one open on a screen, which then waits."""
    return Attempt(
        id=new_id("att"), enrolment_id=sheet.enrolment_id, quiz=FINAL, number=number, lang=lang, seed=seed,
        policy=policy.frozen, items=[item.id for item in items], way="paper", actor_id=actor.id,
        started_at=now, possible=len(items),
    )  # fmt: skip


def _answers(session: Session, row: Attempt, items: Sequence[Item], sheet: Sheet, now: datetime) -> None:
    for item, response in zip(items, sheet.responses, strict=True):
        if response is not None:
            session.add(
                Answer(
                    attempt_id=row.id, item=item.id, response=stored(response), edition=1, saved_at=now,
                    credit=str(grade(item, response).credit),
                )
            )  # fmt: skip
