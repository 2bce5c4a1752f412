"""Pages about units in accounts: holders, the desk's two people, and what the public reads."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask, g
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from portal.accounts.commands import organisations
from portal.accounts.commands.second_factor import check_second_factor
from portal.accounts.rules import Part
from portal.config import LANGS
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.registry.commands import cancelling, freezing, holdings, reversals, transfers
from portal.registry.jobs import expire_offers
from portal.registry.queries import accounts as read
from portal.registry.rules.accounts import CancelReason, Cause, FreezeKind
from tests.browser import Browser, Page, words
from tests.factories import accounts
from tests.factories.accounts import OPERATOR, person
from tests.factories.monitoring import make_two_inventories_and_a_report
from tests.factories.proposals import accept_all
from tests.factories.units import (
    BIRCH,
    CHECKER,
    HASH,
    MAKER,
    TWO,
    account_id,
    approved,
    holder,
    issued,
    offered,
    project,
    recorded,
    validated,
)

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 a verification report"


@pytest.fixture
def sits(app: Flask) -> Callable[[Actor], Browser]:
    """Somebody sits down at the browser."""

    def sit(who: Actor) -> Browser:
        app.extensions["portal.person"] = lambda: who if who.is_person else None
        app.extensions["portal.proof"] = lambda: None  # a moment ago
        return Browser(app.test_client())

    return sit


@pytest.fixture
def pine(app: Flask) -> Actor:
    """The owner of an organisation that exists."""
    somebody = person("pine@example.cn")
    name = Bilingual("红松公司", "Pine Company")
    made = organisations.create_organisation(somebody.actor, name, "91110000600037341L", clock.now())
    return replace(somebody.actor, organisations={made: "owner"})


def post(browser: Browser, path: str, sent: dict[str, str], *, expect: int = 200) -> Page:
    """What a form would send, and whoever has no form of ours but a session."""
    app = browser.client.application
    with browser.client.session_transaction() as kept:
        kept["csrf_token"] = "a token"
    token = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps("a token")
    tokens = {f"{form}csrf_token": token for form in ("", "offer-", "cancel-")}
    return browser._go("POST", path, tokens | sent, expect)


def text_of(page: Page) -> str:
    return " ".join(page.text.split())


# -- a holder ----------------------------------------------------------------------------------


def test_a_holder_opens_an_account_accepts_offers_and_passes_units_on(
    sits: Callable[[Actor], Browser], pine: Actor
):
    issued(80)
    browser = sits(pine)
    page = browser.open("/en/account/registry").submit("Open the account")
    (own,) = read.accounts_of(pine.organisations)
    assert own.code is not None
    assert f"The registry account {own.code} is open." in page.text
    offered(30, own.code)
    page = browser.open(f"/en/account/registry/{own.code}")
    assert "30 t CO₂e are offered to you" in text_of(page)
    page = page.submit("Accept")
    assert "The units are yours." in page.text
    assert read.account(own.code).held == Mass.t(30)
    birch = holder(BIRCH)
    page = browser.open(f"/en/account/registry/{own.code}")
    page = page.fill("Account of the receiver", birch).fill("Tonnes", "12").submit("Make the offer")
    assert "The offer is made." in page.text
    assert (read.account(own.code).held, read.account(own.code).escrow) == (Mass.t(18), Mass.t(12))
    assert "The offer is withdrawn" in page.submit("Withdraw").text
    assert read.account(own.code).held == Mass.t(30)


def test_a_holder_cancels_units_and_the_public_reads_why(sits: Callable[[Actor], Browser], pine: Actor):
    issued(80)
    code = holdings.open_account(pine, next(iter(pine.organisations)), clock.now())
    transfers.accept(pine, offered(30, code), clock.now())
    browser = sits(pine)
    answer = post(browser, f"/en/account/registry/{code}/cancellations",
        {"cancel-tonnes": "5", "cancel-reason": "voluntary", "cancel-explanation": "a gift to the forest",
         "cancel-serial": ""}, expect=422,
    )  # fmt: skip
    assert "I know that cancelled units" in " ".join(answer.errors)
    answer = post(browser, f"/en/account/registry/{code}/cancellations",
        {"cancel-tonnes": "5", "cancel-reason": "voluntary", "cancel-explanation": "a gift to the forest",
         "cancel-serial": "", "cancel-confirmed": "y"},
    )  # fmt: skip
    assert "The units are cancelled." in answer.text
    public = sits(Actor.guest()).open("/en/register/cancellations")
    for said in ("a gift to the forest", "given up by their holder", code, "5 t", "HLYC-0001"):
        assert said in text_of(public)
    assert "由持有人自愿取消" in sits(Actor.guest()).open("/zh/register/cancellations").text
    assert "Pine" not in public.text


def test_a_browser_that_was_left_open_trades_nothing(
    app: Flask, sits: Callable[[Actor], Browser], pine: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its controls are the tests above, in which the last proof is recent."""
    issued(80)
    code = holdings.open_account(pine, next(iter(pine.organisations)), clock.now())
    transfers.accept(pine, offered(3, code), clock.now())
    offered(5, code)
    page = sits(pine).open(f"/en/account/registry/{code}")
    asked = Response("who are you?", 403, mimetype="text/plain")
    monkeypatch.setitem(app.extensions, "portal.proof", lambda: asked)
    page = page.fill("Account of the receiver", holder(BIRCH))
    for deed in ("Accept", "Make the offer", "Cancel the units"):
        assert page.submit(deed, expect=403).response.text == "who are you?"
    assert (read.account(code).held, read.account(code).escrow) == (Mass.t(3), Mass.t(0))


