"""What a sheet may hold, and which version is in force."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.settings.rules import checks, versions
from portal.settings.rules.checks import checked, filled
from portal.settings.rules.sheets import SHEETS, Kind
from portal.settings.rules.versions import Piece, Verdict, Version, bind, differences
from portal.shop.rules.fees import decided, values_of
from portal.shop.rules.terms import TERMS

NOON = datetime(2027, 3, 1, 4, tzinfo=UTC)
NOBODY = {"zh": "", "en": ""}
BOTH = {"zh": "伊春", "en": "Yichun"}
SALE = values_of(TERMS)


@pytest.mark.parametrize(
    ("sheet", "values", "error", "field"),
    [
        ("names", {"site": {"zh": "伊春", "en": ""}}, checks.SideMissing, "site"),
        ("names", {"site": {"zh": "伊" * 41, "en": "Y"}}, checks.TooLongSetting, "site"),
        ("names", {"price": "1"}, checks.UnknownSetting, "price"),
        ("contact", {"icp": "ICP 12"}, checks.NotAsWritten, "icp"),
        ("contact", {"email": "nobody"}, checks.NotAsWritten, "email"),
        ("contact", {"police": "黑公网安备12号"}, checks.NotAsWritten, "police"),
        ("terms", {"text": {"zh": "{站}", "en": "{site}"}}, checks.UnknownPlace, "text"),
        ("terms", {"text": {"zh": "{{7*7}}", "en": "x"}}, checks.UnknownPlace, "text"),
        ("holiday", {"notice": BOTH}, checks.DaysMissing, "first"),
        ("holiday", {"notice": BOTH, "first": "2027-02-30"}, checks.NotADay, "first"),
        ("holiday", {"notice": BOTH, "first": "2027-02-06", "last": "2027-02-05"},
         checks.DaysTheWrongWay, "last"),
        ("sale", SALE | {"owner": 1_000_001}, checks.NumberTooLarge, "owner"),
        ("sale", SALE | {"card": -1}, checks.NumberTooLarge, "card"),
        ("sale", SALE | {"card": 1.5}, checks.NumberTooLarge, "card"),
        ("sale", SALE | {"card": True}, checks.NumberTooLarge, "card"),
        ("sale", SALE | {"least": 1_500}, checks.WholeKilogramsWanted, "least"),
        ("sale", SALE | {"least": 0}, checks.WholeKilogramsWanted, "least"),
        ("sale", SALE | {"least": 5_000, "most": 4_000}, checks.LimitsTheWrongWay, "least"),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_refused_by_name(sheet: str, values: dict[str, Any], error: type, field: str):
    with pytest.raises(error) as refused:
        checked(SHEETS[sheet], values)
    assert refused.value.field == field


@pytest.mark.parametrize("sheet", [each for each in SHEETS if each != "sale"])
def test_an_empty_sheet_is_the_portal_as_it_came(sheet: str):
    kept = checked(SHEETS[sheet], {})
    assert kept.keys() == SHEETS[sheet].keys
    assert not any(value for value in kept.values() if value != NOBODY)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("icp", "黑ICP备2026000001号-1"),
        ("police", "黑公网安备23070002000001号"),
        ("phone", "+86 458 123 4567"),
        ("email", "office@example.cn"),
    ],
)  # fmt: skip
def test_numbers_and_addresses_as_they_are_written(key: str, text: str):
    assert checked(SHEETS["contact"], {key: text})[key] == text


def test_every_number_has_a_limit():
    numbers = (Kind.SHARE, Kind.MONEY, Kind.GRAMS)
    fields = [field for sheet in SHEETS.values() for field in sheet.fields]
    assert all(field.most for field in fields if field.kind in (*numbers, Kind.LINE, Kind.PROSE))
    assert [sheet.key for sheet in SHEETS.values() if any(f.kind in numbers for f in sheet.fields)] == [
        sheet.key for sheet in SHEETS.values() if sheet.moves_money
    ], "what has numbers moves money"


def test_places_are_filled_and_nothing_else_is():
    assert filled("{site}: {email}, {7*7}", {"site": "Yichun", "email": "{site}"}) == "Yichun: {site}, "


def version(number: int, since: datetime) -> Version:
    return Version(number, since, {"n": number}, f"set_{number}")


def test_the_version_in_force_is_the_last_whose_moment_has_come():
    """A change planned for tomorrow waits; what is confirmed later for the same moment replaces it."""
    hour = timedelta(hours=1)
    book = bind(5, "set_5", [("names", version(1, NOON)), ("names", version(2, NOON + 2 * hour)),
                             ("names", version(3, NOON + hour)), ("names", version(5, NOON + 2 * hour)),
                             ("sale", version(4, NOON))])  # fmt: skip
    asked = [NOON - hour, NOON, NOON + hour, NOON + 2 * hour]
    in_force = [book.at("names", each) for each in asked]
    assert [each.number if each else None for each in in_force] == [None, 1, 3, 5]
    assert book.numbers(NOON - hour) == ()
    assert book.numbers(NOON + hour) == (3, 4)
    assert book.at("terms", NOON) is None


@pytest.mark.parametrize(
    ("verdict", "decided_by", "needs_two", "error"),
    [
        (Verdict.CONFIRMED, "usr_1", True, versions.SecondPersonWanted),
        (Verdict.CONFIRMED, "usr_2", True, None),
        (Verdict.CONFIRMED, "usr_1", False, None),
        (Verdict.WITHDRAWN, "usr_2", True, versions.NotYours),
        (Verdict.WITHDRAWN, "usr_1", True, None),
        (Verdict.REFUSED, "usr_2", True, None),
    ],
)
def test_money_needs_a_second_person(verdict: Verdict, decided_by: str, needs_two: bool, error: type | None):
    if error is None:
        versions.check_verdict(verdict, "usr_1", decided_by, needs_two=needs_two)
        return
    with pytest.raises(error):
        versions.check_verdict(verdict, "usr_1", decided_by, needs_two=needs_two)


def test_a_difference_is_shown_line_by_line():
    sheet = SHEETS["about"]
    before, after = {"text": {"zh": "一\n二", "en": "a"}}, {"text": {"zh": "一\n三", "en": "a"}}
    (found,) = differences(sheet, before, after)
    assert (found.field, found.lang) == ("text", "zh")
    assert found.pieces == (Piece(" ", "一"), Piece("-", "二"), Piece("+", "三"))
    (flag,) = differences(SHEETS["switches"], {}, {"sales": False})
    assert (flag.before, flag.after, flag.pieces) == (None, False, ())


def test_terms_of_sale_say_the_same_there_and_back():
    made = decided(TERMS, SALE | {"card": 12_000}, 7)
    assert made.version == f"{TERMS.version}.7"
    assert values_of(made) == SALE | {"card": 12_000}
    assert made.cooling_off == TERMS.cooling_off
    assert checked(SHEETS["sale"], SALE) == SALE, "what ships is lawful"
