"""Pages of the shop: choose, quote, order, and the page of the sandbox provider."""

from dataclasses import dataclass
from typing import Any, cast

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.certificates import queries as papers
from portal.footprint import queries as footprints
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, PortalError
from portal.kernel.ids import is_id, new_id
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.queries import register
from portal.registry.queries.register import LotView
from portal.registry.rules.ledger import NotEnoughCredits
from portal.shop import policy
from portal.shop.commands import ordering, refunds
from portal.shop.forms.orders import ActionForm, AmountForm, BuyForm, SandboxForm
from portal.shop.links import order_url
from portal.shop.provider import ProviderRefused, ProviderUnavailable, SessionClosed
from portal.shop.queries import orders as queries
from portal.shop.queries.giving import givings_of
from portal.shop.rules.orders import Buyer, NothingForSale, OrderContentsDiffer, check_purpose
from portal.shop.rules.planting import TREE_FACTOR, planting
from portal.shop.rules.quotes import (
    NothingChosen,
    Offer,
    PriceChanged,
    Quote,
    check_mass,
    check_minimum,
    least_mass,
    make_quote,
    most_mass,
    to_cover,
)
from portal.shop.rules.states import LAPSED, OrderState
from portal.shop.rules.terms import TERMS, PaymentKind
from portal.shop.till import Way, till
from portal.shop.words import event_words, fee_words, next_words, party_words, words_of
from portal.web.guard import actor, open_to_all, opened_now, signed_in
from portal.web.i18n import _, lang, message
from portal.web.i18n import mass as mass_words
from portal.web.links import key_for
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("shop", __name__)

# Small steps to begin with; of the first two only the least that can be charged is offered.
QUICK = tuple(Mass.kg(kilograms) for kilograms in (25, 50, 100, 250))
Answer = str | Response | tuple[str, int]


# -- choosing ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Choice:
    """What the address says: which lot, for what, and what it is to cover."""

    lot: LotView
    purpose: str
    footprint_id: str
    cover: Mass | None  # the footprint, in whole kilograms

    @property
    def kept(self) -> dict[str, str]:
        """What the next page must know again."""
        kept = {"lot": self.lot.code, "purpose": self.purpose, "footprint": self.footprint_id}
        if self.footprint_id:
            kept["k"] = request.values.get("k", "")
        return {name: value for name, value in kept.items() if value}

    @property
    def offer(self) -> Offer:
        return Offer((self.lot.code,), self.lot.price_per_t)


def _choice() -> _Choice:
    """Raises NotFound for a lot that does not exist, NothingForSale."""
    wanted = request.values.get("lot", "")
    lot = register.lot(wanted) if wanted else recommended()
    footprint_id, cover = _footprint()
    return _Choice(lot, _purpose() or footprint_id, footprint_id, cover)


def recommended() -> LotView:
    """The first lot the city recommends that has anything left. Raises NothingForSale."""
    lots = register.open_lots()
    if not lots:
        raise NothingForSale()
    return next((each for each in lots if each.free), lots[0])


def _purpose() -> str:
    """An id of another room, or nothing: a mistyped one is dropped, never guessed at."""
    try:
        return check_purpose(request.values.get("purpose", ""))
    except InvalidInput:
        return ""


def _footprint() -> tuple[str, Mass | None]:
    """The footprint in the address, if this visitor may see it, rounded up to what covers it."""
    footprint_id = request.values.get("footprint", "")
    if not is_id(footprint_id, "fpr"):
        return "", None
    found = footprints.footprint(actor(), footprint_id)
    return found.id, to_cover(found.total)


@blueprint.get("/offset")
@open_to_all
def offset() -> Answer:
    """Which credits, and how much."""
    return _offset_page(_choice(), AmountForm(formdata=request.args))


