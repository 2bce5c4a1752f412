"""The same order twice, the same money twice, two lots crosswise: what workers may do at one moment."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from datetime import timedelta
from pathlib import Path
from threading import Event as Gate
from time import monotonic

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import jobs
from portal.certificates.models import Certificate
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.ops.audit import faults
from portal.registry.commands import stock
from portal.registry.jobs import sequence_and_sign
from portal.registry.models import LedgerEntry, Retirement
from portal.registry.queries import register
from portal.registry.rules.facts import RetireLine, Want
from portal.registry.rules.ledger import NotEnoughCredits
from portal.shop.commands import settlement
from portal.shop.commands.settlement import Outcome
from portal.shop.models.orders import Order, PaymentRow
from portal.shop.models.sandbox import SandboxSession
from portal.shop.provider import Event
from portal.shop.queries import orders as queries
from portal.shop.rules.orders import OrderContentsDiffer
from portal.shop.rules.quotes import make_quote
from portal.shop.rules.states import OrderState
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from tests.conftest import driver_url, portal_on
from tests.factories import shop
from tests.factories.registry import GUEST, HOLDER, make_lot
from tests.patience import PATIENCE
from tests.races.conftest import NursedServer
from tests.races.threads import at_once
from tests.races.visitors import Answer, Visitor, press_buy, quote_page

THREADS = 8


def count(table: type, *conditions: object) -> int:
    db.session.rollback()
    return int(db.session.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())  # type: ignore[arg-type]


def no_faults() -> None:
    sequence_and_sign()
    assert [str(fault) for fault in faults()] == []


# -- reserving ---------------------------------------------------------------------------------


def test_two_lines_of_one_lot_are_taken_together_or_not_at_all(any_app: Flask) -> None:
    """Eight orders of 300 + 300 kg for one tonne: one is served, seven get nothing of it."""
    make_lot(1)
    offer = queries.offer_of("LOT-A")
    quote = make_quote([(offer, Mass.kg(300)), (offer, Mass.kg(300))], PaymentKind.CARD)
    results = at_once(any_app, THREADS, lambda n: shop.placed(quote=quote))
    refused = [each for each in results if isinstance(each, NotEnoughCredits)]
    assert len(refused) == THREADS - 1, results
    assert {str(each.params["left"]) for each in refused} == {str(Mass.kg(400))}
    assert register.lot("LOT-A").free == Mass.kg(400)
    assert count(Order) == 1, "a refused order leaves nothing behind"
    no_faults()


def test_over_several_lots_nothing_is_taken_twice(any_app: Flask) -> None:
    """Lines that may spill from one lot into the other, asked for in both orders of preference."""
    make_lot(1, code="LOT-A", project="0001")
    make_lot(1, code="LOT-B", project="0001", batch=2)
    prices = queries.offer_of("LOT-A").per_tonne

    def spill(number: int) -> str:
        codes = ("LOT-A", "LOT-B") if number % 2 else ("LOT-B", "LOT-A")
        offer = queries.Offer(codes, prices)
        return shop.paid(quote=make_quote([(offer, Mass.kg(150)), (offer, Mass.kg(150))], PaymentKind.CARD))

    results = at_once(any_app, THREADS, spill)
    served = [each for each in results if isinstance(each, str)]
    refused = [each for each in results if isinstance(each, NotEnoughCredits)]
    assert (len(served), len(refused)) == (6, 2), results
    attributed = [register.lot(code).attributed for code in ("LOT-A", "LOT-B")]
    assert attributed[0] + attributed[1] == Mass.kg(1800)
    no_faults()


def test_two_lots_crosswise_never_wait_in_a_ring(pg_app: Flask) -> None:
    """Half the orders name lot A first, half lot B: reserving, retiring and releasing, all at once."""
    make_lot(10, code="LOT-A", project="0001")
    make_lot(10, code="LOT-B", project="0002")

    def reserve(number: int, round_: int) -> tuple[str, list[Want]]:
        hold_id, now = new_id("ord"), clock.now()
        codes = ("LOT-A", "LOT-B") if (number + round_) % 2 else ("LOT-B", "LOT-A")
        wants = [Want(f"{hold_id}/{code}", (code,), Mass.kg(5)) for code in codes]
        stock.reserve(GUEST, hold_id, wants, now + timedelta(minutes=41), now)
        return hold_id, wants

    def go_all_the_way(number: int) -> None:
        for round_ in range(12):
            hold_id, wants = reserve(number, round_)
            if round_ % 3 == 2:
                stock.release(GUEST, hold_id, "cancelled", clock.now())
                continue
            stock.allocate(GUEST, hold_id, clock.now())
            lines = [RetireLine(want.line_id, HOLDER, "", True) for want in wants]
            stock.retire(GUEST, hold_id, lines, clock.now())

    assert at_once(pg_app, THREADS, go_all_the_way) == [None] * THREADS
    assert [register.lot(code).attributed for code in ("LOT-A", "LOT-B")] == [Mass.kg(THREADS * 8 * 5)] * 2
    no_faults()


def test_buyers_of_different_lots_do_not_wait_for_each_other(pg_app: Flask) -> None:
    make_lot(1, code="LOT-A", project="0001")
    make_lot(1, code="LOT-B", project="0002")
    holding, done = Gate(), Gate()

    def hold_a() -> None:
        with pg_app.app_context(), transaction():
            shop.placed(lot="LOT-A")
            holding.set()
            done.wait(PATIENCE)

    def buy(lot: str) -> None:
        with pg_app.app_context():
            shop.paid(lot=lot)

    with ThreadPoolExecutor(3) as pool:
        held = pool.submit(hold_a)
        assert holding.wait(PATIENCE)
        same: Future[None] = pool.submit(buy, "LOT-A")
        # Reserved, paid and retired while the other lot is held.
        pool.submit(buy, "LOT-B").result(PATIENCE / 2)
        with pytest.raises(NotYet):
            same.result(0.5)  # the control: the lot that is held does make its next buyer wait
        done.set()
        held.result(PATIENCE)
        same.result(PATIENCE)


# -- placing -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_one_form_sent_eight_times_is_one_order(
    any_url: str, tmp_path: Path, nursed: Callable[..., NursedServer]
) -> None:
    """A double click, Back and six tabs: one order, one session, and all land on the same payment page."""
    with portal_on(driver_url(any_url), tmp_path):
        make_lot(1)
        server = nursed(any_url, workers=3, background=False)
        visitor = Visitor(server.url, "zh")
        page = quote_page(visitor, 100, "LOT-A")
        with ThreadPoolExecutor(THREADS) as pool:
            answers: list[Answer] = list(pool.map(lambda n: press_buy(visitor, page, "same"), range(THREADS)))
        assert Counter(answer.status for answer in answers) == {303: THREADS}
        assert len({answer.location for answer in answers}) == 1
        assert (count(Order), count(SandboxSession)) == (1, 1)
        assert register.lot("LOT-A").free == Mass.kg(900)


def test_one_id_with_eight_contents_is_one_order(any_app: Flask) -> None:
    make_lot(1)
    order_id = new_id("ord")
    results = at_once(any_app, THREADS, lambda n: shop.placed(10 + n, order_id=order_id))
    assert Counter(map(type, results)) == {str: 1, OrderContentsDiffer: THREADS - 1}
    assert count(Order) == 1
    assert register.lot("LOT-A").free == Mass.kg(1000) - shop.seen(order_id).mass


# -- settling ----------------------------------------------------------------------------------


@pytest.mark.parametrize("events", ["the same", "different"])
def test_money_that_is_told_eight_times_is_taken_once(any_app: Flask, events: str) -> None:
    make_lot(1)
    order_id = shop.opened(100)
    session = till().sandbox.play(str(shop.seen(order_id).session_id), "paid")

    def settle(number: int) -> Outcome:
        told, kind = "evt_1" if events == "the same" else f"evt_{number}", "checkout.session.completed"
        now = clock.now()
        event = Event(told, kind, session.id, session.id, None, order_id, None, True, now)
        return settlement.settle(shop.SYSTEM, order_id, session, now, event)

    assert Counter(at_once(any_app, THREADS, settle)) == {Outcome.RETIRED: 1, Outcome.SEEN: THREADS - 1}
    assert register.lot("LOT-A").attributed == Mass.kg(100)
    assert count(LedgerEntry, LedgerEntry.key == f"allocate:{order_id}") == 1
    assert (count(Retirement), count(Certificate), count(PaymentRow)) == (1, 1, 1)
    sequence_and_sign()
    jobs.drain()
    at_once(any_app, 4, lambda n: till().finish([order_id], clock.now()))
    assert shop.seen(order_id).state is OrderState.FULFILLED
    assert count(jobs.Outbox, jobs.Outbox.kind == "letter") == 1
    no_faults()


def test_money_and_cancelling_at_one_moment_end_in_one_of_two_ways(any_app: Flask) -> None:
    """Half the threads pay, half cancel: paid and retired, or cancelled and nothing charged."""
    make_lot(10)
    ends: Counter[OrderState] = Counter()
    for _ in range(6):
        order_id = shop.opened(100)
        session_id = str(shop.seen(order_id).session_id)

        def meet(number: int, order_id: str = order_id, session_id: str = session_id) -> None:
            if number % 2:
                till().play(session_id, "paid", clock.now())
            else:
                till().cancel(order_id, clock.now())

        at_once(any_app, 4, meet)
        seen = shop.seen(order_id)
        ends[seen.state] += 1
        is_paid = till().sandbox.session(session_id).is_paid
        assert seen.state is (OrderState.RETIRED if is_paid else OrderState.CANCELLED)
    assert register.lot("LOT-A").attributed == Mass.kg(100 * ends[OrderState.RETIRED])
    no_faults()


# -- the audit beside the sales ----------------------------------------------------------------


def test_the_audit_finds_nothing_wrong_while_sales_go_on(any_app: Flask) -> None:
    """It reads many tables one after the other: what is sold meanwhile must not look like a fault."""
    make_lot(10)
    found: list[str] = []

    def sell_or_check(number: int) -> None:
        if number:
            for _ in range(6):
                shop.paid(10)
                sequence_and_sign()
            return
        ends = monotonic() + 3
        while monotonic() < ends:
            found.extend(str(fault) for fault in faults())
            db.session.rollback()

    results = at_once(any_app, 4, sell_or_check)
    assert results == [None] * 4
    assert found == []
