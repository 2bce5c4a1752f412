"""Killed between any two steps, and begun again by hand: a company's transfers and papers, a giver's month.

Who sees no receipt does it once more: staff enter the transfer, the company asks for its invoice, the giver
opens the month's link. However far it had come before, all is there once in the end. Every third step is
killed, on each database; the ways that are walked step by step are in test_steps.
"""

from collections.abc import Callable
from contextlib import suppress

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import db
from portal.jobs import Outbox
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.ops.audit import faults
from portal.shop.commands import billing, giving, ordering, settlement
from portal.shop.models.billing import Fapiao, Paper
from portal.shop.models.giving import GivingTurn
from portal.shop.models.orders import Order
from portal.shop.rules.billing import FapiaoAskedAlready
from portal.shop.rules.giving import TurnPaidAlready
from portal.shop.rules.states import OrderState
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from tests.chaos.test_steps import FINANCE, MOST_STEPS, TIMES, Way, hear, live_on, walk_and_die, work
from tests.factories import shop
from tests.factories.chaos import Bank
from tests.shop.test_billing import TO, WISH

PART = Money.cny(3)
EVERY = 3  # a step before a commit, one after another, and so on: each costs a process


def pay_by_transfer(order_id: str, _bank: Bank) -> None:
    """Place an order, pay it by two transfers, and ask for the invoice and the fapiao."""
    quote = shop.quoted(100, payment=PaymentKind.TRANSFER)
    ordering.place_order(
        shop.GUEST, order_id, quote, shop.BUYER, purpose="", lang="zh", consent=True,
        provider="transfer", test=True, idempotency_key=order_id, now=clock.now(),
    )  # fmt: skip
    for number, amount in (("1", PART), ("2", quote.total - PART)):
        settlement.confirm_transfer(FINANCE, order_id, f"B-{number}-{order_id}", amount, clock.now())
    work()
    buyer = Actor("", keys=frozenset({order_id}))
    billing.issue_invoice(buyer, order_id, TO, clock.now())
    with suppress(FapiaoAskedAlready):
        billing.request_fapiao(buyer, order_id, WISH, "zh", clock.now())
    work()


def give_this_month(giving_id: str, bank: Bank) -> None:
    """Open the link of the month, pay there, and hear of it."""
    month = db.session.scalars(select(GivingTurn.month).where(GivingTurn.giving_id == giving_id)).one()
    try:
        order_id = giving.place_turn(
            shop.SYSTEM, giving_id, month, shop.quoted(100),
            consent=True, provider="stripe", test=True, now=clock.now(),
        )  # fmt: skip
    except TurnPaidAlready:
        return
    till().open_payment(order_id, shop.WAY, clock.now())
    session_id = str(shop.seen(order_id).session_id)
    bank.pay(session_id)
    hear(order_id, session_id, "checkout.session.completed")
    work()


def begun() -> str:
    return giving.begin_giving(
        shop.GUEST, "LOT-A", Mass.kg(100), 5, shop.BUYER, purpose="", lang="en", test=True, now=clock.now()
    )


WAYS: dict[Way, Callable[[], str]] = {pay_by_transfer: lambda: new_id("ord"), give_this_month: begun}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_killed_at_any_step_and_begun_again_all_is_there_once(portal: Flask, bank: Bank, way: Way) -> None:
    begin = WAYS[way]
    way(begin(), bank)  # once to the end: each child inherits the statements and templates it needs
    things = []
    for step in range(1, MOST_STEPS, EVERY):
        things.append(begin())
        db.session.remove()
        db.engine.dispose()
        has_died = walk_and_die(portal.config["PORTAL"], way, things[-1], bank, step)
        for minutes in TIMES:
            live_on(bank, minutes)
        way(things[-1], bank)
        live_on(bank, TIMES[0])
        assert paid_orders(things[-1]) == [OrderState.FULFILLED], f"killed at step {step}"
        if not has_died:
            break
    else:
        pytest.fail(f"the way has more than {MOST_STEPS} steps")
    assert letters_with_certificate() == len(things) + 1
    if way is pay_by_transfer:
        papers = db.session.scalars(select(Paper.number)).all()
        assert len(set(papers)) == len(papers) == len(things) + 1
        assert db.session.scalar(select(func.count()).select_from(Fapiao)) == len(things) + 1
    assert db.session.scalars(select(Outbox.key).where(Outbox.state != "done")).all() == []
    assert [str(fault) for fault in faults()] == []


def paid_orders(thing_id: str) -> list[str]:
    """States of the orders of this thing for which money came in: itself, or those of a giver's months."""
    of_turns = select(GivingTurn.order_id).where(GivingTurn.giving_id == thing_id)
    mine = (Order.id == thing_id) | Order.id.in_(of_turns)
    db.session.rollback()
    return list(db.session.scalars(select(Order.state).where(mine, Order.paid_at.is_not(None))))


def letters_with_certificate() -> int:
    """Each is recorded once per order, so that more of them are orders paid twice."""
    rows = db.session.scalars(select(Outbox.payload).where(Outbox.kind == "letter")).all()
    return sum(row["template"] == "shop/letter_certificate" for row in rows)
