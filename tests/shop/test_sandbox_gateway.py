"""Does the sandbox play a provider honestly, on both databases and for many at once?"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.db import InsideTransaction, db, engine_options, transaction
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.kernel.money import Money
from portal.shop.models.sandbox import SandboxSession
from portal.shop.provider import SessionClosed, SessionState
from portal.shop.sandbox_gateway import SandboxGateway
from tests.conftest import driver_url
from tests.shop.test_stripe_gateway import open_session


@pytest.fixture(autouse=True)
def app(any_url: str) -> Iterator[Flask]:
    """Only the sandbox's own table, on each database in turn."""
    app = Flask("shop")
    app.config["SQLALCHEMY_DATABASE_URI"] = driver_url(any_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(any_url)
    db.init_app(app)
    with app.app_context():
        db.metadata.create_all(db.engine, [SandboxSession.metadata.tables["sandbox_session"]])
        yield app
        db.session.remove()
        db.engine.dispose()
    clock.set_to(None)


def sandbox() -> SandboxGateway:
    return SandboxGateway(lambda session_id, lang: f"http://127.0.0.1/{lang}/sandbox/{session_id}")


def all_at_once(app: Flask, moves: list[Callable[[], object]]) -> None:
    """Each move in a thread of its own, started together; refusals are part of the story."""
    meet = threading.Barrier(len(moves))

    def make(move: Callable[[], object]) -> None:
        with app.app_context():
            db.session.execute(text("SELECT 1"))  # connected, so that all start together
            meet.wait()
            with suppress(PortalError):
                move()

    threads = [threading.Thread(target=make, args=(move,)) for move in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_in_the_sandbox_time_ends_a_session_too() -> None:
    gateway = sandbox()
    session = open_session(gateway)
    clock.set_to(session.expires_at)
    assert gateway.session(session.id).state is SessionState.EXPIRED
    with pytest.raises(SessionClosed):
        gateway.play(session.id, "paid")
    assert not gateway.expire(session.id).is_paid


def test_paying_twice_in_the_sandbox_is_paying_once() -> None:
    gateway = sandbox()
    session = open_session(gateway)
    assert (
        gateway.play(session.id, "paid")
        == gateway.play(session.id, "paid")
        == gateway.play(session.id, "failed")
    )


def test_the_sandbox_page_knows_what_it_sells_and_where_it_leads() -> None:
    gateway = sandbox()
    session = open_session(gateway)
    page = gateway.page(session.id)
    assert (page.description, page.lang, page.outcome) == ("250 kg CO₂e", "zh", None)
    assert page.success_url.endswith(f"?s={session.id}")
    assert session.url == f"http://127.0.0.1/zh/sandbox/{session.id}"


def test_sandbox_sessions_of_an_order_are_found() -> None:
    gateway, now = sandbox(), clock.now()
    session = open_session(gateway)
    open_session(gateway, "other", order_id="ord_2")
    minute = timedelta(minutes=1)
    assert gateway.find_sessions("ord_1", now - minute, now + minute) == (session,)
    assert gateway.find_sessions("ord_1", now - 2 * minute, now - minute) == ()


def test_the_sandbox_keeps_a_providers_manners_inside_a_transaction() -> None:
    gateway = sandbox()
    session = open_session(gateway)
    with transaction(), pytest.raises(InsideTransaction):
        gateway.play(session.id, "paid")
    with transaction(), pytest.raises(InsideTransaction):
        gateway.session(session.id)


def test_the_table_itself_refuses_too_large_a_refund() -> None:
    session = open_session(sandbox())
    with pytest.raises(IntegrityError, match="sandbox_refund_is_at_most_what_was_paid"), transaction() as s:
        s.execute(text("UPDATE sandbox_session SET refunded_minor = 1 WHERE id = :id"), {"id": session.id})


def test_of_two_tabs_with_one_key_there_is_one_session(app: Flask) -> None:
    gateway, expires_at = sandbox(), clock.now() + timedelta(minutes=31)
    all_at_once(app, [lambda: open_session(gateway, expires_at=expires_at)] * 6)
    with transaction() as s:
        assert s.execute(text("SELECT count(*) FROM sandbox_session")).scalar_one() == 1


def test_paid_and_expired_at_once_is_one_of_the_two(app: Flask) -> None:
    gateway = sandbox()
    for number in range(4):
        session = open_session(gateway, f"race{number}")
        seen: list[SessionState] = []

        def pay(session_id: str = session.id, seen: list[SessionState] = seen) -> None:
            seen.append(gateway.play(session_id, "paid").state)

        def expire(session_id: str = session.id, seen: list[SessionState] = seen) -> None:
            seen.append(gateway.expire(session_id).state)

        all_at_once(app, [pay, expire])
        assert (
            set(seen) == {gateway.session(session.id).state} < {SessionState.COMPLETE, SessionState.EXPIRED}
        )


def test_parallel_refunds_never_exceed_the_payment(app: Flask) -> None:
    gateway = sandbox()
    for sale in range(4):
        payment_id = gateway.play(open_session(gateway, f"sale{sale}").id, "paid").payment_id
        assert payment_id is not None

        def refund(number: int, payment_id: str = payment_id) -> Callable[[], object]:
            return lambda: gateway.refund(
                payment_id=payment_id,
                amount=Money.cny("10"),
                refund_id=f"rfd_{number}",
                idempotency_key=str(number),
            )

        all_at_once(app, [refund(number) for number in range(6)])
        assert len(gateway.refunds(payment_id)) == 2
        assert gateway.payment(payment_id).refunded == Money.cny("20.00")
