"""Every registry's export by its grammar, lists whose columns somebody mapped, and their traps."""

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from portal.kernel.errors import InvalidInput, PortalError
from portal.registry.rules import imports, serials
from portal.registry.rules.imports import LAYOUTS, Days, Layout, Role, SourceState, Verdict, sheets
from portal.registry.rules.imports.columns import Units, units_of
from portal.registry.rules.imports.layouts import (
    COLUMNS,
    faults_of,
    from_json,
    layout_of_header,
    mapped,
    states_of,
    suggested,
    to_json,
)
from portal.registry.rules.imports.report import Known, judge
from portal.registry.rules.imports.rows import code_of, day_of, period_of
from portal.registry.rules.ledger import ProjectType

SAMPLES = Path(__file__).parents[1] / "data" / "registries"
A, R, C = SourceState.ACTIVE, SourceState.RETIRED, SourceState.CANCELLED
FORMS = {  # what each sample says: tonnes, state and type of its rows
    "gold-standard": [(8739, A, "other"), (500, R, "other"), (120, A, "ARR"), (1, R, "other")],
    "acr": [(113, A, "IFM"), (1000, R, "IFM"), (10, C, "other")],
    "car": [(80250, R, "other"), (50, A, "other"), (1, C, "other")],
    "art": [(1400, R, "REDD"), (8, A, "REDD"), (46404, A, "other")],
    "cer": [(3657, A, "other"), (100, C, "other"), (250, A, "ARR")],
    "cercarbono": [(6404, R, "other"), (3000, R, "other"), (1000, R, "other")],
}


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.csv").read_bytes()


def changed(name: str, row: int, **cells: str) -> bytes:
    """A sample with some cells of its ``row``-th row replaced; column names with spaces as underscores."""
    header, *rows = csv.reader(io.StringIO(sample(name).decode()))
    for column, text in cells.items():
        rows[row][header.index(column.replace("_", " "))] = text
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


# ── registries that are known ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", FORMS)
def test_the_sample_of_a_registry_is_understood_whole(name: str) -> None:
    report = imports.read(LAYOUTS[name], sample(name))
    assert [(i.tonnes, i.state, i.type.value) for i in report.new()] == FORMS[name]
    assert report.refused == 0
    assert report.registry == name
    for row in report.new():
        assert row.may_feed_a_lot == (row.state is A and row.type is not ProjectType.OTHER)
        assert set(row.source.values()) >= {row.source[next(iter(row.source))]}, "kept verbatim"


@pytest.mark.parametrize("name", FORMS)
def test_a_registry_is_recognised_by_its_header(name: str) -> None:
    header, _ = imports.preview(sample(name))
    layout = layout_of_header(header)
    assert layout is LAYOUTS[name]
    assert layout_of_header(header[1:3]) is None


@pytest.mark.parametrize("name", [*FORMS, "verra"])
def test_a_registry_s_file_is_nobody_else_s(name: str) -> None:
    data = sample(name) if name in FORMS else (SAMPLES.parent / "verra-transactions.csv").read_bytes()
    for other in LAYOUTS.values():
        if other.name != name:
            with suppress(InvalidInput):
                assert imports.read(other, data).accepted == 0


EXAMPLES = [  # ledger.md, "Serial grammars to read"
    ("gold-standard", "GS1-1-ZA-GS11996-1-2024-29987-1-8739", "GS1-1-ZA-GS11996-1-2024-29987", "11996", 2024),
    ("acr", "ACR-US-212-2019-1155-70286 to 70398", "ACR-US-212-2019-1155", "212", 2019),
    (
        *("car", "CAR-1-MX-1850-42-1039-CI-2024-8648-1 to 80250"),
        *("CAR-1-MX-1850-42-1039-CI-2024-8648", "1850", 2024),
    ),
    ("art", "ART-GY-102-2016-9-1401 to 1408", "ART-GY-102-2016-9", "102", 2016),
    ("cer", "RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7014", "RW-5-2-2-0-7014", "7014", 2013),
]
ENDS = {"gold-standard": (1, 8739), "acr": (70286, 70398), "car": (1, 80250), "art": (1401, 1408),
        "cer": (1463953, 1467609)}  # fmt: skip


