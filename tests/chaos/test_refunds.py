"""Money on its way back from two hands at once: ours, and somebody in the provider's own pages."""

from collections import Counter
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.jobs import Outbox
from portal.kernel import clock
from portal.kernel.ids import new_id
from portal.ops.audit import faults
from portal.shop import jobs as shop_jobs
from portal.shop.commands import refunds
from portal.shop.provider import Event
from portal.shop.queries import orders as queries
from portal.shop.rules.orders import NothingToRefund
from portal.shop.rules.states import OrderState, UnlawfulOrderStep
from portal.shop.till import till
from tests.chaos.test_steps import FINANCE, buy, live_on, work
from tests.factories import shop
from tests.factories.chaos import Bank, complaints
from tests.races.threads import at_once

S = OrderState


@pytest.fixture(params=[True, False], ids=["retired", "cooling off"])
def order_id(request: pytest.FixtureRequest, portal: Flask, bank: Bank) -> str:
    """An order that is paid: with its certificate, or still within the days in which it can be withdrawn."""
    order_id = new_id("ord")
    buy(order_id, bank, consent=request.param)
    return order_id


def payment_of(order_id: str) -> str:
    (payment,) = queries.payments(order_id)
    return payment.provider_payment_id


def hear_of_refund(order_id: str) -> None:
    now, kind = clock.now(), "charge.refunded"
    till().hear(
        Event(new_id("evt"), kind, "ch_1", None, payment_of(order_id), order_id, None, True, now), now
    )


def all_is_back(order_id: str, bank: Bank, mail: Path) -> None:
    assert shop.seen(order_id).state in (S.REFUNDED, S.REFUNDED_VOID)
    (charge,) = bank.books()["charges"]
    assert charge["amount_refunded"] == charge["amount"]
    assert list(complaints(bank.books(), mail)) == []
    assert [str(fault) for fault in faults()] == []


ORDERS = [
    order
    for order in permutations(("ours", "theirs", "heard", "worked"))
    if order.index("theirs") < order.index("heard") and order.index("ours") < order.index("worked")
]


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_a_refund_of_ours_and_one_of_the_providers_give_the_money_back_once(
    order_id: str, bank: Bank, tmp_path: Path, order: tuple[str, ...]
) -> None:
    """Whatever comes first: asked for here, made there, heard of, worked off. The end is the same."""

    def ours() -> None:
        try:
            refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
        except (NothingToRefund, UnlawfulOrderStep):
            assert order.index("heard") < order.index("ours"), "only when it was known that all is back"

    def theirs() -> None:
        if order.index("worked") < order.index("theirs"):
            return  # the provider itself refuses: nothing is left of the charge
        bank.pull(f"payments/{payment_of(order_id)}/refund")

    def heard() -> None:
        hear_of_refund(order_id)

    do: dict[str, Callable[[], None]] = {"ours": ours, "theirs": theirs, "heard": heard, "worked": work}
    for step in order:
        do[step]()
    for _ in range(2):
        live_on(bank, 2.1)
        shop_jobs.watch()
    all_is_back(order_id, bank, tmp_path / "mail")


def test_a_part_given_back_there_and_the_rest_here(order_id: str, bank: Bank, tmp_path: Path) -> None:
    bank.pull(f"payments/{payment_of(order_id)}/refund", amount=100)
    refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())  # planned before the part is heard of
    work()
    hear_of_refund(order_id)
    for _ in range(3):
        live_on(bank, 2.1)
        shop_jobs.watch()
    all_is_back(order_id, bank, tmp_path / "mail")


def test_eight_hands_give_it_back_once(portal: Flask, order_id: str, bank: Bank, tmp_path: Path) -> None:
    """Staff press the button in eight windows; eight workers work it off; the event comes eight times."""
    asked = at_once(portal, 8, lambda n: refunds.request_refund(FINANCE, order_id, "goodwill", clock.now()))
    refund_ids = [each for each in asked if isinstance(each, str)]
    assert len(refund_ids) == 1, Counter(map(type, asked))
    assert {type(each) for each in asked if not isinstance(each, str)} <= {UnlawfulOrderStep, NothingToRefund}

    def give_back(number: int) -> None:
        if number % 2:
            till().pay_back(refund_ids[0], clock.now())
        else:
            hear_of_refund(order_id)

    assert at_once(portal, 8, give_back) == [None] * 8
    work()
    all_is_back(order_id, bank, tmp_path / "mail")
    assert len(bank.books()["refunds"]) == 1


def test_lost_answers_while_money_goes_back(order_id: str, bank: Bank, tmp_path: Path) -> None:
    refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    bank.pull("next", faults=["", "lose", "lose", "lose"])  # looked up; then made, and every answer is lost
    for _ in range(3):
        live_on(bank, 2.1)
    all_is_back(order_id, bank, tmp_path / "mail")
    assert len(bank.books()["refunds"]) == 1
    assert db.session.scalars(select(Outbox.key).where(Outbox.state != "done")).all() == []
