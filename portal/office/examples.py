"""What a change of fees does to a purchase, worked out before it is in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.queries import register
from portal.shop.rules.fees import decided
from portal.shop.rules.quotes import Offer, Party, make_quote
from portal.shop.rules.terms import TERMS, PaymentKind, Terms

MASSES: Final = (Mass.kg("100"), Mass.t("1"))


@dataclass(frozen=True, slots=True)
class Example:
    """A purchase of one lot: what it costs and what the forest owner gets of it, before and after."""

    lot: str
    mass: Mass
    payment: PaymentKind
    total: tuple[Money, Money]
    owner: tuple[Money, Money]


def examples(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Example]:
    """Of the first lot on sale, in amounts that old and new limits allow; none when nothing is on sale."""
    old, new = decided(TERMS, before, 0), decided(TERMS, after, 0)
    lot = next(iter(register.open_lots()), None)
    if lot is None:
        return []
    offer = Offer((lot.code,), lot.price_per_t)
    masses = [mass for mass in MASSES if all(terms.least <= mass <= terms.most for terms in (old, new))]
    return [_example(lot.code, offer, mass, payment, old, new) for mass in masses for payment in PaymentKind]


def _example(lot: str, offer: Offer, mass: Mass, payment: PaymentKind, old: Terms, new: Terms) -> Example:
    was, is_now = (make_quote([(offer, mass)], payment, terms) for terms in (old, new))
    owner = [
        next(share.amount for share in quote.split if share.party is Party.FOREST_OWNER)
        for quote in (was, is_now)
    ]
    return Example(lot, mass, payment, (was.total, is_now.total), (owner[0], owner[1]))
