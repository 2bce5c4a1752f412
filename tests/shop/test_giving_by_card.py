"""Giving by card: each month the provider charged is one order with its certificate, or goes back. Once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal import jobs
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.ops.audit import faults
from portal.registry.queries import register
from portal.shop import collecting
from portal.shop import jobs as shop_jobs
from portal.shop.commands import charging, giving
from portal.shop.commands.charging import Month
from portal.shop.commands.settlement import Outcome
from portal.shop.provider import Event
from portal.shop.queries import giving as queries
from portal.shop.queries import orders
from portal.shop.rules.giving import GivingState, InvoiceState
from portal.shop.rules.quotes import BudgetTooSmall, FeeKind, Offer, Party, fill_up
from portal.shop.rules.states import OrderState
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import Way
from tests.browser import Browser
from tests.conftest import driver_url, portal_on
from tests.factories import shop
from tests.factories.certificates import sequence_and_sign
from tests.factories.chaos import KEY, SECRET, Bank
from tests.factories.registry import make_lot
from tests.factories.shop import SYSTEM
from tests.races.threads import at_once

SUM = Money.cny("20.00")
WAY = Way("http://127.0.0.1:5000/back", "http://127.0.0.1:5000/back", "monthly")


@pytest.fixture
def bank() -> Iterator[Bank]:
    with Bank() as bank:
        yield bank


def on(url: str, folder: Path, bank: Bank) -> Any:
    return portal_on(
        driver_url(url),
        folder,
        stripe_secret_key=KEY,
        stripe_webhook_secrets=(SECRET,),
        stripe_api_base=bank.url,
    )


@pytest.fixture
def portal(sqlite_url: str, tmp_path: Path, bank: Bank) -> Iterator[Flask]:
    with on(sqlite_url, tmp_path, bank) as app:
        make_lot(1)
        yield app


def begun(*, lot: str = "LOT-A", consent: bool = True) -> str:
    now = clock.now()
    giving_id = giving.begin_giving(
        Actor.guest(), lot, Mass.kg("100"), 5, shop.BUYER, purpose="", lang="en", test=True, now=now
    )
    charging.choose_card(SYSTEM, giving_id, SUM, consent=consent, now=now)
    collecting.begin(giving_id, WAY, now)
    return giving_id


def agreed(bank: Bank, **changes: Any) -> tuple[str, str]:
    """A giving whose first month is paid, and the provider's id of the agreement."""
    giving_id = begun(**changes)
    card = queries.card_of(giving_id)
    assert card
    assert bank.pay(str(card.session_id))
    look(giving_id)
    return giving_id, str(queries.card_of(giving_id).subscription_id)  # type: ignore[union-attr]


def look(giving_id: str) -> None:
    collecting.look(giving_id, clock.now())
    jobs.drain()


def told(subscription_id: str, kind: str = "invoice.paid") -> Outcome:
    now = clock.now()
    return collecting.hear(
        Event(new_id("evt"), kind, "in_1", None, None, None, None, True, now, subscription_id), now
    )


def letters() -> list[str]:
    keys = db.session.scalars(text("SELECT key FROM outbox WHERE kind = 'letter' ORDER BY id"))
    return [key.split(":")[2] for key in keys if key.startswith("letter:giving_card:")]


def test_each_month_charged_is_an_order_of_its_own_once(portal: Flask, bank: Bank) -> None:
    giving_id, subscription = agreed(bank)
    bank.pull(f"subscriptions/{subscription}/renew")
    for _ in range(2):
        assert told(subscription) is Outcome.NOTED
        look(giving_id)
    charged = queries.charges(giving_id)
    assert [each.state for each in charged] == [InvoiceState.ORDERED] * 2
    for each in charged:
        order = shop.seen(str(each.order_id))
        assert order.state is OrderState.RETIRED
        assert order.total == SUM
        assert order.provider == "stripe"
    sequence_and_sign()
    assert [str(fault) for fault in faults()] == []
    shop_jobs.ask_givers()
    assert letters() == []


