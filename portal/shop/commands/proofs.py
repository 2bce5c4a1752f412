"""The end of a named retirement: the source registry's proof, its refusal, or a buyer tired of waiting."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from portal import audit
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.registry.commands import lots, stock
from portal.registry.commands.lots import LotDraft
from portal.registry.queries import register
from portal.registry.rules.facts import Want
from portal.registry.rules.ledger import GRAMS_PER_TONNE
from portal.shop import policy
from portal.shop.commands import refunds, settlement
from portal.shop.commands.ordering import lines, named, write_to_buyer
from portal.shop.commands.steps import TILL, Locked, history, lock, promise, remark
from portal.shop.commands.substitutes import exchange
from portal.shop.rules.delivery import OVERDUE, NamedState, NothingAwaited, NotOverdue, RegistryProof
from portal.shop.rules.orders import NoSuchOrder
from portal.shop.rules.states import OrderState

NEVER_FIRST = 1_000_000  # the rank of a lot that was made for one order and is closed at once
_ONE_PROMISE = timedelta(minutes=1)  # what is reserved in it is retired in it


def prove(actor: Actor, order_id: str, proof: RegistryProof, now: datetime) -> str:
    """The source registry has retired the tonnes in the buyer's name; the code of the lot they are.

    In one transaction these tonnes become a lot of their own, are attributed to the order, retired and
    certified, and the grams that were kept meanwhile are free again. Raises NothingAwaited and what
    ``open_lot`` raises (BadEvidence, RetirementRecordUsed, NotEnoughAtSource …).
    """
    if not policy.may_settle_at_source(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = _awaiting(s, order_id)
        line = s.execute(select(lines).where(lines.c.order_id == order_id)).one()
        code = f"NR-{order_id.removeprefix('ord_')}"
        lots.open_lot(TILL, _lot_of(order, line, code, proof), now)
        hold_id = new_id("hld")
        stock.reserve(TILL, hold_id, [Want(line.id, (code,), line.mass_g)], now + _ONE_PROMISE, now)
        stock.allocate(TILL, hold_id, now)
        exchange(s, order, hold_id, now)
        lots.close_lot(TILL, code, "retired in a buyer's name", now)
        record = {"reference": proof.reference, "retired_on": proof.retired_on, "lot_code": code}
        _decide(s, actor, order_id, NamedState.PROVED, now, **record)
        told = {"reference": proof.reference, "ranges": list(proof.serials)}
        write_to_buyer(
            s, order, "named", now, about="proved", day=proof.retired_on.isoformat(), lot=code, **told
        )
        settlement.retire(s, actor, order, now)
        audit.record(actor, "shop.named_proved", order_id, now, reference=proof.reference, lot=code)
        return code


def refuse(actor: Actor, order_id: str, reason: str, now: datetime) -> None:
    """The source registry will not do it: all the money goes back. Raises NothingAwaited."""
    if not policy.may_settle_at_source(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = _awaiting(s, order_id)
        _decide(s, actor, order_id, NamedState.REFUSED, now, reason=reason)
        write_to_buyer(s, order, "named", now, about="refused")
        refunds.request_refund(TILL, order_id, "registry_refused", now)
        audit.record(actor, "shop.named_refused", order_id, now, reason=reason)


def stop_waiting(actor: Actor, order_id: str, now: datetime) -> None:
    """The buyer takes the money back after the day by which the proof was promised.

    Raises NoSuchOrder, NotAllowed, NothingAwaited, NotOverdue.
    """
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        if not policy.may_see(actor, order):
            raise NoSuchOrder()
        if not policy.owns(actor, order):
            raise NotAllowed()
        order = _awaiting(s, order_id)
        due_at = s.execute(select(named.c.due_at).where(named.c.order_id == order_id)).scalar_one()
        if now < due_at:
            raise NotOverdue(day=clock.day_of(due_at))
        _decide(s, actor, order_id, NamedState.REFUSED, now, reason="overdue")
        refunds.request_refund(TILL, order_id, "registry_overdue", now)


def tell_overdue(actor: Actor, order_id: str, now: datetime) -> bool:
    """Write to the buyer once that the promised day has passed; False when there is nothing to tell."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        due_at = s.execute(select(named.c.due_at).where(named.c.order_id == order_id)).scalar_one_or_none()
        told = select(history.c.id).where(history.c.order_id == order_id, history.c.event == OVERDUE)
        if order.state is not OrderState.REGISTRY_PENDING or due_at is None or now < due_at:
            return False
        if s.execute(told).first() is not None:
            return False
        remark(s, order, OVERDUE, "", actor, now)
        write_to_buyer(s, order, "named", now, about="overdue", due_at=due_at.isoformat())
        return True


def _awaiting(s: Connection, order_id: str) -> Locked:
    """The locked order, while it waits for its registry. Raises NothingAwaited."""
    order = lock(s, order_id)
    if order.state is not OrderState.REGISTRY_PENDING:
        raise NothingAwaited()
    return order


def _lot_of(order: Locked, line: Any, code: str, proof: RegistryProof) -> LotDraft:
    ordered = register.lot(line.lots[0])
    return LotDraft(
        code=code,
        project_code=ordered.project.code,
        serials=proof.serials,
        tonnes=line.mass_g.grams // GRAMS_PER_TONNE,
        retirement_reference=proof.reference,
        retired_on=proof.retired_on,
        evidence_sha256=proof.sha256,
        evidence_url="",
        evidence_file=proof.file,
        price_per_t=Money(line.minor_per_t, order.currency),
        rank=NEVER_FIRST,
        is_demo=ordered.is_demo,
    )


def _decide(
    s: Connection, actor: Actor, order_id: str, state: NamedState, now: datetime, **facts: Any
) -> None:
    decided = {"state": state, "decided_by": actor.id, "decided_at": now, **facts}
    s.execute(update(named).where(named.c.order_id == order_id).values(decided))
