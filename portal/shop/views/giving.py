"""Giving every month: begin, see the months, pay one, pause, take up again, end."""

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import InvalidInput, PortalError
from portal.kernel.money import Money
from portal.registry.queries import register
from portal.registry.rules.ledger import NotEnoughCredits
from portal.shop import collecting
from portal.shop.commands import charging, giving
from portal.shop.conditions import conditions
from portal.shop.forms.giving import ConsentForm, GivingForm
from portal.shop.forms.orders import ActionForm
from portal.shop.links import giving_url
from portal.shop.provider import ProviderRefused, ProviderUnavailable
from portal.shop.queries import giving as queries
from portal.shop.queries import orders
from portal.shop.queries.giving import GivingView
from portal.shop.rules.giving import GivingState, month_of
from portal.shop.rules.orders import Buyer
from portal.shop.rules.quotes import Quote, check_mass, check_minimum, make_quote
from portal.shop.rules.states import LAPSED, UNPAID
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import Way, till
from portal.shop.views.choosing import recommended
from portal.shop.views.paying import credits_bought, order_page, way
from portal.shop.words.orders import words_of
from portal.web.guard import actor, open_to_all, opened_now
from portal.web.i18n import _, lang, message
from portal.web.links import key_for
from portal.web.page import page_blueprint

blueprint = page_blueprint("shop_giving", __name__)
Answer = str | Response | tuple[str, int]


@blueprint.get("/monthly")
@open_to_all
def begin() -> Answer:
    """How much, on which day, and who gives."""
    today = clock.today()
    form = GivingForm(formdata=None, kg=request.args.get("kg") or None, day=str(min(today.day, 28)))
    return _begin_page(form)


def _begin_page(form: GivingForm, status: int = 200) -> Answer:
    lot = _lot()
    minimum = till().minimum(lot.price_per_t.currency)
    page = render_template(
        "shop/giving_begin.html", form=form, lot=lot, minimum=minimum, takes_card=collecting.is_possible()
    )
    return page, status


def _lot() -> register.LotView:
    """The lot in the address, else what the city recommends. Raises NotFound, NothingForSale."""
    wanted = request.values.get("lot", "")
    return register.lot(wanted) if wanted else recommended()


@blueprint.post("/monthly")
@open_to_all
def start() -> Answer:
    """Agree, and go to pay the first month."""
    form, lot, now = GivingForm(), _lot(), clock.now()
    if not form.validate():
        return _begin_page(form, 422)
    buyer = Buyer(form.name.data or "", form.email.data or "", bool(form.is_public.data))
    try:
        price = _quote(lot.code, form).total
        if form.is_by_card:
            collecting.provider()
        giving_id = giving.begin_giving(
            actor(),
            lot.code,
            form.mass,
            form.day.value,
            buyer,
            purpose="",
            lang=lang(),
            test=till().provider.test,
            now=now,
        )
    except PortalError as error:
        form.blame("kg", error)
        return _begin_page(form, 422)
    opened_now(giving_id)
    if form.is_by_card:
        charging.choose_card(actor(), giving_id, price, consent=bool(form.consent.data), now=now)
        return _give_card(giving_id, now)
    return _pay(giving_id, month_of(clock.day_of(now)), consent=bool(form.consent.data), now=now)


def _give_card(giving_id: str, now: datetime) -> Answer:
    """To the provider's page on which the card is given."""
    found = queries.giving(actor(), giving_id)
    address = giving_url(giving_id, found.lang)
    described = _("Monthly support: %(amount)s", amount=credits_bought(found.mass))
    try:
        return redirect(collecting.begin(giving_id, Way(address, address, described), now), 303)
    except (ProviderUnavailable, ProviderRefused) as error:
        giving.end_giving(actor(), giving_id, now)  # nothing was agreed: the address is forgotten
        return _page(queries.giving(actor(), giving_id), message(error), 503)


