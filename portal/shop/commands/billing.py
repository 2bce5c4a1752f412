"""Papers about money: an invoice when it is asked for, its credit notes by themselves, a fapiao's way.

Numbers are given out under the lock of their series, on request and on refund only: buyers who pay never
wait for each other here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import audit, jobs
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.shop import policy
from portal.shop.commands.steps import Locked, books, lock
from portal.shop.models.billing import Fapiao, FapiaoEntry, FapiaoParty, Paper, PaperParty, PaperSeries
from portal.shop.models.orders import PaymentRow, RefundRow
from portal.shop.rules.billing import (
    FAPIAO_OVER,
    BillTo,
    FapiaoAskedAlready,
    FapiaoEvent,
    FapiaoState,
    FapiaoWish,
    NoSuchPaper,
    NothingToBill,
    PaperKind,
    check_fapiao_day,
    checked_bill_to,
    checked_fapiao_number,
    checked_wish,
    next_fapiao_state,
    paper_number,
    series_of,
)
from portal.shop.rules.orders import NoSuchOrder
from portal.shop.rules.states import REFUNDING

_papers, _parties, _series = (cast(Table, kind.__table__) for kind in (Paper, PaperParty, PaperSeries))
_fapiao, _titles, _told = (cast(Table, kind.__table__) for kind in (Fapiao, FapiaoParty, FapiaoEntry))
_payments, _refunds = (cast(Table, kind.__table__) for kind in (PaymentRow, RefundRow))


# -- invoices ----------------------------------------------------------------------------------


def issue_invoice(actor: Actor, order_id: str, to: BillTo, now: datetime) -> str:
    """The order's invoice, with the credit notes of what was given back; returns its number.

    Asked again, it is the same invoice. Raises NoSuchOrder, NothingToBill, TitleMissing, NotATaxNumber.
    """
    with books() as s:
        order = _own(s, actor, order_id)
        if known := _invoice_of(s, order_id):
            return str(known.number)
        party = checked_bill_to(to)
        if order.paid_at is None or _payment_of(s, order_id) is None:
            raise NothingToBill()
        invoice = _write(s, actor, order, PaperKind.INVOICE, order.amount_minor, now)
        s.execute(
            insert(_parties).values(
                paper_id=invoice["id"], title=party.title, address=party.address, tax_number=party.tax_number
            )
        )
        for refund in s.execute(_given_back(order_id)).all():
            _credit(s, actor, order, invoice["id"], refund, now)
        audit.record(actor, "shop.invoice", order_id, now, number=invoice["number"])
        return str(invoice["number"])


def note_refund_on_papers(s: Connection, actor: Actor, order: Locked, refund: Any, now: datetime) -> None:
    """Money of this order went back: a credit note when there is an invoice, a red-letter fapiao when one
    is out. Part of the refund's own transaction."""
    if invoice := _invoice_of(s, order.id):
        _credit(s, actor, order, invoice.id, refund, now)
    live = select(_fapiao).where(
        _fapiao.c.order_id == order.id, _fapiao.c.state.not_in([*FAPIAO_OVER, FapiaoState.RED_DUE])
    )
    if row := s.execute(live.with_for_update()).one_or_none():
        move(s, actor, row, FapiaoEvent.REFUNDED, now, note=refund.id)


def _invoice_of(s: Connection, order_id: str) -> Any:
    return s.execute(
        select(_papers).where(_papers.c.order_id == order_id, _papers.c.kind == PaperKind.INVOICE)
    ).one_or_none()


def _payment_of(s: Connection, order_id: str) -> Any:
    return s.execute(
        select(_payments).where(_payments.c.order_id == order_id, _payments.c.kind == "order")
    ).one_or_none()


def _given_back(order_id: str) -> Any:
    """Refunds of what paid the order; a second payment that went back was never on the invoice."""
    return (
        select(_refunds)
        .join(_payments, _payments.c.id == _refunds.c.payment_id)
        .where(_refunds.c.order_id == order_id, _refunds.c.state == "succeeded", _payments.c.kind == "order")
        .order_by(_refunds.c.done_at, _refunds.c.id)
    )


def _credit(s: Connection, actor: Actor, order: Locked, invoice_id: str, refund: Any, now: datetime) -> None:
    is_noted = select(_papers.c.id).where(_papers.c.refund_id == refund.id)
    if s.execute(is_noted).first() is None:
        about = {"of_id": invoice_id, "refund_id": refund.id}
        _write(s, actor, order, PaperKind.CREDIT_NOTE, refund.amount_minor, now, **about)


