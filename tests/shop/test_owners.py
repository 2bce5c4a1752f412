"""Several payees of one project: shares by two persons, booked to the fen, given back, paid out to each."""

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.money import Money
from portal.ops.audit import faults
from portal.proposals import queries as proposals
from portal.proposals.commands import decide
from portal.proposals.rules import Verdict
from portal.shop.commands import owners, refunds, substitutes
from portal.shop.queries import money, origins
from portal.shop.queries.owners import in_force
from portal.shop.rules.origins import Origin, OriginKind, UnknownOrigin
from portal.shop.rules.owners import (
    ALL,
    BadPayee,
    BadShare,
    NobodyShares,
    OwnerShare,
    OwnerSplit,
    PayeeTwice,
    SameShares,
    SharesDoNotAddUp,
    check_shares,
)
from portal.shop.rules.payouts import MoreThanHeldForOrigin, NoAccountNamed, Row, by_project
from portal.shop.till import till
from tests.browser import Browser
from tests.factories import shop
from tests.factories.guards import without_guards
from tests.factories.payouts import BOTH, FIRST, FOREST, SECOND, confirm, named, recorded
from tests.factories.registry import make_lot
from tests.shop.test_money_pages import sit_down

FARM = Origin(OriginKind.PROJECT, FOREST.code, "farm")
VILLAGE = Origin(OriginKind.PROJECT, FOREST.code, "village")
CNY = Money.cny


def share(payee: str, basis_points: int) -> OwnerShare:
    return OwnerShare(payee, Bilingual(f"示范{payee}", f"Demonstration {payee}"), basis_points)


THIRDS = (share("farm", 6667), share("village", 3333))


def shared(*shares: OwnerShare, origin: Origin = FOREST) -> str:
    return owners.name_shares(BOTH, origin, shares or THIRDS, clock.now())


def owed() -> dict[Origin, Money]:
    db.session.rollback()
    return {each.origin: each.held for each in origins.balances(True, clock.now()) if each.origin}


def sound() -> bool:
    db.session.rollback()
    return [str(fault) for fault in faults()] == []


# -- the rule ------------------------------------------------------------------------------------


@given(
    st.integers(1, 10**12),
    st.lists(st.integers(1, ALL - 1), min_size=0, max_size=4, unique=True),
)
def test_no_fen_is_lost_and_no_payee_is_off_by_one(minor: int, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), ALL]
    points = [high - low for low, high in pairwise(edges)]
    split = OwnerSplit(
        "osp_1", FOREST, check_shares([share(f"p{i}", each) for i, each in enumerate(points)]), clock.now()
    )
    parts = split.among(Money(minor, "CNY"))
    assert sum(part.minor for part in parts.values()) == minor
    for each in split.shares:
        exact = Fraction(minor * each.basis_points, ALL)
        assert abs(parts.get(split.of(each), CNY(0)).minor - exact) < 1


@pytest.mark.parametrize(
    ("shares", "error"),
    [
        ([], NobodyShares),
        ([share("a1", 5000), share("b1", 4999)], SharesDoNotAddUp),
        ([share("a1", 5000), share("a1", 5000)], PayeeTwice),
        ([share("a1", 0), share("b1", 10000)], BadShare),
        ([share("a/b", 10000)], BadPayee),
        ([share("A", 10000)], BadPayee),
        ([OwnerShare("a1", Bilingual("甲", ""), 10000)], BadPayee),
    ],
)
def test_shares_that_cannot_be_are_refused_by_name(shares: list[OwnerShare], error: type[Exception]) -> None:
    with pytest.raises(error):
        check_shares(shares)


def test_a_payee_is_a_part_of_the_name_of_a_project() -> None:
    assert str(VILLAGE) == "project:HLYC-0001/village"
    assert Origin.parse(str(VILLAGE)) == VILLAGE
    assert VILLAGE.whole == FOREST
    with pytest.raises(UnknownOrigin):
        Origin.parse("project:HLYC-0001/")


# -- booked, given back, exchanged ---------------------------------------------------------------


