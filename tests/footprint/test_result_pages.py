"""What a person gets: result, scenarios, why a number changed, letter, paper and embed, in both languages."""

import json
import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import jobs
from portal.footprint import queries
from portal.footprint.commands import save_footprint
from portal.footprint.rules import library
from portal.kernel.actor import Actor
from portal.web import press
from portal.web.links import key_for
from tests.browser import Browser, Page
from tests.factories import accounts
from tests.factories.footprint import COUPLE, SAVED_AT
from tests.pledges.test_views import sign_in
from tests.web.printing import needs_press, pages_of, words_of

__all__ = ["needs_press"]
LANGS = pytest.mark.parametrize("lang", ["zh", "en"])
OLD = "1.0.0"


def kept(
    model_id: str = "household-cn",
    version: str | None = None,
    answers: dict[str, str] | None = None,
    actor: Actor | None = None,
    **facts: object,
) -> str:
    """A saved footprint of Yichun; without answers nothing is known."""
    return save_footprint(
        actor or Actor.guest(),
        model_id,
        version,
        "230700",
        answers or {},
        SAVED_AT,
        "zh",
        **facts,  # type: ignore[arg-type]
    )


def old_couple(**changes: str) -> str:
    return kept(version=OLD, answers=COUPLE | changes)


def at(lang: str, footprint_id: str, path: str = "", **query: str) -> str:
    more = "".join(f"&{name}={quote(text)}" for name, text in query.items())
    return f"/{lang}/footprints/{footprint_id}{path}?k={key_for(footprint_id)}{more}"


def form_with(page: Page, fragment: str) -> dict[str, str]:
    """The fields of the form that leads there."""
    form = next(form for form in page.root.iter("form") if fragment in form.get("action", ""))
    return {i.get("name", ""): i.get("value", "") for i in form.iter("input")}


# ---- the result


@LANGS
def test_an_old_result_still_says_its_number_and_what_is_missing(browser: Browser, lang: str):
    page = browser.open(at(lang, old_couple()))
    heat, meat = {"zh": ("集中供热", "有肉的正餐"), "en": ("District heating", "Meals with meat")}[lang]
    assert "9,363 kg CO₂e" in page.main
    assert page.main.index(heat) < page.main.index(meat), "the largest line comes first"
    assert "4.2 t CO₂e" in page.main
    missing = {"zh": "未见公布的黑龙江人均生活碳足迹", "en": "No lifestyle footprint of the province"}
    assert missing[lang] in page.main


@LANGS
@pytest.mark.parametrize("model_id", ["household-cn", "event-cn"])
def test_a_full_result_says_parts_lines_grades_and_what_is_apart(browser: Browser, lang: str, model_id: str):
    footprint_id = kept(model_id, form="full")
    page = browser.open(at(lang, footprint_id))
    model, stored = library.model(model_id), queries.footprint(Actor.system("test"), footprint_id)
    listed = page.table({"zh": "各项排放", "en": "Emissions by line"}[lang])
    assert len(listed) == sum(1 for line in stored.lines if line.grams)
    assert {row[{"zh": "数据", "en": "Data"}[lang]] for row in listed} <= set("ABCD")
    scope = {"zh": "核算范围", "en": "GHG scope"}[lang]
    assert {row[scope] for row in listed} <= {"1", "2", "3"}
    if model.mee:
        kind = {"zh": "指南类别", "en": "Class in the event guide"}[lang]
        assert all(row[kind] for row in listed)
    for measure in (m for m in model.measures.values() if m.shown == "apart"):
        assert measure.title.in_(lang) in page.main
    assert stored.digest in page.main


@LANGS
@pytest.mark.time_machine(SAVED_AT)  # a result is gone on with for 90 days
def test_each_narrowing_answer_leads_to_its_question_in_the_full_form(browser: Browser, lang: str):
    page = browser.open(at(lang, kept()))
    said = re.findall({"zh": r"区间约缩小 (\d+)", "en": r"would shrink by about (\d+) %"}[lang], page.main)
    assert said
    assert all(0 < int(percent) < 100 for percent in said)
    ways = [a for ol in page.root.iter("ol") if "surer" in ol.get("class", "") for a in ol.iter("a")]
    assert len(ways) == len(said)
    asked = browser.open(ways[0].get("href"))
    assert any(form.get("method") == "get" for form in asked.root.iter("form"))


