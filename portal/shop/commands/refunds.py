"""Money back: planned with an id of ours before anybody is called, then noted as the provider tells it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, union_all, update

from portal import audit, jobs
from portal.certificates import commands as certificates
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.registry.commands import stock
from portal.shop import policy
from portal.shop.commands import journal, shares
from portal.shop.commands.billing import note_refund_on_papers
from portal.shop.commands.ordering import lines, write_to_buyer
from portal.shop.commands.seedlings import seedlings
from portal.shop.commands.steps import TILL, Locked, change, history, lock, promise, remark, step
from portal.shop.models.orders import PaymentRow, RefundRow
from portal.shop.provider import DisputeState, Payment, ProviderRefund, RefundState
from portal.shop.rules.orders import NoSuchOrder, NothingToRefund
from portal.shop.rules.quotes import Party, Share
from portal.shop.rules.states import (
    DISPUTABLE,
    NOT_YET_RETIRED,
    REFUNDING,
    RETIRED_ONCE,
    OrderEvent,
    OrderState,
)
from portal.shop.rules.terms import PaymentKind

payments: Table = PaymentRow.__table__  # type: ignore[assignment]
refunds: Table = RefundRow.__table__  # type: ignore[assignment]

NOT_FAILED = ("planned", "pending", "succeeded")
DISPUTED_BESIDE = "disputed_while_refunding"  # attention: see _question_beside
GIVEN_BACK = frozenset({OrderState.REFUNDED, OrderState.REFUNDED_VOID})
OWED = REFUNDING | GIVEN_BACK | {OrderState.NEEDS_ATTENTION}  # where a refund that failed leaves a debt
OVERTAKEN = "overtaken_at_provider"  # the reason of refunds that gave way, and of what came in their place


def request_refund(actor: Actor, order_id: str, reason: str, now: datetime) -> str:
    """Give all of an order's money back: by the buyer within the cooling-off days, by two of the till always.

    Before retirement the grams become free again; afterwards they stay retired, void. Returns the
    refund's id. Raises NoSuchOrder, NotAllowed, NothingToRefund, UnlawfulOrderStep.
    """
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        if not policy.may_see(actor, order):
            raise NoSuchOrder()
        if not (policy.may_move_money(actor) or policy.may_withdraw(actor, order, now)):
            raise NotAllowed()
        payment_id, left = _refundable(s, order_id)
        is_late = order.state in RETIRED_ONCE
        if order.state in NOT_YET_RETIRED:
            stock.begin_refund(TILL, order.hold_id)
        step(s, order, OrderEvent.REFUND_ASKED, actor, now, note=reason, attention="", attention_at=None)
        refund_id = plan_refund(
            s, actor, order, payment_id, "after" if is_late else "before", left, reason, now
        )
        audit.record(actor, "shop.refund", order_id, now, refund=refund_id, minor=left.minor, reason=reason)
        return refund_id


def plan_refund(
    s: Connection,
    actor: Actor,
    order: Locked,
    payment_id: str,
    kind: str,
    amount: Money,
    reason: str,
    now: datetime,
) -> str:
    """The durable id, and the work to be done after this transaction."""
    refund_id = new_id("rfd")
    s.execute(
        insert(refunds).values(
            id=refund_id,
            order_id=order.id,
            payment_id=payment_id,
            kind=kind,
            state="planned",
            amount_minor=amount.minor,
            currency=amount.currency,
            reason=reason,
            actor_id=actor.id,
            created_at=now,
        )
    )
    if order.payment == PaymentKind.TRANSFER:
        # Nobody can be called: staff send the money and confirm it.
        change(s, order, attention="refund_by_transfer", attention_at=now)
    else:
        jobs.enqueue("shop.refund", {"refund_id": refund_id}, key=f"refund:{refund_id}", now=now)
    return refund_id


def confirm_refund(actor: Actor, order_id: str, refund_id: str, reference: str, now: datetime) -> None:
    """Staff sent a refund by bank transfer; ``reference`` is the bank's number for it. Two say so."""
    if not policy.may_move_money(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        row = s.execute(
            select(refunds).where(refunds.c.id == refund_id, refunds.c.order_id == order_id)
        ).one_or_none()
        if row is None or order.payment != PaymentKind.TRANSFER:
            raise NothingToRefund()
        amount = Money(row.amount_minor, row.currency)
        told = ProviderRefund(
            f"transfer:{reference}", RefundState.SUCCEEDED, amount, "", refund_id, order.test
        )
        change(s, order, attention="", attention_at=None)
        note_refund(TILL, order_id, told, now)
        audit.record(actor, "shop.confirm_refund", order_id, now, refund=refund_id, reference=reference)


def send_otherwise(actor: Actor, order_id: str, reference: str, now: datetime) -> None:
    """Staff gave back what is still owed by bank transfer, because the provider cannot: its refund failed.

    ``reference`` is the bank's number for it. Two say so. Raises NotAllowed, NothingToRefund.
    """
    if not policy.may_move_money(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        if order.state not in OWED:
            raise NothingToRefund()
        payment_id, left = _refundable(s, order_id)
        kind = "after" if order.state in RETIRED_ONCE else "before"
        refund_id = plan_refund(s, actor, order, payment_id, kind, left, "sent_otherwise", now)
        change(s, order, attention="", attention_at=None)
        told = ProviderRefund(f"transfer:{reference}", RefundState.SUCCEEDED, left, "", refund_id, order.test)
        note_refund(TILL, order_id, told, now)
        audit.record(actor, "shop.refund_otherwise", order_id, now, refund=refund_id, reference=reference)


def note_refund(actor: Actor, order_id: str, told: ProviderRefund, now: datetime) -> None:
    """What the provider says about a refund of this order, also one that was made in its own pages.

    The same word again changes nothing.
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        row = _known_refund(s, order, told) or _made_elsewhere(s, actor, order, told, now)
        if row is None or row.state == told.state or row.state == "failed":
            return
        done_at = now if told.state is not RefundState.PENDING else None
        s.execute(
            update(refunds)
            .where(refunds.c.id == row.id)
            .values(state=told.state.value, provider_refund_id=told.id, done_at=done_at)
        )
        if told.state is RefundState.SUCCEEDED:
            _take_back(s, order, row, now)
            _after_refund(s, actor, order, row, now)
        elif told.state is RefundState.FAILED:
            _after_failure(s, actor, order, row, now)


def _known_refund(s: Connection, order: Locked, told: ProviderRefund) -> Any:
    is_it = (refunds.c.id == told.refund_id) | (refunds.c.provider_refund_id == told.id)
    return s.execute(select(refunds).where(is_it, refunds.c.order_id == order.id)).one_or_none()


def _made_elsewhere(s: Connection, actor: Actor, order: Locked, told: ProviderRefund, now: datetime) -> Any:
    """A refund we did not plan: take it over, so that the books show it."""
    payment_id = s.execute(
        select(payments.c.id).where(
            payments.c.order_id == order.id, payments.c.provider_payment_id == told.payment_id
        )
    ).scalar_one_or_none()
    if payment_id is None or told.state is RefundState.FAILED:
        return None
    _give_way(s, actor, order, payment_id, told.amount, now)
    refund_id = new_id("rfd")
    s.execute(
        insert(refunds).values(
            id=refund_id,
            order_id=order.id,
            payment_id=payment_id,
            kind="provider",
            state="planned",
            amount_minor=told.amount.minor,
            currency=told.amount.currency,
            reason="at_provider",
            actor_id=actor.id,
            provider_refund_id=told.id,
            created_at=now,
        )
    )
    return s.execute(select(refunds).where(refunds.c.id == refund_id)).one()


def _give_way(
    s: Connection, actor: Actor, order: Locked, payment_id: str, amount: Money, now: datetime
) -> None:
    """Refunds of ours that have become impossible, because so much went back another way: plan the rest anew.

    What is planned beyond what is left of the payment cannot have been made: the provider counts too.
    """
    paid = s.execute(select(payments.c.amount_minor).where(payments.c.id == payment_id)).scalar_one()
    if amount.minor <= paid - _refunded(s, payment_id):
        return
    ours = s.execute(
        update(refunds)
        .where(refunds.c.payment_id == payment_id, refunds.c.state == "planned")
        .values(state="failed", reason=OVERTAKEN, done_at=now)
        .returning(refunds.c.kind)
    ).all()
    if left := paid - _refunded(s, payment_id) - amount.minor:
        plan_refund(s, actor, order, payment_id, ours[0].kind, Money(left, amount.currency), OVERTAKEN, now)


def _take_back(s: Connection, order: Locked, refund: Any, now: datetime) -> None:
    """Cash lines that take the refunded amount from those who hold it; an extra payment's from nobody."""
    extra = (
        s.execute(select(payments.c.kind).where(payments.c.id == refund.payment_id)).scalar_one() != "order"
    )
    amount = Money(refund.amount_minor, refund.currency)
    if extra:
        nobodys = Share(Party.UNASSIGNED, Money(-amount.minor, amount.currency))
        journal.write(s, order, refund.id, [nobodys], now)
        return
    journal.went_back(s, order, refund.id, amount, now)
    note_refund_on_papers(s, TILL, order, refund, now)


def _after_refund(s: Connection, actor: Actor, order: Locked, refund: Any, now: datetime) -> None:
    amount = {
        "refund_minor": refund.amount_minor,
        "refund_currency": refund.currency,
        "reason": refund.reason,
    }
    if refund.kind == "provider":
        if not _all_is_back(s, order, refund.payment_id):
            change(s, order, attention="partial_refund", attention_at=now)
            remark(s, order, "partial_refund", f"{refund.amount_minor} {refund.currency}", actor, now)
            return
        if not _step_aside(s, actor, order, now):
            return
    if refund.kind != "extra" and order.state not in GIVEN_BACK:
        _undo(s, actor, order, now)
    write_to_buyer(s, order, "refund", now, about=refund.id, **amount)


def _step_aside(s: Connection, actor: Actor, order: Locked, now: datetime) -> bool:
    """All the money went back in the provider's pages: the order goes where our own refund would have led."""
    if order.state in (
        OrderState.REFUND_PENDING,
        OrderState.REFUND_AFTER_RETIREMENT,
        OrderState.NEEDS_ATTENTION,
    ):
        return True
    if order.state in NOT_YET_RETIRED:
        stock.begin_refund(TILL, order.hold_id)
    elif order.state not in (OrderState.RETIRED, OrderState.FULFILLED):
        change(s, order, attention="refunded_at_provider", attention_at=now)
        return False
    step(s, order, OrderEvent.REFUND_ASKED, actor, now, note="at_provider")
    return True


def _undo(s: Connection, actor: Actor, order: Locked, now: datetime) -> None:
    """The money is back: free the grams, or void what they were retired for."""
    if order.state is OrderState.REFUND_AFTER_RETIREMENT:
        _void(s, order, "refunded", now)
    else:
        stock.release(TILL, order.hold_id, "refunded", now)
    step(s, order, OrderEvent.REFUND_DONE, actor, now, attention="", attention_at=None)


def _void(s: Connection, order: Locked, because: str, now: datetime) -> None:
    """The grams stay retired, the claim to them ends, and the certificate says why."""
    for retirement_id in s.scalars(select(lines.c.retirement_id).where(lines.c.order_id == order.id)).all():
        stock.void_retirement(TILL, retirement_id, because, now)
    for number in _certificates(s, order):
        certificates.revoke(TILL, number, because, now)
    shares.follow(order, "revoke", because, now)


def _certificates(s: Connection, order: Locked) -> list[str]:
    numbers = union_all(
        *(
            select(kind.c.certificate).where(kind.c.order_id == order.id, kind.c.certificate.is_not(None))
            for kind in (lines, seedlings)
        )
    )
    return [str(number) for number in s.scalars(numbers)]


def _after_failure(s: Connection, actor: Actor, order: Locked, refund: Any, now: datetime) -> None:
    """The money is still with us: staff decide, and the grams stay where they are."""
    if refund.state == "succeeded":  # a bank can send it back days later
        journal.came_again(s, order, refund.id, now)
    attention: dict[str, Any] = {"attention": "refund_failed", "attention_at": now}
    if order.state in REFUNDING and refund.kind != "extra":
        step(s, order, OrderEvent.REFUND_FAILED, actor, now, **attention)
    else:
        change(s, order, **attention)
        remark(s, order, "refund_failed", refund.id, actor, now)


def note_dispute(actor: Actor, order_id: str, payment: Payment, now: datetime) -> None:
    """How the buyer's bank sees it: opened, won or lost. The same word again changes nothing."""
    if not policy.may_run_till(actor):
        raise NotAllowed()
    if payment.dispute is None:
        return
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        seen = (payments.c.order_id == order_id, payments.c.provider_payment_id == payment.id)
        row = s.execute(select(payments).where(*seen)).one_or_none()
        if row is None:
            return
        is_open = payment.dispute is not DisputeState.WON
        if is_open and row.kind == "order" and order.state in DISPUTABLE:
            _question(s, actor, order, payment, now)
        elif is_open and order.state is not OrderState.DISPUTED:
            _question_beside(s, actor, order, payment, now)
        if payment.dispute is DisputeState.WON:
            _win(s, actor, order, row, now)
        elif payment.dispute is DisputeState.LOST:
            _lose(s, actor, order, row, now)


def _question(s: Connection, actor: Actor, order: Locked, payment: Payment, now: datetime) -> None:
    step(s, order, OrderEvent.DISPUTED, actor, now, disputed_from=order.state.value)
    for number in _certificates(s, order):
        certificates.doubt(TILL, number, "disputed", now)
    shares.follow(order, "doubt", "disputed", now)
    if payment.dispute is DisputeState.OPEN:
        write_to_buyer(s, order, "dispute", now, about=f"{payment.id}.open", outcome="open")


def _question_beside(s: Connection, actor: Actor, order: Locked, payment: Payment, now: datetime) -> None:
    """A dispute of money that is on its way back already, or never paid the order: it moves nothing yet."""
    is_told = select(history.c.id).where(
        history.c.order_id == order.id, history.c.event == "disputed", history.c.note == payment.id
    )
    if s.execute(is_told).first() is None:
        remark(s, order, "disputed", payment.id, actor, now)
        change(s, order, attention=DISPUTED_BESIDE, attention_at=now)


def _win(s: Connection, actor: Actor, order: Locked, payment: Any, now: datetime) -> None:
    if order.state is OrderState.DISPUTED and payment.kind == "order":
        step(s, order, OrderEvent.DISPUTE_WON, actor, now, disputed_from=None)
        for number in _certificates(s, order):
            certificates.clear(TILL, number, now)
        shares.follow(order, "clear", "", now)
        write_to_buyer(s, order, "dispute", now, about=f"{payment.id}.won", outcome="won")
    elif order.attention == DISPUTED_BESIDE:
        change(s, order, attention="", attention_at=None)
        remark(s, order, "dispute_won", "", actor, now)


def _lose(s: Connection, actor: Actor, order: Locked, payment: Any, now: datetime) -> None:
    """The bank has taken what was left of this payment: what a refund would have led to."""
    if _is_taken(s, payment):
        return
    s.execute(
        update(refunds)
        .where(refunds.c.payment_id == payment.id, refunds.c.state == "planned")
        .values(state="failed", reason=OVERTAKEN, done_at=now)
    )
    left = payment.amount_minor - _refunded(s, payment.id)
    if not left:
        return  # all of it had been given back: staff, who see the mark, have that to show to the bank
    refund = _taken_by_bank(s, actor, order, payment, left, now)
    _take_back(s, order, refund, now)
    if payment.kind == "order" or order.state in (OrderState.REFUND_PENDING, OrderState.NEEDS_ATTENTION):
        _give_up(s, actor, order, now)
    facts = {"refund_minor": left, "refund_currency": payment.currency, "reason": "dispute_lost"}
    write_to_buyer(s, order, "refund", now, about=refund.id, **facts)


def _is_taken(s: Connection, payment: Any) -> bool:
    taken = select(refunds.c.id).where(refunds.c.payment_id == payment.id, refunds.c.kind == "dispute")
    return s.execute(taken).first() is not None


def _taken_by_bank(
    s: Connection, actor: Actor, order: Locked, payment: Any, minor: int, now: datetime
) -> Any:
    if order.disputed_from in NOT_YET_RETIRED:
        stock.begin_refund(TILL, order.hold_id)
    refund_id = new_id("rfd")
    s.execute(
        insert(refunds).values(
            id=refund_id,
            order_id=order.id,
            payment_id=payment.id,
            kind="dispute",
            state="succeeded",
            amount_minor=minor,
            currency=payment.currency,
            reason="dispute_lost",
            actor_id=actor.id,
            provider_refund_id=f"dispute:{payment.provider_payment_id}",
            created_at=now,
            done_at=now,
        )
    )
    return s.execute(select(refunds).where(refunds.c.id == refund_id)).one()


def _give_up(s: Connection, actor: Actor, order: Locked, now: datetime) -> None:
    """The order ends where a refund would have led it."""
    if order.state is not OrderState.DISPUTED:
        if _step_aside(s, actor, order, now):
            _undo(s, actor, order, now)
        return
    was_free = order.disputed_from in NOT_YET_RETIRED
    step(s, order, OrderEvent.DISPUTE_LOST, actor, now, attention="", attention_at=None)
    if was_free:
        stock.release(TILL, order.hold_id, "refunded", now)
    else:
        _void(s, order, "disputed", now)
        step(s, order, OrderEvent.REFUND_DONE, actor, now)


def _refundable(s: Connection, order_id: str) -> tuple[str, Money]:
    """The order's payment with money left on it. Raises NothingToRefund."""
    found = s.execute(
        select(payments.c.id, payments.c.amount_minor, payments.c.currency)
        .where(payments.c.order_id == order_id, payments.c.kind != "extra")
        .order_by(payments.c.at)
    ).all()
    for row in found:
        if left := row.amount_minor - _refunded(s, row.id):
            return row.id, Money(left, row.currency)
    raise NothingToRefund()


def _refunded(s: Connection, payment_id: str, states: Sequence[str] = NOT_FAILED) -> int:
    added = select(func.coalesce(func.sum(refunds.c.amount_minor), 0)).where(
        refunds.c.payment_id == payment_id, refunds.c.state.in_(states)
    )
    return int(s.execute(added).scalar_one())


def _all_is_back(s: Connection, order: Locked, payment_id: str) -> bool:
    row = s.execute(select(payments.c.kind, payments.c.amount_minor).where(payments.c.id == payment_id)).one()
    return bool(row.kind != "extra") and _refunded(s, payment_id, ("succeeded",)) >= row.amount_minor
