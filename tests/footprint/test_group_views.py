"""The pages of campaigns: a teacher opens one, six pupils answer, and the page shows them together."""

import csv
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from portal.footprint.queries import groups as queries
from portal.kernel.actor import Actor
from tests.accounts.test_views import sign_in
from tests.browser import Browser, Page
from tests.factories import accounts
from tests.factories.footprint import COUPLE
from tests.factories.groups import a_campaign, answers_of

MARKUP = '<b onmouseover="x()">{{7*7}}</b> %(x)s'


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def in_november(at) -> None:
    at("2026-11-22T12:00:00+08:00")


def words_of(element) -> str:
    return " ".join("".join(element.itertext()).split())


def send(page: Page, values: dict[str, str], *, action: str = "", do: str = "", expect: int = 200) -> Page:
    """Fill in fields of the page's form by their names and press its button."""
    forms = [f for f in next(page.root.iter("main")).iter("form") if f.get("action", "").endswith(action)]
    for control in forms[0].iter():
        name, value = control.get("name"), values.get(control.get("name", ""))
        if name not in values:
            continue
        if control.get("type") == "radio":
            page._typed[id(control)] = [value] if control.get("value") == value else []
        elif control.get("type") == "checkbox":
            page._typed[id(control)] = ["y"] if value else []
        elif control.tag != "button":
            page._typed[id(control)] = [value]
    button = next(b for b in forms[0].iter("button") if not do or b.get("value") == do)
    return page.submit(words_of(button), expect=expect)


CAMPAIGN = {
    "title_zh": "第三中学碳足迹周", "title_en": "Carbon week", "calculator": "household-cn.", "form": "short",
    "opens": "2026-11-01", "closes": "2026-12-31", "groups": "七年级一班\n七年级二班",
    "zh1": "你怎么上学？", "en1": "How do you come to school?", "kind1": "choice",
    "options1": "步行 | On foot\n公交 | By bus",
}  # fmt: skip


def a_teacher(app: Flask, lang: str) -> tuple[Browser, accounts.Somebody]:
    teacher = accounts.person("teacher@example.org")
    browser = Browser(app.test_client())
    sign_in(browser, teacher, lang)
    return browser, teacher


def answer(app: Flask, start: str, *, browser: Browser | None = None, **changes: str) -> Page:
    """Somebody follows the campaign's button with their answers and keeps them; the page that follows."""
    browser = browser or Browser(app.test_client())
    given = "&".join(f"q-{key}={text}" for key, text in (COUPLE | changes).items())
    page = browser.open(f"{start}&at=check&region=230700&{given}")
    form = next(f for f in page.root.iter("form") if f.get("method") == "post")
    return page.submit(words_of(next(form.iter("button"))))


def start_of(page: Page) -> str:
    return next(href for href in page.links.values() if "campaign=cmp_" in href and "/calculator/" in href)


def test_a_teacher_opens_a_campaign_six_answer_and_its_page_shows_them_together(app, lang):
    browser, _teacher = a_teacher(app, lang)
    page = browser.open(f"/{lang}/account/campaigns")
    page = send(browser.open(f"/{lang}/account/campaigns/new"), CAMPAIGN)
    path = urlsplit(page.url).path
    assert re.fullmatch(rf"/{lang}/campaigns/cmp_\w+", path)
    assert page.h1 == {"zh": "第三中学碳足迹周", "en": "Carbon week"}[lang]
    start = start_of(page)

    for number in range(6):
        joined = answer(app, start, people=str(number + 1))
        assert "/take-part" in joined.url, "the campaign came along to the end"
        done = send(joined, {"group": "七年级一班", "x0": "0"}, action="take-part")
        code = re.search(r"\b[2-9A-Z]{4}(-[2-9A-Z]{4}){3}\b", done.main)
        assert code, "a receipt"
        assert any("/footprints/fpr_" in href for href in done.links.values()), "and one's own result"
        seen = Browser(app.test_client()).open(path)
        # Five are published; the sixth waits for four more, or for the end.
        assert ("kg CO₂e" in seen.main) == (number >= 4)

    send(browser.open(path), {}, action="/close")
    page = browser.open(path)
    assert (
        page.table({"zh": "分布", "en": "Distribution"}[lang])
        if page.root.find(".//figure") is None
        else page
    )
    exported = browser.open(f"{path}/figures.csv")
    rows = list(csv.reader(io.StringIO(exported.response.data.decode("utf-8-sig"))))
    assert {len(row) for row in rows} == {5}
    assert rows[1][2] == "5"
    raw = browser.open(f"{path}/rows.csv")
    assert len(list(csv.reader(io.StringIO(raw.response.data.decode("utf-8-sig"))))) == 6


def test_a_second_time_from_the_same_browser_is_asked_about(app, lang):
    campaign_id = a_campaign()
    browser = Browser(app.test_client())
    start = start_of(browser.open(f"/{lang}/campaigns/{campaign_id}"))
    send(answer(app, start, browser=browser), {"group": "七年级一班"}, action="take-part")
    assert len(queries.members(campaign_id)) == 1
    seen = browser.open(f"/{lang}/campaigns/{campaign_id}")
    assert {"zh": "您已在此浏览器上参加过", "en": "You have already taken part in this browser"}[
        lang
    ] in seen.main
    again = answer(app, start, browser=browser, people="5")
    send(again, {"group": "七年级二班", "again": "again"}, action="take-part")
    assert {version for _id, version in queries.members(campaign_id)} == {2}
    sibling = answer(app, start, browser=browser, people="5")
    send(sibling, {"group": "七年级二班", "again": "new"}, action="take-part")
    assert len(queries.members(campaign_id)) == 2


