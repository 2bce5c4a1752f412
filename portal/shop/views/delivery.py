"""Pages for tonnes retired in the buyer's name, and for the answer to other credits."""

from flask import redirect, render_template, request
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotFound, PortalError
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.registry.queries import register
from portal.registry.queries.register import LotView
from portal.shop.commands import proofs, substitutes
from portal.shop.conditions import conditions
from portal.shop.forms.orders import ActionForm, BuyForm
from portal.shop.forms.planting import NamedForm
from portal.shop.queries import delivery
from portal.shop.rules.contributions import in_buyers_name
from portal.shop.rules.delivery import NothingOffered
from portal.shop.rules.orders import NothingForSale
from portal.shop.rules.quotes import Offer, PriceChanged, Quote, check_minimum, make_quote
from portal.shop.rules.states import OrderState
from portal.shop.rules.terms import TERMS, PaymentKind
from portal.shop.till import till
from portal.shop.views.orders import blueprint
from portal.shop.views.paying import buy_form, kept_order_page, payment_chosen, refusal, reserve_and_pay
from portal.shop.views.reading import order_here
from portal.shop.words.orders import fee_words, party_words
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang, message, tonnes

Answer = str | Response | tuple[str, int]


# -- whole tonnes in the buyer's name ----------------------------------------------------------


@blueprint.get("/offset/named")
@open_to_all
def named() -> Answer:
    """What a retirement in one's own name is, how long it takes, and which tonnes."""
    return _choose_page(_named_form())


def _named_form() -> NamedForm:
    form = NamedForm(formdata=request.values)
    form.lot.choices = [
        SelectChoice(lot.code, lot.project.name.in_(lang()) or lot.project.name.en)
        for lot in register.open_lots()
    ]
    return form


def _choose_page(form: NamedForm, status: int = 200) -> Answer:
    if not form.lot.choices:
        raise NothingForSale()
    page = render_template(
        "shop/named.html",
        form=form,
        lots=[lot for lot in register.open_lots() if lot.free >= Mass.t(1)],
        days=TERMS.named_retirement.days,
    )
    return page, status


def _named_quote(form: NamedForm, payment: PaymentKind) -> tuple[LotView, Quote]:
    """Raises InvalidInput; what is wrong with a field stands beside it."""
    if not form.validate():
        raise InvalidInput()
    try:
        lot = register.lot(form.lot.data)
    except NotFound as error:
        form.blame("lot", error)
        raise InvalidInput() from None
    made = make_quote(
        [(Offer((lot.code,), lot.price_per_t), Mass.t(form.tonnes.value))], payment, conditions()
    )
    return lot, in_buyers_name(check_minimum(made, till().minimum(made.currency), conditions()))


@blueprint.get("/offset/named/quote")
@open_to_all
def named_quote() -> Answer:
    """The price, and the questions before paying."""
    form = _named_form()
    try:
        _lot, chosen = _named_quote(form, PaymentKind.CARD)
    except InvalidInput as error:
        if not form.errors:
            form.blame("tonnes", error)
        return _choose_page(form, 422)
    return _named_page(form, buy_form(formdata=None, order_id=new_id("ord"), quote_hash=chosen.hash))


def _named_page(form: NamedForm, questions: BuyForm, status: int = 200, problem: str = "") -> Answer:
    lot, chosen = _named_quote(form, PaymentKind.CARD)
    page = render_template(
        "shop/named_quote.html",
        named=form,
        lot=lot,
        quote=chosen,
        transfer_total=_named_quote(form, PaymentKind.TRANSFER)[1].total,
        form=questions,
        problem=problem,
        days=TERMS.named_retirement.days,
        fee_words=fee_words(),
        party_words=party_words(),
        is_test=till().provider.test,
    )
    return page, status


@blueprint.post("/offset/named/quote")
@open_to_all
def named_buy() -> Answer:
    """Reserve, and go to pay."""
    form, questions = _named_form(), buy_form()
    try:
        _lot, seen = _named_quote(form, PaymentKind.CARD)
    except InvalidInput:
        return _choose_page(form, 422)
    if not questions.validate():
        return _named_page(form, questions, 422)
    if questions.quote_hash.data != seen.hash:
        questions.quote_hash.data = seen.hash
        return _named_page(form, questions, 409, message(PriceChanged()))
    try:
        _lot, chosen = _named_quote(form, payment_chosen(questions))
        description = _("%(mass)s retired in your name", mass=tonnes(chosen.mass))
        return reserve_and_pay(chosen, questions, description)
    except PortalError as error:
        status, problem = refusal(error)
        return _named_page(form, questions, status, problem)


@blueprint.post("/orders/<order_id>/stop-waiting")
@open_to_all
def stop_waiting(order_id: str) -> Answer:
    """The proof is overdue: all the money back."""
    proofs.stop_waiting(actor(), order_id, clock.now())
    return redirect(kept_order_page(order_id), 303)


# -- other credits -----------------------------------------------------------------------------


@blueprint.get("/orders/<order_id>/substitute")
@open_to_all
def substitute(order_id: str) -> Answer:
    """What is offered instead of what was ordered, and the two answers."""
    return _substitute_page(order_id)


def _substitute_page(order_id: str, problem: str = "", status: int = 200) -> Answer:
    order = order_here(order_id)
    offers = delivery.offers_of(order_id)
    if not offers:
        raise NothingOffered()
    page = render_template(
        "shop/substitute.html",
        order=order,
        offer=offers[0],
        ordered=register.lot(order.lines[0].lots[0]),
        other=register.lot(offers[0].lot_code),
        is_open=order.state is OrderState.SUBSTITUTE_OFFERED and clock.now() < offers[0].until,
        cooling_off=TERMS.cooling_off.days,
        form=ActionForm(formdata=None),
        key=request.values.get("k", ""),
        problem=problem,
    )
    return page, status


@blueprint.post("/orders/<order_id>/substitute/accept")
@open_to_all
def accept_substitute(order_id: str) -> Answer:
    try:
        substitutes.accept(actor(), order_id, clock.now())
    except NotFound:
        raise
    except PortalError as error:
        return _substitute_page(order_id, message(error), 409)
    return redirect(kept_order_page(order_id), 303)


@blueprint.post("/orders/<order_id>/substitute/decline")
@open_to_all
def decline_substitute(order_id: str) -> Answer:
    substitutes.decline(actor(), order_id, clock.now())
    return redirect(kept_order_page(order_id), 303)
