"""Groups and challenges on both databases: seats, figures of fives, and who may do what."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.db import db, transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.pledges.commands import plans, promise, together
from portal.pledges.queries import promise as pledges
from portal.pledges.queries import together as read
from portal.pledges.rules.plans import Action
from portal.pledges.rules.promise import WithdrawalReason
from portal.pledges.rules.together import (
    AlreadyEntered,
    AlreadyInGroup,
    ChallengeIsOver,
    Goal,
    GroupIsClosed,
    NotInGroup,
    UnknownGroup,
)
from tests.factories.guards import without_guards
from tests.factories.pledges import NOW, a_challenge, a_group, a_pledge, members

TEACHER, OTHER = Actor("usr_teacher"), Actor("usr_other")
EDITOR = Actor("usr_editor", frozenset({Role.EDITOR}))
TOMORROW = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def on_both_databases(any_app):
    """Every promise here is kept on SQLite and on PostgreSQL."""


def done(pledge_id: str, now=NOW) -> None:
    action, holder = Action(new_id("act"), title="走路上学"), Actor.guest(pledge_id)
    plans.plan_action(holder, pledge_id, action, now)
    plans.finish_action(holder, pledge_id, action.id, now)


def test_figures_come_with_the_fifth_of_yesterday_and_go_when_one_of_them_leaves():
    group = a_group(TEACHER)
    ids = members(group, 4)
    assert read.figures(group.id, TOMORROW) is None
    ids += members(group, 2)
    assert read.figures(group.id, TOMORROW - timedelta(days=1)) is None  # today is not told yet
    figures = read.figures(group.id, TOMORROW)
    each = pledges.pledge(Actor.guest(ids[0]), ids[0]).reduction
    assert (figures.pledges, figures.cut.grams) == (5, each.grams * 5)
    done(ids[0])
    done(ids[5])  # the sixth counts in no five yet
    assert (read.figures(group.id, TOMORROW).planned, read.figures(group.id, TOMORROW).done) == (1, 1)
    promise.withdraw_pledge(Actor.guest(ids[1]), ids[1], WithdrawalReason.CIRCUMSTANCES, "", NOW)
    assert read.figures(group.id, TOMORROW) is None


def test_a_seat_is_left_once_and_not_taken_again():
    group = a_group(TEACHER)
    (mine,) = members(group, 1)
    holder = Actor.guest(mine)
    with pytest.raises(AlreadyInGroup):
        together.join_group(holder, mine, group.code, NOW)
    with pytest.raises(NotAllowed):
        together.leave_group(OTHER, a_pledge(), group.id, NOW)
    together.leave_group(holder, mine, group.id, NOW)
    with pytest.raises(NotInGroup):
        together.leave_group(holder, mine, group.id, NOW)
    with pytest.raises(AlreadyInGroup):
        together.join_group(holder, mine, group.code, NOW)
    assert read.groups_of_pledge(mine) == []


def test_a_closed_group_takes_nobody_and_only_who_runs_it_closes_it():
    group = a_group(TEACHER)
    with pytest.raises(NotAllowed):
        together.close_group(OTHER, group.id, NOW)
    together.close_group(TEACHER, group.id, NOW)
    together.close_group(TEACHER, group.id, NOW + timedelta(days=1))
    assert read.group(group.id).closed_at == NOW
    with pytest.raises(GroupIsClosed):
        members(group, 1)
    with pytest.raises(UnknownGroup):
        together.join_group(TEACHER, a_pledge(TEACHER), "00000000", NOW)


def test_only_names_that_are_shown_stand_on_the_groups_page():
    group = a_group(TEACHER)
    shown = a_pledge(name="张伟一家")
    for each in (shown, a_pledge(name="不公开", is_public=False)):
        together.join_group(Actor.guest(each), each, group.code, NOW)
    assert read.named_pledges(group.id) == [(shown, "张伟一家")]
    promise.show_name(Actor.guest(shown), shown, False, NOW)
    assert read.named_pledges(group.id) == []


@pytest.mark.parametrize("goal", Goal)
def test_a_challenge_ranks_what_was_done_in_its_period_by_fives(goal):
    challenge = a_challenge(EDITOR, goal)
    busy, calm, small = (a_group(TEACHER, name) for name in ("一班", "二班", "三班"))
    early = NOW - timedelta(days=1)
    for each in (busy, calm, small):
        together.enter_challenge(TEACHER, challenge.id, each.id, NOW)
    with pytest.raises(AlreadyEntered):
        together.enter_challenge(TEACHER, challenge.id, busy.id, NOW)
    with pytest.raises(NotAllowed):
        together.enter_challenge(OTHER, challenge.id, busy.id, NOW)
    for pledge_id in members(busy, 5):
        done(pledge_id)
    for pledge_id in members(calm, 5, early):
        done(pledge_id, early)  # before it began
    for pledge_id in members(small, 4):
        done(pledge_id)
    ranking = read.ranking(challenge, TOMORROW)
    assert [(place.place, place.score.name, place.score.done) for place in ranking.front] == [(1, "一班", 5)]
    assert ranking.others == ("三班", "二班") or ranking.others == ("二班", "三班")
    assert ranking.done == 5
    assert read.ranking(challenge, TOMORROW - timedelta(days=1)).front == ()
    with pytest.raises(ChallengeIsOver):
        together.enter_challenge(TEACHER, challenge.id, a_group(TEACHER).id, NOW + timedelta(days=40))


def test_only_the_citys_editors_list_a_challenge_for_all():
    listed, private = a_challenge(EDITOR), a_challenge(TEACHER)
    assert [each.id for each in read.listed_challenges(TOMORROW)] == [listed.id]
    assert [each.id for each in read.challenges_of(TEACHER)] == [private.id]


REFUSED = {
    "UPDATE pledge_challenge SET aim = 1": "never edited",
    "DELETE FROM pledge_challenge_entry": "never deleted",
    "UPDATE pledge_group SET name = 'x'": "pledge_group keeps",
    "DELETE FROM pledge_group_seat": "never deleted",
    "UPDATE pledge_group_seat SET number = number + 10": "pledge_group_seat keeps",
    "UPDATE pledge_group_seat SET left_at = NULL": "stays empty",
}


@pytest.fixture
def joined() -> None:
    group = a_group(TEACHER)
    (mine,) = members(group, 1)
    together.leave_group(Actor.guest(mine), mine, group.id, NOW)
    together.enter_challenge(TEACHER, a_challenge(EDITOR).id, group.id, NOW)


@pytest.mark.parametrize("attack", REFUSED)
def test_the_database_refuses_to_rewrite_groups_and_challenges(joined, attack):
    with pytest.raises(DBAPIError, match=REFUSED[attack]), transaction() as session:
        session.execute(text(attack))


@pytest.mark.parametrize("attack", REFUSED)
def test_without_the_guards_the_attack_succeeds(joined, attack):
    db.session.rollback()
    session = db.session()
    without_guards(session, "pledge_group", "pledge_group_seat", "pledge_challenge", "pledge_challenge_entry")
    assert session.execute(text(attack)).rowcount >= 1
    session.rollback()
