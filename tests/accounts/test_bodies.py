"""Organisations: codes to join, the mark of who was verified, invoices, and their end."""

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.accounts import bodies, queries
from portal.accounts.bodies import (
    AskedAlready,
    Billing,
    CheckIsDecided,
    CheckIsOpen,
    Kind,
    NoSuchJoinCode,
    NotABankAccount,
    NotAPhone,
    NotATaxNumber,
    OutOfUses,
    OwnOrganisation,
    PaperNotAccepted,
    ReasonIsMissing,
)
from portal.accounts.commands import dissolving, joining, organisations, verifying
from portal.accounts.commands.dissolving import NameDiffers, StillHolds
from portal.accounts.queries import PaperView
from portal.accounts.rules import AlreadyMember, Part
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed, NotFound
from tests.accounts.test_commands import link_in
from tests.accounts.test_views import path_of, send, sign_in
from tests.browser import Browser
from tests.factories import accounts as make
from tests.factories.accounts import HOME, PASSWORD

At = Callable[[str], datetime]
Letters = Callable[[], list[EmailMessage]]
CODE = "91110000600037341L"
PAPER = PaperView("a" * 64, "application/pdf")
CLERK = Actor("usr_clerk", frozenset({Role.CITIZEN, Role.REGISTRY}))


def found(owner: make.Somebody, now: datetime) -> tuple[str, Actor]:
    """An organisation, and its owner as they are from now on."""
    made = organisations.create_organisation(owner.actor, Bilingual("伊春林业", "Yichun Forestry"), CODE, now)
    return made, Actor(owner.id, frozenset({Role.CITIZEN}), organisations={made: "owner"})


def clerk() -> Actor:
    who = make.person("clerk@example.cn", Role.REGISTRY)
    return Actor(who.id, frozenset({Role.CITIZEN, Role.REGISTRY}))


# --- Rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"tax_number": "91110000600037342L"}, NotATaxNumber),
        ({"tax_number": ""}, NotATaxNumber),
        ({"bank_account": "1234567"}, NotABankAccount),
        ({"bank_account": "１２３４５６７８"}, NotABankAccount),
        ({"phone": "call me"}, NotAPhone),
        ({"title": "  "}, bodies.TitleIsMissing),
    ],
)
def test_billing_data_that_no_invoice_could_bear_is_refused(
    changes: dict[str, str], refusal: type[Exception]
) -> None:
    good = {
        "title": " 伊春林业 ",
        "tax_number": CODE.lower(),
        "bank_account": "6222 0210 0111",
        "phone": "0458-3612345",
    }
    kept = bodies.checked_billing(Billing(**good))
    assert (kept.title, kept.tax_number, kept.bank_account) == ("伊春林业", CODE, "622202100111")
    with pytest.raises(refusal):
        bodies.checked_billing(Billing(**(good | changes)))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"%PDF-1.7", b"<html>%PDF-1.7 %%EOF", b"%PDF-1.7 /OpenAction 1 %%EOF", b"%PDF-1.4 /JS (x) %%EOF",
        b"%PDF-1.4 /JavaScript %%EOF", b"%PDF-1.4 /Launch %%EOF", b"%PDF-1.4 /EmbeddedFile %%EOF",
        b"%PDF-1.4 << >>\nstream\n/JavaScript endstream %%EOF",
        b"%PDF-1.4 << >> stream\nendstream << /AA 7 0 R >> %%EOF", b"%PDF-1.4 << /JS (x) >> stream\n%%EOF",
    ],
)  # fmt: skip
def test_a_pdf_that_does_something_is_refused(data: bytes) -> None:
    with pytest.raises(PaperNotAccepted):
        bodies.check_pdf(data)
    bodies.check_pdf(b"%PDF-1.7 /Type /Catalog %%EOF\n")  # the control


def test_a_scan_whose_bytes_spell_a_name_by_chance_is_taken() -> None:
    bodies.check_pdf(b"%PDF-1.4 << /Length 9 >>\r\nstream\r\n\xff/JS(/AA\0\r\nendstream\n%%EOF")


