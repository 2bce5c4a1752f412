"""Do the components say what they should, in both languages, to every kind of reader?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from jinja2 import UndefinedError
from markupsafe import Markup
from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
    widgets,
)
from wtforms.validators import InputRequired, Optional

from portal.config import ROOT
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.web.forms import EmailField, LineField, MassField, PortalForm
from portal.web.paging import Page as Part
from tests.browser import faults, label_of, parse, words
from tests.conftest import portal_on, sqlite_copy

EVIL = "<script>alert(1)</script>"
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
IMPORTS = (
    "".join(f'{{% from "components/{file.name}" import {file.stem} %}}' for file in COMPONENTS)
    + '{% from "components/data_table.html" import num %}'
)
OPENING = '{% extends "layouts/public.html" %}' + IMPORTS + "{% block content %}<h1>1</h1>"


class Order(PortalForm):
    """One field of every kind."""

    token = HiddenField(default="t")
    name = LineField("Name", description="As on the certificate.", validators=[Optional()])
    email = EmailField("E-mail", validators=[InputRequired("Write your address.")])
    mass = MassField("How much", description="Whole kilograms.", render_kw={"inputmode": "decimal"})
    place = SelectField("Place", choices=[EVIL, "B"])
    heating = RadioField("Heating", choices=["District", "Gas"], description="The main one.")
    extras = SelectMultipleField(
        "Extras",
        choices=["A", "B"],
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )
    note = TextAreaField("Note", validators=[Optional()])
    file = FileField("File")
    agreed = BooleanField("I agree", validators=[InputRequired("Tick this.")])


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The portal on an empty database."""
    folder = tmp_path_factory.mktemp("components")
    with portal_on(sqlite_copy(folder), folder) as app:
        yield app


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def show(portal: Flask, lang: str) -> Iterator[Any]:
    """Renders a piece of template as it would stand on a page: ``show("{{ mass(m) }}", m=…)``."""
    with portal.test_request_context(f"/{lang}/about?cursor=2&q=%E6%9D%BE"):
        portal.preprocess_request()
        yield lambda text, **values: render_template_string(IMPORTS + text, **values)


@pytest.fixture
def form(show: Any) -> Order:
    """An order that was sent without an address, a place and a consent, with a script for a name."""
    order = Order(meta={"csrf": False}, data={"name": EVIL, "heating": "Gas"})
    order.validate()
    return order


def one(html: str, tag: str, **attributes: str) -> Any:
    """The only element with this tag and these attributes."""
    found = [e for e in parse(html)[0].iter(tag) if all(e.get(k) == v for k, v in attributes.items())]
    assert len(found) == 1, f"{len(found)} × <{tag} {attributes}> in {html}"
    return found[0]


# --- all of them together


def test_a_page_of_all_components_is_sound(show, form, lang):
    page = (
        OPENING
        + "{{ error_summary(form) }}{% for f in form %}{{ field(f, unit='kg') }}{% endfor %}"
        + '{{ button("A") }}{{ link_button("B", "/zh/") }}{{ stepper(["A", "B", "C"], 2) }}'
        + '{{ progress(3, 12, "3/12") }}{% call notice("demo", "T") %}<p>x</p>{% endcall %}'
        + '{{ data_table("T", ["A", num("B")], [["a", num(1)]]) }}'
        + '{{ bar_chart("T", [{"label": "A", "value": 3, "low": 2, "high": 5}], "kg") }}'
        + '{{ money(y) }}{{ mass(m) }}{{ mass(m, big=True) }}{{ serial("A/g1-2") }}{{ range_text(m, m) }}'
        + '{{ empty_state("T", "t", "Go", "/zh/") }}{{ pager(part) }}{{ demo_badge() }}{{ test_badge() }}'
        + '{{ tag("x") }}{% call card("T", "/zh/") %}<p>x</p>{% endcall %}{{ summary_list([("a", "b")]) }}'
        + '{{ countdown(at) }}{{ breadcrumbs([("A", "/zh/"), ("B", "")]) }}'
        + '{{ steps([("A", "a"), ("B", "b")], 2) }}{% endblock %}'
    )
    html = show(
        page,
        form=form,
        m=Mass.kg("250"),
        y=Money.cny("25.00"),
        part=Part([1], "3"),
        at=datetime(2026, 12, 31, 16, tzinfo=UTC),
    )
    assert faults(html, {"zh": "zh-CN", "en": "en"}[lang]) == []
    assert EVIL not in html
    assert html.count("&lt;script&gt;") == 3  # the name, and the place's value and words


def test_every_component_says_how_it_is_used():
    for file in COMPONENTS:
        text = file.read_text()
        assert text.startswith(("{# " + file.stem, "{# {% call " + file.stem)), file.name
        assert f"{{% macro {file.stem}(" in text, file.name


# --- forms


def test_a_field_is_labelled_and_its_hint_and_error_belong_to_it(show, form):
    html = show("{{ field(f) }}", f=form.email)
    control = one(html, "input")
    assert control.get("aria-invalid") == "true"
    assert control.get("aria-describedby") == "email-error"
    assert control.get("autocomplete") == "email"  # render_kw is kept
    assert label_of(parse(html)[0], control) == ["E-mail"]
    assert "Write your address." in words(one(html, "p", id="email-error"))


