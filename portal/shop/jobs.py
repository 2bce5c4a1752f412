"""Background work of the shop: lapse what was not paid, hear what was not told, retire, send, pay back."""

from typing import Any

from portal import jobs
from portal.kernel import clock
from portal.shop.commands import giving
from portal.shop.commands.steps import TILL
from portal.shop.queries import giving as givings
from portal.shop.queries import orders as queries
from portal.shop.till import till


@jobs.every(seconds=20)
def sweep() -> None:
    """Orders whose time to pay is over, and those whose event may have been lost."""
    now = clock.now()
    till().heal(list(dict.fromkeys([*queries.lapsing(now), *queries.unheard(now)])), now)


@jobs.every(seconds=2)
def finish() -> None:
    """Paid orders to retire, retired ones whose certificates are printed by now."""
    now = clock.now()
    till().finish([*queries.to_retire(now), *queries.to_fulfil(now)], now)


@jobs.every(seconds=600)
def watch() -> None:
    """Refunds and disputes at the provider that we may not have heard of."""
    now = clock.now()
    till().heal(queries.watched(now), now)


@jobs.every(seconds=300)
def ask_givers() -> None:
    """Monthly gifts whose day has come."""
    now = clock.now()
    for giving_id in givings.due(clock.day_of(now)):
        giving.ask_due(TILL, giving_id, now)


@jobs.handles("shop.refund")
def pay_back(payload: dict[str, Any]) -> None:
    till().pay_back(payload["refund_id"], clock.now())
