"""Every page of the desk, the office, teachers, authors and one's account is read by axe, in both languages.

The pages are found by following links through the demonstration as somebody who holds every role; Chromium is
answered by the portal in this process, so that no server has to be started and no cookie carried over.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from portal.accounts import queries
from portal.accounts.commands import entering, second_factor
from portal.accounts.commands.demo import DEMO_PASSWORD
from portal.accounts.models import Person, RoleGrant
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from tests.demonstration import demonstration
from tests.factories import accounts
from tests.factories.drafts import a_draft
from tests.looks.chromium import ADDRESS, DESKTOP, PHONE, answered_by, look

if TYPE_CHECKING:
    from playwright.sync_api import Page

AREAS = re.compile(r"/en/(?:desk|author|teach|account|office)(?=[/?#]|$)")
FILE = re.compile(r"\.[a-z0-9]{2,5}(?=[?#]|$)")  # a document is no page, and laying one out takes long
LINK = re.compile(r'href="([^"#]+)')
CITIZEN = "citizen@demo.example"
LEAST = 110  # so many pages are found at least: fewer, and the walk is broken
WIDTHS = {"zh": PHONE, "en": DESKTOP}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with demonstration(tmp_path_factory.mktemp("looked-at")) as portal:
        a_draft()
        yield portal


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    """The demonstration's citizen, with what a citizen has, in every role at once."""
    now, person_id = clock.now(), queries.person_at(CITIZEN).id
    grants = [
        {"person_id": person_id, "role": role, "granted_at": now, "granted_by": "system:tests"}
        for role in sorted(set(Role) - {Role.CITIZEN})
    ]
    with transaction() as session:
        sealed = accounts.keys().seal(accounts.SECRET, person_id)
        whose = update(Person).where(Person.id == person_id)
        session.execute(whose.values(totp_sealed=sealed, totp_since=now))
        session.execute(insert(RoleGrant), grants)
    guest = Actor.guest()
    half = entering.sign_in(guest, CITIZEN, DEMO_PASSWORD, accounts.HOME, "en", now)
    waiting = accounts.visit(half)
    assert waiting
    sid = second_factor.check_second_factor(guest, waiting, accounts.code(now), accounts.keys(), now)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = sid
    return client


@pytest.fixture(scope="module")
def pages(app: Flask, client: FlaskClient) -> list[str]:
    """One address of every page that links lead to, in English."""
    adapter = app.url_map.bind("127.0.0.1")
    seen: Counter[str] = Counter()
    found: list[str] = []
    todo = deque(f"/en/{area}" for area in ("desk", "author", "teach", "account", "desk/search?q=larch"))
    while todo:
        path = todo.popleft()
        endpoint, _ = adapter.match(path.split("?")[0])
        if seen[endpoint]:
            continue
        answer = client.get(path, buffered=True)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        seen[endpoint] += 1
        found.append(path)
        links = (link.replace("&amp;", "&") for link in LINK.findall(answer.text))
        todo.extend(link for link in links if AREAS.match(link) and not FILE.search(link))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("lang", WIDTHS)
def test_every_page_behind_a_sign_in_is_accessible(
    client: FlaskClient, pages: list[str], visit: Callable[..., "Page"], lang: str
) -> None:
    assert len(pages) >= LEAST
    page = visit(lang, WIDTHS[lang])
    page.route("**/*", answered_by(client))
    faults = []
    for path in pages:
        page.goto(f"{ADDRESS}/{lang}{path.removeprefix('/en')}")
        try:
            look(page, f"back-office{path.removeprefix('/en')}-{lang}")
        except AssertionError as fault:
            faults.append(str(fault))
    assert not faults, "\n\n".join(faults)


def test_who_looks_holds_every_role(client: FlaskClient) -> None:
    """The control: without the roles the desk is closed, and the walk would find nothing to say."""
    held = select(RoleGrant.role).where(RoleGrant.person_id == queries.person_at(CITIZEN).id)
    assert set(db.session.scalars(held)) == set(Role) - {Role.CITIZEN}
    assert client.application.test_client().get("/en/desk").status_code == 302
    assert client.get("/en/desk").status_code == 200