def _quote(lot: str, form: GivingForm | GivingView) -> Quote:
    """Today's price. Raises what check_mass and check_minimum raise."""
    made = make_quote([(orders.offer_of(lot), check_mass(form.mass))], PaymentKind.CARD, conditions())
    return check_minimum(made, till().minimum(made.total.currency), conditions())


def _price_today(found: GivingView) -> Money | None:
    """None for an amount that could not be charged today."""
    try:
        return _quote(found.lot, found).total
    except InvalidInput:
        return None


@blueprint.get("/monthly/<thing_id>")
@open_to_all
def one(thing_id: str) -> Answer:
    """One monthly support with its months; right after the card was given, asked about at the provider."""
    found, card = queries.giving(actor(), thing_id), queries.card_of(thing_id)
    if card and card.subscription_id is None and found.state is not GivingState.ENDED:
        try:
            collecting.look(thing_id, clock.now())
        except ProviderUnavailable as error:
            return _page(found, message(error))
        found = queries.giving(actor(), thing_id)
    return _page(found)


def _page(found: GivingView, problem: str = "", status: int = 200) -> Answer:
    turns = queries.turns(found.id)
    card = queries.card_of(found.id)
    is_open = [each for each in turns if each.state is None or each.state in UNPAID | LAPSED]
    page = render_template(
        "shop/giving.html",
        giving=found,
        lot=register.lot(found.lot),
        turns=turns,
        # Only the newest month: what was left out in earlier ones was left out.
        to_pay=turns[0]
        if turns and turns[0] in is_open and found.state is not GivingState.ENDED and card is None
        else None,
        card=card,
        charges=[each for each in queries.charges(found.id) if each.order_id is None],
        today=_price_today(found),
        words_of=words_of,
        form=ConsentForm(formdata=None),
        action=ActionForm(formdata=None),
        problem=problem,
        key=request.values.get("k", ""),
        key_for=key_for,
    )
    return page, status


@blueprint.post("/monthly/<thing_id>/pay")
@open_to_all
def pay(thing_id: str) -> Answer:
    """Pay for a month."""
    form = ConsentForm()
    return _pay(thing_id, request.form.get("month", ""), consent=bool(form.consent.data), now=clock.now())


def _pay(giving_id: str, month: str, *, consent: bool, now: datetime) -> Answer:
    found = queries.giving(actor(), giving_id)
    provider = till().provider
    try:
        quote = _quote(found.lot, found)
        order_id = giving.place_turn(
            actor(),
            giving_id,
            month,
            quote,
            consent=consent,
            provider=provider.name,
            test=provider.test,
            now=now,
        )
    except (NotEnoughCredits, InvalidInput) as error:
        return _page(found, message(error), 409)
    opened_now(order_id)
    try:
        url = till().open_payment(order_id, way(order_id, credits_bought(quote.mass)), now)
    except (ProviderUnavailable, ProviderRefused) as error:
        till().give_up(order_id, now)
        return _page(found, message(error), 503 if isinstance(error, ProviderUnavailable) else 409)
    return redirect(url or order_page(order_id), 303)


@blueprint.post("/monthly/<thing_id>/pause")
@open_to_all
def pause(thing_id: str) -> Answer:
    return _do(collecting.pause, thing_id, _("Paused: nothing is asked for or charged until you go on."))


@blueprint.post("/monthly/<thing_id>/resume")
@open_to_all
def resume(thing_id: str) -> Answer:
    return _do(collecting.resume, thing_id, _("Your monthly support goes on."))


@blueprint.post("/monthly/<thing_id>/end")
@open_to_all
def end(thing_id: str) -> Answer:
    return _do(collecting.end, thing_id, _("Ended. Thank you for what you gave."))


def _do(command: Callable[[Actor, str, datetime], None], giving_id: str, said: str) -> Response:
    command(actor(), giving_id, clock.now())
    flash(said, "success")
    return redirect(url_for("shop_giving.one", thing_id=giving_id, k=request.values.get("k") or None), 303)
