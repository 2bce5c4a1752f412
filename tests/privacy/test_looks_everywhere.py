"""Whoever is named on a page of staff, or in a file, finds a line about it: tried on all that staff can open.

The demonstration is walked from the desk on. An answer in which somebody's name or id stands must have
left a line about them; which pages name whom is read from the answers, so that new pages are in it at once.
"""

import re
import zipfile
from collections import Counter, deque
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts.models import Person
from portal.db import db
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.privacy import setup
from portal.privacy.models import Look
from portal.shop.models.orders import OrderLine
from tests.demonstration import demonstration

BEGIN = (
    "/en/desk", "/en/teach", "/en/author", "/en/desk/search?q=demo", "/en/desk/privacy/looks",
    "/en/desk/auditor?period=2026&seed=ginkgo&size=20",
)  # fmt: skip
EACH = 2  # pages of one kind
# Pages that name somebody, at the least: fewer, and the walk has not seen what it is there to see.
NAMING = 20


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with demonstration(tmp_path_factory.mktemp("looks")) as app:
        yield app


def words_of(answer: TestResponse) -> str:
    """What can be read in an answer: a page, a table, or all that lies in a ZIP (an XLSX is one)."""
    data = answer.get_data()
    if not data.startswith(b"PK"):
        return data.decode(errors="replace")
    with zipfile.ZipFile(BytesIO(data)) as book:
        return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())


def walk(app: Flask) -> Iterator[tuple[str, str, set[str], set[str]]]:
    """Each page's endpoint and address, who is named on it, and about whom it has left a line.

    Each is opened by somebody else, so that a line of today's does not stand for a page that leaves none.
    """
    names = {
        mark: who for who, name in db.session.execute(select(Person.id, Person.name)) for mark in (who, name)
    }
    addresses, client = app.url_map.bind("localhost"), app.test_client(use_cookies=False)
    waiting, known, opened = deque(BEGIN), set(BEGIN), Counter[tuple[str, str]]()
    while waiting:
        path = waiting.popleft()
        endpoint, values = addresses.match(path.partition("?")[0])
        kind = (endpoint, f"{values.get('name', '')} {values.get('kind', '')}")
        guard = getattr(app.view_functions[endpoint], "__guard__", "")
        if guard != "staff" or opened[kind] >= EACH:
            continue
        opened[kind] += 1
        reader = Actor(new_id("usr"), frozenset(Role))
        app.extensions["portal.person"] = lambda reader=reader: reader
        answer = client.get(path, buffered=True)
        assert answer.status_code < 400, f"{path}: {answer.status_code}"
        words = words_of(answer)
        told = set(db.session.scalars(select(Look.person_id).where(Look.actor_id == reader.id)))
        yield endpoint, path, {who for mark, who in names.items() if mark in words}, told
        for link in re.findall(r'href="(/en/[^"#]*)"', words):
            link = link.replace("&amp;", "&")
            if link not in known:
                known.add(link)
                waiting.append(link)


@pytest.mark.slow
def test_whoever_is_named_finds_a_line(shown: Flask) -> None:
    wrong, naming = [], set()
    for endpoint, path, named, told in walk(shown):
        if named:
            naming.add(endpoint)
        if named - told:
            wrong.append(f"{path} ({endpoint}) names {len(named - told)} people without a line")
    assert not wrong, "\n".join(wrong)
    assert len(naming) >= NAMING, sorted(naming)


@pytest.mark.slow
def test_pages_that_leave_no_line_are_found(shown: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: nothing that a page says it shows is kept."""
    monkeypatch.setattr(setup, "shown_here", list)
    silent = {endpoint for endpoint, _path, named, told in walk(shown) if named - told}
    assert {"desk_audit.trail", "desk_audit.export", "office_auditor.table", "accounts_desk.people"} <= silent


def test_a_form_that_comes_back_shows_as_much_as_its_page(
    shown: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each form of an order or a certificate, sent empty, leaves the line that its page leaves."""
    monkeypatch.setattr(shown.extensions["portal.csrf"], "protect", lambda **_: None)
    monkeypatch.setitem(shown.config, "WTF_CSRF_ENABLED", False)
    order_id, number = db.session.execute(select(OrderLine.order_id, OrderLine.certificate)).first() or (
        "",
        "",
    )
    refused = []
    for path in (f"/en/desk/orders/{order_id}", f"/en/desk/certificates/{number}"):
        for rule in shown.url_map.iter_rules():
            sent = re.sub(r"<[^>]+>", path.rpartition("/")[2], rule.rule.replace("<lang:lang>", "en"))
            if "POST" not in (rule.methods or ()) or not sent.startswith(f"{path}/"):
                continue
            reader = Actor(new_id("usr"), frozenset(Role))
            shown.extensions["portal.person"] = lambda reader=reader: reader
            if shown.test_client(use_cookies=False).post(sent).status_code in (409, 422):
                db.session.rollback()
                refused.append(
                    (sent, db.session.scalars(select(Look.thing_id).where(Look.actor_id == reader.id)).all())
                )
    assert refused
    assert [sent for sent, left in refused if not left] == []
