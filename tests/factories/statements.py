"""Statements for tests of any room, made through the room's own commands: a plan, and one that is ready."""

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

from portal.footprint.rules.events import EventDraft
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.registry.papers import Kept
from portal.statements import queries
from portal.statements.commands import actions, declaring, plans
from portal.statements.rules.plans import Claim, Plan
from tests.factories.events import DRAFT as EVENT
from tests.factories.events import ORGANISER, an_event, freeze
from tests.factories.events import with_actuals as actuals
from tests.factories.registry import make_lot
from tests.factories.shop import paid

BEFORE = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
AFTER = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
LAST_MOMENT = datetime(2027, 11, 25, 15, 59, tzinfo=UTC)  # 23:59 in Beijing
TOO_LATE = datetime(2027, 11, 25, 16, 0, tzinfo=UTC)
PLAN = Plan(
    Bilingual("林业碳汇年会", "Annual meeting on forest carbon"),
    Bilingual("伊春会议中心", "Yichun conference centre"),
    "示范林业协会", Bilingual("会前公布，会后核算。", ""),
)  # fmt: skip
TRAINS = Bilingual("参加者改乘火车", "Trains instead of flights")
CLAIM = Claim(Bilingual("筹备期差旅", ""))
FILE = Kept(sha256(b"tickets").hexdigest(), "application/pdf", 7)
KEEPER = Actor.system("tests")


def a_plan(actor: Actor = ORGANISER, *, plan: Plan = PLAN, draft: EventDraft = EVENT) -> str:
    """A published plan with one action; the statement's id."""
    return plans.publish(actor, an_event(actor, draft), plan, [TRAINS], "zh", BEFORE)


def carried_out(statement_id: str, actor: Actor = ORGANISER) -> None:
    """Evidence for its first action."""
    action = queries.statement(statement_id).actions[0]
    actions.show(actor, action.id, date(2026, 11, 24), FILE, False, AFTER)


def frozen(statement_id: str, actor: Actor = ORGANISER) -> Mass:
    """Actuals, frozen; what was emitted."""
    event_id = queries.statement(statement_id).event_id
    actuals(event_id, actor, people="280")
    freeze(event_id, actor)
    inventory = queries.inventory_of(event_id)
    assert inventory
    return inventory.gross


def retired(statement_id: str, kg: int, lot: str = "LOT-A") -> str:
    """Buy and retire for the event; the order's id. The lot must be there."""
    return paid(kg, lot, purpose=queries.statement(statement_id).event_id)


def a_ready_statement(actor: Actor = ORGANISER, **changes: object) -> str:
    """Planned, carried out, held, frozen and balanced: everything but declared."""
    statement_id = a_plan(actor, plan=replace(PLAN, **changes))  # type: ignore[arg-type]
    carried_out(statement_id, actor)
    gross = frozen(statement_id, actor)
    make_lot(200)
    retired(statement_id, gross.kg_up)
    return statement_id


def a_declared_statement(actor: Actor = ORGANISER, **changes: object) -> str:
    statement_id = a_ready_statement(actor, **changes)
    declaring.declare(actor, statement_id, CLAIM, AFTER)
    return statement_id


def with_days(first: date, last: date) -> EventDraft:
    return replace(EVENT, first_day=first, last_day=last)
