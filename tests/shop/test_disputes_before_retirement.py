"""The bank questions an order that waits for its registry or its buyer: it waits, then goes on or is free."""

import pytest
from flask import Flask

from portal.kernel import clock
from portal.registry.queries import register
from portal.shop import jobs as shop_jobs
from portal.shop.commands import proofs, refunds, substitutes
from portal.shop.provider import DisputeState, Payment
from portal.shop.queries import delivery
from portal.shop.queries import orders as queries
from portal.shop.rules.delivery import NothingAwaited, OfferState
from portal.shop.rules.states import OrderEvent, OrderState, UnlawfulOrderStep, next_state
from tests.factories import shop
from tests.factories.registry import make_lot
from tests.factories.shop import SYSTEM
from tests.shop.test_delivery import REGISTRAR, books_balance, buyer_of, named, offered, own_serial, proof

S = OrderState
WAITING = {S.REGISTRY_PENDING: lambda: named(5), S.SUBSTITUTE_OFFERED: lambda: offered(300)}

ANSWERS = {
    S.REGISTRY_PENDING: lambda order_id: proofs.prove(
        REGISTRAR, order_id, proof(own_serial(20)), clock.now()
    ),
    S.SUBSTITUTE_OFFERED: lambda order_id: substitutes.accept(buyer_of(order_id), order_id, clock.now()),
}


def told(order_id: str, dispute: DisputeState) -> None:
    (payment,) = queries.payments(order_id)
    seen = Payment(payment.provider_payment_id, payment.amount, payment.amount * 0, dispute, None, None, True)
    refunds.note_dispute(SYSTEM, order_id, seen, clock.now())


def is_offered(order_id: str) -> bool:
    return any(each.state is OfferState.OPEN for each in delivery.offers_of(order_id))


@pytest.mark.parametrize("state", WAITING)
@pytest.mark.parametrize("outcome", [DisputeState.WON, DisputeState.LOST])
def test_it_waits_and_then_goes_on_or_is_free_again(
    any_app: Flask, state: OrderState, outcome: DisputeState
) -> None:
    if state is S.REGISTRY_PENDING:  # the other way makes its own lots
        make_lot(10)
    order_id = WAITING[state]()
    told(order_id, DisputeState.OPEN)
    assert (shop.seen(order_id).state, shop.seen(order_id).attention) == (S.DISPUTED, "")
    assert delivery.stale_offers(clock.now()) == []
    with pytest.raises((UnlawfulOrderStep, NothingAwaited)):
        ANSWERS[state](order_id)
    for _ in range(2):
        told(order_id, outcome)
    if outcome is DisputeState.WON:
        assert shop.seen(order_id).state is state
        assert is_offered(order_id) == (state is S.SUBSTITUTE_OFFERED)
    else:
        shop_jobs.end_offers()
        assert shop.seen(order_id).state is S.REFUNDED
        assert register.lot("LOT-A").free == register.lot("LOT-A").retired
        assert not is_offered(order_id)
        assert sum(line.amount.minor for line in queries.cash_lines(order_id)) == 0
    books_balance()


def test_the_steps_are_lawful_by_the_table() -> None:
    for state in WAITING:
        assert next_state(state, OrderEvent.DISPUTED) is S.DISPUTED
        assert next_state(S.DISPUTED, OrderEvent.DISPUTE_WON, state) is state
        assert next_state(S.DISPUTED, OrderEvent.DISPUTE_LOST, state) is S.REFUNDED