def test_who_trades_sets_up_a_second_factor_first(
    app: Flask, pine: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrf = app.extensions["portal.csrf"]
    monkeypatch.setattr(csrf, "protect", lambda **_: setattr(g, "csrf_valid", True))
    issued(80)
    code = holdings.open_account(pine, next(iter(pine.organisations)), clock.now())
    offer = offered(3, code)
    for has_factor in (False, True):
        owner = person(f"owner-{has_factor}@example.cn", second_factor=has_factor)
        organisations.add_member(OPERATOR, next(iter(pine.organisations)), owner.id, Part.OWNER, clock.now())
        sid = accounts.sign_in(owner)
        if has_factor:
            half, now = accounts.visit(sid), clock.now()
            assert half
            sid = check_second_factor(Actor.guest(), half, accounts.code(now), accounts.keys(), now)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["sid"] = sid
        answer = client.get(f"/en/account/registry/{code}")
        assert ("/second-factor/setup" in answer.headers.get("Location", "")) is not has_factor
        assert (answer.status_code == 200) is has_factor
        answer = client.post(f"/en/account/registry/offers/{offer}/accept")
        assert answer.status_code == (303 if has_factor else 403)
        assert read.account(code).held == Mass.t(3 if has_factor else 0)


def test_what_the_rules_refuse_stands_beside_its_field(sits: Callable[[Actor], Browser], pine: Actor):
    issued(80)
    code = holdings.open_account(pine, next(iter(pine.organisations)), clock.now())
    transfers.accept(pine, offered(3, code), clock.now())
    browser = sits(pine)
    for to, tonnes, said in (
        ("A-NOBODY00", "1", "There is no registry account A-NOBODY00."),
        (code, "1", "Units cannot be offered to the account they are in."),
        (holder(BIRCH), "4", "Only 3,000 kg CO₂e are left."),
        (code, "0.5", "Give a whole number from 1 to"),
        (code, "１0e9", ""),
    ):
        page = post(
            browser,
            f"/en/account/registry/{code}/offers",
            {"offer-to": to, "offer-tonnes": tonnes, "offer-days": "7", "offer-note": "", "offer-serial": ""},
            expect=422,
        )
        assert said in text_of(page)
    assert read.account(code).held == Mass.t(3)


@pytest.mark.parametrize("lang", LANGS)
def test_an_account_is_shown_to_its_own_people_only(sits: Callable[[Actor], Browser], pine: Actor, lang: str):
    issued(80)
    code = holdings.open_account(pine, next(iter(pine.organisations)), clock.now())
    transfer = offered(30, code)
    own = sits(pine).open(f"/{lang}/account/registry/{code}")
    assert own.lang == {"zh": "zh-CN", "en": "en"}[lang]
    stranger = sits(Actor("usr_x", organisations={"org_x": "owner"}))
    stranger.open(f"/{lang}/account/registry/{code}", expect=404)
    post(stranger, f"/{lang}/account/registry/offers/{transfer}/accept", {}, expect=403)
    assert read.transfer(transfer).state == "offered"


def test_a_member_reads_and_does_nothing(sits: Callable[[Actor], Browser], pine: Actor):
    issued(80)
    organisation = next(iter(pine.organisations))
    code = holdings.open_account(pine, organisation, clock.now())
    transfer = offered(30, code)
    browser = sits(replace(pine, organisations={organisation: "member"}))
    page = browser.open(f"/en/account/registry/{code}")
    assert "30 t CO₂e are offered to you" in text_of(page)
    assert "Accept" not in page.text
    post(browser, f"/en/account/registry/offers/{transfer}/accept", {}, expect=403)


def test_the_job_gives_back_what_nobody_accepted(app: Flask, pine: Actor, at: Callable[[str], object]):
    at("2026-05-01T12:00:00+08:00")
    issued(80)
    code = holdings.open_account(pine, next(iter(pine.organisations)), clock.now())
    transfer = offered(30, code)
    at("2026-05-08T12:00:01+08:00")
    expire_offers()
    assert read.transfer(transfer).state == "expired"
    assert read.account(account_id("developer")).held == Mass.t(80)


# -- the desk ----------------------------------------------------------------------------------


def test_two_people_issue_and_the_first_one_cannot_check(sits: Callable[[Actor], Browser]):
    project()
    browser = sits(MAKER)
    page = browser.open("/en/desk/issuance/new")
    page = (
        page.fill("Period begins", "2020-01-01")
        .fill("Period ends", "2024-12-31")
        .fill("Validation and verification body", "a body")
        .fill("Confirmed amount", "100.5")
        .fill("Of which for the buffer", "20")
        .fill("Opinion", "positive")
        .fill("Report", (io.BytesIO(PDF), "report.pdf"))
        .submit("Keep the record")
    )
    assert "A second person must check it now." in page.text
    assert "You entered this record, so somebody else must check it." in page.text
    (record,) = read.verifications()
    refused = post(browser, f"/en/desk/issuance/{record.id}/approved", {"note": ""}, expect=422)
    assert "Somebody else must do this step" in refused.text
    browser = sits(CHECKER)
    page = browser.open(f"/en/desk/issuance/{record.id}").submit("Approve")
    assert "Your decision is kept." in page.text
    page = page.fill("Vintage", "2024").fill("Tonnes", "81").submit("Issue the units", expect=422)
    assert "No more than 80,500 kg CO₂e of the verified amount can still be issued." in text_of(page)
    page = page.fill("Vintage", "2024").fill("Tonnes", "80").submit("Issue the units")
    assert "The units are issued." in page.text
    for serial in ("HLYC-0001-ARR-2024-1-1-80", "HLYC-0001-ARR-2024-2-1-20"):
        assert serial in page.text.replace("\u200b", "").replace("\u00ad", "")
    report = sits(Actor.guest()).client.get(f"/verifications/{record.id}/report")
    assert report.data == PDF


def test_a_record_can_be_refused(sits: Callable[[Actor], Browser]):
    record = recorded(project())
    page = sits(CHECKER).open(f"/zh/desk/issuance/{record}").fill("备注", "报告与林地不符").submit("不予通过")
    assert "报告与林地不符" in page.text
    assert read.verification(record).decision == "refused"


def test_expected_units_are_called_so(sits: Callable[[Actor], Browser]):
    project()
    issued(30, record=validated(expected=30))
    page = sits(MAKER).open(f"/en/desk/accounts/{account_id('developer')}")
    assert "expected, not verified" in page.text


def test_the_desk_offers_a_developers_units_and_cancels_what_was_wrong(sits: Callable[[Actor], Browser]):
    issued(80)
    code, developer = holder(), account_id("developer")
    browser = sits(MAKER)
    page = post(
        browser,
        f"/en/desk/accounts/{developer}/offers",
        {"offer-to": code, "offer-tonnes": "30", "offer-days": "7", "offer-note": "", "offer-serial": ""},
    )
    assert "The offer is made." in page.text
    page = post(browser, f"/en/desk/accounts/{developer}/cancellations",
        {"cancel-tonnes": "5", "cancel-reason": "error", "cancel-explanation": "counted twice",
         "cancel-serial": "", "cancel-confirmed": "y"},
    )  # fmt: skip
    assert "Waits for a second person: Units to be cancelled" in page.main
    assert "issued in error" in page.main
    assert "Accept" not in page.buttons, "nobody accepts their own"
    assert read.account(developer).held == Mass.t(50)
    assert accept_all() == 1
    assert read.account(developer).held == Mass.t(45)
    assert "counted twice" in sits(Actor.guest()).open("/en/register/cancellations").main


def test_two_people_unfreeze(sits: Callable[[Actor], Browser]):
    issued(80)
    browser = sits(MAKER)
    page = browser.open("/en/desk/freezes?kind=project&target=HLYC-0001").fill("Reason", "under dispute")
    page = page.submit("Freeze it")
    assert "It is frozen: nothing of it moves any more." in page.text
    (freeze,) = read.freezes()
    page = browser.open(f"/en/desk/freezes/{freeze.id}").fill("Why it may move again", "settled")
    page = page.submit("Ask to let it move again")
    assert "You asked for it, so somebody else must agree." in page.text
    post(browser, f"/en/desk/freezes/{freeze.id}/thaw", {}, expect=409)
    page = sits(CHECKER).open(f"/en/desk/freezes/{freeze.id}").submit("I agree: let it move again")
    assert "It can move again." in page.text


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("account", "A-NOBODY00", "There is no registry account A-NOBODY00."),
        ("project", "HLYC-9999", "There is no project HLYC-9999."),
        ("block", "HLYC-0001-ARR-2024-1-1-80/g1-7", "is not in this register"),
        ("block", "nothing", "is not a serial number we can read"),
        ("block", "blk_none", "We could not find what you asked for."),
    ],
)
def test_what_does_not_exist_is_not_frozen(
    sits: Callable[[Actor], Browser], kind: str, target: str, said: str
):
    issued(80)
    page = post(
        sits(MAKER), "/en/desk/freezes", {"kind": kind, "target": target, "reason": "a reason"}, expect=422
    )
    assert said in text_of(page)


