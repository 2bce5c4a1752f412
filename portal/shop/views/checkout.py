"""Paying for what was chosen, one line or a whole basket: the quote's page, and what follows on it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from portal.accounts import queries as people
from portal.kernel import clock
from portal.kernel.errors import NotFound, PortalError
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.registry.queries import register
from portal.registry.queries.register import LotView
from portal.registry.rules.ledger import NotEnoughCredits
from portal.shop.commands import ordering
from portal.shop.forms.basket import AddForm
from portal.shop.forms.orders import BuyForm
from portal.shop.links import order_url
from portal.shop.provider import ProviderRefused, ProviderUnavailable
from portal.shop.rules.basket import by_kind
from portal.shop.rules.orders import Buyer, OrderContentsDiffer
from portal.shop.rules.planting import TREE_FACTOR, planting
from portal.shop.rules.quotes import Offer, PriceChanged, Quote, check_minimum, make_quote
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import Way, till
from portal.shop.words import fee_words, party_words
from portal.web.guard import actor, opened_now
from portal.web.i18n import _, lang, message
from portal.web.i18n import mass as mass_words
from portal.web.links import key_for

Answer = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is about to be bought. ``kept`` are the fields by which the next page knows it again."""

    lines: tuple[tuple[LotView, Mass], ...]
    purpose: str
    kept: tuple[tuple[str, str], ...]
    action: str  # where the form goes
    back: str  # where the amounts are changed

    @property
    def is_basket(self) -> bool:
        return self.action == url_for("shop_basket.buy")

    @property
    def by_kind(self) -> dict[str, Mass]:
        return by_kind((lot.project_type, mass) for lot, mass in self.lines)

    def quote(self, payment: PaymentKind) -> Quote:
        """Raises what make_quote does, BelowMinimum."""
        made = make_quote([(Offer((lot.code,), lot.price_per_t), mass) for lot, mass in self.lines], payment)
        return check_minimum(made, till().minimum(made.total.currency))


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


def first_form(seen: Quote) -> BuyForm:
    """Before anything is typed; who is signed in need not write their name again."""
    known = {}
    if actor().is_person:
        with suppress(NotFound):
            person = people.person(actor().id)
            known = {"name": person.name, "email": person.email}
    return buy_form(formdata=None, order_id=new_id("ord"), quote_hash=seen.hash, **known)


def quote_page(
    purchase: Purchase, seen: Quote, form: BuyForm, status: int = 200, problem: str = ""
) -> Answer:
    """The price with all its parts, and the questions before paying."""
    lot, mass = purchase.lines[0]
    page = render_template(
        "shop/quote.html",
        purchase=purchase,
        lot=lot,
        quote=seen,
        transfer_total=purchase.quote(PaymentKind.TRANSFER).total,
        form=form,
        problem=problem,
        trees=planting(mass) if len(purchase.lines) == 1 and lot.project_type == "ARR" else None,
        factor=TREE_FACTOR,
        fee_words=fee_words(),
        party_words=party_words(),
        is_test=till().provider.test,
        to_basket=_to_basket(purchase),
    )
    return page, status


def _to_basket(purchase: Purchase) -> AddForm | None:
    if purchase.is_basket:
        return None
    lot, mass = purchase.lines[0]
    return AddForm(
        formdata=None,
        lot=lot.code,
        kg=str(mass.kg_down),
        purpose=purchase.purpose,
        currency=lot.price_per_t.currency,
    )


def sent(purchase: Purchase) -> Answer:
    """The form came back: reserve, and go to pay; or the page again with what is wrong."""
    form = buy_form()
    payment = PaymentKind.TRANSFER if form.payment.data == PaymentKind.TRANSFER else PaymentKind.CARD
    seen = purchase.quote(PaymentKind.CARD)
    if not form.validate():
        return quote_page(purchase, seen, form, 422)
    if form.quote_hash.data != seen.hash:
        form.quote_hash.data = seen.hash
        return quote_page(purchase, seen, form, 409, message(PriceChanged()))
    return _place(purchase, seen, form, payment)


def _place(purchase: Purchase, seen: Quote, form: BuyForm, payment: PaymentKind) -> Answer:
    order_id, now = str(form.order_id.data), clock.now()
    chosen, provider = purchase.quote(payment), till().provider
    is_card = payment is PaymentKind.CARD
    buyer = Buyer(
        form.name.data or "", form.email.data or "", bool(form.is_public.data), form.organisation.data or ""
    )
    try:
        order_id = ordering.place_order(
            actor(),
            order_id,
            chosen,
            buyer,
            purpose=purchase.purpose,
            lang=lang(),
            consent=bool(form.consent.data),
            provider=provider.name if is_card else "transfer",
            test=provider.test,
            idempotency_key=order_id,
            now=now,
        )
    except NotEnoughCredits as error:
        return _sold_out_page(purchase, seen, form, error)
    except OrderContentsDiffer:
        # The same page was sent again with other contents: that is another order.
        form.order_id.data = new_id("ord")
        again = _("This page was already used for an order. Press the button again to place another one.")
        return quote_page(purchase, seen, form, 409, again)
    opened_now(order_id)
    if not is_card:
        return redirect(order_page(order_id), 303)
    try:
        url = till().open_payment(order_id, way(order_id, chosen.mass), now)
        return redirect(url or order_page(order_id), 303)
    except (ProviderUnavailable, ProviderRefused) as error:
        till().give_up(order_id, now)
        form.order_id.data = new_id("ord")
        status = 503 if isinstance(error, ProviderUnavailable) else 409
        return quote_page(purchase, seen, form, status, _nothing_charged(error))


def _nothing_charged(error: PortalError) -> str:
    kept = _("Nothing was charged and nothing is reserved. What you entered is still here.")
    return f"{message(error)} {kept}"


def _sold_out_page(purchase: Purchase, seen: Quote, form: BuyForm, error: NotEnoughCredits) -> Answer:
    form.order_id.data = new_id("ord")
    if len(purchase.lines) > 1:
        problem = _(
            "Somebody was faster: not all of these credits are left. Nothing was reserved or charged."
        )
        return quote_page(purchase, seen, form, 409, problem)
    lot, wanted = purchase.lines[0]
    others = [
        each
        for each in register.open_lots(lot.price_per_t.currency)
        if each.free >= wanted and each.code != lot.code
    ]
    page = render_template(
        "shop/sold_out.html",
        purchase=purchase,
        lot=lot,
        wanted=wanted,
        left=cast(Mass, error.params["left"]),
        others=others,
        form=form,
    )
    return page, 409


def order_page(order_id: str) -> str:
    return url_for("shop.order", order_id=order_id, k=key_for(order_id))


def kept_order_page(order_id: str) -> str:
    """The order's page for whoever came by its link."""
    return url_for("shop.order", order_id=order_id, k=request.values.get("k") or None)


def way(order_id: str, mass: Mass) -> Way:
    return Way(
        success_url=order_url(order_id, lang(), "/back"),
        cancel_url=order_url(order_id, lang()),
        description=_("%(mass)s in verified credits", mass=mass_words(mass)),
    )