def test_hint_comes_before_the_control_and_the_unit_is_read_out(show, form):
    html = show('{{ field(f, unit="kg") }}', f=form.mass)
    assert html.index("mass-hint") < html.index("<input")
    assert one(html, "input").get("inputmode") == "decimal"
    assert "aria-invalid" not in one(html, "input").attrib
    assert words(one(html, "label")) == "How much (kg)"


def test_choices_stand_in_a_fieldset_whose_legend_is_the_question(show, form):
    html = show("{{ field(f) }}", f=form.heating)
    assert words(one(html, "legend")) == "Heating"
    assert one(html, "fieldset").get("aria-describedby") == "heating-hint"
    assert {e.get("for") for e in parse(html)[0].iter("label")} == {"heating-0", "heating-1"}


def test_a_question_alone_on_its_page_is_the_heading(show, form):
    for f in (form.heating, form.mass):
        assert words(one(show("{{ field(f, big=True) }}", f=f), "h1")) == f.label.text


def test_optional_fields_say_so(show, form):
    assert 'class="label-optional"' in show("{{ field(f) }}", f=form.name)
    assert "label-optional" not in show("{{ field(f) }}", f=form.email)


def test_the_error_summary_leads_to_each_field(show, form):
    form.heating.errors = ["Choose one."]
    page = show("{{ error_summary(form) }}{% for f in form %}{{ field(f) }}{% endfor %}", form=form)
    root, _no_doctype = parse(page)
    ids = {e.get("id") for e in root.iter()}
    links = [a.get("href", "")[1:] for a in root.iter("a")]
    assert links == ["email", "place", "heating-0", "agreed"]
    assert ids.issuperset(links)
    assert "role" in one(page, "div", **{"class": "error-summary"}).attrib


def test_a_label_that_is_a_sentence_has_no_stop_before_the_colon_of_its_error(show, lang: str):
    class Whole(PortalForm):
        final = BooleanField("This is final.", validators=[InputRequired("Tick this.")])

    form = Whole(meta={"csrf": False})
    form.validate()
    said = {"zh": "This is final：Tick this.", "en": "This is final: Tick this."}[lang]
    assert words(one(show("{{ error_summary(form) }}", form=form), "a")) == said


def test_the_error_summary_names_what_is_wrong_with_the_whole_form(show):
    class Whole(PortalForm):
        name = StringField("Name")

        def validate(self, **_options: Any) -> bool:
            self.form_errors = ["Sold out."]
            return False

    form = Whole(meta={"csrf": False})
    assert show("{{ error_summary(form) }}", form=form).strip() == ""
    form.validate()
    assert "Sold out." in show("{{ error_summary(form) }}", form=form)


def test_an_error_made_of_markup_is_shown_as_text(show):
    def refuse(_form: Any, field: Any) -> None:
        raise ValidationError(f"{field.data}?")

    class Named(PortalForm):
        name = StringField(EVIL, validators=[refuse])

    form = Named(meta={"csrf": False}, data={"name": EVIL})
    form.validate()
    assert "<script" not in show("{{ error_summary(form) }}{{ field(form.name) }}", form=form)


def test_a_link_to_a_room_that_is_not_there_is_no_link(show):
    assert show('{{ link_button("Buy", "") }}').strip() == ""


# --- numbers


def test_bought_kilograms_are_shown_rounded_down_and_a_range_opens_outwards(show):
    assert "249" in show("{{ mass(m) }}", m=Mass.g(249_999))
    assert "249<" in show("{{ mass(m, big=True) }}", m=Mass.g(249_999))
    text = show("{{ range_text(low, high) }}", low=Mass.g(3_900_999), high=Mass.g(4_600_001))
    assert "3,900" in text
    assert "4,601" in text


def test_the_chart_has_a_table_with_the_same_numbers(show):
    rows = [
        {"label": "Heating", "value": 4200, "text": "4,200", "low": 3300, "high": 5300},
        {"label": EVIL, "value": 420, "text": "420", "pattern": True},
    ]
    html = show('{{ bar_chart("Chart", rows, "kg") }}', rows=rows)
    cells = [[words(cell) for cell in row if cell.tag in ("th", "td")] for row in parse(html)[0].iter("tr")]
    assert cells[1:] == [["Heating", "4,200", "3300", "5300"], [EVIL, "420", "", ""]]
    assert one(html, "div", **{"class": "bars"}).get("aria-hidden") == "true"
    assert "bar-stripes" in html
    assert "<script" not in html


@pytest.mark.parametrize("rows", [[], [{"label": "A", "value": 0}]])
def test_a_chart_of_nothing_is_drawn_all_the_same(show, rows):
    assert "<figure" in show('{{ bar_chart("Chart", rows, "kg") }}', rows=rows)


