"""Orders, payments, gifts and requests by whatever somebody at the desk has in hand."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.hit import Hit
from portal.shop import policy
from portal.shop.models.billing import Fapiao, FapiaoParty
from portal.shop.models.gifts import Gift
from portal.shop.models.orders import Order, OrderBuyer, PaymentRow
from portal.shop.models.payouts import Payout
from portal.shop.models.planting import PlantingCampaign
from portal.shop.models.requests import PurchaseRequest
from portal.shop.models.transfers import TransferPart
from portal.shop.rules.gifts import MistypedCode, parse_code

# Named, so that the unique key of payments, which begins with the provider, finds a number.
PROVIDERS = ("stripe", "sandbox", "transfer")


def orders(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By id, its end, payment number, transfer reference, amount, address or name. Raises NotAllowed."""
    _check(actor)
    found: dict[str, Hit] = {}
    for ids in _ways(typed):
        wanted = (
            select(Order.id, Order.state, OrderBuyer.name, OrderBuyer.email)
            .join_from(Order, OrderBuyer, OrderBuyer.order_id == Order.id, isouter=True)
            .where(Order.id.in_(ids.limit(limit)))
            .order_by(Order.id.desc())
        )
        for row in db.session.execute(wanted):
            about = " · ".join(filter(None, (row.state, row.name, row.email)))
            found.setdefault(row.id, Hit("order", row.id, row.id, about))
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def _ways(typed: str) -> Iterator[Select[str]]:
    """The quick ways first: each is a look-up of ids."""
    yield select(Order.id).where(Order.id == typed)
    yield select(PaymentRow.order_id).where(
        PaymentRow.provider.in_(PROVIDERS), PaymentRow.provider_payment_id.in_((typed, f"transfer:{typed}"))
    )
    yield select(TransferPart.order_id).where(TransferPart.reference == typed)
    if "@" in typed:
        yield select(OrderBuyer.order_id).where(_begins(OrderBuyer.email, typed.lower()))
    elif (minor := _minor(typed)) is not None:
        yield select(Order.id).where(Order.amount_minor == minor).order_by(Order.id.desc())
    else:
        named = or_(
            OrderBuyer.name.contains(typed, autoescape=True),
            OrderBuyer.email.startswith(typed, autoescape=True),
        )
        yield select(OrderBuyer.order_id).where(named).order_by(OrderBuyer.order_id.desc())
    if len(typed) >= 6 and typed.isascii() and typed.isalnum():
        yield select(Order.id).where(Order.id.endswith(typed.upper(), autoescape=True))


def _begins(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """As a range, which an index answers on either database."""
    return column.between(text, text + "\U0010ffff")


def _minor(typed: str) -> int | None:
    """An amount as somebody reads it off a statement: ``¥20.50``, ``1,234.00``; in hundredths."""
    plain = typed.replace(",", "").removeprefix("¥").removeprefix("￥").strip()
    try:
        amount = Decimal(plain) * 100
    except InvalidOperation:
        return None
    is_sum = amount.is_finite() and amount == amount.to_integral_value() and 0 < amount < 10**15
    return int(amount) if is_sum and plain.isascii() else None


def gifts(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By id, code, or a part of the recipient's or giver's name. Raises NotAllowed."""
    _check(actor)
    with_name = (Gift.recipient, Gift.giver)
    named = or_(*(name.contains(typed, autoescape=True) for name in with_name), Gift.email == typed)
    try:
        which: ColumnElement[bool] = Gift.code == parse_code(typed)
    except MistypedCode:
        which = or_(Gift.id == typed, named)
    rows = db.session.scalars(select(Gift).where(which).order_by(Gift.id.desc()).limit(limit))
    return [Hit("gift", row.id, f"{row.giver} → {row.recipient}", row.email) for row in rows]


def requests(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By id, or the number of the order that it would become. Raises NotAllowed."""
    _check(actor)
    which = or_(PurchaseRequest.id == typed, PurchaseRequest.order_id == typed)
    rows = db.session.scalars(select(PurchaseRequest).where(which).limit(limit))
    return [Hit("request", row.id, row.id, row.state) for row in rows]


def fapiao(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By id, number, order, tax number, or a part of the title. Raises NotAllowed."""
    _check(actor)
    ids = (Fapiao.id, Fapiao.order_id, Fapiao.number, Fapiao.red_number, FapiaoParty.tax_number)
    which = or_(*(each == typed for each in ids), FapiaoParty.title.contains(typed, autoescape=True))
    rows = db.session.execute(
        select(Fapiao.id, Fapiao.number, Fapiao.state, FapiaoParty.title)
        .join(FapiaoParty, FapiaoParty.fapiao_id == Fapiao.id, isouter=True)
        .where(which)
        .order_by(Fapiao.id.desc())
        .limit(limit)
    )
    return [
        Hit("fapiao", row.id, row.number or row.id, " · ".join(filter(None, (row.state, row.title))))
        for row in rows
    ]


def payouts(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By id, or the bank's own number. Raises NotAllowed."""
    _check(actor)
    which = or_(Payout.id == typed, Payout.reference == typed)
    rows = db.session.scalars(select(Payout).where(which).order_by(Payout.id.desc()).limit(limit))
    return [Hit("payout", row.id, row.reference, row.period) for row in rows]


def plantings(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By code, parcel, or a part of the species in either language. Raises NotAllowed."""
    _check(actor)
    named = or_(
        PlantingCampaign.code.startswith(typed.upper(), autoescape=True),
        PlantingCampaign.parcel_code.startswith(typed.upper(), autoescape=True),
        PlantingCampaign.species_zh.contains(typed, autoescape=True),
        func.lower(PlantingCampaign.species_en).contains(typed.lower(), autoescape=True),
    )
    found = select(PlantingCampaign).where(named).order_by(PlantingCampaign.code).limit(limit)
    return [
        Hit("planting", row.code, row.species_zh or row.species_en, row.code)
        for row in db.session.scalars(found)
    ]


def _check(actor: Actor) -> None:
    if not policy.may_read_desk(actor):
        raise NotAllowed()