@LANGS
def test_targets_stand_beside_the_least_one_can_reach_and_our_steps_are_marked(browser: Browser, lang: str):
    page = browser.open(at(lang, old_couple()))
    rows = page.table({"zh": "人均目标", "en": "Targets per person"}[lang])
    assert [row[{"zh": "年份", "en": "Year"}[lang]] for row in rows] == ["2030", "2040", "2050"]
    least = {"zh": "您能做到的最低值", "en": "Least you can reach"}[lang]
    assert all(row[least].endswith("t CO₂e") for row in rows)
    assert {"zh": "2035 年，途中", "en": "2035, on the way"}[lang] in page.text
    assert {"zh": "不是预测", "en": "no forecast"}[lang] in page.text


def test_ticked_actions_stand_in_the_address_and_are_computed_together(browser: Browser):
    footprint_id = old_couple()
    page = browser.open(at("en", footprint_id))
    assert "Together they save" not in page.main
    chosen = browser.open(at("en", footprint_id) + "&do=less_meat&do=fewer_flights")
    both = int(re.search(r"Together they save ([\d,]+) kg", chosen.main)[1].replace(",", ""))
    after = int(re.search(r"([\d,]+) kg CO₂e would remain", chosen.main)[1].replace(",", ""))
    assert 9362 <= both + after <= 9363
    ticked = [
        i.get("value") for i in chosen.root.iter("input") if i.get("name") == "do" and "checked" in i.attrib
    ]
    assert sorted(ticked) == ["fewer_flights", "less_meat"]
    assert "Together they save" not in chosen.click("Undo all").main
    unknown = browser.open(at("en", footprint_id) + "&do=fly_to_the_moon")
    assert "Together they save" not in unknown.main


def test_what_is_done_already_is_not_offered(browser: Browser):
    flying, staying = (browser.open(at("en", old_couple(flights=n))) for n in ("2", "0"))
    assert "Take half of your flights" in flying.main
    assert "Take half of your flights" not in staying.main


@LANGS
def test_a_pledge_is_handed_the_footprint_what_it_saves_and_the_first_target(browser: Browser, lang: str):
    footprint_id = old_couple()
    chosen = browser.open(at(lang, footprint_id) + "&do=less_meat")
    way = next(href for href in chosen.links.values() if "/pledges/new" in href and "kg=" in href)
    saved = parse_qs(urlsplit(way).query)
    assert saved["footprint"] == [footprint_id]
    assert saved["year"] == ["2030"]
    pledge = browser.open(way)
    fields = {i.get("name"): i.get("value") for i in pledge.root.iter("input")}
    assert fields["kg"] == saved["kg"][0]
    assert fields["year"] == "2030"
    assert any(i.get("value") == "kg" and "checked" in i.attrib for i in pledge.root.iter("input"))
    motive = next(t.text for t in pledge.root.iter("textarea") if t.get("name") == "motive")
    assert motive.strip() == library.model("household-cn", OLD).actions["less_meat"].title.in_(lang)


@pytest.mark.parametrize("query", ["kg=99999999999", "kg=-3", "kg=x", "year=1999", "year=20300", "motive=x"])
def test_a_suggestion_that_makes_no_sense_is_left_out_of_the_pledge(browser: Browser, query: str):
    footprint_id = old_couple()
    pledge = browser.open(f"/en/pledges/new?footprint={footprint_id}&k={key_for(footprint_id)}&{query}")
    fields = {i.get("name"): i.get("value") for i in pledge.root.iter("input")}
    assert not fields["kg"]
    assert fields["year"] in ("", "2030" if query == "year=20300" else "")