@pytest.mark.parametrize(("registry", "text", "group", "project", "year"), EXAMPLES)
def test_the_examples_of_the_design(registry: str, text: str, group: str, project: str, year: int) -> None:
    serial = serials.parse(registry, text)
    assert (serial.group, serial.project) == (group, project)
    assert (serial.first, serial.last) == ENDS[registry]
    assert serial.vintage_start == date(year, 1, 1)
    assert serials.parse_any(text) == serial
    assert serials.registry_of(text) == registry
    found = serials.look_up(f" {text.lower()} ".replace("-", "–"))
    assert found.inside(serial) == (1, serial.grams)
    assert [name for name, grammar in serials.GRAMMARS.items() if grammar(text)] == [registry]


@pytest.mark.parametrize(
    "text",
    [
        "GS1-1-ZA-GS11996-1-2024-29987-8739-1",
        "ACR-US-212-2019-1155-70398 to 70286",
        "CAR-1-MX-1850-42-1039-CI-2024-8648-2 to 1",
        "ART-GY-102-2016-9-1408 to 1401",
        "RW-5-1467609-2-2-0-7014 - RW-5-1463953-2-2-0-7014",
    ],
)
def test_swapped_ends_are_told_in_every_grammar(text: str) -> None:
    with pytest.raises(serials.SwappedEnds):
        serials.parse_any(text)


TRAPS = [
    ("gold-standard", {"Quantity": "8740"}, imports.QuantityDiffers),
    ("gold-standard", {"Credit_Status": "Pending"}, imports.UnknownStatus),
    ("gold-standard", {"Credit_Status": ""}, imports.MissingValue),
    ("gold-standard", {"Retirement_Date": "2026-02-01"}, imports.StatusContradicts),
    ("gold-standard", {"GSID": "11997"}, imports.ProjectDiffers),
    ("gold-standard", {"Vintage": "2023"}, imports.VintageDiffers),
    ("gold-standard", {"Vintage": "soon"}, imports.NotAVintage),
    ("gold-standard", {"Issuance_Date": "21.01.26"}, imports.NotADay),
    ("gold-standard", {"Serial_Number": "GS1–1–ZA–GS11996–1–2024–29987–1–8739"}, serials.OddCharacters),
    ("gold-standard", {"Serial_Number": "GS1-1-ZA-GS11996-1-2024-29987-１-8739"}, serials.OddCharacters),
    ("gold-standard", {"Serial_Number": "GS1-1-ZA-GS11996-1-2024-29987-NaN-undefined"}, serials.NotASerial),
    ("acr", {"Date_Issued_(GMT)": "13/1/2020"}, imports.NotADay),
    ("acr", {"Credit_Serial_Numbers": "=ACR-US-212-2019-1155-70286 to 70398"}, imports.FormulaCell),
    ("art", {"Quantity_of_Credits": "1,400.0"}, imports.NotAQuantity),
    ("cer", {"Monitoring_Period_End": "2021-12-31"}, imports.VintageDiffers),
    ("cer", {"Serial_Number": "RW-5-1-2-2-0-7014 - RW-5-2-2-2-0-7015"}, serials.NotASerial),
    ("cercarbono", {"from": "22411"}, imports.QuantityDiffers),
    ("cercarbono", {"from": "28813", "to": "22410"}, serials.SwappedEnds),
    ("cercarbono", {"date": ""}, imports.MissingValue),
    ("cercarbono", {"from": ""}, imports.MissingValue),
    ("cercarbono", {"serial": "ACR-US-212-2019-1155-1 to 9"}, imports.SerialOfAnotherRegistry),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "problem"), TRAPS, ids=lambda value: str(value)[:50])
def test_a_trap_is_refused_by_name_and_row(
    name: str, cells: dict[str, str], problem: type[PortalError]
) -> None:
    report = imports.read(LAYOUTS[name], changed(name, 0, **cells))
    first, *others = report.rows
    assert (first.row, first.verdict, type(first.problem)) == (2, Verdict.REFUSED, problem)
    assert first.problem is not None
    assert first.problem.message % {k: str(v) for k, v in first.problem.params.items()}
    assert all(row.verdict is Verdict.ACCEPTED for row in others)
    assert not report.is_applicable


