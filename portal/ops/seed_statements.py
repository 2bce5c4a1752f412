"""A demonstration of event statements: one that was declared, with shares, and one that is planned.

Everything made here is marked as demonstration data, and making it again changes nothing.
"""

from datetime import date, datetime, timedelta

from portal.accounts.queries import person_at
from portal.footprint.commands import events
from portal.footprint.queries.events import file_of
from portal.footprint.rules.events import EventDraft, Stage
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.ops.seed import LOCAL_LOT
from portal.registry.papers import keep_bytes
from portal.shop.commands import ordering
from portal.shop.queries import orders
from portal.shop.rules.orders import Buyer
from portal.shop.rules.quotes import make_quote
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import Way, till
from portal.statements import queries
from portal.statements.commands import actions, declaring, plans, sharing
from portal.statements.rules.plans import SHELF, Claim, Plan

_CITY = "230700"
_ORGANISER = "演示林业协会 · demonstration association"
_VENUE = Bilingual("演示会议中心", "Demonstration conference centre")
_SMALL = {
    "people": "40", "days": "1", "share_local": "0.9", "share_car": "0", "share_rail": "0.1",
    "share_air": "0", "nights": "4",
}  # fmt: skip
_TRAINS = Bilingual("外地参加者改乘火车", "Those from elsewhere come by train")
_PAPER = Bilingual("不印会议材料，扫码下载", "No printed papers: a code leads to them")
_EVIDENCE = "演示文件：4 张火车票的复印件。Demonstration: copies of four train tickets.\n"


def seed(now: datetime) -> None:
    """A small meeting a month ago, and one to come, both of the demonstration's citizen."""
    organiser = Actor(person_at(f"{Role.CITIZEN}@demo.example").id)
    if queries.statements_of(organiser):
        return
    today = clock.day_of(now)
    _held(organiser, today - timedelta(days=30), now)
    _planned(
        organiser, "演示：红松文化节", "Demonstration: Korean pine festival", today + timedelta(days=60), now
    )


def _planned(actor: Actor, zh: str, en: str, day: date, now: datetime) -> str:
    event_id = events.open_event(actor, EventDraft(zh, _CITY, day, day), now)
    notes = Bilingual(
        "会前公布减排措施，会后一个月内冻结实际清单。",
        "Actions are published before the event; the actual inventory is frozen within a month after it.",
    )
    plan = Plan(Bilingual(zh, en), _VENUE, _ORGANISER, notes)
    return plans.publish(actor, event_id, plan, [_TRAINS, _PAPER], "zh", now)


def _held(actor: Actor, day: date, now: datetime) -> None:
    before = now - timedelta(days=45)
    statement_id = _planned(
        actor, "演示：林业碳汇座谈会", "Demonstration: talks on forest carbon", day, before
    )
    found = queries.statement(statement_id)
    kept = keep_bytes(_EVIDENCE.encode(), SHELF)
    actions.show(actor, found.actions[0].id, day, kept, True, now)
    events.keep_inventory(actor, found.event_id, Stage.ACTUAL, _SMALL, now, "zh")
    actual = file_of(actor, found.event_id).actual
    if actual is None:
        raise RuntimeError("the demonstration's inventory was not kept")
    events.freeze(actor, found.event_id, actual.footprint.digest, "", "", now)
    _retire(found.event_id, Mass.kg(actual.footprint.total.kg_up), now)
    claim = Claim(Bilingual("筹备期的办公用能", "Energy of the offices before the event"))
    declaring.declare(actor, statement_id, claim, now)
    sharing.share_out(actor, statement_id, new_id("shb"), 40, None, "演示：全体参加者", now)


def _retire(event_id: str, mass: Mass, now: datetime) -> None:
    """Bought as anybody buys, with test money."""
    order_id, buyer = new_id("ord"), Buyer(_ORGANISER, "citizen@demo.example")
    quote = make_quote([(orders.offer_of(LOCAL_LOT), mass)], PaymentKind.CARD)
    ordering.place_order(
        Actor.guest(), order_id, quote, buyer, purpose=event_id, lang="zh", consent=True,
        provider="sandbox", test=True, idempotency_key=order_id, now=now,
    )  # fmt: skip
    way = Way("http://127.0.0.1/back", "http://127.0.0.1/order", "credits")
    till().open_payment(order_id, way, now)
    session_id = orders.order(Actor.system("demo"), order_id).session_id
    till().play(str(session_id), "paid", now)