def test_whole_part_or_line_can_be_taken_to_the_offset_with_the_same_footprint(browser: Browser):
    footprint_id = old_couple()
    ways = list(browser.open(at("en", footprint_id) + "&do=less_meat").links.values())
    quotes = [parse_qs(urlsplit(href).query) for href in ways if "/offset/quote" in href]
    assert all(query["footprint"] == [footprint_id] for query in quotes)
    amounts = {int(query["kg"][0]) for query in quotes}
    assert 4175 in amounts, "district heating, rounded up"
    assert any("/offset?" in href and footprint_id in href for href in ways)


@LANGS
def test_own_factors_are_said_everywhere(browser: Browser, lang: str):
    footprint_id = kept(own={"grid": "0.4"})
    result = browser.open(at(lang, footprint_id))
    assert {"zh": "自有因子", "en": "With own factors"}[lang] in result.main
    assert {"zh": "自有因子", "en": "own factor"}[lang] in result.main
    method = browser.open(
        f"/{lang}/calculator/household-cn/method?footprint={footprint_id}&k={key_for(footprint_id)}"
    )
    assert {"zh": "自有因子", "en": "own factor"}[lang] in method.main
    without = browser.open(at(lang, kept()))
    assert {"zh": "自有因子", "en": "own factor"}[lang] not in without.main.lower()


# ---- scenarios


def scenarios(lang: str, footprint_id: str, **query: str) -> str:
    more = "".join(f"&{name.replace('__', '-')}={text}" for name, text in query.items())
    return (
        f"/{lang}/calculator/household-cn/scenarios?footprint={footprint_id}&k={key_for(footprint_id)}{more}"
    )


@LANGS
def test_a_scenario_is_made_step_by_step_and_lives_in_the_address(browser: Browser, lang: str):
    page = browser.open(scenarios(lang, old_couple()))
    asked = browser.open(page.url + "&to=1&ask=electricity")
    title = library.model("household-cn", OLD).questions["electricity"].ask.in_(lang)
    done = asked.fill(title, "75").submit({"zh": "采用这个回答", "en": "Take this answer"}[lang])
    assert "s1-electricity=75" in done.url
    total = {"zh": "合计", "en": "Total"}[lang]
    row = next(r for r in done.table() if r[""] == total)
    assert row[{"zh": "现状", "en": "As it is"}[lang]] == "9,363"
    assert row[{"zh": "方案 A", "en": "Scenario A"}[lang]] == "8,893"
    assert "−470" in done.main
    undone = done.click({"zh": "撤销 每月用电", "en": "Undo Electricity a month"}[lang])
    assert "s1-electricity" not in undone.url


def test_up_to_three_scenarios_stand_beside_the_base(browser: Browser):
    page = browser.open(scenarios("en", old_couple(), s1__diet="none", s2__flights="0", s3__car_km="0"))
    assert {"As it is", "Scenario A", "Scenario B", "Scenario C"} <= page.table()[0].keys()
    assert not [o for o in page.root.iter("option") if "(new)" in "".join(o.itertext())]


def test_a_wrong_value_is_named_beside_its_field_and_nothing_is_lost(browser: Browser):
    start = scenarios("en", old_couple(), s1__diet="none")
    page = browser.open(start + "&to=1&ask=electricity&set=1&v-electricity=lots", expect=422)
    assert len(page.errors) == 1
    assert form_with(page, "/scenarios")["s1-diet"] == "none"
    assert page.value(library.model("household-cn", OLD).questions["electricity"].ask.en) == "lots"


def test_shares_are_changed_together(browser: Browser):
    footprint_id = kept("event-cn", OLD)
    start = f"/en/calculator/event-cn/scenarios?footprint={footprint_id}&k={key_for(footprint_id)}"
    shares = "&v-share_local=100&v-share_car=0&v-share_rail=0&v-share_air={}"
    wrong = browser.open(start + "&to=1&ask=share_car&set=1" + shares.format("5"), expect=422)
    assert "105" in wrong.errors[0]
    right = browser.open(start + "&to=1&ask=share_car&set=1" + shares.format("0"))
    assert "s1-share_air=0" in right.url


