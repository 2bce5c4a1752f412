"""The desk of certificates and the holder's own choice: who may, what the page says afterwards."""

import pytest
from flask import Flask

from portal.certificates import commands, queries
from portal.certificates.rules.states import State
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from tests.browser import Browser
from tests.factories.certificates import ACTOR, NOW, facts, issued, pledge

DESKS = ("certificates", "certificate-batches")


def as_staff(app: Flask, *roles: Role) -> Actor:
    who = Actor("usr_01M825M1YS7CEW2ABDHNHW73N4", roles=frozenset(roles))
    app.extensions["portal.person"] = lambda: who
    return who


def test_the_desk_is_for_staff_and_auditors_only_read(app: Flask, browser: Browser):
    number = issued().number
    paths = [*(f"/en/desk/{desk}" for desk in DESKS), f"/en/desk/certificates/{number}"]
    for path in paths:
        assert browser.client.get(path).status_code == 302, "a guest is asked to sign in"
    as_staff(app, Role.EDITOR)
    for path in paths:
        assert browser.client.get(path).status_code == 403
    as_staff(app, Role.AUDITOR)
    page = browser.open(f"/en/desk/certificates/{number}")
    assert "Revoke" not in page.text
    with pytest.raises(NotAllowed):
        commands.revoke(Actor("usr_1", roles=frozenset({Role.AUDITOR})), number, "error", NOW)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_certificate_is_found_by_its_number_typed_any_way(app: Flask, browser: Browser, lang: str):
    as_staff(app, Role.REGISTRY)
    certificate = issued()
    page = browser.open(f"/{lang}/desk/certificates?number={certificate.printed_number.lower()}")
    assert page.url == f"/{lang}/desk/certificates/{certificate.number}"
    assert "李明" in page.text
    browser.open(f"/{lang}/desk/certificates?number=nonsense", expect=404)
    assert certificate.printed_number in browser.open(f"/{lang}/desk/certificates?state=valid").text
    assert certificate.printed_number not in browser.open(f"/{lang}/desk/certificates?state=revoked").text


def test_doubt_its_end_and_revocation_stand_in_the_history_with_date_and_reason(app: Flask, browser: Browser):
    as_staff(app, Role.REGISTRY)
    number = issued().number
    desk = f"/en/desk/certificates/{number}"
    page = browser.open(desk).submit("Revoke for good", expect=422)
    assert page.errors, "a reason is asked for"
    commands.doubt(ACTOR, number, "error", NOW)
    assert "mistake" in browser.open(f"/en/certificates/{number}").text
    browser.open(desk).submit("End the review: it is in order")
    assert queries.by_number(number).state is State.VALID
    browser.open(desk).fill("Reason", "source_reversed").submit("Revoke for good")
    assert queries.by_number(number).state is State.REVOKED
    shown = browser.open(f"/en/certificates/{number}").text
    for said in (
        "put under review",
        "mistake",
        "found to be in order",
        "revoked",
        "has reversed the credits",
    ):
        assert said in shown, said
    assert "Revoke for good" not in browser.open(desk).text


def test_a_misspelt_name_is_corrected_by_a_new_certificate(app: Flask, browser: Browser):
    as_staff(app, Role.FINANCE)
    old = issued(holder_name="Li Mng")
    page = browser.open(f"/en/desk/certificates/{old.number}")
    page = page.fill("Holder’s name", "Li Ming").submit("Replace the certificate")
    new = queries.for_subject(old.subject_id)
    assert new is not None
    assert (new.holder_name, new.ranges) == ("Li Ming", old.ranges)
    assert page.url == f"/en/desk/certificates/{new.number}"
    assert f"in the place of {old.printed_number}" in browser.open(f"/en/certificates/{new.number}").text
    assert f"by {new.printed_number}" in browser.open(f"/en/certificates/{old.number}").text


def test_what_has_no_retirement_is_not_corrected_here(app: Flask, browser: Browser):
    as_staff(app, Role.FINANCE)
    number = commands.issue(ACTOR, pledge(), NOW)
    assert "Replace the certificate" not in browser.open(f"/en/desk/certificates/{number}").text


def test_how_far_a_batch_is_and_how_it_goes_on(app: Flask, browser: Browser):
    as_staff(app, Role.REGISTRY)
    assert "No batches yet" in browser.open("/en/desk/certificate-batches").text
    batch_id = new_id("bat")
    commands.open_batch(ACTOR, batch_id, "org_1", 3, "zh", NOW)
    commands.issue_batch(ACTOR, batch_id, [facts(), facts()], NOW)
    assert batch_id in browser.open("/en/desk/certificate-batches").text
    page = browser.open(f"/en/desk/certificate-batches/{batch_id}")
    assert "2 of 3 issued" in page.text
    assert "0 of 3 printed" in page.text
    assert page.headers["Refresh"] == "5"
    assert "being printed" in page.submit("Print what is missing now").text
    assert browser.client.get(f"/en/desk/certificate-batches/{batch_id}/documents.zip").status_code == 503
    browser.open("/en/desk/certificate-batches/bat_none", expect=404)


# ── the holder's choice ──────────────────────────────────────────────────────────────────────────


def test_who_has_the_code_shows_the_name_and_hides_it_again(browser: Browser):
    certificate = issued()
    public = f"/en/certificates/{certificate.number}"
    assert "Show the name" not in browser.open(public).text
    page = browser.open(f"{public}?key={certificate.key}").submit("Show the name to everybody")
    assert "Everybody can see the name now" in page.text
    assert "李明" in browser.open(public).text
    assert browser.client.get(f"/api/v1/certificates/{certificate.number}").json["holder"] == "李明"
    browser.open(f"{public}?key={certificate.key}").submit("Hide the name")
    assert "李明" not in browser.open(public).text


def test_without_the_key_nobody_shows_a_name(any_app: Flask):
    certificate = issued()
    for key in ("", "0" * 26, certificate.key[:-1]):
        with pytest.raises(NotAllowed):
            commands.show_name(Actor.guest(), certificate.number, key, True, NOW)
    assert not queries.by_number(certificate.number).is_public
