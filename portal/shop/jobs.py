"""Background work of the shop: lapse what was not paid, hear what was not told, retire, send, pay back."""

from typing import Any

import structlog

from portal import jobs
from portal.kernel import clock
from portal.shop.commands import planting, substitutes
from portal.shop.commands.steps import TILL
from portal.shop.queries import delivery
from portal.shop.queries import orders as queries
from portal.shop.till import till

log = structlog.get_logger("shop")


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


@jobs.handles("shop.refund")
def pay_back(payload: dict[str, Any]) -> None:
    till().pay_back(payload["refund_id"], clock.now())


@jobs.every(seconds=60)
def end_offers() -> None:
    """Other credits that nobody accepted in time: given back, and so is the money."""
    now = clock.now()
    for order_id in delivery.stale_offers(now):
        try:
            substitutes.lapse(TILL, order_id, now)
        except Exception:  # one that cannot be ended is no reason to keep the others' credits
            log.exception("offer not ended", order=order_id)


@jobs.handles("shop.planting_letters")
def tell_contributors(payload: dict[str, Any]) -> None:
    planting.write_to_contributors(TILL, payload["report_id"], clock.now())