def test_a_sum_that_can_buy_nothing_goes_back_once(portal: Flask, bank: Bank) -> None:
    giving_id, subscription = agreed(bank)
    sell_out()
    bank.pull(f"subscriptions/{subscription}/renew")
    for _ in range(2):
        look(giving_id)
    newest = queries.charges(giving_id)[0]
    assert (newest.state, newest.order_id) == (InvoiceState.GIVEN_BACK, None)
    refunds = [each["amount"] for each in bank.books()["refunds"]]
    assert refunds == [SUM.minor]
    assert letters() == ["back"]


def sell_out() -> None:
    shop.placed(register.lot("LOT-A").free.kg_down, payment=PaymentKind.TRANSFER)


def test_a_lot_of_the_same_type_stands_in_for_one_that_is_sold_out(portal: Flask, bank: Bank) -> None:
    giving_id, subscription = agreed(bank)
    make_lot(2, code="LOT-B", project="0002")
    sell_out()
    bank.pull(f"subscriptions/{subscription}/renew")
    look(giving_id)
    order = shop.seen(str(queries.charges(giving_id)[0].order_id))
    assert order.lines[0].lots == ("LOT-B",)


def test_a_declined_card_is_told_once_and_may_be_charged_the_next_month(portal: Flask, bank: Bank) -> None:
    giving_id, subscription = agreed(bank)
    bank.pull(f"subscriptions/{subscription}/renew", outcome="failed")
    for _ in range(2):
        told(subscription, "invoice.payment_failed")
    assert letters() == ["failed"]
    assert queries.charges(giving_id)[0].state is InvoiceState.FAILED
    bank.pull(f"subscriptions/{subscription}/renew")
    look(giving_id)
    assert [each.state for each in queries.charges(giving_id)].count(InvoiceState.ORDERED) == 2


def test_paused_nothing_is_charged_and_ended_is_final_at_the_provider_too(portal: Flask, bank: Bank) -> None:
    giving_id, subscription = agreed(bank)
    collecting.pause(SYSTEM, giving_id, clock.now())
    bank.pull(f"subscriptions/{subscription}/renew")
    look(giving_id)
    assert len(queries.charges(giving_id)) == 1
    collecting.resume(SYSTEM, giving_id, clock.now())
    assert bank.pull(f"subscriptions/{subscription}/renew")["status"] == "paid"
    look(giving_id)
    assert len(queries.charges(giving_id)) == 2
    bank.pull(f"subscriptions/{subscription}/renew")  # charged, and ended before we heard of it
    collecting.end(SYSTEM, giving_id, clock.now())
    look(giving_id)
    (there,) = bank.books()["subscriptions"]
    assert there["status"] == "canceled"
    assert queries.giving(SYSTEM, giving_id).state is GivingState.ENDED
    assert queries.charges(giving_id)[0].state is InvoiceState.GIVEN_BACK


def test_what_is_done_in_the_providers_pages_holds_here(portal: Flask, bank: Bank) -> None:
    giving_id, subscription = agreed(bank)
    bank.pull(f"subscriptions/{subscription}/cancel")
    told(subscription, "customer.subscription.deleted")
    assert queries.giving(SYSTEM, giving_id).state is GivingState.ENDED
    assert queries.giving(SYSTEM, giving_id).email == ""


def test_an_agreement_that_is_not_ours_is_put_aside(portal: Flask, bank: Bank) -> None:
    assert told("sub_unknown") is Outcome.PARKED


def test_who_never_gave_a_card_is_forgotten_after_a_day(portal: Flask, bank: Bank, at: Any) -> None:
    giving_id = begun()
    look(giving_id)
    assert queries.giving(SYSTEM, giving_id).email
    at((clock.now() + timedelta(days=365)).isoformat())
    shop_jobs.collect()
    assert queries.giving(SYSTEM, giving_id).email == ""


