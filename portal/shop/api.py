"""Orders for programs: place one, look at one."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from flask import Response, current_app, jsonify, request
from pydantic import BaseModel, ConfigDict, Field

from portal.kernel import clock
from portal.kernel.clock import text_of
from portal.kernel.errors import N_
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.shop.commands import ordering
from portal.shop.conditions import conditions
from portal.shop.links import order_url
from portal.shop.provider import ProviderRefused, ProviderUnavailable
from portal.shop.queries import orders as queries
from portal.shop.queries import planting as plantings
from portal.shop.queries.orders import OrderView
from portal.shop.rules.contributions import check_contribution, contribution
from portal.shop.rules.orders import NAME_MAX, Buyer, TransfersNotTaken
from portal.shop.rules.quotes import (
    NothingChosen,
    Offer,
    Quote,
    QuoteLine,
    check_minimum,
    make_quote,
    most_mass,
)
from portal.shop.rules.seedlings import MOST_SEEDLINGS
from portal.shop.rules.terms import TERMS, PaymentKind
from portal.shop.till import Way, till
from portal.web.api import BadRequestBody, api_blueprint, body, describes, idempotency_key
from portal.web.forms import clean_line
from portal.web.guard import actor, open_to_all, opened_now
from portal.web.i18n import _, ngettext, number, speak
from portal.web.i18n import mass as mass_words
from portal.web.links import key_for, opens

blueprint = api_blueprint("shop", __name__)


class LineIn(BaseModel):
    """``lot`` and ``project`` are codes; without either, what the city recommends first."""

    model_config = ConfigDict(extra="forbid", strict=True)
    kg: Annotated[int, Field(ge=1, le=TERMS.most.kg_down)]
    lot: Annotated[str, Field(max_length=80)] | None = None
    project: Annotated[str, Field(max_length=80)] | None = None


class SeedlingsIn(BaseModel):
    """A contribution to the planting with this code (see /planting): no kilograms, no credits."""

    model_config = ConfigDict(extra="forbid", strict=True)
    planting: Annotated[str, Field(min_length=1, max_length=80)]
    seedlings: Annotated[int, Field(ge=1, le=MOST_SEEDLINGS)]


class BeneficiaryIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
    public: bool = False


class OrderIn(BaseModel):
    """``lines`` and ``seedlings``, one or both, or ``budget_minor`` for as many kilograms as it pays for."""

    model_config = ConfigDict(extra="forbid", strict=True)
    id: Annotated[str, Field(pattern=r"^ord_[0-7][0-9A-HJKMNP-TV-Z]{25}$")] | None = None
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=TERMS.lines)] | None = None
    seedlings: Annotated[list[SeedlingsIn], Field(min_length=1, max_length=TERMS.lines)] | None = None
    budget_minor: Annotated[int, Field(ge=1, le=10**12)] | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "CNY"
    payment: Annotated[str, Field(pattern="^(card|transfer)$")] = "card"
    beneficiary: BeneficiaryIn
    purpose: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[str, Field(max_length=254)]
    lang: Annotated[str, Field(pattern="^(zh|en)$")] = "zh"
    consent_retire_now: bool = False


class LineOut(BaseModel):
    kg: int
    mass_g: int
    lots: list[str]
    price_minor_per_t: int
    amount_minor: int


class FeeOut(BaseModel):
    kind: str
    amount_minor: int


class SeedlingsOut(BaseModel):
    """A contribution to a planting: no kilograms, no credits."""

    planting: str
    seedlings: int
    amount_minor: int
    certificate: str | None


class PlantingOut(BaseModel):
    """Seedlings at a named parcel. ``planted`` and ``alive``: the newest counts, null before there is one."""

    code: str
    parcel_code: str
    parcel_zh: str
    parcel_en: str
    species_zh: str
    species_en: str
    species_latin: str
    season_zh: str
    season_en: str
    price_minor: int
    currency: str
    places: int
    left: int
    funded: int
    planted: int | None
    alive: int | None
    counted_on: str | None
    contributions_until: str
    is_open: bool
    demo: bool


class PlantingsOut(BaseModel):
    plantings: list[PlantingOut]


class OrderOut(BaseModel):
    """``token`` opens the order: as ``Authorization: Bearer`` here, as ``k=`` on its page."""

    id: str
    state: str
    amount_minor: int
    currency: str
    lines: list[LineOut]
    seedlings: list[SeedlingsOut]
    fees: list[FeeOut]
    test: bool
    pay_url: str | None
    expires_at: str
    certificates: list[str]
    token: str | None = None


@blueprint.post("/orders")
@open_to_all
@describes(
    summary=N_("Place an order"),
    body=OrderIn,
    answers={201: OrderOut},
    errors=(404, 409, 422, 503),
    idempotent=True,
    tag="orders",
)
def place_order() -> tuple[Response, int]:
    asked = body(OrderIn)
    key = idempotency_key()
    payment, now = PaymentKind(asked.payment), clock.now()
    if payment is PaymentKind.TRANSFER and not current_app.config["PORTAL"].takes_transfers:
        raise TransfersNotTaken()
    speak(asked.lang)
    quote = _quote(asked, payment)
    provider = till().provider
    buyer = Buyer(clean_line(asked.beneficiary.name), _email(asked.email), asked.beneficiary.public)
    order_id = ordering.place_order(
        actor(),
        asked.id or new_id("ord"),
        quote,
        buyer,
        purpose=asked.purpose,
        lang=asked.lang,
        consent=asked.consent_retire_now,
        provider=provider.name if payment is PaymentKind.CARD else "transfer",
        test=provider.test,
        idempotency_key=key,
        now=now,
    )
    opened_now(order_id)
    try:
        pay_url = till().open_payment(order_id, _way(order_id, quote, asked.lang), now)
    except (ProviderUnavailable, ProviderRefused):
        till().give_up(order_id, now)
        raise
    shown = _shown(queries.order(actor(), order_id), pay_url)
    shown.token = key_for(order_id)
    return jsonify(shown.model_dump()), 201


@blueprint.get("/orders/<order_id>")
@open_to_all
@describes(
    summary=N_("How an order stands"),
    answers={200: OrderOut},
    errors=(404,),
    bearer=True,
    tag="orders",
)
def order(order_id: str) -> Response:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and opens(token.strip(), order_id):
        opened_now(order_id)
    found = queries.order(actor(), order_id)
    return jsonify(
        _shown(found, found.session_url if found.is_unpaid else None).model_dump(exclude={"token"})
    )


def _quote(asked: OrderIn, payment: PaymentKind) -> Quote:
    minimum, terms = till().minimum(asked.currency), conditions()
    if asked.seedlings and asked.budget_minor is None:
        lines = [QuoteLine(_offer(line, asked.currency), Mass.kg(line.kg)) for line in asked.lines or ()]
        trees = [plantings.campaign(each.planting).line(each.seedlings) for each in asked.seedlings]
        made = contribution(trees, lines, payment, terms)
        return check_minimum(made, minimum, terms) if lines else check_contribution(made, minimum, terms)
    if asked.lines and asked.budget_minor is None:
        wanted = [(_offer(line, asked.currency), Mass.kg(line.kg)) for line in asked.lines]
    elif asked.budget_minor is not None and not (asked.lines or asked.seedlings):
        offer = queries.first_offer(asked.currency)
        budget = Money(asked.budget_minor, asked.currency)
        wanted = [(offer, most_mass(offer, payment, budget, minimum, terms))]
    else:
        raise NothingChosen()
    return check_minimum(make_quote(wanted, payment, terms), minimum, terms)


def _offer(line: LineIn, currency: str) -> Offer:
    if line.lot:
        return queries.offer_of(line.lot, currency)
    if line.project:
        return queries.offer_for_project(line.project, currency)
    return queries.first_offer(currency)


def _absolute(url: str | None) -> str | None:
    """The sandbox's page is one of ours and known by its path alone."""
    return current_app.config["PORTAL"].base_url + url if url and url.startswith("/") else url


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise BadRequestBody(
            field="email", reason=_("Write an e-mail address like name@example.com.")
        ) from None


