"""What a course asks, what of it is met, and why the rest is not: said exactly, decided exactly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from portal.db import transaction
from portal.kernel.bilingual import Bilingual
from portal.kernel.ids import new_id
from portal.training.models.attempts import Attempt
from portal.training.models.classes import Attendance, Session
from portal.training.models.learners import Reading
from portal.training.models.outcomes import Override
from portal.training.queries.progress import progress_of, progress_of_all
from portal.training.rules.attempts import Policy
from portal.training.rules.learners import UnknownEnrolment
from portal.training.rules.progress import (
    FINAL_QUIZ,
    SESSIONS,
    AttemptOpen,
    Done,
    LessonRule,
    MarksMissing,
    MarksMissingWait,
    NotFinished,
    NotOpened,
    NotTaken,
    QuestionsMissing,
    Rule,
    SetBack,
    Tried,
    Word,
    percent,
    progress,
)
from tests.factories.training import NOW, a_cohort, a_version, an_enrolment

QUIZ = Policy(Decimal(80), attempts=2, wait_hours=24)
TITLES = (Bilingual("一", "One"), Bilingual("二", "Two"))
RULE = Rule((LessonRule("one", TITLES[0]), LessonRule("two", TITLES[1])), QUIZ, sessions=1)
AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def tried(earned: str | None, possible: int = 3, hours: int = 0) -> Tried:
    mark = None if earned is None else Fraction(earned)
    passed = mark is not None and QUIZ.passes(mark, possible)
    return Tried(QUIZ, possible, mark, passed, None if mark is None else AT + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("earned", "possible", "passes"),
    [("12/5", 3, True), ("239/100", 3, False), ("4", 5, True), ("8", 10, True), ("0", 0, False)],
)
def test_nobody_passes_or_fails_by_rounding(earned: str, possible: int, passes: bool):
    assert QUIZ.passes(Fraction(earned), possible) is passes


def test_a_percentage_is_never_shown_as_more_than_it_is():
    assert percent(Fraction(7999, 100)) == Decimal("79.9")
    assert percent(Fraction(200, 3)) == Decimal("66.6")
    assert str(percent(Fraction(80))) == "80"


@pytest.mark.parametrize(
    ("submitted", "wait"),
    [(0, None), (1, None), (2, 24), (3, None), (4, 24)],
)
def test_after_every_two_attempts_there_is_a_day_to_wait(submitted: int, wait: int | None):
    times = [AT + timedelta(hours=hour) for hour in range(submitted)]
    assert QUIZ.next_at(times) == (times[-1] + timedelta(hours=wait) if wait else None)


def test_practice_never_waits():
    assert Policy(Decimal(80), 0, 0).next_at([AT] * 40) is None
    assert Policy(Decimal(80), 0, 0).left(40) is None


@pytest.mark.parametrize(
    ("attempts", "why"),
    [
        ([], NotTaken),
        ([tried(None)], AttemptOpen),
        ([tried("2")], MarksMissing),
        ([tried("2"), tried("1", hours=1)], MarksMissingWait),
        ([tried("2"), tried("3")], type(None)),
    ],
)
def test_the_quiz_says_what_it_waits_for(attempts: list[Tried], why: type):
    found = progress(RULE, Done(tried=attempts)).final
    assert type(found.why) is why
    assert found.is_met is (why is type(None))


def test_the_next_attempt_is_named_to_the_minute():
    why = progress(RULE, Done(tried=[tried("2"), tried("1", hours=1)])).final.why
    assert why is not None
    assert why.params == {
        "best": Decimal("66.6"), "needed": Decimal(80), "at": AT + timedelta(hours=25),
    }  # fmt: skip


def test_all_that_is_asked_must_be_met_and_a_trainers_word_counts_more():
    done = Done(read={"one": True, "two": False}, tried=[tried("3")], attended=1)
    found = progress(RULE, done)
    assert (found.read, found.met, found.is_complete) == (1, 3, False)
    assert type(found.missing[0].why) is NotFinished
    assert type(progress(RULE, Done()).missing[0].why) is NotOpened
    done.words = {"lesson:two": Word("lesson:two", True, "在课堂上讲过", AT)}
    assert progress(RULE, done).is_complete
    done.words[FINAL_QUIZ] = Word(FINAL_QUIZ, False, "答案是抄的", AT)
    back = progress(RULE, done)
    assert not back.is_complete
    assert type(back.final.why) is SetBack
    assert back.final.override
    assert back.final.override.reason == "答案是抄的"


@pytest.mark.parametrize(
    ("asks_reading", "read", "right", "why"),
    [
        (True, {}, {"a", "b"}, NotOpened),
        (True, {"one": False}, {"a", "b"}, NotFinished),
        (True, {"one": True}, {"a", "of another lesson"}, QuestionsMissing),
        (True, {"one": True}, {"a", "b"}, None),
        (False, {}, {"b"}, QuestionsMissing),
        (False, {}, {"a", "b"}, None),
    ],
)
def test_a_lesson_is_done_as_its_pack_says(
    asks_reading: bool, read: dict[str, bool], right: set[str], why: type | None
):
    rule = Rule((LessonRule("one", TITLES[0], asks_reading, frozenset("ab")),), QUIZ)
    found = progress(rule, Done(read=read, right=right)).lessons[0]
    assert (found.is_met, type(found.why)) == (why is None, type(None) if why is None else why)
    assert found.needed == 2 + asks_reading
    assert found.done == len(right & {"a", "b"}) + (asks_reading and read.get("one", False))


@pytest.mark.usefixtures("any_app")
def test_a_class_is_counted_learner_by_learner_from_what_each_has_done():
    version_id = a_version()
    with transaction() as session:
        cohort_id = a_cohort(session, version_id, sessions_required=1)
        diligent, idle = (an_enrolment(session, version_id, cohort_id, name=name) for name in "甲乙")
        for number, cancelled in ((1, None), (2, NOW)):
            session.add(
                Session(
                    id=f"ses_{number}", cohort_id=cohort_id, number=number, title="", place="",
                    starts_at=NOW, ends_at=NOW + timedelta(hours=1), secret=b"x", cancelled_at=cancelled,
                )
            )  # fmt: skip
        session.add(Reading(enrolment_id=diligent, lesson="tree-and-carbon", opened_at=NOW, done_at=NOW))
        session.add(Reading(enrolment_id=diligent, lesson="stock-and-flow", opened_at=NOW))
        session.add(
            Attempt(
                id=new_id("att"), enrolment_id=diligent, quiz="final", number=1, lang="zh", seed=1,
                policy=QUIZ.frozen, items=["a"], way="screen", actor_id="guest", started_at=NOW,
                submitted_at=NOW, earned="1", possible=1, passed=True,
            )
        )  # fmt: skip
        session.flush()
        for number, enrolment_id in ((1, diligent), (2, idle)):  # the second meeting did not take place
            session.add(
                Attendance(
                    session_id=f"ses_{number}", enrolment_id=enrolment_id, is_present=True, way="scan",
                    actor_id="x", at=NOW,
                )
            )  # fmt: skip
        for at, is_met in ((NOW, True), (NOW + timedelta(minutes=1), False)):  # the newer word counts
            session.add(
                Override(
                    id=new_id("ovr"), enrolment_id=idle, requirement=SESSIONS, is_met=is_met,
                    reason="核对", actor_id="x", at=at,
                )
            )  # fmt: skip
    found = progress_of_all(cohort_id)
    assert (found[diligent].read, len(found[diligent].lessons), found[diligent].met) == (1, 10, 3)
    assert [each.key for each in found[idle].missing][-2:] == [FINAL_QUIZ, SESSIONS]
    alone = progress_of(diligent)
    assert [(each.key, each.is_met, each.done) for each in alone.requirements] == [
        (each.key, each.is_met, each.done) for each in found[diligent].requirements
    ]
    with pytest.raises(UnknownEnrolment):
        progress_of("enr_of_nobody")