@pytest.mark.parametrize(
    ("query", "status"),
    [("s1-diet=everything", 422), ("s1-rent=5", 422), ("to=1&ask=rent", 422), ("to=9&ask=diet", 200)],
)
def test_a_tampered_scenario_is_refused_by_name(browser: Browser, query: str, status: int):
    browser.open(scenarios("en", old_couple()) + "&" + query, expect=status)


def test_a_scenario_of_a_strangers_footprint_is_not_found(browser: Browser):
    browser.open(f"/en/calculator/household-cn/scenarios?footprint={old_couple()}", expect=404)


# ---- why it changed


@LANGS
def test_causes_add_up_to_the_gram(browser: Browser, lang: str):
    before = old_couple()
    after = kept(version=OLD, answers=COUPLE | {"electricity": "120", "flights": "0"}, previous_id=before)
    page = browser.open(at(lang, after, "/changes"))
    amounts = [
        int(row["g CO₂e"].replace(",", "").replace("−", "-"))
        for row in page.table({"zh": "原因", "en": "Causes"}[lang])
    ]
    *causes, last = amounts
    assert sum(causes) == last
    reader = Actor.system("test")
    assert causes[0] == queries.footprint(reader, before).total.grams
    assert last == queries.footprint(reader, after).total.grams
    assert {"zh": "120", "en": "120 kWh a month instead of 150"}[lang] in page.main


@LANGS
def test_a_newer_version_says_what_it_would_make_and_keeps_it_beside(browser: Browser, lang: str):
    old = old_couple()
    newest = library.versions("household-cn")[0]
    page = browser.open(
        next(h for h in browser.open(at(lang, old)).links.values() if f"version={newest}" in h)
    )
    last = page.table({"zh": "原因", "en": "Causes"}[lang])[-1]["g CO₂e"]
    made = page.submit({"zh": "重新计算", "en": "Recalculate"}[lang])
    new = urlsplit(made.url).path.rsplit("/", 1)[1]
    stored = queries.footprint(Actor.system("test"), new)
    assert f"{stored.total.grams:,}" == last
    assert (stored.version, stored.previous_id) == (newest, old)
    assert queries.footprint(Actor.system("test"), old).version == OLD


def test_two_footprints_are_compared_by_who_holds_both(browser: Browser):
    one, two = old_couple(), old_couple(flights="0")
    browser.open(at("en", two, "/changes", **{"from": one, "fk": key_for(one)}))
    browser.open(at("en", two, "/changes", **{"from": one}), expect=404)
    browser.open(at("en", two, "/changes", **{"from": one, "fk": key_for(two)}), expect=404)
    browser.open(at("en", two, "/changes"), expect=404)


def test_a_household_is_not_compared_with_an_event(browser: Browser):
    event = kept("event-cn", OLD)
    browser.open(at("en", old_couple(), "/changes", **{"from": event, "fk": key_for(event)}), expect=422)


@LANGS
def test_my_footprints_can_be_compared_and_copied(browser: Browser, lang: str):
    who = accounts.person()
    first = kept(version=OLD, answers=COUPLE, actor=who.actor, label="2026")
    second = kept(version=OLD, answers=COUPLE | {"flights": "0"}, actor=who.actor, label="2027")
    sign_in(browser, who, lang)
    page = browser.open(f"/{lang}/account/footprints")
    assert {"2026", "2027"} <= {row[{"zh": "用于", "en": "For"}[lang]] for row in page.table()}
    assert any(f"from={first}" in href for href in page.links.values())
    compared = browser.open(f"/{lang}/account/footprints/compare?first={first}&second={second}")
    assert f"/footprints/{second}/changes" in compared.url
    same = browser.open(f"/{lang}/account/footprints/compare?first={first}&second={first}")
    assert same.url.endswith("/account/footprints")


