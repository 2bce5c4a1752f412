"""The shop's promises: kept, or wholly not, whatever the order of events."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal import jobs
from portal.certificates import queries as papers
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.queries import register
from portal.registry.rules.errors import UnknownLot
from portal.registry.rules.ledger import NotEnoughCredits
from portal.shop.commands import care, ordering, refunds, settlement
from portal.shop.commands.settlement import Outcome
from portal.shop.provider import (
    DisputeState,
    Event,
    Payment,
    PaymentState,
    ProviderRefund,
    ProviderUnavailable,
    RefundState,
    Session,
    SessionState,
)
from portal.shop.queries import orders as queries
from portal.shop.rules.orders import (
    AlreadyClaimed,
    BadOrderId,
    Buyer,
    NoLongerPayable,
    NoSuchOrder,
    NothingToRefund,
    OrderContentsDiffer,
    PartlyPaid,
    StillPayable,
    TransferInOtherCurrency,
    TransferOfAnotherOrder,
)
from portal.shop.rules.states import OrderState, UnlawfulOrderStep
from portal.shop.rules.terms import TERMS, PaymentKind
from portal.shop.till import till
from tests.factories import shop
from tests.factories.certificates import sequence_and_sign
from tests.factories.guards import without_guards
from tests.factories.registry import make_lot
from tests.factories.shop import SYSTEM

FINANCE = Actor("usr_01M825M1YS7CEW2ABDHNHW73N4", frozenset({Role.FINANCE}), proposer="usr_first")
PERSON = Actor("usr_01M825M1YS7CEW2ABDHNHW73N5")
S = OrderState


@pytest.fixture(autouse=True)
def lot(app: Flask) -> str:
    """A lot of ten tonnes for ¥80 a tonne, on SQLite."""
    return make_lot()


def free() -> int:
    return register.lot("LOT-A").free.kg_down


def attributed() -> int:
    return register.lot("LOT-A").attributed.kg_down


def state(order_id: str) -> OrderState:
    return shop.seen(order_id).state


def session_of(order_id: str, **changes: Any) -> Session:
    """The order's session as if it had just been paid."""
    order = shop.seen(order_id)
    facts: dict[str, Any] = {
        "id": order.session_id or "sbs_lost",
        "url": None,
        "state": SessionState.COMPLETE,
        "payment_state": PaymentState.PAID,
        "amount": order.total,
        "payment_id": "sbp_1",
        "order_id": order.id,
        "quote_hash": order.quote_hash,
        "expires_at": order.expires_at,
        "test": True,
    }
    return Session(**(facts | changes))


def event(order_id: str, event_id: str = "evt_1", kind: str = "checkout.session.completed") -> Event:
    return Event(event_id, kind, "sbs_1", "sbs_1", None, order_id, None, True, clock.now())


def refund_of(order_id: str) -> queries.RefundView:
    (only,) = queries.refunds(order_id)
    return only


def books_balance() -> None:
    assert [str(fault) for fault in queries.faults()] == []


# -- placing -----------------------------------------------------------------------------------


def test_an_order_reserves_what_it_asks_for() -> None:
    order_id = shop.placed(250)
    assert (free(), attributed()) == (9_750, 0)
    order = shop.seen(order_id)
    assert order.state is S.RESERVED
    assert order.expires_at - order.created_at == TERMS.session_life
    assert order.total == Money.cny("20.71")


def test_the_same_id_or_key_is_the_same_order() -> None:
    order_id = shop.placed(250, key="a key of mine")
    assert shop.placed(250, order_id=order_id, key="another key") == order_id
    assert shop.placed(250, key="a key of mine") == order_id
    assert free() == 9_750


def test_the_same_id_with_other_contents_is_refused() -> None:
    order_id = shop.placed(250)
    for changes in ({"kg": 251}, {"consent": False}, {"buyer": Buyer("B", "b@example.cn")}, {"lang": "zh"}):
        with pytest.raises(OrderContentsDiffer):
            shop.placed(**({"kg": 250, "order_id": order_id} | changes))  # type: ignore[arg-type]
    assert free() == 9_750


def test_not_enough_keeps_nothing_and_says_what_is_left() -> None:
    shop.placed(9_900)
    order_id = new_id("ord")
    with pytest.raises(NotEnoughCredits) as caught:
        shop.placed(101, order_id=order_id)
    assert caught.value.params == {"left": Mass.kg(100)}
    with pytest.raises(NoSuchOrder):
        shop.seen(order_id)
    assert shop.placed(100, order_id=order_id) == order_id, "the same id is free again"


