"""What an organisation is, as staff found it; and its owners are told in time before the mark ends."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from stdnum.cn import uscc

from portal.accounts import bodies, queries
from portal.accounts.bodies import Kind
from portal.accounts.commands import entering, organisations, verifying
from portal.accounts.models import OrganisationCheckKind
from portal.accounts.queries import PaperView
from portal.accounts.rules import Part
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from tests.browser import Browser
from tests.factories import accounts
from tests.factories.guards import without_guards

At = Callable[[str], datetime]
Letters = Callable[[], list[EmailMessage]]
PAPER = PaperView("a" * 64, "application/pdf")
_CODE = "91230700MA1B2C3D4"
CODE = _CODE + uscc.calc_check_digit(_CODE)
KEEPER = Actor.system("tests")


def an_organisation() -> tuple[str, Actor]:
    owner = accounts.person("owner@example.cn")
    made = organisations.create_organisation(owner.actor, Bilingual("演示小学", ""), CODE, clock.now())
    return made, Actor(owner.id, owner.actor.roles, organisations={made: Part.OWNER})


def test_staff_may_find_another_kind_than_was_claimed(any_app: Flask, at: At):
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = an_organisation()
    clerk = Actor(accounts.person("clerk@example.cn").id, frozenset({Role.REGISTRY}))
    check = verifying.ask_for_check(owner, organisation, Kind.SCHOOL, [PAPER], now)
    assert queries.checks_of(organisation)[0].claimed is Kind.SCHOOL
    assert queries.verified_kind(organisation, now) is None, "what is claimed is not what is found"
    verifying.verify(clerk, check, Kind.ASSOCIATION, now)
    assert queries.verified_kind(organisation, now) is Kind.ASSOCIATION
    assert queries.verified_kind(organisation, now + bodies.VERIFIED_FOR) is None, "it ends with the mark"
    for statement, sentence in {
        "UPDATE organisation_check_kind SET found = 'school'": "found an organisation to be is not rewritten",
        "UPDATE organisation_check_kind SET claimed = 'other'": "organisation_check_kind keeps",
        "DELETE FROM organisation_check_kind": "found an organisation to be is kept",
    }.items():
        with pytest.raises(DBAPIError, match=sentence), transaction() as session:
            session.execute(text(statement))
    with transaction() as session:  # the control
        without_guards(session, "organisation_check_kind")
        session.execute(text("UPDATE organisation_check_kind SET found = 'school'"))
    with pytest.raises(DBAPIError, match="known_kind"), transaction() as session:
        session.execute(text("UPDATE organisation_check_kind SET found = 'ship'"))


def test_a_check_from_before_kinds_were_asked_is_verified_with_one(app: Flask):
    organisation, owner = an_organisation()
    check = verifying.ask_for_check(owner, organisation, Kind.OTHER, [PAPER], clock.now())
    with transaction() as session:
        session.delete(session.get_one(OrganisationCheckKind, check))
    assert queries.checks_of(organisation)[0].claimed is None
    clerk = Actor(accounts.person("clerk@example.cn").id, frozenset({Role.REGISTRY}))
    verifying.verify(clerk, check, Kind.PUBLIC, clock.now())
    assert queries.verified_kind(organisation, clock.now()) is Kind.PUBLIC


def test_papers_that_are_taken_back_take_the_claim_along(app: Flask):
    organisation, owner = an_organisation()
    verifying.ask_for_check(owner, organisation, Kind.SCHOOL, [PAPER], clock.now())
    verifying.withdraw_check(owner, organisation, clock.now())
    assert db.session.query(OrganisationCheckKind).count() == 0


@pytest.mark.parametrize(
    ("left", "due"),
    [(61, None), (60, 60), (15, 60), (14, 14), (1, 14), (0, None), (-1, None)],
)
def test_the_nearest_reminder_is_due(left: int, due: int | None):
    now = datetime.fromisoformat("2026-11-22T04:00:00+00:00")
    found = bodies.reminder_due(now + timedelta(days=left), now)
    assert found == (timedelta(days=due) if due else None)


def test_owners_are_told_sixty_and_fourteen_days_before_once_each_and_never_at_night(
    any_app: Flask, at: At, sent_letters: Letters
):
    begun = at("2026-11-22T04:00:00Z")
    organisation, owner = an_organisation()
    accounts.found_to_be(Kind.SCHOOL, organisation, owner)
    sent_letters()
    ends = begun + bodies.VERIFIED_FOR  # 2028-11-21, at noon in Yichun

    def told_by(day: datetime) -> int:
        at(day.isoformat())
        verifying.remind(KEEPER, day)
        subject = "演示小学: verified until 2028-11-21"
        return [letter["Subject"] for letter in sent_letters()].count(subject)

    assert told_by(ends - timedelta(days=61)) == 0
    assert told_by(ends - timedelta(days=60) + timedelta(hours=11)) == 0, "at night it waits"
    assert told_by(ends - timedelta(days=59)) == 1
    assert told_by(ends - timedelta(days=30)) == 1
    assert told_by(ends - timedelta(days=14)) == 2
    assert told_by(ends - timedelta(days=13)) == 2
    with pytest.raises(NotAllowed):
        verifying.remind(owner, begun)


def test_who_was_verified_again_is_not_told(app: Flask, at: At):
    at("2026-11-22T04:00:00Z")
    organisation, owner = an_organisation()
    accounts.found_to_be(Kind.SCHOOL, organisation, owner)
    later = at("2028-10-22T04:00:00Z")
    assert verifying.remind(KEEPER, later) == 1  # the control
    check = verifying.ask_for_check(owner, organisation, Kind.SCHOOL, [PAPER], later)
    clerk = Actor(accounts.person("second.clerk@example.cn").id, frozenset({Role.REGISTRY}))
    verifying.verify(clerk, check, Kind.SCHOOL, later)
    assert verifying.remind(KEEPER, later) == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_of_a_verification_name_the_kind(app: Flask, browser: Browser, lang: str):
    school, wrong = {"zh": ("学校或幼儿园", "企业"), "en": ("School or kindergarten", "Company")}[lang]
    organisation, owner = an_organisation()
    signed_in_as(browser, owner.id)
    page = browser.open(f"/{lang}/account/organisations/{organisation}/verification")
    assert school in page.main
    check = verifying.ask_for_check(owner, organisation, Kind.COMPANY, [PAPER], clock.now())
    clerk = accounts.person("clerk@example.cn", Role.REGISTRY, second_factor=True)
    desk = Browser(app.test_client())
    signed_in_as(desk, clerk.id)
    page = desk.open(f"/{lang}/desk/organisations/{check}")
    assert wrong in page.main
    page = page.choose(school).submit({"zh": "通过认证", "en": "Verify"}[lang])
    assert queries.verified_kind(organisation, clock.now()) is Kind.SCHOOL
    assert school in browser.open(f"/{lang}/account/organisations/{organisation}/verification").main


def signed_in_as(browser: Browser, person_id: str) -> None:
    now = clock.now()
    with transaction() as session:
        sid = entering.open_session(session, person_id, accounts.HOME, now, second_factor_at=now)
    with browser.client.session_transaction() as cookie:
        cookie["sid"] = sid
