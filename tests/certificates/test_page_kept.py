"""The words of a certificate's page are kept by its facts: never older than they are, never another's."""

from collections.abc import Hashable

import pytest
from flask import Flask, render_template_string

from portal.certificates import commands, queries
from portal.registry.jobs import sequence_and_sign
from portal.web.frame import Shelf, page_for
from tests.browser import Browser
from tests.factories.certificates import ACTOR, NOW, PLANTING, issued, logged

SPOKEN = "{% call kept_for(facts) %}{{ said }}{% endcall %}"


def test_what_happens_to_a_certificate_is_on_its_page_at_once(browser: Browser):
    certificate = issued()
    address = f"/en/certificates/{certificate.number}"
    assert "is being entered in the transparency log" in browser.open(address).text

    sequence_and_sign()
    page = browser.open(address).text
    assert "Root of the log then" in page
    assert "李明" not in page
    assert browser.open(address).text == page

    commands.show_name(ACTOR, certificate.number, certificate.key, True, NOW)
    assert "李明" in browser.open(address).text
    commands.forget_holder(ACTOR, certificate.number, NOW)
    assert "The holder asked to be forgotten" in browser.open(address).text

    commands.revoke(ACTOR, certificate.number, "refunded", NOW)
    ended = browser.open(address).text
    assert "Revoked" in ended
    assert "Download the PDF" not in ended


def test_who_has_the_key_leaves_nothing_for_others(browser: Browser):
    certificate = logged()
    address = f"/en/certificates/{certificate.number}"
    assert "李明" in browser.open(f"{address}?key={certificate.key}").text
    after = browser.open(address)
    assert "李明" not in after.text
    assert certificate.key not in after.html


def test_each_language_and_each_certificate_has_words_of_its_own(browser: Browser):
    one, other = logged(), logged(PLANTING)
    numbers = (one.number, other.number)
    pages = [browser.open(f"/{lang}/certificates/{each}") for each in numbers for lang in ("en", "zh")]
    for page, number in zip(pages, sorted(numbers * 2, key=numbers.index), strict=True):
        assert f"{number}.json" in page.html
    assert "What this certificate does not say" in pages[0].text
    assert "What this certificate does not say" not in pages[1].text


@pytest.mark.usefixtures("app")
def test_a_certificate_is_compared_by_all_it_says():
    one = logged()
    again = queries.by_number(one.number)
    assert one == again
    assert hash(one) == hash(again)
    commands.doubt(ACTOR, one.number, "error", NOW)
    assert queries.by_number(one.number) != one


@pytest.mark.usefixtures("app")
def test_words_are_kept_by_their_facts_and_nothing_else(app: Flask):
    with app.test_request_context("/"):
        first = render_template_string(SPOKEN, facts=("valid",), said="valid")
        assert first == render_template_string(SPOKEN, facts=("valid",), said="never looked at")
        assert render_template_string(SPOKEN, facts=("revoked",), said="revoked") == "revoked"
        assert render_template_string(SPOKEN, facts=None, said="for one reader") == "for one reader"
        assert render_template_string(SPOKEN, facts=None, said="for another") == "for another"


@pytest.mark.usefixtures("any_app")
def test_the_place_that_the_page_says_is_the_one_that_is_proved():
    waiting = [logged(), logged(PLANTING), issued()]
    for certificate in waiting[:2]:
        proof, said = queries.log_proof(certificate.id), queries.log_standing(certificate.id)
        assert proof is not None
        assert said is not None
        assert (said.idx, said.size, said.root_hex) == (proof.idx, proof.size, proof.root_hex)
    assert queries.log_standing(waiting[2].id) is None


@pytest.mark.usefixtures("app")
def test_a_strangers_page_is_kept_whole_and_nobody_elses(app: Flask, monkeypatch: pytest.MonkeyPatch):
    def page(said: str, facts: Hashable = ("valid",), path: str = "/en/x", **headers: str) -> str:
        with app.test_request_context(path, headers=headers):
            return page_for(facts, lambda: said)

    assert page("valid") == page("never looked at") == "valid"
    for told in (
        page("revoked", facts=("revoked",)),
        page("in Chinese", path="/zh/x"),
        page("another address", path="/en/y"),
        page("with a key", path="/en/x?key=1"),
        page("somebody", Cookie="session=1"),
        page("a program", Authorization="Bearer 1"),
        page("for one reader", facts=None),
    ):
        assert told not in ("valid", page("never looked at"))
    monkeypatch.setitem(app.extensions, "portal.stopped", lambda: True)
    assert page("Selling has stopped.") == "Selling has stopped."
    monkeypatch.setitem(app.extensions, "portal.stopped", lambda: False)
    assert page("never looked at") == "valid"


def test_what_stands_around_a_kept_page_is_of_this_moment(browser: Browser, monkeypatch: pytest.MonkeyPatch):
    address = f"/en/certificates/{logged().number}"
    assert "Selling has stopped" not in browser.open(address).text
    monkeypatch.setitem(browser.client.application.extensions, "portal.stopped", lambda: True)
    assert "Selling has stopped" in browser.open(address).text


@pytest.mark.usefixtures("app")
def test_the_oldest_text_is_given_up_for_a_new_one():
    shelf, told = Shelf(2), iter(range(100))

    def read(key: str) -> str:
        return shelf.get(key, lambda: str(next(told)))

    assert [read(key) for key in "aabbaccab"] == ["0", "0", "1", "1", "0", "2", "2", "3", "4"]
    nothing = Shelf(0)
    assert [nothing.get("a", lambda: str(next(told))) for _ in range(2)] == ["5", "6"]
