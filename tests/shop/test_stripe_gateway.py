"""Does the gateway tell the truth about a payment, whatever the network and the hook's callers do?"""

import contextvars
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from flask import Flask

from portal.db import InsideTransaction, db, transaction
from portal.kernel.money import Money
from portal.shop.provider import (
    AmountTooSmall,
    DisputeState,
    ForeignPayment,
    KeyReused,
    NotASignature,
    PaymentProvider,
    ProviderUnavailable,
    RefundState,
    Session,
    SessionState,
)
from portal.shop.stripe_gateway import LARGEST_EVENT, StripeGateway
from standin.chaos import Chaos
from standin.postman import signature
from standin.server import StandIn, running
from tests.patience import PATIENCE

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECRET = "whsec_ours"


@pytest.fixture(autouse=True)
def in_an_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database session for the gateways' guard, and no long pauses between the SDK's attempts."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    app = Flask("shop")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        yield


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running(seed=1) as server:
        yield server


@pytest.fixture
def gateway(stand_in: StandIn) -> StripeGateway:
    return StripeGateway("sk_test_1", (SECRET,), stand_in.url)


def open_session(gateway: PaymentProvider, key: str = "order:ord_1:v1", **changes: Any) -> Session:
    wish: dict[str, Any] = {
        "order_id": "ord_1",
        "quote_hash": "ab12",
        "amount": Money.cny("25.00"),
        "description": "250 kg CO₂e",
        "email": "buyer@example.com",
        "lang": "zh",
        "success_url": "http://127.0.0.1/zh/orders/ord_1?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1/zh/orders/ord_1",
        "expires_at": datetime.fromtimestamp(int(time.time()) + 31 * 60, UTC),
        "idempotency_key": key,
    }
    return gateway.open_session(**{**wish, **changes})


# Sessions


def test_a_session_carries_the_order_and_says_what_money_it_is(
    gateway: StripeGateway, stand_in: StandIn
) -> None:
    session = open_session(gateway)
    assert session.state is SessionState.OPEN
    assert (session.order_id, session.quote_hash, session.amount) == ("ord_1", "ab12", Money.cny("25.00"))
    assert (session.test, gateway.test, session.is_paid) == (True, True, False)
    assert stand_in.bank.sessions[session.id]["locale"] == "zh"


def test_with_a_live_key_money_is_real() -> None:
    with running(livemode=True) as server:
        gateway = StripeGateway("sk_live_1", (SECRET,), server.url)
        assert (open_session(gateway).test, gateway.test) == (False, False)


def test_too_little_is_refused_by_name_and_the_minimum_is_accepted(gateway: StripeGateway) -> None:
    least = gateway.minimum("CNY")
    with pytest.raises(AmountTooSmall):
        open_session(gateway, "small", amount=least - Money(1, "CNY"))
    assert open_session(gateway, "least", amount=least).amount == least


def test_a_payment_in_a_foreign_currency_is_not_ours(gateway: StripeGateway, stand_in: StandIn) -> None:
    session = open_session(gateway)
    stand_in.bank.sessions[session.id]["currency"] = "jpy"
    with pytest.raises(ForeignPayment):
        gateway.session(session.id)


def test_lost_sessions_are_found_by_order(gateway: StripeGateway, stand_in: StandIn) -> None:
    mine = [open_session(gateway, f"k{n}") for n in range(2)]
    for n in range(100):  # with mine, more than one page
        open_session(gateway, f"other{n}", order_id="ord_2")
    now = datetime.now(UTC)
    found = gateway.find_sessions("ord_1", now - timedelta(minutes=1), now)
    assert {session.id for session in found} == {session.id for session in mine}
    long_ago = now - timedelta(days=2)
    assert gateway.find_sessions("ord_1", long_ago, long_ago + timedelta(hours=1)) == ()


# The network


def test_a_lost_answer_is_asked_for_again_with_the_same_key(
    gateway: StripeGateway, stand_in: StandIn
) -> None:
    stand_in.dice.plan(["lose", "lose"])
    session = open_session(gateway)
    assert list(stand_in.bank.sessions) == [session.id]


def test_when_every_answer_is_lost_a_later_call_finds_the_same_session(
    gateway: StripeGateway, stand_in: StandIn
) -> None:
    stand_in.dice.plan(["lose"] * 3)
    expires_at = datetime.fromtimestamp(int(time.time()) + 1900, UTC)
    with pytest.raises(ProviderUnavailable):
        open_session(gateway, expires_at=expires_at)
    session = open_session(gateway, expires_at=expires_at)
    assert list(stand_in.bank.sessions) == [session.id]


