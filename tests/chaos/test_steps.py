"""The process is killed between any two steps of an order's way, and nobody comes to help.

A child process walks the way and kills itself with SIGKILL at its n-th step: before or after a commit,
before or after a call of the provider. The parent then does what a living portal does by itself, while
time goes by: sweeper, worker, reconciler. For every n all must end as if nothing had happened, or as if
the order had never been paid, and nothing may happen twice.
"""

import os
import signal
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from time import sleep
from typing import Any, NoReturn

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.orm import Session as DbSession

from portal import create_app, jobs
from portal.config import Config
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.ops.audit import faults
from portal.registry.jobs import sequence_and_sign
from portal.shop import jobs as shop_jobs
from portal.shop.commands import ordering, refunds
from portal.shop.provider import Event
from portal.shop.queries import orders as queries
from portal.shop.rules.states import OrderState
from portal.shop.stripe_gateway import StripeGateway
from portal.shop.till import till
from tests import kept
from tests.factories import shop
from tests.factories.chaos import Bank, complaints
from tests.patience import PATIENCE

FINANCE = Actor("usr_01M825M1YS7CEW2ABDHNHW73N4", frozenset({Role.FINANCE}), proposer="usr_first")
CALLS = ("open_session", "session", "expire", "find_sessions", "session_of", "payment", "refund", "refunds")
MOST_STEPS = 150  # a way that has more of them does not end
# Minutes that go by afterwards: one until the provider is asked, two until a killed worker's lease ends,
# half an hour until who has not paid never will.
TIMES = (2.1, 2.1, 45)

S = OrderState
Way = Callable[[str, Bank], None]


# -- the ways ------------------------------------------------------------------------------------


def buy(order_id: str, bank: Bank, *, consent: bool = True) -> None:
    """Place, open the payment page, pay there, hear of it, and do the work that follows, to the letter."""
    place(order_id, consent=consent)
    till().open_payment(order_id, shop.WAY, clock.now())
    session_id = str(shop.seen(order_id).session_id)
    bank.pay(session_id)
    hear(order_id, session_id, "checkout.session.completed")
    work()


def buy_and_withdraw(order_id: str, bank: Bank) -> None:
    """Buy without consent to immediate retirement, and take the money back."""
    buy(order_id, bank, consent=False)
    refunds.request_refund(FINANCE, order_id, "withdrawn", clock.now())
    work()


def buy_and_refund(order_id: str, bank: Bank) -> None:
    """Buy, get the certificate, and have the money given back by staff: the grams stay retired, void."""
    buy(order_id, bank)
    refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    work()


def cancel(order_id: str, bank: Bank) -> None:
    place(order_id)
    till().open_payment(order_id, shop.WAY, clock.now())
    till().cancel(order_id, clock.now())


def pay_and_cancel(order_id: str, bank: Bank) -> None:
    """Pay in one tab and cancel in another: the payment was first."""
    place(order_id)
    till().open_payment(order_id, shop.WAY, clock.now())
    bank.pay(str(shop.seen(order_id).session_id))
    till().cancel(order_id, clock.now())
    work()


def buy_and_lose_a_dispute(order_id: str, bank: Bank) -> None:
    """Buy; staff begin to give the money back, but the buyer's bank is faster, and decides for the buyer."""
    buy(order_id, bank)
    payment_id = queries.payments(order_id)[0].provider_payment_id
    dispute = bank.pull(f"payments/{payment_id}/dispute")["id"]
    refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    work()  # the provider refuses: the charge is disputed
    bank.pull(f"disputes/{dispute}/close", outcome="lost")
    hear_of_payment(order_id, payment_id, "charge.dispute.closed")
    work()


def hear_of_payment(order_id: str, payment_id: str, kind: str) -> None:
    now = clock.now()
    till().hear(Event(new_id("evt"), kind, "dp_1", None, payment_id, order_id, None, True, now), now)


WAYS: dict[Way, set[OrderState]] = {
    buy: {S.FULFILLED, S.EXPIRED},
    buy_and_withdraw: {S.REFUNDED, S.PAID, S.EXPIRED},  # paid: nobody asked for the money before the kill
    buy_and_refund: {S.REFUNDED_VOID, S.FULFILLED, S.EXPIRED},
    buy_and_lose_a_dispute: {S.REFUNDED_VOID, S.FULFILLED, S.EXPIRED},
    cancel: {S.CANCELLED, S.EXPIRED},
    pay_and_cancel: {S.FULFILLED, S.EXPIRED},
}


def place(order_id: str, *, consent: bool = True) -> None:
    ordering.place_order(
        shop.GUEST, order_id, shop.quoted(), shop.BUYER, purpose="", lang="en", consent=consent,
        provider="stripe", test=True, idempotency_key=order_id, now=clock.now(),
    )  # fmt: skip


def hear(order_id: str, session_id: str, kind: str) -> None:
    now = clock.now()
    till().hear(Event(new_id("evt"), kind, session_id, session_id, None, order_id, None, True, now), now)


def work() -> None:
    """One round of the background worker."""
    shop_jobs.finish()
    sequence_and_sign()
    jobs.drain()
    shop_jobs.finish()
    jobs.drain()