def test_an_order_is_booked_for_each_payee_and_an_older_one_stays_as_it_was(any_app: Flask) -> None:
    make_lot()
    old = shop.paid(250)
    shared()
    new = shop.paid(250)
    assert owed() == {FOREST: CNY("16"), FARM: CNY("10.67"), VILLAGE: CNY("5.33")}
    assert sound()
    rows = by_project(origins.balances(True, clock.now()))
    assert [(each.origin, each.held, row) for each, row in rows] == [
        (FOREST, CNY("32"), Row.SUM), (FOREST, CNY("16"), Row.PART), (FARM, CNY("10.67"), Row.PART),
        (VILLAGE, CNY("5.33"), Row.PART),
    ]  # fmt: skip
    for order_id in (old, new):
        refunds.request_refund(BOTH, order_id, "by staff", clock.now())
        till().heal([order_id], clock.now())
    assert owed() == {FOREST: CNY("0"), FARM: CNY("0"), VILLAGE: CNY("0")}
    assert sound()


def test_newer_shares_hold_from_then_on(any_app: Flask) -> None:
    make_lot()
    shared()
    shop.paid(250)
    before = clock.now() - timedelta(seconds=1)
    shared(share("farm", 5000), share("village", 5000))
    shop.paid(250)
    assert owed() == {FARM: CNY("18.67"), VILLAGE: CNY("13.33")}
    assert before < clock.now()
    assert in_force([FOREST], before - timedelta(days=1)) == {}
    assert sound()


def test_other_credits_are_shared_as_when_the_order_was_paid(any_app: Flask) -> None:
    make_lot()
    make_lot(code="LOT-B", batch=2)  # of the same project
    order_id = shop.paid(250, consent=False)
    shared()
    substitutes.offer(FIRST, order_id, "LOT-B", Bilingual("冻结", "frozen"), clock.now())
    substitutes.accept(Actor.guest(order_id), order_id, clock.now())
    assert owed() == {FOREST: CNY("16")}
    assert sound()


# -- named by two, paid out to each --------------------------------------------------------------


def test_two_persons_name_the_shares_and_each_payee_has_an_account(any_app: Flask) -> None:
    make_lot()
    owners.propose_shares(FIRST, FOREST, THIRDS, "Contract 7", clock.now())
    assert in_force([FOREST], clock.now()) == {}, "proposed is not named"
    (waiting,) = proposals.waiting([owners.SHARES])
    decide(SECOND, waiting.id, Verdict.ACCEPTED, "", clock.now())
    for attempt, error in (
        (lambda: owners.propose_shares(FIRST, FOREST, THIRDS, "again", clock.now()), SameShares),
        (lambda: shared(origin=VILLAGE), UnknownOrigin),
        (lambda: shared(origin=Origin(OriginKind.PROJECT, "HLYC-9")), UnknownOrigin),
        (lambda: owners.name_shares(FIRST, FOREST, THIRDS, clock.now()), NotAllowed),
        (lambda: named(Origin(OriginKind.PROJECT, FOREST.code, "nobody")), UnknownOrigin),
    ):
        with pytest.raises(error):
            attempt()
    shop.paid(250)
    with pytest.raises(NoAccountNamed):
        recorded("5.33", origin=VILLAGE)
    named(VILLAGE)
    with pytest.raises(MoreThanHeldForOrigin):
        recorded("5.34", origin=VILLAGE)
    confirm(recorded("5.33", origin=VILLAGE))
    assert owed() == {FARM: CNY("10.67"), VILLAGE: CNY("0")}
    (done,) = money.payouts_done(True)
    assert done.origin == VILLAGE
    assert origins.names_of([VILLAGE])[VILLAGE].zh.endswith("· 示范village")


