"""A technician's way from a field sheet to a published report, and what an auditor finds there."""

import csv
import io
import json
import re
from hashlib import sha256

import pytest
from flask import Flask
from openpyxl import load_workbook

from portal.config import LANGS
from portal.kernel.actor import Actor, Role
from portal.registry.queries import monitoring as read
from portal.registry.rules.estimation.columns import COLUMNS, InventoryKind
from portal.registry.rules.ledger import ProjectType
from tests.browser import Browser, Page
from tests.factories.monitoring import (
    AFTER,
    BEFORE,
    make_inventory,
    make_project,
    make_report,
    make_two_inventories_and_a_report,
    report_draft,
    sheet,
)

READERS = {Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN}
RUNNERS = {Role.REGISTRY, Role.ADMIN}
CODE = "HLYC-0007"
LARCH = 0.49 * 1.416 * 1.212 * 0.521 * 44 / 12
DESK = "/{lang}/desk/monitoring"


def sit_down(app: Flask, *roles: Role) -> Browser:
    app.extensions["portal.person"] = lambda: Actor("usr_staff", frozenset(roles))
    return Browser(app.test_client())


@pytest.fixture
def desk(app: Flask) -> Browser:
    return sit_down(app, Role.REGISTRY)


def put(page: Page, label: str, text: str) -> Page:
    """Type a text, or choose an option by its words."""
    is_select = page.field(label).tag == "select"
    return page.choose(label, text) if is_select else page.fill(label, text)


def choose(desk: Browser, data: bytes, *, day: str = "2020-09-01", expect: int = 200, **more: str) -> Page:
    page = desk.open("/en/desk/monitoring/inventories/new?project=" + CODE)
    page = page.fill("Day of the survey", day).fill("Field sheet", (io.BytesIO(data), "sheet.csv"))
    for label, text in more.items():
        page = put(page, label.replace("_", " "), text)
    return page.submit(expect=expect)


def words_of(kind: InventoryKind) -> str:
    return {
        InventoryKind.TREES: "Tree list: a row for each tree",
        InventoryKind.GROWING_STOCK: "Growing stock: a row for each plot and species",
    }[kind]


def fill_report(page: Page, **changes: str) -> Page:
    filled = {
        "Baseline removal in the period": "0", "Where this baseline comes from": "design document, p. 30",
        "Leakage in the period": "0", "Where this leakage comes from": "design document, p. 31",
        "Emissions of the project in the period": "12.5", "Where these emissions come from": "fuel book 2024",
    } | changes  # fmt: skip
    for label, text in filled.items():
        page = put(page, label, text)
    return page


# --- roles


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("path", "allowed"),
    [("", READERS), ("/plan", READERS), ("/template/trees.csv", READERS), ("/inventories/new", RUNNERS),
     (f"/reports/new?project={CODE}", RUNNERS)],
)  # fmt: skip
def test_a_desk_is_for_the_roles_it_names(app: Flask, role: Role, path: str, allowed: set[Role]):
    make_project()
    sit_down(app, role).open(
        f"/en/desk/monitoring{path}", expect=200 if role in allowed | {Role.AUDITOR} else 403
    )


def test_who_only_reads_can_keep_nothing(app: Flask):
    app.config["WTF_CSRF_ENABLED"] = False
    make_project()
    auditor = sit_down(app, Role.AUDITOR)
    assert "New inventory" not in auditor.open(f"/en/desk/monitoring?project={CODE}").links
    for path in ("inventories/new", "inventories", "reports/new", "reports"):
        assert auditor.client.post(f"/en/desk/monitoring/{path}", data={"project": CODE}).status_code == 403
    assert read.inventories(CODE) == []


# --- an inventory


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_speaks_both_languages(app: Flask, lang: str):
    make_two_inventories_and_a_report()
    desk = sit_down(app, Role.REGISTRY)
    kept = read.inventories(CODE)[0]
    for path in (
        "",
        f"?project={CODE}",
        "/plan",
        "/inventories/new",
        f"/inventories/{kept.id}",
        f"/reports/new?project={CODE}",
    ):
        page = desk.open(f"/{lang}/desk/monitoring{path}")
        assert page.lang == {"zh": "zh-CN", "en": "en"}[lang]
    for path in ("", "/1"):
        assert CODE in desk.open(f"/{lang}/projects/{CODE}/monitoring{path}").h1
    assert "1.83" in desk.open(f"/{lang}/estimation").main