def test_a_file_of_beginnings_is_read_once() -> None:
    """It comes to an end: read once for each beginning, a megabyte would take hours."""
    bodies.check_pdf(b"%PDF-1.4 " + b">>stream\n" * 120_000 + b"%%EOF")
    with pytest.raises(PaperNotAccepted):
        bodies.check_pdf(b"%PDF-1.4 " + b">>stream\n" * 120_000 + b"/JS %%EOF")


def test_a_code_is_read_however_it_is_typed() -> None:
    code = bodies.join_code(bytes(range(10)))
    assert len(code) == bodies.CODE_LENGTH
    assert bodies.typed_code(f" {bodies.shown_code(code).lower()} ") == code


# --- Join codes ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("any_app")
def test_a_code_lets_as_many_in_as_it_says_and_nobody_as_more_than_a_member(at: At) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    with pytest.raises(OutOfUses):
        joining.make_join_code(owner, organisation, 501, 7, False, now)
    code = joining.make_join_code(owner, organisation, 1, 7, False, now)
    first, second = make.person("a@example.cn"), make.person("b@example.cn")
    with pytest.raises(AlreadyMember):
        joining.join(owner, code, HOME, now)  # and the use is given back
    assert joining.join(first.actor, code.lower(), HOME, now)
    with pytest.raises(NoSuchJoinCode):
        joining.join(second.actor, code, HOME, now)
    parts = {member.email: member.part for member in queries.members(organisation)}
    assert parts == {"owner@example.cn": Part.OWNER, "a@example.cn": Part.MEMBER}


@pytest.mark.usefixtures("any_app")
def test_a_code_ends_with_its_days_and_when_it_is_withdrawn(at: At) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    codes = [joining.make_join_code(owner, organisation, 5, 1, False, now) for _ in range(2)]
    who = make.person("a@example.cn")
    newest = queries.join_codes(organisation, now)[0]
    joining.withdraw_join_code(owner, organisation, newest.id, now)
    with pytest.raises(NoSuchJoinCode):
        joining.join(who.actor, newest.code, HOME, now)
    with pytest.raises(NoSuchJoinCode):
        joining.join(who.actor, codes[0], HOME, now + timedelta(days=1))
    with pytest.raises(NotFound):
        joining.withdraw_join_code(owner, organisation, newest.id, now)


@pytest.mark.usefixtures("any_app")
def test_who_must_be_let_in_waits_for_an_owner_or_approver(at: At, sent_letters: Letters) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    code = joining.make_join_code(owner, organisation, 5, 7, True, now)
    who = make.person("a@example.cn")
    assert not joining.join(who.actor, code, HOME, now)
    with pytest.raises(AskedAlready):
        joining.join(who.actor, code, HOME, now)
    (waiting,) = queries.joiners(organisation)
    plain = Actor(who.id, frozenset({Role.CITIZEN}), organisations={organisation: "member"})
    with pytest.raises(NotAllowed):
        joining.answer_joiner(plain, organisation, waiting.request_id, True, now)
    with pytest.raises(NotFound):
        joining.answer_joiner(who.actor, organisation, waiting.request_id, True, now)
    joining.answer_joiner(owner, organisation, waiting.request_id, True, now)
    with pytest.raises(NotFound):
        joining.answer_joiner(owner, organisation, waiting.request_id, False, now)
    assert {m.part for m in queries.members(organisation)} == {Part.OWNER, Part.MEMBER}
    assert [letter["To"] for letter in sent_letters()] == ["owner@example.cn", "a@example.cn"]


