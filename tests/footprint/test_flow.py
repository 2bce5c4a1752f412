"""The way through the questions: forms, parts, what concerns one, own quantities and factors, and later."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.footprint import queries
from portal.footprint.commands import save_footprint
from portal.footprint.rules import library
from portal.footprint.rules.results import estimate
from portal.kernel.actor import Actor
from portal.web.links import key_for
from tests.accounts.test_views import sign_in
from tests.factories import accounts
from tests.factories.footprint import COUPLE, SAVED_AT, a_footprint
from tests.factories.rich import VERSION, rich_shelf
from tests.footprint.test_views import press

LANGS = pytest.mark.parametrize("lang", ["zh", "en"])


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path) -> Iterator[None]:
    with rich_shelf(tmp_path / "shelf"):
        yield


def path(lang: str = "en", page: str = "", **query: str) -> str:
    asked = {"version": VERSION, "form": "full"} | {
        name.replace("__", "-"): text for name, text in query.items()
    }
    return f"/{lang}/calculator/household-cn{page}?" + "&".join(f"{k}={v}" for k, v in asked.items())


def q(**answers: str) -> dict[str, str]:
    return {f"q__{key}": text for key, text in answers.items()}


def at(page) -> str:
    return parse_qs(urlsplit(page.url).query)["at"][0]


def total(page) -> int:
    return int(re.search(r"([\d,]+) kg CO₂e", page.main)[1].replace(",", ""))


# ---- forms and parts


@LANGS
def test_one_chooses_short_full_expert_or_ones_school(browser, lang):
    page = browser.open(f"/{lang}/calculator")
    assert {"zh": "5 步，约 1 分钟", "en": "5 steps, about 1 min"}[lang] in page.main
    assert {"zh": "12 步，约 3 分钟", "en": "12 steps, about 3 min"}[lang] in page.main
    school = page.click({"zh": "学校版", "en": "For schools"}[lang])
    assert "audience=school" in school.links[{"zh": "English", "en": "中文"}[lang]]


def test_the_short_form_asks_what_is_express_and_ends_with_the_check(browser):
    page, asked = browser.open(path(form="short")), []
    while any("data-calculator" in form.attrib for form in page.root.iter("form")):
        asked.append(page.root.find(".//input[@name='at']").get("value"))
        page = press(page, "unsure")
    assert asked == ["heating", "home_area", "people", "electricity", "diet"]
    assert page.h1 == "Check your answers"


@LANGS
def test_progress_names_the_part_and_the_place_in_all(browser, lang):
    page = browser.open(path(lang, at="bus_km", **q(car_km="0")))
    assert {"zh": "出行：第 7 题，共 11 题", "en": "Travel: question 7 of 11"}[lang] in page.main


def test_parts_are_marked_done_when_everything_in_them_was_seen(browser):
    page = browser.open(path(at="people", **q(heating="district", home_area="80", insulation="")))
    assert "Heating done" in page.main.replace("\n", " ")
    assert "Electricity 0 of 2" in page.main.replace("\n", " ")
    assert at(page.click("Food")) == "diet"


def test_from_short_to_full_and_back_nothing_is_lost(browser):
    page = browser.open(path(form="short", at="electricity", **q(home_area="95", people="3")))
    full = page.click("Full form: 12 steps")
    assert (at(full), "q-home_area=95" in full.url) == ("electricity", True)
    back = full.click("Short form: 5 steps")
    assert (at(back), "form=short" in back.url, "q-people=3" in back.url) == ("electricity", True, True)


# ---- what concerns somebody


def test_what_does_not_concern_one_is_skipped_in_both_directions(browser):
    page = press(browser.open(path(at="car_km")).fill("How far does each person", "0"), "next")
    assert at(page) == "bus_km"
    assert at(page.click("Back")) == "car_km"
    page = press(page.click("Back").fill("How far does each person", "40"), "next")
    assert at(page) == "car_occupants"


def test_an_answer_that_no_longer_matters_is_kept_and_not_counted(browser):
    with_car = browser.open(path(at="bus_km", **q(car_km="0")))
    page = browser.open(path(at="bus_km", **q(car_km="0", car_occupants="1")))
    assert total(page) == total(with_car)
    assert "q-car_occupants=1" in press(page.fill("How far does each person", "5"), "next").url
    check = browser.open(path(at="check", **q(car_km="0", car_occupants="1")))
    assert "People in the car" not in check.main


def test_the_address_of_a_question_that_does_not_concern_one_leads_to_the_next(browser):
    page = browser.open(path(at="car_occupants", **q(car_km="0")))
    assert page.h1.startswith("How far does each person in your household go by bus")


def test_not_knowing_is_an_answer_too_and_may_be_taken_back(browser):
    page = press(browser.open(path(at="home_area", **q(home_area="95"))), "unsure")
    assert parse_qs(urlsplit(page.url).query, keep_blank_values=True)["q-home_area"] == [""]
    page = press(page.click("Back").fill("How large", "60"), "next")
    assert "q-home_area=60" in page.url


# ---- the total


def test_the_total_can_be_brought_up_to_date_on_the_same_page(browser):
    page = browser.open(path(at="home_area", do="update", then="check", q__home_area="200"))
    assert (at(page), page.value("How large")) == ("home_area", "200")
    assert "then=check" in page.url
    assert total(page) > total(browser.open(path(at="home_area", q__home_area="50")))
    empty = browser.open(path(at="home_area", do="update", q__home_area=" "))
    assert "q-home_area" not in empty.url, "what is not typed yet is no answer"


def test_the_range_is_the_servers_while_one_types(client):
    answer = client.get(path(page="/total", at="home_area", q__home_area="200"))
    model = library.model("household-cn")
    low = estimate(model, "230700", {"home_area": "200"}).low.kg_down
    assert f"{low:,}" in answer.json["range"]
    assert client.get(path(page="/total", q__home_area="x")).status_code == 422


def test_the_preview_script_is_of_this_year_and_these_factors(browser, client):
    page = browser.open(path(at="people", year="2022", own__heat="99.5"))
    script = json.loads(page.root.find(".//script[@data-preview]").text)["url"]
    text = client.get(script).text
    assert "99.5" in text
    assert "year=2022" in script
    assert client.get(script.replace("99.5", "9999")).status_code == 422


# ---- the check


@LANGS
def test_the_check_lists_by_part_and_a_change_leads_back_to_it(browser, lang):
    page = browser.open(path(lang, at="check", **q(**COUPLE)))
    headings = [heading.text for heading in page.root.iter("h2")]
    assert {"zh": ["供暖", "用电", "出行"], "en": ["Heating", "Electricity", "Travel"]}[lang] == headings[:3]
    change = page.click({"zh": "修改 供暖面积", "en": "Change Heated floor area"}[lang])
    page = press(change.fill({"zh": "您家的供暖面积", "en": "How large"}[lang], "70"), "next")
    assert (at(page), "q-home_area=70" in page.url) == ("check", True)


def test_the_rest_can_be_answered_without_going_through_all(browser):
    answered = {key: text for key, text in COUPLE.items() if key not in ("people", "diet")}
    page = browser.open(path(at="check", **q(**answered, people="")))
    assert "2 questions have no answer" in page.main
    page = page.click("Answer the rest")
    assert at(page) == "people"
    page = press(page.fill("How many people live", "2"), "next")
    assert at(page) == "diet"
    assert at(press(page, "unsure")) == "check"


def test_from_the_short_check_one_goes_on_to_what_the_full_form_adds(browser):
    page = browser.open(path(form="short", at="check", **q(heating="district", home_area="80", people="2")))
    assert "7 more questions make the number surer, in about 2 min." in page.main
    assert at(page.click("Go on with the full form")) == "insulation"


@LANGS
def test_whom_it_is_for_is_kept_and_never_cut_short(browser, lang):
    page = browser.open(path(lang, at="check", year="2022", audience="school", **q(home_area="80")))
    label, show = {"zh": ("这是谁", "查看结果"), "en": ("For whom", "Show my result")}[lang]
    refused = page.fill(label, "妈" * 81).submit(show, expect=422)
    assert len(refused.errors) == 1
    assert refused.value(label) == "妈" * 81
    done = refused.fill(label, "妈" * 80).submit(show)
    kept = stored(done)
    assert (kept.label, kept.year, kept.audience, kept.form) == ("妈" * 80, "2022", "school", "full")
    assert kept.answers == {"home_area": "80"}


def stored(page):
    footprint_id = urlsplit(page.url).path.split("/")[3]
    return queries.footprint(Actor.guest(footprint_id), footprint_id)


# ---- experts


@LANGS
def test_an_expert_enters_heat_straight(browser, lang):
    page = browser.open(path(lang, form="expert", at="heat_need", **q(home_area="80", insulation="average")))
    assert {"zh": "按公式：37.95 GJ/年", "en": "By formula: 37.95 GJ/year"}[lang] in page.main
    label = {"zh": "一年用了多少热量", "en": "How much heat in a year"}[lang]
    onwards = press(page, "next")
    assert at(onwards) == "people", "an empty field is no mistake"
    page = press(page.fill(label, "20"), "next")
    show = {"zh": "查看结果", "en": "Show my result"}[lang]
    kept = stored(browser.open(page.url.replace("at=people", "at=check")).submit(show))
    assert {line.rule: line.grams for line in kept.lines}["heat_district"] == 2_200_000


def test_own_factors_are_found_used_and_named(browser):
    page = browser.open(path(form="expert", at="factors", find="heat", do="find", **q(home_area="80")))
    labels = [words for words in page.main.split("\n") if "district heat" in words.lower()]
    assert labels
    page = page.fill("District heat", "55").submit("Continue", expect=422)
    assert "between 60 and 160" in page.errors[0]
    assert page.value("District heat") == "55"
    page = page.fill("District heat", "1,00.5").submit("Continue", expect=422)
    page = page.fill("District heat", "100").submit("Continue")
    assert at(page) == "check"
    assert "With own factors: District heat" in page.main
    kept = stored(page.submit("Show my result"))
    assert kept.own == {"heat": "100"}


def test_a_factor_that_the_calculator_does_not_use_is_refused(browser):
    browser.open(path(at="factors", own__heet="5"), expect=422)


# ---- older addresses


@pytest.mark.parametrize("number", ["3", "12"])
def test_an_address_from_before_still_opens(browser, number):
    page = browser.open(
        f"/zh/calculator/household-cn?at={number}&region=230700&q-heating=coal&q-home_area=95"
    )
    assert "q-home_area=95" in page.links["English"]


def test_answers_of_an_older_version_go_on_there_or_come_along(browser):
    page = browser.open(f"/en/calculator/household-cn?version=1.0.0&at=2&{'q-clothes=3&q-home_area=95'}")
    assert "version 1.0.0" in page.main
    review = page.click("Go on with the newest version")
    assert "New clothes per person and year: It is not asked any more." in review.main
    used = review.submit("Use these answers")
    asked = parse_qs(urlsplit(used.url).query)
    assert (asked["version"], asked["q-home_area"], "q-clothes" in asked) == ([VERSION], ["95"], False)


# ---- later


@LANGS
def test_one_saves_and_goes_on_with_the_code(browser, lang):
    words = {
        "zh": ("保存，以后继续", "保存", "用已保存的答案继续", "继续"),
        "en": ("Save and go on later", "Save", "Go on with saved answers", "Go on"),
    }[lang]
    page = browser.open(path(lang, at="people", year="2022", **q(heating="coal", home_area="95")))
    page = page.click(words[0]).submit(words[1])
    code = page.root.find(".//p[@class='draft-code']//code").text
    resumed = browser.open(f"/{lang}/calculator").click(words[2])
    resumed = resumed.fill({"zh": "您的代码", "en": "Your code"}[lang], code.lower()).submit(words[3])
    asked = parse_qs(urlsplit(resumed.url).query)
    assert (asked["at"], asked["form"], asked["year"], asked["q-home_area"]) == (
        ["insulation"], ["full"], ["2022"], ["95"]
    )  # fmt: skip
    link = next(code.text for code in page.root.iter("code") if "/drafts/" in (code.text or ""))
    assert browser.open(link[link.index("/", 8) :]).url == resumed.url


def test_the_link_is_the_holders_and_the_code_only_for_its_own_draft(browser):
    page = browser.open(path(page="/later", **q(home_area="95"))).submit("Save")
    where = urlsplit(page.url)
    browser.open(where.path + "?code=7", expect=404)
    draft = where.path.removesuffix("/kept")
    browser.open(draft, expect=404)
    browser.open(draft + "?k=x", expect=404)
    key = parse_qs(where.query)["k"][0]
    browser.open(f"{where.path}?k={key}&code=000000000", expect=404)


@LANGS
def test_a_slip_in_the_code_is_said_and_the_code_stays(browser, lang):
    page = browser.open(f"/{lang}/calculator/resume")
    label, go = {"zh": ("您的代码", "继续"), "en": ("Your code", "Go on")}[lang]
    page = page.fill(label, "7K3M-9QTX-0").submit(go, expect=422)
    assert len(page.errors) == 1
    assert page.value(label) == "7K3M-9QTX-0"


def test_codes_cannot_be_guessed_all_day(browser):
    page = browser.open("/en/calculator/resume")
    for _ in range(60):
        page.fill("Your code", "7K3M-9QTX-0").submit("Go on", expect=422)
    page.fill("Your code", "7K3M-9QTX-0").submit("Go on", expect=429)


def test_a_wrong_address_is_said_before_anything_is_kept(browser):
    page = browser.open(path(page="/later", **q(home_area="95")))
    page = page.fill("Your e-mail address", "mei at example").submit("Save", expect=422)
    assert page.errors == ["Your e-mail address: Write an e-mail address like name@example.com."]


def test_a_refused_answer_is_not_kept_for_later(browser):
    page = browser.open(path(page="/later"))
    page.root.find(".//input[@name='form']").set("value", "long")
    page.submit("Save", expect=422)


# ---- files


@pytest.mark.parametrize("kind", ["json", "csv"])
@LANGS
def test_a_file_goes_out_and_comes_in_again(browser, lang, kind):
    sent = browser.client.get(path(lang, f"/answers.{kind}", year="2022", own__heat="99.5", **q(**COUPLE)))
    assert sent.headers["Content-Disposition"].startswith('attachment; filename="household-cn-')
    page = browser.open(f"/{lang}/calculator/resume")
    label, look, use = {
        "zh": ("您的文件", "查看文件内容", "使用这些答案"),
        "en": ("Your file", "Look at the file", "Use these answers"),
    }[lang]
    page = page.fill(label, (BytesIO(sent.data), f"my.{kind}")).submit(look)
    assert "80 m²" in page.main or "80 平方米" in page.main
    asked = parse_qs(urlsplit(page.submit(use).url).query)
    assert {key: asked[f"q-{key}"][0] for key in COUPLE} == COUPLE
    assert (asked["year"], asked["own-heat"], asked["at"]) == (["2022"], ["99.5"], ["check"])


def test_a_wrong_file_is_refused_by_the_name_of_its_question(browser):
    facts = json.loads(browser.client.get(path(page="/answers.json", **q(**COUPLE))).data)
    facts["answers"]["home_area"] = "4"
    page = browser.open("/en/calculator/resume").fill(
        "Your file", (BytesIO(json.dumps(facts).encode()), "a.json")
    )
    page = page.submit("Look at the file", expect=422)
    assert page.errors == ["Your file: Heated floor area: The answer must be between 5 and 1000 m²."]


def test_no_file_is_said(browser):
    page = browser.open("/en/calculator/resume").submit("Look at the file", expect=422)
    assert len(page.errors) == 1


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_the_answers_of_a_result_are_its_holders_to_take(browser, kind):
    footprint_id = a_footprint()
    address = f"/en/footprints/{footprint_id}/answers.{kind}"
    assert browser.client.get(address).status_code == 404
    sent = browser.client.get(f"{address}?k={key_for(footprint_id)}")
    assert b"home_area" in sent.data
    assert sent.headers["Cache-Control"] == "no-store"


# ---- again


def test_last_years_answers_begin_this_years_footprint(browser):
    footprint_id = a_footprint()
    page = browser.open(f"/en/footprints/{footprint_id}/again?k={key_for(footprint_id)}")
    assert page.h1 == "Use these answers?"
    page = page.choose("Factors of the year", "2022").submit("Use these answers")
    assert page.h1 == "Check your answers"
    kept = stored(page.submit("Show my result"))
    assert (kept.previous_id, kept.year) == (footprint_id, "2022")


def test_a_signed_in_person_needs_no_key_and_a_stranger_gets_nothing(app, browser):
    who = accounts.person()
    footprint_id = save_footprint(who.actor, "household-cn", VERSION, "230700", COUPLE, SAVED_AT, "zh")
    browser.open(f"/en/footprints/{footprint_id}/again", expect=404)
    browser.open(path(at="check", footprint=footprint_id), expect=404)
    sign_in(browser, who)
    page = browser.open(f"/en/footprints/{footprint_id}/again").submit("Use these answers")
    assert stored_by(who.actor, page.submit("Show my result")).previous_id == footprint_id


def stored_by(actor: Actor, page):
    return queries.footprint(actor, urlsplit(page.url).path.split("/")[3])
