"""Where a statement stands, what is missing, and until when; and what a share comes to."""

from dataclasses import replace
from datetime import date

import pytest

from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.statements.rules import plans, shares
from portal.statements.rules.plans import (
    Claim,
    DaysDiffer,
    EvaluationMissing,
    EvaluatorMissing,
    NameMissing,
    NotBalanced,
    NotFrozenYet,
    NotHeldYet,
    NothingCut,
    NothingEmitted,
    NotOpen,
    OrganiserMissing,
    Plan,
    PlanTooLate,
    Stage,
    Standing,
    State,
    TooLate,
    TooLong,
)
from portal.statements.rules.shares import SharesExceedTotal, ShareTooSmall, TooManyShares

FIRST, LAST = date(2026, 11, 24), date(2026, 11, 25)
AFTER = date(2026, 11, 26)
READY = Standing(State.PUBLISHED, FIRST, LAST, Mass.t(40), (FIRST, LAST), 1, Mass.t(40))
PLAN = Plan(Bilingual("林业碳汇年会", ""), Bilingual("", ""), "示范林业协会", Bilingual("", ""))


@pytest.mark.parametrize(
    ("last_day", "until"),
    [
        (LAST, date(2027, 11, 25)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2026, 12, 31), date(2027, 12, 31)),
    ],
)
def test_credits_have_one_year(last_day: date, until: date):
    assert plans.deadline(last_day) == until
    assert not plans.is_due(State.PUBLISHED, last_day, until)
    assert plans.is_due(State.PUBLISHED, last_day, date.fromordinal(until.toordinal() + 1))
    assert not plans.is_due(State.DECLARED, last_day, date.fromordinal(until.toordinal() + 1))


@pytest.mark.parametrize(
    ("change", "today", "stage"),
    [
        ({}, LAST, Stage.PLANNED),
        ({"gross": None, "frozen_days": None}, AFTER, Stage.HELD),
        ({"retired": Mass(1)}, AFTER, Stage.FROZEN),
        ({}, AFTER, Stage.BALANCED),
        ({"state": State.DECLARED}, AFTER, Stage.DECLARED),
        ({"state": State.LAPSED}, AFTER, Stage.LAPSED),
        ({"state": State.WITHDRAWN}, LAST, Stage.WITHDRAWN),
    ],
)
def test_the_stage_follows_from_what_has_happened(change: dict, today: date, stage: Stage):
    assert replace(READY, **change).stage(today) is stage


@pytest.mark.parametrize(
    ("change", "today", "faults"),
    [
        ({}, AFTER, []),
        ({}, date(2027, 11, 25), []),
        ({}, date(2027, 11, 26), [TooLate]),
        ({}, LAST, [NotHeldYet]),
        ({"executed": 0}, AFTER, [NothingCut]),
        ({"gross": None, "frozen_days": None}, AFTER, [NotFrozenYet]),
        ({"frozen_days": (FIRST, AFTER)}, AFTER, [DaysDiffer]),
        ({"gross": Mass(0)}, AFTER, [NothingEmitted]),
        ({"retired": Mass.t(40) - Mass(1)}, AFTER, [NotBalanced]),
        ({"executed": 0, "gross": None, "retired": Mass(0)}, LAST, [NotHeldYet, NothingCut, NotFrozenYet]),
    ],
)
def test_all_that_is_missing_is_said_at_once(change: dict, today: date, faults: list):
    standing = replace(READY, **change)
    found = plans.obstacles(standing, today)
    assert [type(each) for each in found] == faults
    if faults:
        with pytest.raises(faults[0]):
            plans.check_declarable(standing, today)
    else:
        plans.check_declarable(standing, today)


@pytest.mark.parametrize("state", [State.LAPSED, State.WITHDRAWN])
def test_what_has_ended_is_not_declared(state: State):
    with pytest.raises(NotOpen):
        plans.check_declarable(replace(READY, state=state), AFTER)


def test_one_gram_short_says_how_much_is_missing():
    (fault,) = plans.obstacles(replace(READY, retired=Mass.t(40) - Mass(1)), AFTER)
    assert fault.params["missing"] == Mass(1)


def test_a_plan_comes_before_the_event():
    plans.check_plan_in_time(FIRST, FIRST)
    with pytest.raises(PlanTooLate):
        plans.check_plan_in_time(FIRST, LAST)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": Bilingual("", "")}, NameMissing),
        ({"organiser": ""}, OrganiserMissing),
        ({"name": Bilingual("长" * 121, "")}, TooLong),
        ({"notes": Bilingual("", "x" * 1001)}, TooLong),
        ({"organiser": "长" * 121}, TooLong),
    ],
)
def test_a_bad_plan_is_refused(change: dict, fault: type):
    PLAN.check()
    with pytest.raises(fault):
        replace(PLAN, **change).check()


def test_an_evaluator_signs_a_file_and_a_file_has_an_evaluator():
    nothing = Bilingual("", "")
    Claim(nothing).check()
    Claim(nothing, "核查机构", "0" * 64, "application/pdf").check()
    with pytest.raises(EvaluationMissing):
        Claim(nothing, "核查机构").check()
    with pytest.raises(EvaluatorMissing):
        Claim(nothing, "", "0" * 64, "application/pdf").check()


@pytest.mark.parametrize(
    ("left", "count", "each", "size"),
    [(1000, 3, None, 333), (1000, 1, None, 1000), (1000, 2, 500, 500), (1000, 4, 100, 100)],
)
def test_a_share_is_what_was_asked_or_an_equal_part(left: int, count: int, each: int | None, size: int):
    assert shares.part_of(Mass(left), count, Mass(each) if each else None) == Mass(size)


@pytest.mark.parametrize(
    ("left", "count", "each", "fault"),
    [
        (1000, 0, None, TooManyShares),
        (1000, 5001, None, TooManyShares),
        (2, 3, None, ShareTooSmall),
        (0, 3, None, SharesExceedTotal),
        (1000, 3, 334, SharesExceedTotal),
    ],
)
def test_shares_never_come_to_more_than_the_whole(left: int, count: int, each: int | None, fault: type):
    with pytest.raises(fault):
        shares.part_of(Mass(left), count, Mass(each) if each else None)


def test_a_code_is_read_as_it_is_printed():
    code = shares.new_code()
    assert len(code) == shares.CODE_LENGTH
    assert shares.read_code(shares.printed(code).lower()) == code
    assert len({shares.new_code() for _ in range(5_000)}) == 5_000