def _write(
    s: Connection, actor: Actor, order: Locked, kind: PaperKind, minor: int, now: datetime, **about: str
) -> dict[str, Any]:
    series = series_of(kind, clock.day_of(now).year, test=order.test)
    place = _next_place(s, series)
    paper = {
        "id": new_id("pap"),
        "number": paper_number(series, place),
        "series": series,
        "place": place,
        "kind": kind,
        "order_id": order.id,
        "amount_minor": minor,
        "currency": order.currency,
        "test": order.test,
        "actor_id": actor.id,
        "issued_at": now,
    } | about
    s.execute(insert(_papers).values(paper))
    return paper


def _next_place(s: Connection, series: str) -> int:
    """The next number of a series, which is held until this transaction ends."""
    add = postgresql.insert if s.dialect.name == "postgresql" else sqlite.insert
    s.execute(add(_series).values(series=series, last=0).on_conflict_do_nothing())
    count = update(_series).where(_series.c.series == series).values(last=_series.c.last + 1)
    return int(s.execute(count.returning(_series.c.last)).scalar_one())


# -- fapiao ------------------------------------------------------------------------------------


def request_fapiao(actor: Actor, order_id: str, wish: FapiaoWish, lang: str, now: datetime) -> str:
    """Ask for a fapiao over what was paid and not given back; returns its id here.

    Raises NoSuchOrder, NothingToBill, FapiaoAskedAlready, and what checked_wish raises.
    """
    with books() as s:
        order = _own(s, actor, order_id)
        wished = checked_wish(wish)
        minor = _kept(s, order)
        open_one = select(_fapiao.c.id).where(
            _fapiao.c.order_id == order_id, _fapiao.c.state.not_in(list(FAPIAO_OVER))
        )
        if s.execute(open_one).first():
            raise FapiaoAskedAlready()
        fapiao_id = new_id("fap")
        s.execute(
            insert(_fapiao).values(
                id=fapiao_id,
                order_id=order_id,
                state=FapiaoState.REQUESTED,
                amount_minor=minor,
                currency=order.currency,
                reason="",
                lang=lang,
                test=order.test,
                asked_at=now,
                changed_at=now,
            )
        )
        s.execute(
            insert(_titles).values(
                fapiao_id=fapiao_id,
                kind=wished.kind,
                title=wished.title,
                tax_number=wished.tax_number,
                email=wished.email,
            )
        )
        _tell(s, actor, fapiao_id, "requested", FapiaoState.REQUESTED, "", now)
        _write_letter(s, fapiao_id, now)
        return fapiao_id


def withdraw_fapiao(actor: Actor, order_id: str, fapiao_id: str, now: datetime) -> None:
    """The buyer does not want it any more, before it was issued. Raises UnlawfulFapiaoStep, NoSuchPaper."""
    with books() as s:
        _own(s, actor, order_id)
        move(s, actor, _locked(s, fapiao_id, order_id), FapiaoEvent.WITHDRAWN, now)


def issue_fapiao(actor: Actor, fapiao_id: str, number: str, day: date, now: datetime) -> None:
    """Staff had it issued at the tax office under this number.

    Raises NotAllowed, NotAFapiaoNumber, FapiaoInTheFuture, UnlawfulFapiaoStep.
    """
    with at_desk(actor, fapiao_id) as (s, row):
        paid_on = clock.day_of(_payment_of(s, row.order_id).at)
        checked = checked_fapiao_number(number)
        on = check_fapiao_day(day, paid_on, clock.day_of(now))
        move(s, actor, row, FapiaoEvent.ISSUED, now, note=checked, number=checked, issued_on=on)
        audit.record(actor, "shop.fapiao_issued", row.order_id, now, number=checked)


def mark_fapiao_sent(actor: Actor, fapiao_id: str, now: datetime) -> None:
    """It was sent to the address that the buyer gave. Raises NotAllowed, UnlawfulFapiaoStep."""
    with at_desk(actor, fapiao_id) as (s, row):
        move(s, actor, row, FapiaoEvent.SENT, now)
        audit.record(actor, "shop.fapiao_sent", row.order_id, now)