def test_a_list_that_says_nothing_of_states_is_refused_whole() -> None:
    """Units not known to be active may be somebody's already."""
    header, *rows = csv.reader(io.StringIO(sample("acr").decode()))
    keep = [at for at, name in enumerate(header) if "Status" not in name]
    data = "\n".join(",".join(row[at].replace(",", "") for at in keep) for row in [header, *rows])
    with pytest.raises(imports.NoStatusColumn):
        imports.read(LAYOUTS["acr"], data.encode())


def test_a_list_of_retirements_alone_holds_nothing_active() -> None:
    header, *rows = csv.reader(io.StringIO(sample("acr").decode()))
    at = header.index("Credit Status")
    out = io.StringIO()
    csv.writer(out).writerows([*row[:at], *row[at + 1 :]] for row in [header, *rows])
    report = imports.read(LAYOUTS["acr"], out.getvalue().encode())
    assert [row.state for row in report.new()] == [R, R, R]


def test_units_of_our_own_are_issued_and_never_imported() -> None:
    header = "Serial,Tonnes,Project,Project name,State,Since\n"
    row = "HLYC-0001-ARR-2024-1-1-10,10,HLYC-0001,Demonstration,Active,\n"
    report = imports.read(LAYOUTS["HLYC"], (header + row).encode())
    assert report.accepted == 1
    (refused,) = judge(report, Known()).rows
    assert isinstance(refused.problem, imports.NotIssuedHere)


# ── lists with columns of their own ────────────────────────────────────────────────────────────


def states() -> dict[str, SourceState]:
    return states_of(["有效", "active"], ["已注销"], ["已取消"])


def guessed(data: bytes, name: str = "ccer", **fixed: str) -> Layout:
    """The mapping that the header suggests, unchanged."""
    header, _ = imports.preview(data)
    same = {Role.COUNTRY: "China"} | {Role(role): text for role, text in fixed.items()}
    return mapped(name, name, COLUMNS, suggested(header), fixed=same, states=states(), days=Days.ISO)


def ccer(
    name: str = "ccer", registry: str = "ccer", *, without: tuple[str, ...] = (), **fixed: str
) -> Layout:
    """The mapping of the sample, said otherwise."""
    columns = {
        role: names[0] for role, names in guessed(sample("ccer")).columns.items() if role not in without
    }
    same = {Role.COUNTRY: "China"} | {Role(role): text for role, text in fixed.items()}
    return mapped(name, registry, COLUMNS, columns, fixed=same, states=states(), days=Days.ISO)


def test_a_list_of_ccer_is_read_by_the_mapping_its_header_suggests() -> None:
    data = sample("ccer")
    layout = guessed(data)
    assert faults_of(layout) == {}
    report = imports.read(layout, data)
    assert report.needs_confirmation, "GB18030 waits for a person"
    rows = list(report.new())
    assert [(row.tonnes, row.state, row.type.value) for row in rows] == [
        (1200, A, "ARR"), (100, R, "ARR"), (80, A, "IFM"),
    ]  # fmt: skip
    first = rows[0].serial
    assert first.text == "CCER-0001-2024-00000001 - CCER-0001-2024-00001200"
    assert (first.registry, first.group, first.first, first.last) == ("ccer", "CCER-0001-2024-#", 1, 1200)
    assert (rows[0].issued_on, rows[0].project_code) == (date(2025, 6, 1), "CCER-0001")
    assert rows[0].source["备注"] == "演示数据"


def test_forest_carbon_tickets_are_read_from_a_workbook_below_its_title() -> None:
    data = (SAMPLES / "tickets.xlsx").read_bytes()
    layout = guessed(data, "yichun-tickets", methodology="local")
    assert faults_of(layout) == {}
    report = imports.read(layout, data)
    assert [row.row for row in report.rows] == [4, 5, 7]
    assert [(row.serial.text, row.tonnes, row.state, row.type.value) for row in report.new()] == [
        ("黑碳票字〔2024〕第0001号", 1200, A, "other"),
        ("黑碳票字〔2024〕第0002号", 28571, R, "other"),
        ("黑碳票字〔2024〕第0003号", 1000, A, "other"),
    ]
    codes = [row.project_code for row in report.new()]
    assert codes[0] == "YICHUN-TICKETS-TP-01"
    assert codes[2].startswith("YICHUN-TICKETS-X"), "a number that is no plain word gets a digest"
    assert report.encoding == "xlsx"


