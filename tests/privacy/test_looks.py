"""Who looked: lists, searches and classes leave a line for everybody in them, once a day; files each time."""

from collections import Counter
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.accounts.models import Membership, Organisation
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.privacy.models import Correction
from portal.privacy.queries.looks import looks_at, people_behind
from portal.training.models.learners import Learner
from tests.browser import Browser
from tests.factories import accounts, training
from tests.factories.privacy import Life, a_life

DESK = frozenset({Role.FINANCE, Role.REGISTRY, Role.ADMIN, Role.AUDITOR})


@pytest.fixture
def life(app: Flask) -> Life:
    return a_life()


@pytest.fixture
def desk(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """A browser of somebody with every role of the desk."""
    staff = Actor(accounts.person("staff@example.cn").id, DESK)
    monkeypatch.setitem(app.extensions, "portal.person", lambda: staff)
    return Browser(app.test_client())


def left(life: Life) -> Counter[tuple[str, str]]:
    """How many lines the person finds, by what was looked at and why."""
    db.session.rollback()
    return Counter((each.kind, each.why) for each in looks_at(life.who.id, 100))


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("/en/desk/orders", ("order", "lists")),
        ("/en/desk/many/orders", ("order", "lists")),
        ("/en/desk/many/pledges", ("pledge", "lists")),
        ("/en/desk/people", ("person", "lists")),
        ("/en/desk/search?q=周小", ("order", "search")),
    ],
)
def test_a_list_leaves_one_line_a_day_however_often_it_is_read(
    life: Life, desk: Browser, page: str, line: tuple[str, str]
) -> None:
    desk.open(page)
    desk.open(page)
    assert left(life)[line] == 1


def test_a_page_about_one_thing_leaves_a_line_each_time(life: Life, desk: Browser) -> None:
    """The control: what is wanted daily is not left out everywhere."""
    for _ in range(2):
        desk.open(f"/en/desk/certificates/{life.certificate}")
    assert left(life) == {("certificate", "certificates"): 2}


def test_a_class_tells_everybody_in_it_who_has_an_account(life: Life, desk: Browser) -> None:
    cohort_id, enrolment_id = a_class(life)
    for page in ("learners", "progress", "progress"):
        desk.open(f"/en/teach/{cohort_id}/{page}")
    assert left(life) == {("learner", "classes"): 1}
    for _ in range(2):
        assert desk.client.get(f"/en/teach/{cohort_id}/learners.csv").status_code == 200
    desk.open(f"/en/teach/{cohort_id}/progress/{enrolment_id}")
    assert left(life) == {("learner", "classes"): 4}


def a_class(life: Life) -> tuple[str, str]:
    """A class with two learners, one of whom is this person; its id and that of their place."""
    version_id = training.a_version()
    with transaction() as session:
        cohort_id = training.a_cohort(session, version_id)
        training.an_enrolment(session, version_id, cohort_id)
        enrolment_id = training.an_enrolment(session, version_id, cohort_id, name="周小禾")
        session.scalars(select(Learner).where(Learner.name == "周小禾")).one().person_id = life.who.id
    return cohort_id, enrolment_id


@pytest.mark.usefixtures("any_app")
def test_whom_a_thing_is_about() -> None:
    life, now = a_life(), clock.now()
    cohort_id, enrolment_id = a_class(life)
    with transaction() as session:
        session.add(
            Correction(
                id="cor_1",
                person_id=life.who.id,
                matter="name",
                words="x",
                state="asked",
                answer="",
                asked_at=now,
            )
        )
        session.add(Organisation(id="org_1", name_zh="甲", name_en="A", credit_code="", created_at=now))
        session.flush()
        session.add(Membership(organisation_id="org_1", person_id=life.who.id, part="owner", since=now))
    told = {
        "person": life.who.id, "order": life.order_id, "certificate": life.certificate,
        "pledge": life.pledge_id, "correction": "cor_1", "organisation": "org_1",
        "learner": enrolment_id, "fapiao": "", "gift": "", "batch": "", "request": "", "document": "",
    }  # fmt: skip
    for kind, thing in told.items():
        assert people_behind(kind, [thing or "xxx_1", "xxx_2"]) == ({thing: {life.who.id}} if thing else {})
    assert people_behind("learner", [cohort_id]) == {cohort_id: {life.who.id}}


@pytest.mark.usefixtures("app")
def test_whose_a_certificate_is_takes_no_reading_of_all_orders_or_gifts() -> None:
    life, steps = a_life(), list[str]()

    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        plan = cursor.connection.cursor()
        plan.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        steps.extend(str(step[3]) for step in plan.fetchall())

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        assert people_behind("certificate", [life.certificate])
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)
    of_both = [step for step in steps if "order" in step or "gift" in step]
    assert any("order_line" in step for step in of_both)
    assert any("ix_gift_certificate" in step for step in of_both)
    assert not [step for step in of_both if step.startswith("SCAN")]
