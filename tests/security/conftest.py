"""A portal in which one person owns a thing of each kind, and visitors who try every door of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from portal.kernel.actor import Actor
from tests.conftest import portal_on, sqlite_copy
from tests.factories.estate import Estate, an_estate


@dataclass
class Site:
    """The portal with an estate in it. ``as_`` makes whoever asks next this actor, or a guest."""

    app: Flask
    estate: Estate
    client: FlaskClient

    def as_(self, actor: Actor | None) -> FlaskClient:
        self.app.extensions["portal.person"] = lambda: actor
        return self.client

    def trust_posts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take every post for one of our own pages', so that it reaches its view: CSRF is tried elsewhere."""
        csrf = self.app.extensions["portal.csrf"]
        monkeypatch.setattr(csrf, "protect", lambda **_: setattr(g, "csrf_valid", True))

    def rules(self, *verbs: str) -> list[Rule]:
        """Routes that answer one of these verbs, in the order of their addresses."""
        found = (rule for rule in self.app.url_map.iter_rules() if {*verbs} & (rule.methods or set()))
        return sorted(found, key=lambda rule: (rule.rule, rule.endpoint))

    def guard_of(self, rule: Rule) -> tuple[str, tuple[str, ...]]:
        view = self.app.view_functions[rule.endpoint]
        return getattr(view, "__guard__", ""), getattr(view, "__roles__", ())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("estate")
    with portal_on(sqlite_copy(folder), folder) as app:
        app.config["PROPAGATE_BUGS"] = False
        estate = an_estate()
        known = app.extensions["portal.person"]
        yield Site(app, estate, app.test_client(use_cookies=False))
        app.extensions["portal.person"] = known
