"""A plan is published before the event, in words that may stand, and shows what was done."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from portal.footprint.commands import events
from portal.footprint.rules.events import UnknownEvent
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.statements import queries
from portal.statements.commands import actions, plans
from portal.statements.rules.plans import (
    MOST_ACTIONS,
    ActionMissing,
    AlreadyPlanned,
    DayNotYet,
    NotBalanced,
    NotHeldYet,
    NothingChanged,
    NotOpen,
    PlanIsFixed,
    PlanTooLate,
    Stage,
    State,
    TooManyActions,
    obstacles,
)
from portal.statements.rules.wording import ClaimRefused
from tests.factories.events import DRAFT, FIRST, LAST, NOW, ORGANISER, STRANGER, an_event
from tests.factories.registry import make_lot
from tests.factories.statements import AFTER, BEFORE, FILE, PLAN, TRAINS, a_plan, carried_out, frozen, retired

COMPANY = replace(DRAFT, organisation_id="org_1")
APPROVER = Actor("usr_01JAPPROVER00000000000A", organisations={"org_1": "approver"})
MEMBER = Actor("usr_01JMEMBER000000000000000C", organisations={"org_1": "member"})


@pytest.fixture(autouse=True)
def on(any_app):
    return any_app


def test_a_published_plan_is_for_everybody_to_see():
    statement_id = a_plan()
    found = queries.statement(statement_id)
    assert (found.state, found.newest.plan) == (State.PUBLISHED, PLAN)
    assert (found.newest.first_day, found.newest.last_day) == (FIRST, LAST)
    assert [action.text for action in found.actions] == [TRAINS]
    assert [row.id for row in queries.wall("碳汇 会议")] == [statement_id]
    assert [row.id for row in queries.wall("FOREST")] == [statement_id]
    assert queries.wall("钢铁") == []
    assert queries.wall("%") == []
    assert [row.id for row in queries.statements_of(ORGANISER)] == [statement_id]
    assert queries.statements_of(STRANGER) == []


def test_an_event_has_one_plan_and_it_comes_first():
    event_id = an_event()
    with pytest.raises(PlanTooLate):
        plans.publish(ORGANISER, event_id, PLAN, [TRAINS], "zh", AFTER)
    with pytest.raises(ActionMissing):
        plans.publish(ORGANISER, event_id, PLAN, [], "zh", BEFORE)
    with pytest.raises(TooManyActions):
        plans.publish(ORGANISER, event_id, PLAN, [TRAINS] * (MOST_ACTIONS + 1), "zh", BEFORE)
    assert queries.statement_of(event_id) is None
    plans.publish(ORGANISER, event_id, PLAN, [TRAINS], "zh", BEFORE)
    with pytest.raises(AlreadyPlanned):
        plans.publish(ORGANISER, event_id, PLAN, [TRAINS], "zh", BEFORE)


@pytest.mark.parametrize("field", list(PLAN.typed))
def test_no_field_of_a_plan_takes_a_forbidden_word(field: str):
    event_id, side = an_event(), field[-2:]
    if field == "organiser":
        plan = replace(PLAN, organiser="零碳大会组委会")
    else:
        text = replace(getattr(PLAN, field[:-3]), **{side: "A c a r b o n neutral event"})
        plan = replace(PLAN, **{field[:-3]: text})
    with pytest.raises(ClaimRefused):
        plans.publish(ORGANISER, event_id, plan, [TRAINS], "zh", BEFORE)
    with pytest.raises(ClaimRefused):
        plans.publish(ORGANISER, event_id, PLAN, [Bilingual("碳\u200b中和", "")], "zh", BEFORE)
    assert queries.statement_of(event_id) is None


def test_for_an_organisation_its_approvers_publish_and_members_show_evidence():
    event_id = an_event(MEMBER, COMPANY)
    with pytest.raises(UnknownEvent):
        plans.publish(STRANGER, event_id, PLAN, [TRAINS], "zh", BEFORE)
    with pytest.raises(NotAllowed):
        plans.publish(MEMBER, event_id, PLAN, [TRAINS], "zh", BEFORE)
    statement_id = plans.publish(APPROVER, event_id, PLAN, [TRAINS], "zh", BEFORE)
    carried_out(statement_id, MEMBER)
    actions.add(MEMBER, statement_id, Bilingual("无纸化", ""), AFTER)
    for deed in (
        lambda: plans.withdraw(MEMBER, statement_id, AFTER),
        lambda: actions.add(STRANGER, statement_id, TRAINS, AFTER),
        lambda: actions.show(
            STRANGER, queries.statement(statement_id).actions[0].id, LAST, FILE, True, AFTER
        ),
    ):
        with pytest.raises(NotAllowed):
            deed()


def test_a_changed_plan_leaves_the_old_one_to_be_read():
    statement_id = a_plan()
    later = replace(DRAFT, last_day=LAST + timedelta(1))
    events.change_event(ORGANISER, queries.statement(statement_id).event_id, later, NOW)
    changed = replace(PLAN, organiser="示范林业学会")
    plans.change(ORGANISER, statement_id, changed, "主办方更名，会期延长一天", BEFORE)
    with pytest.raises(NothingChanged):
        plans.change(ORGANISER, statement_id, changed, "再来一次", BEFORE)
    first, second = queries.statement(statement_id).versions
    assert (first.plan, first.last_day) == (PLAN, LAST)
    assert (second.plan, second.last_day, second.number) == (changed, LAST + timedelta(1), 2)
    with pytest.raises(PlanIsFixed):
        plans.change(ORGANISER, statement_id, PLAN, "太晚", AFTER + timedelta(1))
    with pytest.raises(ClaimRefused):
        plans.change(ORGANISER, statement_id, PLAN, "现在是零碳会议", BEFORE)


def test_evidence_is_of_something_that_was_done_and_counts_once():
    statement_id = a_plan()
    action = queries.statement(statement_id).actions[0]
    with pytest.raises(DayNotYet):
        actions.show(ORGANISER, action.id, date(2026, 11, 28), FILE, False, AFTER)
    assert not queries.statement(statement_id).executed
    carried_out(statement_id)
    carried_out(statement_id)
    (executed,) = queries.statement(statement_id).executed
    (evidence,) = executed.evidence
    assert evidence.sha256 == FILE.sha256
    assert queries.evidence(ORGANISER, evidence.id).evidence == evidence
    with pytest.raises(queries.UnknownStatement):
        queries.evidence(STRANGER, evidence.id)


def test_the_way_is_read_from_the_rooms_that_know():
    statement_id = a_plan()
    today = AFTER.date()

    def standing():
        return queries.standing(queries.statement(statement_id))

    assert standing().stage(LAST) is Stage.PLANNED
    assert standing().stage(today) is Stage.HELD
    carried_out(statement_id)
    gross = frozen(statement_id)
    assert (standing().stage(today), standing().gross, standing().missing) == (Stage.FROZEN, gross, gross)
    make_lot(200)
    retired(statement_id, gross.kg_up - 1)
    assert [type(each) for each in obstacles(standing(), today)] == [NotBalanced]
    retired(statement_id, 1)
    assert standing().stage(today) is Stage.BALANCED
    assert [type(each) for each in obstacles(standing(), LAST)] == [NotHeldYet]


def test_what_is_withdrawn_stays_to_be_seen_and_takes_nothing_more():
    statement_id = a_plan()
    plans.withdraw(ORGANISER, statement_id, BEFORE)
    assert queries.statement(statement_id).state is State.WITHDRAWN
    for deed in (
        lambda: plans.withdraw(ORGANISER, statement_id, BEFORE),
        lambda: actions.add(ORGANISER, statement_id, TRAINS, BEFORE),
        lambda: plans.change(ORGANISER, statement_id, replace(PLAN, organiser="x"), "y", BEFORE),
    ):
        with pytest.raises(NotOpen):
            deed()
