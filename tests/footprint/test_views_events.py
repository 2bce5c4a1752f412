"""Pages of organisers and attendees, in both languages, without JavaScript."""

import csv
from io import BytesIO, StringIO
from urllib.parse import urlsplit

import openpyxl
import pytest
from flask import Flask

from portal.footprint.commands import activities, events
from portal.footprint.queries import events as read
from portal.footprint.rules import library
from portal.footprint.rules.activity import COLUMNS, importable
from portal.kernel.actor import Actor
from portal.kernel.numbers import parse_decimal
from tests.accounts.test_views import sign_in
from tests.browser import Browser, Page
from tests.factories import accounts
from tests.factories.events import (
    JOURNEYS,
    NOW,
    a_frozen_event,
    an_estimated_event,
    an_event,
    surveyed,
    table,
    with_actuals,
)

MARKUP = '<b onmouseover="x()">{{7*7}}</b> %(x)s'
TODAY = "2026-11-25T12:00:00+08:00"
HEAD = ",".join(title.zh for title in COLUMNS.values())


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def organiser(browser: Browser, at) -> Actor:
    at(TODAY)
    who = accounts.person()
    sign_in(browser, who)
    return who.actor


@pytest.fixture
def phone(app: Flask, organiser: Actor) -> Browser:
    """Somebody else's browser, which nobody has signed in."""
    return Browser(app.test_client())


def press(page: Page, name: str = "", value: str = "", *, expect: int = 200, **typed: object) -> Page:
    """Fill in fields by name and press a button of the main form, whatever the language calls them."""
    main = next(page.root.iter("main"))
    for control in main.iter():
        if control.tag in ("input", "select", "textarea") and control.get("name") in typed:
            wanted = typed[control.get("name", "")]
            if control.get("type") in ("radio", "checkbox"):
                page._typed[id(control)] = [wanted] if control.get("value", "y") == wanted else []
            else:
                page._typed[id(control)] = [wanted]
    buttons = [b for form in main.iter("form") for b in form.iter("button") if (b.get("name") or "") == name]
    button = next(b for b in buttons if (b.get("value") or "") == value)
    return page.submit(" ".join("".join(button.itertext()).split()), expect=expect)


# ---- the organiser


def test_from_nothing_to_an_estimate(browser: Browser, organiser: Actor, lang: str):
    page = browser.open(f"/{lang}/events")
    page = browser.open(next(href for href in page.links.values() if href.endswith("/events/new")))
    page = press(page, title=MARKUP, region="230700", first_day="2026-12-01", last_day="2026-12-02")
    assert page.h1 == MARKUP
    page = browser.open(urlsplit(page.url).path + "/estimate")
    page = press(page, **{"q-people": "1,200", "q-days": "2", "q-catering": "red"})
    assert "kg CO₂e" in page.main
    (event,) = read.events_of(organiser)
    file = read.file_of(organiser, event.id)
    assert file.estimate.footprint.answers == {"people": "1200", "days": "2", "catering": "red"}


def test_a_wrong_answer_is_named_beside_its_field_and_nothing_is_lost(browser, organiser, lang):
    event_id = an_event(organiser)
    page = browser.open(f"/{lang}/events/{event_id}/estimate")
    shares = {"q-share_local": "60", "q-share_car": "60", "q-share_rail": "0", "q-share_air": "0"}
    wrong = {"q-people": "-5", "q-days": "２", "q-nights": "77", **shares}
    page = press(page, **wrong, expect=422)
    assert len(page.errors) == 3
    values = {i.get("name"): i.get("value") for i in page.root.iter("input")}
    assert {name: values[name] for name in wrong} == wrong
    assert read.file_of(organiser, event_id).estimate is None


def test_days_in_the_wrong_order_are_refused(browser, organiser, lang):
    page = browser.open(f"/{lang}/events/new")
    page = press(page, title="x", first_day="2026-12-02", last_day="2026-12-01", expect=422)
    assert len(page.errors) == 1
    press(page, title="", first_day="", last_day="32.12.", expect=422)
    assert read.events_of(organiser) == []