def test_two_lines_of_one_lot_are_summed() -> None:
    offer = queries.offer_of("LOT-A")
    quote = shop.make_quote([(offer, Mass.kg(6_000)), (offer, Mass.kg(5_000))], PaymentKind.CARD)
    with pytest.raises(NotEnoughCredits):
        shop.placed(quote=quote)
    assert quote.mass == Mass.kg(11_000)
    assert free() == 10_000


def test_what_is_not_an_order_id_is_refused() -> None:
    for bad in ("", "1", "ord_1", "usr_01M825M1YS7CEW2ABDHNHW73N4", "x" * 200_000):
        with pytest.raises(BadOrderId):
            shop.placed(order_id=bad, key="k")
    with pytest.raises(UnknownLot):
        shop.placed(lot="LOT-Z")


def test_nobody_buys_for_an_organisation_that_is_not_theirs() -> None:
    with pytest.raises(NotAllowed):
        shop.placed(buyer=Buyer("B", "b@example.cn", organisation_id="org_01M825M1YS7CEW2ABDHNHW73N4"))


def test_somebody_elses_order_is_not_there() -> None:
    order_id = shop.placed()
    for stranger in (Actor.guest(), PERSON, Actor.guest(new_id("ord"))):
        with pytest.raises(NoSuchOrder):
            queries.order(stranger, order_id)
        with pytest.raises(NoSuchOrder):
            ordering.cancel_order(stranger, order_id, None, clock.now())
    assert queries.order(Actor.guest(order_id), order_id)
    assert queries.order(FINANCE, order_id)


# -- paying ------------------------------------------------------------------------------------


def test_paid_with_consent_is_retired_and_certified_in_one_go() -> None:
    order_id = shop.paid(250, purpose="plg_01M825M1YS7CEW2ABDHNHW73N4")
    assert state(order_id) is S.RETIRED
    (paper,) = papers.for_order(order_id)
    assert paper.mass == Mass.kg(250)
    assert paper.number == shop.seen(order_id).certificates[0]
    assert (free(), attributed()) == (9_750, 250)
    assert register.retired_for("plg_01M825M1YS7CEW2ABDHNHW73N4") == Mass.kg(250)
    books_balance()


def test_the_split_is_in_the_books_to_the_minor_unit() -> None:
    order_id = shop.paid(250)
    lines = {line.party.value: line.amount for line in queries.cash_lines(order_id)}
    assert lines == {
        "forest_owner": Money.cny("16.00"),
        "portal": Money.cny("4.00"),
        "registry": Money.cny("0.50"),
        "payment": Money.cny("0.21"),
    }


def test_without_consent_retirement_waits_for_the_cooling_off_days() -> None:
    order_id = shop.paid(consent=False)
    assert state(order_id) is S.PAID
    assert not settlement.retire_order(SYSTEM, order_id, clock.now() + timedelta(days=6, hours=23))
    assert queries.to_retire(clock.now()) == []
    later = clock.now() + timedelta(days=7, minutes=1)
    assert queries.to_retire(later) == [order_id]
    assert settlement.retire_order(SYSTEM, order_id, later)
    assert state(order_id) is S.RETIRED
    books_balance()


def test_an_event_five_times_and_under_other_ids_settles_once() -> None:
    order_id = shop.opened(250)
    paid = session_of(order_id)
    first = settlement.settle(SYSTEM, order_id, paid, clock.now(), event(order_id))
    again = [settlement.settle(SYSTEM, order_id, paid, clock.now(), event(order_id)) for _ in range(4)]
    other = settlement.settle(SYSTEM, order_id, paid, clock.now(), event(order_id, "evt_2"))
    bare = settlement.settle(SYSTEM, order_id, paid, clock.now())
    assert first is Outcome.RETIRED
    assert {*again, other, bare} == {Outcome.SEEN}
    assert len(papers.for_order(order_id)) == 1
    assert attributed() == 250
    books_balance()


def test_a_started_payment_is_not_a_paid_one() -> None:
    order_id = shop.opened(250)
    for changes in (
        {"state": SessionState.OPEN, "payment_state": PaymentState.UNPAID},
        {"state": SessionState.COMPLETE, "payment_state": PaymentState.UNPAID},
        {"state": SessionState.OPEN, "payment_id": None},
    ):
        assert (
            settlement.settle(SYSTEM, order_id, session_of(order_id, **changes), clock.now())
            is Outcome.NOT_PAID
        )
    assert state(order_id) is S.AWAITING_PAYMENT


