"""The import desk: files of any registry, columns mapped once, reports one can page through and take away."""

import csv
import io
from pathlib import Path

import pytest
from flask import Flask

from portal import jobs
from portal.config import LANGS
from portal.kernel.actor import Actor, Role
from portal.registry.desk import imports as import_desk
from portal.registry.queries import imports as read
from portal.registry.queries import register
from portal.registry.rules.imports.runs import RunState
from tests.browser import Browser, Page
from tests.registry.test_import_layouts import FORMS, SAMPLES, sample


@pytest.fixture(params=LANGS)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(app: Flask) -> Browser:
    app.extensions["portal.person"] = lambda: Actor("usr_staff", frozenset({Role.REGISTRY}))
    return Browser(app.test_client())


def choose(desk: Browser, lang: str, data: bytes, name: str, *, expect: int = 200) -> Page:
    label = "导出文件" if lang == "zh" else "Export file"
    return desk.open(f"/{lang}/desk/imports").fill(label, (io.BytesIO(data), name)).submit(expect=expect)


@pytest.mark.parametrize("name", FORMS)
def test_a_file_is_recognised_and_shown_row_by_row(desk: Browser, lang: str, name: str):
    page = choose(desk, lang, sample(name), f"{name}.csv")
    rows = page.table("")
    assert len(rows) == len(FORMS[name])
    assert f"{name}.csv" in page.h1
    assert register.projects() == [], "looking writes nothing"
    page.submit()
    assert len(register.imports_done()) == 1


def test_columns_are_mapped_once_and_recognised_ever_after(desk: Browser, lang: str):
    mapping = choose(desk, lang, sample("ccer"), "ccer.csv")
    assert mapping.url.startswith(f"/{lang}/desk/import-mappings/new")
    words = {
        "zh": ("方案名称", "国家（所有行相同）", "预览前几行的读取结果", "保存并查看文件"),
        "en": (
            *("Name of this mapping", "Country, the same for all rows"),
            *("See how the first rows read", "Save and look at the file"),
        ),
    }[lang]
    name, country, preview, save = words
    told = mapping.submit(preview, expect=422)
    assert told.errors, "it has no name yet"
    told.fill(name, "ccer-2026").fill(country, "China")
    shown = told.submit(preview)
    assert "CCER-0001-2024-00000001 - CCER-0001-2024-00001200" in shown.main
    assert read.mappings() == [], "a preview saves nothing"
    report = shown.submit(save)
    assert report.url.startswith(f"/{lang}/desk/imports/irn_")
    assert [each.name for each in read.mappings()] == ["ccer-2026"]
    again = choose(desk, lang, sample("ccer"), "ccer.csv")
    assert again.url.startswith(f"/{lang}/desk/imports/irn_"), "recognised by its columns"
    assert "ccer-2026" in again.main


def test_a_saved_mapping_is_corrected_as_a_new_version(desk: Browser):
    mapping = choose(desk, "en", (SAMPLES / "tickets.xlsx").read_bytes(), "tickets.xlsx")
    mapping.fill("Name of this mapping", "tickets").fill("Country, the same for all rows", "China")
    mapping.fill("Methodology, the same for all rows", "local").submit("Save and look at the file")
    page = desk.open("/en/desk/import-mappings/tickets")
    assert page.value("Words for active units")
    page.fill("Country, the same for all rows", "CN").submit("Save")
    assert read.mapping("tickets").version == 2
    assert "2" in desk.open("/en/desk/imports").main


def test_a_mapping_that_is_gone_or_never_was_is_not_found(desk: Browser):
    desk.open("/en/desk/import-mappings/nobody", expect=404)
    desk.open(f"/en/desk/import-mappings/new?file={'0' * 64}", expect=404)
    desk.open("/en/desk/import-mappings/new?file=../../etc/passwd", expect=404)