def _offset_page(choice: _Choice, form: AmountForm, status: int = 200) -> Answer:
    minimum = till().minimum(choice.lot.price_per_t.currency)
    least = least_mass(choice.offer, PaymentKind.CARD, minimum)
    small = [mass for mass in QUICK if least <= mass <= choice.lot.free]
    quick = [(mass, _price_of(choice, mass), planting(mass)) for mass in small[-3:]]
    lots = register.open_lots()
    page = render_template(
        "shop/offset.html",
        choice=choice,
        lots=lots,
        form=form,
        quick=quick,
        minimum=minimum,
        least=least,
        most=TERMS.most,
        by="budget" if request.args.get("by") == "budget" or form.budget.raw_data else "kg",
        cover_price=_price_of(choice, choice.cover) if choice.cover else None,
        factor=TREE_FACTOR,
        is_first=bool(lots) and choice.lot.code == lots[0].code,
    )
    return page, status


def _price_of(choice: _Choice, mass: Mass) -> Money | None:
    """The whole price by card; None for an amount that one order cannot have."""
    try:
        return make_quote([(choice.offer, mass)], PaymentKind.CARD).total
    except InvalidInput:
        return None


# -- quote -------------------------------------------------------------------------------------


@blueprint.get("/offset/quote")
@open_to_all
def quote() -> Answer:
    """The price with all its parts, and the questions before paying."""
    choice = _choice()
    amount = AmountForm(formdata=request.args)
    try:
        chosen = _quote(choice, _wanted_mass(choice, amount), PaymentKind.CARD)
    except InvalidInput as error:
        if not amount.errors:
            amount.blame("budget" if amount.budget.raw_data and amount.budget.raw_data[0] else "kg", error)
        return _offset_page(choice, amount, 422)
    form = _buy_form(formdata=None, order_id=new_id("ord"), quote_hash=chosen.hash)
    return _quote_page(choice, chosen, form)


def _wanted_mass(choice: _Choice, amount: AmountForm) -> Mass:
    """Kilograms as typed, or as many as the budget pays for. Raises InvalidInput."""
    if not amount.validate():
        raise NothingChosen()
    if amount.money:
        least = till().minimum(amount.money.currency)
        return most_mass(choice.offer, PaymentKind.CARD, amount.money, least)
    if amount.mass:
        return check_mass(amount.mass)
    if choice.cover:
        return check_mass(choice.cover)
    raise NothingChosen()


def _quote(choice: _Choice, mass: Mass, payment: PaymentKind) -> Quote:
    made = make_quote([(choice.offer, mass)], payment)
    return check_minimum(made, till().minimum(made.total.currency))


def _quote_page(
    choice: _Choice, chosen: Quote, form: BuyForm, status: int = 200, problem: str = ""
) -> Answer:
    transfer = make_quote([(line.offer, line.mass) for line in chosen.lines], PaymentKind.TRANSFER)
    page = render_template(
        "shop/quote.html",
        choice=choice,
        quote=chosen,
        transfer_total=transfer.total,
        form=form,
        problem=problem,
        trees=planting(chosen.mass),
        factor=TREE_FACTOR,
        fee_words=fee_words(),
        party_words=party_words(),
        is_test=till().provider.test,
    )
    return page, status


@blueprint.post("/offset/quote")
@open_to_all
def buy() -> Answer:
    """Reserve, and go to pay."""
    choice = _choice()
    form = _buy_form()
    payment = PaymentKind.TRANSFER if form.payment.data == PaymentKind.TRANSFER else PaymentKind.CARD
    seen = _quote(choice, check_mass(Mass.kg(request.form.get("kg", ""))), PaymentKind.CARD)
    if not form.validate():
        return _quote_page(choice, seen, form, 422)
    if form.quote_hash.data != seen.hash:
        form.quote_hash.data = seen.hash
        return _quote_page(choice, seen, form, 409, message(PriceChanged()))
    return _place(choice, seen, form, payment)


def _buy_form(**made_of: Any) -> BuyForm:
    """The form of a purchase; without a bank account of the portal's own a transfer is no choice."""
    form = BuyForm(**made_of)
    if not current_app.config["PORTAL"].takes_transfers:
        form.payment.choices = [each for each in form.payment.choices if each.value == PaymentKind.CARD.value]
    return form


