"""What the address of the choosing pages says: which lot, in which currency, and what it is to cover."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from portal.footprint.queries import events
from portal.footprint.queries import results as footprints
from portal.footprint.rules import library
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput
from portal.kernel.ids import is_id
from portal.kernel.mass import Mass, total
from portal.kernel.money import PLACES
from portal.registry.queries import register
from portal.registry.queries.register import LotView
from portal.shop.rules.orders import NothingForSale, check_purpose
from portal.shop.rules.quotes import NoPriceList, Offer, to_cover
from portal.shop.views.checkout import Purchase
from portal.shop.views.gift_in_hand import purpose_of
from portal.web.guard import actor


@dataclass(frozen=True, slots=True)
class Part:
    """A line of what is to be covered."""

    key: str
    title: Bilingual
    mass: Mass


@dataclass(frozen=True, slots=True)
class Cover:
    """A footprint or the frozen inventory of an event, line by line, and what was retired for it before."""

    id: str
    gross: Mass
    parts: tuple[Part, ...]
    retired: Mass
    chosen: tuple[str, ...]  # keys of the lines that are to be covered; none: all of it

    @property
    def whole(self) -> Mass:
        return to_cover(self.gross)

    @property
    def rest(self) -> Mass | None:
        """What is left to cover; None when that is nothing, or all of it."""
        left = self.gross.grams - self.retired.grams
        return to_cover(Mass(left)) if 0 < left < self.gross.grams else None

    @property
    def wanted(self) -> Mass:
        """The chosen lines together, in whole kilograms; without a choice, the whole."""
        chosen = [part.mass for part in self.parts if part.key in self.chosen]
        return to_cover(total(chosen)) if chosen else self.whole


@dataclass(frozen=True, slots=True)
class Choice:
    lot: LotView
    purpose: str
    cover: Cover | None

    @property
    def currency(self) -> str:
        return self.lot.price_per_t.currency

    @property
    def kept(self) -> dict[str, str]:
        """What the next page must know again."""
        kept = {"lot": self.lot.code, "purpose": self.purpose, "currency": wanted_currency() or ""}
        for name in ("footprint", "event"):
            if self.cover and request.values.get(name) == self.cover.id:
                kept[name] = self.cover.id
                kept["k"] = request.values.get("k", "")
        if self.purpose.startswith("gft_"):
            kept["k"] = request.values.get("k", "")
        return {name: value for name, value in kept.items() if value}

    @property
    def offer(self) -> Offer:
        return Offer((self.lot.code,), self.lot.price_per_t)

    def purchase(self, mass: Mass) -> Purchase:
        kept = (("kg", str(mass.kg_down)), *self.kept.items())
        back: dict[str, Any] = self.kept
        return Purchase(
            ((self.lot, mass),), self.purpose, kept, url_for("shop.buy"), url_for("shop.offset", **back)
        )


def choice(among: list[LotView] | None = None) -> Choice:
    """Raises NotFound for a lot that does not exist, NotPricedIn, NothingForSale."""
    wanted = request.values.get("lot", "")
    lot = register.lot(wanted, wanted_currency()).in_round_numbers if wanted else recommended(among)
    cover = _footprint() or _inventory()
    return Choice(lot, purpose_of(_purpose()) or (cover.id if cover else ""), cover)


def wanted_currency() -> str | None:
    """The currency in the address; None for each lot's own."""
    currency = request.values.get("currency", "")
    return currency if currency in PLACES else None


def recommended(among: list[LotView] | None = None) -> LotView:
    """The first lot the city recommends that has anything left. Raises NothingForSale, NoPriceList."""
    lots = among or for_sale()
    return next((each for each in lots if each.free), lots[0])


def for_sale() -> list[LotView]:
    """Every open lot with a price in the currency in the address, what is left in round numbers.

    Raises NothingForSale, NoPriceList.
    """
    currency = wanted_currency()
    lots = [lot.in_round_numbers for lot in register.open_lots(currency)]
    if not lots and currency and register.open_lots():
        raise NoPriceList(currency=currency)
    if not lots:
        raise NothingForSale()
    return lots


def _purpose() -> str:
    """An id of another room, or nothing: a mistyped one is dropped, never guessed at."""
    try:
        return check_purpose(request.values.get("purpose", ""))
    except InvalidInput:
        return ""


def _footprint() -> Cover | None:
    """The footprint in the address, if this visitor may see it. Raises NotFound."""
    footprint_id = request.values.get("footprint", "")
    if not is_id(footprint_id, "fpr"):
        return None
    found = footprints.footprint(actor(), footprint_id)
    titles = library.model(found.model_id, found.version).rules
    parts = tuple(Part(line.rule, titles[line.rule].title, line.mass) for line in found.lines if line.grams)
    return _cover(found.id, found.total, parts)


def _inventory() -> Cover | None:
    """The frozen inventory of the organiser's event in the address. Raises NotFound, NothingToFreeze."""
    event_id = request.values.get("event", "")
    if not is_id(event_id, "evt"):
        return None
    found = events.frozen_inventory(events.event(actor(), event_id).id)
    parts = tuple(Part(line.rule, line.title, line.mass) for line in found.lines if line.mass.grams)
    return _cover(found.event_id, found.gross, parts)


def _cover(thing_id: str, gross: Mass, parts: tuple[Part, ...]) -> Cover:
    chosen = tuple(request.values.getlist("part"))
    return Cover(thing_id, gross, parts, register.retired_for(thing_id), chosen)
