"""When a published factor changes, authors see which questions were computed from it."""

from collections.abc import Callable
from decimal import Decimal
from email.message import EmailMessage

import pytest
from flask import Flask

from portal.kernel.actor import Role
from portal.training import jobs
from portal.training.commands import rechecking
from portal.training.queries.courses import published_factors
from portal.training.queries.rechecking import items_to_recheck
from tests.factories import accounts
from tests.factories.training import a_version


def test_editors_are_told_once_of_what_changed(
    app: Flask, sent_letters: Callable[[], list[EmailMessage]], monkeypatch: pytest.MonkeyPatch
):
    a_version()
    accounts.person("editor@example.cn", Role.EDITOR)
    accounts.person("author@example.cn", Role.AUTHOR)
    jobs.recheck()
    assert not sent_letters()  # nothing has changed
    published = {**published_factors(), "heat_cn_default": Decimal("9.875")}
    monkeypatch.setattr(jobs, "items_to_recheck", lambda: items_to_recheck(published))
    monkeypatch.setattr(rechecking, "due_at", lambda now: now)
    jobs.recheck()
    jobs.recheck()
    (letter,) = sent_letters()
    assert letter["To"] == "editor@example.cn"
    assert "→ 9.875" in letter.get_content()


def test_only_a_changed_factor_is_listed_with_old_and_new(app: Flask):
    version_id, published, key = a_version(), published_factors(), "heat_cn_default"
    assert items_to_recheck() == []
    found = items_to_recheck({**published, key: Decimal("9.875")})
    assert {(each.version.id, each.key, each.now) for each in found} == {(version_id, key, "9.875")}
    assert found[0].then == str(published[key])
    gone = items_to_recheck({name: value for name, value in published.items() if name != key})
    assert {each.now for each in gone} == {""}
    ran = app.test_cli_runner().invoke(args=["training", "recheck"])
    assert ran.exit_code == 0
    assert ran.output == "0 items to look at again.\n"