def test_eight_workers_make_one_order_of_a_month(postgres_url: str, tmp_path: Path, bank: Bank) -> None:
    with on(postgres_url, tmp_path, bank) as app:
        make_lot(1)
        giving_id = begun()
        session = str(queries.card_of(giving_id).session_id)  # type: ignore[union-attr]
        bank.pay(session)
        subscription = str(collecting.provider().subscription_of(session))
        (invoice,) = collecting.provider().invoices(subscription)
        month, offers = Month(invoice, "stripe", True), [orders.offer_of("LOT-A")]
        made = at_once(app, 8, lambda n: charging.take_invoice(SYSTEM, giving_id, month, offers, clock.now()))
        assert len(set(map(str, made))) == 1, made
        assert db.session.scalar(text("SELECT count(*) FROM payment")) == 1


@pytest.mark.parametrize("minor", [8, 9, 400, 2_000, 12_345, 1_000_003])
def test_what_is_paid_is_used_to_the_last_minor_unit(minor: int) -> None:
    paid = Money(minor, "CNY")
    quote = fill_up(Offer(("LOT-A",), Money.cny("50.00")), paid)
    assert quote.total == paid
    assert sum(share.amount.minor for share in quote.split) == minor
    rounding = [fee.amount.minor for fee in quote.fees if fee.kind is FeeKind.ROUNDING]
    assert all(0 < over <= 7 for over in rounding), "less than one more kilogram"
    owner = next(share.amount.minor for share in quote.split if share.party is Party.FOREST_OWNER)
    assert owner >= quote.credits.minor * 4 // 5 + sum(rounding)


def test_a_sum_below_one_kilogram_buys_nothing() -> None:
    with pytest.raises(BudgetTooSmall):
        fill_up(Offer(("LOT-A",), Money.cny("50.00")), Money(5, "CNY"))


ATTACKS = {
    "giving_invoice state moves only by lawful steps": (
        "UPDATE giving_invoice SET state = 'owed', order_id = NULL"
    ),
    "giving_invoice rows are never deleted": "DELETE FROM giving_invoice",
    "giving_card keeps giving_id, amount_minor, currency, consent": "UPDATE giving_card SET amount_minor = 1",
}


@pytest.mark.parametrize("sentence", ATTACKS)
def test_the_database_refuses(any_url: str, tmp_path: Path, bank: Bank, sentence: str) -> None:
    with on(any_url, tmp_path, bank):
        make_lot(1)
        agreed(bank)
        with pytest.raises(IntegrityError, match=sentence), transaction() as session:
            session.execute(text(ATTACKS[sentence]))


WORDS = {
    "zh": (
        "每月千克数",
        "证书上的名称",
        "电子邮箱",
        "银行卡每月自动扣款",
        "开始，并支付第一个月",
        "每月从您的银行卡扣款",
    ),
    "en": (
        "Kilograms every month",
        "Name on the certificate",
        "E-mail address",
        "By card, charged every month by itself",
        "Begin, and pay the first month",
        "charged to your card every month",
    ),
}


UNASKED = ("绝不自动扣款", "nothing is taken unasked")
CHARGED_ON = {"zh": "每月在首次扣款的那一天扣款", "en": "on which it was first charged"}


@pytest.mark.parametrize(("lang", "promise"), list(zip(WORDS, UNASKED, strict=True)))
def test_where_only_letters_ask_nothing_is_taken_unasked(app: Flask, lang: str, promise: str) -> None:
    make_lot(1)
    page = Browser(app.test_client()).open(f"/{lang}/monthly").main
    assert promise in page
    assert CHARGED_ON[lang] not in page


@pytest.mark.parametrize("lang", WORDS)
def test_a_guest_agrees_on_the_providers_page(portal: Flask, bank: Bank, lang: str) -> None:
    kg, name, address, by_card, begin, says = WORDS[lang]
    browser = Browser(portal.test_client())
    page = browser.open(f"/{lang}/monthly")
    assert not any(promise in page.main for promise in UNASKED), "a card is charged by itself here"
    assert CHARGED_ON[lang] in page.main
    page = page.fill(kg, "100").fill(name, "Li").fill(address, "li@example.cn")
    there = page.choose(by_card).submit(begin).location
    assert there.startswith(bank.url)
    session = there.rsplit("/", 1)[1]
    back = bank.books()["sessions"][0]["success_url"].replace("http://127.0.0.1:5000", "")
    bank.pay(session)
    page = browser.open(back)
    assert says in page.main
    assert len(page.table()) == 1
