"""The basket's pages: what is in it, at which prices, and one order for all of it. No script is needed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotFound, PortalError
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.kernel.money import PLACES, Money, price
from portal.registry.queries import prices, register
from portal.registry.queries.register import LotView
from portal.shop.forms.basket import AddForm, AddSeedlingsForm, LinesForm
from portal.shop.queries import planting as plantings_now
from portal.shop.queries.planting import CampaignView
from portal.shop.rules.basket import Basket, BasketLine, SeedlingsWanted, by_kind
from portal.shop.rules.quotes import NothingChosen, Quote, check_mass
from portal.shop.rules.seedlings import NotEnoughPlaces, PlantingIsOver
from portal.shop.rules.terms import TERMS, PaymentKind
from portal.shop.till import till
from portal.shop.views.basket_cookie import basket_now, keep
from portal.shop.views.checkout import Answer, Purchase, first_form, quote_page, sent
from portal.shop.views.gift_in_hand import purpose_of
from portal.shop.words.orders import fee_words, party_words
from portal.web.guard import open_to_all
from portal.web.i18n import _, lang, message
from portal.web.page import page_blueprint

blueprint = page_blueprint("shop_basket", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the basket as it stands now: ``lot`` is None when it has no price in the currency."""

    line: BasketLine
    lot: LotView | None
    problem: str = ""

    @property
    def amount(self) -> Money | None:
        return price(self.line.mass, self.lot.price_per_t) if self.lot else None

    @property
    def name(self) -> str:
        return self.lot.project.name.in_(lang()) or self.lot.project.name.en if self.lot else self.line.lot


@dataclass(frozen=True, slots=True)
class PlantingRow:
    """Seedlings in the basket as they stand now: ``campaign`` is None when there is no such planting."""

    line: SeedlingsWanted
    campaign: CampaignView | None
    problem: str = ""

    @property
    def amount(self) -> Money | None:
        return self.campaign.each * self.line.seedlings if self.campaign else None

    @property
    def name(self) -> str:
        return self.campaign.parcel_name.in_(lang()) if self.campaign else self.line.campaign


@blueprint.get("/basket")
@open_to_all
def basket() -> Answer:
    """What is in the basket, and what it costs."""
    return _page(basket_now())


def _page(chosen: Basket, form: LinesForm | None = None, status: int = 200, problem: str = "") -> Answer:
    rows = [_row(line, chosen.currency) for line in chosen.lines]
    plantings = [_planting_row(line, chosen.currency) for line in chosen.seedlings]
    seen, why_not = _quoted([*rows, *plantings], chosen)
    uprooted = SeedlingsWanted.read(request.args.get("uprooted", ""))
    removed = BasketLine.read(request.args.get("removed", ""))
    page = render_template(
        "shop/basket.html",
        basket=chosen,
        rows=rows,
        plantings=plantings,
        seedling_count=sum(each.line.seedlings for each in plantings),
        uprooted=_planting_row(uprooted, chosen.currency) if uprooted else None,
        by_kind=by_kind((row.lot.project_type, row.line.mass) for row in rows if row.lot),
        form=form or _lines_form(rows, plantings)(formdata=None, **_kilograms(rows), **_numbers(plantings)),
        quote=seen,
        problem=problem or why_not,
        minimum=till().minimum(chosen.currency),
        currencies=prices.currencies(),
        removed=_row(removed, chosen.currency) if removed else None,
        purpose=request.args.get("purpose", ""),
        most_lines=TERMS.lines,
        fee_words=fee_words(),
        party_words=party_words(),
    )
    return page, status


def _row(line: BasketLine, currency: str) -> Row:
    try:
        lot = register.lot(line.lot, currency)
    except (NotFound, InvalidInput) as error:
        return Row(line, None, message(error))
    if lot.closed_at or not lot.free:
        return Row(line, lot, _("Sold out."))
    if lot.free < line.mass:
        return Row(line, lot, _("Only %(left)s are left.", left=_kg(lot.free)))
    return Row(line, lot)


