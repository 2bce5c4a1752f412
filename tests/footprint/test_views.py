"""The pages: one question at a time, nothing lost, wrong answers named, in both languages."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.footprint.rules import library
from portal.web.links import key_for
from tests.factories.footprint import COUPLE, a_footprint

TITLES = {"zh": "家庭碳足迹", "en": "Household footprint"}
WORDS = {
    "zh": {
        "area": "您家的供暖面积是多少",
        "people": "您家一起生活的有几口人",
        "unknown": "不清楚（按 80 平方米计算）",
    },
    "en": {
        "area": "How large is the heated floor",
        "people": "How many people live",
        "unknown": "I don’t know (we take 80 m²)",
    },
}


def start(lang: str, model: str = "household-cn", **query: str) -> str:
    return f"/{lang}/calculator/{model}?" + "&".join(f"{name}={text}" for name, text in query.items())


def press(page, value: str, *, expect: int = 200):
    """The button of the question's form with this value, whatever the language says on it."""
    forms = [form for form in page.root.iter("form") if "data-calculator" in form.attrib]
    button = next(b for b in forms[0].iter("button") if b.get("value") == value)
    return page.submit(" ".join("".join(button.itertext()).split()), expect=expect)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_heating_comes_first(browser, lang):
    chosen = browser.open(f"/{lang}/calculator").links
    page = browser.open(next(href for href in chosen.values() if "household-cn?form=" in href))
    assert page.h1 in ("您家冬天主要怎样取暖？", "How is your home mainly heated in winter?")
    steps = len(library.model("household-cn").steps_of("short", {}))
    assert {"zh": f"第 1 题，共 {steps} 题", "en": f"question 1 of {steps}"}[lang] in page.main


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("model", ["household-cn", "event-cn"])
def test_not_knowing_anything_leads_to_a_result(browser, lang, model):
    page = browser.open(start(lang, model))
    for _ in range(20):
        if not any("data-calculator" in form.attrib for form in page.root.iter("form")):
            break
        page = press(page, "unsure")
    form = next(form for form in page.root.iter("form") if form.get("method") == "post")
    page = page.submit(" ".join("".join(next(form.iter("button")).itertext()).split()))
    assert urlsplit(page.url).path.startswith(f"/{lang}/footprints/fpr_")
    assert "kg CO₂e" in page.main


def test_answers_travel_along_and_come_back(browser):
    page = browser.open(start("en", at="2", **{"q-heating": "coal"}))
    page = press(page.fill(WORDS["en"]["area"], "1,000.00"), "next")
    said = parse_qs(urlsplit(page.url).query)
    assert {name: said[name] for name in ("region", "form", "q-heating", "q-home_area")} == {
        "region": ["230700"], "form": ["short"], "q-heating": ["coal"], "q-home_area": ["1000"]
    }  # fmt: skip
    back = page.click("Back")
    assert back.value(WORDS["en"]["area"]) == "1000"
    first = back.click("Back")
    chosen = [i.get("value") for i in first.root.iter("input") if "checked" in i.attrib]
    assert chosen == ["coal"]


def test_the_language_switch_loses_nothing(browser):
    page = browser.open(start("zh", at="4", **{"q-home_area": "95", "q-people": "3"}))
    twin = browser.open(page.links["English"])
    assert twin.lang == "en"
    assert twin.value(WORDS["en"]["people"]) == "3"
    assert [i.get("value") for i in twin.root.iter("input") if i.get("name") == "q-home_area"] == ["95"] * 2


def test_two_tabs_do_not_disturb_each_other(browser):
    one = browser.open(start("zh", at="2"))
    two = browser.open(start("zh", at="2"))
    one = press(one.fill(WORDS["zh"]["area"], "60"), "next")
    two = press(two.fill(WORDS["zh"]["area"], "160"), "next")
    assert "q-home_area=60" in one.url
    assert "q-home_area=160" in two.url


def test_the_total_so_far_follows_without_javascript(browser):
    small = browser.open(start("zh", at="3", **{"q-home_area": "40"})).main
    large = browser.open(start("zh", at="3", **{"q-home_area": "200"})).main
    number = re.compile(r"([\d,]+) kg CO₂e")
    assert int(number.search(small)[1].replace(",", "")) < int(number.search(large)[1].replace(",", ""))


WRONG = ["NaN", "Infinity", "-5", "８０", "1000000000", "1e9", "4", "1.234,5", "<b>80</b>", "", "9" * 500]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_number_is_named_beside_its_field(browser, lang, text):
    page = browser.open(start(lang, at="2"))
    page = press(page.fill(WORDS[lang]["area"], text), "next", expect=422)
    assert len(page.errors) == 1
    assert page.errors[0].startswith(WORDS[lang]["area"])
    assert page.value(WORDS[lang]["area"]) == text


def test_i_do_not_know_forgives_what_was_typed(browser):
    page = browser.open(start("zh", at="2")).fill(WORDS["zh"]["area"], "很大")
    assert "%E5" not in press(page, "unsure").url


def test_a_tampered_hidden_answer_leads_back_to_its_question(browser):
    page = browser.open(start("en", at="7", **{"q-home_area": "-1", "q-people": "0.5"}), expect=422)
    assert page.h1.startswith(WORDS["en"]["area"])