def test_a_sheet_is_looked_at_and_then_kept(desk: Browser):
    make_project()
    preview = choose(desk, BEFORE)
    assert "Rows used: 5. Left out: 0. Refused: 0. Nothing was written." in preview.main
    assert "50 ± " in preview.main
    assert read.inventories(CODE) == []
    kept = preview.submit("Keep this inventory")
    assert kept.h1.startswith("Inventory of 1 September 2020")
    (found,) = read.inventories(CODE)
    assert found.file_sha256 == sha256(BEFORE).hexdigest()
    assert kept.links["Plan the next inventory"].startswith("/en/desk/monitoring/plan?strata=1")


def test_a_refused_row_is_shown_first_and_nothing_can_be_kept(desk: Browser):
    make_project()
    preview = choose(desk, BEFORE + "\n1,100,9,600,杉木,4\n合计,,,,,250".encode())
    assert "This file cannot be kept as it is" in preview.main
    first = preview.table("Rows, those that need attention first")[0]
    assert (first["Row"], first["Verdict"]) == ("7", "Refused")
    assert "杉木" in first["Remarks"]
    assert "Keep this inventory" not in preview.buttons


def test_a_file_that_is_no_sheet_is_named_beside_its_field(desk: Browser):
    make_project()
    page = choose(desk, b"PK\x03\x04nothing", expect=422)
    assert page.errors == [
        "Field sheet: This Excel file cannot be opened. "
        "Save it again as .xlsx, without a password, or as CSV."
    ]
    assert (
        "面积"
        in choose(desk, "碳层,面积,样地,样地面积(m2),树种,蓄积(m3/ha)\n".encode(), expect=422).errors[0]
    )


def test_gb18030_is_kept_only_when_the_preview_was_read(desk: Browser):
    make_project()
    preview = choose(desk, BEFORE.decode().encode("gb18030"))
    refused = preview.submit("Keep this inventory", expect=422)
    assert any("readable" in fault for fault in refused.errors)
    assert read.inventories(CODE) == []
    refused.tick("The Chinese text in the preview is readable (the file is GB18030).").submit(
        "Keep this inventory"
    )
    assert len(read.inventories(CODE)) == 1


def test_trees_without_a_table_are_asked_for_one_and_it_is_printed(desk: Browser):
    make_project()
    trees = "碳层,碳层面积(公顷),样地号,样地面积(平方米),树种,胸径(厘米),树高(米)\n" + "\n".join(
        f"1,100,{n},600,落叶松,{18 + n},15" for n in (1, 2, 3)
    )
    kind = {"What_the_file_holds": "Tree list: a row for each tree"}
    assert "The portal holds no volume table" in choose(desk, trees.encode(), **kind).main
    equation = "落叶松; 0.00005; 1.8; 1.1; county table 1982"
    preview = choose(desk, trees.encode(), **kind, Volume_equations=equation)
    assert "county table 1982" in preview.main
    page = preview.submit("Keep this inventory")
    assert "county table 1982" in page.main
    wrong = choose(desk, trees.encode(), **kind, Volume_equations="落叶松; 5; 1.8; 1.1; x", expect=422)
    assert wrong.errors[0].startswith("Volume equations: Line 1")


@pytest.mark.parametrize("kind", InventoryKind)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_template_has_the_headings_that_are_read(desk: Browser, kind: InventoryKind, ending: str):
    make_project()
    data = desk.open(f"/en/desk/monitoring/template/{kind}.{ending}").response.data
    if ending == "xlsx":
        rows = list(load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True))
    else:
        rows = [tuple(row) for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))]
    assert list(rows[0]) == [column.title for column in COLUMNS[kind]]
    preview = choose(desk, data, What_the_file_holds=words_of(kind))
    assert "Rows used: 1." in preview.main


# --- a report


