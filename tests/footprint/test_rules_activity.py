"""Activity data row by row: understood exactly, converted only by the model's own word, else refused."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.footprint.rules import activity, library
from portal.footprint.rules.activity import COLUMNS, MAX_ROWS, ActivityReport, importable, read
from portal.footprint.rules.parts import Assumption
from portal.footprint.rules.units import parse_unit
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.registry.rules.imports import DoubleColumn, FileTooLarge, NoRows, Verdict
from tests.factories.events import table

# A slow machine is no fault of the rule.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MODEL = library.model("event-cn")
NIGHTS = ("nights", "320", "room.night", "24–25 November", "bill")


def dry_run(*rows: tuple[str, ...], model=MODEL, **known) -> ActivityReport:
    return read(table(*rows), model, **known)


def problem(*row: str, model=MODEL) -> str:
    """Name of what is wrong with a row."""
    (found,) = dry_run(row, model=model).rows
    assert found.verdict is Verdict.REFUSED, found
    return type(found.problem).__name__


def amount(*row: str, model=MODEL) -> Decimal:
    (found,) = dry_run(row, model=model).rows
    assert found.activity, found.problem
    return found.activity.amount


@pytest.mark.parametrize(
    "name", ["nights", MODEL.questions["nights"].title.zh, MODEL.questions["nights"].title.en]
)
def test_an_activity_is_named_by_key_or_by_title_in_either_language(name: str):
    assert amount(name, "1,320.5", "间夜", "", "票据") == Decimal("1320.5")
    assert amount(name.upper(), "320", "room-nights", "", "BILL") == 320


def test_every_activity_of_the_template_is_understood_as_itself():
    for key, question in importable(MODEL).items():
        for lang in ("zh", "en"):
            row = (key, "1", activity.wanted_unit(question).in_(lang), "", "meter")
            (found,) = dry_run(row).rows
            assert found.activity, (key, found.problem)
            assert (found.activity.key, found.activity.amount) == (key, 1)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("karaoke", "3", "h", "", "bill"), "UnknownActivity"),
        (("share_local", "0.5", "1", "", "bill"), "UnknownActivity"),
        (("catering", "red", "", "", "bill"), "UnknownActivity"),
        (("", "3", "kg", "", "bill"), "MissingValue"),
        (("nights", "", "room.night", "", "bill"), "MissingValue"),
        (("nights", "3", "room.night", "", ""), "MissingValue"),
        (("nights", "-3", "room.night", "", "bill"), "NegativeAmount"),
        (("nights", "NaN", "room.night", "", "bill"), "NotANumber"),
        (("nights", "inf", "room.night", "", "bill"), "NotANumber"),
        (("nights", "1e3", "room.night", "", "bill"), "NotANumber"),
        (("nights", "1.234,5", "room.night", "", "bill"), "NotANumber"),
        (("nights", "12,34", "room.night", "", "bill"), "NotANumber"),
        (("nights", "1 320", "room.night", "", "bill"), "NotANumber"),
        (("nights", "²", "room.night", "", "bill"), "FullWidthNumber"),
        (("nights", "３２０", "room.night", "", "bill"), "FullWidthNumber"),
        (("nights", "一百", "room.night", "", "bill"), "NotANumber"),
        (("nights", "=1+2", "room.night", "", "bill"), "FormulaCell"),
        (("nights", "3", "", "", "bill"), "NoUnit"),
        (("nights", "3", "furlong", "", "bill"), "UnreadableUnit"),
        (("nights", "3", "kWh", "", "bill"), "WrongUnit"),
        (("nights", "3", "person.night", "", "bill"), "WrongUnit"),
        (("nights", "3", "room.night", "", "hearsay"), "UnknownSource"),
        (("nights", "3", "room.night", "x" * 201, "bill"), "CellTooLong"),
        (("nights", "3", "room.night", "a\0b", "bill"), "NulCharacter"),
        (("nights", "3", "room.night", "bill"), "WrongCellCount"),
    ],
)
def test_a_wrong_row_says_what_is_wrong(row: tuple[str, ...], fault: str):
    assert problem(*row) == fault


def test_full_width_digits_are_refused_with_what_to_write():
    (found,) = dry_run(("nights", "１，３２０", "room.night", "", "bill")).rows
    assert found.problem.params["plain"] == "1,320"


def test_a_wrong_unit_says_which_is_wanted():
    (found,) = dry_run(("nights", "3", "kWh", "", "bill")).rows
    assert found.problem.params["wanted"] == Bilingual("间夜", "room-nights")


def naming(**assumptions: tuple[str, str, str]):
    """The model with a question in kWh, and with these exact or inexact numbers."""
    made = {
        name: Assumption(name, Decimal(value), parse_unit(unit), unit, Bilingual("换算", "Conversion"),
                         Bilingual("", ""), Decimal(gsd2))
        for name, (value, unit, gsd2) in assumptions.items()
    }  # fmt: skip
    power = replace(
        MODEL.questions["nights"], key="power", unit=parse_unit("kWh"), unit_text="kWh", high=Decimal(10**9),
        unit_label=Bilingual("千瓦时", "kWh"), title=Bilingual("用电", "Electricity"),
    )  # fmt: skip
    return replace(MODEL, questions={"power": power}, assumptions=made)


def test_a_unit_is_converted_only_by_a_number_that_the_model_names():
    assert problem("power", "3.6", "GJ", "", "meter", model=naming()) == "WrongUnit"
    by = naming(gj_to_kwh=("277.5", "kWh/GJ", "1"))
    assert amount("power", "3.6", "GJ", "", "meter", model=by) == 999
    (found,) = dry_run(("power", "3.6", "吉焦", "", "meter"), model=by).rows
    assert (found.activity.converted_by, found.activity.written) == ("gj_to_kwh", "3.6")
    assert amount("power", "9", "GJ", "", "meter", model=naming(up=("0.004", "GJ/kWh", "1"))) == 2250


def test_a_guess_is_no_conversion_and_kinds_never_mix():
    guess = naming(gj_to_kwh=("277.5", "kWh/GJ", "1.2"))
    assert problem("power", "3.6", "GJ", "", "meter", model=guess) == "WrongUnit"
    kinds = naming(per_night=("12", "kWh/room.night", "1"))
    assert problem("power", "3.6", "room.night", "", "meter", model=kinds) == "WrongUnit"


def test_one_row_twice_is_refused_and_told_apart_by_its_note():
    report = dry_run(NIGHTS, ("nights", "320.0", "间夜", "24–25  November", "票据"))
    assert [row.verdict for row in report.rows] == [Verdict.ACCEPTED, Verdict.REFUSED]
    assert report.rows[1].problem.params == {"row": 2}
    assert not report.is_applicable
    assert dry_run(NIGHTS, (*NIGHTS[:3], "second hotel", "bill")).totals == {"nights": Decimal(640)}


def test_what_is_here_already_changes_nothing():
    first = dry_run(NIGHTS)
    known = {found.fingerprint for _, found in first.new()}
    again = dry_run(NIGHTS, known=known, before={"nights": Decimal(320)})
    assert (again.accepted, again.unchanged, again.refused) == (0, 1, 0)
    assert again.totals == {"nights": Decimal(320)}


def test_sums_must_lie_in_the_range_of_the_question():
    people = MODEL.questions["people"]
    rows = [("people", str(people.high), "people", f"day {day}", "estimate") for day in (1, 2)]
    assert dry_run(rows[0]).is_applicable
    report = dry_run(*rows)
    assert (report.refused, report.is_applicable) == (0, False)
    assert type(report.problems[0]).__name__ == "AmountOutOfRange"
    assert type(dry_run(("people", "10.5", "people", "", "estimate")).problems[0]).__name__ == "NotWholeInAll"


def test_the_heading_may_be_in_either_language_and_order_but_must_be_whole():
    zh = tuple(title.zh for title in COLUMNS.values())
    assert read(table(NIGHTS, head=zh), MODEL).accepted == 1
    mixed = ("来源说明", "数据来源", "Unit", "amount", "ACTIVITY", "时段或备注")
    row = ("kept out", "票据", "间夜", "320", "nights", "")
    assert read(table(row, head=mixed), MODEL).totals == {"nights": Decimal(320)}
    with pytest.raises(activity.MissingColumn) as missing:
        read(table(NIGHTS[:4], head=zh[:4]), MODEL)
    assert missing.value.params["column"] == COLUMNS["source"]
    with pytest.raises(DoubleColumn):
        read(table(NIGHTS, head=(*zh[:4], zh[0])), MODEL)
    with pytest.raises(NoRows):
        read(table(), MODEL)


def test_ten_thousand_rows_are_read_and_one_more_is_refused():
    rows = [("nights", "1", "room.night", str(number), "bill") for number in range(MAX_ROWS)]
    assert dry_run(*rows).totals == {"nights": Decimal(MAX_ROWS)}
    with pytest.raises(FileTooLarge):
        dry_run(*rows, ("nights", "1", "room.night", "more", "bill"))


@patient
@given(st.lists(st.lists(st.text(max_size=30), max_size=8), max_size=8))
def test_whatever_stands_in_a_file_only_the_declared_errors_come(rows: list[list[str]]):
    try:
        report = dry_run(*(tuple(row) for row in rows))
    except PortalError:
        return
    assert all((row.problem is None) != (row.verdict is Verdict.REFUSED) for row in report.rows)


@patient
@given(st.lists(st.decimals("0", "99999", places=3), min_size=1, max_size=20))
def test_rows_sum_exactly(amounts: list[Decimal]):
    rows = [("nights", f"{each:f}", "room.night", str(place), "bill") for place, each in enumerate(amounts)]
    assert dry_run(*rows).totals["nights"] == sum(amounts)