@pytest.mark.usefixtures("any_app")
def test_who_waits_to_be_let_in_may_take_it_back(at: At) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    code = joining.make_join_code(owner, organisation, 1, 7, True, now)
    who, other = make.person("a@example.cn"), make.person("b@example.cn")
    joining.join(who.actor, code, HOME, now)
    (wait,) = queries.waits_of(who.actor)
    assert (wait.organisation_id, wait.name.en, wait.asked_at) == (organisation, "Yichun Forestry", now)
    assert queries.waits_of(other.actor) == []
    for stranger in (other.actor, owner):
        with pytest.raises(NotFound):
            joining.take_back(stranger, organisation, now)
    with pytest.raises(NoSuchJoinCode):  # the control: its one use is taken as long as they wait
        joining.join(other.actor, code, HOME, now)
    joining.take_back(who.actor, organisation, now)
    assert (queries.waits_of(who.actor), queries.joiners(organisation)) == ([], [])
    with pytest.raises(NotFound):
        joining.take_back(who.actor, organisation, now)
    joining.join(other.actor, code, HOME, now)
    (waiting,) = queries.joiners(organisation)
    joining.answer_joiner(owner, organisation, waiting.request_id, True, now)
    with pytest.raises(NotFound):
        joining.take_back(other.actor, organisation, now)
    assert len(queries.members(organisation)) == 2


@pytest.mark.usefixtures("any_app")
def test_nobody_waits_for_an_organisation_that_is_gone_or_has_invited_them(at: At) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    code = joining.make_join_code(owner, organisation, 5, 7, True, now)
    who, invited = make.person("a@example.cn"), make.person("b@example.cn")
    joining.join(who.actor, code, HOME, now)
    joining.join(invited.actor, code, HOME, now)
    assert queries.waits_of(invited.actor)
    assert not queries.waits_of(Actor(invited.id, organisations={organisation: "member"}))
    dissolving.dissolve(owner, organisation, "伊春林业", now)
    assert queries.waits_of(who.actor) == []


# --- Verification ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("any_app")
def test_staff_verify_an_organisation_for_two_years(at: At, sent_letters: Letters) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    check = verifying.ask_for_check(owner, organisation, Kind.COMPANY, [PAPER], now)
    with pytest.raises(CheckIsOpen):
        verifying.ask_for_check(owner, organisation, Kind.COMPANY, [PAPER], now)
    officer = clerk()
    assert queries.open_checks() == (1, now)
    with pytest.raises(NotAllowed):
        verifying.verify(Actor(officer.id, frozenset({Role.AUDITOR})), check, Kind.COMPANY, now)
    with pytest.raises(OwnOrganisation):
        verifying.verify(Actor(owner.id, frozenset({Role.ADMIN})), check, Kind.COMPANY, now)
    with pytest.raises(ReasonIsMissing):
        verifying.refuse(officer, check, " ", now)
    verifying.verify(officer, check, Kind.COMPANY, now)
    with pytest.raises(CheckIsDecided):
        verifying.refuse(officer, check, "too late", now)
    until = queries.verified_until(organisation, now)
    assert until == now + bodies.VERIFIED_FOR
    assert queries.verified_until(organisation, until) is None  # expired, without anybody doing anything
    assert queries.open_checks() == (0, None)
    assert sent_letters()[-1]["Subject"] == "Yichun Forestry is verified"


@pytest.mark.usefixtures("any_app")
def test_who_is_refused_reads_why_and_asks_again(at: At) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    check = verifying.ask_for_check(owner, organisation, Kind.COMPANY, [PAPER], now)
    verifying.refuse(clerk(), check, "The licence  cannot be read.", now)
    assert queries.checks_of(organisation)[0].reason == "The licence cannot be read."
    verifying.ask_for_check(owner, organisation, Kind.COMPANY, [PAPER], now)
    assert verifying.withdraw_check(owner, organisation, now) == ()  # the refused check still has the paper
    assert len(queries.checks_of(organisation)) == 1


SPOILT = {
    "UPDATE organisation_check SET decided_by = asked_by": "who_asks_does_not_verify",
    "UPDATE organisation_check SET expires_at = NULL": "what_is_verified_expires",
    "UPDATE organisation_check SET state = 'asked'": "a_decided_check_says_by_whom_and_when",
    "UPDATE organisation_check SET state = 'refused', expires_at = NULL": "a_refusal_has_a_reason",
    "UPDATE organisation_check SET state = 'trusted', expires_at = NULL": "a_check_has_a_known_state",
    "UPDATE join_code SET uses = most_uses + 1": "a_join_code_is_used_as_often_as_it_allows",
    "UPDATE join_request SET answered_by = NULL": "an_answered_request_says_by_whom_and_when",
    "UPDATE organisation_billing SET title = ''": "an_invoice_has_a_title",
}


