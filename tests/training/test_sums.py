"""What leaves a class: sums of a version over its classes, statements for other systems; nobody by name."""

from datetime import UTC, date, datetime, timedelta
from json import loads

import pytest
from flask import Flask
from sqlalchemy import update

from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.training.models.attempts import Answer, Attempt
from portal.training.models.learners import Enrolment
from portal.training.models.outcomes import Completion
from portal.training.models.voices import FeedbackAnswer, FeedbackForm
from portal.training.queries.cohorts import cohort_by_id
from portal.training.queries.courses import content
from portal.training.queries.statements import records
from portal.training.queries.sums import sums_of
from portal.training.rules.feedback import USUAL
from portal.training.rules.formats.xapi import lines, said
from portal.training.rules.items import Calculator, Matching, Numeric, Ordering, Single, TrueFalse
from portal.training.rules.quizzes import FINAL, drawn
from portal.training.rules.research import TooFewForStatements
from portal.training.rules.responses import stored
from portal.training.rules.solutions import right_response
from tests.browser import Browser
from tests.factories.training import NOW, TRAINER, a_cohort, a_version, an_enrolment, followed_up

LATER = datetime(2027, 9, 1, tzinfo=UTC)


def a_class(version_id: str, people: int, **changes: object) -> tuple[str, list[str]]:
    with transaction() as session:
        cohort_id = a_cohort(session, version_id, **changes)
        return cohort_id, [an_enrolment(session, version_id, cohort_id) for _ in range(people)]


def has_completed(enrolment_id: str, learner_id: str, version_id: str, days: int) -> None:
    with transaction() as session:
        session.add(
            Completion(
                id=f"cmp_{enrolment_id}", enrolment_id=enrolment_id, learner_id=learner_id,
                version_id=version_id, award="completion", certificate=f"T{enrolment_id}",
                completed_at=NOW + timedelta(days=days),
            )
        )  # fmt: skip


def was_asked(cohort_id: str, trainer: str, marks: list[int]) -> None:
    with transaction() as session:
        form_id = f"fbf_{cohort_id}"
        session.add(
            FeedbackForm(
                id=form_id, cohort_id=cohort_id, owner_id=trainer, title="t",
                questions=[each.stored for each in USUAL], opens_at=NOW, closes_at=NOW + timedelta(days=9),
            )
        )  # fmt: skip
        session.flush()
        session.add_all(
            FeedbackAnswer(id=f"fba_{cohort_id}{n}", form_id=form_id, answers={"0": mark, "3": "x"})
            for n, mark in enumerate(marks)
        )


def learner_of(enrolment_id: str) -> str:
    with transaction() as session:
        return session.get_one(Enrolment, enrolment_id).learner_id


def test_only_classes_of_five_are_added_up(app: Flask):
    version_id = a_version()
    _small, (one, *_rest) = a_class(version_id, 4)
    _five, five = a_class(version_id, 5)
    six_id, six = a_class(version_id, 6)
    has_completed(one, learner_of(one), version_id, 1)
    found = sums_of(version_id, NOW)
    assert (found.classes, found.learners, found.completed, found.days) == (2, 11, 0, None)
    for enrolment_id in (*five[:2], *six[:3]):
        has_completed(enrolment_id, learner_of(enrolment_id), version_id, 10)
    assert sums_of(version_id, NOW).days == 10
    with transaction() as session:
        for each in six:
            followed_up(session, six_id, each)
        for each in five[:4]:
            followed_up(session, _five, each)
    assert sums_of(version_id, NOW).later == (), "the class can still answer"
    ((months, told),) = sums_of(version_id, LATER).later
    assert (months, told.n) == (6, 6), "four answers of another class are not added"


def test_feedback_is_added_up_over_three_trainers(app: Flask):
    version_id = a_version()
    for number in range(3):
        trainer = f"usr_trainer_{number}"
        assert sums_of(version_id, LATER).feedback is None, "of two, one could work out the other"
        was_asked(a_class(version_id, 5, trainer=trainer)[0], trainer, [5, 5, 4, 4, 2])
    was_asked(a_class(version_id, 4, trainer="usr_trainer_4")[0], "usr_trainer_4", [1, 1, 1, 1])
    assert sums_of(version_id, NOW).feedback is None, "still open"
    useful, *others = sums_of(version_id, LATER).feedback or ()
    assert (useful.n, useful.counts, useful.mean) == (15, (0, 3, 0, 6, 6), 4)
    assert not any(each.words for each in (useful, *others)), "words are for who asked"


