"""The pages of accounts, in both languages, and what attackers try on them."""

import base64
import contextvars
import re
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage

import pytest
from flask import Flask, url_for

from portal.accounts import destination, passwords, rules, totp
from portal.accounts.commands import roles
from portal.accounts.commands import second_factor as factor
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.web.guard import actor
from tests.accounts.test_commands import counted_queries, link_in
from tests.browser import Browser, Page
from tests.factories import accounts as make
from tests.factories.accounts import PASSWORD

Letters = Callable[[], list[EmailMessage]]
CODE = "91110000600037341L"


def path_of(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:5000")


def send(page: Page, values: dict[str, str], expect: int = 200) -> Page:
    """Fill in fields by their names (labels differ by language) and send the page's form."""
    for name, value in values.items():
        control = next(e for e in page.root.iter("input") if e.get("name") == name)
        page._typed[id(control)] = [value]
    action = next(f for f in page.root.iter("main")).iter("form")
    button = next(b for form in action for b in form.iter("button"))
    return page.submit(" ".join("".join(button.itertext()).split()), expect=expect)


def sign_in(browser: Browser, who: make.Somebody, lang: str = "en", query: str = "") -> Page:
    page = browser.open(f"/{lang}/account/sign-in{query}")
    return send(page, {"email": who.email, "password": who.password})


def cookie(browser: Browser) -> str:
    found = browser.client.get_cookie("portal")
    return found.value if found else ""


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- Stories -----------------------------------------------------------------------------------------------


def test_somebody_opens_an_account_and_leaves(browser: Browser, sent_letters: Letters, lang: str) -> None:
    page = browser.open(f"/{lang}/account/sign-up")
    page = send(page, {"name": "王芳", "email": "wang@example.cn", "password": PASSWORD})
    assert page.url.startswith(f"/{lang}/account/letter-sent")
    confirm = browser.open(path_of(link_in(sent_letters()[0])))
    page = send(confirm, {"password": PASSWORD})
    assert page.url == f"/{lang}/account"
    assert "王芳" in page.h1
    page = send(page, {})
    assert page.url == f"/{lang}/account/sign-in"
    assert browser.open(f"/{lang}/account").url.startswith(f"/{lang}/account/sign-in?next=")


def test_a_forgotten_password_is_replaced(browser: Browser, sent_letters: Letters, lang: str) -> None:
    who = make.person()
    page = send(browser.open(f"/{lang}/account/reset"), {"email": who.email})
    assert "about=reset" in page.url
    choose = browser.open(path_of(link_in(sent_letters()[0])))
    again = send(choose, {"password": "1234567890"}, expect=422)
    assert again.errors
    page = send(again, {"password": "maple willow poplar oak"})
    page = send(page, {"email": who.email, "password": "maple willow poplar oak"})
    assert page.url == f"/{lang}/account"
    assert len(sent_letters()) == 2  # the link, and the news that the password was changed


def test_staff_are_led_to_a_second_factor_and_only_then_let_in(
    browser: Browser, at: Callable[[str], datetime], lang: str
) -> None:
    now = at("2026-11-22T08:00:00Z")
    who = make.person("r@example.cn", Role.REGISTRY)
    page = sign_in(browser, who, lang, f"?next=/{lang}/account/sessions")
    assert page.url.startswith(f"/{lang}/account/second-factor/setup")
    assert re.search(r'<svg [^>]*viewBox="0 0 (\d+) \1"[^>]*class="qr"', page.html)  # whole at any size
    secret = next(re.finditer(r'<code translate="no">([A-Z2-7]{32})</code>', page.html)).group(1)
    code = make.code(now, base64.b32decode(secret))
    page = send(page, {"code": code})
    kept = re.findall(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}", page.main)
    assert len(kept) == rules.RECOVERY_CODES

    other = Browser(browser.client.application.test_client())
    page = sign_in(other, who, lang)
    assert page.url.startswith(f"/{lang}/account/second-factor/check")
    assert other.open(f"/{lang}/account").url.startswith(f"/{lang}/account/sign-in")
    page = sign_in(other, who, lang)
    assert send(page, {"code": code}, expect=422).errors  # used a moment ago
    recovery = other.open(f"/{lang}/account/second-factor/check?with=recovery")
    assert send(recovery, {"code": kept[0]}).url == f"/{lang}/account"


def test_a_password_made_by_an_operator_is_replaced_first(browser: Browser, lang: str) -> None:
    made = roles.create_person(
        make.OPERATOR, "new@example.cn", PASSWORD, "New", lang, clock.now(), is_temporary=True
    )
    page = sign_in(browser, make.Somebody(made, "new@example.cn"), lang)
    assert page.url == f"/{lang}/account/password"
    page = send(page, {"present": PASSWORD, "password": "maple willow poplar oak"})
    assert page.url == f"/{lang}/account"


def test_a_company_is_registered_and_somebody_invited(
    browser: Browser, sent_letters: Letters, lang: str
) -> None:
    sign_in(browser, make.person("owner@example.cn"), lang)
    page = browser.open(f"/{lang}/account/organisations/new")
    wrong = send(page, {"name_zh": "伊春林业", "credit_code": "91110000600037342L"}, expect=422)
    assert wrong.errors
    page = send(wrong, {"credit_code": CODE})
    assert page.h1 == "伊春林业"
    invite = next(f for f in page.root.iter("form") if any(i.get("name") == "email" for i in f.iter("input")))
    button = next(iter(invite.iter("button")))
    email = next(i for i in invite.iter("input") if i.get("name") == "email")
    page._typed[id(email)] = ["li@example.cn"]
    page = page.submit("".join(button.itertext()).strip())
    assert "li@example.cn" in page.main
    assert "伊春林业" in sent_letters()[-1].get_content()

    guest = Browser(browser.client.application.test_client())
    who = make.person("li@example.cn")
    sign_in(guest, who, lang)
    page = send(guest.open(f"/{lang}/account/organisations"), {})
    assert page.h1 == "伊春林业"
    assert "owner@example.cn" in page.main


def test_every_page_of_an_account_opens_in_both_languages(browser: Browser, lang: str) -> None:
    sign_in(browser, make.person(second_factor=False), lang)
    for place in (
        "", "/profile", "/password", "/sessions", "/second-factor", "/second-factor/setup", "/organisations",
        "/organisations/new", "/sign-in", "/sign-up", "/reset", "/reset?k=x", "/confirm?k=x", "/letter-sent",
    ):  # fmt: skip
        browser.open(f"/{lang}/account{place}")


def test_a_profile_is_changed(browser: Browser) -> None:
    sign_in(browser, make.person())
    page = browser.open("/en/account/profile").fill("Your name", "Zhao Lei").choose("中文").submit("Save")
    assert page.value("Your name") == "Zhao Lei"
    assert "Zhao Lei" in browser.open("/zh/account").h1


# --- Attacks -----------------------------------------------------------------------------------------------


def test_pages_do_not_tell_which_addresses_have_accounts(app: Flask) -> None:
    make.person("known@example.cn")
    shown = {}
    for email in ("known@example.cn", "nobody@example.cn"):
        browser = Browser(app.test_client())
        sign_in_page = send(
            browser.open("/en/account/sign-in"), {"email": email, "password": "not the password"}, expect=422
        )
        sign_up_page = send(
            browser.open("/en/account/sign-up"), {"name": "N", "email": email, "password": PASSWORD}
        )
        reset_page = send(browser.open("/en/account/reset"), {"email": email})
        pages = [sign_in_page, sign_up_page, reset_page]
        shown[email] = [(p.status, p.url, p.main, p.headers.get("Content-Length")) for p in pages]
        shown[email][0] = shown[email][0][:3]  # its form holds the address again
    assert shown["known@example.cn"] == shown["nobody@example.cn"]


def test_a_cookie_planted_before_sign_in_is_worth_nothing(browser: Browser) -> None:
    """Session fixation: the attacker knows the cookie from before."""
    browser.open("/en/account/sign-in")
    planted = cookie(browser)
    page = sign_in(browser, make.person())
    assert page.url == "/en/account"
    assert cookie(browser) != planted
    attacker = browser.client.application.test_client()
    attacker.set_cookie("portal", planted)
    assert attacker.get("/en/account").status_code == 302


def test_a_copied_cookie_is_refused_after_sign_out_and_after_a_password_change(app: Flask) -> None:
    who = make.person()
    for leave in ("sign-out", "password"):
        browser = Browser(app.test_client())
        page = sign_in(browser, who)
        copied = cookie(browser)
        thief = app.test_client()
        thief.set_cookie("portal", copied)
        assert thief.get("/en/account").status_code == 200  # the control: until then it opens
        if leave == "sign-out":
            send(page, {})
        else:
            page = browser.open("/en/account/password")
            send(page, {"present": PASSWORD, "password": "maple willow poplar oak"})
        thief.set_cookie("portal", copied)
        assert thief.get("/en/account").status_code == 302


def test_a_role_without_its_second_factor_opens_nothing(app: Flask) -> None:
    who = make.person("admin@example.cn", Role.ADMIN, second_factor=True)
    browser = Browser(app.test_client())
    sign_in(browser, who)
    with app.test_request_context("/en/account", headers={"Cookie": f"portal={cookie(browser)}"}):
        assert not actor().is_person
        assert not actor().roles


def test_the_api_never_acts_for_a_cookie(app: Flask) -> None:
    browser = Browser(app.test_client())
    sign_in(browser, make.person())

    def asks_as_person(path: str) -> bool:
        with app.test_request_context(path, headers={"Cookie": f"portal={cookie(browser)}"}):
            return actor().is_person

    for path, is_person in (("/en/account", True), ("/api/v1/orders", False)):
        assert contextvars.Context().run(asks_as_person, path) is is_person


def test_an_anonymous_request_asks_only_what_the_city_has_set(app: Flask) -> None:
    client = app.test_client()
    client.get("/en/account/sign-in")
    assert counted_queries(lambda: client.get("/en/account/sign-in")) == 1


def test_a_signed_in_request_asks_once_who_it_is(app: Flask) -> None:
    browser = Browser(app.test_client())
    sign_in(browser, make.person())
    # The other question is what the city has set.
    assert counted_queries(lambda: browser.client.get("/en/account/profile")) == 2


@pytest.mark.parametrize(
    "path", ["sign-in", "sign-up", "sign-out", "reset", "password", "sessions", "profile"]
)
def test_a_post_from_elsewhere_is_refused(browser: Browser, path: str) -> None:
    sign_in(browser, make.person())
    answer = browser.client.post(f"/en/account/{path}", data={"email": "li@example.cn", "password": PASSWORD})
    assert answer.status_code == 400


def test_signing_out_is_no_link(browser: Browser) -> None:
    sign_in(browser, make.person())
    assert browser.client.get("/en/account/sign-out").status_code == 405
    assert browser.open("/en/account").url == "/en/account"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "/\n/evil.example", "https:evil.example", "https://evil.example", "http:///evil.example",
        "javascript:alert(1)", "evil.example", "@evil.example", "/ /evil.example", "/%09/evil.example",
        "/%2F/evil.example", "/%5Cevil.example", "/en/../../evil", "/nowhere", "/en/account/sign-in",
        "/en/account/sign-out", "/static/css/base.css", "", "/" + "x" * 3000, "/en/account／evil",
    ],
)  # fmt: skip
def test_signing_in_never_leads_elsewhere(app: Flask, target: str) -> None:
    make.person()
    client = app.test_client()
    page = client.get("/en/account/sign-in", query_string={"next": target})
    assert b"evil.example" not in page.data.partition(b"<main")[2].partition(b"</main>")[0]
    token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page.data)
    assert token
    answer = client.post(
        "/en/account/sign-in",
        query_string={"next": target},
        data={"email": "li@example.cn", "password": PASSWORD, "csrf_token": token[1].decode()},
    )
    assert answer.headers["Location"] == "/en/account"


