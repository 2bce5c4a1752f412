"""A demonstration of pledges: a household with its plan, and a class of five that pledged together.

Everything made here says that it is a demonstration, and making it again changes nothing.
"""

from datetime import datetime

from portal.accounts.queries import person_at
from portal.footprint.commands import save_footprint
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.pledges.commands import plans, together
from portal.pledges.commands.promise import make_pledge
from portal.pledges.queries.promise import pledges_of
from portal.pledges.queries.together import group
from portal.pledges.rules.drafts import Draft
from portal.pledges.rules.plans import Action
from portal.pledges.rules.together import GroupDraft, GroupKind

_CITY = "230700"
_HOUSEHOLD = {
    "heating": "district", "home_area": "80", "insulation": "average", "people": "3", "electricity": "160",
    "car_km": "60", "car_occupants": "2", "bus_km": "20", "rail_km": "500", "flights": "1", "diet": "most",
    "clothes": "8",
}  # fmt: skip
_CAR_KM = ("0", "20", "40", "80", "120")  # what tells the five households of the class apart
_PLAN = ("演示：每周两天坐公交上班", "演示：换节能灯", "演示：高铁代替飞机")


def seed(now: datetime) -> None:
    """The pledge of the demonstration's citizen, and five of a class, in whose group it is not."""
    citizen = Actor(person_at(f"{Role.CITIZEN}@demo.example").id)
    if pledges_of(citizen):
        return
    year = clock.day_of(now).year
    made = _pledge(citizen, _HOUSEHOLD, 20, "演示家庭 · demonstration household", now)
    for title in _PLAN:
        plans.plan_action(citizen, made, Action(new_id("act"), title=title, year=year + 1), now)
    draft = GroupDraft(new_id("pgr"), GroupKind.CLASS, "演示班级 · demonstration class")
    opened = group(together.open_group(citizen, draft, now))
    for kilometres in _CAR_KM:
        member = _pledge(Actor.guest(), _HOUSEHOLD | {"car_km": kilometres}, 10, "", now)
        together.join_group(Actor.guest(member), member, opened.code, now)


def _pledge(actor: Actor, answers: dict[str, str], per_cent: int, name: str, now: datetime) -> str:
    """So many per cent less in four years than this household emits now; shown on the wall if named."""
    footprint_id = save_footprint(actor, "household-cn", None, _CITY, answers, now, "zh")
    draft = Draft(
        new_id("plg"), footprint_id, per_cent, clock.day_of(now).year + 4, bool(name), name,
        motive="演示数据：少开车，多走路。" if name else "",
    )  # fmt: skip
    return make_pledge(actor if actor.is_person else Actor.guest(footprint_id), draft, now)