@pytest.mark.parametrize(
    ("changes", "attention"),
    [
        ({"amount": Money.cny("20.70")}, "mismatch_amount"),
        ({"amount": Money.cny("20.72")}, "mismatch_amount"),
        ({"amount": Money(2071, "USD")}, "mismatch_currency"),
        ({"quote_hash": "b" * 64}, "mismatch_quote"),
    ],
)
def test_money_that_was_not_asked_for_allocates_nothing(changes: dict[str, Any], attention: str) -> None:
    order_id = shop.opened(250)
    assert (
        settlement.settle(SYSTEM, order_id, session_of(order_id, **changes), clock.now()) is Outcome.MISMATCH
    )
    order = shop.seen(order_id)
    assert (order.state, order.attention) == (S.NEEDS_ATTENTION, attention)
    assert attributed() == 0
    assert papers.for_order(order_id) == []
    books_balance()
    # The till gives it back, and the grams are free again.
    refund_id = refunds.request_refund(FINANCE, order_id, "wrong amount", clock.now())
    told = ProviderRefund("re_1", RefundState.SUCCEEDED, refund_of(order_id).amount, "sbp_1", refund_id, True)
    refunds.note_refund(SYSTEM, order_id, told, clock.now())
    assert state(order_id) is S.REFUNDED
    assert free() == 10_000
    books_balance()


def test_test_money_does_not_pay_a_real_order_nor_somebody_elses() -> None:
    order_id = shop.opened(250)
    assert (
        settlement.settle(SYSTEM, order_id, session_of(order_id, test=False), clock.now()) is Outcome.FOREIGN
    )
    assert (
        settlement.settle(
            SYSTEM, order_id, replace(session_of(order_id), order_id=new_id("ord")), clock.now()
        )
        is Outcome.FOREIGN
    )
    assert state(order_id) is S.AWAITING_PAYMENT
    assert queries.payments(order_id) == []


def test_the_second_of_two_real_payments_goes_back() -> None:
    order_id = shop.paid(250)
    twice = session_of(order_id, id="sbs_2", payment_id="sbp_2")
    assert settlement.settle(SYSTEM, order_id, twice, clock.now()) is Outcome.PAID_TWICE
    assert settlement.settle(SYSTEM, order_id, twice, clock.now()) is Outcome.SEEN
    back = refund_of(order_id)
    assert (back.kind, back.payment_id, back.amount) == ("extra", "sbp_2", Money.cny("20.71"))
    told = ProviderRefund("re_1", RefundState.SUCCEEDED, back.amount, "sbp_2", back.id, True)
    refunds.note_refund(SYSTEM, order_id, told, clock.now())
    assert state(order_id) is S.RETIRED
    assert attributed() == 250
    books_balance()


def test_money_that_came_too_late_is_served_while_there_is_stock() -> None:
    order_id = shop.opened(250)
    expire(order_id)
    assert free() == 10_000
    assert settlement.settle(SYSTEM, order_id, session_of(order_id), clock.now()) is Outcome.RETIRED
    assert (free(), attributed()) == (9_750, 250)
    books_balance()


def test_money_that_came_too_late_goes_back_when_the_stock_is_gone(sent_letters: Any) -> None:
    order_id = shop.opened(250)
    expire(order_id)
    shop.placed(10_000)
    assert settlement.settle(SYSTEM, order_id, session_of(order_id), clock.now()) is Outcome.PAID_TOO_LATE
    assert state(order_id) is S.REFUND_PENDING
    back = refund_of(order_id)
    told = ProviderRefund("re_1", RefundState.SUCCEEDED, back.amount, "sbp_1", back.id, True)
    refunds.note_refund(SYSTEM, order_id, told, clock.now())
    assert state(order_id) is S.REFUNDED
    assert papers.for_order(order_id) == []
    books_balance()


def test_money_for_a_cancelled_order_goes_back_although_there_is_stock() -> None:
    order_id = shop.opened(250)
    till().cancel(order_id, clock.now())
    assert settlement.settle(SYSTEM, order_id, session_of(order_id), clock.now()) is Outcome.PAID_TOO_LATE
    assert refund_of(order_id).amount == Money.cny("20.71")
    assert free() == 10_000


def expire(order_id: str) -> None:
    ended = session_of(
        order_id, state=SessionState.EXPIRED, payment_state=PaymentState.UNPAID, payment_id=None
    )
    ordering.expire_order(SYSTEM, order_id, ended, clock.now())


# -- until it is paid --------------------------------------------------------------------------


