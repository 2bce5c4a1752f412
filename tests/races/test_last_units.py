"""Can the last units be sold twice? Forty buyers at once, through the server as it ships."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import monotonic, sleep

import pytest
from sqlalchemy import func, select

from portal import jobs
from portal.db import db
from portal.registry.queries import register
from portal.shop.models.orders import Order, PaymentRow
from portal.shop.models.sandbox import SandboxSession
from tests.conftest import driver_url, portal_on
from tests.factories.registry import make_lot
from tests.races.careless import unguarded
from tests.races.conftest import NursedServer
from tests.races.visitors import Answer, Visitor, press_buy, quote_page

BUYERS = 40
UNIT = 98  # kg: a lot of one tonne holds ten of them, and 20 kg that are enough for nobody
UNITS = 10
SAYS = {  # language of the page, its heading, and how much is left
    "zh": ("zh-CN", "余量不足", "20 kg CO₂e"),
    "en": ("en", "Not enough is left", "20 kg CO₂e"),
}
ROUNDS = 6  # of the control, until it has oversold

Start = Callable[..., NursedServer]


def rush(url: str, lot: str) -> list[tuple[Visitor, Answer]]:
    """Every buyer has the quote on the screen; then all press the button at the same moment."""
    gate = Barrier(BUYERS)

    def buy(number: int) -> tuple[Visitor, Answer]:
        visitor = Visitor(url, "zh" if number % 2 else "en")
        try:
            page = quote_page(visitor, UNIT, lot)
        except BaseException:
            gate.abort()
            raise
        gate.wait(60)
        return visitor, press_buy(visitor, page, f"buyer{number}")

    with ThreadPoolExecutor(BUYERS) as pool:
        return list(pool.map(buy, range(BUYERS)))


def count(table: type) -> int:
    db.session.rollback()
    return int(db.session.execute(select(func.count()).select_from(table)).scalar_one())


def wait_for(what: str, seconds: float, is_so: Callable[[], bool]) -> None:
    deadline = monotonic() + seconds
    while not is_so():
        assert monotonic() < deadline, f"not within {seconds} s: {what}"
        sleep(0.2)
        db.session.rollback()


def states() -> set[str]:
    return set(db.session.scalars(select(Order.state).distinct()))


@pytest.mark.slow
def test_forty_buyers_get_the_last_ten_units(
    any_url: str, tmp_path: Path, nursed: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten hold and pay, thirty are told so in their language, nobody is charged for nothing."""
    with portal_on(driver_url(any_url), tmp_path):
        make_lot(1)
        server = nursed(any_url, workers=4 if any_url.startswith("postgresql") else 2)
        began = monotonic()
        answers = rush(server.url, "LOT-A")
        took = monotonic() - began
        won = [(visitor, answer) for visitor, answer in answers if answer.status == 303]
        lost = [(visitor, answer) for visitor, answer in answers if answer.status == 409]
        assert (len(won), len(lost)) == (UNITS, BUYERS - UNITS), [answer.status for _, answer in answers]
        for visitor, answer in lost:
            lang, heading, left = SAYS[visitor.lang]
            assert (answer.lang, answer.h1) == (lang, heading)
            assert left in answer.text, answer.text
        # No session, no payment and no order of a loser is left behind.
        assert (count(Order), count(SandboxSession), count(PaymentRow)) == (UNITS, UNITS, 0)
        lot = register.lot("LOT-A")
        assert (lot.free.kg_down, lot.attributed.kg_down) == (1000 - UNITS * UNIT, 0)

        with ThreadPoolExecutor(UNITS) as pool:
            paid = list(pool.map(lambda each: pay(*each), won))
        assert [answer.status for answer in paid] == [200] * UNITS
        assert count(PaymentRow) == UNITS
        wait_for("every order is fulfilled", 90, lambda: states() == {"fulfilled"})
        wait_for("the outbox is empty", 60, lambda: jobs.counts() == (0, 0))
        assert register.lot("LOT-A").attributed.kg_down == UNITS * UNIT
        assert len(list((tmp_path / "mail").glob("*.eml"))) == UNITS
        assert "All five checks hold" in server.flask("ledger", "verify")
        with capsys.disabled():
            print(f"\n  {any_url.split(':')[0]}: {len(won)} sold, {len(lost)} refused in {took:.1f} s")


def pay(visitor: Visitor, answer: Answer) -> Answer:
    return visitor.follow(visitor.send(visitor.open(answer.location), outcome="paid"))


@pytest.mark.slow
def test_without_its_lock_the_same_shop_oversells(
    postgres_url: str, tmp_path: Path, nursed: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """The control: the same rush on the same server, with the lock and the constraints taken out."""
    with portal_on(driver_url(postgres_url), tmp_path):
        codes = [make_lot(1, code=f"LOT-{n}", project=f"{n:04}") for n in range(1, ROUNDS + 1)]
        unguarded(db.engine)
        server = nursed(postgres_url, workers=4, program="tests.races.careless:create_app", background=False)
        sold = []
        for code in codes:
            sold.append(sum(answer.status == 303 for _, answer in rush(server.url, code)))
            if sold[-1] > UNITS:
                break
        with capsys.disabled():
            print(f"\n  control without the guard: {sold[-1]} sold of {UNITS} (rounds: {sold})")
        assert sold[-1] > UNITS, f"the control never oversold: {sold}"
