"""Pages of the shop: choose, quote, order, and the page of the sandbox provider."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from portal.certificates import queries as papers
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput, PortalError
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.queries import prices, register
from portal.registry.queries.register import LotView
from portal.registry.rules.ledger import ProjectType
from portal.shop import policy
from portal.shop.commands import corrections, ordering, refunds
from portal.shop.conditions import conditions
from portal.shop.forms.basket import FilterForm
from portal.shop.forms.corrections import OwnAddressForm
from portal.shop.forms.orders import ActionForm, AmountForm, SandboxForm
from portal.shop.provider import ProviderUnavailable, SessionClosed
from portal.shop.queries import delivery, gifts, money, origins
from portal.shop.queries import orders as queries
from portal.shop.queries import planting as plantings
from portal.shop.queries.gifts import GiftView
from portal.shop.queries.giving import givings_of
from portal.shop.queries.orders import OrderView
from portal.shop.rules.basket import by_kind
from portal.shop.rules.batches import is_shared
from portal.shop.rules.origins import Origin, OriginKind
from portal.shop.rules.planting import TREE_FACTOR, planting
from portal.shop.rules.quotes import NothingChosen, check_mass, least_mass, make_quote, most_mass
from portal.shop.rules.recommending import LotFacts, Reason, reasons
from portal.shop.rules.states import LAPSED, OrderState
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.shop.views.basket_cookie import basket_now
from portal.shop.views.checkout import first_form, quote_page, sent
from portal.shop.views.choosing import Choice, choice, for_sale
from portal.shop.views.gift_in_hand import in_hand
from portal.shop.views.paying import credits_bought, kept_order_page, order_page, seedlings_bought, way
from portal.shop.views.reading import order_here
from portal.shop.words.batches import batch_next_words, batch_words_of
from portal.shop.words.orders import (
    StateWords,
    event_words,
    fee_words,
    next_words,
    party_words,
    reason_words,
    words_of,
)
from portal.shop.words.planting import (
    planting_event_words,
    planting_next_words,
    planting_words_of,
    words_of_order,
)
from portal.web.frame import page_for
from portal.web.guard import actor, open_to_all, opened_now, signed_in
from portal.web.i18n import _, lang, message
from portal.web.limits import limited
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("shop", __name__)

# Small steps to begin with; of the first two only the least that can be charged is offered.
QUICK = tuple(Mass.kg(kilograms) for kilograms in (25, 50, 100, 250))
Answer = str | Response | tuple[str, int]


# -- choosing ----------------------------------------------------------------------------------


@blueprint.get("/offset")
@open_to_all
def offset() -> Answer:
    """Which credits, and how much."""
    lots = for_sale()
    facts = (tuple(lots), tuple(prices.currencies()), conditions(), clock.today())
    return page_for(None if _others_kept() else facts, lambda: _choosing(lots))


def _choosing(lots: list[LotView]) -> str:
    found = _filtered(lots)
    if not found.lots and not request.args.get("lot"):
        return render_template("shop/nothing_fits.html", filter=found.form, others=_others_kept())
    chosen = choice(found.lots)
    return _offset_page(chosen, found, AmountForm(formdata=request.args).in_currency(chosen.currency))


@dataclass(frozen=True, slots=True)
class _Found:
    """What fits the filter, in the order the city recommends."""

    form: FilterForm
    lots: list[LotView]


def _filtered(lots: list[LotView]) -> _Found:
    """What is for sale of what was asked for by type, project and vintage."""
    form = FilterForm(formdata=request.args)
    projects = {lot.project.code: lot.project.name.in_(lang()) or lot.project.name.en for lot in lots}
    years = {year for lot in lots for year in range(lot.vintage_start.year, lot.vintage_end.year + 1)}
    form.offer(projects.items(), sorted(years, reverse=True), prices.currencies())
    kind, project, year = form.type.data, form.project.data, form.vintage.data
    fitting = [
        lot
        for lot in lots
        if (not kind or lot.project_type == kind)
        and (not project or lot.project.code == project)
        and (not year or str(lot.vintage_start.year) <= year <= str(lot.vintage_end.year))
    ]
    return _Found(form, fitting)


def _others_kept() -> dict[str, str]:
    """What a filter must not lose: what is to be covered, and for what."""
    names = ("purpose", "footprint", "event", "k")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _offset_page(chosen: Choice, found: _Found, form: AmountForm) -> str:
    minimum = till().minimum(chosen.currency)
    least = least_mass(chosen.offer, PaymentKind.CARD, minimum, conditions())
    small = [mass for mass in QUICK if least <= mass <= chosen.lot.free]
    return render_template(
        "shop/offset.html",
        choice=chosen,
        lots=found.lots,
        filter=found.form,
        form=form,
        quick=[(mass, _price_of(chosen, mass), planting(mass)) for mass in small[-3:]],
        minimum=minimum,
        least=least,
        most=conditions().most,
        by="budget" if request.args.get("by") == "budget" or form.budget.raw_data else "kg",
        cover_price=_price_of(chosen, chosen.cover.whole) if chosen.cover else None,
        factor=TREE_FACTOR,
        is_first=not request.args.get("lot"),
        reasons=reason_words(_reasons(chosen.lot)),
        others=_others_kept(),
        basket=basket_now(),
        gift=in_hand(),
    )


def _reasons(lot: LotView) -> tuple[Reason, ...]:
    facts = LotFacts(
        county_code=lot.project.county_code,
        is_removal=lot.project_type is ProjectType.ARR,
        vintage_end=lot.vintage_end,
        has_record=bool(lot.evidence_file or lot.evidence_url),
    )
    return reasons(facts, current_app.config["PORTAL"].city_code, clock.today())


def _price_of(chosen: Choice, mass: Mass) -> Money | None:
    """The whole price by card; None for an amount that one order cannot have."""
    try:
        return make_quote([(chosen.offer, mass)], PaymentKind.CARD, conditions()).total
    except InvalidInput:
        return None


# -- quote -------------------------------------------------------------------------------------


@blueprint.get("/offset/quote")
@open_to_all
def quote() -> Answer:
    """The price with all its parts, and the questions before paying."""
    chosen = choice()
    amount = AmountForm(formdata=request.args).in_currency(chosen.currency)
    try:
        purchase = chosen.purchase(_wanted_mass(chosen, amount))
        seen = purchase.quote(PaymentKind.CARD)
    except InvalidInput as error:
        if not amount.errors:
            amount.blame("budget" if amount.budget.raw_data and amount.budget.raw_data[0] else "kg", error)
        return _offset_page(chosen, _filtered(for_sale()), amount), 422
    facts = None if _others_kept() else (purchase, conditions(), till().provider.test)
    order_id = new_id("ord")
    return page_for(
        facts,
        lambda: quote_page(purchase, seen, first_form(seen, order_id)),
        own=(order_id, generate_csrf()),
    )


def _wanted_mass(chosen: Choice, amount: AmountForm) -> Mass:
    """Kilograms as typed, or as many as the budget pays for. Raises InvalidInput."""
    if not amount.validate():
        raise NothingChosen()
    if amount.money:
        least = till().minimum(amount.money.currency)
        return most_mass(chosen.offer, PaymentKind.CARD, amount.money, least, conditions())
    if amount.mass:
        return check_mass(amount.mass, conditions())
    if chosen.cover:
        return check_mass(chosen.cover.wanted, conditions())
    raise NothingChosen()


@blueprint.post("/offset/quote")
@open_to_all
def buy() -> Answer:
    """Reserve, and go to pay."""
    return sent(choice().purchase(check_mass(Mass.kg(request.form.get("kg", "")), conditions())))


# -- one order ---------------------------------------------------------------------------------


@blueprint.get("/orders/<order_id>")
@open_to_all
def order(order_id: str) -> Answer:
    """How an order stands, and what its buyer can do."""
    return _show(order_id)


def _show(
    order_id: str, problem: str = "", status: int = 200, address: OwnAddressForm | None = None
) -> Answer:
    found, now, who = order_here(order_id), clock.now(), actor()
    funded = plantings.seedlings_of(order_id)
    said = _said(found)
    lots = {code: register.lot(code) for line in found.lines for code in line.lots}
    parts = tuple(money.money_of_order(order_id, found.test, now))
    names = _names_of({each.origin for each in parts if each.origin}, lots)
    masses = by_kind((lots[line.lots[0]].project_type, line.mass) for line in found.lines)
    for_credits = sum((line.amount for line in found.lines), start=Money(0, found.total.currency))
    for_planting = sum((each.amount for each in funded), start=Money(0, found.total.currency))
    seedlings = sum(each.seedlings for each in funded)
    page = render_template(
        "shop/order.html",
        order=found,
        lots=lots,
        words=said.state(found.state),
        now=now,
        problem=problem,
        history=[(line, said.event(line.event)) for line in queries.history(order_id) if not line.is_refused],
        certificates=[] if is_shared(found.purpose) else papers.for_order(order_id),
        batch_id=found.purpose if is_shared(found.purpose) else "",
        refunds=queries.refunds(order_id),
        trees=planting(found.mass),
        factor=TREE_FACTOR,
        fee_words=fee_words(),
        party_words=party_words(),
        form=ActionForm(formdata=None),
        credits=for_credits,
        seedlings=funded,
        planting=for_planting,
        named=delivery.named_of(order_id),
        key=request.values.get("k", ""),
        by_kind=masses,
        parts=parts,
        origin_names=names,
        # All that its table of money says: many orders are of the same amount.
        money_facts=(
            found.fees,
            found.split,
            for_credits,
            for_planting,
            seedlings,
            *masses.items(),
            parts,
            *names.items(),
        ),
        may_pay=policy.may_pay(who, found) and found.payment == PaymentKind.CARD,
        may_cancel=policy.may_cancel(who, found),
        may_withdraw=policy.may_withdraw(who, found, now),
        may_claim=policy.may_claim(who, found),
        address=_address_form(found, address),
        is_lapsed=found.state in LAPSED,
        is_given_away=gifts.is_given_away(found.purpose),
        gift=_gift_of(found),
        is_paid=found.paid_at is not None,
        arrived=queries.transfers(order_id) if found.payment == PaymentKind.TRANSFER else [],
        next_steps=said.then(found.state),
        is_waiting=found.state in (OrderState.AWAITING_PAYMENT, OrderState.RETIRED),
    )
    return page, status


def _names_of(wanted: Collection[Origin], lots: Mapping[str, LotView]) -> dict[Origin, Bilingual]:
    """What these are called; the projects of the order's own lots are known already."""
    known = {Origin(OriginKind.PROJECT, lot.project.code): lot.project.name for lot in lots.values()}
    unknown = [each for each in wanted if each not in known]
    return {**known, **origins.names_of(unknown)} if unknown else known