def test_the_grams_stay_until_the_provider_confirms_that_nobody_can_pay() -> None:
    order_id = shop.opened(250)
    still_open = session_of(order_id, state=SessionState.OPEN, payment_state=PaymentState.UNPAID)
    for proof in (
        None,
        still_open,
        replace(still_open, id="sbs_other", state=SessionState.EXPIRED),
        session_of(order_id),
    ):
        with pytest.raises(StillPayable):
            ordering.expire_order(SYSTEM, order_id, proof, clock.now())
    assert free() == 9_750
    expire(order_id)
    assert (state(order_id), free()) == (S.EXPIRED, 10_000)
    expire(order_id)
    assert free() == 10_000


def test_the_sweeper_lapses_what_was_not_paid(at: Any) -> None:
    at("2026-11-22T10:00:00+08:00")
    order_id, other = shop.opened(250), shop.opened(100)
    at("2026-11-22T10:30:59+08:00")
    assert queries.lapsing(clock.now()) == []
    shop.pay(other)
    at("2026-11-22T10:31:01+08:00")
    report = till().heal(queries.lapsing(clock.now()), clock.now())
    assert report.moved == [order_id]
    assert (state(order_id), state(other)) == (S.EXPIRED, S.RETIRED)
    assert (free(), attributed()) == (9_900, 100)


def test_an_order_killed_before_its_session_lapses_too(at: Any) -> None:
    at("2026-11-22T10:00:00+08:00")
    order_id = shop.placed(250)
    at("2026-11-22T10:31:01+08:00")
    till().heal(queries.lapsing(clock.now()), clock.now())
    assert (state(order_id), free()) == (S.EXPIRED, 10_000)


def test_a_paid_order_whose_event_was_lost_is_heard_of_by_asking(at: Any) -> None:
    at("2026-11-22T10:00:00+08:00")
    order_id = shop.opened(250)
    till().sandbox.play(str(shop.seen(order_id).session_id), "paid")
    at("2026-11-22T10:01:30+08:00")
    assert queries.unheard(clock.now()) == [order_id]
    till().heal([order_id], clock.now())
    assert state(order_id) is S.RETIRED


def test_a_session_whose_answer_was_lost_is_found_again(at: Any) -> None:
    at("2026-11-22T10:00:00+08:00")
    order_id = shop.placed(250)
    order = shop.seen(order_id)
    lost = till().sandbox.open_session(
        order_id=order_id,
        quote_hash=order.quote_hash,
        amount=order.total,
        description="x",
        email=None,
        lang="en",
        success_url="s",
        cancel_url="c",
        expires_at=order.expires_at,
        idempotency_key=f"order:{order_id}:v1",
    )
    at("2026-11-22T10:05:00+08:00")
    assert till().open_payment(order_id, shop.WAY, clock.now()) == lost.url
    assert shop.seen(order_id).session_id == lost.id


def test_paying_again_leads_to_the_same_page() -> None:
    order_id = shop.opened(250)
    urls = {till().open_payment(order_id, shop.WAY, clock.now()) for _ in range(3)}
    assert urls == {shop.seen(order_id).session_url}


def test_a_failed_payment_keeps_the_grams_and_may_be_tried_again() -> None:
    order_id = shop.opened(250)
    till().play(str(shop.seen(order_id).session_id), "failed", clock.now())
    assert (state(order_id), free()) == (S.PAYMENT_FAILED, 9_750)
    assert till().open_payment(order_id, shop.WAY, clock.now())
    shop.pay(order_id)
    assert state(order_id) is S.RETIRED


def test_a_new_session_needs_the_old_one_to_be_over() -> None:
    order_id = shop.opened(250)
    with pytest.raises(StillPayable):
        ordering.renew(SYSTEM, order_id, None, clock.now())
    dead = till().sandbox.expire(str(shop.seen(order_id).session_id))
    assert till().open_payment(order_id, shop.WAY, clock.now())
    assert shop.seen(order_id).session_no == 2
    assert shop.seen(order_id).session_id != dead.id


def test_nobody_holds_credits_by_starting_to_pay_for_ever() -> None:
    order_id = shop.opened(250)
    for _ in range(ordering.SESSIONS_PER_ORDER - 1):
        till().sandbox.expire(str(shop.seen(order_id).session_id))
        till().open_payment(order_id, shop.WAY, clock.now())
    till().sandbox.expire(str(shop.seen(order_id).session_id))
    with pytest.raises(NoLongerPayable):
        till().open_payment(order_id, shop.WAY, clock.now())


def test_cancelling_what_was_just_paid_settles_it_instead() -> None:
    order_id = shop.opened(250)
    till().sandbox.play(str(shop.seen(order_id).session_id), "paid")
    assert till().cancel(order_id, clock.now()) is False
    assert state(order_id) is S.RETIRED


