"""A wrong e-mail address of an order, a wrong title of an invoice or fapiao: put right, with a reason.

What is sealed stays as it is: the order, its money, numbers and certificates. The lines of the history say
that it was corrected and why, never what it was: names and addresses can be forgotten, a history cannot.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update

from portal import audit, jobs
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.shop import policy
from portal.shop.commands.billing import at_desk
from portal.shop.commands.steps import Locked, books, lock, remark
from portal.shop.models.billing import FapiaoEntry, FapiaoParty, Paper, PaperParty
from portal.shop.models.orders import OrderBuyer
from portal.shop.rules.billing import (
    BillTo,
    FapiaoState,
    FapiaoWish,
    NoSuchPaper,
    PaperKind,
    checked_bill_to,
    checked_wish,
)
from portal.shop.rules.corrections import (
    BuyerIsForgotten,
    FapiaoIsIssued,
    NothingCorrected,
    checked_reason,
)
from portal.shop.rules.orders import NoSuchOrder
from portal.shop.rules.terms import PaymentKind

_buyers: Table = OrderBuyer.__table__  # type: ignore[assignment]
_papers: Table = Paper.__table__  # type: ignore[assignment]
_parties: Table = PaperParty.__table__  # type: ignore[assignment]
_titles: Table = FapiaoParty.__table__  # type: ignore[assignment]
_told: Table = FapiaoEntry.__table__  # type: ignore[assignment]


def correct_address(actor: Actor, order_id: str, email: str, reason: str, now: datetime) -> None:
    """Letters about the order go to this address from now on; the former one is told so too.

    Raises NoSuchOrder, CorrectionReasonMissing, BuyerIsForgotten, NothingCorrected.
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    why = checked_reason(reason)
    with books() as s:
        order = lock(s, order_id)
        former = _change_address(s, actor, order, email, why, now)
        _write(s, order, former, "former_address", now)
        _write(s, order, email, "address", now)


def correct_own_address(actor: Actor, order_id: str, email: str, now: datetime) -> None:
    """The buyer puts the address right before paying; only who pays by bank transfer gets letters then.

    Raises NoSuchOrder, NotAllowed once it is paid, BuyerIsForgotten, NothingCorrected.
    """
    with books() as s:
        order = lock(s, order_id)
        if not policy.may_see(actor, order):
            raise NoSuchOrder()
        if not policy.may_correct_own_address(actor, order):
            raise NotAllowed()
        former = _change_address(s, actor, order, email, "", now)
        if order.payment == PaymentKind.TRANSFER:
            _write(s, order, former, "former_address", now)
            _write(s, order, email, "address", now)


def correct_invoice(actor: Actor, order_id: str, to: BillTo, reason: str, now: datetime) -> None:
    """The order's invoice is made out to somebody else, under the same number; the paper says so.

    Raises NoSuchOrder, NoSuchPaper, CorrectionReasonMissing, TitleMissing, NotATaxNumber, NothingCorrected.
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    why, party = checked_reason(reason), checked_bill_to(to)
    with books() as s:
        order = lock(s, order_id)
        row = s.execute(
            select(_papers.c.number, _parties)
            .join_from(_papers, _parties, _parties.c.paper_id == _papers.c.id)
            .where(_papers.c.order_id == order_id, _papers.c.kind == PaperKind.INVOICE)
        ).one_or_none()
        if row is None:
            raise NoSuchPaper()
        if (row.title, row.address, row.tax_number) == (party.title, party.address, party.tax_number):
            raise NothingCorrected()
        s.execute(
            update(_parties)
            .where(_parties.c.paper_id == row.paper_id)
            .values(title=party.title, address=party.address, tax_number=party.tax_number)
        )
        remark(s, order, "invoice_corrected", why, actor, now)
        audit.record(actor, "shop.invoice_corrected", order_id, now, number=row.number, reason=why)
        _write(s, order, _address(s, order), "invoice", now, number=row.number)


def correct_fapiao(actor: Actor, fapiao_id: str, wish: FapiaoWish, reason: str, now: datetime) -> None:
    """What a fapiao is to bear, before it is issued; its former and its new address are told.

    Raises NoSuchPaper, CorrectionReasonMissing, FapiaoIsIssued, BuyerIsForgotten, NothingCorrected, and what
    checked_wish does.
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    why, wished = checked_reason(reason), checked_wish(wish)
    with at_desk(actor, fapiao_id) as (s, row):
        if row.state != FapiaoState.REQUESTED:
            raise FapiaoIsIssued()
        before = s.execute(select(_titles).where(_titles.c.fapiao_id == fapiao_id)).one_or_none()
        if before is None:
            raise BuyerIsForgotten()
        changed = {
            "kind": wished.kind.value, "title": wished.title, "tax_number": wished.tax_number,
            "email": wished.email,
        }  # fmt: skip
        if all(getattr(before, name) == value for name, value in changed.items()):
            raise NothingCorrected()
        s.execute(update(_titles).where(_titles.c.fapiao_id == fapiao_id).values(changed))
        s.execute(
            _told.insert().values(
                id=new_id("fev"), fapiao_id=fapiao_id, event="corrected", to_state=row.state, note=why,
                actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        audit.record(actor, "shop.fapiao_corrected", row.order_id, now, fapiao=fapiao_id, reason=why)
        order = lock(s, row.order_id)
        for address in sorted({before.email, wished.email}):
            _write(s, order, address, "fapiao", now)


def _change_address(
    s: Connection, actor: Actor, order: Locked, email: str, reason: str, now: datetime
) -> str:
    """The address before."""
    former = _address(s, order)
    if not former:
        raise BuyerIsForgotten()
    if former == email:
        raise NothingCorrected()
    s.execute(update(_buyers).where(_buyers.c.order_id == order.id).values(email=email))
    remark(s, order, "address_corrected", reason, actor, now)
    audit.record(actor, "shop.address_corrected", order.id, now, reason=reason)
    return former


def _address(s: Connection, order: Locked) -> str:
    found = s.execute(select(_buyers.c.email).where(_buyers.c.order_id == order.id)).scalar_one_or_none()
    return str(found or "")


def _write(s: Connection, order: Locked, to: str, about: str, now: datetime, **facts: Any) -> None:
    """A letter about what was corrected; a former address gets no link to the order."""
    if not to:
        return
    letter_id = new_id("let")
    payload = {
        "id": letter_id, "to": to, "lang": order.lang, "template": "shop/letter_corrected",
        "facts": {"order_id": order.id, "about": about, "test": order.test} | facts,
    }  # fmt: skip
    jobs.enqueue("letter", payload, key=f"letter:{letter_id}", now=now)
