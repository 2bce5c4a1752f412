"""The public register, in both languages: projects, lots, serials, the log, and what may be downloaded."""

import csv
import io
import re
from collections.abc import Callable
from hashlib import sha256

import pytest
from flask import Flask

from portal.config import LANGS
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.registry.commands import imports, lots, stock
from portal.registry.commands.lots import ProjectDraft
from portal.registry.jobs import sequence_and_sign, signer
from portal.registry.queries import register
from portal.registry.rules import checkpoint
from portal.registry.rules.ledger import ProjectType
from tests.browser import Browser, Page
from tests.factories.registry import GUEST, STAFF, hold, make_lot, retire
from tests.registry.test_guards import EXPORT

SERIAL = "HLYC-0001-ARR-2024-1-1-10"


@pytest.fixture(params=LANGS)
def open_page(request: pytest.FixtureRequest, browser: Browser) -> Callable[..., Page]:
    """Opens an address in each language in turn."""
    return lambda path, **how: browser.open(f"/{request.param}{path}", **how)


def lang_of(page: Page) -> str:
    return page.url.split("/")[1]


def say(page: Page, zh: str, en: str) -> str:
    return zh if lang_of(page) == "zh" else en


# --- projects


def test_an_empty_register_says_what_will_stand_there(open_page: Callable[..., Page]):
    page = open_page("/projects")
    assert say(page, "暂无", "No project of this type yet") in page.main
    assert say(page, "日志", "The log is empty") in open_page("/log").main


def test_projects_with_something_to_buy_come_first(open_page: Callable[..., Page]):
    make_lot(10)
    page = open_page("/projects")
    assert page.main.index("¥80.00") < page.main.index("CCER-14-001-V01")
    assert say(page, "示范林", "Demonstration forest") in page.links
    assert "10,000 kg CO₂e" in page.main


def test_projects_are_filtered_by_type(open_page: Callable[..., Page]):
    make_lot(1, "LOT-A", "0001", ProjectType.ARR)
    make_lot(1, "LOT-B", "0002", ProjectType.IFM)
    page = open_page("/projects?type=IFM")
    assert "HLYC-0002" in page.main
    assert "HLYC-0001" not in page.main
    assert "HLYC-0001" in open_page("/projects?type=nonsense").main


def test_a_project_of_a_source_registry_shows_its_name_in_the_language_it_has(
    app: Flask, open_page: Callable[..., Page]
):
    imports.apply(STAFF, "verra", EXPORT.read_bytes(), EXPORT.name, clock.now(), is_demo=True)
    page = open_page("/projects?type=ARR")
    assert "VCS-" in page.main
    assert say(page, "乌干达", "Uganda") in page.main
    code = register.projects(ProjectType.ARR)[0].code
    project = open_page(f"/projects/{code}")
    named = [e for e in project.root.iter("span") if e.get("lang") == "en"]
    assert bool(named) == (lang_of(page) == "zh")


def test_a_long_list_of_projects_is_in_parts(app: Flask, open_page: Callable[..., Page]):
    for n in range(60):
        draft = ProjectDraft(
            f"P-{n:03}", "HLYC", f"{n:03}", Bilingual(f"林 {n}", f"Forest {n}"), Bilingual("", ""),
            ProjectType.ARR, "CCER-14-001-V01", "China", True,
        )  # fmt: skip
        lots.add_project(STAFF, draft, "document", clock.now())
    page, seen = open_page("/projects?type=ARR"), []
    while True:
        seen += re.findall(r"P-\d{3}", page.main)
        turn = say(page, "下一页", "Next page")
        if turn not in page.links:
            break
        page = page.click(turn)
    assert seen == [f"P-{n:03}" for n in range(60)]


@pytest.mark.parametrize("path", ["/projects/NONE", "/lots/NONE", "/log/0", "/log/999999999999", "/log/x"])
def test_what_is_not_there_is_a_page_that_says_so(open_page: Callable[..., Page], path: str):
    page = open_page(path, expect=404)
    assert page.h1
    assert lang_of(page) in page.url


# --- lots


def test_a_lot_shows_all_that_became_of_it(open_page: Callable[..., Page]):
    make_lot(10)
    retire(hold(250))
    stock.void_retirement(STAFF, retire(hold(100), test=False).retirement_id, "refunded", clock.now())
    hold(50)
    page = open_page("/lots/LOT-A")
    assert "10 t CO₂e" in page.main
    assert "350 kg CO₂e" in page.main
    assert "9,650 kg CO₂e" in page.main
    assert SERIAL in page.main
    rows = [
        [*row.values()] for row in page.table(say(page, "日志中有关此批次", "What the log says of this lot"))
    ]
    back, newest, first, opened = rows
    assert back[0].startswith(say(page, "声明已撤回", "Claim taken back"))
    assert newest[1].startswith(f"{SERIAL}/g250001-350000")
    assert first[1].startswith(f"{SERIAL}/g1-250000")
    assert opened[1].startswith(SERIAL)
    assert say(page, "作废", "Void") in newest[0]
    assert say(page, "测试", "TEST") in first[0]
    assert say(page, "演示", "demonstration") in page.main


def test_a_movement_waits_for_its_place_and_then_leads_to_its_record(open_page: Callable[..., Page]):
    make_lot(10)
    retire(hold(250))
    page = open_page("/lots/LOT-A")
    assert say(page, "等待中", "waiting") in page.main
    sequence_and_sign()
    page = open_page("/lots/LOT-A")
    assert say(page, "等待中", "waiting") not in page.main
    (last, _opened) = page.table(say(page, "日志中有关此批次", "What the log says of this lot"))
    record = page.click([*last.values()][-1])
    assert '"kind":"attribution"' in record.main