@pytest.mark.parametrize(
    ("named", "first", "last", "quantity", "units"),
    [
        ("B-7", "1", "100", 100, Units("B-7 1-100", "B-7", 1, 100)),
        ("", "A-0001", "A-0100", 100, Units("A-0001 - A-0100", "A-#", 1, 100)),
        ("", "A-0007", "A-0007", 1, Units("A-0007 - A-0007", "A-#", 7, 7)),
        ("", "A-99-X", "A-100-X", 2, Units("A-99-X - A-100-X", "A-#-X", 99, 100)),
        ("T-1", "", "", 250, Units("T-1", "T-1", 1, 250)),
        ("A-0001~A-0100", "", "", 100, Units("A-0001 - A-0100", "A-#", 1, 100)),
        ("A-0001至0100", "", "", 100, Units("A-0001 - A-0100", "A-#", 1, 100)),
    ],
)
def test_units_that_stand_in_columns(named: str, first: str, last: str, quantity: int, units: Units) -> None:
    assert units_of(named, first, last, quantity) == units


@pytest.mark.parametrize(
    ("named", "first", "last", "error"),
    [
        ("", "A-1-1", "A-2-2", imports.NotARange),
        ("", "A-1", "B-1", imports.NotARange),
        ("", "A", "B", imports.NotARange),
        ("", "1" * 30, "2" * 30, imports.NotARange),
        ("", "A-9", "A-1", serials.SwappedEnds),
        ("B", "9", "1", serials.SwappedEnds),
        ("Ａ-１", "", "", serials.OddCharacters),
        ("A–1", "", "", serials.OddCharacters),
        ("王小明", "", "", imports.UnwritableSerial),
        ("x" * 201 + "1", "", "", imports.UnwritableSerial),
        ("<b>1", "1\n", "2", imports.NotARange),
    ],
)
def test_what_is_no_range_in_columns_is_refused_by_name(
    named: str, first: str, last: str, error: type[InvalidInput]
) -> None:
    with pytest.raises(error):
        units_of(named, first, last, 1)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.integers(1, 10**12))
def test_any_cells_make_units_or_a_named_refusal(named: str, first: str, last: str, quantity: int) -> None:
    with suppress(InvalidInput):
        units = units_of(named, first, last, quantity)
        assert units.first <= units.last
        assert any(c.isdigit() for c in units.text)


@pytest.mark.parametrize(
    ("without", "fixed", "blamed"),
    [
        (("first", "last"), {}, ["serial"]),
        (("first",), {}, ["first"]),
        (("last",), {}, ["last"]),
        (("quantity",), {}, ["quantity"]),
        (("project", "methodology"), {}, ["methodology", "project"]),
        (("project",), {"project": "P1"}, []),
        (("vintage",), {}, ["vintage"]),
        (("vintage",), {"vintage": "2024"}, []),
        (("status",), {}, ["status"]),
    ],
)
def test_what_a_mapping_lacks_is_told_at_its_field(
    without: tuple[str, ...], fixed: dict[str, str], blamed: list[str]
) -> None:
    assert sorted(faults_of(ccer(without=without, **fixed))) == blamed


@pytest.mark.parametrize("name", ["verra", "HLYC", "", "A", "x" * 41, "../x", "ccer_1", "1ccer"])
def test_a_mapping_has_a_name_of_its_own(name: str) -> None:
    assert list(faults_of(ccer(name))) == ["name"]


@pytest.mark.parametrize("registry", ["verra", "vcs", "gs", "cdm", "HLYC", "Ccer"])
def test_a_register_of_one_s_own_has_a_name_of_its_own(registry: str) -> None:
    """Project codes begin with it, so it may not be what the codes of a known registry begin with."""
    assert list(faults_of(ccer("mine", registry))) == ["registry"]


