"""Paying out: two persons, once per bank number, and never more than the journal holds for the party."""

from dataclasses import replace
from datetime import date, timedelta
from time import sleep

import pytest
from flask import Flask
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.money import Money, NothingToPay
from portal.shop.commands import payouts, refunds
from portal.shop.models.payouts import PayoutVerdict
from portal.shop.queries import money
from portal.shop.rules import payouts as rules
from portal.shop.rules.payouts import (
    AnotherPersonNeeded,
    BadMonth,
    BadReference,
    MoreThanHeld,
    NotAPayee,
    NotYourPayout,
    PayoutDecided,
    PayoutVerdictKind,
    ReferenceUsed,
    UnknownPayout,
    check,
    is_closed,
    months,
)
from portal.shop.rules.quotes import Party
from portal.shop.till import till
from tests.factories import shop
from tests.factories.guards import without_guards
from tests.factories.payouts import FIRST, SECOND, confirm, draft, named, recorded
from tests.factories.registry import make_lot
from tests.races.threads import at_once

OWNER = Party.FOREST_OWNER
CONFIRMED, DECLINED, WITHDRAWN = PayoutVerdictKind


@pytest.fixture(autouse=True)
def sold(any_app: Flask) -> str:
    """One order of 250 kg: ¥16.00 for the forest owner, ¥4.00 for the portal, ¥0.50 and ¥0.21 of fees."""
    make_lot()
    named()
    return shop.paid(250)


def held(party: Party = OWNER) -> Money:
    db.session.rollback()
    return money.held(party, "CNY", True)


# -- two persons ---------------------------------------------------------------------------------


def test_it_counts_when_a_second_person_has_confirmed_it() -> None:
    payout = recorded()
    assert held() == Money.cny("16.00"), "recorded is not paid out"
    with pytest.raises(AnotherPersonNeeded):
        payouts.decide_payout(FIRST, payout, CONFIRMED, "", clock.now())
    confirm(payout)
    assert held() == Money.cny("0")
    with pytest.raises(PayoutDecided):
        confirm(payout)
    (told,) = money.payouts_done(True)
    assert (told.party, told.amount, told.verdict) == (OWNER, Money.cny("16.00"), CONFIRMED)
    assert money.payouts_done(False) == [], "test money is no real money"


def test_what_is_declined_or_withdrawn_stays_owed() -> None:
    declined, withdrawn = recorded(), recorded(reference="B-2")
    payouts.decide_payout(SECOND, declined, DECLINED, "not on the statement", clock.now())
    with pytest.raises(NotYourPayout):
        payouts.decide_payout(SECOND, withdrawn, WITHDRAWN, "", clock.now())
    payouts.decide_payout(FIRST, withdrawn, WITHDRAWN, "", clock.now())
    assert held() == Money.cny("16.00")
    assert money.payouts_done(True) == []
    assert [each.verdict for each in money.payouts(FIRST, True)] == [WITHDRAWN, DECLINED]
    with pytest.raises(UnknownPayout):
        confirm("pyo_none")


def test_only_the_till_pays_out() -> None:
    payout = recorded()
    for actor in (Actor.guest(), Actor("usr_x", frozenset({Role.AUDITOR, Role.REGISTRY}))):
        with pytest.raises(NotAllowed):
            payouts.record_payout(actor, draft(reference="B-9"), clock.now())
        with pytest.raises(NotAllowed):
            payouts.decide_payout(actor, payout, CONFIRMED, "", clock.now())
    with pytest.raises(NotAllowed):
        money.payouts(Actor.guest(), True)


# -- never more than held ------------------------------------------------------------------------


def test_no_more_than_is_held_is_recorded_or_confirmed() -> None:
    with pytest.raises(MoreThanHeld) as refused:
        recorded("16.01")
    assert refused.value.params["left"] == Money.cny("16.00")
    one, two = recorded("10.00"), recorded("10.00", "B-2")
    confirm(one)
    with pytest.raises(MoreThanHeld) as refused:
        confirm(two)
    assert refused.value.params["left"] == Money.cny("6.00")
    assert held() == Money.cny("6.00")


def test_what_buyers_got_back_is_no_longer_there(sold: str) -> None:
    payout = recorded()
    refunds.request_refund(replace(FIRST, proposer=SECOND.id), sold, "by staff", clock.now())
    till().heal([sold], clock.now())
    assert held() == Money.cny("0")
    with pytest.raises(MoreThanHeld):
        confirm(payout)


def test_money_refunded_after_a_payout_is_owed_by_the_party(sold: str) -> None:
    confirm(recorded())
    refunds.request_refund(replace(FIRST, proposer=SECOND.id), sold, "by staff", clock.now())
    till().heal([sold], clock.now())
    assert held() == Money.cny("-16.00")
    owner = next(each for each in money.accounts(True, clock.now()) if each.party is OWNER)
    assert (owner.received, owner.given_back, owner.paid_out) == tuple(map(Money.cny, ("16", "16", "16")))


