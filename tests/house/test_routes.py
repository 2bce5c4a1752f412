"""Every address of the portal: guarded once, open to guests without a fault, in both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import Rule

from portal.config import LANGS
from portal.kernel.bilingual import Bilingual
from portal.web import catalogues
from portal.web.guard import open_to_all
from tests.browser import Browser
from tests.conftest import portal_on
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
    paths = sorted({rule.replace("<lang:lang>", lang) for rule in open_pages(app)})
    wrong = {path: fault for path in paths if (fault := fault_of(browser, path))}
    assert not wrong, "\n".join(f"{path}: {fault}" for path, fault in wrong.items())


def test_every_visible_word_is_translated(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(catalogues, "texts", lambda _language: BracketedTexts())
    # Texts that are data in two languages are as good as translated.
    monkeypatch.setattr(Bilingual, "in_", lambda self, lang: f"⟦{getattr(self, lang)}⟧")
    with portal_on(sqlite_url, tmp_path) as app:
        paths = {rule.replace("<lang:lang>", "en") for rule in open_pages(app) if "<lang:lang>" in rule}
        answers = {path: app.test_client().get(path) for path in sorted(paths)}
    pages = {
        path: a.text for path, a in answers.items() if a.mimetype == "text/html" and a.status_code == 200
    }
    said = {path: untranslated(page) for path, page in pages.items()}
    wrong = {path: bare for path, bare in said.items() if bare}
    assert not wrong, "\n".join(f"{path}: {bare}" for path, bare in wrong.items())


def test_an_untranslated_word_is_found():
    page = "<html><body><main><h1>⟦Offset⟧</h1><p>⟦You have %(kg)s⟧ 250 kg CO₂e left</p></main></body></html>"
    assert untranslated(page) == ["left"]


def fault_of(browser: Browser, path: str) -> str:
    """What is wrong with a page, whatever its status; a redirect (to the sign-in page, say) is well."""
    try:
        status = browser.client.get(path).status_code
        if status not in (301, 302, 303, 307, 308):
            browser.open(path, expect=status if status < 500 else 200)
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"
    return ""
