"""Placing an order outside the ordinary quote page: for a batch, or when a request is approved."""

from datetime import datetime

from flask import current_app, url_for

from portal.kernel.mass import Mass
from portal.shop.links import order_url
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import Way, till
from portal.web.i18n import _, lang
from portal.web.i18n import mass as mass_words
from portal.web.links import key_for


def payment_of(chosen: str) -> PaymentKind:
    """The chosen way; a transfer only where the portal takes transfers."""
    if chosen == PaymentKind.TRANSFER and current_app.config["PORTAL"].takes_transfers:
        return PaymentKind.TRANSFER
    return PaymentKind.CARD


def provider_of(payment: PaymentKind) -> str:
    return till().provider.name if payment is PaymentKind.CARD else "transfer"


def pay_page(order_id: str, payment: PaymentKind, mass: Mass, now: datetime) -> str:
    """Where the buyer goes next: the provider's page, or the order with the account to transfer to.

    Raises ProviderUnavailable, ProviderRefused: then nothing is charged, and the order is still reserved.
    """
    page = url_for("shop.order", order_id=order_id, k=key_for(order_id))
    if payment is PaymentKind.TRANSFER:
        return page
    way = Way(
        success_url=order_url(order_id, lang(), "/back"),
        cancel_url=order_url(order_id, lang()),
        description=_("%(mass)s in verified credits", mass=mass_words(mass)),
    )
    return till().open_payment(order_id, way, now) or page