def test_a_reversal_from_report_to_debt_to_payment(sits: Callable[[Actor], Browser]):
    issued(30, record=approved(project()))
    browser = sits(MAKER)
    page = browser.open("/en/desk/reversals")
    page = (
        page.fill("When it happened", "2026-01-20")
        .fill("What happened", "a fire on the north slope")
        .fill("First report", (io.BytesIO(PDF), "fire.pdf"))
        .submit("Report it")
    )
    assert "You reported this, so somebody else must say how large it is." in page.text
    (case,) = read.reversals()
    page = sits(CHECKER).open(f"/en/desk/reversals/{case.id}")
    page = page.fill("Carbon lost", "24.2").fill("How it was found", "plots measured again")
    page = page.submit("Keep the size and have the buffer pay")
    assert "Debt: 5 t" in text_of(page)
    public = sits(Actor.guest())
    assert "5 t" in text_of(public.open("/en/register/reversals"))
    assert "火灾" in public.open("/zh/register/reversals").text
    page = sits(CHECKER).open(f"/en/desk/reversals/{case.id}").fill("Tonnes", "5")
    page = page.fill("Reason", "as the contract says").submit("Propose to cancel them")
    assert "Waits for a second person: Units to be cancelled for the debt of a reversal" in text_of(page)
    assert read.reversal(case.id).owed
    assert accept_all() == 1
    assert not read.reversal(case.id).owed


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.FINANCE])
def test_who_may_only_read_reads(sits: Callable[[Actor], Browser], role: Role, lang: str):
    record = recorded(project())
    issued(10, record=approved())
    case = reversals.report_reversal(
        MAKER, "HLYC-0001", Cause.FIRE, clock.today(), "a fire", HASH, clock.now()
    )
    freeze = freezing.freeze(MAKER, FreezeKind.ACCOUNT, account_id("developer"), "a reason", clock.now())
    browser = sits(Actor("usr_reader", frozenset({role})))
    for path in (
        "issuance", f"issuance/{record}", "accounts", f"accounts/{account_id('developer')}", "freezes",
        f"freezes/{freeze}", "reversals", f"reversals/{case}",
    ):  # fmt: skip
        page = browser.open(f"/{lang}/desk/{path}")
        assert 'method="post"' not in page.html.split("<main", 1)[1], path
    for path in ("freezes", f"freezes/{freeze}", "reversals"):
        sent = {"kind": "project", "target": "HLYC-0001", "reason": "a reason", "because": "a reason"}
        post(browser, f"/{lang}/desk/{path}", sent, expect=403)
    assert len(read.freezes()) == 1
    assert read.freezes()[0].asked_by is None


