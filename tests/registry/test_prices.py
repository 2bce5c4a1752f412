"""Prices of lots: set by two persons, in force from their day, never rewritten; in each currency its own."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import InvalidInput, NotAllowed
from portal.kernel.money import Money, NothingToPay
from portal.proposals.rules import ProposedAlready
from portal.registry.commands import prices
from portal.registry.models import ListPrice, PriceVerdict
from portal.registry.queries import prices as read
from portal.registry.queries import register
from portal.registry.rules.errors import UnknownLot
from portal.registry.rules.prices import (
    MOST_MINOR,
    NotPricedIn,
    NotYourProposal,
    PriceDraft,
    PriceInThePast,
    PriceOutOfRange,
    PriceUnchanged,
    PriceWithoutReason,
    ProposalDecided,
    SecondPersonNeeded,
    UnknownProposal,
    Verdict,
)
from tests.factories.guards import without_guards
from tests.factories.registry import make_lot, priced

FIRST = Actor("usr_first", frozenset({Role.FINANCE}))
SECOND = Actor("usr_second", frozenset({Role.FINANCE}))


@pytest.fixture(autouse=True)
def lot(any_app: Flask) -> str:
    return make_lot()


def draft(
    amount: str = "90", currency: str = "CNY", day: date | None = None, reason: str = "costs"
) -> PriceDraft:
    return PriceDraft("LOT-A", Money.of(amount, currency), day or clock.today(), reason)


def proposed(**changes: object) -> str:
    return prices.propose(FIRST, draft(**changes), clock.now())  # type: ignore[arg-type]


def price(currency: str | None = None) -> Money:
    db.session.rollback()
    return register.price_of("LOT-A", currency)


# -- two persons ---------------------------------------------------------------------------------


def test_a_price_counts_when_a_second_person_has_accepted_it() -> None:
    proposal = proposed()
    assert price() == Money.cny("80"), "proposed is not in force"
    with pytest.raises(SecondPersonNeeded):
        prices.decide(FIRST, proposal, Verdict.ACCEPTED, "", clock.now())
    prices.decide(SECOND, proposal, Verdict.ACCEPTED, "", clock.now())
    assert price() == Money.cny("90")
    assert register.lot("LOT-A").price_per_t == Money.cny("90")
    assert register.open_lots()[0].price_per_t == Money.cny("90")
    with pytest.raises(ProposalDecided):
        prices.decide(SECOND, proposal, Verdict.DECLINED, "", clock.now())


def test_what_is_declined_or_withdrawn_changes_nothing() -> None:
    declined = proposed()
    with pytest.raises(ProposedAlready):
        proposed(amount="70")
    proposed(amount="70", day=clock.today() + timedelta(days=1))
    prices.decide(SECOND, declined, Verdict.DECLINED, "too much", clock.now())
    withdrawn = proposed(amount="70")
    with pytest.raises(NotYourProposal):
        prices.decide(SECOND, withdrawn, Verdict.WITHDRAWN, "", clock.now())
    prices.decide(FIRST, withdrawn, Verdict.WITHDRAWN, "", clock.now())
    assert price() == Money.cny("80")
    assert [each.from_day for each in read.proposals(FIRST)] == [clock.today() + timedelta(days=1)]
    with pytest.raises(UnknownProposal):
        prices.decide(SECOND, "prp_none", Verdict.ACCEPTED, "", clock.now())


def test_only_those_who_handle_money_set_prices() -> None:
    proposal = proposed()
    for actor in (Actor.guest(), Actor("usr_x", frozenset({Role.REGISTRY, Role.AUDITOR}))):
        with pytest.raises(NotAllowed):
            prices.propose(actor, draft(), clock.now())
        with pytest.raises(NotAllowed):
            prices.decide(actor, proposal, Verdict.ACCEPTED, "", clock.now())
        with pytest.raises(NotAllowed):
            prices.put_in_force(actor, clock.now())
    with pytest.raises(NotAllowed):
        read.proposals(Actor.guest())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": "0"}, NothingToPay),
        ({"amount": str(MOST_MINOR // 100 + 1)}, PriceOutOfRange),
        ({"day": date(2020, 1, 1)}, PriceInThePast),
        ({"reason": " "}, PriceWithoutReason),
        ({"reason": "x" * 201}, PriceWithoutReason),
        ({"amount": "80"}, PriceUnchanged),
    ],
)
def test_what_cannot_be_proposed(changes: dict[str, object], error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        proposed(**changes)


def test_a_lot_that_is_not_there_has_no_price() -> None:
    with pytest.raises(UnknownLot):
        prices.propose(FIRST, PriceDraft("LOT-Z", Money.cny("1"), clock.today(), "x"), clock.now())


# -- days and currencies -------------------------------------------------------------------------


def test_a_price_waits_for_its_day() -> None:
    tomorrow = clock.today() + timedelta(days=1)
    prices.decide(SECOND, proposed(day=tomorrow), Verdict.ACCEPTED, "", clock.now())
    assert prices.put_in_force(FIRST, clock.now()) == []
    assert price() == Money.cny("80")
    (waiting,) = read.proposals(FIRST)
    assert waiting.accepted_at
    assert waiting.from_day == tomorrow
    later = clock.now() + timedelta(days=1)
    assert len(prices.put_in_force(FIRST, later)) == 1
    assert prices.put_in_force(FIRST, later) == [], "twice changes nothing"
    assert price() == Money.cny("90")


def test_a_price_that_cannot_apply_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    tomorrow, later = clock.today() + timedelta(days=1), clock.now() + timedelta(days=1)
    for amount, currency in (("90", "CNY"), ("12", "EUR")):
        proposal = proposed(amount=amount, currency=currency, day=tomorrow)
        prices.decide(SECOND, proposal, Verdict.ACCEPTED, "", clock.now())
    record = prices.audit.record

    def breaks(*told: Any, **facts: Any) -> None:
        if facts.get("currency") == "CNY":
            raise RuntimeError("poison")
        record(*told, **facts)

    with monkeypatch.context() as poisoned:
        poisoned.setattr(prices.audit, "record", breaks)
        assert len(prices.put_in_force(FIRST, later)) == 1
    assert (price(), price("EUR")) == (Money.cny("80"), Money.of("12", "EUR"))
    assert len(prices.put_in_force(FIRST, later)) == 1, "its turn comes again"
    assert price() == Money.cny("90")


def test_of_two_prices_for_one_day_the_one_that_was_accepted_last_applies() -> None:
    tomorrow, later = clock.today() + timedelta(days=1), clock.now() + timedelta(days=1)
    prices.decide(SECOND, proposed(amount="90", day=tomorrow), Verdict.ACCEPTED, "", clock.now())
    again = proposed(amount="95", day=tomorrow)
    prices.decide(SECOND, again, Verdict.ACCEPTED, "", later)  # before the job came by
    assert price() == Money.cny("95")
    assert prices.put_in_force(FIRST, later) == []


def test_each_currency_has_a_list_of_its_own() -> None:
    with pytest.raises(NotPricedIn):
        register.price_of("LOT-A", "EUR")
    with pytest.raises(NotPricedIn):
        register.lot("LOT-A", "EUR")
    assert register.open_lots("EUR") == []
    priced("LOT-A", Money.of("11.50", "EUR"))
    assert price("EUR") == Money.of("11.50", "EUR")
    assert [each.price_per_t for each in register.open_lots("EUR")] == [Money.of("11.50", "EUR")]
    assert price() == Money.cny("80")
    assert read.currencies() == ["CNY", "EUR"]


def test_the_history_tells_every_price_and_until_when() -> None:
    start = clock.now()
    priced("LOT-A", Money.cny("90"), start + timedelta(hours=1))
    priced("LOT-A", Money.cny("85"), start + timedelta(hours=2))
    priced("LOT-A", Money.of("11.50", "EUR"), start + timedelta(hours=3))
    told = [(each.number, each.per_tonne, each.until_at) for each in read.history("LOT-A")]
    assert told == [
        (2, Money.cny("85"), None),
        (1, Money.cny("90"), start + timedelta(hours=2)),
        (0, Money.cny("80"), start + timedelta(hours=1)),
        (1, Money.of("11.50", "EUR"), None),
    ]
    assert [each.per_tonne for each in read.history(currency="EUR")] == [Money.of("11.50", "EUR")]
    assert read.history("LOT-Z") == []


# -- the last belt -------------------------------------------------------------------------------


def verdict(proposal: str, who: Actor, **changes: object) -> None:
    row = {
        "proposal_id": proposal,
        "verdict": "accepted",
        "note": "",
        "decided_by": who.id,
        "at": clock.now(),
    }
    with transaction() as session:
        session.execute(insert(PriceVerdict).values(row | changes))


def in_force(proposal: str, **changes: object) -> None:
    lot_id = register.lot("LOT-A").id
    row = {"proposal_id": proposal, "lot_id": lot_id, "currency": "CNY", "number": 1, "minor_per_t": 9000}
    with transaction() as session:
        session.execute(insert(ListPrice).values(row | {"from_at": clock.now()} | changes))


def test_the_database_wants_the_second_person_too() -> None:
    proposal = proposed()
    with pytest.raises(IntegrityError, match="a price is accepted by a second person"):
        verdict(proposal, FIRST)
    verdict(proposal, SECOND)


def test_the_database_lets_no_other_price_apply() -> None:
    proposal = proposed()
    with pytest.raises(IntegrityError, match="a price in force is the one that was accepted"):
        in_force(proposal)
    verdict(proposal, SECOND)
    for change in ({"minor_per_t": 1}, {"currency": "EUR"}, {"from_at": clock.now() - timedelta(days=1)}):
        with pytest.raises(IntegrityError, match="a price in force is the one that was accepted"):
            in_force(proposal, **change)
    in_force(proposal)


def test_prices_follow_one_another() -> None:
    priced("LOT-A", Money.cny("85"))
    proposal = proposed()
    verdict(proposal, SECOND)
    with pytest.raises(IntegrityError, match="a price begins after the one before it"):
        in_force(proposal)
    in_force(proposal, number=2)


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["price_proposal", "price_verdict", "list_price"])
def test_what_was_charged_is_not_rewritten(table: str, change: str) -> None:
    priced("LOT-A", Money.cny("85"))
    column = {"price_verdict": "note"}.get(table, "currency")
    statement = text(change.format(table, column, "'USD'"))
    with pytest.raises(IntegrityError, match="rows are never"), transaction() as session:
        session.execute(statement)


def test_without_its_guard_one_person_would_do() -> None:
    """The control of the guards above."""
    proposal = proposed()
    with transaction() as session:
        without_guards(session, "price_verdict")
    verdict(proposal, FIRST)
