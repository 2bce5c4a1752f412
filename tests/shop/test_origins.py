"""Whose money it is, project by project: shared out, given back, moved with an exchange, and paid out."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.ops.audit import faults
from portal.proposals import queries as proposals
from portal.proposals.commands import decide
from portal.proposals.rules import ProposedAlready, Verdict
from portal.shop.commands import payout_accounts, refunds, substitutes
from portal.shop.models.origins import CashPart, PayoutProof
from portal.shop.provider import ProviderRefund, RefundState
from portal.shop.queries import money, origins
from portal.shop.queries import orders as order_queries
from portal.shop.rules.origins import Origin, OriginKind, UnknownOrigin
from portal.shop.rules.payouts import (
    BadAccount,
    MoreThanHeldForOrigin,
    NoAccountNamed,
    NotAPayee,
    OtherAccountNamed,
    ProofMissing,
    SameAccount,
)
from portal.shop.rules.quotes import Party, make_quote
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from tests.factories import shop
from tests.factories.guards import without_guards
from tests.factories.payouts import BOTH, COLLECTIVE, FIRST, FOREST, SECOND, confirm, named, recorded
from tests.factories.planting import CODE, make_planting, seedlings_quote
from tests.factories.registry import make_lot

OTHER = Origin(OriginKind.PROJECT, "HLYC-0002")
TREES = Origin(OriginKind.PLANTING, CODE)
CNY = Money.cny


@pytest.fixture
def two(any_app: Flask) -> None:
    """Two projects with a lot each, at one price."""
    make_lot()
    make_lot(code="LOT-B", project="0002")


def told() -> dict[Origin, tuple[Money, Money, Money]]:
    """Of each project and planting: what came in, what went back or elsewhere, what is still owed."""
    db.session.rollback()
    found = origins.balances(True, clock.now())
    return {each.origin: (each.received, each.given_back, each.held) for each in found if each.origin}


def owed() -> dict[Origin, Money]:
    return {origin: held for origin, (_, _, held) in told().items()}


def sound() -> bool:
    db.session.rollback()
    return [str(fault) for fault in faults()] == []


# -- booked with the order -----------------------------------------------------------------------


def test_each_project_of_a_basket_is_owed_its_part_and_gives_it_back(two: None) -> None:
    offers = [(order_queries.offer_of(lot), Mass.kg(kg)) for lot, kg in (("LOT-A", 250), ("LOT-B", 100))]
    order_id = shop.paid(quote=make_quote(offers, PaymentKind.CARD))
    assert told() == {FOREST: (CNY("16"), CNY("0"), CNY("16")), OTHER: (CNY("6.40"), CNY("0"), CNY("6.40"))}
    assert sound()
    refunds.request_refund(BOTH, order_id, "by staff", clock.now())
    till().heal([order_id], clock.now())
    assert owed() == {FOREST: CNY("0"), OTHER: CNY("0")}
    assert sound()
    (refund,) = order_queries.refunds(order_id)
    sent_back = ProviderRefund(
        str(refund.provider_refund_id), RefundState.FAILED, refund.amount, "", refund.id, True
    )
    refunds.note_refund(shop.SYSTEM, order_id, sent_back, clock.now())
    assert owed() == {
        FOREST: CNY("16"),
        OTHER: CNY("6.40"),
    }
    assert sound()


def test_a_line_that_two_lots_serve_is_shared_by_grams(any_app: Flask) -> None:
    make_lot(1)
    make_lot(code="LOT-B", project="0002")
    offer = order_queries.offer_of("LOT-A")
    both = type(offer)(("LOT-A", "LOT-B"), offer.per_tonne)
    shop.paid(quote=make_quote([(both, Mass.kg(1500))], PaymentKind.CARD))
    assert owed() == {FOREST: CNY("64"), OTHER: CNY("32")}


def test_seedlings_are_a_plantings_and_credits_a_projects(two: None) -> None:
    make_planting()
    shop.paid(quote=seedlings_quote(10, 250))
    assert owed() == {FOREST: CNY("16"), TREES: CNY("108")}
    names = origins.names_of([FOREST, TREES, OTHER, Origin(OriginKind.PROJECT, "GONE")])
    assert names[TREES] == Bilingual("示范地块七 · 红松", "Demonstration parcel seven · Korean pine")
    assert names[Origin(OriginKind.PROJECT, "GONE")] == Bilingual("GONE", "GONE")
    assert sound()


def test_other_credits_move_the_money_to_their_project(two: None) -> None:
    order_id = shop.paid(250, consent=False)
    teller = Actor("usr_first", frozenset({Role.FINANCE}))
    substitutes.offer(teller, order_id, "LOT-B", Bilingual("冻结", "frozen"), clock.now())
    substitutes.accept(Actor.guest(order_id), order_id, clock.now())
    assert told() == {FOREST: (CNY("16"), CNY("16"), CNY("0")), OTHER: (CNY("16"), CNY("0"), CNY("16"))}
    assert sound()


def test_each_exchange_is_a_cause_of_its_own(two: None) -> None:
    make_lot(code="LOT-C", project="0003")
    third = Origin(OriginKind.PROJECT, "HLYC-0003")
    order_id = shop.paid(250, consent=False)
    for lot in ("LOT-B", "LOT-C"):
        substitutes.offer(FIRST, order_id, lot, Bilingual("冻结", "frozen"), clock.now())
        substitutes.accept(Actor.guest(order_id), order_id, clock.now())
    assert owed() == {FOREST: CNY("0"), OTHER: CNY("0"), third: CNY("16")}
    causes = select(CashPart.cause_id, func.sum(CashPart.amount_minor)).group_by(CashPart.cause_id)
    assert sorted(minor for _cause, minor in db.session.execute(causes)) == [0, 0, 1600]
    assert sound()


def test_an_order_says_for_which_project_its_money_is(two: None) -> None:
    order_id = shop.paid(250)
    named()
    confirm(recorded())
    (owners,) = (each for each in money.money_of_order(order_id, True, clock.now()) if each.origin)
    assert (owners.origin, owners.amount, owners.is_paid_out) == (FOREST, CNY("16"), True)


# -- paid out for a project ----------------------------------------------------------------------


def test_no_project_is_paid_out_what_is_anothers(two: None) -> None:
    shop.paid(250)
    shop.paid(250, "LOT-B")
    named()
    with pytest.raises(MoreThanHeldForOrigin) as refused:
        recorded("16.01")
    assert refused.value.params["left"] == CNY("16")
    one, two_ = recorded("16.00"), recorded("16.00", "B-2")
    confirm(one)
    with pytest.raises(MoreThanHeldForOrigin):
        confirm(two_)
    assert [(each.origin, each.is_closed) for each in origins.months(True, clock.now())] == [
        (FOREST, True), (OTHER, False),
    ]  # fmt: skip


def test_a_pay_out_needs_an_account_a_paper_and_a_project(two: None) -> None:
    shop.paid(250)
    with pytest.raises(NoAccountNamed):
        recorded()
    named()
    for changes, error in (
        ({"proof": None}, ProofMissing),
        ({"origin": None}, NotAPayee),
        ({"party": Party.PORTAL, "origin": FOREST}, NotAPayee),
    ):
        with pytest.raises(error):
            recorded("1.00", **changes)


def test_who_was_paid_is_the_one_whom_the_first_person_saw(two: None) -> None:
    shop.paid(250)
    named()
    payout = recorded()
    other = type(COLLECTIVE)(COLLECTIVE.kind, "Another", "A bank", "9999")
    named(account=other)
    with pytest.raises(OtherAccountNamed):
        confirm(payout)
    confirm(recorded("16.00", "B-2"))
    (done,) = money.payouts_done(True)
    assert origins.accounts_by_id(FIRST)[str(done.account_id)].account == other


# -- accounts, by two ----------------------------------------------------------------------------


def test_two_persons_name_an_account(two: None) -> None:
    payout_accounts.propose_account(FIRST, FOREST, COLLECTIVE, "Contract 7", clock.now())
    with pytest.raises(ProposedAlready):
        payout_accounts.propose_account(SECOND, FOREST, COLLECTIVE, "Contract 7", clock.now())
    assert origins.account_of(FOREST) is None, "proposed is not named"
    (waiting,) = proposals.waiting([payout_accounts.ACCOUNT])
    decide(SECOND, waiting.id, Verdict.ACCEPTED, "", clock.now())
    found = origins.account_of(FOREST)
    assert found
    assert found.account == COLLECTIVE
    for account, error in (
        (COLLECTIVE, SameAccount),
        (type(COLLECTIVE)(COLLECTIVE.kind, "A", "B", "12"), BadAccount),
    ):
        with pytest.raises(error):
            payout_accounts.propose_account(FIRST, FOREST, account, "again", clock.now())
    with pytest.raises(UnknownOrigin):
        named(Origin(OriginKind.PROJECT, "HLYC-9"))
    with pytest.raises(NotAllowed):
        payout_accounts.name_account(FIRST, FOREST, COLLECTIVE, clock.now())
    with pytest.raises(NotAllowed):
        origins.accounts(Actor.guest())


# -- the last belt -------------------------------------------------------------------------------


def part(order_id: str, origin: Origin, minor: int) -> None:
    row = {
        "id": new_id("csp"), "order_id": order_id, "cause_id": new_id("pay"), "origin": str(origin),
        "amount_minor": minor, "currency": "CNY", "at": clock.now(),
    }  # fmt: skip
    with transaction() as session:
        session.execute(insert(CashPart).values(row))


@pytest.mark.parametrize(
    ("origin", "minor", "sentence"),
    [
        (OTHER, 1, "projects are promised no more than the forest owner of an order"),
        (OTHER, -1, "a project gives back no more of an order than it was promised"),
        (FOREST, 0, "a_cash_part_has_an_amount"),
    ],
)
def test_the_database_keeps_the_parts_within_the_order(
    two: None, origin: Origin, minor: int, sentence: str
) -> None:
    order_id = shop.paid(250)
    with pytest.raises(IntegrityError, match=sentence):
        part(order_id, origin, minor)
    if minor:
        with transaction() as session:
            without_guards(session, "cash_part")
        part(order_id, origin, minor)
        assert any("differ from the forest owner's line" in str(fault) for fault in faults()), "the control"


def test_the_database_wants_a_proof_and_a_project_of_a_forest_owner_only(two: None) -> None:
    shop.paid(250)
    named()
    payout = recorded("1.00", party=Party.PORTAL)
    with transaction() as session:
        without_guards(session, "payout_proof")
        session.execute(text("DELETE FROM payout_proof"))
    verdict = "INSERT INTO payout_verdict VALUES (:id, 'confirmed', '', 'usr_second', :at)"
    with (
        pytest.raises(IntegrityError, match="a pay-out is confirmed with its proof"),
        transaction() as session,
    ):
        session.execute(text(verdict), {"id": payout, "at": clock.now().isoformat()})


def test_the_database_takes_no_project_for_another_party(two: None) -> None:
    shop.paid(250)
    account = named()
    payout = recorded("1.00", party=Party.PORTAL)
    row = {
        "payout_id": payout, "origin": str(FOREST), "account_id": account, "sha256": "0" * 64,
        "media_type": "application/pdf",
    }  # fmt: skip
    with (
        pytest.raises(IntegrityError, match="only a forest owner is paid out for a project"),
        transaction() as s,
    ):
        s.execute(insert(PayoutProof).values(row))


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize(
    ("table", "column"), [("cash_part", "currency"), ("payout_account", "bank"), ("payout_proof", "sha256")]
)
def test_what_was_booked_and_named_is_not_rewritten(two: None, table: str, column: str, change: str) -> None:
    shop.paid(250)
    named()
    confirm(recorded())
    with pytest.raises(IntegrityError, match="rows are never"), transaction() as session:
        session.execute(text(change.format(table, column)))


def test_days_are_counted_once_and_say_the_same_later(two: None) -> None:
    shop.paid(250)
    now = told()
    later = origins.balances(True, clock.now() + timedelta(days=40))
    assert {each.origin: each.held for each in later} == {
        origin: held for origin, (_, _, held) in now.items()
    }
