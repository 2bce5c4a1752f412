"""Reading Verra's export: the real sample whole, and every trap by its name and row."""

import csv
import io
from collections import Counter
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.errors import InvalidInput, PortalError
from portal.registry.rules import imports, methodology, serials
from portal.registry.rules.imports import (
    LAYOUTS,
    ImportReport,
    Known,
    Registered,
    RowReport,
    Verdict,
    judge,
)
from portal.registry.rules.imports import report as reports
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.methodology import Effect
from portal.registry.rules.serials import Serial

SAMPLE = (Path(__file__).parents[1] / "data" / "verra-transactions.csv").read_bytes()
HEADER, *ROWS = list(csv.reader(io.StringIO(SAMPLE.decode("utf-8"))))
FIRST = dict(zip(HEADER, ROWS[0], strict=True))  # retired
ACTIVE = next(row for row in (dict(zip(HEADER, cells, strict=True)) for cells in ROWS) if not row[HEADER[13]])


def read_verra(data: bytes, *known: Registered) -> ImportReport:
    found = imports.read(LAYOUTS["verra"], data)
    return judge(found, Known(imports.shared((row.serial for row in found.new()), known)))


def registered(serial: Serial, retired: bool) -> Registered:
    return Registered(serial.registry, serial.group, serial.first, serial.last, serial.text, retired)


def export(*rows: dict[str, str], header: list[str] | None = None) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, header or HEADER, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def only(report: ImportReport) -> RowReport:
    (row,) = report.rows
    return row


def renumbered(row: dict[str, str], first: int, last: int) -> dict[str, str]:
    parts = row["Serial Number"].split("-")
    parts[1:3] = [str(first), str(last)]
    return {**row, "Serial Number": "-".join(parts), "Quantity Issued": f"{last - first + 1:,}"}


# ── the real sample ────────────────────────────────────────────────────────────────────────────


def test_the_real_export_is_understood_whole() -> None:
    report = read_verra(SAMPLE)
    assert (report.accepted, report.unchanged, report.refused, report.warnings) == (200, 0, 0, 0)
    assert report.is_applicable
    assert not report.needs_confirmation
    issued = list(report.new())
    assert sum(i.retirement is not None for i in issued) == 100
    assert sum(i.retirement is None for i in issued) == 100
    assert any("," in i.source["Quantity Issued"] for i in issued)
    assert all(i.tonnes == int(i.source["Quantity Issued"].replace(",", "")) for i in issued)
    assert all(i.serial.text == i.source["Serial Number"] for i in issued), "kept verbatim"


def test_all_three_forest_types_can_feed_lots_and_nothing_else_can() -> None:
    feeding = [i for i in read_verra(SAMPLE).new() if i.may_feed_a_lot]
    assert Counter(i.type for i in feeding) == {ProjectType.ARR: 10, ProjectType.REDD: 3, ProjectType.IFM: 4}
    assert all(i.retirement is None for i in feeding)


def test_the_row_numbers_are_those_of_a_spreadsheet() -> None:
    assert [row.row for row in read_verra(SAMPLE).rows] == list(range(2, 202))


def test_what_a_row_retired_for_somebody_says_of_it() -> None:
    (row,) = [
        r for r in read_verra(SAMPLE).rows if r.issued and r.issued.project_name.startswith("Family Forest")
    ][:1]
    assert row.issued is not None
    assert row.issued.retirement == imports.SourceRetirement(
        date(2026, 3, 31), "Shopify Inc.", "Retirement for Person or Organization", ""
    )
    assert not row.issued.may_feed_a_lot
    assert (row.issued.type, row.issued.effect) == (ProjectType.IFM, Effect.REMOVAL)


# ── beside what is registered ──────────────────────────────────────────────────────────────────


def test_the_same_file_twice_changes_nothing() -> None:
    once = [registered(i.serial, i.retirement is not None) for i in read_verra(SAMPLE).new()]
    again = read_verra(SAMPLE, *sorted(once, key=lambda block: block.first))
    assert (again.accepted, again.unchanged, again.refused, again.warnings) == (0, 200, 0, 0)
    assert list(again.new()) == []


