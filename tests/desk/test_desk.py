"""The desk: what needs a person, who may see it, who may act."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import jobs
from portal.audit import AuditEntry
from portal.config import LANGS
from portal.db import db, transaction
from portal.desk import commands, queries
from portal.desk.commands import NoSuchFailedJob
from portal.jobs import Outbox
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.registry.commands.standing import keep_audit
from portal.registry.queries import standing
from portal.registry.rules.audit import Check, Fault
from portal.shop.models.orders import Order
from portal.shop.rules.orders import QUARANTINED
from tests.browser import Browser
from tests.factories import accounts, shop
from tests.factories.registry import hold, make_lot, retire

SYSTEM = Actor.system("tests")
READERS = {Role.REGISTRY, Role.FINANCE, Role.EDITOR, Role.AUDITOR, Role.ADMIN}
TENDERS = {Role.REGISTRY, Role.FINANCE, Role.ADMIN}
SEE_ORDERS = {Role.FINANCE, Role.AUDITOR, Role.ADMIN}
FAULT = Fault(Check.TABLES, "block blk_7", "is not what its journal says")


def staff(role: Role) -> Actor:
    return Actor("usr_staff", frozenset({role}))


def failed_job(kind: str = "letter") -> str:
    """A piece of work that was given up; its id."""
    jobs.enqueue(kind, {"to": "nobody"}, key=f"test:{kind}", now=clock.now())
    with transaction() as session:
        values = {"state": "failed", "attempts": jobs.LAST_ATTEMPT, "last_error": "Unavailable: <b>mail</b>"}
        session.execute(update(Outbox).values(values))
        return str(session.scalars(select(Outbox.id)).one())


def troubled_order() -> str:
    make_lot()
    order_id = shop.opened(100)
    with transaction() as session:
        session.execute(update(Order).values(attention=QUARANTINED, attention_at=clock.now()))
    return order_id


def verified() -> None:
    keep_audit(SYSTEM, [], clock.now())


@pytest.fixture
def signed_in_as(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Role | None], Browser]:
    """A visitor with this live role; the way through the second factor is tested with accounts."""

    def visit(role: Role | None) -> Browser:
        who = accounts.person(
            f"{role or 'nobody'}@example.cn", *([role] if role not in (None, Role.CITIZEN) else [])
        )
        person = Actor(who.id, frozenset({role} if role else ()))
        monkeypatch.setitem(app.extensions, "portal.person", lambda: replace(person))
        return Browser(app.test_client())

    return visit


# --- what needs attention ------------------------------------------------------------------------------


def test_when_all_is_well_nothing_needs_attention(any_app, at):
    at("2026-11-27T09:00:00+08:00")  # later the factors of these models are due to be looked at again
    make_lot()
    verified()
    today = queries.today(staff(Role.ADMIN), clock.now())
    assert today.is_calm
    assert (today.waiting_count, today.failed) == (0, [])


def test_a_ledger_that_was_never_checked_needs_attention(any_app):
    assert not queries.today(staff(Role.AUDITOR), clock.now()).is_calm


def test_a_check_that_is_too_old_needs_attention(any_app):
    verified()
    later = clock.now() + queries.AUDIT_OLD + timedelta(minutes=1)
    assert queries.today(staff(Role.AUDITOR), later).is_audit_old


def test_the_first_fault_of_the_last_check_is_told(any_app):
    keep_audit(SYSTEM, [FAULT], clock.now())
    audit = queries.today(staff(Role.AUDITOR), clock.now()).audit
    assert audit is not None
    assert audit.faults[0]["row"] == "block blk_7"


def test_failed_work_is_listed_and_can_be_tried_again(any_app):
    job_id = failed_job()
    today = queries.today(staff(Role.REGISTRY), clock.now())
    assert ([job.id for job in today.failed], today.failed_count) == ([job_id], 1)
    commands.retry_job(staff(Role.REGISTRY), job_id, clock.now())
    row = db.session.get(Outbox, job_id)
    assert (row.state, row.attempts) == ("waiting", 0)
    assert db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == job_id)).all() == [
        "desk.retry"
    ]
    with pytest.raises(NoSuchFailedJob):
        commands.retry_job(staff(Role.REGISTRY), job_id, clock.now())


def test_only_failed_work_can_be_retried(any_app):
    jobs.enqueue("letter", {}, key="waiting", now=clock.now())
    waiting = db.session.scalars(select(Outbox.id)).one()
    assert not jobs.retry(waiting, clock.now())


def test_a_low_lot_needs_attention(any_app):
    make_lot(tonnes=1)
    retire(hold(950))
    assert (
        queries.today(staff(Role.REGISTRY), clock.now()).low_lots == []
    )  # exactly one part in twenty is left
    retire(hold(1))
    assert [lot.code for lot in queries.today(staff(Role.REGISTRY), clock.now()).low_lots] == ["LOT-A"]


def test_work_that_nobody_does_needs_attention(any_app):
    jobs.enqueue("letter", {}, key="waiting", now=clock.now())
    later = clock.now() + timedelta(seconds=queries.BEHIND_SECONDS + 1)
    today = queries.today(staff(Role.ADMIN), later)
    assert (today.is_queue_in_step, today.waiting_count) == (False, 1)


def test_factors_are_due_a_month_before_their_review():
    first = min(
        queries.factors_to_review(clock.today() + timedelta(days=3650)), key=lambda factor: factor.review_by
    )
    due = first.review_by - queries.REVIEW_AHEAD
    assert first.key in {factor.key for factor in queries.factors_to_review(due)}
    assert queries.factors_to_review(due - timedelta(days=1)) == []


@pytest.mark.parametrize("role", sorted(READERS))
def test_orders_are_told_to_those_who_may_see_orders(any_app, role):
    troubled_order()
    assert bool(queries.today(staff(role), clock.now()).orders) == (role in SEE_ORDERS)


def test_asking_twice_in_a_minute_checks_once(any_app, at):
    now = at("2026-11-22T12:00:30+08:00")
    for _ in range(2):
        commands.check_ledger(staff(Role.REGISTRY), now)
    assert jobs.drain() == 1
    assert len(standing.audits(10)) == 1


@pytest.mark.parametrize("role", sorted(set(Role) - TENDERS))
def test_others_only_look(any_app, role):
    job_id = failed_job()
    with pytest.raises(NotAllowed):
        commands.retry_job(staff(role), job_id, clock.now())
    with pytest.raises(NotAllowed):
        commands.check_ledger(staff(role), clock.now())


# --- pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_page_says_that_nothing_needs_attention(signed_in_as, lang, at):
    at("2026-11-22T12:00:00+08:00")
    make_lot()
    verified()
    page = signed_in_as(Role.ADMIN).open(f"/{lang}/desk")
    assert {"zh": "没有待处理事项", "en": "Nothing needs attention"}[lang] in page.main


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_page_leads_to_what_needs_attention(signed_in_as, lang):
    order_id = troubled_order()
    with transaction() as session:
        session.execute(update(Outbox).values(state="done"))
    failed_job("certificates.render")
    keep_audit(SYSTEM, [FAULT], clock.now())
    page = signed_in_as(Role.ADMIN).open(f"/{lang}/desk")
    assert f"/{lang}/desk/orders/{order_id}" in page.links.values()
    assert "block blk_7: is not what its journal says" in page.main
    assert "Unavailable: <b>mail</b>" in page.main  # shown literally
    page = page.submit({"zh": "重试", "en": "Try again"}[lang])
    assert "Unavailable" not in page.main


@pytest.mark.parametrize("lang", LANGS)
def test_staff_have_the_ledger_checked(signed_in_as, lang):
    browser = signed_in_as(Role.REGISTRY)
    page = browser.open(f"/{lang}/desk/ledger").submit()
    assert page.url == f"/{lang}/desk/ledger"
    jobs.drain()
    assert {"zh": "五项全部通过", "en": "All five hold"}[lang] in browser.open(f"/{lang}/desk/ledger").main


ROUTES = [
    ("GET", "/en/desk", READERS),
    ("GET", "/en/desk/ledger", READERS),
    ("POST", "/en/desk/ledger/check", TENDERS),
    ("POST", "/en/desk/jobs/job_x/retry", TENDERS),
]


@pytest.mark.parametrize(("verb", "path", "roles"), ROUTES)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_each_role_opens_what_it_may(app, signed_in_as, verb, path, roles, role):
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    status = signed_in_as(role).client.open(path, method=verb).status_code
    assert (status == 403) == (role not in roles)
    assert status in ((200, 303, 404) if role in roles else (403,))


@pytest.mark.parametrize(("verb", "path", "roles"), ROUTES)
def test_a_guest_is_asked_to_sign_in(app, browser, verb, path, roles):
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    answer = browser.client.open(path, method=verb)
    assert "/account/sign-in" in answer.headers["Location"]


def test_an_auditor_sees_no_button(signed_in_as):
    failed_job()
    page = signed_in_as(Role.AUDITOR).open("/en/desk")
    assert "Run the check now" not in page.buttons
    assert "Try again" not in page.buttons


def test_the_side_list_has_only_what_a_role_may_open(signed_in_as):
    editor = signed_in_as(Role.EDITOR).open("/en/desk").links
    assert "/en/desk/ledger" in editor.values()
    assert "/en/desk/orders" not in editor.values()
    admin = signed_in_as(Role.ADMIN).open("/en/desk").links
    assert {"/en/desk/orders", "/en/desk/lots", "/en/desk/imports"} <= set(admin.values())
