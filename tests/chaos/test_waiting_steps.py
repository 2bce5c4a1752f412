"""Killed between any two steps: seedlings beside credits, and tonnes that wait for their registry's proof."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.certificates.models import Certificate
from portal.certificates.rules.states import LIVE
from portal.db import db
from portal.kernel import clock
from portal.kernel.ids import new_id
from portal.ops.audit import faults
from portal.shop.commands import ordering, proofs
from portal.shop.models.planting import SeedlingLineRow
from portal.shop.queries import orders as queries
from portal.shop.rules.contributions import in_buyers_name
from portal.shop.rules.quotes import Quote
from portal.shop.rules.states import OrderState
from portal.shop.till import till
from tests.chaos.test_steps import MOST_STEPS, TIMES, Way, hear, live_on, walk_and_die, work
from tests.factories import shop
from tests.factories.chaos import Bank, complaints
from tests.factories.planting import make_planting, seedlings_quote
from tests.shop.test_delivery import REGISTRAR, own_serial, proof

S = OrderState


def pay_for(quote: Quote, order_id: str, bank: Bank) -> None:
    ordering.place_order(
        shop.GUEST, order_id, quote, shop.BUYER, purpose="", lang="en", consent=True,
        provider="stripe", test=True, idempotency_key=order_id, now=clock.now(),
    )  # fmt: skip
    till().open_payment(order_id, shop.WAY, clock.now())
    session_id = str(shop.seen(order_id).session_id)
    bank.pay(session_id)
    hear(order_id, session_id, "checkout.session.completed")
    work()


def fund(order_id: str, bank: Bank) -> None:
    """Seedlings and credits in one order, to the letter with both certificates."""
    pay_for(seedlings_quote(3, 100), order_id, bank)


def prove(order_id: str, bank: Bank) -> None:
    """A tonne in the buyer's own name, to the proof and the letter with its certificate."""
    pay_for(in_buyers_name(shop.quoted(1_000)), order_id, bank)
    record = proof("HLYC-0001-ARR-2024-7-1-100", f"SRC-{order_id}")
    proofs.prove(REGISTRAR, order_id, record, clock.now())
    work()


WAYS: dict[Way, set[OrderState]] = {
    fund: {S.FULFILLED, S.EXPIRED},
    prove: {
        S.FULFILLED,
        S.REGISTRY_PENDING,
        S.EXPIRED,
    },  # pending: nobody had entered the proof before the kill
}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_killed_at_any_step_it_ends_well(portal: Flask, tmp_path: Path, bank: Bank, way: Way) -> None:
    make_planting(10_000)
    own_serial(100)
    way(new_id("ord"), bank)
    for step in range(1, MOST_STEPS):
        order_id = new_id("ord")
        db.session.remove()
        db.engine.dispose()
        has_died = walk_and_die(portal.config["PORTAL"], way, order_id, bank, step)
        for minutes in TIMES:
            live_on(bank, minutes)
        state = shop.seen(order_id).state if queries.exists(order_id) else None
        assert state is None or state in WAYS[way], f"killed at step {step}"
        if state is not S.REGISTRY_PENDING:
            assert list(complaints(bank.books(), tmp_path / "mail", order_id)) == [], f"killed at step {step}"
        assert seedling_papers(order_id) == (1 if way is fund and state is S.FULFILLED else 0)
        if not has_died:
            break
    else:
        pytest.fail(f"the way has more than {MOST_STEPS} steps")
    assert [str(fault) for fault in faults()] == []


def seedling_papers(order_id: str) -> int:
    """Live certificates of the order's seedlings."""
    found = (
        select(func.count())
        .select_from(Certificate)
        .join(SeedlingLineRow, SeedlingLineRow.id == Certificate.subject_id)
        .where(SeedlingLineRow.order_id == order_id, Certificate.state.in_(LIVE))
    )
    return int(db.session.scalar(found) or 0)
