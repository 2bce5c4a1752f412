"""Every address of the portal: guarded once, open to guests without a fault, in both languages."""

from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask
from flask_babel import Domain
from werkzeug.routing import Rule

from portal.config import LANGS
from portal.web.guard import open_to_all
from tests.browser import Browser, Page
from tests.house.translated import BracketedTexts, untranslated

GUARDS = {"open_to_all", "signed_in", "staff"}
# Flask's own route for files carries no mark of ours.
UNMARKED = {"static"}


def bare_routes(app: Flask) -> list[str]:
    """Routes whose view carries no guard."""
    return [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in UNMARKED
        and getattr(app.view_functions[rule.endpoint], "__guard__", None) not in GUARDS
    ]


def open_pages(app: Flask) -> Iterator[str]:
    """Addresses that need nothing but a language and that anybody may read."""
    for rule in app.url_map.iter_rules():
        if (
            _is_readable(rule)
            and getattr(app.view_functions[rule.endpoint], "__guard__", "") == "open_to_all"
        ):
            yield rule.rule


def _is_readable(rule: Rule) -> bool:
    return "GET" in (rule.methods or ()) and rule.arguments <= {"lang"}


def test_every_route_is_guarded(app: Flask):
    assert bare_routes(app) == []


def test_a_bare_route_is_found(app: Flask):
    blueprint = Blueprint("careless", __name__)
    blueprint.get("/careless", endpoint="bare")(lambda: "")
    blueprint.get("/careful", endpoint="marked")(open_to_all(lambda: ""))
    app.register_blueprint(blueprint)
    assert [route.split()[0] for route in bare_routes(app)] == ["/careless"]


@pytest.mark.parametrize("lang", LANGS)
def test_every_open_page_holds_what_all_pages_must(app: Flask, browser: Browser, lang: str):
    for rule in sorted(set(open_pages(app))):
        visit(browser, rule.replace("<lang:lang>", lang))


def test_every_visible_word_is_translated(app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Domain, "get_translations", lambda _self: BracketedTexts())
    said = {}
    for rule in sorted(r for r in set(open_pages(app)) if "<lang:lang>" in r):
        path = rule.replace("<lang:lang>", "en")
        response = browser.client.get(path)
        if response.mimetype == "text/html" and response.status_code == 200:
            said[path] = untranslated(response.text)
    assert {path: bare for path, bare in said.items() if bare} == {}


def test_an_untranslated_word_is_found():
    page = "<html><body><main><h1>⟦Offset⟧</h1><p>⟦You have %(kg)s⟧ 250 kg CO₂e left</p></main></body></html>"
    assert untranslated(page) == ["left"]


def visit(browser: Browser, path: str) -> Page | None:
    """Open a page whatever its kind; every HTML page is checked on arrival."""
    status = browser.client.get(path).status_code
    assert status < 500, f"{path} answered {status}"
    return browser.open(path, expect=status) if status not in (301, 302, 303, 307, 308) else None
