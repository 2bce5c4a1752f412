"""A demonstration of price lists: every lot on sale in Hong Kong dollars, US dollars and euros too."""

from datetime import datetime

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.clock import day_of
from portal.kernel.money import Money
from portal.registry.commands import prices
from portal.registry.queries import prices as read
from portal.registry.queries import register
from portal.registry.rules.prices import PriceDraft, Verdict

REASON = "演示价格 · demonstration price"
# What a tonne costs in yuan → what it is offered at in the other lists. Set by hand, as staff would.
LISTS = {
    "80.00": {"HKD": "88.00", "USD": "11.20", "EUR": "10.40"},
    "96.00": {"HKD": "106.00", "USD": "13.50", "EUR": "12.40"},
    "88.00": {"HKD": "97.00", "USD": "12.30", "EUR": "11.40"},
    "52.00": {"HKD": "57.00", "USD": "7.30", "EUR": "6.70"},
}


def seed(now: datetime) -> None:
    """Prices of the demonstration's lots in the lists that have none yet."""
    first, second = Actor.system("demo"), Actor.system("demo-second-hand")
    with transaction():
        priced = {(each.lot_code, each.per_tonne.currency) for each in read.history()}
        for lot in register.open_lots():
            for currency, amount in _lists_of(lot.price_per_t).items():
                if lot.is_demo and (lot.code, currency) not in priced:
                    draft = PriceDraft(lot.code, Money.of(amount, currency), day_of(now), REASON)
                    prices.decide(second, prices.propose(first, draft, now), Verdict.ACCEPTED, "", now)


def _lists_of(price: Money) -> dict[str, str]:
    return next((lists for yuan, lists in LISTS.items() if Money.cny(yuan) == price), {})