def _address_form(order: OrderView, sent: OwnAddressForm | None) -> OwnAddressForm | None:
    """To put the address right; None for who may not, or once it is paid or forgotten."""
    if not order.buyer or not policy.may_correct_own_address(actor(), order):
        return None
    return sent or OwnAddressForm(formdata=None, email_address=order.buyer.email)


class _Said(NamedTuple):
    """How a kind of order is spoken of: its states, its history, and what happens next."""

    state: Callable[[OrderState], StateWords]
    event: Callable[[str], str]
    then: Callable[[OrderState], list[str]]


def _said(order: OrderView) -> _Said:
    if not order.lines:
        return _Said(planting_words_of, planting_event_words, planting_next_words)
    if is_shared(order.purpose):
        return _Said(batch_words_of, event_words, batch_next_words)
    return _Said(words_of, event_words, next_words)


def _gift_of(order: OrderView) -> GiftView | None:
    """The gift that this order pays for; its card is the buyer's to see."""
    if not order.purpose.startswith("gft_") or not policy.owns(actor(), order):
        return None
    opened_now(order.purpose)
    return gifts.gift(actor(), order.purpose)


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
        url = till().open_payment(order_id, way(order_id, _bought(found)), clock.now())
    except PortalError as error:
        return _show(order_id, message(error), 503 if isinstance(error, ProviderUnavailable) else 409)
    return redirect(url or kept_order_page(order_id), 303)


