"""Background work of the shop: lapse what was not paid, hear what was not told, retire, send, pay back."""

from datetime import timedelta
from typing import Any

from portal import jobs
from portal.kernel import clock
from portal.shop import cards, collecting
from portal.shop.commands import batches as batch_commands
from portal.shop.commands import gifts as gift_commands
from portal.shop.commands import giving, ordering, planting, proofs, shares, substitutes
from portal.shop.commands import requests as request_commands
from portal.shop.commands.steps import TILL
from portal.shop.queries import batches, delivery, gifts, requests
from portal.shop.queries import giving as givings
from portal.shop.queries import orders as queries
from portal.shop.rules import gifts as gift_rules
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
    jobs.each(givings.due(clock.day_of(now)), lambda giving_id: giving.ask_due(TILL, giving_id, now))


@jobs.every(seconds=600)
def collect() -> None:
    """Givings by card whose provider was not asked for an hour: events can be lost."""
    if not collecting.is_possible():
        return
    now = clock.now()
    jobs.each(givings.unheard(now - timedelta(hours=1)), lambda giving_id: collecting.look(giving_id, now))


@jobs.handles("shop.giving_back")
def give_month_back(payload: dict[str, Any]) -> None:
    collecting.give_back(payload["invoice_id"], clock.now())


@jobs.handles("shop.refund")
def pay_back(payload: dict[str, Any]) -> None:
    till().pay_back(payload["refund_id"], clock.now())


@jobs.handles("shop.payment_failed")
def tell_of_failure(payload: dict[str, Any]) -> None:
    ordering.write_of_failure(TILL, payload["order_id"], payload["session_no"], clock.now())


@jobs.every(seconds=600)
def tell_overdue() -> None:
    """Buyers whose source registry has let the promised day pass."""
    now = clock.now()
    jobs.each(delivery.overdue_untold(now), lambda order_id: proofs.tell_overdue(TILL, order_id, now))


@jobs.every(seconds=60)
def end_offers() -> None:
    """Other credits that nobody accepted in time: given back, and so is the money."""
    now = clock.now()
    jobs.each(delivery.stale_offers(now), lambda order_id: substitutes.lapse(TILL, order_id, now))


@jobs.handles("shop.planting_letters")
def tell_contributors(payload: dict[str, Any]) -> None:
    planting.write_to_contributors(TILL, payload["report_id"], clock.now())


@jobs.every(seconds=15)
def hand_over() -> None:
    """Tell givers that their cards are ready, and write to recipients whose day has come, from eight on."""
    now = clock.now()
    to_tell = [gift.id for gift in gifts.to_tell()]
    jobs.each(to_tell, lambda gift_id: gift_commands.tell_giver(TILL, gift_id, now))
    day = (
        clock.day_of(now)
        if now >= gift_rules.delivery(clock.day_of(now))
        else clock.day_of(now) - timedelta(days=1)
    )
    to_deliver = [gift.id for gift in gifts.to_deliver(day)]
    jobs.each(to_deliver, lambda gift_id: gift_commands.deliver(TILL, gift_id, now))


@jobs.every(seconds=600)
def lapse_requests() -> None:
    """Purchases inside organisations that nobody answered in time."""
    now = clock.now()
    jobs.each(requests.lapsed(now), lambda request_id: request_commands.lapse(TILL, request_id, now))


SECONDS_FOR_SHARES = 10  # at one go, so that other work has its turn


@jobs.every(seconds=2)
def share_out() -> None:
    """Certificates of gifts for many, a few at a time; a killed worker's successor goes on where it stood."""
    until = clock.now() + timedelta(seconds=SECONDS_FOR_SHARES)

    def go_on(batch_id: str) -> None:
        while clock.now() < until and batch_commands.share_out(TILL, batch_id, clock.now()):
            pass
        batch_commands.finish_batch(TILL, batch_id, clock.now())

    jobs.each(batches.to_share_out(), go_on)


@jobs.every(seconds=3)
def print_cards() -> None:
    """Cards of batches, for some seconds; another worker, or this one's next turn, goes on."""
    until = clock.now() + timedelta(seconds=SECONDS_FOR_SHARES)
    jobs.each(batches.cards_to_print(), lambda asked: cards.print_some(asked, lambda: clock.now() < until))


@jobs.handles(shares.KIND)
def follow_order(payload: dict[str, Any]) -> None:
    """Certificates of a batch whose order was refunded or disputed."""
    shares.carry_out(TILL, payload["batch_id"], payload["deed"], payload["because"], clock.now())
