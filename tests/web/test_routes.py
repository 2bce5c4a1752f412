"""Routes that compile what writes their address when they are first asked for one."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Map, Rule

from portal.web.routes import Route

RULES: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("/<string:lang>/orders/<id>", {}, {"lang": "zh", "id": "ord_1"}),
    ("/<string:lang>/orders/<id>", {}, {"lang": "zh", "id": "a b/林", "page": 2, "rule": "x"}),
    ("/prices", {"page": 1}, {"page": 1}),
    ("/prices/<int:page>", {}, {"page": 7}),
)


def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rules for which Werkzeug compiles a function from here on."""
    done: list[str] = []
    compile_builder = Rule._compile_builder

    def seen(rule: Rule, append_unknown: bool = True) -> Any:
        done.append(rule.rule)
        return compile_builder(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", seen)
    return done


@pytest.mark.parametrize(("path", "defaults", "values"), RULES)
def test_a_route_writes_what_a_plain_rule_writes(path: str, defaults: Any, values: Any):
    ours, plain = (
        Map([kind(path, endpoint="x", defaults=defaults or None)]).bind("portal.test").build("x", values)
        for kind in (Route, Rule)
    )
    assert ours == plain


def test_a_route_is_compiled_once_and_when_it_is_asked(monkeypatch: pytest.MonkeyPatch):
    done = compiled(monkeypatch)
    first, second = (Map([Route("/asked/<id>", endpoint="x"), Route("/idle", endpoint="y")]) for _ in "ab")
    assert done == []
    assert first.bind("portal.test").build("x", {"id": "1"}) == "/asked/1"
    assert second.bind("portal.test").build("x", {"id": "2"}) == "/asked/2"
    assert done == ["/asked/<id>"]


def test_no_address_has_a_number_that_no_column_holds(app: Flask):
    addresses = app.url_map.bind("portal.test")
    place = "/en/account/gift-batches/btc_1/gifts/"
    assert addresses.test(place + "7")
    assert addresses.test(place + "9" * 12)
    assert not addresses.test(place + "9" * 13)


def test_a_plain_rule_is_compiled_at_once(monkeypatch: pytest.MonkeyPatch):
    """The control: what a route spares."""
    done = compiled(monkeypatch)
    Map([Rule("/plain", endpoint="x")])
    assert done == ["/plain", "/plain"]