PATHS = (
    "", "/edit", "/estimate", "/actual", "/take-over", "/freeze", "/attendees", "/poster", "/code.svg",
    "/code.png", "/activities", "/activities/template.csv", "/activities/template.xlsx",
    "/inventory-estimate.csv", "/inventory-actual.xlsx",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_another_persons_event_is_not_there(app, browser, organiser, path, lang):
    event_id = an_estimated_event(organiser)
    with_actuals(event_id, organiser)
    address = f"/{lang}/events/{event_id}{path}"
    browser.open(address)
    stranger = Browser(app.test_client())
    sign_in(stranger, accounts.person("stranger@example.cn"))
    stranger.open(address, expect=404)
    assert "/account/sign-in" in Browser(app.test_client()).open(address).url


def test_the_page_shows_estimate_actual_and_difference(browser, organiser, lang):
    event_id = an_estimated_event(organiser)
    with_actuals(event_id, organiser, people="250", nights="200")
    page = browser.open(f"/{lang}/events/{event_id}")
    file = read.file_of(organiser, event_id)
    for table_of in {
        "zh": ("排放源类别", "核算范围", "逐项对比"),
        "en": ("class of", "GHG scope", "Line by line"),
    }[lang]:
        rows = page.table(table_of)
        total = list(rows[-1].values())
        kilograms = [int(cell.replace(",", "").replace("−", "-")) for cell in total[1:4]]
        change = file.actual.footprint.total.grams - file.estimate.footprint.total.grams
        assert kilograms[0] == file.estimate.footprint.total.kg_down
        assert abs(kilograms[2] - change / 1000) <= 1
        assert total[4].startswith("−")
    causes = page.table({"zh": "原因", "en": "Causes"}[lang])
    assert len(causes) >= 3


def test_frozen_the_page_leads_to_the_offset_of_exactly_this(browser, organiser, lang):
    event_id = an_estimated_event(organiser)
    with_actuals(event_id, organiser, people="280")
    page = browser.open(f"/{lang}/events/{event_id}/freeze")
    digest = read.file_of(organiser, event_id).actual.footprint.digest
    assert digest in page.main
    page = press(page, exclusions="x", expect=422)
    assert len(page.errors) == 1
    assert not read.file_of(organiser, event_id).is_frozen
    page = press(page, exclusions=MARKUP, evaluator="", confirmed="y")
    assert digest in page.main
    assert MARKUP in page.main
    facts = read.frozen_inventory(event_id)
    assert facts.digest == digest
    offset = [href for href in page.links.values() if "/offset?" in href]
    assert f"event={event_id}" in offset[0]
    for gone in ("actual", "freeze"):
        assert browser.open(f"/{lang}/events/{event_id}/{gone}").url.endswith(event_id), "nothing to change"


def test_what_changed_while_one_looked_is_not_frozen(browser, organiser, lang):
    event_id = an_estimated_event(organiser)
    with_actuals(event_id, organiser)
    page = browser.open(f"/{lang}/events/{event_id}/freeze")
    with_actuals(event_id, organiser, people="299")
    page = press(page, confirmed="y", expect=422)
    assert len(page.errors) == 1
    press(page, confirmed="y")
    assert read.frozen_inventory(event_id).gross == read.file_of(organiser, event_id).actual.footprint.total


# ---- attendees


def answer(phone: Browser, address: str, journey: tuple[str, ...]) -> Page:
    band, km, mode, cabin, occupants = journey
    page = press(phone.open(address), "do", "next", band=band, km=km)
    page = press(page, "do", "next", mode=mode)
    return press(page, cabin=cabin, occupants=occupants)


def test_three_questions_from_the_poster(browser, phone, organiser, lang):
    event_id = an_estimated_event(organiser, people="40")
    poster_page = press(
        browser.open(f"/{lang}/events/{event_id}/attendees"), first_day="2026-11-24", last_day="2026-11-26"
    )
    code = read.event(organiser, event_id).code
    assert f"/r/{code}" in poster_page.main
    assert phone.open(f"/r/{code}").url.endswith(f"/journey/{code}")
    for journey in JOURNEYS:
        phone.client.delete_cookie(f"journey-{code}")
        page = answer(phone, f"/{lang}/journey/{code}", journey)
        assert page.url.endswith("/done")
    assert read.reports_count(event_id) == len(JOURNEYS)
    answer(phone, f"/{lang}/journey/{code}", JOURNEYS[0])
    assert read.reports_count(event_id) == len(JOURNEYS), "the same browser answers again"
    page = browser.open(f"/{lang}/events/{event_id}/attendees")
    assert "50 %" in page.main or "50%" in page.main


def test_an_unanswered_question_is_asked_again_and_back_loses_nothing(phone, organiser, lang):
    code = surveyed(an_estimated_event(organiser), 0, organiser)
    page = press(phone.open(f"/{lang}/journey/{code}"), "do", "next", expect=422)
    assert len(page.errors) == 1
    page = press(page, "do", "next", km="1,290", expect=200)
    page = press(page, "do", "next", expect=422)
    page = press(page, "do", "next", mode="air")
    back = page.links[{"zh": "返回", "en": "Back"}[lang]]
    again = phone.open(back)
    assert [i.get("value") for i in again.root.iter("input") if "checked" in i.attrib] == ["air"]
    assert len(press(page, expect=422).errors) == 1
    phone.open(f"/{lang}/journey/{code}?at=3&mode=rocket&km=1", expect=422)
    phone.open(f"/{lang}/journey/{code}?at=3&mode=air&km=NaN", expect=422)


def test_the_survey_is_closed_outside_its_days_and_unknown_codes_lead_nowhere(phone, organiser, at, lang):
    code = surveyed(an_estimated_event(organiser), 0, organiser)
    page = phone.open(f"/{lang}/journey/{code}?at=2&band=b20")
    at("2026-11-26T00:00:01+08:00")
    assert not any(True for _ in phone.open(f"/{lang}/journey/{code}").root.iter("fieldset"))
    assert page.h1
    phone.open(f"/{lang}/journey/XXXXXXXXXX", expect=404)


def test_the_poster_draws_the_code_of_the_link(browser, organiser, lang):
    event_id = an_estimated_event(organiser)
    surveyed(event_id, 0, organiser)
    code = read.event(organiser, event_id).code
    page = browser.open(f"/{lang}/events/{event_id}/poster")
    assert f"/r/{code}" in page.main
    assert "<svg" in page.html
    assert browser.client.get(f"/{lang}/events/{event_id}/code.svg").data.startswith(b"<?xml")
    assert browser.client.get(f"/{lang}/events/{event_id}/code.png").data.startswith(b"\x89PNG")


# ---- files


def upload(
    browser: Browser, lang: str, event_id: str, data: bytes, name: str = "数据.csv", expect: int = 200
):
    page = browser.open(f"/{lang}/events/{event_id}/activities")
    return press(page, file=(BytesIO(data), name), expect=expect)


def test_a_file_is_looked_at_taken_in_and_used(browser, organiser, lang):
    event_id = an_estimated_event(organiser)
    text = f'{HEAD}\nkwh,"12,345.6",千瓦时,展厅,计量表\nnights,301,间夜,"=1+1",票据\n'
    page = upload(browser, lang, event_id, text.encode("utf-8-sig"))
    verdicts = [list(row.values()) for row in page.table()]
    assert [row[0] for row in verdicts] == ["3", "2"], "the refused row comes first"
    assert not [b for b in page.buttons if "2" in b], "all or nothing"
    assert {"zh": "选择改正后的文件", "en": "Choose the corrected file"}[lang] in page.links
    page = upload(browser, lang, event_id, text.replace('"=1+1"', "全部").encode())
    page = press(page)
    assert read.sums_of(read.activities(event_id)) == {"kwh": parse_decimal("12345.6"), "nights": 301}
    page = browser.open(f"/{lang}/events/{event_id}/take-over")
    press(page, activities="y")
    assert read.file_of(organiser, event_id).actual.footprint.answers["kwh"] == "12345.6"


def test_gb18030_is_taken_only_when_a_person_has_read_it(browser, organiser, lang):
    event_id = an_estimated_event(organiser)
    data = f"{HEAD}\nnights,301,间夜,会务组,票据\n".encode("gb18030")
    page = upload(browser, lang, event_id, data)
    assert "会务组" in page.main
    page = press(page, expect=422)
    assert read.activities(event_id) == []
    press(page, confirmed="y")
    assert [row.note for row in read.activities(event_id)] == ["会务组"]


BROKEN = {
    "nothing": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "old Excel": b"\xd0\xcf\x11\xe0" + b"\0" * 600,
    "half a workbook": b"PK\x03\x04" + b"\0" * 40,
    "utf-16": f"{HEAD}\nnights,1,间夜,,票据\n".encode("utf-16"),
    "no such columns": b"a,b\n1,2\n",
    "a heading alone": HEAD.encode(),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_says_so_and_nothing_breaks(browser, organiser, what, lang):
    event_id = an_estimated_event(organiser)
    page = upload(browser, lang, event_id, BROKEN[what], expect=422)
    assert len(page.errors) == 1
    assert read.imports(event_id) == []


def test_the_filled_in_template_comes_back_whole(browser, organiser, lang):
    """As a person would: download, write amounts into the sheet, upload."""
    event_id = an_estimated_event(organiser)
    book = openpyxl.load_workbook(
        BytesIO(browser.client.get(f"/{lang}/events/{event_id}/activities/template.xlsx").data)
    )
    sheet = book.worksheets[0]
    for number, row in enumerate(sheet.iter_rows(min_row=2), start=1):
        row[1].value, row[4].value = number, {"zh": "估算", "en": "estimate"}[lang]
    filled = BytesIO()
    book.save(filled)
    page = upload(browser, lang, event_id, filled.getvalue(), "template.xlsx")
    press(page)
    rows = read.activities(event_id)
    model = library.model("event-cn")
    assert [(row.key, row.amount) for row in rows] == [
        (key, number) for number, key in enumerate(importable(model), start=1)
    ]


def test_a_file_can_be_taken_back(browser, organiser, lang):
    event_id = an_estimated_event(organiser)
    activities.apply(organiser, event_id, table(("nights", "301", "间夜", "", "bill")), "a.csv", NOW)
    page = browser.open(f"/{lang}/events/{event_id}/activities")
    page.submit({"zh": "撤回", "en": "Take back"}[lang])
    assert read.activities(event_id) == []


def test_without_an_estimate_taking_over_leads_to_it(browser, organiser, lang):
    event_id = an_event(organiser)
    page = browser.open(f"/{lang}/events/{event_id}/take-over")
    assert f"/{lang}/events/{event_id}/estimate" in page.links.values()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_inventory_goes_out_with_all_that_it_rests_on(browser, organiser, kind, lang):
    event_id = an_event(organiser, events.EventDraft("=cmd|' /C calc'!A1", "230700", NOW.date(), NOW.date()))
    with_actuals(event_id, organiser)
    actual = read.file_of(organiser, event_id).actual
    data = browser.client.get(f"/{lang}/events/{event_id}/inventory-actual.{kind}").data
    if kind == "csv":
        rows = list(csv.reader(StringIO(data.decode("utf-8-sig"))))
        lines = rows[1 : len(actual.footprint.lines) + 1]
        facts = {row[0]: row[1] for row in rows[len(lines) + 3 :]}
    else:
        book = openpyxl.load_workbook(BytesIO(data))
        lines = list(book.worksheets[0].iter_rows(min_row=2, values_only=True))[:-1]
        facts = dict(book.worksheets[2].iter_rows(values_only=True))
        factors = list(book.worksheets[1].iter_rows(min_row=2, values_only=True))
        assert all(isinstance(row[2], int | float) for row in factors)
        assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert [round(float(row[3]) * 1000) for row in lines] == [line.grams for line in actual.footprint.lines]
    assert {str(row[2]) for row in lines} <= {"1", "2", "3"}
    assert all(row[1] for row in lines)
    assert actual.footprint.digest in facts.values()
    assert "'=cmd|' /C calc'!A1" in facts.values(), "a title is a text, whatever it begins with"


def test_frozen_everything_can_still_be_read(browser, organiser, lang):
    event_id = a_frozen_event(organiser)
    for path in ("", "/attendees", "/activities", "/poster", "/inventory-actual.csv"):
        browser.open(f"/{lang}/events/{event_id}{path}")
    page = browser.open(f"/{lang}/events")
    assert len(page.table()) == 1