def test_citizens_do_not_get_in(sits: Callable[[Actor], Browser]):
    browser = sits(Actor("usr_x", frozenset({Role.CITIZEN})))
    for path in ("issuance", "issuance/new", "accounts", "freezes", "reversals"):
        browser.open(f"/en/desk/{path}", expect=403)


def test_a_long_list_of_cancellations_has_pages(sits: Callable[[Actor], Browser]):
    issued(80)
    developer = account_id("developer")
    for number in range(27):
        why = f"reason {number:02}"
        cancelling.cancel(TWO, developer, Mass.t(1), CancelReason.ERROR, why, clock.now())
    page = sits(Actor.guest()).open("/en/register/cancellations")
    assert "reason 26" in page.text
    assert "reason 01" not in page.text
    page = page.click("Next page")
    assert "reason 01" in page.text


def test_a_verification_is_tied_to_a_report_of_its_project(sits: Callable[[Actor], Browser]):
    make_two_inventories_and_a_report("HLYC-0007")
    project()
    page = sits(MAKER).open("/en/desk/issuance/new")
    options = page.field("Monitoring report").iter("option")
    (report,) = (words(option) for option in options if option.get("value") == "HLYC-0007/1")
    page = (
        page.fill("Period begins", "2021-01-01")
        .fill("Period ends", "2024-12-31")
        .choose("Monitoring report", report)
        .fill("Validation and verification body", "a body")
        .fill("Confirmed amount", "100")
        .fill("Of which for the buffer", "20")
        .fill("Opinion", "positive")
        .fill("Report", (io.BytesIO(PDF), "report.pdf"))
        .choose("Project", "HLYC-0001 · Demonstration forest")
        .submit("Keep the record", expect=422)
    )
    assert "There is no such monitoring report." in page.text
    page = page.choose("Project", "HLYC-0007 · Demonstration forest").fill(
        "Report", (io.BytesIO(PDF), "report.pdf")
    )
    page = page.submit("Keep the record")
    assert page.links["Monitoring report 1"] == "/en/projects/HLYC-0007/monitoring/1"
