"""Bank transfers as they arrive, before they are a payment: for settlement and ordering."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, insert, select, update

from portal.kernel.actor import Actor
from portal.kernel.money import Money
from portal.shop.commands.steps import Locked
from portal.shop.models.orders import PaymentRow
from portal.shop.models.transfers import TransferPart
from portal.shop.rules.orders import TransferInOtherCurrency, TransferOfAnotherOrder

_parts, _payments = cast(Table, TransferPart.__table__), cast(Table, PaymentRow.__table__)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What has arrived and is not booked yet, and the name of the payment it will be."""

    amount: Money
    payment_id: str


def write_down(
    s: Connection, actor: Actor, order: Locked, reference: str, received: Money, now: datetime
) -> Arrived | None:
    """Keep this transfer; all that is unbooked with it, or None when it was kept before.

    Raises TransferInOtherCurrency, TransferOfAnotherOrder.
    """
    if received.currency != order.currency:
        raise TransferInOtherCurrency(currency=order.currency)
    known = s.execute(select(_parts.c.order_id).where(_parts.c.reference == reference)).scalar_one_or_none()
    if known is not None:
        if known != order.id:
            raise TransferOfAnotherOrder()
        return None
    s.execute(
        insert(_parts).values(
            reference=reference,
            order_id=order.id,
            amount_minor=received.minor,
            currency=received.currency,
            actor_id=actor.id,
            at=now,
        )
    )
    return unbooked(s, order)


def unbooked(s: Connection, order: Locked) -> Arrived | None:
    """All that has arrived for this order and is no payment yet."""
    rows = s.execute(
        select(_parts.c.reference, _parts.c.amount_minor)
        .where(_parts.c.order_id == order.id, _parts.c.payment_id.is_(None))
        .order_by(_parts.c.at, _parts.c.reference)
    ).all()
    if not rows:
        return None
    minor = sum(int(row.amount_minor) for row in rows)
    return Arrived(Money(minor, order.currency), "transfer:" + "+".join(row.reference for row in rows))


def book(s: Connection, order: Locked, provider_payment_id: str) -> None:
    """They have become this payment."""
    payment = select(_payments.c.id).where(
        _payments.c.order_id == order.id, _payments.c.provider_payment_id == provider_payment_id
    )
    unbooked_ones = update(_parts).where(_parts.c.order_id == order.id, _parts.c.payment_id.is_(None))
    s.execute(unbooked_ones.values(payment_id=payment.scalar_subquery()))
