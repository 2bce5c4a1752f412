"""Causes that the desk has from accounts and from courses, organisations by their page, and queues."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from portal.accounts.bodies import Kind as BodyKind
from portal.accounts.commands import organisations, verifying
from portal.accounts.queries import PaperView
from portal.desk import causes, finding
from portal.desk.rules import Cause, Kind
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.training.commands.drafting import save
from portal.training.queries.behind import lessons_behind
from portal.training.queries.drafts import file
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.lessons import read_lesson, stamped
from tests.browser import Browser
from tests.factories import accounts, certificates
from tests.factories.drafts import AUTHOR, EDITOR, LESSON_EN, LESSON_ZH, a_draft
from tests.factories.packs import pack_files
from tests.factories.training import NOW
from tests.factories.units import project, recorded

ADMIN = Actor("usr_admin", frozenset({Role.ADMIN}))
CODE = "91110000600037341L"
PAPERS = [PaperView("a" * 64, "application/pdf")]


@pytest.fixture
def signed_in_as(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Browser]:
    """A visitor with these live roles, known by an account."""

    def visit(*roles: Role) -> Browser:
        who = accounts.person("staff@example.cn", *roles)
        monkeypatch.setitem(app.extensions, "portal.person", lambda: Actor(who.id, frozenset(roles)))
        return Browser(app.test_client())

    return visit


def counted(actor: Actor) -> dict[Cause, int]:
    return {due.cause: due.pile.count for due in causes.dues(actor, clock.now())}


def an_organisation() -> tuple[Actor, str]:
    owner = accounts.person("owner@example.cn").actor
    name = Bilingual("演示林业", "Demonstration Forestry")
    place = organisations.create_organisation(owner, name, CODE, clock.now())
    return replace(owner, organisations={place: "owner"}), place


# --- organisations ---------------------------------------------------------------------------------------


def test_organisations_to_be_checked_are_a_cause_for_who_may_check_them(any_app: Flask) -> None:
    owner, place = an_organisation()
    assert Cause.ORGANISATIONS not in counted(ADMIN)
    verifying.ask_for_check(
        owner, place, BodyKind.COMPANY, [PaperView("a" * 64, "application/pdf")], clock.now()
    )
    assert counted(ADMIN)[Cause.ORGANISATIONS] == 1
    assert Cause.ORGANISATIONS not in counted(EDITOR)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_search_leads_to_the_page_of_an_organisation(signed_in_as: Callable[..., Browser], lang: str) -> None:
    owner, place = an_organisation()
    check = verifying.ask_for_check(
        owner, place, BodyKind.COMPANY, [PaperView("a" * 64, "application/pdf")], clock.now()
    )
    browser = signed_in_as(Role.ADMIN)
    name = {"zh": "演示林业", "en": "Demonstration Forestry"}[lang]
    page = browser.open(f"/{lang}/desk/search?q={CODE}").click("演示林业 · Demonstration Forestry")
    assert page.url == f"/{lang}/desk/bodies/{place}"
    assert page.h1 == name
    assert "owner@example.cn" in page.main
    assert f"/{lang}/desk/organisations/{check}" in page.links.values()
    assert browser.open(f"/{lang}/desk/search?q={place}").url == page.url
    browser.open(f"/{lang}/desk/bodies/org_of_nobody", expect=404)


def test_an_organisations_people_are_not_shown_to_the_till(signed_in_as: Callable[..., Browser]) -> None:
    _owner, place = an_organisation()
    signed_in_as(Role.FINANCE).open(f"/en/desk/bodies/{place}", expect=403)
    assert Kind.ORGANISATION not in {
        each.kind for each in finding.find(Actor("usr_till", frozenset({Role.FINANCE})), CODE)
    }


# --- translations ----------------------------------------------------------------------------------------


def a_stamped_draft() -> str:
    """A draft whose English is marked as made from the Chinese as it is."""
    files = pack_files()
    original = read_lesson(files[LESSON_ZH], Notes(""))
    assert original
    files[LESSON_EN] = stamped(files[LESSON_EN].decode(), original).encode()
    return a_draft(files)


def test_a_translation_falls_behind_when_its_original_changes(any_app: Flask) -> None:
    draft_id = a_stamped_draft()
    assert lessons_behind(EDITOR) == []
    was = file(draft_id, LESSON_ZH)
    changed = was.data.replace("。".encode(), "！".encode(), 1)
    save(AUTHOR, draft_id, {LESSON_ZH: changed}, {LESSON_ZH: was.revision}, NOW)
    (behind,) = lessons_behind(EDITOR)
    assert (behind.draft_id, behind.lesson, behind.blocks, behind.since) == (
        draft_id,
        "01-why-forests",
        1,
        NOW,
    )
    assert counted(EDITOR)[Cause.TRANSLATIONS] == 1
    assert Cause.TRANSLATIONS not in counted(Actor("usr_till", frozenset({Role.FINANCE})))
    save(AUTHOR, draft_id, {LESSON_ZH: was.data}, {LESSON_ZH: was.revision + 1}, NOW)
    assert lessons_behind(EDITOR) == []
    with pytest.raises(NotAllowed):
        lessons_behind(ADMIN)


def test_the_dashboard_leads_to_the_lesson(signed_in_as: Callable[..., Browser]) -> None:
    draft_id = a_stamped_draft()
    was = file(draft_id, LESSON_ZH)
    changed = was.data.replace("。".encode(), "！".encode(), 1)
    save(AUTHOR, draft_id, {LESSON_ZH: changed}, {LESSON_ZH: was.revision}, NOW)
    page = signed_in_as(Role.EDITOR).open("/en/desk").click("Lessons whose translation has fallen behind")
    (row,) = page.table("Translations that have fallen behind")
    assert (row["Lesson"], row["Blocks"]) == ("01-why-forests", "1")
    assert page.click("01-why-forests").url == f"/en/author/drafts/{draft_id}/lessons/01-why-forests"


# --- queues ----------------------------------------------------------------------------------------------


def test_certificates_are_walked_in_the_order_of_their_list(signed_in_as: Callable[..., Browser]) -> None:
    first, second = certificates.issued(), certificates.issued()
    page = signed_in_as(Role.ADMIN).open("/en/desk/certificates").click(second.printed_number)
    assert "1 of 2" in page.main
    page = page.click("Next")
    assert page.url.startswith(f"/en/desk/certificates/{first.number}")
    assert "the last one" in page.main


def test_issuances_are_walked(signed_in_as: Callable[..., Browser]) -> None:
    code = project()
    first, second = recorded(code), recorded(code)
    browser = signed_in_as(Role.REGISTRY)
    links = [href for href in browser.open("/en/desk/issuance").links.values() if "queue=issuances" in href]
    page = browser.open(f"/en/desk/issuance/{second}?queue=issuances")
    assert "1 of 2" in page.main
    assert page.click("Next").url.startswith(f"/en/desk/issuance/{first}")
    assert links