@LANGS
def test_two_of_one_kind_are_offered_for_comparing_and_already_chosen(browser: Browser, lang: str):
    who, press = accounts.person(), {"zh": "查看变化", "en": "See what changed"}[lang]
    kept(version=OLD, answers=COUPLE, actor=who.actor)
    kept("event-cn", OLD, actor=who.actor)
    sign_in(browser, who, lang)
    assert press not in browser.open(f"/{lang}/account/footprints").buttons
    kept(version=OLD, answers=COUPLE | {"flights": "0"}, actor=who.actor)
    assert urlsplit(browser.open(f"/{lang}/account/footprints").submit(press).url).path.endswith("/changes")


# ---- letter and paper


@LANGS
def test_the_letter_carries_both_links_and_its_address_is_forgotten(
    browser: Browser, sent_letters, lang: str
):
    footprint_id = old_couple()
    page = browser.open(at(lang, footprint_id, "/send"))
    field, button = {"zh": ("电子邮箱", "发送"), "en": ("E-mail address", "Send the letter")}[lang]
    page.fill(field, "li@example.cn").submit(button)
    (letter,) = sent_letters()
    text = letter.get_content()
    assert letter["To"] == "li@example.cn"
    assert "9,363" in text
    for path in ("", ".pdf"):
        assert f"/{lang}/footprints/{footprint_id}{path}?k={key_for(footprint_id)}" in text
    told = [
        row.payload for row in jobs.db.session.query(jobs.Outbox).filter_by(kind="footprint.result_letter")
    ]
    assert told == [{}], "what the work was told is erased with the letter"


def test_the_same_letter_is_sent_once_a_day_and_a_wrong_address_is_named(browser: Browser, sent_letters):
    footprint_id = old_couple()
    page = browser.open(at("en", footprint_id, "/send"))
    wrong = page.fill("E-mail address", "li at example").submit("Send the letter", expect=422)
    assert wrong.value("E-mail address") == "li at example"
    for _ in range(2):
        browser.open(at("en", footprint_id, "/send")).fill("E-mail address", "li@example.cn").submit(
            "Send the letter"
        )
    assert len(sent_letters()) == 1


def test_a_network_cannot_send_letters_without_end(browser: Browser):
    footprint_id = old_couple()
    for n in range(10):
        browser.open(at("en", footprint_id, "/send")).fill("E-mail address", f"li{n}@example.cn").submit(
            "Send the letter"
        )
    page = browser.open(at("en", footprint_id, "/send")).fill("E-mail address", "li@example.cn")
    page.submit("Send the letter", expect=429)


@LANGS
@pytest.mark.usefixtures("needs_press")
def test_the_paper_holds_lines_answers_factors_and_fingerprints(client: FlaskClient, lang: str):
    footprint_id = kept(form="full", label="2026 妈妈家")
    answer = client.get(at(lang, footprint_id, ".pdf"))
    assert answer.content_type == "application/pdf"
    words = words_of(answer.data)
    stored, model = queries.footprint(Actor.system("test"), footprint_id), library.model("household-cn")
    squeezed = words.replace(" ", "")
    assert stored.digest in squeezed
    assert model.digest in squeezed
    assert "2026 妈妈家" in words
    for line in stored.lines:
        if line.grams:
            title = model.rules[line.rule].title.in_(lang).replace("₂", "2").replace(" ", "")
            assert title in squeezed
    assert model.place("230700").factors["grid"].source.title.replace(" ", "") in squeezed
    assert "〓" not in words
    assert pages_of(answer.data) >= 3


@pytest.mark.usefixtures("needs_press")
def test_the_same_paper_is_the_same_bytes_and_strangers_get_none(client: FlaskClient, app: Flask):
    footprint_id = old_couple()
    first = client.get(at("zh", footprint_id, ".pdf")).data
    app.extensions["portal.footprint_papers"].clear()
    assert client.get(at("zh", footprint_id, ".pdf")).data == first
    assert client.get(f"/zh/footprints/{footprint_id}.pdf").status_code == 404


def test_without_pango_the_answer_names_the_line_that_installs_it(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_args: object, **_more: object) -> bytes:
        raise press.NoPango()

    monkeypatch.setattr(press.Press, "print", refuse)
    answer = client.get(at("en", old_couple(), ".pdf"))
    assert answer.status_code == 503
    assert press.APT_LINE in answer.text


