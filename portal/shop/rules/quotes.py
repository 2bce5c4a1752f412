"""What an amount of credits costs, who gets which part of the money, and the hash that fixes it."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any

from portal.kernel.canonical import canonical_bytes
from portal.kernel.errors import N_, InvalidInput, Refused
from portal.kernel.mass import Mass, total
from portal.kernel.money import Money, price
from portal.shop.rules.seedlings import SeedlingLine
from portal.shop.rules.terms import TERMS, PaymentKind, Terms

_MILLION = 1_000_000
_KG = 1_000


class WholeKilogramsOnly(InvalidInput):
    message = N_("Credits are sold in whole kilograms.")


class TooLittle(InvalidInput):
    message = N_("The least you can buy is %(least)s.")


class TooMuch(InvalidInput):
    message = N_(
        "One order can cover at most %(most)s. For more, please write to us or place several orders."
    )


class TooManyLines(InvalidInput):
    message = N_("One order can have at most %(most)s lines.")


class NothingChosen(InvalidInput):
    message = N_("Please choose an amount.")


class BelowMinimum(InvalidInput):
    message = N_("The least that can be charged is %(minimum)s, which buys %(least)s of these credits.")


class BudgetTooSmall(InvalidInput):
    message = N_("This budget is too small: the least that can be charged is %(minimum)s.")


class MixedLots(InvalidInput):
    message = N_("Credits priced in different currencies cannot be in one order.")


class NoPriceList(InvalidInput):
    message = N_("Nothing is sold in %(currency)s at the moment.")


class PriceChanged(Refused):
    message = N_("The price has changed since you saw it. Please look at the new one.")


class FeeKind(StrEnum):
    REGISTRY = "registry"
    PAYMENT = "payment"
    ROUNDING = "rounding"  # of a fixed sum: less than a kilogram's price, for the forest owner


class Party(StrEnum):
    """Who gets a part of the money; ``unassigned`` is money that does not match its order yet."""

    FOREST_OWNER = "forest_owner"
    PORTAL = "portal"
    REGISTRY = "registry"
    PAYMENT = "payment"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Offer:
    """Lots that may serve one line, in order of preference, all at one price and of one project type."""

    lot_codes: tuple[str, ...]
    per_tonne: Money


@dataclass(frozen=True, slots=True)
class QuoteLine:
    offer: Offer
    mass: Mass

    @property
    def amount(self) -> Money:
        return price(self.mass, self.offer.per_tonne)


@dataclass(frozen=True, slots=True)
class Fee:
    kind: FeeKind
    amount: Money


@dataclass(frozen=True, slots=True)
class Share:
    party: Party
    amount: Money


@dataclass(frozen=True)  # without slots: its sums are made once
class Quote:
    """A price with all its parts: lines + seedlings + fees = total = Σ split, to the minor unit.

    ``named``: its whole tonnes are to be retired at the source registry in the buyer's name.
    """

    lines: tuple[QuoteLine, ...]
    fees: tuple[Fee, ...]
    payment: PaymentKind
    owner_ppm: int
    terms_version: str
    seedlings: tuple[SeedlingLine, ...] = ()
    planter_ppm: int = 0
    named: bool = False

    @cached_property
    def currency(self) -> str:
        return self.fees[0].amount.currency

    @cached_property
    def mass(self) -> Mass:
        return total([line.mass for line in self.lines])

    @cached_property
    def credits(self) -> Money:
        return _sum([Money(0, self.currency), *(line.amount for line in self.lines)])

    @cached_property
    def planting(self) -> Money:
        return _sum([Money(0, self.currency), *(line.amount for line in self.seedlings)])

    @cached_property
    def total(self) -> Money:
        return _sum([self.credits, self.planting, *(fee.amount for fee in self.fees)])

    @cached_property
    def split(self) -> tuple[Share, ...]:
        """Where every part of the total goes."""
        owner = portion(self.credits, self.owner_ppm) + portion(self.planting, self.planter_ppm)
        fees = {fee.kind: fee.amount for fee in self.fees}
        rounding = fees.get(FeeKind.ROUNDING, Money(0, self.currency))
        return (
            Share(Party.FOREST_OWNER, owner + rounding),
            Share(Party.PORTAL, self.credits + self.planting - owner),
            Share(Party.REGISTRY, fees[FeeKind.REGISTRY]),
            Share(Party.PAYMENT, fees[FeeKind.PAYMENT]),
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON (RFC 8785) of everything the price depends on."""
        return hashlib.sha256(canonical_bytes(self.facts)).hexdigest()

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What two quotes of the same price have in common, as JSON has it."""
        facts: dict[str, Any] = {
            "terms": self.terms_version,
            "payment": self.payment.value,
            "currency": self.total.currency,
            "total_minor": self.total.minor,
            "lines": [
                {
                    "lots": list(line.offer.lot_codes),
                    "grams": line.mass.grams,
                    "minor_per_t": line.offer.per_tonne.minor,
                    "amount_minor": line.amount.minor,
                }
                for line in self.lines
            ],
            "owner_ppm": self.owner_ppm,
            "fees": {fee.kind.value: fee.amount.minor for fee in self.fees},
        }
        if self.seedlings:
            facts |= {
                "planter_ppm": self.planter_ppm,
                "seedlings": [_planted(each) for each in self.seedlings],
            }
        return facts | ({"named": True} if self.named else {})


def _planted(line: SeedlingLine) -> dict[str, Any]:
    return {
        "campaign": line.campaign_code,
        "seedlings": line.seedlings,
        "minor_each": line.each.minor,
        "amount_minor": line.amount.minor,
    }


def portion(amount: Money, ppm: int) -> Money:
    """So many millionths of an amount, rounded up to the minor unit like every price."""
    return Money(-(-amount.minor * ppm // _MILLION), amount.currency)


def check_mass(mass: Mass, terms: Terms = TERMS) -> Mass:
    """Itself, when so much can be sold. Raises WholeKilogramsOnly, TooLittle, TooMuch."""
    if mass < terms.least:
        raise TooLittle(least=terms.least)
    if mass > terms.most:
        raise TooMuch(most=terms.most)
    if mass.grams % _KG:
        raise WholeKilogramsOnly()
    return mass


def to_cover(footprint: Mass) -> Mass:
    """The whole kilograms that cover a footprint: rounded up, at least one."""
    return Mass(max(footprint.kg_up, 1) * _KG)


def make_quote(wanted: Sequence[tuple[Offer, Mass]], payment: PaymentKind, terms: Terms = TERMS) -> Quote:
    """The price of these amounts. Raises what check_mass raises, TooManyLines, NothingChosen, MixedLots."""
    if not wanted:
        raise NothingChosen()
    if len(wanted) > terms.lines:
        raise TooManyLines(most=terms.lines)
    if len({offer.per_tonne.currency for offer, _ in wanted}) > 1:
        raise MixedLots()
    lines = tuple(QuoteLine(offer, check_mass(mass, terms)) for offer, mass in wanted)
    mass = check_mass(total([line.mass for line in lines]), terms)
    subtotal = _sum(line.amount for line in lines)
    registry = price(mass, Money(terms.registry_minor_per_t[subtotal.currency], subtotal.currency))
    payment_fee = portion(subtotal + registry, terms.payment_ppm[payment])
    fees = (Fee(FeeKind.REGISTRY, registry), Fee(FeeKind.PAYMENT, payment_fee))
    return Quote(lines, fees, payment, terms.owner_ppm, terms.version)


def check_minimum(quote: Quote, minimum: Money, terms: Terms = TERMS) -> Quote:
    """Itself, unless the provider would not charge so little. Raises BelowMinimum with what would do."""
    if quote.payment is PaymentKind.CARD and quote.total < minimum:
        offer = quote.lines[0].offer
        raise BelowMinimum(minimum=minimum, least=least_mass(offer, quote.payment, minimum, terms))
    return quote


@lru_cache(maxsize=256)
def least_mass(offer: Offer, payment: PaymentKind, minimum: Money, terms: Terms = TERMS) -> Mass:
    """The fewest whole kilograms that cost at least ``minimum``, fees included."""
    return _first(lambda mass: make_quote([(offer, mass)], payment, terms).total >= minimum, terms)


def most_mass(
    offer: Offer, payment: PaymentKind, budget: Money, minimum: Money, terms: Terms = TERMS
) -> Mass:
    """The most whole kilograms whose total, fees included, stays within ``budget``.

    Raises BudgetTooSmall, MixedLots. A budget beyond the largest order buys the largest order.
    """
    if budget.currency != offer.per_tonne.currency:
        raise MixedLots()

    def costs_more(mass: Mass) -> bool:
        return make_quote([(offer, mass)], payment, terms).total > budget

    if (payment is PaymentKind.CARD and budget < minimum) or costs_more(terms.least):
        raise BudgetTooSmall(minimum=max(minimum, make_quote([(offer, terms.least)], payment, terms).total))
    if not costs_more(terms.most):
        return terms.most
    return _first(costs_more, terms) - Mass(_KG)


def fill_up(offer: Offer, paid: Money, terms: Terms = TERMS) -> Quote:
    """The most that a sum which is paid already buys; what is over goes to the forest owner.

    Its total is ``paid``, to the minor unit. Raises BudgetTooSmall, MixedLots.
    """
    mass = most_mass(offer, PaymentKind.CARD, paid, Money(0, paid.currency), terms)
    quote = make_quote([(offer, mass)], PaymentKind.CARD, terms)
    left = paid - quote.total
    return replace(quote, fees=(*quote.fees, Fee(FeeKind.ROUNDING, left))) if left.minor else quote


def _first(is_so: Callable[[Mass], bool], terms: Terms) -> Mass:
    """The least whole number of kilograms for which a monotone condition holds, by halving."""
    low, high = terms.least.grams // _KG, terms.most.grams // _KG
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_so(Mass(middle * _KG)) else (middle + 1, high)
    return Mass(low * _KG)


def _sum(amounts: Iterable[Money]) -> Money:
    first, *rest = amounts
    return sum(rest, start=first)