# -- its page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_names_shares_another_accepts_them_and_everybody_reads_them(app: Flask, lang: str) -> None:
    """What is wrong is said, and what was typed is kept."""
    code, zh, en, part = {
        "en": ("short code", "name in Chinese", "name in English", "share"),
        "zh": ("代号", "中文名称", "英文名称", "份额"),
    }[lang]
    which, colon = {"en": ("Payee", ": "), "zh": ("收款方", "：")}[lang]
    reason, propose, accept = {"en": ("Reason", "Propose", "Accept"), "zh": ("原因", "提交提议", "接受")}[
        lang
    ]
    make_lot()
    shop.paid(250)
    page = sit_down(app).open(f"/{lang}/desk/payouts/shares")
    for place, payee, percent in (("1", "farm", "66.67"), ("2", "village", "33.3")):
        for label, typed in (
            (code, payee),
            (zh, f"示范{payee}"),
            (en, f"Demonstration {payee}"),
            (part, percent),
        ):
            page = page.fill(f"{which} {place}{colon}{label}", typed)
    page = page.fill(reason, "Contract 7").submit(propose, expect=422)
    assert "99.97" in page.errors[0]
    page = page.fill(f"{which} 2{colon}{part}", "33.33").submit(propose)
    assert "33.33" in page.main
    page = sit_down(app, "usr_second").open(f"/{lang}/desk/payouts/shares").submit(accept)
    shop.paid(250)
    app.extensions["portal.person"] = lambda: None
    page = Browser(app.test_client()).open(f"/{lang}/money")
    assert page.main.count({"en": "66.67 %", "zh": "66.67%"}[lang]) == 1
    assert page.main.count("¥10.67") == 2, "what came in for the farm, and what it is owed"
    assert page.main.count("¥5.33") == 2


@pytest.mark.parametrize("path", ["/en/desk/payouts", "/en/money"])
def test_a_project_whose_money_was_always_shared_is_named_in_its_sum(app: Flask, path: str) -> None:
    """No money came in for the project itself, only for its payees."""
    make_lot()
    shared()
    shop.paid(250)
    page = sit_down(app).open(path)
    assert "all payees together" in page.main
    assert "¥16.00" in page.main


# -- the last belt -------------------------------------------------------------------------------

SPLIT = "INSERT INTO owner_split VALUES ('osp_1', 'project:HLYC-0001', 'usr_a', '{}', :at)"
SHARE = "INSERT INTO owner_share VALUES ('{}', '{}', '甲', 'A', {})"
PART = (
    "INSERT INTO cash_part SELECT 'csp_{}', order_id, 'pay_{}', '{}', {}, currency, at "
    "FROM cash_part WHERE amount_minor > 0 AND origin = 'project:HLYC-0001/farm'"
)
ATTACKS = [
    ("the shares of a project come to ten thousand", SHARE.format("osp_1", "a", 9999), SPLIT.format("usr_b")),
    ("shares that are in force take no more payees", SHARE.format("{kept}", "late", 1)),
    ("a_split_is_named_by_two_persons", SHARE.format("osp_1", "a", 10000), SPLIT.format("usr_a")),
    ("a_share_is_of_ten_thousand", SHARE.format("osp_1", "a", 0)),
    ("a_payee_has_a_code", SHARE.format("osp_1", "a/b", 10000)),
    ("owner_share rows are never edited", "UPDATE owner_share SET share_bp = 1"),
    ("owner_split rows are never deleted", "DELETE FROM owner_split"),
    (
        "money is booked for payees that two persons named",
        PART.format(0, 0, FARM, -1),
        PART.format(1, 1, "project:HLYC-0001/nobody", 1),
    ),
]


def attacked(statements: list[str]) -> None:
    with transaction() as session:
        for each in statements:
            session.execute(text(each), {"at": clock.now().isoformat()} if ":at" in each else {})


def test_the_database_refuses_other_shares(any_app: Flask) -> None:
    make_lot()
    kept = shared()
    shop.paid(250)
    for sentence, *attack in ATTACKS:
        with pytest.raises(IntegrityError, match=sentence):
            attacked([each.format(kept=kept) for each in attack])
    with transaction() as session:  # the control
        without_guards(session, "owner_share")
        session.execute(text("UPDATE owner_share SET share_bp = 6000 WHERE payee = 'farm'"))
        session.execute(text("UPDATE owner_share SET share_bp = 4000 WHERE payee = 'village'"))
    db.session.rollback()
    told = [str(fault) for fault in faults()]
    assert any("the payees of project:HLYC-0001 were booked other shares than named" in each for each in told)
