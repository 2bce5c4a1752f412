"""Pages of purchases that wait for an approval inside an organisation."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from portal.accounts import queries as accounts
from portal.accounts.naming import named_here
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, PortalError
from portal.kernel.ids import new_id
from portal.registry.queries import prices, register
from portal.shop import policy
from portal.shop.commands import requests as commands
from portal.shop.forms.companies import DecisionForm, RequestForm, lot_choices
from portal.shop.queries import requests as queries
from portal.shop.queries.planting import campaign
from portal.shop.queries.requests import RequestView
from portal.shop.rules.basket import Basket, BasketLine
from portal.shop.rules.quotes import PriceChanged, Quote, check_mass
from portal.shop.rules.requests import Ask, ReasonIsMissing, RequestState
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.shop.views.basket import purchase_of
from portal.shop.views.buying import pay_page, payment_of, provider_of
from portal.shop.words.orders import fee_words, kind_of_purchase, request_words
from portal.web.guard import actor, opened_now, signed_in
from portal.web.i18n import _, lang, message
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("requests", __name__)

PAGE = 25
Answer = str | Response | tuple[str, int]


@blueprint.get("/account/requests")
@signed_in
def index() -> Answer:
    """What I asked for, and what I am asked."""
    rows = queries.requests_of(actor(), request.args.get("cursor", ""), PAGE)
    return render_template(
        "shop/requests.html",
        page=cut(rows, PAGE, lambda row: row.id),
        words_of=request_words,
        names=_names(),
        waits_for_me=lambda row: row.state is RequestState.ASKED and policy.may_decide(actor(), row),
        has_organisation=bool(actor().organisations),
    )


@blueprint.route("/account/requests/new", methods=["GET", "POST"])
@signed_in
def new() -> Answer:
    """Ask for a purchase; nothing is reserved until it is approved."""
    names = _names()
    if not names:
        return redirect(url_for("accounts.organisations"), 303)
    form = RequestForm(formdata=request.form or None)
    form.organisation.choices = list(names.items())
    chosen = Basket.read(request.values.get("basket", ""))
    if chosen.is_empty:
        form.lot.choices = lot_choices(register.open_lots())
        form.currency.choices = [SelectChoice(each, each) for each in prices.currencies()]
    else:
        del form.lot, form.kg, form.currency
    if request.method == "GET":
        form.request.data, form.basket.data = new_id("prq"), chosen.text
        form.name.data = next(iter(names.values()))
        return _ask_page(form, chosen)
    if not form.validate():
        return _ask_page(form, chosen, 422)
    try:
        if chosen.is_empty:
            chosen = Basket((BasketLine(form.lot.data, check_mass(form.kg.value)),), "", form.currency.data)
        made = commands.ask(actor(), form.request.data or "", _asked(form, chosen), clock.now())
    except InvalidInput as error:
        if "kg" not in form:
            return _ask_page(form, chosen, 422, message(error))
        form.blame("kg", error)
        return _ask_page(form, Basket(), 422)
    flash(_("Your question is on its way to those who may approve it."), "success")
    return redirect(url_for("requests.show", request_id=made), 303)


def _ask_page(form: RequestForm, chosen: Basket, status: int = 200, problem: str = "") -> Answer:
    """``chosen`` is empty when it is chosen on the page itself."""
    purchase = None if chosen.is_empty else purchase_of(chosen)
    page = render_template(
        "shop/request_new.html",
        form=form,
        problem=problem,
        purchase=purchase,
        quote=purchase.quote(PaymentKind.CARD) if purchase and not problem else None,
        fee_words=fee_words(),
    )
    return page, status


def _asked(form: RequestForm, chosen: Basket) -> Ask:
    """Raises NothingChosen, NotFound, NotPricedIn and what a quote raises."""
    return Ask(
        organisation_id=form.organisation.data,
        basket=chosen,
        quote=purchase_of(chosen).quote(payment_of(form.payment.data)),
        name=form.name.data or "",
        is_public=bool(form.is_public.data),
        note=form.note.data or "",
        lang=lang(),
    )


def _names() -> dict[str, str]:
    return {
        each.id: each.name.in_(lang()) or each.name.zh or each.name.en
        for each in accounts.organisations_of(actor())
    }


@blueprint.get("/account/requests/<request_id>")
@signed_in
def show(request_id: str) -> Answer:
    return _page(queries.request(actor(), request_id))


def _page(
    found: RequestView, form: DecisionForm | None = None, status: int = 200, problem: str = ""
) -> Answer:
    is_open, quote = found.state is RequestState.ASKED, None
    if is_open:
        try:
            quote = _today(found)
        except PortalError as error:  # it can still be declined or withdrawn
            problem = problem or message(error)
    if form is None:
        form = DecisionForm(formdata=None)
    if quote:
        form.quote_hash.data = quote.hash
    lines = [(register.lot(line.lot), line.mass) for line in found.basket.lines]
    names = named_here([found.person_id, found.decided_by or ""])
    page = render_template(
        "shop/request.html",
        request_=found,
        words=request_words(found.state),
        kind=kind_of_purchase(bool(lines), bool(found.seedlings)),
        problem=problem,
        form=form,
        quote=quote,
        lines=lines,
        seedlings=[(campaign(line.campaign), line.seedlings) for line in found.basket.seedlings],
        asker=names.get(found.person_id, ""),
        decider=names.get(found.decided_by or "", ""),
        organisation=_names().get(found.organisation_id, ""),
        fee_words=fee_words(),
        may_decide=is_open and policy.may_decide(actor(), found),
        may_withdraw=is_open and found.person_id == actor().id,
        is_mine=found.person_id == actor().id,
    )
    return page, status


def _today(found: RequestView) -> Quote:
    """Today's price of what was asked. Raises NotFound, NotPricedIn and what a quote raises."""
    return purchase_of(found.basket).quote(PaymentKind(found.payment))


