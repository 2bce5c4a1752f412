"""Paying for what was chosen, one line or a whole basket: the quote's page, and what follows on it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from flask import render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts import queries as people
from portal.kernel.errors import NotFound
from portal.kernel.mass import Mass, total
from portal.registry.queries import register
from portal.registry.queries.register import LotView
from portal.registry.rules.ledger import NotEnoughCredits
from portal.shop.conditions import conditions
from portal.shop.forms.basket import AddForm
from portal.shop.forms.orders import BuyForm
from portal.shop.provider import ProviderRefused, ProviderUnavailable
from portal.shop.queries.planting import CampaignView
from portal.shop.rules.basket import Basket, by_kind
from portal.shop.rules.contributions import check_contribution
from portal.shop.rules.contributions import purchase as price_of
from portal.shop.rules.orders import OrderContentsDiffer
from portal.shop.rules.planting import TREE_FACTOR, planting
from portal.shop.rules.quotes import Offer, PriceChanged, Quote, QuoteLine, check_minimum
from portal.shop.rules.seedlings import NotEnoughPlaces, PlantingIsOver
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.shop.views.gift_in_hand import in_hand
from portal.shop.views.paying import (
    buy_form,
    credits_bought,
    payment_chosen,
    refusal,
    reserve_and_pay,
    seedlings_bought,
)
from portal.shop.words.orders import fee_words, party_words
from portal.web.guard import actor
from portal.web.i18n import _, message

Answer = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is about to be bought. ``kept`` are the fields by which the next page knows it again."""

    lines: tuple[tuple[LotView, Mass], ...]
    purpose: str
    kept: tuple[tuple[str, str], ...]
    action: str  # where the form goes
    back: str  # where the amounts are changed
    seedlings: tuple[tuple[CampaignView, int], ...] = ()

    @property
    def is_basket(self) -> bool:
        return self.action == url_for("shop_basket.buy")

    @property
    def by_kind(self) -> dict[str, Mass]:
        return by_kind((lot.project_type, mass) for lot, mass in self.lines)

    @property
    def may_be_asked(self) -> bool:
        """Whether somebody else can approve it: all but a gift, which is its giver's to pay for."""
        return not self.purpose.startswith("gft_")

    def quote(self, payment: PaymentKind) -> Quote:
        """Raises what ``purchase`` does, BelowMinimum, TooFewSeedlings."""
        terms = conditions()
        wanted = [QuoteLine(Offer((lot.code,), lot.price_per_t), mass) for lot, mass in self.lines]
        made = price_of(
            wanted, [campaign.line(number) for campaign, number in self.seedlings], payment, terms
        )
        minimum = till().minimum(made.total.currency)
        check = check_minimum if made.lines else check_contribution
        return check(made, minimum, terms)

    @property
    def seedling_count(self) -> int:
        return sum(number for _campaign, number in self.seedlings)

    @property
    def described(self) -> str:
        """What the payment page says is bought."""
        parts = [credits_bought(total([mass for _lot, mass in self.lines]))] if self.lines else []
        parts += [seedlings_bought(self.seedling_count)] if self.seedlings else []
        return " + ".join(parts)


def first_form(seen: Quote, order_id: str) -> BuyForm:
    """Before anything is typed; who is signed in need not write their name again."""
    known = {}
    if actor().is_person:
        with suppress(NotFound):
            person = people.person(actor().id)
            known = {"name": person.name, "email": person.email}
    return buy_form(formdata=None, order_id=order_id, quote_hash=seen.hash, **known)


def quote_page(purchase: Purchase, seen: Quote, form: BuyForm, problem: str = "") -> str:
    """The price with all its parts, and the questions before paying."""
    lot, mass = purchase.lines[0] if purchase.lines else (None, None)
    is_single_arr = lot and mass and len(purchase.lines) == 1 and lot.project_type == "ARR"
    if not purchase.lines:
        form.consent.label.text = _(
            "Make the contribution final at once, so that I get the certificate right after paying"
        )
    return render_template(
        "shop/quote.html",
        purchase=purchase,
        lot=lot,
        quote=seen,
        transfer_total=purchase.quote(PaymentKind.TRANSFER).total,
        form=form,
        problem=problem,
        trees=planting(mass) if is_single_arr and mass and not purchase.seedlings else None,
        factor=TREE_FACTOR,
        fee_words=fee_words(),
        party_words=party_words(),
        is_test=till().provider.test,
        to_basket=_to_basket(purchase),
        basket=Basket.of(seen, purchase.purpose),
        may_ask=bool(actor().organisations) and purchase.may_be_asked,
        gift=in_hand(),
    )


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
    seen = purchase.quote(PaymentKind.CARD)
    if not form.validate():
        return quote_page(purchase, seen, form), 422
    if form.quote_hash.data != seen.hash:
        form.quote_hash.data = seen.hash
        return quote_page(purchase, seen, form, message(PriceChanged())), 409
    return _place(purchase, seen, form, payment_chosen(form))


def _place(purchase: Purchase, seen: Quote, form: BuyForm, payment: PaymentKind) -> Answer:
    chosen = purchase.quote(payment)
    try:
        return reserve_and_pay(chosen, form, purchase.described, purchase.purpose)
    except NotEnoughCredits as error:
        return _sold_out_page(purchase, seen, form, error)
    except (
        NotEnoughPlaces,
        PlantingIsOver,
        OrderContentsDiffer,
        ProviderUnavailable,
        ProviderRefused,
    ) as error:
        status, problem = refusal(error)
        return quote_page(purchase, seen, form, problem), status


def _sold_out_page(purchase: Purchase, seen: Quote, form: BuyForm, error: NotEnoughCredits) -> Answer:
    if len(purchase.lines) > 1 or purchase.seedlings:
        problem = _(
            "Somebody was faster: not all of these credits are left. Nothing was reserved or charged."
        )
        return quote_page(purchase, seen, form, problem), 409
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
