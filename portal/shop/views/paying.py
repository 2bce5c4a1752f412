"""The last step of every purchase, whatever is bought: reserve it, and go to pay."""

from typing import Any

from flask import current_app, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from portal.accounts import queries as people
from portal.kernel import clock
from portal.kernel.errors import PortalError, Unavailable
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.shop.commands import ordering
from portal.shop.forms.orders import BuyForm
from portal.shop.links import order_url
from portal.shop.provider import ProviderRefused, ProviderUnavailable
from portal.shop.rules.orders import Buyer, OrderContentsDiffer
from portal.shop.rules.quotes import Quote
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import Way, till
from portal.web.guard import actor, opened_now
from portal.web.i18n import _, lang, message, ngettext, number
from portal.web.i18n import mass as mass_words
from portal.web.links import key_for


def buy_form(**made_of: Any) -> BuyForm:
    """The form of a purchase: who it may be for, and how it may be paid here."""
    form = BuyForm(**made_of)
    form.organisation.choices += [
        SelectChoice(each.id, each.name.in_(lang()) or each.name.zh)
        for each in people.organisations_of(actor())
    ]
    if not current_app.config["PORTAL"].takes_transfers:
        form.payment.choices = [each for each in form.payment.choices if each.value == PaymentKind.CARD.value]
    return form


def payment_chosen(form: BuyForm) -> PaymentKind:
    return PaymentKind.TRANSFER if form.payment.data == PaymentKind.TRANSFER else PaymentKind.CARD


def reserve_and_pay(chosen: Quote, form: BuyForm, description: str, purpose: str = "") -> Response:
    """Place the order and lead to its payment page, or for a transfer to the order's own.

    Raises what ``place_order`` raises, ProviderUnavailable and ProviderRefused: nothing is charged or
    reserved then, and the form has a new order id for the next try.
    """
    now, provider = clock.now(), till().provider
    is_card = chosen.payment is PaymentKind.CARD
    asked_id = str(form.order_id.data)
    form.order_id.data = new_id("ord")
    order_id = ordering.place_order(
        actor(),
        asked_id,
        chosen,
        Buyer(
            form.name.data or "",
            form.email.data or "",
            bool(form.is_public.data),
            form.organisation.data or "",
        ),
        purpose=purpose,
        lang=lang(),
        consent=bool(form.consent.data),
        provider=provider.name if is_card else "transfer",
        test=provider.test,
        idempotency_key=asked_id,
        now=now,
    )
    opened_now(order_id)
    page = order_page(order_id)
    if not is_card:
        return redirect(page, 303)
    try:
        return redirect(till().open_payment(order_id, way(order_id, description), now) or page, 303)
    except (ProviderUnavailable, ProviderRefused):
        till().give_up(order_id, now)
        raise


def way(order_id: str, description: str) -> Way:
    """To the payment page and back; ``description`` is what that page says is bought."""
    return Way(order_url(order_id, lang(), "/back"), order_url(order_id, lang()), description)


def credits_bought(mass: Mass) -> str:
    return _("%(mass)s in verified credits", mass=mass_words(mass))


def seedlings_bought(count: int) -> str:
    seedlings = ngettext("%(shown)s seedling", "%(shown)s seedlings", count, shown=number(count))
    return _("Planting contribution: %(seedlings)s", seedlings=seedlings)


def order_page(order_id: str) -> str:
    return url_for("shop.order", order_id=order_id, k=key_for(order_id))


def kept_order_page(order_id: str) -> str:
    """The order's page for whoever came by its link."""
    return url_for("shop.order", order_id=order_id, k=request.values.get("k") or None)


def refusal(error: PortalError) -> tuple[int, str]:
    """The status and the words for a purchase that did not come about."""
    if isinstance(error, OrderContentsDiffer):
        return 409, _("This page was already used for an order. Press the button again to place another one.")
    nothing = _("Nothing was charged and nothing is reserved. What you entered is still here.")
    return 503 if isinstance(error, Unavailable) else 409, f"{message(error)} {nothing}"