@blueprint.post("/account/requests/<request_id>/accept")
@signed_in
def accept(request_id: str) -> Answer:
    """Approve, and go to pay."""
    found, form, now = queries.request(actor(), request_id), DecisionForm(), clock.now()
    if not form.validate():
        return _page(found, form, 422)
    try:
        quote = _today(found)
        order_id = commands.accept(
            actor(),
            request_id,
            quote,
            form.quote_hash.data or "",
            provider_of(quote.payment),
            till().provider.test,
            now,
        )
    except PriceChanged as error:
        return _page(found, None, 409, message(error))
    except PortalError as error:
        return _page(queries.request(actor(), request_id), None, 409, message(error))
    opened_now(order_id)
    try:
        described = purchase_of(found.basket).described
        return redirect(pay_page(order_id, quote.payment, described, now), 303)
    except PortalError as error:
        # The approval stands, and the credits are reserved: the order's own page offers to pay again.
        flash(message(error), "warning")
        return redirect(url_for("shop.order", order_id=order_id), 303)


@blueprint.post("/account/requests/<request_id>/decline")
@signed_in
def decline(request_id: str) -> Answer:
    found, form = queries.request(actor(), request_id), DecisionForm()
    if not form.validate():
        return _page(found, form, 422)
    try:
        commands.decline(actor(), request_id, form.reason.data or "", clock.now())
    except ReasonIsMissing as error:
        form.blame("reason", error)
        return _page(found, form, 422)
    flash(_("Declined; your colleague gets a letter with your reason."), "success")
    return redirect(url_for("requests.show", request_id=request_id), 303)


@blueprint.post("/account/requests/<request_id>/withdraw")
@signed_in
def withdraw(request_id: str) -> Answer:
    commands.withdraw(actor(), request_id, clock.now())
    flash(_("The request is withdrawn."), "success")
    return redirect(url_for("requests.show", request_id=request_id), 303)