def test_names_are_never_in_the_register(open_page: Callable[..., Page]):
    make_lot(10)
    retired = retire(hold(250))
    page = open_page("/lots/LOT-A")
    assert retired.retirement_id not in page.main
    assert "li@" not in page.html


def test_a_sold_out_and_a_closed_lot_offer_nothing(app: Flask, open_page: Callable[..., Page]):
    make_lot(1, "LOT-A", "0001")
    make_lot(1, "LOT-B", "0002")
    assert offers(open_page("/lots/LOT-A"))
    lots.close_lot(STAFF, "LOT-A", "tests", clock.now())
    assert not offers(open_page("/lots/LOT-A"))
    retire(hold(1_000, "LOT-B"))
    assert not offers(open_page("/lots/LOT-B"))


def offers(page: Page) -> bool:
    return any("/offset?lot=" in href for href in page.links.values())


def test_every_attribution_can_be_added_up(app: Flask, browser: Browser):
    make_lot(10)
    for n in range(1, 12):
        retire(hold(n))
    answer = browser.client.get("/lots/LOT-A/attributions.csv", buffered=True)
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert sum(int(row["grams"]) for row in rows) == 66_000 == register.lot("LOT-A").attributed.grams
    assert answer.headers["Content-Disposition"] == 'attachment; filename="LOT-A-attributions.csv"'
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.count("\r\n") == 12


def test_the_record_of_a_lot_without_a_file_is_not_there(app: Flask, browser: Browser):
    make_lot(1)
    assert browser.client.get("/lots/LOT-A/evidence").status_code == 404


# --- serials


@pytest.mark.parametrize(
    "wanted", [SERIAL, f" {SERIAL.lower()} ", "HLYC-0001-ARR-2024-1-7", f"{SERIAL}/g1-250000", "７", "7"]
)
def test_a_serial_is_found_however_it_is_typed(open_page: Callable[..., Page], wanted: str):
    make_lot(10)
    retire(hold(250))
    page = open_page("/register")
    field = say(page, "序列号", "Serial number, project")
    found = page.fill(field, wanted).submit(say(page, "查询", "Search") if lang_of(page) == "en" else "")
    assert SERIAL in found.main
    assert "LOT-A" in found.links
    assert "250 kg CO₂e" in found.main
    assert found.value(field) == wanted.strip()


def test_a_well_formed_number_that_is_nowhere(open_page: Callable[..., Page]):
    make_lot(10)
    page = open_page("/register?serial=HLYC-0009-ARR-2024-1-1-10")
    assert say(page, "未", "Not in this register") in page.main


def test_a_number_nobody_can_read(open_page: Callable[..., Page]):
    page = open_page("/register?serial=%3Cb%3Enonsense", expect=422)
    (error,) = page.errors
    assert "nonsense".upper() in error.upper()
    assert "<b>" not in page.html
    assert page.value(say(page, "序列号", "Serial number, project")) == "<b>nonsense"


def test_a_block_retired_for_somebody_else_says_so(app: Flask, open_page: Callable[..., Page]):
    imports.apply(STAFF, "verra", EXPORT.read_bytes(), EXPORT.name, clock.now(), is_demo=True)
    with open(EXPORT, newline="", encoding="utf-8-sig") as file:
        retired = next(row for row in csv.DictReader(file) if row["Retirement/Cancellation Date"])
    page = open_page(f"/register?serial={retired['Serial Number']}")
    assert say(page, "注销", "Retired at the source registry for somebody else") in page.main


# --- the log


def test_the_log_shows_its_signed_head_and_its_records(open_page: Callable[..., Page]):
    make_lot(10)
    retire(hold(250))
    sequence_and_sign()
    page = open_page("/log")
    assert signer().public_key.text in page.main
    assert "portal.test/log" in page.main
    first = page.click("1")
    body = next(e.text for e in first.root.iter("pre"))
    assert sha256(b"\0" + body.encode()).hexdigest() in first.main
    assert '"kind":"attribution"' in body


def test_the_checkpoint_is_given_as_it_was_signed(app: Flask, browser: Browser):
    assert browser.client.get("/log/checkpoint").status_code == 404
    make_lot(1)
    sequence_and_sign()
    answer = browser.client.get("/log/checkpoint")
    assert answer.mimetype == "text/plain"
    hand = signer()
    assert checkpoint.verify(answer.text, hand.origin, [hand.public_key]).size == 1


def test_the_log_is_read_backwards_in_parts(app: Flask, open_page: Callable[..., Page]):
    make_lot(10)
    for _ in range(30):
        retire(hold(1))
    sequence_and_sign()
    page = open_page("/log")
    caption = say(page, "记录", "Records")
    seen = [int(next(iter(row.values()))) for row in page.table(caption)]
    page = page.click(say(page, "下一页", "Next page"))
    seen += [int(next(iter(row.values()))) for row in page.table(caption)]
    assert seen == list(range(30, -1, -1))


def test_released_grams_leave_no_trace_in_public(open_page: Callable[..., Page]):
    make_lot(10)
    stock.release(GUEST, hold(250), "cancelled", clock.now())
    sequence_and_sign()
    assert "10,000 kg CO₂e" in open_page("/lots/LOT-A").main
    page = open_page("/log")
    assert len(page.table(say(page, "记录", "Records"))) == 1