# ---- method


@LANGS
@pytest.mark.parametrize("model_id", ["household-cn", "event-cn"])
def test_every_formula_is_in_the_contents_with_scope_and_class(browser: Browser, lang: str, model_id: str):
    page = browser.open(f"/{lang}/calculator/{model_id}/method")
    model = library.model(model_id)
    ids = {e.get("id") for e in page.root.iter() if e.get("id")}
    assert set(model.rules) <= ids
    for href in (href for href in page.links.values() if href.startswith("#")):
        assert href[1:] in ids
    assert page.main.count({"zh": "核算范围", "en": "GHG scope"}[lang]) >= len(model.rules)


def test_old_versions_can_be_read_for_ever(browser: Browser):
    page = browser.open("/en/calculator/household-cn/method")
    assert {"version": "", "region": "230700"}.items() <= (
        {"version": ""} | form_with(page, "/method")
    ).items()
    old = browser.open("/en/calculator/household-cn/method?region=230700&version=1.0.0")
    assert "Version 1.0.0" in old.main
    assert "This is an old version" in old.main


# ---- embed


@LANGS
@pytest.mark.parametrize("query", ["", "?region=230700&q-people=3", "?q-people=x"])
def test_the_embedded_form_sets_no_cookie_reads_none_and_may_stand_in_any_frame(
    app: Flask, lang: str, query: str
):
    bare, known = app.test_client(), app.test_client()
    known.set_cookie("lang", "en" if lang == "zh" else "zh")
    known.set_cookie("portal", "something")
    path = f"/{lang}/embed/calculator/household-cn{query}"
    answers = [client.get(path, headers={"Accept-Language": "fr"}) for client in (bare, known)]
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors *")
        assert "X-Frame-Options" not in answer.headers
    assert answers[0].data == answers[1].data


def test_every_other_page_stays_out_of_frames(client: FlaskClient):
    """The control of the test above."""
    for path in ("/en/calculator", "/en/calculator/household-cn/embed", "/en/calculator/household-cn"):
        answer = client.get(path)
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
        assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Set-Cookie" in client.get("/zh/calculator", headers={"Accept-Language": "en"}).headers


@LANGS
def test_the_embedded_form_leads_to_the_portal_with_the_answers(browser: Browser, lang: str):
    page = browser.open(f"/{lang}/embed/calculator/household-cn?region=230700&q-people=3")
    ways = [a for a in page.root.iter("a") if "hreflang" not in a.attrib]
    assert all(a.get("target") == "_blank" and a.get("rel") == "noopener" for a in ways)
    onwards = next(a.get("href") for a in ways if "at=check" in a.get("href"))
    assert "q-people=3" in onwards
    assert browser.open(onwards).status == 200
    wrong = browser.open(f"/{lang}/embed/calculator/household-cn?q-people=x", expect=422)
    assert len(wrong.errors) == 1
    snippet = browser.open(f"/{lang}/calculator/household-cn/embed").main
    assert f"/{lang}/embed/calculator/household-cn" in snippet
    assert {"zh": "不写入也不读取任何 Cookie", "en": "It sets no cookie and reads none"}[lang] in snippet


# ---- offline


@pytest.mark.parametrize("model_id", ["household-cn", "event-cn"])
def test_the_offline_file_is_a_download_with_nothing_to_fetch(client: FlaskClient, model_id: str):
    answer = client.get(f"/zh/calculator/{model_id}/offline.html?region=230100")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert not re.search(r"""(src|href)\s*=\s*["']""", answer.text.split("<script", 1)[0])
    assert "default-src 'none'" in answer.text
    facts = json.loads(re.search(r'id="facts">(.*?)</script>', answer.text, re.S)[1])
    model = library.model(model_id)
    assert facts["region"] == "230100"
    assert [q["key"] for q in facts["questions"]] == list(model.questions)
    assert all(q["ask"]["zh"] and q["ask"]["en"] for q in facts["questions"])
    assert all(word["zh"] != word["en"] for key, word in facts["words"].items() if key != "kg")
