"""The demonstration's pledges: a household on the wall, a class of five, made once."""

from datetime import timedelta

from flask import Flask

from portal.accounts.commands.demo import seed_demo_people
from portal.accounts.keys import Keys
from portal.accounts.queries import person_at
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.ops import seed_pledges
from portal.pledges.queries.course import plan
from portal.pledges.queries.promise import pledges_of, wall
from portal.pledges.queries.together import figures, groups_of


def test_there_is_a_pledge_with_a_plan_and_a_class_and_making_them_again_changes_nothing(
    app: Flask,
) -> None:
    now = clock.now()
    keys = Keys(app.config["PORTAL"].secret_keys)
    seed_demo_people(Actor.system("demo"), now, keys, is_demo=True)
    for _ in range(2):
        seed_pledges.seed(now)
    citizen = Actor(person_at(f"{Role.CITIZEN}@demo.example").id)
    (pledge,) = pledges_of(citizen)
    assert "demonstration" in pledge.name
    assert len(plan(pledge.id)) == 3
    assert [each.id for each in wall()] == [pledge.id]
    (group,) = groups_of(citizen)
    tomorrow = clock.day_of(now) + timedelta(days=1)  # who joins today counts from tomorrow on
    assert figures(group.id, tomorrow) is not None, "five are enough to show figures"
