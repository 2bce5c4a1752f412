"""Pages of plantings: what can be funded, what became of it, and how to contribute."""

from collections.abc import Iterator

from flask import Response as FlaskResponse
from flask import abort, render_template, request, send_file
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.errors import InvalidInput, PortalError
from portal.kernel.ids import new_id
from portal.registry.queries import register
from portal.registry.queries.register import LotView
from portal.shop.conditions import conditions
from portal.shop.forms.orders import BuyForm
from portal.shop.forms.planting import SeedlingsForm
from portal.shop.queries import planting as queries
from portal.shop.queries.planting import CampaignView
from portal.shop.rules.basket import Basket
from portal.shop.rules.contributions import check_contribution, contribution, least_seedlings
from portal.shop.rules.quotes import Offer, PriceChanged, Quote, QuoteLine
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.shop.views.orders import blueprint
from portal.shop.views.paying import buy_form, payment_chosen, refusal, reserve_and_pay, seedlings_bought
from portal.shop.words.orders import fee_words, party_words
from portal.web import photos
from portal.web.exports import streamed
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, message

PHOTO_FOLDER = "planting"
Answer = str | Response | tuple[str, int]


@blueprint.get("/planting")
@open_to_all
def planting() -> Answer:
    """Plantings that take contributions, and what became of earlier ones."""
    found, today = queries.campaigns(), clock.today()
    return render_template(
        "shop/planting.html",
        open=[each for each in found if each.is_open(today)],
        past=[each for each in found if not each.is_open(today)],
    )


@blueprint.get("/planting/<code>")
@open_to_all
def planting_campaign(code: str) -> Answer:
    """One planting: where, what, by whom, how many, and every report so far."""
    return _campaign_page(queries.campaign(code), SeedlingsForm(formdata=None))


def _campaign_page(found: CampaignView, form: SeedlingsForm, status: int = 200) -> Answer:
    minimum = till().minimum(found.each.currency)
    page = render_template(
        "shop/planting_campaign.html",
        campaign=found,
        is_open=found.is_open(clock.today()) and bool(found.left),
        reports=queries.reports(found.id),
        form=form,
        minimum=minimum,
        least=least_seedlings(found.line(1), minimum, conditions()),
        lot=_recommended(),
    )
    return page, status


def _recommended() -> LotView | None:
    """The first lot the city recommends, for those who want credits in the same order."""
    return next((each for each in register.open_lots() if each.free), None)


@blueprint.get("/planting/<code>/reports.csv")
@open_to_all
def planting_reports(code: str) -> FlaskResponse:
    """Every report of a planting as a table."""
    found = queries.campaign(code)
    head = ("visited_on", "kind", "seedlings", "note_zh", "note_en", "photos", "published_at")

    def rows() -> Iterator[tuple[str | int, ...]]:
        for each in reversed(queries.reports(found.id)):
            yield (
                each.visited_on.isoformat(),
                each.kind.value,
                each.count,
                each.note.zh,
                each.note.en,
                " ".join(photo.sha256 for photo in each.photos),
                clock.text_of(each.at),
            )

    return streamed("csv", f"planting-{found.code}", head, list(rows()))


@blueprint.get("/planting/photos/<sha256>.jpg")
@open_to_all
def planting_photo(sha256: str) -> FlaskResponse:
    """A photo of a report."""
    file = photos.path_of(sha256, PHOTO_FOLDER)
    if not (queries.is_published(sha256) and file.is_file()):
        abort(404)
    return send_file(file, mimetype="image/jpeg", max_age=31_536_000)


# -- contributing ------------------------------------------------------------------------------


@blueprint.get("/planting/<code>/quote")
@open_to_all
def planting_quote(code: str) -> Answer:
    """The price with all its parts, and the questions before paying."""
    found, form = queries.campaign(code), SeedlingsForm(formdata=request.args)
    try:
        chosen = _quote(found, form, PaymentKind.CARD)
    except InvalidInput as error:
        if not form.errors:
            form.blame("kg" if form.kg.value else "seedlings", error)
        return _campaign_page(found, form, 422)
    questions = buy_form(formdata=None, order_id=new_id("ord"), quote_hash=chosen.hash)
    return _quote_page(found, form, chosen, questions)


def _quote(found: CampaignView, form: SeedlingsForm, payment: PaymentKind) -> Quote:
    """Raises InvalidInput; what is wrong with a field stands beside it."""
    if not form.validate():
        raise InvalidInput()
    beside: list[QuoteLine] = []
    lot = _recommended()
    if form.kg.value and lot:
        beside = [QuoteLine(Offer((lot.code,), lot.price_per_t), form.kg.value)]
    made = contribution([found.line(form.seedlings.value)], beside, payment, conditions())
    return check_contribution(made, till().minimum(made.currency), conditions())


def _quote_page(
    found: CampaignView, form: SeedlingsForm, chosen: Quote, questions: BuyForm, status: int = 200,
    problem: str = "",
) -> Answer:  # fmt: skip
    if not chosen.lines:
        questions.consent.label.text = _(
            "Make the contribution final at once, so that I get the certificate right after paying"
        )
    page = render_template(
        "shop/planting_quote.html",
        campaign=found,
        quote=chosen,
        transfer_total=_quote(found, form, PaymentKind.TRANSFER).total,
        seedlings=form.seedlings.value,
        lot=_recommended() if chosen.lines else None,
        form=questions,
        problem=problem,
        fee_words=fee_words(),
        party_words=party_words(),
        is_test=till().provider.test,
        basket=Basket.of(chosen),
        may_ask=bool(actor().organisations),
    )
    return page, status


@blueprint.post("/planting/<code>/quote")
@open_to_all
def planting_buy(code: str) -> Answer:
    """Reserve the places, and go to pay."""
    found, form, questions = queries.campaign(code), SeedlingsForm(formdata=request.form), buy_form()
    try:
        seen = _quote(found, form, PaymentKind.CARD)
    except InvalidInput as error:
        if not form.errors:
            form.blame("seedlings", error)
        return _campaign_page(found, form, 422)
    if not questions.validate():
        return _quote_page(found, form, seen, questions, 422)
    if questions.quote_hash.data != seen.hash:
        questions.quote_hash.data = seen.hash
        return _quote_page(found, form, seen, questions, 409, message(PriceChanged()))
    try:
        chosen = _quote(found, form, payment_chosen(questions))
        return reserve_and_pay(chosen, questions, seedlings_bought(form.seedlings.value))
    except PortalError as error:
        status, problem = refusal(error)
        return _quote_page(queries.campaign(code), form, seen, questions, status, problem)
