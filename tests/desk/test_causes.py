"""Causes that the desk has from accounts and from courses, organisations by their page, and queues."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import update

from portal import jobs
from portal.accounts.bodies import Kind as BodyKind
from portal.accounts.commands import organisations, verifying
from portal.accounts.queries import PaperView
from portal.db import Base, transaction
from portal.desk import causes, finding
from portal.desk.queries import NAMED_AHEAD
from portal.desk.rules import Cause, Kind
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.money import Money
from portal.registry.commands import prices
from portal.registry.models import ImportRun
from portal.registry.rules.prices import PriceDraft
from portal.shop.commands import refunds
from portal.shop.models.billing import Fapiao
from portal.shop.models.orders import PaymentEvent
from portal.shop.models.payouts import Payee, Payout
from portal.shop.provider import DisputeState, Payment
from portal.shop.queries import orders
from portal.shop.rules.terms import TERMS
from portal.training.commands.drafting import save
from portal.training.queries.behind import lessons_behind
from portal.training.queries.drafts import file
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.lessons import read_lesson, stamped
from tests.browser import Browser
from tests.factories import accounts, certificates, shop
from tests.factories.drafts import AUTHOR, EDITOR, LESSON_EN, LESSON_ZH, a_draft
from tests.factories.packs import pack_files
from tests.factories.pledges import a_company_pledge
from tests.factories.registry import make_lot
from tests.factories.training import NOW
from tests.factories.units import project, recorded
from tests.shop.test_delivery import named

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


# --- whatever waits --------------------------------------------------------------------------------------


def disputed() -> None:
    make_lot()
    order_id = shop.paid(250)
    (payment,) = orders.payments(order_id)
    told = Payment(
        payment.provider_payment_id, payment.amount, payment.amount * 0, DisputeState.OPEN, None, None, True
    )
    refunds.note_dispute(shop.SYSTEM, order_id, told, clock.now())


def refunding() -> None:
    make_lot()
    refunds.request_refund(replace(ADMIN, proposer="usr_first"), shop.paid(250), "goodwill", clock.now())


def asked_at_its_registry() -> datetime:
    """The retirement in a buyer's name; a moment a week before it is due."""
    make_lot(10)
    named(1)
    return clock.now() + TERMS.named_retirement - NAMED_AHEAD


def invoiced() -> None:
    make_lot()
    now = clock.now()
    added(Fapiao(id="fap_1", order_id=shop.paid(250), state="requested", amount_minor=1, currency="CNY",
                 reason="", lang="zh", test=True, asked_at=now, changed_at=now))  # fmt: skip


def paid_out() -> None:
    added(Payee(id="pye_1", party="registry", currency="CNY", test=True))
    added(Payout(id="pyt_1", payee_id="pye_1", period="2026-11", amount_minor=1, reference="BANK77",
                 recorded_by="usr_1", at=clock.now()))  # fmt: skip


def judged() -> None:
    added(ImportRun(id="irn_1", layout="verra", file_name="vcus.csv", file_sha256="0" * 64, state="waiting",
                    outcome={}, actor_id="usr_1", at=clock.now()))  # fmt: skip
    with transaction() as session:
        session.execute(update(ImportRun).values(state="judged"))


def parked() -> None:
    added(PaymentEvent(id="evt_1", kind="charge", object_id="ch_1", outcome="parked", at=clock.now()))


def repriced() -> None:
    make_lot()
    draft = PriceDraft("LOT-A", Money.cny("90.00"), clock.today(), "a demonstration")
    prices.propose(ADMIN, draft, clock.now())


def verified() -> None:
    project()
    recorded()


def given_up() -> None:
    jobs.enqueue("letter", {}, key="test", now=clock.now())
    with transaction() as session:
        session.execute(update(jobs.Outbox).values(state="failed"))


def added(row: Base) -> None:
    with transaction() as session:
        session.add(row)


ARISES: dict[Cause, Callable[[], datetime | str | None]] = {
    Cause.DISPUTES: disputed, Cause.REFUNDS: refunding, Cause.NAMED: asked_at_its_registry,
    Cause.PAYOUTS: paid_out, Cause.FAPIAO: invoiced, Cause.PARKED: parked, Cause.PRICES: repriced,
    Cause.VERIFICATIONS: verified, Cause.IMPORTS: judged, Cause.EVIDENCE: a_company_pledge,
    Cause.JOBS: given_up,
}  # fmt: skip


@pytest.mark.parametrize("cause", ARISES)
def test_what_waits_is_counted_where_nothing_was(any_app: Flask, cause: Cause) -> None:
    before = counted(ADMIN)
    assert cause not in before
    moment = ARISES[cause]()
    now = moment if isinstance(moment, datetime) else clock.now()
    (due,) = [each for each in causes.dues(ADMIN, now) if each.cause is cause]
    assert due.pile.count == 1


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