def _planting_row(line: SeedlingsWanted, currency: str) -> PlantingRow:
    try:
        campaign = plantings_now.campaign(line.campaign)
    except NotFound as error:
        return PlantingRow(line, None, message(error))
    if not campaign.is_open(clock.today()):
        return PlantingRow(line, campaign, message(PlantingIsOver()))
    if campaign.left < line.seedlings:
        return PlantingRow(line, campaign, message(NotEnoughPlaces(left=campaign.left)))
    if campaign.each.currency != currency:
        return PlantingRow(
            line,
            campaign,
            _("These seedlings are paid for in %(currency)s only.", currency=campaign.each.currency),
        )
    return PlantingRow(line, campaign)


def _kg(mass: Mass) -> str:
    return f"{mass.kg_down} kg"


def _quoted(rows: Sequence[Row | PlantingRow], chosen: Basket) -> tuple[Quote | None, str]:
    """The price of the whole basket; without one, why not."""
    if not rows or any(row.problem for row in rows):
        return None, _("Please change the lines that are marked first.") if rows else ""
    try:
        return purchase_of(chosen).quote(PaymentKind.CARD), ""
    except InvalidInput as error:
        return None, message(error)


def purchase_of(chosen: Basket) -> Purchase:
    """What is in it, at today's prices. Raises NothingChosen, NotFound, NotPricedIn."""
    if chosen.is_empty:
        raise NothingChosen()
    lines = tuple((register.lot(line.lot, chosen.currency), line.mass) for line in chosen.lines)
    kept = (
        ("purpose", chosen.purpose),
        ("currency", chosen.currency),
        *(("line", line.text) for line in chosen.lines),
        *(("seedling_line", line.text) for line in chosen.seedlings),
    )
    return Purchase(
        lines,
        purpose_of(chosen.purpose),
        kept,
        url_for("shop_basket.buy"),
        url_for("shop_basket.basket"),
        tuple((plantings_now.campaign(line.campaign), line.seedlings) for line in chosen.seedlings),
    )


def _lines_form(rows: Sequence[Row], plantings: Sequence[PlantingRow]) -> type[LinesForm]:
    return LinesForm.of([row.name for row in rows], [row.name for row in plantings])


def _numbers(plantings: Sequence[PlantingRow]) -> dict[str, str]:
    return {f"seedlings_{place}": str(row.line.seedlings) for place, row in enumerate(plantings)}


def _kilograms(rows: Sequence[Row]) -> dict[str, str]:
    return {f"kg_{number}": str(row.line.mass.kg_down) for number, row in enumerate(rows)}


# -- changing ----------------------------------------------------------------------------------


@blueprint.post("/basket/lines")
@open_to_all
def add() -> Answer:
    """So much more of a lot."""
    form, now = AddForm(), basket_now()
    if not form.validate():
        return _page(now, status=422, problem=_("Please choose an amount."))
    try:
        changed = _in_currency(now, form.currency.data or "").with_line(_line(form), form.purpose.data or "")
    except PortalError as error:
        return _page(now, status=422, problem=message(error))
    return keep(redirect(url_for("shop_basket.basket"), 303), changed)


@blueprint.post("/basket/seedlings")
@open_to_all
def add_seedlings() -> Answer:
    """So many more seedlings of a planting."""
    form, now = AddSeedlingsForm(), basket_now()
    if not form.validate():
        return _page(now, status=422, problem=_("Please choose an amount."))
    try:
        campaign = plantings_now.campaign(form.campaign.data or "")
        wanted = SeedlingsWanted(campaign.code, form.seedlings.value)
        changed = _in_currency(now, campaign.each.currency).with_seedlings(wanted)
    except PortalError as error:
        return _page(now, status=422, problem=message(error))
    return keep(redirect(url_for("shop_basket.basket"), 303), changed)


def _line(form: AddForm) -> BasketLine:
    """Raises NothingChosen, NotFound and what check_mass does."""
    lot = register.lot(form.lot.data or "", form.currency.data or None)
    if form.mass:
        return BasketLine(lot.code, check_mass(form.mass))
    raise NothingChosen()


