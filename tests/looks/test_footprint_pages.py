"""The footprint room in a real browser: pages fit, axe-core finds nothing, the offline page is right."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portal.footprint.rules import answers_file, library
from portal.footprint.rules.results import estimate
from tests.looks.chromium import PHONE, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Typed as a person would, by model: texts by question, options by question.
TYPED = {
    "household-cn": ({"home_area": "95.50", "people": "3", "electricity": "120"}, {"heating": "coal"}),
    "event-cn": ({"people": "300", "days": "2"}, {}),
}
pytestmark = pytest.mark.slow


@pytest.fixture
def portal(live_server: Callable[..., LiveServer], sqlite_url: str) -> LiveServer:
    return live_server(sqlite_url)


def keep(page: "Page", portal: LiveServer, lang: str, model: str, query: str = "") -> str:
    """Keep a result as a visitor does; its address without the host."""
    page.goto(f"{portal.url}/{lang}/calculator/{model}?at=check&form=full{query}")
    page.locator("main form[method=post] button.button-primary").first.click()
    page.wait_for_url("**/footprints/**")
    return page.url.removeprefix(portal.url)


@pytest.mark.parametrize(("lang", "width"), [("zh", PHONE), ("en", 1280)])
@pytest.mark.parametrize("model", ["household-cn", "event-cn"])
def test_every_page_around_a_result_fits_and_is_accessible(
    portal: LiveServer, visit: "Callable[..., Page]", lang: str, width: int, model: str
) -> None:
    page = visit(lang, width)
    result = keep(page, portal, lang, model)
    path, key = result.split("?")
    footprint_id = path.rsplit("/", 1)[1]
    for box in page.locator("main details").all():
        box.evaluate("box => { box.open = true }")
    look(page, f"footprint-{model}-{lang}-result")
    addresses = {
        "send": f"{path}/send?{key}",
        "scenarios": f"/{lang}/calculator/{model}/scenarios?footprint={footprint_id}&{key}&s1-people=4",
        "answer": f"/{lang}/calculator/{model}/scenarios?footprint={footprint_id}&{key}&to=1&ask=people",
        "method": f"/{lang}/calculator/{model}/method?footprint={footprint_id}&{key}",
        "embed": f"/{lang}/calculator/{model}/embed",
        "embedded": f"/{lang}/embed/calculator/{model}?region=230700&q-people=4",
    }
    for name, address in addresses.items():
        page.goto(portal.url + address)
        look(page, f"footprint-{model}-{lang}-{name}")
    later = keep(page, portal, lang, model, "&q-people=4")
    page.goto(f"{portal.url}{later.replace('?', '/changes?')}&from={footprint_id}&f{key}")
    look(page, f"footprint-{model}-{lang}-changes")


@pytest.mark.parametrize("model_id", ["household-cn", "event-cn"])
def test_the_offline_page_agrees_with_the_server_to_the_gram_from_a_file_without_a_network(
    portal: LiveServer, visit: "Callable[..., Page]", tmp_path: Path, model_id: str
) -> None:
    page = visit("en", PHONE)
    file = tmp_path / "offline.html"
    file.write_bytes(page.request.get(f"{portal.url}/en/calculator/{model_id}/offline.html").body())
    page.context.set_offline(True)
    page.goto(file.as_uri())
    model, (typed, chosen) = library.model(model_id), TYPED[model_id]
    nothing = estimate(model, "230700", {})
    assert page.locator("#total").get_attribute("data-grams") == str(nothing.total_g)
    for key, text in typed.items():
        page.fill(f"#q-{key}", text)
    for key, option in chosen.items():
        page.check(f"input[name=q-{key}][value={option}]")
    look(page, f"offline-{model_id}-en")
    page.click("#swap")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.locator("h1").text_content() == model.title.zh
    look(page, f"offline-{model_id}-zh")
    with page.expect_download() as saving:
        page.click("#save")
    content = Path(saving.value.path()).read_bytes()
    journey = answers_file.read(content)
    stored = {key: text.replace(".50", ".5") for key, text in typed.items()}
    assert journey.answers == stored | chosen
    seen = estimate(model, journey.region, dict(journey.answers))
    assert page.locator("#total").get_attribute("data-grams") == str(seen.total_g)
    assert seen.total_g != nothing.total_g


def test_the_offline_page_names_what_is_wrong_and_saves_nothing_wrong(
    portal: LiveServer, visit: "Callable[..., Page]", tmp_path: Path
) -> None:
    page = visit("en", PHONE)
    file = tmp_path / "offline.html"
    file.write_bytes(page.request.get(f"{portal.url}/en/calculator/household-cn/offline.html").body())
    page.goto(file.as_uri())
    before = page.locator("#total").get_attribute("data-grams")
    page.fill("#q-people", "lots")
    assert (
        page.locator("#error-people").text_content() == "Write a number with digits, for example 80 or 1.5."
    )
    assert page.locator("#total").get_attribute("data-grams") == before
    page.click("#save")
    assert page.locator("#status").text_content() == "Please correct the marked answers first."
    page.fill("#q-people", "999")
    assert "between 1 and" in (page.locator("#error-people").text_content() or "")
    page.fill("#q-people", "2.5")
    assert page.locator("#error-people").text_content() == "Write a whole number."


def test_a_share_keeps_every_digit_on_its_way_into_the_file(
    portal: LiveServer, visit: "Callable[..., Page]", tmp_path: Path
) -> None:
    page = visit("en", PHONE)
    file = tmp_path / "offline.html"
    file.write_bytes(page.request.get(f"{portal.url}/en/calculator/event-cn/offline.html").body())
    page.goto(file.as_uri())
    group = library.model("event-cn").groups
    members = [q for q in library.model("event-cn").questions.values() if q.group == next(iter(group))]
    texts = ["33.3", "66.65", "0.05", *["0"] * (len(members) - 3)]
    for question, text in zip(members, texts, strict=True):
        page.fill(f"#q-{question.key}", text)
    with page.expect_download() as saving:
        page.click("#save")
    answers = json.loads(Path(saving.value.path()).read_bytes())["answers"]
    stored = [answers[question.key] for question in members]
    assert stored == ["0.333", "0.6665", "0.0005", *["0"] * (len(members) - 3)]