def test_a_paid_order_cannot_be_cancelled_and_the_try_is_on_record() -> None:
    order_id = shop.paid(250)
    with pytest.raises(UnlawfulOrderStep):
        ordering.cancel_order(SYSTEM, order_id, None, clock.now())
    assert [line.event for line in queries.history(order_id) if line.is_refused] == ["cancelled"]
    assert state(order_id) is S.RETIRED


# -- bank transfers ----------------------------------------------------------------------------


def test_a_bank_transfer_is_held_for_seven_days_and_confirmed_by_staff() -> None:
    order_id = shop.placed(250, payment=PaymentKind.TRANSFER)
    order = shop.seen(order_id)
    assert order.state is S.AWAITING_TRANSFER
    assert order.expires_at - order.created_at == timedelta(days=7)
    with pytest.raises(NotAllowed):
        settlement.confirm_transfer(PERSON, order_id, "B-1", order.total, clock.now())
    assert settlement.confirm_transfer(FINANCE, order_id, "B-1", order.total, clock.now()) is Outcome.RETIRED
    assert settlement.confirm_transfer(FINANCE, order_id, "B-1", order.total, clock.now()) is Outcome.SEEN
    books_balance()


def test_a_transfer_of_too_little_is_for_staff_when_the_time_is_over() -> None:
    order_id = shop.placed(250, payment=PaymentKind.TRANSFER)
    assert settlement.confirm_transfer(FINANCE, order_id, "B-1", Money.cny(20), clock.now()) is Outcome.PARTLY
    with pytest.raises(PartlyPaid):
        ordering.cancel_order(Actor.guest(order_id), order_id, None, clock.now())
    till().look(order_id, clock.now() + timedelta(days=8))
    assert state(order_id) is S.NEEDS_ATTENTION
    refund_id = refunds.request_refund(FINANCE, order_id, "wrong amount", clock.now())
    assert shop.seen(order_id).attention == "refund_by_transfer"
    refunds.confirm_refund(FINANCE, order_id, refund_id, "B-2", clock.now())
    assert (state(order_id), free()) == (S.REFUNDED, 10_000)
    books_balance()


def test_an_order_is_paid_by_several_transfers_and_what_is_over_goes_back() -> None:
    order_id = shop.placed(250, payment=PaymentKind.TRANSFER)
    total = shop.seen(order_id).total
    confirm = settlement.confirm_transfer
    assert confirm(FINANCE, order_id, "B-1", Money.cny(5), clock.now()) is Outcome.PARTLY
    assert confirm(FINANCE, order_id, "B-1", Money.cny(5), clock.now()) is Outcome.SEEN
    with pytest.raises(TransferInOtherCurrency):
        confirm(FINANCE, order_id, "B-2", Money(100, "HKD"), clock.now())
    with pytest.raises(TransferOfAnotherOrder):
        confirm(FINANCE, shop.placed(50, payment=PaymentKind.TRANSFER), "B-1", Money.cny(5), clock.now())
    assert confirm(FINANCE, order_id, "B-2", total, clock.now()) is Outcome.RETIRED
    assert [part.is_booked for part in queries.transfers(order_id)] == [True, True]
    refund = refund_of(order_id)
    assert (refund.kind, refund.amount, refund.reason) == ("extra", Money.cny(5), "overpaid")
    refunds.confirm_refund(FINANCE, order_id, refund.id, "B-9", clock.now())
    assert state(order_id) is S.RETIRED
    books_balance()


def test_a_transfer_that_never_came_lapses(at: Any) -> None:
    at("2026-11-22T10:00:00+08:00")
    order_id = shop.placed(250, payment=PaymentKind.TRANSFER)
    at("2026-11-29T10:00:01+08:00")
    till().heal(queries.lapsing(clock.now()), clock.now())
    assert (state(order_id), free()) == (S.EXPIRED, 10_000)


# -- money back --------------------------------------------------------------------------------


def test_the_buyer_withdraws_within_the_cooling_off_days() -> None:
    order_id = shop.paid(250, consent=False)
    owner = Actor.guest(order_id)
    with pytest.raises(NoSuchOrder):
        refunds.request_refund(PERSON, order_id, "not mine", clock.now())
    with pytest.raises(NotAllowed):
        refunds.request_refund(owner, order_id, "too late", clock.now() + timedelta(days=8))
    refunds.request_refund(owner, order_id, "changed my mind", clock.now())
    assert state(order_id) is S.REFUND_PENDING
    assert not settlement.retire_order(SYSTEM, order_id, clock.now() + timedelta(days=8))
    jobs.drain()
    assert (state(order_id), free()) == (S.REFUNDED, 10_000)
    books_balance()


