"""Questions as pages show them: all nine kinds, asked and marked, in both languages, with their faults."""

from decimal import Decimal
from functools import cache

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.desk import asked
from portal.training.forms.responses import response_from
from portal.training.queries.figures import AskedItem, VersionFigures
from portal.training.rules.grading import grade
from portal.training.rules.items import Item, Numeric, NumericAnswer, Option, Single
from portal.training.rules.markup import to_html, to_phrase, to_words
from portal.training.rules.packs.lint import lint
from portal.training.rules.papers import key_of
from portal.training.rules.quizzes import laid_out
from portal.training.rules.scenarios import Calculation
from portal.training.rules.solutions import right_response
from portal.training.rules.statistics import Figures, ItemFigures
from portal.training.showing import kind_of
from portal.web.i18n import speak
from tests.browser import Browser
from tests.factories.training import files_of

ASKED = """{% from "training/_item.html" import asked %}
{{ asked(item, lang(), response, "q1", media, typed, fault) }}"""
MARKED = """{% from "training/_item.html" import marked %}
{{ marked(item, response, mark, lang(), media, solution) }}"""
KINDS = (
    "single", "multiple", "true_false", "numeric", "matching", "ordering", "short", "calculator", "register",
)  # fmt: skip


@cache
def an_item(kind: str) -> Item:
    pack, _findings = lint(files_of("everyone"))
    return laid_out(next(item for item, _, _ in pack.items if kind_of(item.task) == kind), 5)


@pytest.fixture
def page(app: Flask):
    def render(template: str, lang: str, **values: object) -> str:
        blank = {"response": None, "typed": None, "fault": None, "mark": None, "solution": False}
        with app.test_request_context(f"/{lang}/"):
            speak(lang)
            return render_template_string(template, **blank | {"media": lambda name: f"/x/{name}"} | values)

    return render


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_asked_with_its_rule_and_keeps_what_is_saved(page, kind: str):
    item = an_item(kind)
    right = right_response(item, "en")
    blank = page(ASKED, "en", item=item)
    saved = page(ASKED, "en", item=item, response=right)
    assert "<legend" in blank
    assert "Marking:" in blank
    chosen = ("checked", "selected", 'value="')
    assert sum(map(saved.count, chosen)) >= sum(map(blank.count, chosen))
    assert saved != blank
    fields = set(page_fields(saved))
    assert all(name.startswith("q1") for name in fields)


def page_fields(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split(' name="')[1:]]


def test_a_page_does_not_tell_the_order(page):
    item = an_item("ordering")
    assert page(ASKED, "en", item=item) == page(ASKED, "en", item=item)
    shown = [page(ASKED, "en", item=item).index(step.en) for step in item.task.steps]
    assert shown != sorted(shown)


def test_what_was_typed_stays_beside_its_fault(page):
    item, typed = an_item("numeric"), MultiDict([("q1-number", "about three")])
    with pytest.raises(PortalError) as refused:
        response_from(item, typed, "q1")
    for lang, words in (("en", "is no number"), ("zh", "不是带单位的数")):
        html = page(ASKED, lang, item=item, typed=typed, fault=refused.value)
        assert 'value="about three"' in html
        assert words in html
        assert 'id="q1-error"' in html


def test_a_fault_of_the_calculator_stands_at_its_question(page):
    item = an_item("calculator")
    typed = MultiDict([("q1-region", "230700"), ("q1-q-people", "many")])
    with pytest.raises(PortalError) as refused:
        response_from(item, typed, "q1")
    html = page(ASKED, "en", item=item, typed=typed, fault=refused.value)
    assert 'id="q1-q-people-error"' in html
    assert 'value="many"' in html


def test_the_right_answer_and_its_source_show_only_where_they_may(page):
    item = an_item("single")
    wrong = frozenset({next(n for n, option in enumerate(item.task.options) if not option.is_right)})
    right = next(option for option in item.task.options if option.is_right)
    values = {"item": item, "response": wrong, "mark": grade(item, wrong)}
    assert right.text.en not in page(MARKED, "en", **values)
    assert item.source.en not in page(MARKED, "en", **values)
    told = page(MARKED, "en", **values, solution=True)
    assert right.text.en in told
    assert "Source:" in told
    assert "Not answered" in page(MARKED, "en", item=item)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown_marked(page, kind: str):
    item = an_item(kind)
    right = right_response(item, "zh")
    html = page(MARKED, "zh", item=item, response=right, mark=grade(item, right), solution=True)
    assert "答对" in html
    assert "来源" in html