def _in_currency(now: Basket, currency: str) -> Basket:
    """An empty basket takes the currency of what is put in; a filled one keeps its own."""
    is_known = currency in PLACES and now.is_empty
    return Basket((), "", currency) if is_known else now


@blueprint.post("/basket")
@open_to_all
def change() -> Answer:
    """Other amounts, another currency, or a line less."""
    now = basket_now()
    if lot := request.form.get("remove"):
        line = next((each for each in now.lines if each.lot == lot), None)
        undo = line.text if line else None
        back = url_for("shop_basket.basket", removed=undo, purpose=now.purpose or None)
        return keep(redirect(back, 303), now.without(lot))
    if campaign := request.form.get("uproot"):
        gone = next((each for each in now.seedlings if each.campaign == campaign), None)
        back = url_for("shop_basket.basket", uprooted=gone.text if gone else None)
        return keep(redirect(back, 303), now.without_seedlings(campaign))
    rows = [_row(line, now.currency) for line in now.lines if line.lot in request.form.getlist("lot")]
    shown = request.form.getlist("campaign")
    plantings = [_planting_row(line, now.currency) for line in now.seedlings if line.campaign in shown]
    form = _lines_form(rows, plantings)()
    if not form.validate():
        return _page(now, form, 422)
    try:
        changed = _changed(now, rows, plantings, form)
    except InvalidInput as error:
        return _page(now, form, 422, message(error))
    flash(_("The basket is up to date."), "success")
    return keep(redirect(url_for("shop_basket.basket"), 303), changed)


def _changed(now: Basket, rows: Sequence[Row], plantings: Sequence[PlantingRow], form: LinesForm) -> Basket:
    """Raises what check_mass does."""
    for planting, number in zip(plantings, form.numbers(), strict=True):
        now = now.with_number(planting.line.campaign, number)
    for row, mass in zip(rows, form.masses(), strict=True):
        now = now.with_mass(row.line.lot, mass)
    currency = request.form.get("currency", now.currency)
    return replace(now, currency=currency if currency in PLACES else now.currency)


@blueprint.post("/basket/again")
@open_to_all
def again() -> Answer:
    """What an order that lapsed or was cancelled had, into the basket once more."""
    basket = _sent_basket()
    return keep(redirect(url_for("shop_basket.basket"), 303), basket)


def _sent_basket() -> Basket:
    """The basket as a page sent it, which another page of the same visitor cannot have changed."""
    lines = [line for text in request.form.getlist("line") if (line := BasketLine.read(text))]
    currency = request.form.get("currency", "CNY")
    basket = Basket((), "", currency if currency in PLACES else "CNY")
    for line in lines[: TERMS.lines]:
        basket = basket.with_line(line)
    trees = [tree for text in request.form.getlist("seedling_line") if (tree := SeedlingsWanted.read(text))]
    for tree in trees[: TERMS.lines - len(basket.lines)]:
        basket = basket.with_seedlings(tree)
    return Basket.read(replace(basket, purpose=request.form.get("purpose", "")).text)


# -- paying ------------------------------------------------------------------------------------


@blueprint.get("/basket/checkout")
@open_to_all
def checkout() -> Answer:
    """The price of all lines together, and the questions before paying."""
    now = basket_now()
    rows: list[Row | PlantingRow] = [
        *(_row(line, now.currency) for line in now.lines),
        *(_planting_row(line, now.currency) for line in now.seedlings),
    ]
    if not rows or any(row.problem for row in rows):
        return redirect(url_for("shop_basket.basket"), 303)
    purchase = purchase_of(now)
    try:
        seen = purchase.quote(PaymentKind.CARD)
    except InvalidInput:
        return redirect(url_for("shop_basket.basket"), 303)
    return quote_page(purchase, seen, first_form(seen, new_id("ord")))


@blueprint.post("/basket/checkout")
@open_to_all
def buy() -> Answer:
    """Reserve all lines in one order, and go to pay; then the basket is empty."""
    answer = sent(purchase_of(_sent_basket()))
    return keep(answer, Basket()) if isinstance(answer, Response) else answer