def test_with_consent_there_is_no_way_back_for_the_buyer() -> None:
    order_id = shop.paid(250)
    with pytest.raises(NotAllowed):
        refunds.request_refund(Actor.guest(order_id), order_id, "please", clock.now())


def test_a_refund_after_retirement_voids_the_claim_and_keeps_the_grams_gone() -> None:
    order_id = shop.paid(250, purpose="plg_01M825M1YS7CEW2ABDHNHW73N4")
    refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    assert state(order_id) is S.REFUND_AFTER_RETIREMENT
    jobs.drain()
    assert state(order_id) is S.REFUNDED_VOID
    assert (free(), attributed()) == (9_750, 250), "never resold"
    (paper,) = papers.for_order(order_id)
    assert (paper.state.value, paper.reason.value if paper.reason else None) == ("revoked", "refunded")
    assert register.retired_for("plg_01M825M1YS7CEW2ABDHNHW73N4") == Mass(0)
    with pytest.raises((NothingToRefund, UnlawfulOrderStep)):
        refunds.request_refund(FINANCE, order_id, "again", clock.now())
    books_balance()


def test_a_refund_is_done_once_however_often_it_is_tried() -> None:
    order_id = shop.paid(250, consent=False)
    refund_id = refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    for _ in range(3):
        till().pay_back(refund_id, clock.now())
    payment = queries.payments(order_id)[0]
    assert till().sandbox.payment(payment.provider_payment_id).refunded == payment.amount
    assert len(till().sandbox.refunds(payment.provider_payment_id)) == 1
    assert state(order_id) is S.REFUNDED


def test_a_failed_refund_is_for_staff_who_may_try_again() -> None:
    order_id = shop.paid(250, consent=False)
    refund_id = refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    amount = refund_of(order_id).amount
    refunds.note_refund(
        SYSTEM,
        order_id,
        ProviderRefund("re_1", RefundState.FAILED, amount, "p", refund_id, True),
        clock.now(),
    )
    assert (state(order_id), shop.seen(order_id).attention) == (S.NEEDS_ATTENTION, "refund_failed")
    assert free() == 9_750
    books_balance()
    refunds.request_refund(FINANCE, order_id, "again", clock.now())
    jobs.drain()
    assert (state(order_id), free()) == (S.REFUNDED, 10_000)
    books_balance()


def test_a_refund_made_at_the_provider_is_taken_over() -> None:
    order_id = shop.paid(250)
    payment = queries.payments(order_id)[0]
    told = ProviderRefund(
        "re_9", RefundState.SUCCEEDED, payment.amount, payment.provider_payment_id, None, True
    )
    for _ in range(2):
        refunds.note_refund(SYSTEM, order_id, told, clock.now())
    assert state(order_id) is S.REFUNDED_VOID
    assert len(queries.refunds(order_id)) == 1
    books_balance()


def test_a_partial_refund_at_the_provider_is_booked_and_shown_to_staff() -> None:
    order_id = shop.paid(250)
    payment = queries.payments(order_id)[0]
    for refund_id, minor in (("re_1", 71), ("re_2", 500)):
        told = ProviderRefund(
            refund_id, RefundState.SUCCEEDED, Money(minor, "CNY"), payment.provider_payment_id, None, True
        )
        refunds.note_refund(SYSTEM, order_id, told, clock.now())
    assert (state(order_id), shop.seen(order_id).attention) == (S.RETIRED, "partial_refund")
    assert sum(line.amount.minor for line in queries.cash_lines(order_id)) == 1500
    books_balance()


@pytest.mark.parametrize("consent", [True, False])
def test_a_dispute_won_leads_back_and_a_lost_one_is_a_refund(consent: bool) -> None:
    order_id = shop.paid(250, consent=consent)
    before = state(order_id)
    payment = queries.payments(order_id)[0]

    def bank_says(dispute: DisputeState) -> None:
        facts = Payment(
            payment.provider_payment_id, payment.amount, Money.cny(0), dispute, order_id, None, True
        )
        refunds.note_dispute(SYSTEM, order_id, facts, clock.now())

    for _ in range(2):
        bank_says(DisputeState.OPEN)
    assert state(order_id) is S.DISPUTED
    bank_says(DisputeState.WON)
    assert state(order_id) is before
    for _ in range(2):
        bank_says(DisputeState.LOST)  # the message that it was opened was lost
    assert state(order_id) is (S.REFUNDED_VOID if consent else S.REFUNDED)
    assert free() == (9_750 if consent else 10_000)
    assert {paper.state.value for paper in papers.for_order(order_id)} == ({"revoked"} if consent else set())
    books_balance()


# -- letters -----------------------------------------------------------------------------------