def test_signing_in_leads_back_where_one_was(app: Flask) -> None:
    with app.test_request_context("/en/account/sign-in"):
        assert destination.local_page("/zh/account/sessions") == "/zh/account/sessions"
        assert destination.local_page("/zh/account/reset?k=a%26b") == "/zh/account/reset?k=a%26b"
        assert destination.local_page("/zh/account?") == "/zh/account"
        # Words of url_for itself must not be taken from outside.
        assert destination.local_page("/zh/account?_scheme=javascript&_external=1").startswith("/zh/account?")
        assert url_for("accounts.overview", lang="zh") == "/zh/account"


def test_a_huge_name_is_refused_and_nothing_is_hashed(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(passwords, "hash_of", lambda _password: pytest.fail("hashed"))
    for fields in (
        {"name": "名" * 200_000, "email": "a@example.cn", "password": PASSWORD},
        {"name": "N", "email": "a" * 200_000 + "@example.cn", "password": PASSWORD},
        {"name": "N", "email": "a@example.cn", "password": "p" * 200_000},
        {"name": "N", "email": "not an address", "password": PASSWORD},
    ):
        page = browser.open(f"/{lang}/account/sign-up")
        page = send(page, fields, expect=422)
        assert len(page.errors) == 1


def test_markup_in_a_name_is_shown_literally(browser: Browser, sent_letters: Letters) -> None:
    name = "<script>alert(1)</script>{{7*7}}%(x)s"
    page = browser.open("/en/account/sign-up")
    send(page, {"name": name, "email": "w@example.cn", "password": PASSWORD})
    page = send(browser.open(path_of(link_in(sent_letters()[0]))), {"password": PASSWORD})
    assert name in page.h1


def test_extra_fields_give_nothing(browser: Browser) -> None:
    who = make.person()
    sign_in(browser, who)
    page = browser.open("/en/account/profile")
    token = next(e.get("value") for e in page.root.iter("input") if e.get("name") == "csrf_token")
    data = {
        "name": "Li",
        "language": "zh",
        "csrf_token": token,
        "role": "admin",
        "email": "x@example.cn",
        "id": "x",
    }
    assert browser.client.post("/en/account/profile", data=data).status_code == 302
    assert "li@example.cn" in browser.open("/en/account").main


def test_another_organisation_looks_like_none(browser: Browser, app: Flask) -> None:
    sign_in(browser, make.person("owner@example.cn"))
    page = send(browser.open("/en/account/organisations/new"), {"name_en": "Forest Ltd", "credit_code": CODE})
    stranger = Browser(app.test_client())
    sign_in(stranger, make.person("stranger@example.cn"))
    theirs = stranger.open(page.url, expect=404).main
    missing = stranger.open("/en/account/organisations/org_01J00000000000000000000000", expect=404).main
    assert re.sub(r"[0-9a-f]{12}", "", theirs) == re.sub(r"[0-9a-f]{12}", "", missing)


def test_sprayed_sign_ins_answer_429_in_the_readers_language(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    page = browser.open(f"/{lang}/account/sign-in")
    for number in range(rules.TRIES_FROM_NETWORK.most):
        page = send(page, {"email": f"{number}@example.cn", "password": "Spring2026!"}, expect=422)
    page = send(page, {"email": "one@example.cn", "password": "Spring2026!"}, expect=429)
    assert "15" in page.errors[0]


def test_an_old_setup_page_asks_for_proof_again(browser: Browser, at: Callable[[str], datetime]) -> None:
    at("2026-11-22T08:00:00Z")
    sign_in(browser, make.person())
    at("2026-11-22T08:20:00Z")
    page = browser.open("/en/account/second-factor/setup")
    assert page.url.startswith("/en/account/prove?next=")
    page = send(page, {"proof_password": PASSWORD})
    assert page.url == "/en/account/second-factor/setup"


def test_other_browsers_are_signed_out_from_the_list(app: Flask) -> None:
    who = make.person()
    here, there = Browser(app.test_client()), Browser(app.test_client())
    sign_in(here, who)
    sign_in(there, who)
    page = here.open("/en/account/sessions").submit("Sign out everywhere else")
    assert page.main.count("Last seen") == 1
    assert there.open("/en/account").url.startswith("/en/account/sign-in")


# --- The command line ------------------------------------------------------------------------------


def run(app: Flask, *arguments: str, expect: int = 0) -> str:
    done = app.test_cli_runner().invoke(args=["account", *arguments])
    assert done.exit_code == expect, done.output
    assert "Traceback" not in done.output
    return done.output


def test_an_operator_makes_an_account_that_signs_in(app: Flask, browser: Browser) -> None:
    said = run(app, "create", "ops@example.cn", "--role", "finance")
    password = said.split("One-time password: ")[1].strip()
    page = sign_in(browser, make.Somebody("", "ops@example.cn", password))
    assert page.url == "/en/account/password"
    assert "already" in run(app, "create", "ops@example.cn", expect=1)


def test_an_operator_grants_revokes_and_resets(app: Flask) -> None:
    who = make.person("r@example.cn", Role.REGISTRY, second_factor=True)
    run(app, "grant", who.email, "--role", "auditor")
    run(app, "grant", who.email, "--role", "registry", "--revoke")
    run(app, "reset-second-factor", who.email)
    visit = make.visit(make.sign_in(who))
    assert visit
    assert visit.granted == {Role.AUDITOR}
    assert visit.lacks_second_factor


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("create", "no address"), 2, "email"),
        (("create", "a@example.cn", "--role", "king"), 2, "king"),
        (("grant", "nobody@example.cn", "--role", "admin"), 1, "no account"),
        (("otp", "nobody@example.cn"), 1, "no account"),
        (("--help",), 0, "create"),
    ],
)
def test_bad_input_is_one_sentence(app: Flask, arguments: tuple[str, ...], code: int, says: str) -> None:
    assert says in run(app, *arguments, expect=code)


def test_codes_are_printed_in_a_demonstration(app: Flask, at: Callable[[str], datetime]) -> None:
    now = at("2026-11-22T08:00:00Z")
    who = make.person("r@example.cn", Role.REGISTRY, second_factor=True)
    assert run(app, "otp", who.email).strip() == make.code(now)
    assert factor.current_code(who.id, make.keys(), now) == totp.code_at(make.SECRET, rules.step_of(now))
