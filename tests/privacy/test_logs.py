"""Names never reach a log: a whole story is told, and every line that is kept for good is looked through."""

import io
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from portal import audit
from portal.audit import AuditEntry
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.privacy.commands import copies, erasing
from portal.registry.jobs import sequence_and_sign
from portal.registry.models import Entry, LedgerEntry, Movement, Record, Retirement
from portal.shop.models.orders import OrderEntry, PaymentEvent
from tests.browser import Browser
from tests.factories.privacy import EMAIL, NAME, a_learner, a_life

Letters = Callable[[], list[EmailMessage]]
# What is kept for good: the journal, the public log, the audit, the history of orders.
FOR_GOOD = (AuditEntry, Entry, LedgerEntry, Movement, OrderEntry, PaymentEvent, Record, Retirement)


def leaks(lines: str) -> list[str]:
    """Of what was said, all that names the person of the story."""
    found = [table.__tablename__ for table in FOR_GOOD for row in db.session.execute(select(table.__table__))
             if any(trace in str(tuple(row)) for trace in (NAME, EMAIL))]  # fmt: skip
    return found + [line for line in lines.splitlines() if NAME in line or EMAIL in line or "xiaohe" in line]


@pytest.fixture
def story(app: Flask, browser: Browser, sent_letters: Letters, monkeypatch: pytest.MonkeyPatch) -> str:
    """Buying, learning, pledging, signing in, asking for a copy and to be forgotten; what was logged."""
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    object.__setattr__(
        app.config["PORTAL"], "testing", False
    )  # requests are logged as they are in production
    life = a_life()
    a_learner(life.who)
    page = (
        browser.open("/en/account/sign-in")
        .fill("E-mail address", EMAIL)
        .fill("Password", "wrong")
        .submit(expect=422)
    )
    page.fill("Password", life.who.password).submit()
    browser.open("/en/account")
    copies.ask(life.who.actor, life.who.id, "", "zh", clock.now())
    erasing.ask(life.who.actor, life.who.id, "", "zh", clock.now())
    sent_letters()
    sequence_and_sign()
    return said.getvalue()


def test_no_name_and_no_address_stands_in_a_log(story: str):
    assert '"path": "/en/account"' in story
    assert leaks(story) == []


def test_a_name_that_was_let_slip_is_found(story: str):
    """The control: one in the audit, one in a line of the log."""
    audit.record(Actor.system("careless"), "order.paid", "ord_x", clock.now(), buyer=NAME)
    assert leaks(story + f'\n{{"event": "sent", "to": "{EMAIL}"}}') == [
        "audit_entry", f'{{"event": "sent", "to": "{EMAIL}"}}',
    ]  # fmt: skip
