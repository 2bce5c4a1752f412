"""Giving every month: asked for once a month, paid at the day's price, never taken unasked."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal import jobs
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.shop import jobs as shop_jobs
from portal.shop.commands import giving
from portal.shop.queries import giving as queries
from portal.shop.rules.giving import (
    GivingState,
    NoSuchDay,
    NoSuchGiving,
    TurnPaidAlready,
    UnlawfulGivingStep,
    next_turn,
)
from portal.shop.rules.states import OrderState
from portal.shop.till import till
from tests.browser import Browser
from tests.factories import shop
from tests.factories.registry import make_lot
from tests.races.threads import at_once
from tests.shop.test_commands import SYSTEM

GIVER = Actor.guest()


@pytest.fixture
def lot(any_app: Flask) -> str:
    return make_lot()


@pytest.fixture
def begun(lot: str, at: Any) -> str:
    at("2026-11-22T10:00:00+08:00")
    return giving.begin_giving(
        GIVER, lot, Mass.kg("100"), 5, shop.BUYER, purpose="", lang="en", test=True, now=clock.now()
    )


def pay(giving_id: str, month: str) -> str:
    order_id = placed(giving_id, month)
    till().open_payment(order_id, shop.WAY, clock.now())
    shop.pay(order_id)
    return order_id


def placed(giving_id: str, month: str) -> str:
    return giving.place_turn(
        SYSTEM,
        giving_id,
        month,
        shop.quoted(100),
        consent=True,
        provider="sandbox",
        test=True,
        now=clock.now(),
    )


def letters() -> list[str]:
    return [
        key for key in db.session.scalars(text("SELECT key FROM outbox ORDER BY id")) if ":giving:" in key
    ]


def test_each_month_is_asked_for_once_and_paid_as_an_order_of_its_own(begun: str, at: Any) -> None:
    first = pay(begun, "2026-11")
    assert letters() == []
    at("2026-12-05T00:00:01+08:00")
    for _ in range(3):
        shop_jobs.ask_givers()
    assert letters() == [f"letter:giving:{begun}:2026-12"]
    second = pay(begun, "2026-12")
    assert first != second
    assert [shop.seen(order_id).state for order_id in (first, second)] == [OrderState.RETIRED] * 2
    with pytest.raises(TurnPaidAlready):
        placed(begun, "2026-12")
    assert [turn.month for turn in queries.turns(begun)] == ["2026-12", "2026-11"]


def test_months_without_a_worker_are_not_asked_for_in_a_heap(begun: str, at: Any) -> None:
    pay(begun, "2026-11")
    at("2027-03-20T00:00:00+08:00")
    shop_jobs.ask_givers()
    assert letters() == [f"letter:giving:{begun}:2027-03"]
    assert str(queries.giving(SYSTEM, begun).next_on) == "2027-04-05"


def test_who_never_paid_is_never_written_to_and_forgotten(begun: str, at: Any) -> None:
    at("2026-12-05T00:00:01+08:00")
    shop_jobs.ask_givers()
    seen = queries.giving(SYSTEM, begun)
    assert (letters(), seen.state, seen.email) == ([], GivingState.ENDED, "")


def test_eight_windows_place_one_order(begun: str, any_app: Flask) -> None:
    made = at_once(any_app, 8, lambda n: placed(begun, "2026-11"))
    assert len(set(map(str, made))) == 1, made


def test_a_month_that_lapsed_can_be_paid_anew(begun: str) -> None:
    lapsed = placed(begun, "2026-11")
    till().give_up(lapsed, clock.now())
    again = placed(begun, "2026-11")
    assert again != lapsed
    assert placed(begun, "2026-11") == again


def test_paused_nothing_is_asked_and_ended_is_final(begun: str, at: Any) -> None:
    pay(begun, "2026-11")
    giving.pause_giving(SYSTEM, begun, clock.now())
    at("2026-12-06T00:00:00+08:00")
    shop_jobs.ask_givers()
    assert letters() == []
    giving.resume_giving(SYSTEM, begun, clock.now())
    assert str(queries.giving(SYSTEM, begun).next_on) == "2027-01-05"
    giving.end_giving(SYSTEM, begun, clock.now())
    for command in (giving.pause_giving, giving.resume_giving):
        with pytest.raises(UnlawfulGivingStep):
            command(SYSTEM, begun, clock.now())
    with pytest.raises(IntegrityError, match="giving state moves only by lawful steps"), transaction() as s:
        s.execute(text("UPDATE giving SET state = 'active'"))


def test_somebody_elses_is_not_found(begun: str) -> None:
    for command in (giving.pause_giving, giving.end_giving):
        with pytest.raises(NoSuchGiving):
            command(Actor.guest(), begun, clock.now())
    with pytest.raises(NoSuchDay):
        giving.begin_giving(
            GIVER, "LOT-A", Mass.kg("100"), 31, shop.BUYER, purpose="", lang="en", test=True, now=clock.now()
        )


@pytest.mark.parametrize(
    ("after", "follows"),
    [("2026-12-04", "2026-12-05"), ("2026-12-05", "2027-01-05"), ("2027-01-31", "2027-02-05")],
)
def test_the_next_day_is_after_this_one(after: str, follows: str) -> None:
    assert next_turn(5, date.fromisoformat(after)).isoformat() == follows


@pytest.mark.parametrize(
    ("lang", "kg", "button", "pay_button"),
    [("zh", "每月千克数", "开始", "测试"), ("en", "Kilograms every month", "Begin", "Pay with test money")],
)
def test_a_guest_begins_and_pays_the_first_month(
    app: Flask, browser: Browser, sent_letters: Any, lang: str, kg: str, button: str, pay_button: str
) -> None:
    make_lot()
    page = browser.open(f"/{lang}/monthly")
    names = {"zh": ("证书上的名称", "电子邮箱"), "en": ("Name on the certificate", "E-mail address")}[lang]
    page = page.fill(kg, "100").fill(names[0], "Li").fill(names[1], "li@example.cn").submit(button)
    page = page.submit(pay_button)
    order_id = page.url.split("/")[3].partition("?")[0]
    assert shop.seen(order_id).paid_at is not None
    jobs.drain()
