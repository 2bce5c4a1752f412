"""A quiz is begun once, saved answer by answer, and handed in once, whatever the network does."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.training.commands.attempting import save, start, submit
from portal.training.commands.reading import finish_lesson
from portal.training.models.learners import Enrolment
from portal.training.queries.attempts import AttemptView, attempt, attempts_of
from portal.training.queries.progress import progress_of
from portal.training.rules.attempts import (
    AlreadyPassed,
    AttemptClosed,
    NextAttemptLater,
    NotAsked,
    UnknownAttempt,
)
from portal.training.rules.grading import NotAResponse
from portal.training.rules.items import Item, Single
from portal.training.rules.learners import UnknownEnrolment
from portal.training.rules.progress import Requirement
from portal.training.rules.quizzes import UnknownQuiz
from portal.training.rules.responses import stored
from portal.training.rules.solutions import right_response
from tests.factories.training import NOW, a_version, an_enrolment

pytestmark = pytest.mark.usefixtures("any_app")


def a_learner(track: str = "everyone") -> tuple[Actor, str]:
    """Somebody with a personal code on this device, in the course of this track."""
    version_id = a_version(track)
    with transaction() as session:
        enrolment_id = an_enrolment(session, version_id)
        return Actor.guest(session.get_one(Enrolment, enrolment_id).learner_id), enrolment_id


def right(item: Item) -> Any:
    response = right_response(item, "zh")
    return None if response is None else stored(response)


def answered(actor: Actor, attempt_id: str, count: int) -> AttemptView:
    """The attempt with so many questions answered as they should be, beginning with the first."""
    known = [(item, json) for item in attempt(actor, attempt_id).items if (json := right(item))]
    for item, json in known[:count]:
        save(actor, attempt_id, item.id, json, 1, NOW)
    return attempt(actor, attempt_id)


def test_the_questions_of_a_lesson_count_once_they_are_right_in_whichever_attempt():
    actor, enrolment_id = a_learner("media")
    finish_lesson(actor, enrolment_id, "ethics-and-corrections", NOW)

    def lesson() -> Requirement:
        found = progress_of(enrolment_id).lessons
        return next(each for each in found if each.key == "lesson:ethics-and-corrections")

    assert lesson().why is not None
    for done, quiz in ((1, "lesson:ethics-and-corrections"), (2, "law")):
        attempt_id = start(actor, enrolment_id, quiz, "zh", NOW)
        asked = {item.id: item for item in attempt(actor, attempt_id).items}
        name = ("advertorial", "correction-parts")[done - 1]
        save(actor, attempt_id, name, right(asked[name]), 1, NOW)
        assert lesson().done == done  # nothing counts before it is handed in
        submit(actor, attempt_id, NOW)
        assert lesson().done == done + 1
    assert lesson().is_met


def test_a_quiz_that_is_passed_is_not_taken_again():
    actor, enrolment_id = a_learner()
    attempt_id = start(actor, enrolment_id, "final", "zh", NOW)
    assert start(actor, enrolment_id, "final", "en", NOW) == attempt_id  # a double tap, or the next morning
    found = answered(actor, attempt_id, 18)
    assert len(found.items) == 20
    assert len(found.unanswered) == 2
    submit(actor, attempt_id, NOW)
    submit(actor, attempt_id, NOW + timedelta(hours=1))
    done = attempt(actor, attempt_id)
    assert (done.earned, done.possible, done.passed, done.submitted_at) == (Fraction(18), 20, True, NOW)
    with pytest.raises(AlreadyPassed):
        start(actor, enrolment_id, "final", "zh", NOW)


def test_sixteen_of_twenty_pass_and_fifteen_do_not_and_after_two_there_is_a_day_to_wait():
    actor, enrolment_id = a_learner()
    for number, wanted in ((1, 15), (2, 15)):
        attempt_id = start(actor, enrolment_id, "final", "zh", NOW)
        answered(actor, attempt_id, wanted)
        submit(actor, attempt_id, NOW)
        assert (attempt(actor, attempt_id).number, attempt(actor, attempt_id).passed) == (number, False)
    tomorrow = NOW + timedelta(hours=24)
    with pytest.raises(NextAttemptLater) as refusal:
        start(actor, enrolment_id, "final", "zh", tomorrow - timedelta(seconds=1))
    assert refusal.value.params == {"at": tomorrow}
    third = start(actor, enrolment_id, "final", "zh", tomorrow)
    answered(actor, third, 16)
    submit(actor, third, tomorrow)
    assert [each.passed for each in attempts_of(enrolment_id)] == [False, False, True]


def test_an_older_edition_that_arrives_late_changes_nothing():
    actor, enrolment_id = a_learner()
    # Practice asks all there are; a draw for the final quiz may have none of this kind.
    attempt_id = start(actor, enrolment_id, "forests", "zh", NOW)
    item = next(each for each in attempt(actor, attempt_id).items if isinstance(each.task, Single))
    assert save(actor, attempt_id, item.id, {"options": [0]}, 3, NOW) == 3
    assert save(actor, attempt_id, item.id, {"options": [1]}, 2, NOW) == 3
    assert attempt(actor, attempt_id).answers[item.id].response == {"options": [0]}
    assert save(actor, attempt_id, item.id, {"options": [1]}, 4, NOW) == 4  # the control: a newer one counts
    assert attempt(actor, attempt_id).answers[item.id].response == {"options": [1]}
    assert save(actor, attempt_id, item.id, None, 5, NOW) == 5
    assert not attempt(actor, attempt_id).answers[item.id].is_answer
    found = attempt(actor, attempt_id)
    assert len(found.unanswered) == len(found.items)


def test_what_is_refused_is_refused_by_name():
    actor, enrolment_id = a_learner()
    attempt_id = start(actor, enrolment_id, "forests", "en", NOW)
    item = next(each for each in attempt(actor, attempt_id).items if isinstance(each.task, Single))
    for response in ({"options": [99]}, {"options": "0"}, {"text": "x"}, 7):
        with pytest.raises(NotAResponse):
            save(actor, attempt_id, item.id, response, 1, NOW)
    with pytest.raises(NotAsked):
        save(actor, attempt_id, "no-such-item", {"options": [0]}, 1, NOW)
    with pytest.raises(UnknownQuiz):
        start(actor, enrolment_id, "no-such-quiz", "zh", NOW)
    stranger = Actor.guest("lrn_somebody_else")
    with pytest.raises(UnknownEnrolment):
        start(stranger, enrolment_id, "final", "zh", NOW)
    for act in (
        lambda: save(stranger, attempt_id, item.id, None, 1, NOW),
        lambda: submit(stranger, attempt_id, NOW),
    ):
        with pytest.raises(UnknownAttempt):
            act()
    submit(actor, attempt_id, NOW)
    with pytest.raises(AttemptClosed):
        save(actor, attempt_id, item.id, {"options": [0]}, 1, NOW)
    assert start(actor, enrolment_id, "forests", "en", NOW) != attempt_id  # practice, as often as one likes