@pytest.mark.usefixtures("any_app")
def test_the_database_refuses_what_cannot_be(at: At) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    verifying.verify(
        clerk(), verifying.ask_for_check(owner, organisation, Kind.COMPANY, [PAPER], now), Kind.COMPANY, now
    )
    verifying.keep_billing(owner, organisation, Billing("伊春林业", CODE), now)
    code = joining.make_join_code(owner, organisation, 5, 7, True, now)
    joining.join(make.person("a@example.cn").actor, code, HOME, now)
    (waiting,) = queries.joiners(organisation)
    joining.answer_joiner(owner, organisation, waiting.request_id, False, now)
    for statement, sentence in SPOILT.items():
        with pytest.raises(IntegrityError, match=sentence), transaction() as session:
            session.execute(text(statement))
    with transaction() as session:  # the control: the rows are there, and may be touched
        assert session.execute(text("UPDATE organisation_check SET reason = 'x'")).rowcount == 1  # type: ignore[attr-defined]
        assert session.execute(text("UPDATE join_request SET state = 'accepted'")).rowcount == 1  # type: ignore[attr-defined]
        assert session.execute(text("UPDATE join_code SET uses = most_uses")).rowcount == 1  # type: ignore[attr-defined]


# --- The end ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("any_app")
def test_an_organisation_ends_when_nothing_is_held_any_more(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    code = joining.make_join_code(owner, organisation, 5, 7, False, now)
    with pytest.raises(NameDiffers):
        dissolving.dissolve(owner, organisation, "Yichun", now)
    with monkeypatch.context() as patch:
        patch.setattr(dissolving, "_holdings", [lambda _id: ["12 t"]])
        with pytest.raises(StillHolds):
            dissolving.dissolve(owner, organisation, "伊春林业", now)
    assert len(queries.members(organisation)) == 1  # wholly not
    dissolving.dissolve(owner, organisation, "伊春林业", now)
    assert queries.members(organisation) == []
    assert queries.is_dissolved(organisation)
    with pytest.raises(NoSuchJoinCode):
        joining.join(make.person("a@example.cn").actor, code, HOME, now)
    db.session.rollback()


# --- Pages -----------------------------------------------------------------------------------------


def picture() -> tuple[io.BytesIO, str]:
    data = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(data, "PNG")
    return io.BytesIO(data.getvalue()), "licence.png"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_company_sends_its_licence_and_is_verified(app: Flask, at: At, lang: str) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, _owner = found(make.person("owner@example.cn"), now)
    company, desk = Browser(app.test_client()), Browser(app.test_client())
    sign_in(company, make.Somebody("", "owner@example.cn"), lang)
    place = f"/{lang}/account/organisations/{organisation}/verification"
    page = company.open(place)
    label = "营业执照" if lang == "zh" else "Business licence"
    assert page.fill(label, (io.BytesIO(b"<svg/>"), "x.pdf")).submit(page.buttons[-1], expect=422).errors
    page = page.choose("企业" if lang == "zh" else "Company").fill(label, picture()).submit(page.buttons[-1])
    assert 'type="file"' not in page.html

    officer = make.person("clerk@example.cn", Role.FINANCE, second_factor=True)
    sign_in(desk, officer, lang)
    send(desk.open(f"/{lang}/account/second-factor/check"), {"code": make.code(now)})
    queue = desk.open(f"/{lang}/desk/organisations")
    name = "伊春林业" if lang == "zh" else "Yichun Forestry"
    page = queue.click(name)
    paper = next(href for words, href in page.links.items() if "JPEG" in words)
    answer = desk.client.get(paper)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert company.client.get(paper).status_code == 403
    assert desk.client.get(f"{paper}9").status_code == 404
    page = send(page, {})
    assert page.url == f"/{lang}/desk/organisations"
    assert "2028" in company.open(place).main
    assert "tag-good" in company.open(f"/{lang}/account/organisations/{organisation}").html


def test_somebody_joins_with_the_link_of_a_code(app: Flask, at: At) -> None:
    at("2026-11-22T04:00:00Z")
    organisation, _owner = found(make.person("owner@example.cn"), clock.now())
    owner, guest = Browser(app.test_client()), Browser(app.test_client())
    sign_in(owner, make.Somebody("", "owner@example.cn"))
    page = owner.open(f"/en/account/organisations/{organisation}/codes")
    page = page.fill("How many people", "0").submit("Make a code", expect=422)
    page = page.fill("How many people", "3").submit("Make a code")
    large = page.click("Show or print")
    link = re.search(r"http://[^<\s]+/account/join\?code=[A-Z0-9]{10}", large.html)
    assert link
    assert "<svg" in large.html
    make.person("guest@example.cn")
    page = guest.open(path_of(link[0]))
    assert page.url.startswith("/en/account/sign-in?next=")
    page = send(page, {"email": "guest@example.cn", "password": PASSWORD})
    assert "Yichun Forestry" in page.main
    page = page.submit("Join")
    page = guest.open("/en/account/organisations")
    assert "You asked to join Yichun Forestry on 22 November 2026." in page.main
    page = page.submit("Take the request back")
    assert "Your request is taken back." in page.text
    assert "You asked to join" not in page.main
    guest.open(path_of(link[0])).submit("Join")
    assert "您于2026年11月22日申请加入" in guest.open("/zh/account/organisations").main
    page = owner.open(f"/en/account/organisations/{organisation}/codes").submit("Let in")
    assert "You asked to join" not in guest.open("/en/account/organisations").main
    assert "guest@example.cn" in owner.open(f"/en/account/organisations/{organisation}").main
    assert guest.open("/en/account/join").fill("Join code", "AAAAA-AAAAA").submit("Join", expect=422).errors


def test_an_invited_person_opens_an_account_and_is_a_member(
    app: Flask, sent_letters: Letters, at: At
) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    organisations.invite(owner, organisation, "new@example.cn", Part.APPROVER, HOME, now)
    link = path_of(link_in(sent_letters()[-1]))
    guest = Browser(app.test_client())
    page = guest.open(link)
    assert "new@example.cn" in page.main
    page = page.fill("Your name", "Zhao").fill("Password", "short").submit("Open an account", expect=422)
    page = page.fill("Your name", "Zhao").fill("Password", PASSWORD).submit("Open an account")
    assert page.h1 == "Yichun Forestry"
    parts = {member.email: member.part for member in queries.members(organisation)}
    assert parts["new@example.cn"] is Part.APPROVER
    assert "Ask for a new one" in Browser(app.test_client()).open(link, expect=409).main
    organisations.invite(owner, organisation, "owner2@example.cn", Part.MEMBER, HOME, now)
    make.person("owner2@example.cn")
    known = Browser(app.test_client()).open(path_of(link_in(sent_letters()[-1])))
    assert "Open an account" not in known.buttons  # an account in use is never taken over


def test_who_spends_sees_the_billing_data_and_a_plain_member_does_not(app: Flask, at: At) -> None:
    now = at("2026-11-22T04:00:00Z")
    organisation, owner = found(make.person("owner@example.cn"), now)
    member = make.person("m@example.cn")
    organisations.add_member(make.OPERATOR, organisation, member.id, Part.MEMBER, now)
    place = f"/en/account/organisations/{organisation}/billing"
    browser = Browser(app.test_client())
    sign_in(browser, make.Somebody("", "owner@example.cn"))
    page = browser.open(place)
    assert page.value("Tax number") == CODE
    page = page.fill("Bank account", "12").submit("Save", expect=422)
    assert page.value("Bank account") == "12"
    assert page.fill("Bank account", "6222 0210 0111").submit("Save").value("Bank account") == "622202100111"
    other = Browser(app.test_client())
    sign_in(other, member)
    other.open(place, expect=403)
    assert owner.organisations