def test_one_letter_with_the_certificate_in_the_buyers_language(sent_letters: Any) -> None:
    order_id = shop.paid(250, lang="zh", buyer=Buyer("李家", "li@example.cn"))
    assert not settlement.fulfil(SYSTEM, order_id, clock.now()), "not before it is printed"
    sequence_and_sign()
    jobs.drain()
    for _ in range(3):
        settlement.fulfil(SYSTEM, order_id, clock.now())
    assert state(order_id) is S.FULFILLED
    (letter,) = sent_letters()
    assert letter["To"] == "li@example.cn"
    (paper,) = papers.for_order(order_id)
    assert f"/c/{paper.number}/{paper.key}" in letter.get_content()
    assert f"/zh/orders/{order_id}?k=" in letter.get_content()


def test_a_forgotten_buyer_gets_no_letter_and_breaks_nothing(sent_letters: Any) -> None:
    order_id = shop.paid(250, consent=False)
    jobs.drain()
    with transaction() as session:
        session.execute(text("DELETE FROM order_buyer"))
    settlement.retire_order(SYSTEM, order_id, clock.now() + timedelta(days=8))
    assert shop.seen(order_id).buyer is None
    (paper,) = papers.for_order(order_id)
    assert (paper.holder_name, paper.holder_salt) == (None, None)


# -- claiming ----------------------------------------------------------------------------------


def test_a_guests_order_is_claimed_once_with_its_link() -> None:
    order_id = shop.placed(250)
    with pytest.raises(NoSuchOrder):
        ordering.claim_order(PERSON, order_id, clock.now())
    holder = replace(PERSON, keys=frozenset({order_id}))
    for _ in range(2):
        ordering.claim_order(holder, order_id, clock.now())
    assert [row.id for row in queries.orders_of(PERSON)] == [order_id]
    with pytest.raises(AlreadyClaimed):
        ordering.claim_order(replace(FINANCE, keys=frozenset({order_id})), order_id, clock.now())


# -- healing -----------------------------------------------------------------------------------