def test_a_report_is_looked_at_and_then_published(desk: Browser):
    make_project()
    make_inventory()
    make_inventory(AFTER, day="2025-09-01")
    page = desk.open(f"/en/desk/monitoring/reports/new?project={CODE}")
    page = put(page, "Inventory at the start", "2020-09-01 · Growing stock · sheet.csv")
    page = put(page, "Inventory at the end", "2025-09-01 · Growing stock · sheet.csv")
    preview = fill_report(page).submit()
    assert preview.h1 == "Report: look at it first"
    assert read.reports(CODE) == []
    published = preview.submit("Keep and publish this report")
    assert published.url == f"/en/projects/{CODE}/monitoring/1"
    assert "the same, byte by byte" in published.main
    (kept,) = read.reports(CODE)
    assert kept.net.grams == pytest.approx((30.8 * 100 * LARCH - 12.5) * 1_000_000, abs=2)
    assert "fuel book 2024" in published.main
    assert f"{kept.issuable.grams} g" in published.main


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Buffer": "5"}, "Buffer: The buffer is at least 10 % under this methodology"),
        ({"Leakage in the period": "-1"}, "Leakage in the period: Give a number from 0"),
        ({"Baseline removal in the period": "1.000,5"}, "Baseline removal in the period:"),
        ({"Where these emissions come from": ""}, "Where these emissions come from: Please fill this in."),
        (
            {"Inventory at the start": "2025-09-01 · Growing stock · sheet.csv"},
            "The second inventory must be later",
        ),
        ({"Inventory at the start": "None: no forest at the start"}, "The start must be before"),
    ],
)
def test_a_report_says_beside_the_field_what_is_wrong(desk: Browser, changes: dict[str, str], said: str):
    make_project()
    make_inventory()
    make_inventory(AFTER, day="2025-09-01")
    page = desk.open(f"/en/desk/monitoring/reports/new?project={CODE}")
    page = put(page, "Inventory at the start", "2020-09-01 · Growing stock · sheet.csv")
    page = put(page, "Inventory at the end", "2025-09-01 · Growing stock · sheet.csv")
    assert any(said in fault for fault in fill_report(page, **changes).submit(expect=422).errors)
    assert read.reports(CODE) == []


def test_too_uncertain_a_change_is_told_with_its_limit(desk: Browser):
    make_project()
    make_inventory(sheet(10, 90, 40, 60))
    make_inventory(sheet(90, 20, 70, 50), day="2025-09-01")
    page = desk.open(f"/en/desk/monitoring/reports/new?project={CODE}")
    page = put(page, "Inventory at the start", "2020-09-01 · Growing stock · sheet.csv")
    page = put(page, "Inventory at the end", "2025-09-01 · Growing stock · sheet.csv")
    (fault,) = fill_report(page).submit(expect=422).errors
    assert "above 30 % the methodology allows no claim" in fault


# --- what an auditor finds


def numbers(text: str) -> list[float]:
    return [float(each) for each in re.findall(r"\d+(?:\.\d+)?", text)]


def test_every_formula_stands_with_its_numbers_and_its_source(browser: Browser):
    make_two_inventories_and_a_report()
    page = browser.open(f"/en/projects/{CODE}/monitoring/1")
    for formula in (
        "C = V × D × BEF × (1 + R) × CF × 44/12", "ȳ1 = Σ Wₕ ȳₕ", "eΔ = √( Σ Wₕ² sₕ² (1 − fₕ) / nₕ )",
        "U = hΔ / |ΔC| × 100", "N = ⌊ (ΔC − d − B − LK − E) × 10⁶ ⌋", "P = ⌈ N × p ⌉", "I = N − P",
    ):  # fmt: skip
        assert formula in page.main
    assert page.main.count("Source:") >= 15
    assert "provisional" in page.main
    growth = 30.8 * 100
    assert f"{growth * 1.83:.1f}" in page.main  # the rule of thumb, beside
    assert "for comparison only" in page.main


def test_what_is_downloaded_is_what_was_signed_for(browser: Browser):
    make_two_inventories_and_a_report()
    kept = read.report(CODE, 1)
    body = browser.client.get(f"/projects/{CODE}/monitoring/1.json").data
    assert sha256(body).hexdigest() == kept.sha256
    for named, inventory in zip(
        json.loads(body)["inventories"], reversed(read.inventories(CODE)), strict=True
    ):
        data = browser.client.get(f"/inventories/{inventory.id}.json").data
        assert sha256(data).hexdigest() == named == inventory.sha256