def test_shares_that_do_not_add_up_are_refused(browser):
    shares = {"q-share_local": "50", "q-share_car": "50", "q-share_rail": "50", "q-share_air": "97"}
    page = browser.open(start("en", "event-cn", at="3", do="next", **shares), expect=422)
    assert page.h1 == "How do people arrive?"
    assert "247" in page.errors[0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/zh/calculator/nothing", 404),
        (start("zh", at="99"), 404),
        (start("zh", at="０"), 404),
        (start("zh", at="check", do="next"), 404),
        (start("zh", region="999999"), 422),
        (start("zh", **{"q-rent": "5"}), 422),
        ("/zh/calculator/household-cn/method?version=9", 422),
        ("/zh/calculator/household-cn/method?footprint=fpr_1", 404),
        ("/zh/footprints/fpr_00000000000000000000000000", 404),
        ("/calculator/household-cn/1.0.0/x.js", 422),
    ],
)
def test_addresses_that_lead_nowhere_say_so(browser, path, status):
    browser.open(path, expect=status)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_result_says_number_range_parts_and_what_next(browser, lang):
    footprint_id = a_footprint()
    page = browser.open(f"/{lang}/footprints/{footprint_id}?k={key_for(footprint_id)}")
    heat, meat = {"zh": ("集中供热", "有肉的正餐"), "en": ("District heating", "Meals with meat")}[lang]
    golden = sum(library.model("household-cn").cases["couple_in_a_flat"].lines.values())
    assert f"{golden // 1000:,} kg CO₂e" in page.main
    assert page.main.index(heat) < page.main.index(meat), "the largest line comes first"
    assert "4.2 t CO₂e" in page.main
    assert {"zh": "未见公布的黑龙江人均生活碳足迹", "en": "No lifestyle footprint of the province"}[
        lang
    ] in page.main


def test_a_result_is_shown_to_holders_of_its_link_only(browser):
    footprint_id, other = a_footprint(), a_footprint()
    for key in ("", "?k=", f"?k={key_for(other)}", "?k=x", "?k=é"):
        browser.open(f"/zh/footprints/{footprint_id}{key}", expect=404)


def test_a_result_that_is_kept_rendered_is_kept_apart_by_language_and_from_strangers(browser):
    footprint_id = a_footprint()
    key = key_for(footprint_id)
    assert browser.open(f"/zh/footprints/{footprint_id}?k={key}").h1 == TITLES["zh"]
    assert browser.open(f"/en/footprints/{footprint_id}?k={key}").h1 == TITLES["en"]
    assert browser.open(f"/zh/footprints/{footprint_id}?k={key}").h1 == TITLES["zh"]
    browser.open(f"/zh/footprints/{footprint_id}", expect=404)


def test_the_answers_can_be_taken_up_again_for_90_days(browser, at):
    footprint_id = a_footprint()
    path = f"/zh/footprints/{footprint_id}?k={key_for(footprint_id)}"
    at("2027-02-20T03:59:00+00:00")
    page = browser.open(path)
    assert browser.open(next(href for href in page.links.values() if "q-home_area" in href)).status == 200
    at("2027-02-20T04:01:00+00:00")
    assert not any("q-home_area" in href for href in browser.open(path).links.values())


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("model", ["household-cn", "event-cn"])
def test_the_method_shows_every_factor_with_its_source(browser, lang, model):
    page = browser.open(f"/{lang}/calculator/{model}/method")
    assert "MEE & NBS Announcement 2025 No.47 Table 3" in page.main
    assert "0.5229" in page.main
    assert "CN-HL" in page.main
    assert {"zh": "生活垃圾焚烧（中国，化石源CO2）", "en": "MSW incineration, China"}[lang] in page.main


def test_the_method_shows_ones_own_numbers_in_every_formula(browser):
    footprint_id = a_footprint(home_area="80")
    page = browser.open(
        f"/en/calculator/household-cn/method?footprint={footprint_id}&k={key_for(footprint_id)}"
    )
    assert "80 m² × 6,100 K · day × 86,400 s/day × 0.9" in page.main
    assert "37.9469 GJ/year × 110 kg CO₂/GJ = 4,174.16 kg CO₂e/year" in page.main
    assert "4,174,157 g" in page.main


def test_a_region_without_figures_says_so(browser):
    page = browser.open(start("en", at="5", region="540000"))
    assert "We have no figure of this place’s own" in page.main
    assert "We have no figure" not in browser.open(start("en", at="5")).main


def test_the_preview_script_is_served_as_a_module(client):
    answer = client.get("/calculator/household-cn/1.0.0/230700.js")
    assert answer.mimetype == "text/javascript"
    assert b"export function evaluate" in answer.data
    assert b"0.5229" in answer.data
    assert len(answer.data) < 25_000


def test_a_save_from_elsewhere_is_refused(app):
    app.config["WTF_CSRF_ENABLED"] = True
    sent = {f"q-{key}": text for key, text in COUPLE.items()}
    assert app.test_client().post("/zh/calculator/household-cn", data=sent).status_code == 400