def test_one_poison_order_is_quarantined_and_the_others_heal(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [shop.opened(100) for _ in range(3)]
    for order_id in ids:
        till().sandbox.play(str(shop.seen(order_id).session_id), "paid")
    settle = settlement.settle

    def poisoned(actor: Actor, order_id: str, *rest: Any) -> Outcome:
        if order_id == ids[1]:
            raise ZeroDivisionError("poison")
        return settle(actor, order_id, *rest)

    monkeypatch.setattr(settlement, "settle", poisoned)
    report = till().heal(ids, clock.now())
    assert report.quarantined == [ids[1]]
    assert [state(order_id) for order_id in ids] == [S.RETIRED, S.AWAITING_PAYMENT, S.RETIRED]
    assert shop.seen(ids[1]).attention == "could_not_be_healed"
    assert queries.unheard(clock.now() + timedelta(minutes=2)) == [], "left alone for a while"
    monkeypatch.undo()
    till().heal([ids[1]], clock.now())
    assert (state(ids[1]), shop.seen(ids[1]).attention) == (S.RETIRED, "")


def test_a_provider_that_is_away_quarantines_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = shop.opened(100)

    def away(_session_id: str) -> Session:
        raise ProviderUnavailable()

    monkeypatch.setattr(till().sandbox, "session", away)
    assert till().heal([order_id], clock.now()).unreachable == [order_id]
    assert shop.seen(order_id).attention == ""


def test_staff_calm_an_order_with_a_note() -> None:
    order_id = shop.paid(250)
    care.quarantine(SYSTEM, order_id, "x", clock.now())
    with pytest.raises(NotAllowed):
        care.calm(PERSON, order_id, "seen", clock.now())
    care.calm(FINANCE, order_id, "seen", clock.now())
    assert shop.seen(order_id).attention == ""


# -- what the database refuses -----------------------------------------------------------------

_COLUMNS = "id, order_id, payment_id, kind, state, amount_minor, currency, reason, actor_id, created_at"
_NEW_REFUND = f"INSERT INTO refund ({_COLUMNS})"
ATTACKS = [
    ("UPDATE orders SET state = 'refunded' WHERE id = :o", "lawful steps"),
    ("UPDATE orders SET state = 'reserved' WHERE id = :o", "lawful steps"),
    ("UPDATE orders SET amount_minor = 1 WHERE id = :o", "orders keeps"),
    ("UPDATE orders SET mass_g = 1000000 WHERE id = :o", "orders keeps"),
    ("UPDATE orders SET test = 0 WHERE id = :o", "orders keeps"),
    ("DELETE FROM orders WHERE id = :o", "never deleted"),
    ("UPDATE order_line SET mass_g = 1 WHERE order_id = :o", "order_line keeps"),
    ("UPDATE order_line SET retirement_id = 'ret_x' WHERE order_id = :o", "retired once"),
    ("UPDATE cash_line SET amount_minor = 0 WHERE order_id = :o", "never edited"),
    ("DELETE FROM cash_line WHERE order_id = :o", "never deleted"),
    ("DELETE FROM order_event WHERE order_id = :o", "never deleted"),
    ("UPDATE payment SET amount_minor = 1 WHERE order_id = :o", "never edited"),
    ("DELETE FROM payment_event", "never deleted"),
    (
        "INSERT INTO payment SELECT 'pay_2', order_id, kind, provider, 'other', amount_minor, currency, "
        "test, at FROM payment WHERE order_id = :o",
        "UNIQUE|unique",
    ),
    (
        f"{_NEW_REFUND} SELECT 'rfd_2', order_id, id, 'before', 'planned', 1, currency, '', 'x', at "
        "FROM payment WHERE order_id = :o",
        "once retirement has begun",
    ),
    (
        f"{_NEW_REFUND} SELECT 'rfd_2', order_id, id, 'after', 'planned', amount_minor + 1, currency, '', "
        "'x', at FROM payment WHERE order_id = :o",
        "no more is refunded",
    ),
]


@pytest.mark.parametrize(("attack", "sentence"), ATTACKS)
def test_the_database_refuses(attack: str, sentence: str) -> None:
    order_id = shop.paid(250)
    settlement.note_event(SYSTEM, event(order_id), order_id, Outcome.SEEN, clock.now())
    with pytest.raises(IntegrityError, match=sentence), transaction() as session:
        session.execute(text(attack), {"o": order_id})
    assert db.session.is_active


def test_the_database_refuses_a_paid_order_without_its_payment() -> None:
    order_id = shop.opened(250)
    with pytest.raises(IntegrityError, match="payment that is on record"), transaction() as session:
        session.execute(text("UPDATE orders SET state = 'paid' WHERE id = :o"), {"o": order_id})


def test_the_database_refuses_a_payment_of_another_amount() -> None:
    order_id = shop.opened(250)
    with pytest.raises(IntegrityError, match="exactly what was quoted"), transaction() as session:
        session.execute(
            text(
                "INSERT INTO payment VALUES ('pay_1', :o, 'order', 'sandbox', 'p', 2070, 'CNY', 1, "
                "'2026-11-22T00:00:00.000000Z')"
            ),
            {"o": order_id},
        )


def test_nothing_retires_while_a_refund_is_pending() -> None:
    order_id = shop.paid(250, consent=False)
    refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text("UPDATE hold SET state = 'retired' WHERE id = :o"), {"o": order_id})


FORGERIES = [
    (
        ["UPDATE cash_line SET amount_minor = amount_minor + 1 WHERE party = 'portal'"],
        "captured - refunded differs from the cash lines by -1 CNY",
    ),
    (["UPDATE payment SET amount_minor = amount_minor - 1"], "differs from the cash lines by -1 CNY"),
    (
        [
            "UPDATE payment SET amount_minor = amount_minor - 1",
            "UPDATE cash_line SET amount_minor = amount_minor - 1 WHERE party = 'portal'",
        ],
        "counted as paid without a payment of the amount that was quoted",
    ),
    (
        ["UPDATE payment SET currency = 'EUR'", "UPDATE cash_line SET currency = 'EUR'"],
        "counted as paid without a payment of the amount that was quoted",
    ),
    (["UPDATE orders SET mass_g = mass_g + 1000"], "the lines do not add up to the order's grams"),
    (["UPDATE orders SET amount_minor = amount_minor + 1"], "lines and fees do not add up to the total"),
    (["UPDATE orders SET amount_minor = amount_minor + 1"], "the split does not add up to the total"),
    (["UPDATE order_line SET retirement_id = NULL"], "counted as retired without a retirement"),
    (["UPDATE orders SET state = 'paid'"], "is paid, but its grams are retired"),
]


@pytest.mark.parametrize(("statements", "sentence"), FORGERIES)
def test_what_somebody_edits_behind_the_guards_is_found(statements: list[str], sentence: str) -> None:
    order_id = shop.paid(250)
    books_balance()
    with transaction() as session:
        without_guards(session)
        for statement in statements:
            session.execute(text(statement))
    found = list(queries.faults())
    assert {fault.row for fault in found} == {f"order {order_id}"}
    assert any(sentence in fault.what for fault in found), found