def test_a_mapping_keeps_its_meaning_when_stored() -> None:
    assert from_json("ccer", to_json(ccer())) == ccer()


def test_a_word_cannot_mean_two_states() -> None:
    with pytest.raises(imports.WordInTwoStates):
        states_of(["有效", "Held"], [" held "], [])


VERRA = "19298-5-8-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0"
BROKER = {
    Role.SERIAL: "编号", Role.QUANTITY: "吨", Role.PROJECT: "项目", Role.PROJECT_NAME: "名称",
    Role.STATUS: "状态",
}  # fmt: skip


def test_a_broker_s_list_of_a_known_registry_s_units_is_that_registry_s() -> None:
    """Mapped columns, but the serials are Verra's: the same units under another name would be two."""
    data = f"编号,吨,项目,名称,状态\n{VERRA},4,513,x,active\n".encode()
    fixed = {Role.COUNTRY: "Brazil", Role.METHODOLOGY: "VM0015"}
    by_columns, by_grammar = (
        mapped("broker", "broker", grammar, BROKER, fixed=each, states=states(), days=Days.ISO)
        for grammar, each in ((COLUMNS, {**fixed, Role.VINTAGE: "2018"}), ("verra", fixed))
    )
    (row,) = imports.read(by_columns, data).rows
    assert isinstance(row.problem, imports.SerialOfAnotherRegistry)
    assert faults_of(by_grammar) == {}
    (issued,) = imports.read(by_grammar, data).new()
    assert (issued.serial.registry, issued.project_code, issued.type) == (
        "verra",
        "VCS-513",
        ProjectType.REDD,
    )


def test_a_serial_that_is_here_under_another_registry_is_refused() -> None:
    report = imports.read(ccer(), sample("ccer"))
    text = next(report.new()).serial.text
    first, *others = judge(report, Known(elsewhere={text: "old-ccer"})).rows
    assert isinstance(first.problem, imports.RegisteredElsewhere)
    assert all(row.verdict is Verdict.ACCEPTED for row in others)
    assert judge(report, Known()).refused == 0, "the control: without the screening it would pass"


# ── days and vintages ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "days", "day"),
    [
        ("2026-04-13T12:35:58.842275", Days.ISO, date(2026, 4, 13)),
        ("2022-02-24 20:20:59", Days.ISO, date(2022, 2, 24)),
        ("2019-03-07T18:33:46.000Z", Days.ISO, date(2019, 3, 7)),
        ("2026/4/3", Days.ISO, date(2026, 4, 3)),
        ("2026年4月3日", Days.ISO, date(2026, 4, 3)),
        ("03042026", Days.ISO, date(2026, 4, 3)),
        ("6/30/2025 7:43:26 PM", Days.MONTH_FIRST, date(2025, 6, 30)),
        ("4/3/2026", Days.MONTH_FIRST, date(2026, 4, 3)),
        ("4/3/2026", Days.DAY_FIRST, date(2026, 3, 4)),
        ("4/3/2026", Days.ISO, None),
        ("30/6/2025", Days.MONTH_FIRST, None),
        ("2026-02-30", Days.ISO, None),
        ("２０２６-01-01", Days.ISO, None),
        ("45000", Days.ISO, None),
        ("0000-01-01", Days.ISO, None),
    ],
)
def test_days_as_exports_write_them(text: str, days: Days, day: date | None) -> None:
    assert day_of(text, days) == day


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2024", ("2024-01-01", "2024-12-31")),
        ("2024年", ("2024-01-01", "2024-12-31")),
        ("2020-2024", ("2020-01-01", "2024-12-31")),
        ("2020至2024年", ("2020-01-01", "2024-12-31")),
        ("2010-01-01 / 2018-09-30", ("2010-01-01", "2018-09-30")),
        ("2020-01-01至2024-12-31", ("2020-01-01", "2024-12-31")),
        ("2020年1月1日～2024年12月31日", ("2020-01-01", "2024-12-31")),
        ("0000", None),
        ("24", None),
        ("2020-01-01", None),
    ],
)
def test_vintages_as_lists_write_them(text: str, span: tuple[str, str] | None) -> None:
    found = period_of(text, Days.ISO)
    assert (found and tuple(map(str, found))) == span


