"""Causes that the desk has from accounts and from courses, organisations by their page, and queues."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask, url_for
from sqlalchemy import update

from portal import jobs
from portal.accounts.bodies import Kind as BodyKind
from portal.accounts.commands import organisations, verifying
from portal.accounts.queries import PaperView
from portal.db import Base, transaction
from portal.desk import causes, finding
from portal.desk.queries import NAMED_AHEAD
from portal.desk.rules import Cause, Kind
from portal.desk.walking import QUEUES
from portal.desk.words import row_of
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.registry.commands import freezing, prices, projects
from portal.registry.models import ImportRun
from portal.registry.queries.projects import likenesses
from portal.registry.rules.accounts import FreezeKind
from portal.registry.rules.lifecycle import Decision, ProjectState
from portal.registry.rules.prices import PriceDraft
from portal.shop.commands import refunds, requests
from portal.shop.jobs import hand_over
from portal.shop.models.billing import Fapiao
from portal.shop.models.orders import Order, PaymentEvent
from portal.shop.models.payouts import Payee, Payout
from portal.shop.provider import DisputeState, Payment
from portal.shop.queries import orders
from portal.shop.rules.terms import TERMS
from portal.training.commands import offering
from portal.training.commands.drafting import save
from portal.training.queries.behind import lessons_behind
from portal.training.queries.drafts import file
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.lessons import read_lesson, stamped
from tests.browser import Browser
from tests.factories import accounts, certificates, gifts, shop, units
from tests.factories import projects as make
from tests.factories.drafts import AUTHOR, EDITOR, LESSON_EN, LESSON_ZH, a_draft
from tests.factories.packs import pack_files
from tests.factories.pledges import a_company_pledge
from tests.factories.registry import make_lot
from tests.factories.training import NOW, files_of
from tests.factories.units import project, recorded
from tests.shop.test_delivery import named
from tests.shop.test_requests import Company

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


# --- and is gone once it is dealt with -------------------------------------------------------------------

Waiting = tuple[str, Callable[[], object]]  # what its page says, and how it is dealt with


def a_gift_whose_day_has_come() -> Waiting:
    make_lot()
    gift_id = gifts.drafted(replace(gifts.WISHES, email="hua@example.cn", deliver_on=clock.today()))
    assert Cause.GIFTS not in counted(ADMIN), "nobody waits for a gift that is not paid for"
    shop.paid(purpose=gift_id, actor=Actor.guest(gift_id))

    def deal() -> None:
        gifts.printed()
        hand_over()

    return "Wang Fang", deal


def a_purchase_asked_for() -> Waiting:
    company = Company()
    asked, boss = company.asked(), company.actor("owner")
    return "Waiting for approval", lambda: requests.decline(boss, asked, "Too dear", clock.now())


def a_step_proposed() -> Waiting:
    code = make.propose()
    make.enter_land(code)
    make.assess(code)
    step = make.propose_step(code, ProjectState.DESIGN_NOTICE)
    return code, lambda: projects.decide_step(make.CHECKER, step, Decision.APPROVED, "", clock.now())


def a_thaw_asked_for() -> Waiting:
    units.issued()
    frozen = freezing.freeze(
        units.MAKER, FreezeKind.ACCOUNT, units.account_id("developer"), "a fraud", clock.now()
    )
    freezing.ask_to_thaw(units.MAKER, frozen, "settled by a court", clock.now())
    return "a second person must agree", lambda: freezing.thaw(units.CHECKER, frozen, clock.now())


def two_projects_that_look_alike() -> Waiting:
    first, _second = (make.propose(english=name, number="") for name in ("Green Hills", "GREEN HILLS"))
    (likeness,) = likenesses()
    return first, lambda: projects.clear_likeness(make.MAKER, likeness.id, "another county", clock.now())


def a_course_offered() -> Waiting:
    draft_id = a_draft(files_of("everyone"))
    offering.offer(AUTHOR, draft_id, "", NOW)
    return "Offered for publication", lambda: offering.take_back(AUTHOR, draft_id, NOW)


WAITS: dict[Cause, tuple[Role, Callable[[], Waiting]]] = {
    Cause.GIFTS: (Role.FINANCE, a_gift_whose_day_has_come),
    Cause.REQUESTS: (Role.FINANCE, a_purchase_asked_for),
    Cause.STEPS: (Role.REGISTRY, a_step_proposed),
    Cause.THAWS: (Role.REGISTRY, a_thaw_asked_for),
    Cause.LIKENESSES: (Role.REGISTRY, two_projects_that_look_alike),
    Cause.DRAFTS: (Role.EDITOR, a_course_offered),
}


@pytest.mark.parametrize("cause", WAITS)
def test_what_waits_is_led_to_and_gone_once_it_is_dealt_with(
    signed_in_as: Callable[..., Browser], at: Callable[[str], datetime], cause: Cause
) -> None:
    now = at("2026-11-27T12:00:00+08:00")
    role, arise = WAITS[cause]
    browser, reader = signed_in_as(role), Actor("usr_reader", frozenset({role}))
    assert cause not in counted(reader)
    said, deal = arise()
    (due,) = [each for each in causes.dues(reader, now) if each.cause is cause]
    assert due.pile.count == 1
    with browser.client.application.test_request_context("/en/desk"):
        title = row_of(due, now).title
    assert said in browser.open("/en/desk").click(title).main
    deal()
    assert cause not in counted(reader)
    assert title not in browser.open("/en/desk").links


# --- queues ----------------------------------------------------------------------------------------------


def test_certificates_are_walked_in_the_order_of_their_list(signed_in_as: Callable[..., Browser]) -> None:
    first, second = certificates.issued(), certificates.issued()
    page = signed_in_as(Role.ADMIN).open("/en/desk/certificates").click(second.printed_number)
    assert "1 of 2" in page.main
    page = page.click("Next")
    assert page.url.startswith(f"/en/desk/certificates/{first.number}")
    assert "the last one" in page.main


def thrice(make: Callable[[], object]) -> Callable[[], None]:
    def made() -> None:
        make_lot(10)
        for _ in range(3):
            make()

    return made


def unhappy() -> None:
    added_to = shop.paid(10)
    with transaction() as session:
        session.execute(
            update(Order)
            .where(Order.id == added_to)
            .values(attention="late_payment", attention_at=clock.now())
        )


def asked_thrice() -> None:
    company = Company()
    for _ in range(3):
        company.asked()


def checked_thrice() -> None:
    code = project()
    for _ in range(3):
        recorded(code)


def asked_for_fapiao() -> None:
    now = clock.now()
    added(Fapiao(id=new_id("fap"), order_id=shop.paid(10), state="requested", amount_minor=1, currency="CNY",
                 reason="", lang="zh", test=True, asked_at=now, changed_at=now))  # fmt: skip


def file_judged() -> None:
    run_id = new_id("irn")
    added(ImportRun(id=run_id, layout="verra", file_name=f"{run_id}.csv", file_sha256="0" * 64,
                    state="waiting", outcome={}, actor_id="usr_1", at=clock.now()))  # fmt: skip


QUEUED: dict[str, Callable[[], None]] = {
    "orders": thrice(lambda: shop.paid(10)),
    "attention": thrice(unhappy),
    "named": thrice(lambda: named(1)),
    "fapiao": thrice(asked_for_fapiao),
    "gifts": thrice(gifts.drafted),
    "requests": asked_thrice,
    "evidence": thrice(a_company_pledge),
    "people": thrice(lambda: accounts.person(f"{new_id('usr')}@example.cn")),
    "certificates": thrice(certificates.issued),
    "imports": thrice(file_judged),
    "issuances": checked_thrice,
}


@pytest.mark.parametrize("name", QUEUES)
def test_each_queue_is_walked_there_and_back_in_the_order_of_its_list(
    signed_in_as: Callable[..., Browser], name: str
) -> None:
    browser = signed_in_as(Role.FINANCE, Role.REGISTRY, Role.ADMIN)
    QUEUED[name]()
    with browser.client.application.test_request_context():
        listed = browser.open(url_for(QUEUES[name].list_endpoint, lang="en"))
    links = [href.replace("&amp;", "&") for href in re.findall(r'href="([^"]*)"', listed.html)]
    there = [href for href in dict.fromkeys(links) if f"queue={name}" in href][:3]
    assert len(there) == 3
    page = browser.open(there[0])
    assert "1 of " in page.main
    for href in there[1:]:
        page = page.click("Next")
        assert page.url == href
    for href in reversed(there[:2]):
        page = page.click("Previous")
        assert page.url == href
    assert page.click("The list").url == listed.url


def test_issuances_are_walked(signed_in_as: Callable[..., Browser]) -> None:
    code = project()
    first, second = recorded(code), recorded(code)
    browser = signed_in_as(Role.REGISTRY)
    links = [href for href in browser.open("/en/desk/issuance").links.values() if "queue=issuances" in href]
    page = browser.open(f"/en/desk/issuance/{second}?queue=issuances")
    assert "1 of 2" in page.main
    assert page.click("Next").url.startswith(f"/en/desk/issuance/{first}")
    assert links