def test_a_table_has_a_caption_and_headers(show):
    html = show(
        '{{ data_table("Fees", ["Line", num("Amount")], [["Credits", m]], ["Sum", "21"]) }}',
        m=Markup("<b>1</b>"),
    )
    assert words(one(html, "caption")) == "Fees"
    assert [e.get("scope") for e in parse(html)[0].iter("th")] == ["col", "col", "row", "row"]
    assert "<b>1</b>" in html


def test_the_countdown_says_beijing_time_without_javascript(show):
    html = show("{{ countdown(at) }}", at=datetime(2026, 12, 31, 16, tzinfo=UTC))
    time = one(html, "time")
    assert time.get("data-expires") == "2026-12-31T16:00:00+00:00"
    assert words(time).startswith("2027-01-01 00:00")


def test_a_serial_is_verbatim(show):
    serial = "ACR-US-212-2019-1155-70286 to 70398/g1-250000"
    assert words(one(show("{{ serial(s) }}", s=serial), "code")) == serial


# --- the way through


def test_the_stepper_marks_one_step(show):
    html = show('{{ stepper(["A", "B", "C"], 2) }}')
    assert words(one(html, "li", **{"aria-current": "step"})) == "B"


def test_the_pager_keeps_the_search_and_is_silent_on_a_single_page(show, portal, lang):
    html = show("{{ pager(page) }}", page=Part([1], "7"))
    assert one(html, "a", rel="next").get("href") == f"/{lang}/about?q=%E6%9D%BE&cursor=7"
    with portal.test_request_context(f"/{lang}/about"):
        portal.preprocess_request()
        assert render_template_string(IMPORTS + "{{ pager(page) }}", page=Part([1], None)).strip() == ""


def test_a_notice_says_its_kind_in_words_and_knows_no_other(show):
    assert one(show('{% call notice("error") %}x{% endcall %}'), "div", role="alert") is not None
    with pytest.raises(UndefinedError):
        show('{% call notice("fancy") %}x{% endcall %}')


# --- the sheets


def test_every_class_the_frame_uses_is_drawn():
    sheets = (
        "".join(
            file.read_text()
            for file in (ROOT / "static" / "css").rglob("*.css")
            if file.parent.name != "rooms"
        )
        + (ROOT / "static" / "css" / "rooms" / "site.css").read_text()
    )
    undrawn = {
        name
        for folder in ("components", "layouts", "errors", "web")
        for file in (ROOT / "templates" / folder).glob("*.html")
        for value in re.findall(r'class="([^"]*)"', re.sub(r"{[%{#].*?[%}#]}", " ", file.read_text()))
        for name in value.split()
        if f".{name}" not in sheets
    }
    assert undrawn <= {"range", "public", "countdown"}  # names to be found by


def test_text_stands_out_from_what_is_behind_it():
    """WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for the edges of controls."""
    tokens = (ROOT / "static" / "css" / "tokens.css").read_text()
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", tokens))
    for text in ("ink", "muted", "green", "green-dark", "accent", "red"):
        for ground in ("paper", "tint", "tint-deep", "accent-tint", "red-tint"):
            assert contrast(colours[text], colours[ground]) >= 4.5, f"{text} on {ground}"
    for ground in ("green", "green-dark", "accent", "red"):
        assert contrast("#ffffff", colours[ground]) >= 4.5, f"white on {ground}"
    assert contrast(colours["edge"], colours["paper"]) >= 3
    assert contrast("#a9c6b6", "#ffffff") < 3  # the measure can fail


def contrast(one_colour: str, other: str) -> float:
    bright, dark = sorted((luminance(one_colour), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


# --- the pages


@pytest.mark.parametrize("path", ["", "about", "privacy", "accessibility", "claims", "no-such-page"])
def test_the_pages_about_the_portal_are_sound(portal, lang, path):
    answer = portal.test_client().get(f"/{lang}/{path}", headers={"Accept-Language": lang})
    assert answer.status_code == (404 if path == "no-such-page" else 200)
    assert faults(answer.text, {"zh": "zh-CN", "en": "en"}[lang]) == []


def test_the_language_switch_stays_on_the_page(portal):
    html = portal.test_client().get("/en/claims?from=letter").text
    assert one(html, "a", hreflang="zh-CN").get("href") == "/zh/claims?from=letter"
    assert one(html, "link", hreflang="zh-CN").get("href").endswith("/zh/claims?from=letter")


def test_what_is_kept_of_a_page_is_kept_per_language(portal):
    client = portal.test_client()
    for _again in range(2):
        assert 'href="/en/about"' in client.get("/en/about").text
        assert 'href="/en/about"' not in client.get("/zh/privacy").text


def test_home_shows_no_figure_that_did_not_hold_up(portal, lang):
    text = words(one(portal.test_client().get(f"/{lang}/").text, "main"))
    assert {"zh": "1476", "en": "14.8"}[lang] in text
    assert "2010" in text
    for refused in ("1.23", "12.3", "1.26", "1.62", "1433", "143.3"):
        assert refused not in text


def test_another_city_does_not_borrow_yichuns_figures(tmp_path: Path, lang):
    with portal_on(sqlite_copy(tmp_path), tmp_path, city_code="360900") as app:
        html = app.test_client().get(f"/{lang}/").text
    assert "2010" not in html
    assert faults(html) == []
