"""The classroom's rules: codes that change, doors, quiet hours, needs, sheets, feedback."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from portal.kernel.bilingual import Bilingual
from portal.training.rules.attendance import (
    Door,
    SessionView,
    code_at,
    door,
    is_current,
    next_of,
    ticket_holds,
)
from portal.training.rules.feedback import Kind, Question, checked, summaries
from portal.training.rules.items import (
    Item,
    Matching,
    Multiple,
    Numeric,
    NumericAnswer,
    Option,
    Ordering,
    Pair,
    ShortAnswer,
    Single,
    TrueFalse,
)
from portal.training.rules.ladder import Level, may_follow
from portal.training.rules.needs import Standing, needs
from portal.training.rules.nudging import due_at, is_quiet
from portal.training.rules.papers import NotOnTheSheet, key_of, read_answer
from portal.training.rules.research import AnswerFact, grouped

SECRET = b"s" * 20
START = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)  # 09:00 in the city, and the beginning of a window
SESSION = SessionView("ses", "coh", 1, "", "", START, START + timedelta(hours=2), None, None, 0)


@pytest.mark.parametrize(
    ("seconds", "holds"), [(0, True), (19, True), (20, True), (39, True), (40, False), (-1, False)]
)
def test_a_code_holds_for_its_window_and_the_next(seconds: int, holds: bool):
    code = code_at(SECRET, START)
    assert is_current(SECRET, code, START + timedelta(seconds=seconds)) is holds
    assert not is_current(b"t" * 20, code, START), "a code of another session"


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(-31, Door.EARLY), (-30, Door.OPEN), (0, Door.OPEN), (135, Door.OPEN), (136, Door.OVER)],
)
def test_the_door_opens_half_an_hour_before(minutes: int, state: Door):
    assert door(SESSION, START + timedelta(minutes=minutes)) is state
    assert door(replace(SESSION, cancelled_at=START), START) is Door.CANCELLED


@pytest.mark.parametrize(
    ("scanned", "now", "holds"),
    [(0, 10, True), (0, 11, False), (-45, -21, True), (-45, -19, False), (5, 0, False)],
)
def test_a_ticket_holds_ten_minutes_and_for_the_early_from_the_opening(scanned: int, now: int, holds: bool):
    at = [START + timedelta(minutes=each) for each in (scanned, now)]
    assert ticket_holds(SESSION, *at) is holds


def test_the_next_session_is_the_one_that_is_on():
    later = replace(
        SESSION, id="later", starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=2)
    )
    gone = replace(SESSION, id="gone", cancelled_at=START)
    assert next_of([later, gone, SESSION], START + timedelta(hours=1)) == SESSION
    assert next_of([later, SESSION], START + timedelta(hours=2)) == later
    assert next_of([SESSION], START + timedelta(days=3)) is None


@pytest.mark.parametrize(
    ("now", "due"),
    [("20:59", "20:59"), ("21:00", "+08:00"), ("23:30", "+08:00"), ("03:00", "08:00"), ("08:00", "08:00")],
)
def test_letters_keep_quiet_at_night(now: str, due: str):
    at = datetime.fromisoformat(f"2026-11-26T{now}:00+08:00")
    day = 27 if due.startswith("+") else 26
    assert due_at(at) == datetime.fromisoformat(f"2026-11-{day}T{due.strip('+')}:00+08:00")
    assert is_quiet(at) is (due_at(at) != at)


BUSY = Standing(True, START, {}, 0, False, 0, 3, 12)
FIRST, LAST = date(2026, 11, 1), date(2026, 12, 31)
STEM = Bilingual("题", "Question")


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"seen_at": START - timedelta(days=7)}, []),
        ({"seen_at": START - timedelta(days=8)}, ["IdleFor"]),
        ({"fails": {STEM: 2}}, []),
        ({"fails": {STEM: 3}}, ["FailsOneItem"]),
        ({"failed_attempts": 2}, ["QuizFailed"]),
        ({"failed_attempts": 2, "has_passed": True}, []),
        ({"missed": 2}, ["MissedSessions"]),
        ({"has_been_here": False}, ["NeverHere"]),
        ({"missed": 2, "fails": {STEM: 4}}, ["FailsOneItem", "MissedSessions"]),
        ({"missed": 5, "met": 12}, []),
    ],
)
def test_who_needs_the_trainer_and_why(changes: dict, reasons: list[str]):
    found = needs(replace(BUSY, **changes), FIRST, LAST, START)
    assert [type(need.why).__name__ for need in found] == reasons


def test_the_rule_is_named_when_the_class_is_about_to_end():
    (need,) = needs(BUSY, FIRST, date(2026, 12, 3), START)
    assert need.why.params == {"day": date(2026, 12, 3), "met": 3, "all": 12}
    assert needs(BUSY, FIRST, date(2026, 12, 4), START) == ()


def said(*texts: str) -> tuple[Option, ...]:
    """Options of which those with a star are right."""
    return tuple(
        Option(Bilingual(text.strip("*"), text.strip("*")), Decimal(100 if "*" in text else 0))
        for text in texts
    )


def an_item(task: object, *order: int) -> Item:
    return Item("i", STEM, task, order=order)  # type: ignore[arg-type]


def both(text: str) -> Bilingual:
    return Bilingual(text, text)


ITEMS = {
    "single": an_item(Single(said("a", "b*", "c")), 2, 1, 0),
    "multiple": an_item(Multiple(said("a*", "b", "c*")), 1, 2, 0),
    "true": an_item(TrueFalse(True)),
    "number": an_item(Numeric((NumericAnswer(Decimal("3.667"), Decimal("0.01")),), "t")),
    "words": an_item(ShortAnswer(said("红松*"))),
    "order": an_item(Ordering((both("1"), both("2"), both("3"))), 2, 0, 1),
    "match": an_item(Matching((Pair(both("x"), both("1")), Pair(both("y"), both("2")))), 1, 0),
}


@pytest.mark.parametrize(
    ("name", "typed", "response", "key"),
    [
        ("single", "b", frozenset({1}), "B"),
        ("single", "Ａ", frozenset({2}), "B"),
        ("multiple", "C, B", frozenset({0, 2}), "BC"),
        ("multiple", "-", frozenset(), "BC"),
        ("true", "√", True, "√"),
        ("true", "f", False, "√"),
        ("number", "３.667", "3.667", "3.667 t (± 0.01)"),
        ("words", "红松", "红松", "红松"),
        ("order", "BCA", (0, 1, 2), "BCA"),
        ("match", "BA", (0, 1), "BA"),
        ("match", "B-", (0, None), "BA"),
        ("single", " ", None, "B"),
    ],
)
def test_what_stands_on_a_sheet_is_read_as_a_screen_would_have_given_it(name, typed, response, key):
    assert read_answer(ITEMS[name], typed, 1) == response
    assert key_of(ITEMS[name]) == key


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("single", "D"),
        ("single", "AB"),
        ("single", "-"),
        ("true", "maybe"),
        ("order", "AB"),
        ("match", "B"),
        ("number", "many"),
    ],
)
def test_what_cannot_be_read_is_said_and_not_guessed(name: str, typed: str):
    with pytest.raises(NotOnTheSheet):
        read_answer(ITEMS[name], typed, 4)


QUESTIONS = (Question(Kind.SCALE, both("1")), Question(Kind.WORDS, both("2")))


def test_feedback_shows_from_five_answers_on():
    given = [
        checked(QUESTIONS, {0: str(step), 1: text}) for step, text in zip((5, 4, 4, 1), "dcba", strict=True)
    ]
    assert summaries(QUESTIONS, given) is None
    scale, words = summaries(QUESTIONS, [*given, checked(QUESTIONS, {0: "9", 1: " e "})]) or ()
    assert (scale.n, scale.counts, scale.mean) == (4, (1, 0, 0, 2, 1), Fraction(14, 4))
    assert words.words == ("a", "b", "c", "d", "e")


def test_research_leaves_small_groups_out():
    facts = [AnswerFact("i", "o", "zh", "2026-Q4", Fraction(n % 2)) for n in range(10)]
    assert list(grouped("c", "1.0.0", facts[:9])) == []
    assert list(grouped("c", "1.0.0", facts)) == [("c", "1.0.0", "i", "o", "zh", "2026-Q4", 10, "0.500", 5)]


def test_the_ladder_is_climbed_step_by_step():
    assert may_follow(Level.FACILITATOR, None)
    assert not may_follow(Level.TRAINER, None)
    assert may_follow(Level.LEAD, Level.TRAINER)
    assert not may_follow(Level.LEAD, Level.FACILITATOR)
    assert may_follow(Level.FACILITATOR, Level.LEAD)
    assert not may_follow(Level.LEAD, Level.LEAD)