def _bought(order: OrderView) -> str:
    seedlings = sum(each.seedlings for each in plantings.seedlings_of(order.id))
    parts = [credits_bought(order.mass)] if order.lines else []
    return " + ".join(parts + ([seedlings_bought(seedlings)] if seedlings else []))


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
    return redirect(kept_order_page(order_id), 303)


@blueprint.post("/orders/<order_id>/address")
@open_to_all
@limited("20/hour")
def correct_address(order_id: str) -> Answer:
    """The buyer puts the e-mail address right, before paying."""
    form = OwnAddressForm()
    queries.order(actor(), order_id)
    if not form.validate():
        return _show(order_id, status=422, address=form)
    try:
        corrections.correct_own_address(actor(), order_id, form.email_address.data, clock.now())
    except PortalError as error:
        form.blame("email_address", error)
        return _show(order_id, status=409, address=form)
    flash(_("The address is corrected."), "success")
    return redirect(kept_order_page(order_id), 303)


@blueprint.post("/orders/<order_id>/withdraw")
@open_to_all
def withdraw(order_id: str) -> Answer:
    """Within the cooling-off days: all the money back."""
    refunds.request_refund(actor(), order_id, "withdrawn_by_buyer", clock.now())
    return redirect(kept_order_page(order_id), 303)


@blueprint.post("/orders/<order_id>/claim")
@signed_in
def claim(order_id: str) -> Answer:
    ordering.claim_order(actor(), order_id, clock.now())
    return redirect(kept_order_page(order_id), 303)


@blueprint.get("/account/orders")
@signed_in
def mine() -> Answer:
    """A person's orders."""
    rows = queries.orders_of(actor(), request.args.get("cursor", ""), 25)
    return render_template(
        "shop/mine.html",
        page=cut(rows, 25, lambda row: row.id),
        givings=givings_of(actor()),
        words_of=words_of_order,
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