def _place(choice: _Choice, seen: Quote, form: BuyForm, payment: PaymentKind) -> Answer:
    order_id, now = str(form.order_id.data), clock.now()
    buyer = Buyer(form.name.data or "", form.email.data or "", bool(form.is_public.data))
    chosen = make_quote([(line.offer, line.mass) for line in seen.lines], payment)
    provider = till().provider
    is_card = payment is PaymentKind.CARD
    try:
        order_id = ordering.place_order(
            actor(),
            order_id,
            chosen,
            buyer,
            purpose=choice.purpose,
            lang=lang(),
            consent=bool(form.consent.data),
            provider=provider.name if is_card else "transfer",
            test=provider.test,
            idempotency_key=order_id,
            now=now,
        )
    except NotEnoughCredits as error:
        return _sold_out_page(choice, seen, form, error)
    except OrderContentsDiffer:
        # The same page was sent again with other contents: that is another order.
        form.order_id.data = new_id("ord")
        return _quote_page(
            choice,
            seen,
            form,
            409,
            _("This page was already used for an order. Press the button again to place another one."),
        )
    opened_now(order_id)
    if not is_card:
        return redirect(order_page(order_id), 303)
    try:
        return redirect(
            till().open_payment(order_id, way(order_id, chosen.mass), now) or order_page(order_id), 303
        )
    except (ProviderUnavailable, ProviderRefused) as error:
        till().give_up(order_id, now)
        form.order_id.data = new_id("ord")
        status = 503 if isinstance(error, ProviderUnavailable) else 409
        return _quote_page(
            choice,
            seen,
            form,
            status,
            " ".join(
                (
                    message(error),
                    _("Nothing was charged and nothing is reserved. What you entered is still here."),
                )
            ),
        )


def _sold_out_page(choice: _Choice, seen: Quote, form: BuyForm, error: NotEnoughCredits) -> Answer:
    left = cast(Mass, error.params["left"])
    others = [
        each for each in register.open_lots() if each.free >= seen.mass and each.code != choice.lot.code
    ]
    form.order_id.data = new_id("ord")
    return render_template(
        "shop/sold_out.html", choice=choice, wanted=seen.mass, left=left, others=others, form=form
    ), 409


def order_page(order_id: str) -> str:
    return url_for("shop.order", order_id=order_id, k=key_for(order_id))


def way(order_id: str, mass: Mass) -> Way:
    return Way(
        success_url=order_url(order_id, lang(), "/back"),
        cancel_url=order_url(order_id, lang()),
        description=_("%(mass)s in verified credits", mass=mass_words(mass)),
    )


# -- one order ---------------------------------------------------------------------------------


@blueprint.get("/orders/<order_id>")
@open_to_all
def order(order_id: str) -> Answer:
    """How an order stands, and what its buyer can do."""
    return _show(order_id)


def _show(order_id: str, problem: str = "", status: int = 200) -> Answer:
    found, now, who = queries.order(actor(), order_id), clock.now(), actor()
    lots = {code: register.lot(code) for line in found.lines for code in line.lots}
    page = render_template(
        "shop/order.html",
        order=found,
        lots=lots,
        words=words_of(found.state),
        now=now,
        problem=problem,
        history=[
            (line, event_words(line.event)) for line in queries.history(order_id) if not line.is_refused
        ],
        certificates=papers.for_order(order_id),
        refunds=queries.refunds(order_id),
        trees=planting(found.mass),
        factor=TREE_FACTOR,
        fee_words=fee_words(),
        party_words=party_words(),
        form=ActionForm(formdata=None),
        credits=sum((line.amount for line in found.lines[1:]), start=found.lines[0].amount),
        key=request.values.get("k", ""),
        may_pay=policy.may_pay(who, found) and found.payment == PaymentKind.CARD,
        may_cancel=policy.may_cancel(who, found),
        may_withdraw=policy.may_withdraw(who, found, now),
        may_claim=policy.may_claim(who, found),
        is_lapsed=found.state in LAPSED,
        is_paid=found.paid_at is not None,
        arrived=queries.transfers(order_id) if found.payment == PaymentKind.TRANSFER else [],
        next_steps=next_words(found.state),
        is_waiting=found.state in (OrderState.AWAITING_PAYMENT, OrderState.RETIRED),
    )
    return page, status