@pytest.mark.parametrize(
    ("row", "was_retired", "warning"),
    [(FIRST, False, imports.RetiredSince), (ACTIVE, True, imports.NotRetiredAnyMore)],
)
def test_a_change_at_the_source_is_shown_and_moves_nothing(
    row: dict[str, str], was_retired: bool, warning: type[PortalError]
) -> None:
    serial = serials.parse("verra", row["Serial Number"])
    report = only(read_verra(export(row), registered(serial, was_retired)))
    assert report.verdict is Verdict.UNCHANGED
    assert [type(w) for w in report.warnings] == [warning]


@given(st.integers(1, 30), st.integers(0, 9), st.integers(1, 30), st.integers(0, 9))
def test_a_shared_unit_is_refused_in_the_file_and_beside_the_register(a: int, m: int, b: int, n: int) -> None:
    one, two = renumbered(ACTIVE, a, a + m), renumbered(ACTIVE, b, b + n)
    shared = bool(set(range(a, a + m + 1)) & set(range(b, b + n + 1)))
    in_file = read_verra(export(one, two)).rows[1]
    here = registered(serials.parse("verra", one["Serial Number"]), False)
    beside = only(read_verra(export(two), here))
    assert (in_file.verdict is Verdict.REFUSED) == shared
    if (a, m) == (b, n):
        assert isinstance(in_file.problem, imports.RepeatedSerial)
        assert beside.verdict is Verdict.UNCHANGED
    elif shared:
        assert isinstance(in_file.problem, imports.OverlapsRow)
        assert in_file.problem.params == {"row": 2}
        assert isinstance(beside.problem, imports.OverlapsRegistered)
    else:
        assert beside.verdict is Verdict.ACCEPTED


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 12)), max_size=12))
def test_the_rows_accepted_from_one_file_never_share_a_unit(blocks: list[tuple[int, int]]) -> None:
    with suppress(imports.NoRows):
        report = read_verra(export(*(renumbered(ACTIVE, a, a + more) for a, more in blocks)))
        units = [u for i in report.new() for u in range(i.serial.first, i.serial.last + 1)]
        assert len(units) == len(set(units))


# ── traps in rows ──────────────────────────────────────────────────────────────────────────────

SERIAL = ACTIVE["Serial Number"]
NUMBERS = SERIAL.split("-")
SWAPPED = "-".join([NUMBERS[0], NUMBERS[2], NUMBERS[1], *NUMBERS[3:]])
QUANTITY = ACTIVE["Quantity Issued"]

TRAPS: list[tuple[dict[str, str], type[PortalError]]] = [
    ({"Quantity Issued": str(int(QUANTITY.replace(",", "")) + 1)}, imports.QuantityDiffers),
    ({"Quantity Issued": str(int(QUANTITY.replace(",", "")) - 1)}, imports.QuantityDiffers),
    ({"Quantity Issued": "28.571"}, imports.NotAQuantity),
    ({"Quantity Issued": "28,57"}, imports.NotAQuantity),
    ({"Quantity Issued": "1_000"}, imports.NotAQuantity),
    ({"Quantity Issued": "１２"}, imports.NotAQuantity),
    ({"Quantity Issued": "⒈"}, imports.NotAQuantity),
    ({"Quantity Issued": "²"}, imports.NotAQuantity),
    ({"Quantity Issued": "-5"}, imports.NotAQuantity),
    ({"Quantity Issued": "0"}, imports.NotAQuantity),
    ({"Quantity Issued": "NaN"}, imports.NotAQuantity),
    ({"Quantity Issued": "1e9"}, imports.NotAQuantity),
    ({"Quantity Issued": "9" * 50}, imports.NotAQuantity),
    ({"Quantity Issued": f"={QUANTITY}"}, imports.FormulaCell),
    ({"Quantity Issued": ""}, imports.MissingValue),
    ({"Serial Number": ""}, imports.MissingValue),
    ({"Serial Number": f'="{SERIAL}"'}, imports.FormulaCell),
    ({"Serial Number": f"＝{SERIAL}"}, imports.FormulaCell),
    ({"Serial Number": SWAPPED}, serials.SwappedEnds),
    ({"Serial Number": SERIAL.replace("-", "–")}, serials.OddCharacters),
    ({"Serial Number": SERIAL.replace("1", "１")}, serials.OddCharacters),
    ({"Serial Number": "…-NaN-undefined"}, serials.NotASerial),
    ({"ID": "1"}, imports.ProjectDiffers),
    ({"Vintage Start": "1999-01-01"}, imports.VintageDiffers),
    ({"Vintage End": "31/12/2020"}, imports.NotADay),
    ({"Issuance Date": "2026-02-30"}, imports.NotADay),
    ({"Issuance Date": "２０２６-01-01"}, imports.NotADay),
    ({"Retirement Beneficiary": "Somebody"}, imports.HalfRetired),
    ({"Retirement Details": "for somebody"}, imports.HalfRetired),
    ({"Retirement/Cancellation Date": "soon"}, imports.NotADay),
    ({"Name": "x\0y"}, imports.NulCharacter),
    ({"Name": "x" * 5_000}, imports.CellTooLong),
    ({"Name": "x" * 200_000}, imports.BrokenRow),
]