def _way(order_id: str, quote: Quote, lang: str) -> Way:
    return Way(
        success_url=order_url(order_id, lang, "/back"),
        cancel_url=order_url(order_id, lang),
        description=_described(quote),
    )


def _described(quote: Quote) -> str:
    parts = [_("%(mass)s in verified credits", mass=mass_words(quote.mass))] if quote.lines else []
    if count := sum(line.seedlings for line in quote.seedlings):
        seedlings = ngettext("%(shown)s seedling", "%(shown)s seedlings", count, shown=number(count))
        parts.append(_("Planting contribution: %(seedlings)s", seedlings=seedlings))
    return " + ".join(parts)


def _shown(order: OrderView, pay_url: str | None) -> OrderOut:
    funded = plantings.seedlings_of(order.id)
    return OrderOut(
        id=order.id,
        state=order.state.value,
        amount_minor=order.total.minor,
        currency=order.total.currency,
        lines=[
            LineOut(
                kg=line.mass.kg_down,
                mass_g=line.mass.grams,
                lots=list(line.lots),
                price_minor_per_t=line.per_tonne.minor,
                amount_minor=line.amount.minor,
            )
            for line in order.lines
        ],
        seedlings=[
            SeedlingsOut(
                planting=each.campaign.code,
                seedlings=each.seedlings,
                amount_minor=each.amount.minor,
                certificate=each.certificate,
            )
            for each in funded
        ],
        fees=[FeeOut(kind=fee.kind.value, amount_minor=fee.amount.minor) for fee in order.fees],
        test=order.test,
        pay_url=_absolute(pay_url),
        expires_at=text_of(order.expires_at),
        certificates=[*order.certificates, *(each.certificate for each in funded if each.certificate)],
    )


@blueprint.get("/planting")
@open_to_all
@describes(summary=N_("Plantings and what became of them"), answers={200: PlantingsOut}, tag="orders")
def list_plantings() -> Response:
    today = clock.today()
    shown = PlantingsOut(
        plantings=[
            PlantingOut(
                code=each.code,
                parcel_code=each.parcel_code,
                parcel_zh=each.parcel_name.zh,
                parcel_en=each.parcel_name.en,
                species_zh=each.species.zh,
                species_en=each.species.en,
                species_latin=each.latin,
                season_zh=each.season.zh,
                season_en=each.season.en,
                price_minor=each.each.minor,
                currency=each.each.currency,
                places=each.places,
                left=each.left,
                funded=each.funded,
                planted=each.counts.planted,
                alive=each.counts.alive,
                counted_on=each.counts.alive_on.isoformat() if each.counts.alive_on else None,
                contributions_until=each.sales_until.isoformat(),
                is_open=each.is_open(today),
                demo=each.is_demo,
            )
            for each in plantings.campaigns()
        ]
    )
    return jsonify(shown.model_dump())