@blueprint.get("/orders/<order_id>/back")
@open_to_all
def back(order_id: str) -> Answer:
    """Coming back from the payment page: do not wait for the event, ask."""
    if queries.order(actor(), order_id).is_unpaid:
        till().heal([order_id], clock.now())
    return redirect(url_for("shop.order", order_id=order_id, k=request.args.get("k")), 303)


@blueprint.post("/orders/<order_id>/pay")
@open_to_all
def pay(order_id: str) -> Answer:
    """To the payment page, again."""
    found = queries.order(actor(), order_id)
    try:
        url = till().open_payment(order_id, way(order_id, found.mass), clock.now())
    except PortalError as error:
        return _show(order_id, message(error), 503 if isinstance(error, ProviderUnavailable) else 409)
    return redirect(url or _kept_order_page(order_id), 303)


@blueprint.post("/orders/<order_id>/cancel")
@open_to_all
def cancel(order_id: str) -> Answer:
    found = queries.order(actor(), order_id)
    if not policy.may_cancel(actor(), found):
        return _show(order_id, _("This order can no longer be cancelled."), 409)
    try:
        is_cancelled = till().cancel(order_id, clock.now())
    except PortalError as error:
        return _show(order_id, message(error), 503 if isinstance(error, ProviderUnavailable) else 409)
    if not is_cancelled:
        return _show(order_id, _("Your payment had already arrived, so the order was not cancelled."), 409)
    return redirect(_kept_order_page(order_id), 303)


@blueprint.post("/orders/<order_id>/withdraw")
@open_to_all
def withdraw(order_id: str) -> Answer:
    """Within the cooling-off days: all the money back."""
    refunds.request_refund(actor(), order_id, "withdrawn_by_buyer", clock.now())
    return redirect(_kept_order_page(order_id), 303)


@blueprint.post("/orders/<order_id>/claim")
@signed_in
def claim(order_id: str) -> Answer:
    ordering.claim_order(actor(), order_id, clock.now())
    return redirect(_kept_order_page(order_id), 303)


def _kept_order_page(order_id: str) -> str:
    return url_for("shop.order", order_id=order_id, k=request.values.get("k") or None)


@blueprint.get("/account/orders")
@signed_in
def mine() -> Answer:
    """A person's orders."""
    rows = queries.orders_of(actor(), request.args.get("cursor", ""), 25)
    return render_template(
        "shop/mine.html",
        page=cut(rows, 25, lambda row: row.id),
        givings=givings_of(actor()),
        words_of=words_of,
    )


# -- the sandbox provider's page ---------------------------------------------------------------


@blueprint.get("/sandbox/<session_id>")
@open_to_all
def sandbox(session_id: str) -> Answer:
    """The page that plays the payment provider's part, with test money."""
    shown = till().sandbox.page(session_id)
    if not shown.session.url:
        return redirect(order_page(str(shown.session.order_id)), 303)
    return render_template("shop/sandbox.html", page=shown, form=SandboxForm(formdata=None))


@blueprint.post("/sandbox/<session_id>")
@open_to_all
def sandbox_pay(session_id: str) -> Answer:
    form = SandboxForm()
    if not form.validate():
        return redirect(url_for("shop.sandbox", session_id=session_id), 303)
    try:
        order_id = till().play(session_id, form.outcome.data, clock.now())
    except SessionClosed:  # the order's page says that the time is over
        order_id = str(till().sandbox.page(session_id).session.order_id)
    return redirect(order_page(order_id), 303)