def test_with_the_code_one_takes_part_back_from_any_browser(app, lang):
    campaign_id = a_campaign()
    (code,) = answers_of(campaign_id, 1)
    page = Browser(app.test_client()).open(f"/{lang}/campaigns/{campaign_id}/receipt")
    wrong = send(page, {"code": "AAAA-BBBB-CCCC-DDDD"}, action="/receipt", do="back", expect=422)
    assert wrong.errors
    assert len(queries.members(campaign_id)) == 1
    send(wrong, {"code": code.lower()}, action="/receipt", do="back")
    assert queries.members(campaign_id) == frozenset()


def test_a_form_with_mistakes_loses_nothing(app, lang):
    browser, _teacher = a_teacher(app, lang)
    page = browser.open(f"/{lang}/account/campaigns/new")
    bad = CAMPAIGN | {"closes": "2026-10-01", "title_zh": MARKUP, "options1": "只有一个"}
    page = send(page, bad, expect=422)
    assert page.errors
    inputs = {e.get("name"): e for e in page.root.iter("input")}
    assert inputs["title_zh"].get("value") == MARKUP
    assert inputs["closes"].get("value") == "2026-10-01"
    page = send(page, {"closes": "2026-12-31"}, expect=422)
    assert any("1" in error for error in page.errors), "the question is named"
    page = send(page, {"options1": "步行 | On foot\n公交 | By bus"})
    assert page.h1 == (MARKUP if lang == "zh" else "Carbon week")


def test_strangers_see_figures_but_no_tools_and_nothing_of_a_private_campaign(app, lang):
    public, private = a_campaign(), a_campaign(is_private=True)
    for campaign_id in (public, private):
        answers_of(campaign_id, 5)
    stranger, _who = a_teacher(app, lang)
    page = stranger.open(f"/{lang}/campaigns/{public}")
    assert "kg CO₂e" in page.main
    assert not any("figures.csv" in href for href in page.links.values())
    assert "kg CO₂e" not in stranger.open(f"/{lang}/campaigns/{private}").main
    for path in ("figures.csv", "rows.csv", "reopen"):
        stranger.open(f"/{lang}/campaigns/{public}/{path}", expect=403)
    stranger.open(f"/{lang}/account/campaigns/{public}/edit", expect=403)
    stranger.open(f"/{lang}/campaigns/cmp_00000000000000000000000000", expect=404)


@pytest.mark.parametrize("blank", [" ", "\u202e"])
def test_a_day_of_which_nothing_can_be_seen_is_asked_for(app, lang, blank):
    browser, teacher = a_teacher(app, lang)
    campaign_id = a_campaign(Actor(teacher.id))
    page = browser.open(f"/{lang}/campaigns/{campaign_id}/reopen")
    assert send(page, {"closes": blank}, expect=422).errors


def test_the_list_says_what_to_do_and_then_what_there_is(app, lang):
    browser, teacher = a_teacher(app, lang)
    assert browser.open(f"/{lang}/account/campaigns").root.find(".//table") is None
    a_campaign(Actor(teacher.id))
    rows = browser.open(f"/{lang}/account/campaigns").table()
    assert len(rows) == 1


def test_the_qr_leads_to_the_page_in_ones_own_language(app):
    campaign_id = a_campaign()
    visitor = app.test_client()
    answer_ = visitor.get(f"/campaigns/{campaign_id}", headers={"Accept-Language": "en"})
    assert answer_.headers["Location"] == f"/en/campaigns/{campaign_id}"
    svg, png = (visitor.get(f"/campaigns/{campaign_id}/qr.{kind}").data for kind in ("svg", "png"))
    assert b"<svg" in svg
    assert png.startswith(b"\x89PNG")
    assert visitor.get(f"/campaigns/{campaign_id}/qr.exe").status_code == 404
    poster = Browser(visitor).open(f"/zh/campaigns/{campaign_id}/poster")
    assert f"/campaigns/{campaign_id}" in poster.main


def test_the_campaign_stays_in_the_address_through_every_step(app, lang):
    campaign_id = a_campaign()
    browser = Browser(app.test_client())
    page = browser.open(start_of(browser.open(f"/{lang}/campaigns/{campaign_id}")))
    for _ in range(60):
        forms = [form for form in page.root.iter("form") if "data-calculator" in form.attrib]
        if not forms:
            break
        assert parse_qs(urlsplit(page.url).query)["campaign"] == [campaign_id]
        button = next(b for b in forms[0].iter("button") if b.get("value") == "unsure")
        page = page.submit(words_of(button))
    form = next(f for f in page.root.iter("form") if f.get("method") == "post")
    page = page.submit(words_of(next(form.iter("button"))))
    assert f"/campaigns/{campaign_id}/take-part" in page.url


def test_programs_read_what_is_published_and_nothing_of_a_private_campaign(app):
    public, private, few = a_campaign(), a_campaign(is_private=True), a_campaign()
    answers_of(public, 12)
    answers_of(private, 12)
    answers_of(few, 4)
    visitor = app.test_client()
    said = visitor.get(f"/api/v1/footprint/campaigns/{public}").json
    tables = {table["name"]: table["cells"] for table in said["tables"]}
    assert tables["all"][0]["people"] == 10
    assert all(cell["people"] >= 5 for cells in tables.values() for cell in cells)
    assert visitor.get(f"/api/v1/footprint/campaigns/{few}").json["tables"] == []
    assert visitor.get(f"/api/v1/footprint/campaigns/{private}").status_code == 404
