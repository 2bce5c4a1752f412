"""Do both payment providers keep the same promises? Each story is told to both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from flask import Flask

from portal.db import db
from portal.kernel.money import Money
from portal.shop.models.sandbox import SandboxSession
from portal.shop.provider import (
    KeyReused,
    PaymentNotFound,
    PaymentProvider,
    ProviderRefused,
    RefundState,
    RefundTooLarge,
    SessionClosed,
    SessionState,
)
from portal.shop.queries import finding
from portal.shop.rules.terms import PaymentKind
from portal.shop.sandbox_gateway import SandboxGateway
from portal.shop.stripe_gateway import StripeGateway
from standin.errors import ApiError
from standin.server import running
from tests.shop.test_stripe_gateway import open_session


@pytest.fixture(autouse=True)
def in_an_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    app = Flask("shop")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        db.metadata.create_all(db.engine, [SandboxSession.metadata.tables["sandbox_session"]])
        yield


@dataclass
class Told:
    """A provider, and the buyer's hand on its page."""

    provider: PaymentProvider
    play: Callable[[str, str], object]


def sandbox() -> SandboxGateway:
    return SandboxGateway(lambda session_id, lang: f"http://127.0.0.1/{lang}/sandbox/{session_id}")


@pytest.fixture(params=["stripe", "sandbox"])
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    if request.param == "sandbox":
        gateway = sandbox()
        yield Told(gateway, gateway.play)  # type: ignore[arg-type]
        return
    with running(seed=1) as server:
        yield Told(StripeGateway("sk_test_1", ("whsec",), server.url), server.pay)


def test_the_desk_finds_payments_of_every_provider() -> None:
    assert {SandboxGateway.name, StripeGateway.name, PaymentKind.TRANSFER} == set(finding.PROVIDERS)


def test_open_pay_and_read_back(told: Told) -> None:
    session = open_session(told.provider)
    assert (session.state, session.is_paid, session.payment_id, session.test) == (
        SessionState.OPEN,
        False,
        None,
        True,
    )
    assert session.url is not None
    told.play(session.id, "paid")
    after = told.provider.session(session.id)
    assert (after.state, after.is_paid, after.url) == (SessionState.COMPLETE, True, None)
    assert (after.order_id, after.quote_hash, after.amount) == ("ord_1", "ab12", Money.cny("25.00"))
    assert after.payment_id is not None
    assert told.provider.session_of(after.payment_id) == after
    payment = told.provider.payment(after.payment_id)
    assert (payment.captured, payment.refunded, payment.dispute) == (Money.cny("25"), Money.cny("0"), None)
    assert (payment.order_id, payment.quote_hash, payment.test) == ("ord_1", "ab12", True)


@pytest.mark.parametrize("outcome", ["failed", "cancelled"])
def test_a_decline_or_a_step_back_leaves_the_session_open(told: Told, outcome: str) -> None:
    session = open_session(told.provider)
    told.play(session.id, outcome)
    after = told.provider.session(session.id)
    assert (after.state, after.is_paid) == (SessionState.OPEN, False)
    assert (after.payment_id is not None) is (outcome == "failed")
    if after.payment_id:
        assert told.provider.payment(after.payment_id).captured == Money.cny("0")
    told.play(session.id, "paid")
    assert told.provider.session(session.id).is_paid


def test_the_same_key_is_the_same_session(told: Told) -> None:
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=35)
    one, two = (open_session(told.provider, expires_at=expires_at) for _ in "12")
    assert one == two
    with pytest.raises(KeyReused):
        open_session(told.provider, expires_at=expires_at, amount=Money.cny("26.00"))


def test_an_expired_session_is_never_paid(told: Told) -> None:
    session = open_session(told.provider)
    for _ in "12":
        assert told.provider.expire(session.id).state is SessionState.EXPIRED
    with pytest.raises((SessionClosed, ApiError)):
        told.play(session.id, "paid")
    after = told.provider.session(session.id)
    assert (after.state, after.is_paid, after.url) == (SessionState.EXPIRED, False, None)


def test_a_session_paid_in_the_meantime_is_given_back_to_be_settled(told: Told) -> None:
    session = open_session(told.provider)
    told.play(session.id, "paid")
    assert told.provider.expire(session.id).is_paid


def test_refunds_never_exceed_the_payment(told: Told) -> None:
    session = open_session(told.provider)
    told.play(session.id, "paid")
    payment_id = told.provider.session(session.id).payment_id
    assert payment_id is not None

    def refund(yuan: str, number: int, key: str = "") -> object:
        return told.provider.refund(
            payment_id=payment_id,
            amount=Money.cny(yuan),
            refund_id=f"rfd_{number}",
            idempotency_key=key or f"refund:rfd_{number}",
        )

    assert refund("10.00", 1) == refund("10.00", 1)
    with pytest.raises(KeyReused):
        refund("11.00", 1)
    with pytest.raises(RefundTooLarge):
        refund("15.01", 2, "over")
    refund("15.00", 3)
    with pytest.raises(RefundTooLarge):
        refund("0.01", 4)
    made = told.provider.refunds(payment_id)
    assert [(each.refund_id, each.amount.minor, each.state) for each in made] == [
        ("rfd_1", 1000, RefundState.SUCCEEDED),
        ("rfd_3", 1500, RefundState.SUCCEEDED),
    ]
    assert len({each.id for each in made}) == 2
    assert told.provider.payment(payment_id).refunded == Money.cny("25.00")


def test_what_was_never_paid_is_never_refunded(told: Told) -> None:
    session = open_session(told.provider)
    told.play(session.id, "failed")
    payment_id = told.provider.session(session.id).payment_id
    assert payment_id is not None
    with pytest.raises(ProviderRefused):
        told.provider.refund(
            payment_id=payment_id, amount=Money.cny("1"), refund_id="rfd_1", idempotency_key="k"
        )
    assert told.provider.refunds(payment_id) == ()


def test_unknown_payments_are_not_found(told: Told) -> None:
    with pytest.raises(PaymentNotFound):
        told.provider.session("cs_test_none")
    with pytest.raises(PaymentNotFound):
        told.provider.payment("pi_none")
    assert told.provider.session_of("pi_none") is None