def test_a_large_file_is_left_to_the_worker(desk: Browser, lang: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(import_desk, "AT_ONCE_BYTES", 10)
    monkeypatch.setattr(import_desk, "AT_ONCE_ROWS", 0)
    page = choose(desk, lang, sample("acr"), "acr.csv")
    assert ("正在读取文件" if lang == "zh" else "The file is being read") in page.main
    (run,) = read.runs()
    jobs.drain()
    applying = desk.open(page.url).submit()
    assert read.run(run.id).state is RunState.APPLYING
    assert ("可以关闭本页" if lang == "zh" else "You may close this page") in applying.main
    jobs.drain()
    assert ("已导入" if lang == "zh" else "rows imported") in desk.open(page.url).main
    assert len(register.imports_done()) == 1


def test_a_file_whose_insides_are_broken_says_so_when_it_was_read(desk: Browser, lang: str):
    data = sample("acr") + b'"never closed\n'
    page = choose(desk, lang, data, "acr.csv")
    assert ("引号" if lang == "zh" else "quotation mark") in page.main


def test_the_report_can_be_filtered_paged_and_taken_away(
    desk: Browser, lang: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(import_desk, "PAGE", 2)
    data = sample("gold-standard").replace(b",Issued,120,", b",Issued,121,")
    page = choose(desk, lang, data, "=gold.csv")
    assert "4" in page.table("")[0]["行" if lang == "zh" else "Row"], "refused rows come first"
    assert len(page.table("")) == 2
    refused = page.click(
        next(link for link in page.links if link.startswith("已拒绝" if lang == "zh" else "Refused"))
    )
    assert len(refused.table("")) == 1
    second = page.click("下一页" if lang == "zh" else "Next page")
    assert len(second.table("")) == 2
    href = next(href for href in page.links.values() if href.endswith("report.csv"))
    answer = desk.client.get(href)
    assert answer.headers["Content-Type"].startswith("text/csv")
    head, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (len(head), len(rows)) == (7, 4)
    assert rows[0][0] == "4"
    assert "121" in rows[0][-1]


def test_a_file_has_a_name_of_one_line(desk: Browser):
    """Browsers send no other; the report of such a file had a header of two lines, and could not be had."""
    page = choose(desk, "en", sample("acr"), """x"; filename*=utf-8''a%0D%0Ab.csv; y="z""")
    assert "a b.csv" in page.h1
    href = next(href for href in page.links.values() if href.endswith("report.csv"))
    assert desk.client.get(href).headers["Content-Disposition"] == 'attachment; filename="a b-report.csv"'


def test_names_in_a_report_are_no_formulas_and_no_markup(desk: Browser):
    data = sample("gold-standard").replace(
        b"Demonstration solar schools", b"@SUM(1)<script>alert(1)</script>"
    )
    page = choose(desk, "en", data, "x.csv")
    assert "<script>alert" not in page.html
    href = next(href for href in page.links.values() if href.endswith("report.csv"))
    rows = list(csv.reader(io.StringIO(desk.client.get(href).data.decode("utf-8-sig"))))
    assert rows[1][3].startswith("'@SUM")


@pytest.mark.parametrize("cursor", ["-1", "x", "9" * 30, "٣"])
def test_an_odd_cursor_or_kind_shows_the_beginning(desk: Browser, cursor: str):
    page = choose(desk, "en", sample("acr"), "acr.csv")
    assert desk.open(f"{page.url}?cursor={cursor}&kind=nonsense").table("")


def test_a_file_of_a_whole_export_s_size_is_let_in(desk: Browser, app: Flask):
    """Elsewhere the portal takes 20 MB; an export of 100,000 rows is larger."""
    data = sample("acr") + b"\n" * (app.config["MAX_CONTENT_LENGTH"] + 1)
    page = choose(desk, "en", data, "acr.csv")
    assert "being read" in page.main
    assert Path(app.config["PORTAL"].instance, "staged").is_dir()