def test_a_project_s_code_is_a_plain_word() -> None:
    assert code_of("GS", "11996") == "GS-11996"
    assert code_of("ACR", "ACR212") == "ACR-212"
    assert code_of("TP", "示范-2") != code_of("TP", "示范-3")


# ── workbooks ──────────────────────────────────────────────────────────────────────────────────


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


GOLD: dict[str, object] = {
    "Vintage": 2024, "Credit Status": "Issued", "Quantity": 8739.0, "GSID": 11996,
    "Project Name": "x", "Country": "ZA", "Methodology": "AR-ACM0003",
    "Serial Number": "GS1-1-ZA-GS11996-1-2024-29987-1-8739",
    "Issuance Date": datetime(2026, 1, 21, 9, 10), "Retirement Date": None,  # noqa: DTZ001  as it comes
}  # fmt: skip


def gold(**cells: object) -> list[object]:
    """A row of the Gold Standard as a spreadsheet holds it: numbers and days with their own types."""
    return list((GOLD | {column.replace("_", " "): value for column, value in cells.items()}).values())


GOOD = workbook(list(GOLD), gold())


def test_a_workbook_reads_as_its_csv_would() -> None:
    (row,) = imports.read(LAYOUTS["gold-standard"], GOOD).new()
    assert (row.tonnes, row.issued_on, row.serial.vintage_end) == (
        8739,
        date(2026, 1, 21),
        date(2024, 12, 31),
    )
    assert row.source["Quantity"] == "8739"


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"Quantity": 8739.5}, imports.NotAQuantity),
        ({"Quantity": True}, imports.NotText),
        ({"Quantity": "=8739"}, imports.FormulaCell),
        ({"Project_Name": "x" * 5000}, imports.CellTooLong),
        ({"Project_Name": None}, imports.MissingValue),
    ],
)
def test_a_cell_that_is_no_value_is_refused_by_row(
    cells: dict[str, object], problem: type[PortalError]
) -> None:
    (row,) = imports.read(LAYOUTS["gold-standard"], workbook(list(GOLD), gold(**cells))).rows
    assert type(row.problem) is problem


def test_a_table_that_begins_further_down_and_right_keeps_its_row_numbers() -> None:
    book = Workbook()
    for column, (heading, value) in enumerate(zip(GOLD, gold(Quantity="=4369*2"), strict=True), start=3):
        book.active.cell(4, column, heading)
        book.active.cell(6, column, value)
    out = io.BytesIO()
    book.save(out)
    (row,) = imports.read(LAYOUTS["gold-standard"], out.getvalue()).rows
    assert (row.row, type(row.problem)) == (6, imports.FormulaCell)


def zipped(name: str, size: int) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr(name, b"\0" * size)
    return out.getvalue()