# -- killing and healing -------------------------------------------------------------------------


class Killer:
    """Counts the steps of this process and ends it at the wanted one, as ``kill -9`` would."""

    def __init__(self, wanted: int) -> None:
        self.left = wanted

    def step(self, *_about: object) -> None:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        event.listen(DbSession, "before_commit", self.step)
        event.listen(DbSession, "after_commit", self.step)
        for name in CALLS:
            setattr(StripeGateway, name, self._around(getattr(StripeGateway, name)))

    def _around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def watched(*given: Any, **named: Any) -> Any:
            self.step()
            answer = call(*given, **named)
            self.step()
            return answer

        return watched


def walk_and_die(config: Config, way: Way, order_id: str, bank: Bank, step: int) -> bool:
    """Walk the way in a process that dies at this step; whether it died before the end."""
    child = os.fork()
    if not child:
        _be_the_child(config, way, order_id, bank, step)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the way itself went wrong: see above"
    wait_until_its_locks_are_gone()
    return os.WIFSIGNALED(status)


def wait_until_its_locks_are_gone() -> None:
    """The database notices a killed client a moment later; until then it keeps what that had locked.

    A worker passes over a job that is locked and comes again a second later. Here the time that goes by is
    only told, so all rounds of it could be over before the database has noticed.
    """
    if db.engine.dialect.name == "postgresql":
        others = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for _ in range(20 * PATIENCE):
                if connection.scalar(others) == 0:
                    return
                sleep(1 / 20)
        pytest.fail("a client that was killed is still connected")


def _be_the_child(config: Config, way: Way, order_id: str, bank: Bank, step: int) -> NoReturn:
    code = 1
    try:
        at = clock.now()
        app = create_app(config)  # connections of its own: those of the parent are not to be shared
        clock.set_to(at)
        with app.app_context():
            kept.lend(app)
            Killer(step).watch()
            way(order_id, bank)
        code = 0
    except BaseException as fault:
        why = f"{traceback.format_exc()}{getattr(fault, 'params', '')}"
        os.write(2, f"{way.__name__} at step {step}:\n{why}\n".encode())
    finally:
        os._exit(code)


def live_on(bank: Bank, minutes: float) -> None:
    """Time goes by, here and at the provider; then everything runs that runs by itself."""
    bank.pull("forward", seconds=minutes * 60)
    clock.set_to(clock.now() + timedelta(minutes=minutes))
    shop_jobs.sweep()
    work()


def bank_decides(bank: Bank) -> None:
    """The buyer's bank decides whether or not the portal lives: what was disputed is lost."""
    for dispute in bank.books()["disputes"]:
        if dispute["status"] == "needs_response":
            bank.pull(f"disputes/{dispute['id']}/close", outcome="lost")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_killed_at_any_step_an_order_ends_well(
    portal: Flask, tmp_path: Path, bank: Bank, way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    way(new_id("ord"), bank)  # once to the end: each child inherits the statements and templates it needs
    ends: dict[OrderState, int] = {}
    for step in range(1, MOST_STEPS):
        order_id = new_id("ord")
        db.session.remove()
        db.engine.dispose()
        has_died = walk_and_die(portal.config["PORTAL"], way, order_id, bank, step)
        bank_decides(bank)
        for minutes in TIMES:
            live_on(bank, minutes)
        if way is buy_and_lose_a_dispute:
            shop_jobs.watch()
            work()
        wrong = list(complaints(bank.books(), tmp_path / "mail", order_id))
        assert wrong == [], f"killed at step {step}: " + "\n".join(wrong)
        state = shop.seen(order_id).state if queries.exists(order_id) else None
        if state is not None:
            assert state in WAYS[way], f"killed at step {step}"
            ends[state] = ends.get(state, 0) + 1
        if not has_died:
            break
    else:
        pytest.fail(f"the way has more than {MOST_STEPS} steps")
    live_on(bank, 8 * 24 * 60)  # the cooling-off days
    live_on(bank, 1)
    shop_jobs.watch()
    assert list(complaints(bank.books(), tmp_path / "mail")) == []
    assert [str(fault) for fault in faults()] == []
    assert queries.unsettled() == []
    with capsys.disabled():
        ended = ", ".join(f"{number} {state}" for state, number in ends.items())
        print(f"\n  {way.__name__}: killed at each of {step - 1} steps; {ended}")


@pytest.mark.slow
def test_without_the_sweeper_somebody_has_paid_for_nothing(
    portal: Flask, tmp_path: Path, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: nobody asks the provider, and one of the kills leaves money that nothing was given for."""
    buy(new_id("ord"), bank)
    monkeypatch.setattr(shop_jobs, "sweep", lambda: None)
    for step in range(1, MOST_STEPS):
        order_id = new_id("ord")
        db.session.remove()
        db.engine.dispose()
        has_died = walk_and_die(portal.config["PORTAL"], buy, order_id, bank, step)
        assert has_died, "no kill left anything to heal"
        for minutes in TIMES:
            live_on(bank, minutes)
        found = complaints(bank.books(), tmp_path / "mail")
        if any("was paid and is not on record" in wrong for wrong in found):
            return
    pytest.fail(f"the way has more than {MOST_STEPS} steps")