@pytest.mark.parametrize(("change", "problem"), TRAPS, ids=lambda v: str(v)[:40])
def test_a_trap_is_refused_by_name_and_the_rows_around_it_stay(
    change: dict[str, str], problem: type[PortalError]
) -> None:
    before = renumbered(ACTIVE, 1, 5)
    report = read_verra(export(before, {**ACTIVE, **change}))
    good, bad = report.rows
    assert good.verdict is Verdict.ACCEPTED
    assert (bad.row, bad.verdict, type(bad.problem)) == (3, Verdict.REFUSED, problem)
    assert bad.problem is not None
    assert bad.problem.message % {k: str(v) for k, v in bad.problem.params.items()}
    assert not report.is_applicable, "one refused row keeps the whole file out"


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"Total Vintage Quantity": "1"}, imports.MoreThanVintage),
        ({"Retirement/Cancellation Date": "1999-01-01"}, imports.RetiredBeforeIssued),
    ],
)
def test_what_is_odd_but_possible_is_a_warning(change: dict[str, str], warning: type[PortalError]) -> None:
    report = read_verra(export({**FIRST, **change}))
    assert [type(w) for w in only(report).warnings] == [warning]
    assert (report.accepted, report.warnings) == (1, 1)


def test_days_are_read_packed_as_well() -> None:
    packed = {**ACTIVE, "Vintage Start": NUMBERS[10], "Vintage End": NUMBERS[11]}
    assert only(read_verra(export(packed))).verdict is Verdict.ACCEPTED


def test_an_unclosed_quotation_mark_ends_the_reading_at_its_row() -> None:
    report = read_verra(export(ACTIVE) + b'2026-01-01,"never closed\r\n1,2,3\r\n')
    assert [row.verdict for row in report.rows] == [Verdict.ACCEPTED, Verdict.REFUSED]
    assert isinstance(report.rows[1].problem, imports.BrokenRow)


def test_a_row_with_too_few_or_too_many_cells_is_refused_and_a_blank_one_passed_over() -> None:
    report = read_verra(export(ACTIVE) + b"a,b,c\r\n\r\n , ,\r\n" + b"x," * 17 + b"x\r\n")
    assert [(row.row, type(row.problem)) for row in report.rows[1:]] == [
        (3, imports.WrongCellCount),
        (6, imports.WrongCellCount),
    ]


def test_formulas_in_free_text_are_kept_as_text() -> None:
    row = only(read_verra(export({**FIRST, "Retirement Beneficiary": "=HYPERLINK(1)"})))
    assert row.issued is not None
    assert row.issued.retirement is not None
    assert row.issued.retirement.beneficiary == "=HYPERLINK(1)"


def test_unknown_columns_are_kept_and_order_does_not_matter() -> None:
    row = only(read_verra(export({**ACTIVE, "Colour": "绿"}, header=["Colour", *reversed(HEADER)])))
    assert row.verdict is Verdict.ACCEPTED
    assert row.issued is not None
    assert row.issued.source["Colour"] == "绿"


# ── traps in files ─────────────────────────────────────────────────────────────────────────────


def test_a_byte_order_mark_is_let_pass() -> None:
    assert read_verra(b"\xef\xbb\xbf" + export(ACTIVE)).accepted == 1