def far_away() -> bytes:
    """A small file whose grid would fill the memory: one more cell in the last corner."""
    book = Workbook()
    book.active.append(list(GOLD))
    book.active.cell(1_048_576, 16_384, "x")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_rows(rows: bytes, added: str = "") -> bytes:
    """A sound workbook with these rows behind its last one, as they stand in the file."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(GOOD)) as sound, ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name in sound.namelist():
            packed.writestr(name, sound.read(name).replace(b"</sheetData>", rows + b"</sheetData>"))
        if added:
            packed.writestr(added, b"<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="9"><c r="M3%s"><v>1</v></c></row>' % (b"4" * 38),
        b'<row r="9"><c r="xfd1048576"><v>1</v></c></row>',
        b'<row r="9"><c r="AAAAA100000"><v>1</v></c></row>',
        b'<row r="9"><c s="0"r="XFD1048576"><v>1</v></c></row>',
        b'<row r="9">' + b"<c><v>1</v></c>" * 300_000 + b'</row><row r="200000"><c><v>1</v></c></row>',
        b'<row><c r="XFD9"><v>1</v></c></row>' + b"<row><c><v>1</v></c></row>" * 1_000,
    ],
    ids=[
        "past all numbers",
        "small letters",
        "five letters",
        "no space",
        "cells without place",
        "rows without",
    ],
)
def test_no_cell_is_so_far_away_that_the_process_ends_for_want_of_memory(rows: bytes) -> None:
    with pytest.raises(imports.FileTooLarge):
        imports.read(LAYOUTS["gold-standard"], with_rows(rows))


@pytest.mark.parametrize(
    "rows",
    [
        b"<c " * 350_000,
        b"<c r='A1'" * 120_000,
        b"<c " + b" r='A1'" * 150_000,
        b"<c>" + b" " * 1_000_000,
        b'<row r="9"><c r="A%s"><v>1</v></c></row>' % (b"1" * 1_000_000),
    ],
    ids=["open tags", "open places", "one tag of places", "gaps", "a place of a million digits"],
)
def test_a_broken_sheet_of_a_megabyte_is_refused_without_being_read_again_and_again(rows: bytes) -> None:
    """It comes to an end: read once for each of its tags, it would take minutes or hours."""
    with pytest.raises(imports.BrokenExcelFile):
        imports.read(LAYOUTS["gold-standard"], with_rows(rows))


def test_a_column_of_a_million_letters_is_too_far_away() -> None:
    with pytest.raises(imports.FileTooLarge):
        imports.read(LAYOUTS["gold-standard"], with_rows(b'<row><c r="%s1"/></row>' % (b"A" * 1_000_000)))


@pytest.mark.parametrize("place", ['r="C9"', """s="0" t='n'\n r = 'C9' """])
def test_a_formula_is_no_value_however_the_cell_says_its_place(place: str) -> None:
    """Control: the same cell without the formula is one."""

    def cell(formula: str) -> str:
        row = f'<row r="9"><c {place}>{formula}<v>7</v></c><c r="D9"><v>8</v></c></row>'.encode()
        return str(dict(sheets.rows_of(with_rows(row))[1])[9])

    assert (cell(""), cell("<f>A1</f>")) == ("['', '', '7', '8']", "['', '', '=7', '8']")


def test_rows_and_cells_need_not_say_their_place() -> None:
    told = imports.read(LAYOUTS["gold-standard"], GOOD).rows
    cells = b"".join(b"<c><v>%d</v></c>" % n for n in range(len(GOLD)))
    assert (
        len(imports.read(LAYOUTS["gold-standard"], with_rows(b"<row>" + cells + b"</row>")).rows)
        == len(told) + 1
    )


@pytest.mark.parametrize("name", ["content.xml", "xl/Workbook.bin"])
def test_a_workbook_that_is_also_one_of_another_kind_is_refused(name: str) -> None:
    with pytest.raises(imports.BrokenExcelFile):
        imports.read(LAYOUTS["gold-standard"], with_rows(b"", name))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (GOOD[:-50], imports.BrokenExcelFile),
        (b"PK\x03\x04" + b"x" * 100, imports.BrokenExcelFile),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, imports.OldExcelFile),
        (partial(zipped, "xl/sharedStrings.xml", 301_000_000), imports.FileTooLarge),
        (far_away(), imports.FileTooLarge),
        (zipped("anything.xml", 1_000), imports.BrokenExcelFile),
        (workbook(["a", "b"], [1, 2]), imports.WrongHeader),
        (workbook(list(GOLD)), imports.NoRows),
    ],
    ids=["cut off", "no zip", "old Excel", "bomb", "far away", "no workbook", "other columns", "no rows"],
)
def test_a_workbook_that_is_no_export_is_refused_whole(
    data: bytes | Callable[[], bytes], error: type[InvalidInput]
) -> None:
    made = data if isinstance(data, bytes) else data()
    with pytest.raises(error):
        imports.read(LAYOUTS["gold-standard"], made)


@given(st.binary(max_size=60), st.integers(0, 3_000))
def test_any_bytes_of_a_workbook_end_in_a_report_or_a_named_refusal(noise: bytes, at: int) -> None:
    with suppress(InvalidInput):
        imports.read(LAYOUTS["gold-standard"], GOOD[:at] + noise + GOOD[at + len(noise) :])
