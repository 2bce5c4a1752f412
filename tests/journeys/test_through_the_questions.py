"""Two stories in a real browser, each language in turn: a full household with nothing but the keyboard, and a
full event with JavaScript off. Real values; both end on the very kilograms the released model promises.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from portal.footprint.rules import library
from portal.footprint.rules.answers import shown
from portal.footprint.rules.model import Case, Model
from portal.web import catalogues
from tests.looks.chromium import PHONE, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGS = pytest.mark.parametrize(("lang", "width"), [("zh", PHONE), ("en", 1280)])
STEP = "form[data-calculator]"
# Further than any page has things to stop at.
MOST_TABS = 80


@pytest.fixture
def portal(live_server: Callable[..., LiveServer], sqlite_url: str) -> LiveServer:
    return live_server(sqlite_url)


def golden(model: Model, key: str) -> tuple[Case, str]:
    """The answers of a persona, and the whole kilograms they must give."""
    case = model.cases[key]
    assert case.region == "230700"
    return case, f"{sum(case.lines.values()) // 1000:,}"


def typed(model: Model, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers as a person types them: shares in per cent."""
    return {key: shown(model.questions[key], text) for key, text in answers.items()}


@pytest.mark.slow
@LANGS
def test_a_full_household_with_the_keyboard_alone(
    portal: LiveServer, visit: Callable[..., "Page"], lang: str, width: int
) -> None:
    words = catalogues.texts(lang).gettext
    model = library.model("household-cn")
    case, kilograms = golden(model, "yichun_flat_full")
    answers = typed(model, case.answers)
    page = visit(lang, width)
    page.goto(f"{portal.url}/{lang}/calculator")
    look(page, f"flow-{lang}-1-choose")
    press_link(page, "household-cn?form=full")
    seen = 0
    while page.locator(STEP).count():
        if seen in (0, 8):
            look(page, f"flow-{lang}-2-question-{seen}")
        answer_by_keyboard(page, answers)
        seen += 1
    assert seen == len(model.steps_of("full", case.answers))
    look(page, f"flow-{lang}-3-check")
    tab_to(page, "input[name=label]")
    page.keyboard.type("2026")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/footprints/fpr_" in page.url
    assert kilograms in page.inner_text("main")
    look(page, f"flow-{lang}-4-result")
    assert words("Check your answers")  # the catalogue of this language was really there


def press_link(page: "Page", part: str) -> None:
    tab_to(page, f"main a[href*='{part}']")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def tab_to(page: "Page", wanted: str) -> None:
    """Press Tab until the focus stands there: it can be reached, and the focus is never caught."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"the keyboard does not reach {wanted} on {page.url}")


def answer_by_keyboard(page: "Page", answers: Mapping[str, str]) -> None:
    names = page.eval_on_selector_all(
        f"{STEP} .input, {STEP} input[type=radio]", "all => [...new Set(all.map(each => each.name))]"
    )
    known = [name for name in names if name.removeprefix("q-") in answers]
    for name in known:
        value = answers[name.removeprefix("q-")]
        tab_to(page, f"{STEP} [name='{name}']")
        if page.evaluate("document.activeElement.type") == "radio":
            choose_by_arrows(page, name, value)
        else:
            page.keyboard.type(value)
    if not known:
        tab_to(page, f"{STEP} button[value=unsure]")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def choose_by_arrows(page: "Page", name: str, value: str) -> None:
    """Space takes the option one stands on, the arrows move on; none of them leaves the page."""
    page.keyboard.press("Space")
    for _ in range(20):
        if page.evaluate("name => new FormData(document.activeElement.form).get(name)", name) == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows do not reach {value} of {name}")


@pytest.mark.slow
@LANGS
def test_a_full_event_without_javascript(
    portal: LiveServer, visit: Callable[..., "Page"], lang: str, width: int
) -> None:
    model = library.model("event-cn")
    case, kilograms = golden(model, "yichun_conference_in_full")
    answers = typed(model, case.answers)
    page = visit(lang, width, javascript=False)
    page.goto(f"{portal.url}/{lang}/calculator")
    go(page, "main a[href*='event-cn?form=full']")
    seen = 0
    while page.locator(STEP).count():
        if page.locator("input.input[name=q-people]").count():
            bring_up_to_date(page, answers["people"])
        answer_with_the_mouse(page, answers)
        seen += 1
    assert seen == len(model.steps_of("full", case.answers))
    page.go_back()
    page.go_forward()
    go(page, "main form[method=post] button")
    assert "/footprints/fpr_" in page.url
    assert kilograms in page.inner_text("main")


def bring_up_to_date(page: "Page", people: str) -> None:
    before = total(page)
    page.fill("[name=q-people]", people)
    go(page, "[data-update]")
    assert page.input_value("[name=q-people]") == people, "the total is new, the page is the same"
    assert total(page) != before


def total(page: "Page") -> Decimal:
    return Decimal(re.sub(r"[^\d]", "", page.inner_text("[data-total]")))


def answer_with_the_mouse(page: "Page", answers: Mapping[str, str]) -> None:
    known = False
    for control in page.locator(f"{STEP} .input").all():
        name = str(control.get_attribute("name")).removeprefix("q-")
        if name in answers:
            control.fill(answers[name])
            known = True
    for option in page.locator(f"{STEP} input[type=radio]").all():
        name = str(option.get_attribute("name")).removeprefix("q-")
        if answers.get(name) == option.get_attribute("value"):
            page.click(f"label[for='{option.get_attribute('id')}']")
            known = True
    go(page, f"{STEP} button[value={'next' if known else 'unsure'}]")


def go(page: "Page", wanted: str) -> None:
    with page.expect_navigation():
        page.click(wanted)
