"""Rules of units between accounts: tables of cases, and what must hold for any numbers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.mass import ZERO, Mass, NegativeMass, total
from portal.registry.rules import accounts
from portal.registry.rules.accounts import ExpectedUnits
from portal.registry.rules.ledger import AccountKind

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mass", "tonnes"), [(Mass.t(1), 1), (Mass.t(1_200), 1_200), (Mass(1_000_000_000_000), 1_000_000)]
)
def test_whole_tonnes_are_counted(mass: Mass, tonnes: int):
    assert accounts.tonnes(mass) == tonnes


@pytest.mark.parametrize(
    ("mass", "fault"),
    [
        (Mass(1), accounts.NotWholeTonnes),
        (Mass(1_999_999), accounts.NotWholeTonnes),
        (ZERO, NegativeMass),
        (Mass(-1_000_000), NegativeMass),
    ],
)
def test_parts_of_a_tonne_are_no_units(mass: Mass, fault: type[Exception]):
    with pytest.raises(fault):
        accounts.tonnes(mass)


@given(st.integers(0, 10**15))
def test_what_is_issued_is_rounded_down_and_what_is_lost_is_rounded_up(grams: int):
    down, up = accounts.whole_tonnes_of(Mass(grams)), accounts.tonnes_up(Mass(grams))
    assert down.grams % 1_000_000 == up.grams % 1_000_000 == 0
    assert down.grams <= grams <= up.grams
    assert up.grams - down.grams in (0, 1_000_000)


def test_a_loss_below_zero_is_none():
    with pytest.raises(NegativeMass):
        accounts.tonnes_up(Mass(-1))


@pytest.mark.parametrize(
    ("issued", "left"),
    [(0, 79_000_000), (50_000_000, 29_000_000), (79_000_000, 0)],
)
def test_what_is_left_to_issue_is_whole_tonnes(issued: int, left: int):
    assert accounts.issuable(Mass(100_000_000), Mass(20_000_001), Mass(issued)) == Mass(left)


@pytest.mark.parametrize("vintage", [2020, 2022, 2024])
def test_a_vintage_of_the_period_is_taken(vintage: int):
    accounts.check_vintage(vintage, date(2020, 12, 31), date(2024, 1, 1))


@pytest.mark.parametrize("vintage", [2019, 2025])
def test_another_vintage_is_refused_and_the_years_are_named_as_years(vintage: int):
    with pytest.raises(accounts.VintageOutside) as refused:
        accounts.check_vintage(vintage, date(2020, 12, 31), date(2024, 1, 1))
    assert refused.value.params == {"first": "2020", "last": "2024"}


@pytest.mark.parametrize(
    ("stands", "is_taken"),
    [
        (timedelta(0), False),
        (timedelta(minutes=59), False),
        (timedelta(hours=1), True),
        (timedelta(days=90), True),
        (timedelta(days=90, seconds=1), False),
        (timedelta(days=-1), False),
    ],
)
def test_an_offer_stands_for_an_hour_to_ninety_days(stands: timedelta, is_taken: bool):
    if is_taken:
        accounts.check_offer_end(NOON, NOON + stands)
        return
    with pytest.raises(accounts.BadOfferEnd):
        accounts.check_offer_end(NOON, NOON + stands)


def test_two_steps_are_two_people():
    accounts.check_second_hand("usr_1", "usr_2")
    accounts.check_second_hand(None, "usr_2")
    with pytest.raises(accounts.SameHand):
        accounts.check_second_hand("usr_1", "usr_1")


@pytest.mark.parametrize("text", ["", "  ", "no", " x "])
def test_a_reason_says_something(text: str):
    with pytest.raises(accounts.ReasonMissing):
        accounts.reason_given(text)


def test_an_account_is_named_by_the_end_of_its_id():
    assert accounts.account_code("acc_01J0000000000000007K3M9QXD") == "A-7K3M9QXD"


EXPECTED = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 500)), max_size=8)


@given(EXPECTED, st.integers(1, 2_000))
def test_expected_units_are_converted_gram_for_gram_as_far_as_they_reach(
    held: list[tuple[str, int]], verified: int
):
    units = [ExpectedUnits(str(n), account, Mass.t(mass)) for n, (account, mass) in enumerate(held)]
    shares = accounts.converted(units, Mass.t(verified))
    expected = total([each.mass for each in units])
    assert total(list(shares.values())) == min(expected, Mass.t(verified))
    for account, share in shares.items():
        assert ZERO < share <= total([each.mass for each in units if each.account_id == account])


def test_expected_units_are_served_in_their_order():
    units = [
        ExpectedUnits("1", "pine", Mass.t(30)), ExpectedUnits("2", "birch", Mass.t(30)),
        ExpectedUnits("3", "pine", Mass.t(30)),
    ]  # fmt: skip
    assert accounts.converted(units, Mass.t(40)) == {"pine": Mass.t(30), "birch": Mass.t(10)}
    assert accounts.converted(units, Mass.t(100)) == {"pine": Mass.t(60), "birch": Mass.t(30)}


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_debt_is_never_below_zero(size: int, paid: int):
    assert accounts.owed(Mass(size), Mass(paid)) == Mass(max(size - paid, 0))


@pytest.mark.parametrize("kind", AccountKind)
def test_who_gives_and_who_takes(kind: AccountKind):
    assert accounts.may_offer(kind) is (kind in ("developer", "holding"))
    assert accounts.may_receive(kind) is (kind == "holding")