@pytest.mark.parametrize("control", [False, True], ids=["guarded", "control"])
def test_eight_hands_never_pay_one_pot_twice(
    any_app: Flask, control: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight pay-outs of ¥4.00 from ¥16.00, confirmed at one moment: four are, whoever is faster.

    The control has neither lock nor trigger; on PostgreSQL, where writers do not wait for each other by
    nature, it pays out more than there is.
    """
    ids = [recorded("4.00", f"B-{number}") for number in range(8)]
    if control:
        with transaction() as session:
            without_guards(session, "payout_verdict")
        _without_lock(monkeypatch)
    results = at_once(any_app, 8, lambda number: confirm(ids[number]))
    refused = [each for each in results if isinstance(each, MoreThanHeld)]
    if not control:
        assert len(refused) == 4, results
        assert held() == Money.cny("0")
    elif db.engine.dialect.name == "postgresql":
        assert held() < Money.cny("0"), "the race is no proof if its control is safe too"


def _without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    careful = rules.check_held_for  # the last look at the pot

    def slow(held: Money, amount: Money) -> None:
        careful(held, amount)
        sleep(0.2)

    monkeypatch.setattr(rules, "check_held_for", slow)
    monkeypatch.setattr(payouts, "_locking", lambda query: query)


# -- what cannot be recorded ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": "0"}, NothingToPay),
        ({"party": Party.UNASSIGNED}, NotAPayee),
        ({"reference": ""}, BadReference),
        ({"reference": "x" * 81}, BadReference),
        ({"period": "2026"}, BadMonth),
        ({"period": "2026-13"}, BadMonth),
        ({"period": "2026-11-01"}, BadMonth),
        ({"period": "9999-01"}, BadMonth),
    ],
)
def test_what_cannot_be_recorded(changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        recorded(**changes)  # type: ignore[arg-type]


def test_a_bank_transfer_is_recorded_once() -> None:
    recorded("1.00")
    with pytest.raises(ReferenceUsed):
        recorded("2.00")
    recorded("2.00", party=Party.PORTAL)


# -- what everybody can read ---------------------------------------------------------------------


def test_the_sums_are_those_of_the_journal(sold: str) -> None:
    split = {each.party: each.amount for each in shop.seen(sold).split}
    told = {each.party: each.received for each in money.accounts(True, clock.now())}
    assert told == split
    assert money.accounts(False, clock.now()) == []


def test_months_are_those_of_the_city_and_close_when_all_is_paid_out() -> None:
    month = f"{clock.today():%Y-%m}"
    assert [(each.period, each.party, each.is_closed) for each in money.months(True, clock.now())] == [
        (month, party, False) for party in (OWNER, Party.PORTAL, Party.REGISTRY, Party.PAYMENT)
    ]
    confirm(recorded("15.99"))
    assert not money.months(True, clock.now())[0].is_closed
    confirm(recorded("0.01", "B-2"))
    assert money.months(True, clock.now())[0].is_closed


def test_an_order_shows_whether_its_month_was_paid_out(sold: str) -> None:
    confirm(recorded())
    told = {
        each.party: (each.amount, each.is_paid_out) for each in money.money_of_order(sold, True, clock.now())
    }
    assert told[OWNER] == (Money.cny("16.00"), True)
    assert told[Party.PORTAL] == (Money.cny("4.00"), False)


def test_an_hour_before_midnight_in_the_city_is_the_old_month(any_app: Flask) -> None:
    assert months(date(2026, 11, 30), date(2027, 1, 1)) == ["2027-01", "2026-12", "2026-11"]
    assert is_closed([Money.cny("1")], [Money.cny("1")])
    assert not is_closed([], []), "nothing came in, so nothing is settled"


def test_a_draft_is_checked_on_its_day() -> None:
    with pytest.raises(BadMonth):
        check(draft(period="2026-12"), date(2026, 11, 30))
    assert check(draft(period="2026-12"), date(2026, 12, 1))


# -- the last belt -------------------------------------------------------------------------------


def verdict(payout: str, who: Actor) -> None:
    row = {"payout_id": payout, "verdict": "confirmed", "note": "", "decided_by": who.id, "at": clock.now()}
    with transaction() as session:
        session.execute(insert(PayoutVerdict).values(row))


def test_the_database_wants_the_second_person_too() -> None:
    payout = recorded()
    with pytest.raises(IntegrityError, match="a pay-out is confirmed by a second person"):
        verdict(payout, FIRST)
    verdict(payout, SECOND)


@pytest.mark.parametrize(
    ("party", "all_of_it", "sentence"),
    [
        (Party.PORTAL, "4.00", "no more is paid out than is held"),
        (OWNER, "16.00", "no more is paid out for a project than is held for it"),
    ],
)
def test_the_database_pays_out_no_more_than_is_held(party: Party, all_of_it: str, sentence: str) -> None:
    one, two = recorded(all_of_it, party=party), recorded("0.01", "B-2", party=party)
    verdict(one, SECOND)
    with pytest.raises(IntegrityError, match=sentence):
        verdict(two, SECOND)
    with transaction() as session:
        without_guards(session, "payout_verdict")
    verdict(two, SECOND)
    assert held(party) == Money.cny("-0.01"), "the control: without the guard the books would be wrong"


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize(
    ("table", "column"), [("payee", "currency"), ("payout", "reference"), ("payout_verdict", "note")]
)
def test_what_was_paid_out_is_not_rewritten(table: str, column: str, change: str) -> None:
    confirm(recorded())
    with pytest.raises(IntegrityError, match="rows are never"), transaction() as session:
        session.execute(text(change.format(table, column)))


def test_a_year_of_orders_is_read_in_one_pass(sold: str) -> None:
    later = clock.now() + timedelta(days=400)
    told = money.months(True, later)
    assert {each.came for each in told if each.party is OWNER} == {Money.cny("16.00")}
