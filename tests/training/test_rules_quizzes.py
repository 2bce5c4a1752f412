"""Quizzes: what is drawn follows from the seed, and whatever is answered comes back as it was."""

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from werkzeug.datastructures import MultiDict

from portal.kernel.errors import PortalError
from portal.training.forms.responses import fields_of, response_from
from portal.training.rules.grading import grade
from portal.training.rules.items import Item, Matching, Multiple, Ordering
from portal.training.rules.packs.course import Course
from portal.training.rules.packs.lint import lint
from portal.training.rules.quizzes import (
    FINAL,
    FINAL_TITLE,
    LESSON,
    UnknownQuiz,
    drawn,
    drawn_again,
    laid_out,
    quizzes_of,
)
from portal.training.rules.responses import read_response, stored
from portal.training.rules.solutions import right_response
from tests.factories.packs import pack_files
from tests.factories.training import files_of

TRACKS = ("everyone", "managers", "technicians", "media")


@cache
def course_of(track: str) -> tuple[Course, tuple[Item, ...]]:
    pack, findings = lint(files_of(track))
    assert findings == []
    assert pack.course
    return pack.course, tuple(item for item, _, _ in pack.items)


def test_the_final_quiz_asks_as_many_of_each_objective_as_the_course_says():
    course, items = course_of("everyone")
    quiz = drawn(course, items, FINAL, seed=7)
    assert set(Counter(item.objective for item in quiz).values()) == {course.per_objective}
    assert quiz == drawn(course, items, FINAL, seed=7)
    assert {item.id for item in quiz} != {item.id for item in drawn(course, items, FINAL, seed=8)}
    three = replace(course, per_objective=3)
    assert len(drawn(three, items, FINAL, seed=7)) == 3 * len(course.objectives)


def test_an_attempt_asks_again_what_it_asked():
    course, items = course_of("everyone")
    quiz = drawn(course, items, FINAL, seed=7)
    bank = {item.id: item for item in items}
    assert drawn_again(bank, [item.id for item in quiz], 7) == quiz


@pytest.mark.parametrize("track", TRACKS)
def test_every_module_has_its_practice_and_together_they_ask_everything(track: str):
    course, items = course_of(track)
    lessons = [lesson for module in course.modules for lesson in module.lessons]
    quizzes = quizzes_of(course, items, dict.fromkeys(lessons, FINAL_TITLE))
    modules = [quiz.id for quiz in quizzes if not quiz.id.startswith(LESSON)]
    assert modules == [*(module.id for module in course.modules), FINAL]
    asked = {name: {item.id for item in drawn(course, items, name, 1)} for name in modules[:-1]}
    assert set.union(*asked.values()) == {item.id for item in items}
    own = {quiz.id: {item.id for item in drawn(course, items, quiz.id, 1)} for quiz in quizzes}
    for module in course.modules:
        assert all(own.get(LESSON + lesson, set()) <= asked[module.id] for lesson in module.lessons)


def test_there_is_no_other_quiz():
    with pytest.raises(UnknownQuiz):
        drawn(*course_of("everyone"), "dragons", 1)


@pytest.mark.parametrize("track", [*TRACKS, "small"])
def test_the_right_response_goes_through_page_and_store_and_earns_everything(track: str):
    items = course_of(track)[1] if track != "small" else [i for i, _, _ in lint(pack_files())[0].items]
    for item in items:
        for seed in (1, 2):
            shown = laid_out(item, seed)
            right = right_response(shown, "en")
            assert right is not None, item.id
            sent = MultiDict([(n, v) for n, vs in fields_of(shown, right, "i").items() for v in vs])
            answered = response_from(shown, sent, "i")
            assert answered is not None
            assert grade(shown, answered).is_right, item.id
            assert read_response(shown, stored(answered)) == answered


def test_an_ordering_is_never_shown_solved_and_options_change_places():
    orders, options = set(), set()
    for item in (item for track in TRACKS for item in course_of(track)[1]):
        for seed in range(20):
            order = laid_out(item, seed).order
            if isinstance(item.task, Ordering):
                assert list(order) != sorted(order)
                orders.add(order)
            if isinstance(item.task, Multiple):
                options.add(order)
    assert len(orders) > 10
    assert len(options) > 10


@pytest.mark.parametrize(
    ("kind", "sent", "fault"),
    [
        ("single", [("i", "9")], "NotAResponse"),
        ("single", [("i", "²")], "NotAResponse"),
        ("single", [("i", "0"), ("i", "1")], "NotAResponse"),
        ("true_false", [("i", "maybe")], "NotAResponse"),
        ("numeric", [("i-number", "viele")], "NoQuantity"),
        ("numeric", [("i-number", "3"), ("i-unit", "dragons")], "NotAResponse"),
        ("ordering", [("i-0", "1"), ("i-1", "1")], "PlaceTakenTwice"),
        ("ordering", [("i-0", "0")], "NotAResponse"),
        ("matching", [("i-0", "99")], "NotAResponse"),
        ("calculator", [("i-q-heating", "district")], "PlaceMissing"),
        ("calculator", [("i-region", "999999")], "UnknownRegion"),
        ("calculator", [("i-region", "230700"), ("i-q-dragons", "1")], "UnknownAnswer"),
        ("calculator", [("i-region", "230700"), ("i-q-people", "many")], "NotAPlainNumber"),
        ("short", [("i", "x" * 501)], "ResponseTooLong"),
    ],
)
def test_what_is_no_answer_is_refused_by_name(kind: str, sent: list[tuple[str, str]], fault: str):
    with pytest.raises(PortalError) as refused:
        response_from(laid_out(an_item(kind), 1), MultiDict(sent), "i")
    assert type(refused.value).__name__ == fault


@pytest.mark.parametrize(
    ("kind", "json"),
    [
        ("single", {"options": [True]}), ("single", {"options": "0"}), ("single", {"text": "0"}),
        ("single", None), ("numeric", {"text": 3}), ("ordering", {"places": ["1"]}),
        ("calculator", {"region": "230700", "answers": {"heating": 1}}), ("matching", {"places": []}),
    ],
)  # fmt: skip
def test_what_is_stored_and_no_response_is_refused(kind: str, json: object):
    with pytest.raises(PortalError):
        read_response(an_item(kind), json)


def test_nothing_sent_is_no_answer_and_a_part_of_an_ordering_is_one():
    for kind in ("single", "true_false", "numeric", "short", "ordering", "matching", "calculator"):
        assert response_from(an_item(kind), MultiDict(), "i") is None
    ordering = an_item("ordering")
    assert isinstance(ordering.task, Ordering)
    first, second = response_from(ordering, MultiDict([("i-0", "1"), ("i-1", "2")]), "i")[:2]  # type: ignore[index]
    assert (first, second) == (0, 1)
    assert 0 < grade(ordering, (0, 1, *[None] * (len(ordering.task.steps) - 2))).credit < 1


def an_item(kind: str) -> Item:
    from portal.training.showing import kind_of

    items = [item for track in TRACKS for item in course_of(track)[1]]
    return next(item for item in items if kind_of(item.task) == kind)


def test_equal_matches_are_one_choice():
    matching = an_item("matching")
    assert isinstance(matching.task, Matching)
    twice = replace(matching, task=Matching((*matching.task.pairs, matching.task.pairs[0])))
    again = len(matching.task.prompts)
    sent = fields_of(twice, tuple([0] * (again + 1)), "i")
    assert sent["i-0"] == [f"{0}"]