def test_gb18030_waits_for_a_person_to_confirm() -> None:
    report = read_verra(export({**ACTIVE, "Name": "伊春造林项目"}).decode().encode("gb18030"))
    assert report.needs_confirmation
    row = only(report)
    assert row.issued is not None
    assert row.issued.project_name == "伊春造林项目"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", imports.WrongHeader),
        (b"\xff\xfe\x00", imports.UnreadableFile),
        (export(ACTIVE).decode().encode("utf-16"), imports.UnreadableFile),
        (export(ACTIVE).decode().encode("utf-16-le"), imports.UnreadableFile),
        (b"%PDF-1.7 \xe2\xe3\xcf\xd3", InvalidInput),
        (b"a,b,c\n1,2,3\n", imports.WrongHeader),
        (b'"', imports.WrongHeader),
        (export(), imports.NoRows),
        (export(ACTIVE, header=HEADER[1:]), imports.WrongHeader),
        (export(ACTIVE, header=[*HEADER, "ID"]), imports.DoubleColumn),
        (export(ACTIVE).replace(b",", b";"), imports.WrongHeader),
    ],
    ids=range(11),
)
def test_a_file_that_is_no_export_is_refused_whole(data: bytes, error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        read_verra(data)


def test_a_file_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MAX_ROWS", 199)
    with pytest.raises(imports.FileTooLarge):
        read_verra(SAMPLE)


@given(st.binary(max_size=200), st.integers(0, 4_000))
def test_any_bytes_end_in_a_report_or_a_named_refusal(noise: bytes, at: int) -> None:
    data = SAMPLE[: at + 2_000]
    for mutated in (noise, data[:at] + noise + data[at + len(noise) :], data + noise):
        with suppress(InvalidInput):
            report = read_verra(mutated)
            assert all((row.problem is None) == (row.verdict is not Verdict.REFUSED) for row in report.rows)


# ── planted bugs: the tests above would see them ───────────────────────────────────────────────


def test_a_reader_that_trusts_the_quantity_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Serial.count.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Serial, "count", property(lambda serial: real(serial) + 1))
    assert read_verra(SAMPLE).refused == 200


def test_a_reader_that_forgets_earlier_rows_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports._Seen, "add", lambda *_: None)
    with pytest.raises(AssertionError):
        test_the_rows_accepted_from_one_file_never_share_a_unit()


# ── methodologies ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "activities", "expected"),
    [
        ("AR-ACM0003", "", ProjectType.ARR),
        ("AR-AMS0007", "", ProjectType.ARR),
        ("AR-AM0005; AR-ACM0003", "", ProjectType.ARR),
        ("VM0047 v1.1", "", ProjectType.ARR),
        ("vm0003", "", ProjectType.IFM),
        ("VM0048", "", ProjectType.REDD),
        ("VM0042", "", ProjectType.OTHER),
        ("VM0026", "ARR", ProjectType.OTHER),
        ("ACM0002", "", ProjectType.OTHER),
        ("VM0007; VM0010; VM0048", "ARR; IFM; REDD", ProjectType.OTHER),
        ("VM0007; VM0010", "IFM", ProjectType.IFM),
        ("VM0007; VM0033", "REDD; WRC", ProjectType.OTHER),
        ("VM0007; VM0033", "REDD", ProjectType.REDD),
        ("VM0007; VM0048", "", ProjectType.REDD),
        ("", "ARR", ProjectType.OTHER),
        ("AR-ACM00031", "", ProjectType.OTHER),
    ],
)
def test_the_type_comes_from_the_methodology(field: str, activities: str, expected: ProjectType) -> None:
    assert methodology.type_of(field, activities) is expected


@pytest.mark.parametrize(
    ("type", "labels", "expected"),
    [
        (ProjectType.ARR, "", Effect.REMOVAL),
        (ProjectType.ARR, "GHG Emissions Reductions", Effect.REDUCTION),
        (ProjectType.IFM, "", Effect.REDUCTION),
        (ProjectType.IFM, "Carbon Dioxide Removals", Effect.REMOVAL),
        (ProjectType.IFM, "Carbon Dioxide Removals; GHG Emissions Reductions", Effect.REDUCTION),
        (ProjectType.REDD, "Carbon Dioxide Removals", Effect.REDUCTION),
    ],
)
def test_a_removal_is_claimed_only_where_it_is_one(type: ProjectType, labels: str, expected: Effect) -> None:
    assert methodology.effect_of(type, labels) is expected