def sat(version_id: str, enrolment_id: str) -> None:
    found = content(version_id)
    items = drawn(found.course, found.items.values(), FINAL, 7)
    with transaction() as session:
        attempt_id = f"att_{enrolment_id}"
        session.add(
            Attempt(
                id=attempt_id, enrolment_id=enrolment_id, quiz=FINAL, number=1, lang="zh", seed=7, policy={},
                items=[each.id for each in items], possible=len(items), way="screen", actor_id=TRAINER.id,
                started_at=NOW,
            )
        )  # fmt: skip
        session.flush()
        session.add_all(
            Answer(
                attempt_id=attempt_id, item=each.id, edition=1, saved_at=NOW, credit="1",
                response=stored(response) if (response := right_response(each, "zh")) is not None else {},
            )
            for each in items
        )  # fmt: skip
        session.flush()
        handed_in = {"submitted_at": NOW, "earned": "18", "passed": True}
        session.execute(update(Attempt).where(Attempt.id == attempt_id).values(handed_in))


def test_statements_leave_a_class_of_five_under_names_of_its_own(app: Flask, browser: Browser):
    version_id = a_version()
    cohort_id, people = a_class(version_id, 5)
    for each in people[:4]:
        sat(version_id, each)
    with pytest.raises(TooFewForStatements):
        records(cohort_by_id(cohort_id), "https://carbon.example", str)
    sat(version_id, people[4])
    app.extensions["portal.person"] = lambda: Actor(TRAINER.id, frozenset({Role.TRAINER}))
    text = app.test_client().get(f"/en/teach/{cohort_id}/statements.jsonl", buffered=True).text
    told = [loads(line) for line in text.splitlines()]
    assert len(told) == 5 * 21
    assert {each["verb"]["display"]["en"] for each in told} == {"answered", "passed"}
    assert len({each["actor"]["account"]["name"] for each in told}) == 5
    assert "lrn_" not in text
    assert "测试学员" not in text
    other = list(lines(records(cohort_by_id(cohort_id), "https://carbon.example", lambda _id: "x")))
    assert len(other) == len(told)
    export = browser.open(f"/en/author/versions/{version_id}/export?format=aiken&language=zh")
    assert "Left out, and why" in export.main
    file = app.test_client().get(export.links["Download the file"])
    assert "ANSWER:" in file.text
    figures = browser.open(f"/en/teach/{cohort_id}/questions").main
    assert "xAPI statements" in figures


def test_a_response_is_written_as_xapi_writes_it(app: Flask):
    items = content(a_version()).items.values()
    kinds = {type(each.task): each for each in items}
    expected = {Single: str.isdigit, TrueFalse: {"true", "false"}.__contains__, Numeric: bool,
                Matching: lambda text: "[.]" in text and "[,]" in text, Ordering: lambda text: "[,]" in text,
                Calculator: lambda text: "answers" in loads(text)}  # fmt: skip
    for kind, fits in expected.items():
        item = kinds[kind]
        response = right_response(item, "zh")
        assert response is not None
        assert fits(said(item, stored(response))), kind
        assert said(item, {}) == ""


def test_authors_see_sums_and_no_class(app: Flask, browser: Browser):
    version_id = a_version()
    app.extensions["portal.person"] = lambda: Actor("usr_author", frozenset({Role.AUTHOR}))
    address = f"/en/author/versions/{version_id}/figures"
    assert "Nothing to show yet" in browser.open(address).main
    _cohort, people = a_class(version_id, 6, name="伊美一班", last_day=date(2026, 12, 1))
    for each in people[:4]:
        sat(version_id, each)
    page = browser.open(address).main
    assert "No question has been answered by 5 learners" in page
    sat(version_id, people[4])
    page = browser.open(address).main
    assert "n = 5" in page
    assert "too few answers" in page
    assert "伊美一班" not in page
