"""Another e-mail address: good once it is confirmed, and taken back from the old one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest

from portal.accounts import queries
from portal.accounts.commands import readdressing
from portal.accounts.commands.readdressing import SameAddress
from portal.accounts.rules import AddressIsTaken, LinkIsStale, NotFresh, Visit
from portal.kernel.actor import Actor
from tests.accounts.test_commands import link_in, token_in
from tests.accounts.test_views import path_of, send, sign_in
from tests.browser import Browser
from tests.factories import accounts as make
from tests.factories.accounts import HOME

At = Callable[[str], datetime]
Letters = Callable[[], list[EmailMessage]]
GUEST = Actor.guest()


def signed_in(who: make.Somebody) -> Visit:
    found = make.visit(make.sign_in(who))
    assert found
    return found


@pytest.mark.usefixtures("any_app")
def test_the_address_changes_with_the_letter_and_is_undone_from_the_old_one(
    at: At, sent_letters: Letters
) -> None:
    now = at("2026-11-22T04:00:00Z")
    who = make.person()
    here = signed_in(who)
    readdressing.ask_for_address(who.actor, here, "new@example.cn", HOME, now)
    assert queries.person(who.id).email == "li@example.cn"  # nothing yet
    (letter,) = sent_letters()
    assert letter["To"] == "new@example.cn"
    token = token_in(letter)
    readdressing.confirm_address(GUEST, token, make.keys(), now)
    assert queries.person(who.id).email == "new@example.cn"
    with pytest.raises(LinkIsStale):
        readdressing.confirm_address(GUEST, token, make.keys(), now)
    undo = sent_letters()[-1]
    assert undo["To"] == "li@example.cn"
    with pytest.raises(LinkIsStale):  # a token is good for its own purpose only
        readdressing.undo_address(GUEST, token, make.keys(), now)
    with pytest.raises(LinkIsStale):
        readdressing.undo_address(GUEST, token_in(undo), make.keys(), now + timedelta(days=7))
    later = now + timedelta(days=7, seconds=-1)
    assert readdressing.undo_address(GUEST, token_in(undo), make.keys(), later) == "li@example.cn"
    assert queries.person(who.id).email == "li@example.cn"
    assert make.visit_of(here.session_id) is None
    assert sent_letters()[-1]["To"] == "li@example.cn"  # the link to a new password
    with pytest.raises(LinkIsStale):
        readdressing.undo_address(GUEST, token_in(undo), make.keys(), later)


@pytest.mark.usefixtures("any_app")
def test_an_address_of_somebody_else_is_not_given_away(at: At, sent_letters: Letters) -> None:
    now = at("2026-11-22T04:00:00Z")
    who = make.person()
    here = signed_in(who)
    readdressing.ask_for_address(who.actor, here, "new@example.cn", HOME, now)
    token = token_in(sent_letters()[-1])
    make.person("new@example.cn")
    with pytest.raises(AddressIsTaken):
        readdressing.confirm_address(GUEST, token, make.keys(), now)
    readdressing.ask_for_address(who.actor, here, "new@example.cn", HOME, now)
    assert "?k=" not in sent_letters()[-1].get_content()  # its owner is told there is an account
    assert queries.person(who.id).email == "li@example.cn"


@pytest.mark.usefixtures("app")
def test_an_address_needs_a_fresh_proof_a_day_and_a_difference(at: At, sent_letters: Letters) -> None:
    now = at("2026-11-22T04:00:00Z")
    who = make.person()
    here = signed_in(who)
    with pytest.raises(SameAddress):
        readdressing.ask_for_address(who.actor, here, "LI@example.cn", HOME, now)
    with pytest.raises(NotFresh):
        readdressing.ask_for_address(who.actor, here, "n@example.cn", HOME, now + timedelta(minutes=15))
    readdressing.ask_for_address(who.actor, here, "n@example.cn", HOME, now)
    with pytest.raises(LinkIsStale):
        readdressing.confirm_address(
            GUEST, token_in(sent_letters()[-1]), make.keys(), now + timedelta(days=1)
        )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_lead_through_the_change(browser: Browser, sent_letters: Letters, lang: str) -> None:
    who = make.person()
    sign_in(browser, who, lang)
    page = send(browser.open(f"/{lang}/account/address"), {"email": "new@example.cn"})
    assert "about=address" in page.url
    confirm = browser.open(path_of(link_in(sent_letters()[-1])))
    assert "new@example.cn" not in browser.open(f"/{lang}/account").main  # opening the link changes nothing
    send(confirm, {})
    assert "new@example.cn" in browser.open(f"/{lang}/account").main
    undo = browser.open(path_of(link_in(sent_letters()[-1])))
    assert "about=reset" in send(undo, {}).url
    assert browser.open(f"/{lang}/account").url.startswith(f"/{lang}/account/sign-in")
    browser.open(f"/{lang}/account/address/undo?k=x")
