"""What seedlings cost, alone or together with credits, and when tonnes can be retired in a buyer's name."""

from collections.abc import Sequence
from dataclasses import replace

from portal.kernel.errors import N_, InvalidInput
from portal.kernel.money import Money
from portal.registry.rules.ledger import GRAMS_PER_TONNE
from portal.shop.rules.quotes import (
    Fee,
    FeeKind,
    MixedLots,
    NothingChosen,
    Quote,
    QuoteLine,
    TooManyLines,
    make_quote,
    portion,
)
from portal.shop.rules.seedlings import MOST_SEEDLINGS, SeedlingLine, check_seedlings
from portal.shop.rules.terms import TERMS, PaymentKind, Terms


class TooFewSeedlings(InvalidInput):
    message = N_("The least that can be charged is %(minimum)s, which pays for %(least)s seedlings here.")


class WholeTonnesOnly(InvalidInput):
    message = N_("Only whole tonnes can be retired at the source registry in your name.")


class OneLotOnly(InvalidInput):
    message = N_("Tonnes that are retired in your name come from one lot.")


def contribution(
    seedlings: Sequence[SeedlingLine],
    credits: Sequence[QuoteLine],
    payment: PaymentKind,
    terms: Terms = TERMS,
) -> Quote:
    """The price of these seedlings, and of credits beside them if there are any.

    The registry fee is for credits alone; the payment fee is a share of all. Raises NothingChosen,
    HowManySeedlings, MixedLots, TooManyLines and what ``make_quote`` raises.
    """
    if not seedlings:
        raise NothingChosen()
    if len(seedlings) + len(credits) > terms.lines:
        raise TooManyLines(most=terms.lines)
    for line in seedlings:
        check_seedlings(line.seedlings)
    currency = seedlings[0].each.currency
    if {line.each.currency for line in seedlings} | {line.amount.currency for line in credits} != {currency}:
        raise MixedLots()
    registry = subtotal = Money(0, currency)
    lines: tuple[QuoteLine, ...] = ()
    if credits:
        bought = make_quote([(line.offer, line.mass) for line in credits], payment, terms)
        registry = next(fee.amount for fee in bought.fees if fee.kind is FeeKind.REGISTRY)
        lines, subtotal = bought.lines, bought.credits
    for line in seedlings:
        subtotal += line.amount
    fee = portion(subtotal + registry, terms.payment_ppm[payment])
    fees = (Fee(FeeKind.REGISTRY, registry), Fee(FeeKind.PAYMENT, fee))
    return Quote(
        lines, fees, payment, terms.owner_ppm, terms.version, tuple(seedlings), planter_ppm=terms.planter_ppm
    )


def purchase(
    credits: Sequence[QuoteLine],
    seedlings: Sequence[SeedlingLine],
    payment: PaymentKind,
    terms: Terms = TERMS,
) -> Quote:
    """The price of credits, seedlings, or both. Raises what ``make_quote`` and ``contribution`` raise."""
    if seedlings:
        return contribution(seedlings, credits, payment, terms)
    return make_quote([(line.offer, line.mass) for line in credits], payment, terms)


def check_contribution(quote: Quote, minimum: Money, terms: Terms = TERMS) -> Quote:
    """Itself, unless the provider would not charge so little. Raises TooFewSeedlings with what would do."""
    if quote.payment is PaymentKind.CARD and quote.total < minimum:
        raise TooFewSeedlings(minimum=minimum, least=least_seedlings(quote.seedlings[0], minimum, terms))
    return quote


def least_seedlings(line: SeedlingLine, minimum: Money, terms: Terms = TERMS) -> int:
    """The fewest seedlings of this campaign that cost at least ``minimum`` by card, fee included."""

    def costs(seedlings: int) -> Money:
        return contribution([replace(line, seedlings=seedlings)], [], PaymentKind.CARD, terms).total

    enough = (number for number in range(1, MOST_SEEDLINGS) if costs(number) >= minimum)
    return next(enough, MOST_SEEDLINGS)


def in_buyers_name(quote: Quote) -> Quote:
    """The same purchase, to be retired at the source registry in the buyer's name.

    Raises OneLotOnly, WholeTonnesOnly.
    """
    if len(quote.lines) != 1 or quote.seedlings:
        raise OneLotOnly()
    if quote.mass.grams % GRAMS_PER_TONNE:
        raise WholeTonnesOnly()
    return replace(quote, named=True)