def reject_fapiao(actor: Actor, fapiao_id: str, reason: str, now: datetime) -> None:
    """It cannot be issued as asked; the buyer reads the reason and may ask anew. Raises as the others."""
    with at_desk(actor, fapiao_id) as (s, row):
        move(s, actor, row, FapiaoEvent.REJECTED, now, note=reason, reason=reason)
        audit.record(actor, "shop.fapiao_rejected", row.order_id, now, reason=reason)


def issue_red_fapiao(actor: Actor, fapiao_id: str, number: str, now: datetime) -> None:
    """The red-letter fapiao that cancels it was issued under this number. Raises as the others."""
    with at_desk(actor, fapiao_id) as (s, row):
        red = checked_fapiao_number(number)
        move(s, actor, row, FapiaoEvent.RED_ISSUED, now, note=red, red_number=red)
        audit.record(actor, "shop.fapiao_red", row.order_id, now, number=red)


@contextmanager
def at_desk(actor: Actor, fapiao_id: str) -> Iterator[tuple[Connection, Any]]:
    """A fapiao, locked for one of the till. Raises NotAllowed, NoSuchPaper."""
    if not policy.may_run_till(actor):
        raise NotAllowed()
    with books() as s:
        yield s, _locked(s, fapiao_id)


def _own(s: Connection, actor: Actor, order_id: str) -> Locked:
    """The order, locked, of somebody who may have papers of it. Raises NoSuchOrder."""
    order = lock(s, order_id)
    if not policy.may_bill(actor, order):
        raise NoSuchOrder()
    return order


def _kept(s: Connection, order: Locked) -> int:
    """Minor units paid and not given back. Raises NothingToBill."""
    payment = _payment_of(s, order.id)
    if payment is None or order.state in REFUNDING:
        raise NothingToBill()
    back = select(func.coalesce(func.sum(_refunds.c.amount_minor), 0)).where(
        _refunds.c.payment_id == payment.id, _refunds.c.state != "failed"
    )
    kept = int(payment.amount_minor) - int(s.execute(back).scalar_one())
    if kept <= 0:
        raise NothingToBill()
    return kept


def _locked(s: Connection, fapiao_id: str, order_id: str | None = None) -> Any:
    row = s.execute(select(_fapiao).where(_fapiao.c.id == fapiao_id).with_for_update()).one_or_none()
    if row is None or (order_id and row.order_id != order_id):
        raise NoSuchPaper()
    return row


def move(
    s: Connection,
    actor: Actor,
    row: Any,
    event: FapiaoEvent,
    now: datetime,
    note: str = "",
    *,
    tells: bool = True,
    **facts: object,
) -> None:
    """A lawful step of a locked fapiao with its line of history; ``tells`` the buyer by letter."""
    state = next_fapiao_state(FapiaoState(row.state), event)
    s.execute(
        update(_fapiao).where(_fapiao.c.id == row.id).values(state=state.value, changed_at=now, **facts)
    )
    _tell(s, actor, row.id, event.value, state, note, now)
    if tells:
        _write_letter(s, row.id, now)


def _tell(
    s: Connection, actor: Actor, fapiao_id: str, event: str, state: FapiaoState, note: str, now: datetime
) -> None:
    entry = {
        "id": new_id("fev"),
        "fapiao_id": fapiao_id,
        "event": event,
        "to_state": state.value,
        "note": note,
        "actor_id": actor.id,
        "at": now,
    }
    s.execute(insert(_told).values(entry))


def _write_letter(s: Connection, fapiao_id: str, now: datetime) -> None:
    """What became of the fapiao, to the address it is to be sent to; once per state, none when forgotten."""
    row = s.execute(
        select(_fapiao, _titles.c.email, _titles.c.title)
        .join(_titles, _titles.c.fapiao_id == _fapiao.c.id)
        .where(_fapiao.c.id == fapiao_id)
    ).one_or_none()
    if row is None:
        return
    key = f"fapiao:{fapiao_id}:{row.state}"
    facts = {
        "order_id": row.order_id,
        "state": row.state,
        "title": row.title,
        "number": row.number,
        "red_number": row.red_number,
        "reason": row.reason,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
    }
    payload = {
        "id": key.replace(":", "."),
        "to": row.email,
        "lang": row.lang,
        "template": "shop/letter_fapiao",
        "facts": facts,
    }
    jobs.enqueue("letter", payload, key=f"letter:{key}", now=now)