def test_remarks_of_a_scenario_speak_in_the_words_of_its_questions(page):
    item = an_item("calculator")
    typed = MultiDict([("q1-region", "110000"), ("q1-q-heating", "coal"), ("q1-q-car_km", "0")])
    response = response_from(item, typed, "q1")
    html = page(MARKED, "en", item=item, response=response, mark=grade(item, response))
    assert "“Kind of heating”" in html
    assert "heat_district" not in html
    assert "The place is Yichun" in html


@pytest.mark.parametrize(
    ("unit", "typed", "shown"),
    [("t CO2", "10200.50 t CO2", "10,200.50 t CO₂"), ("t CO2", "-4500 kg CO2", "-4,500 kg CO₂"),
     ("ha", "4500 mu", "4,500 mu"), ("ha", "300 ha", "300 ha"), ("t", "１２０００吨", "１２０００吨"),
     ("t", "1.2万吨", "1.2万吨"), ("t", "10,200 t", "10,200 t"), ("year", "2030 year", "2030 year")],
)  # fmt: skip
def test_numbers_are_grouped_where_they_are_read(page, unit: str, typed: str, shown: str):
    item = Item("i", Bilingual("几", "How many?"), Numeric((NumericAnswer(Decimal(12345)),), unit))
    html = page(MARKED, "en", item=item, response=typed, mark=grade(item, typed), solution=True)
    assert f"<li>{shown}</li>" in html
    assert f"<li>{'12345' if unit == 'year' else '12,345'} " in html, "the right answer"
    assert typed.split()[0] in page(ASKED, "en", item=item, response=typed), "a field keeps what was typed"


def test_a_scenarios_answers_are_grouped_and_its_options_are_not_touched(page):
    item = an_item("calculator")
    given = Calculation("230700", (("car_km", "4500"), ("heating", "coal")))
    html = page(MARKED, "zh", item=item, response=given, mark=grade(item, given))
    assert ": 4,500 " in html
    assert "4500" not in html


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_figures_of_very_many_answers_and_the_key_on_paper_are_grouped(page, lang: str):
    item = an_item("single")
    each = ItemFigures(item.id, Decimal("0.5"), None, Decimal("0.2"), {0: (4321, 4000, 1234)})
    whole = Figures(12345, (each,), Decimal("15.2"), Decimal("0.8"), True)
    found = VersionFigures({lang: whole}, (AskedItem(item, lang, 12345, each, None),))
    html = page('{% include "training/_questions.html" %}', lang, found=found, asked_words=asked)
    for number in ("12,345", "4,321", "4,000", "1,234", "15.20"):
        assert f">{number}</span>" in html
    assert "n&nbsp;=&nbsp;12,345" in html
    number = Numeric((NumericAnswer(Decimal("10200.00"), Decimal("1020.0")),), "t CO2")
    assert key_of(Item("i", item.stem, number)) == "10,200 t CO2 (± 1,020)"


def test_pictures_come_from_the_pack_and_labels_hold_phrases_only(page):
    picture = Bilingual("x", "**See:** ![tree](media/tree.svg)\n\n<script>alert(1)</script>")
    item = Item("p", picture, Single((Option(picture), Option(Bilingual("y", "y")))))
    html = page(ASKED, "en", item=item)
    assert html.count('src="/x/media/tree.svg"') == 2
    assert "<script" not in html
    assert "<p>" not in html.split('<label class="choice-label"')[1].split("</label>")[0]
    assert to_words("**See:** a < b") == "See: a < b"
    assert to_phrase("# no\n\n- list") != to_html("# no\n\n- list")
    assert 'src="//evil' not in to_html("![x](//evil/a.png)", media_url=lambda name: f"/x/{name}")


def test_the_total_follows_and_says_which_questions_concern_the_case(browser: Browser):
    def total(**fields: str):
        query = {"prefix": "q1", **{f"q1-{name}": text for name, text in fields.items()}}
        return browser.client.get("/en/learn/scenarios/household-cn/2.0.0", query_string=query).json

    assert "Choose a place" in total()["total"]
    with_car = total(region="230700", **{"q-car_km": "10"})
    without = total(region="230700", **{"q-car_km": "0"})
    assert "kg" in with_car["total"]
    assert {"car_occupants"} <= set(with_car["asked"]) - set(without["asked"])
    unknown = browser.client.get("/en/learn/scenarios/dragons/1.0.0", query_string={"prefix": "q1"})
    assert unknown.status_code == 404