def test_two_answers_5xx_then_success(gateway: StripeGateway, stand_in: StandIn) -> None:
    stand_in.dice.plan(["fail", "fail"])
    assert open_session(gateway).state is SessionState.OPEN
    stand_in.dice.plan(["fail"] * 3)
    with pytest.raises(ProviderUnavailable):
        open_session(gateway, "another")


def test_a_provider_that_hangs_leaves_threads_to_other_pages(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place, taken by a call that hangs: the next is told soon, and served when the place is free."""
    monkeypatch.setattr("portal.shop.stripe_gateway.PATIENCE", 0.05)
    gateway = StripeGateway("sk_test_1", (SECRET,), stand_in.url, at_once=1)
    hangs, go_on = threading.Event(), threading.Event()
    open_at_the_bank = stand_in.bank.open_session
    asked: list[str] = []

    def slowly(given: dict[str, Any]) -> dict[str, Any]:
        asked.append(given["client_reference_id"])
        hangs.set()
        go_on.wait(PATIENCE)
        return open_at_the_bank(given)

    monkeypatch.setattr(stand_in.bank, "open_session", slowly)
    call = contextvars.copy_context().run
    first = threading.Thread(target=call, args=(lambda: open_session(gateway, "one", order_id="ord_1"),))
    first.start()
    assert hangs.wait(PATIENCE)
    with pytest.raises(ProviderUnavailable):
        open_session(gateway, "two", order_id="ord_2")
    assert asked == ["ord_1"], "the second did not come so far"
    go_on.set()
    first.join()
    assert open_session(gateway, "two", order_id="ord_2").state is SessionState.OPEN


def test_a_hanging_provider_is_unavailable_in_time(stand_in: StandIn) -> None:
    stand_in.chaos = Chaos(hang=1, hang_seconds=60)
    start = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        open_session(StripeGateway("sk_test_1", (SECRET,), stand_in.url, timeout=2.0))
    assert time.monotonic() - start < 30


def test_when_the_time_is_used_up_no_further_attempt_is_made(stand_in: StandIn) -> None:
    stand_in.chaos = Chaos(hang_seconds=60)
    stand_in.dice.plan(["hang"] * 3)
    with pytest.raises(ProviderUnavailable):
        open_session(StripeGateway("sk_test_1", (SECRET,), stand_in.url, timeout=2.0))
    assert stand_in.dice.planned == ["hang"] * 2


def test_while_the_first_call_still_runs_a_second_with_its_key_is_told_to_come_again(
    gateway: StripeGateway, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    working, go_on, expires_at = (
        threading.Event(),
        threading.Event(),
        datetime.now(UTC) + timedelta(minutes=31),
    )
    open_at_the_bank = stand_in.bank.open_session

    def slowly(given: dict[str, Any]) -> dict[str, Any]:
        working.set()
        go_on.wait(PATIENCE)
        return open_at_the_bank(given)

    monkeypatch.setattr(stand_in.bank, "open_session", slowly)
    call = contextvars.copy_context().run
    first = threading.Thread(target=call, args=(lambda: open_session(gateway, expires_at=expires_at),))
    first.start()
    working.wait(PATIENCE)
    with pytest.raises(ProviderUnavailable):
        open_session(gateway, expires_at=expires_at)
    go_on.set()
    first.join()
    assert list(stand_in.bank.sessions) == [open_session(gateway, expires_at=expires_at).id]


def test_a_provider_that_is_down_is_unavailable(stand_in: StandIn) -> None:
    nobody = StripeGateway("sk_test_1", (SECRET,), "http://127.0.0.1:9")
    with pytest.raises(ProviderUnavailable):
        nobody.session("cs_test_1")


def test_a_wrong_key_is_an_outage_to_the_buyer(stand_in: StandIn) -> None:
    with pytest.raises(ProviderUnavailable):
        StripeGateway("sk_live_1", (SECRET,), stand_in.url).session("cs_test_1")


def test_a_key_used_with_other_details_is_refused_by_name(gateway: StripeGateway) -> None:
    open_session(gateway)
    with pytest.raises(KeyReused):
        open_session(gateway, amount=Money.cny("26.00"))


def test_no_call_runs_inside_a_transaction(gateway: StripeGateway) -> None:
    now = datetime.now(UTC)
    calls: list[Callable[[], object]] = [
        lambda: open_session(gateway),
        lambda: gateway.session("cs_1"),
        lambda: gateway.expire("cs_1"),
        lambda: gateway.find_sessions("ord_1", now, now),
        lambda: gateway.session_of("pi_1"),
        lambda: gateway.payment("pi_1"),
        lambda: gateway.refunds("pi_1"),
        lambda: gateway.refund(
            payment_id="pi_1", amount=Money.cny("1"), refund_id="rfd_1", idempotency_key="k"
        ),
    ]
    for call in calls:
        with transaction(), pytest.raises(InsideTransaction):
            call()


# Money back, and objections


def paid(gateway: StripeGateway, stand_in: StandIn) -> str:
    session = open_session(gateway)
    stand_in.pay(session.id, "paid")
    payment_id = gateway.session(session.id).payment_id
    assert payment_id is not None
    return payment_id


def test_a_slow_refund_is_pending_and_may_fail(gateway: StripeGateway, stand_in: StandIn) -> None:
    stand_in.chaos = Chaos(slow_refunds=1)
    payment_id = paid(gateway, stand_in)
    made = gateway.refund(
        payment_id=payment_id, amount=Money.cny("10"), refund_id="rfd_1", idempotency_key="refund:rfd_1"
    )
    assert made.state is RefundState.PENDING
    stand_in.bank.finish_refund(made.id, "failed")
    assert [refund.state for refund in gateway.refunds(payment_id)] == [RefundState.FAILED]
    assert gateway.payment(payment_id).refunded == Money.cny("0")


def test_a_refund_made_in_the_providers_pages_is_seen(gateway: StripeGateway, stand_in: StandIn) -> None:
    payment_id = paid(gateway, stand_in)
    stand_in.bank.refund({"payment_intent": payment_id, "amount": 300})
    (refund,) = gateway.refunds(payment_id)
    assert (refund.refund_id, refund.amount) == (None, Money.cny("3.00"))


def test_a_dispute_is_open_then_won_or_lost(gateway: StripeGateway, stand_in: StandIn) -> None:
    payment_id = paid(gateway, stand_in)
    assert gateway.payment(payment_id).dispute is None
    dispute = stand_in.bank.dispute(payment_id)
    assert gateway.payment(payment_id).dispute is DisputeState.OPEN
    stand_in.bank.close_dispute(dispute["id"], "lost")
    assert gateway.payment(payment_id).dispute is DisputeState.LOST


# Events


def body_of(kind: str = "checkout.session.completed", **changes: Any) -> bytes:
    about = {"id": "cs_test_1", "object": "checkout.session", "metadata": {"order_id": "ord_1"}}
    event = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": int(NOW.timestamp()),
        "livemode": False,
        "data": {"object": about},
    }
    return json.dumps({**event, **changes}, indent=2).encode()


def signed(body: bytes, secret: str = SECRET, at: datetime = NOW) -> str:
    """The header, made by the SDK's own hand where that can (it takes text only)."""
    stamp = int(at.timestamp())
    if body.isascii():
        return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, stamp)
    mark = hmac.new(secret.encode(), str(stamp).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={mark}"


def test_a_signed_event_says_where_to_look(gateway: StripeGateway) -> None:
    event = gateway.event(body_of(), signed(body_of()), NOW)
    assert (event.id, event.kind, event.session_id, event.payment_id, event.order_id) == (
        "evt_1",
        "checkout.session.completed",
        "cs_test_1",
        None,
        "ord_1",
    )
    assert (event.account, event.test, event.created_at, event.is_known) == (None, True, NOW, True)


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("payment_intent.payment_failed", {"object": "payment_intent", "id": "pi_1"}),
        ("charge.refunded", {"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}),
        ("refund.updated", {"object": "refund", "id": "re_1", "payment_intent": "pi_1", "metadata": None}),
        ("charge.dispute.closed", {"object": "dispute", "id": "dp_1", "payment_intent": "pi_1"}),
    ],
)
def test_every_event_about_money_leads_to_the_payment(
    gateway: StripeGateway, kind: str, about: dict[str, Any]
) -> None:
    body = body_of(kind, data={"object": about})
    event = gateway.event(body, signed(body), NOW)
    assert (event.payment_id, event.object_id, event.is_known) == ("pi_1", about["id"], True)


def test_an_event_of_another_account_or_of_no_interest_is_marked_so(gateway: StripeGateway) -> None:
    body = body_of(
        "balance.available", account="acct_2", livemode=True, data={"object": {"object": "balance"}}
    )
    event = gateway.event(body, signed(body), NOW)
    assert (event.account, event.test, event.is_known) == ("acct_2", False, False)


GOOD = body_of()
BAD_HOOK_CALLS = {
    "unsigned": (GOOD, ""),
    "nonsense": (GOOD, "t=now,v1=" + "0" * 64),
    "forged": (GOOD, f"t={int(NOW.timestamp())},v1={'0' * 64}"),
    "without a time": (GOOD, signed(GOOD).partition(",")[2]),
    "a later time put in": (GOOD, f"t={int(NOW.timestamp()) + 1},{signed(GOOD).partition(',')[2]}"),
    "a second time put in front": (
        GOOD,
        f"t={int(NOW.timestamp())},{signed(GOOD, at=NOW - timedelta(hours=1))}",
    ),
    "the other scheme": (GOOD, signed(GOOD).replace("v1=", "v0=")),
    "old": (GOOD, signed(GOOD, at=NOW - timedelta(seconds=301))),
    "a day ahead": (GOOD, signed(GOOD, at=NOW + timedelta(days=1))),
    "61 seconds ahead": (GOOD, signed(GOOD, at=NOW + timedelta(seconds=61))),
    "re-indented": (json.dumps(json.loads(GOOD)).encode(), signed(GOOD)),
    "edited": (GOOD.replace(b"ord_1", b"ord_2"), signed(GOOD)),
    "of another endpoint": (GOOD, signed(GOOD, "whsec_theirs")),
    "with an empty secret": (GOOD, signed(GOOD, "x").replace("x", "")),
    "empty": (b"", signed(b"")),
    "5 MB": (b" " * 5_000_000 + GOOD, signed(b" " * 5_000_000 + GOOD)),
    "just too big": (GOOD + b" " * LARGEST_EVENT, signed(GOOD + b" " * LARGEST_EVENT)),
    "signed, but no JSON": (b"hello", signed(b"hello")),
    "signed, but no UTF-8": (b"\xff\xfe{}", signed(b"\xff\xfe{}")),
    "signed, but no event": (b"[]", signed(b"[]")),
    "signed, but bottomless": (b"[" * 100_000, signed(b"[" * 100_000)),
    "signed, but beyond all time": (body_of(created=float("inf")), signed(body_of(created=float("inf")))),
    "signed, but of another API": (body_of(object="v2.core.event"), signed(body_of(object="v2.core.event"))),
}


@pytest.mark.parametrize("case", BAD_HOOK_CALLS)
def test_a_call_of_the_hook_that_is_not_freshly_signed_is_refused(gateway: StripeGateway, case: str) -> None:
    with pytest.raises(NotASignature):
        gateway.event(*BAD_HOOK_CALLS[case], NOW)


def test_without_a_secret_nothing_is_believed(stand_in: StandIn) -> None:
    for secrets in ((), ("",)):
        with pytest.raises(NotASignature):
            StripeGateway("sk_test_1", secrets, stand_in.url).event(GOOD, signed(GOOD, ""), NOW)


@pytest.mark.parametrize("late", [-300, 0, 60])
def test_at_the_edges_of_its_time_an_event_is_accepted(gateway: StripeGateway, late: int) -> None:
    assert gateway.event(GOOD, signed(GOOD, at=NOW + timedelta(seconds=late)), NOW).id == "evt_1"


def test_during_a_rotation_either_secret_is_accepted(stand_in: StandIn) -> None:
    gateway = StripeGateway("sk_test_1", ("whsec_new", "whsec_old"), stand_in.url)
    for secret in ("whsec_new", "whsec_old"):
        assert gateway.event(GOOD, signed(GOOD, secret), NOW).id == "evt_1"
    both = f"{signed(GOOD, 'whsec_gone')},{signed(GOOD, 'whsec_old').partition(',')[2]}"
    assert gateway.event(GOOD, both, NOW).id == "evt_1"


def test_what_the_stand_in_signs_is_accepted(gateway: StripeGateway) -> None:
    body = body_of(note="250 kg CO₂e")
    assert gateway.event(body, signature(body, ("whsec_x", SECRET), int(NOW.timestamp())), NOW).id == "evt_1"
