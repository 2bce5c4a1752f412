"""Placing an order outside the ordinary quote page: for a batch, or when a request is approved."""

from datetime import datetime

from flask import current_app

from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.shop.views.paying import order_page, way


def payment_of(chosen: str) -> PaymentKind:
    """The chosen way; a transfer only where the portal takes transfers."""
    if chosen == PaymentKind.TRANSFER and current_app.config["PORTAL"].takes_transfers:
        return PaymentKind.TRANSFER
    return PaymentKind.CARD


def provider_of(payment: PaymentKind) -> str:
    return till().provider.name if payment is PaymentKind.CARD else "transfer"


def pay_page(order_id: str, payment: PaymentKind, description: str, now: datetime) -> str:
    """Where the buyer goes next: the provider's page, or the order with the account to transfer to.

    Raises ProviderUnavailable, ProviderRefused: then nothing is charged, and the order is still reserved.
    """
    page = order_page(order_id)
    if payment is PaymentKind.TRANSFER:
        return page
    return till().open_payment(order_id, way(order_id, description), now) or page