def test_an_auditor_recomputes_the_net_removal_from_the_download_alone(browser: Browser):
    """From the JSON of the inventories and the parameters in the report: nothing of the portal is used."""
    make_two_inventories_and_a_report()
    report = json.loads(browser.client.get(f"/projects/{CODE}/monitoring/1.json").data)
    factors = {
        s["key"]: float(s["D"]) * float(s["BEF"]) * (1 + float(s["R"])) * float(s["CF"]) * 44 / 12
        for s in report["species"]
    }
    stocks = []
    for inventory in reversed(read.inventories(CODE)):
        (stratum,) = json.loads(browser.client.get(f"/inventories/{inventory.id}.json").data)["strata"]
        plots = [sum(float(v) * factors[s] for s, v in plot["m3_per_ha"]) for plot in stratum["plots"]]
        stocks.append((float(stratum["area_ha"]), plots))
    (area, before), (_, after) = stocks
    change = area * sum(b - a for a, b in zip(before, after, strict=True)) / len(before)
    assert report["account"]["net_g"] == pytest.approx(change * 1_000_000, abs=2)


def test_the_workbook_holds_every_step_and_every_plot(browser: Browser):
    make_two_inventories_and_a_report()
    data = browser.client.get(f"/zh/projects/{CODE}/monitoring/1.xlsx").data
    book = load_workbook(io.BytesIO(data))
    assert len(book.worksheets) == 5
    plots = list(book.worksheets[2].iter_rows(values_only=True))
    assert len(plots) == 1 + 10
    assert plots[1][6] == pytest.approx(40 * LARCH)
    text = browser.client.get(f"/en/projects/{CODE}/monitoring/1.csv").data.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 11


def test_a_corrected_report_says_so_and_leads_on(browser: Browser):
    make_two_inventories_and_a_report()
    first, second = (each.id for each in reversed(read.inventories(CODE)))
    make_report(report_draft(first, second, corrects=1))
    page = browser.open(f"/en/projects/{CODE}/monitoring/1")
    assert "This report was corrected" in page.main
    assert "This report corrects report 1." in browser.open(f"/en/projects/{CODE}/monitoring/2").main


@pytest.mark.parametrize(
    "path",
    ["/en/projects/NONE/monitoring", "/en/projects/NONE/monitoring/1", f"/en/projects/{CODE}/monitoring/9",
     f"/projects/{CODE}/monitoring/9.json", "/inventories/inv_nothing.json",
     f"/en/projects/{CODE}/monitoring/9.xlsx"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(browser: Browser, path: str):
    make_project()
    assert browser.client.get(path).status_code == 404


# --- the planner


def test_a_plan_stands_in_its_address(desk: Browser):
    page = (
        desk.open("/en/desk/monitoring/plan").fill("Strata", "a; 400; 120; 40\nb; 100; 60; 30").submit("Plan")
    )
    assert "strata=a" in page.url
    rows = page.table("Plots by stratum")
    assert [row["Stratum"] for row in rows] == ["a", "b", "Whole"]
    assert int(rows[0]["Plots to measure"]) + int(rows[1]["Plots to measure"]) == int(
        rows[2]["Plots to measure"]
    )
    assert "n = N t² (Σ Wₕ sₕ)²" in page.main
    again = desk.open(page.url)
    assert again.table("Plots by stratum") == rows


@pytest.mark.parametrize("strata", ["", "a;1;2", "a; 10; 100; 0", "a; 0.06; 100; 90"])
def test_a_plan_that_cannot_be_made_says_why(desk: Browser, strata: str):
    page = desk.open("/en/desk/monitoring/plan").fill("Strata", strata).submit("Plan", expect=422)
    assert page.errors
    assert page.errors[0].startswith("Strata:")


def test_a_measured_forest_plans_its_next_inventory(desk: Browser):
    make_project()
    kept = make_inventory()
    page = desk.open(f"/en/desk/monitoring/inventories/{kept}")
    planned = desk.open(page.links["Plan the next inventory"]).submit("Plan")
    assert planned.table("Plots by stratum")[0]["Stratum"] == "1"


def test_a_project_of_another_kind_is_not_offered(desk: Browser):
    make_project("VCS-1", ProjectType.REDD, "VM0007")
    assert "VCS-1" not in desk.open("/en/desk/monitoring/inventories/new").text
