"""Checking a certificate: by number, code and file; who sees the name; what cannot be found."""

import json
from contextlib import suppress
from io import BytesIO
from zlib import compress

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.certificates import commands, queries
from portal.certificates.jobs import folder
from portal.certificates.lookup import find
from portal.certificates.queries import NoSuchCertificate
from portal.certificates.rules import numbers
from portal.registry.jobs import sequence_and_sign
from portal.web import press
from tests.browser import Browser
from tests.factories.certificates import (
    ACTOR,
    AVOIDING,
    NOW,
    PLANTING,
    certified,
    course,
    facts,
    issued,
    logged,
    many_ranges,
    printed,
)
from tests.web.printing import needs_pango, words_of

NOBODY = "0" * 11 + numbers.check_character("0" * 11)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "已代持有人（未公开姓名）注销经核证的碳信用 250 kg CO₂e（清除）"),
        ("en", "250 kg CO₂e (removal) in verified carbon credits, retired on behalf of a holder"),
    ],
)
def test_a_number_leads_to_the_facts(browser: Browser, lang: str, said: str):
    certificate = logged()
    page = browser.open(f"/{lang}/certificates?number={certificate.printed_number.lower()}")
    assert page.url == f"/{lang}/certificates/{certificate.number}"
    assert certificate.printed_number in page.h1
    assert said in page.text
    assert "HLYC-0001-ARR-2024-1-1-1200/g1-250000" in page.text
    assert "李明" not in page.text


def test_a_pasted_address_with_its_key_leads_to_the_name(browser: Browser):
    certificate = issued()
    pasted = f"http://127.0.0.1:5000/c/{certificate.number}/{certificate.key}"
    assert "李明" in browser.open(f"/en/certificates?number={pasted}").text


def test_the_name_is_hidden_without_the_key(app: Flask, browser: Browser):
    certificate = logged()
    number = certificate.number
    for path in (
        f"/c/{number}", f"/zh/certificates/{number}", f"/zh/certificates/{number}?key={'0' * 26}",
        f"/certificates/{number}.json", f"/certificates/{number}.proof", f"/api/v1/certificates/{number}",
    ):  # fmt: skip
        assert "李明".encode() not in browser.client.get(path).data, path
        assert certificate.key.encode() not in browser.client.get(path).data, path


def test_the_code_on_the_paper_shows_the_name_and_the_named_document(browser: Browser):
    certificate = logged()
    page = browser.open(f"/c/{certificate.number}/{certificate.key}")
    assert "李明" in page.text
    assert f"/certificates/{certificate.number}.pdf?key={certificate.key}" in page.response.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    twin = browser.open(f"/en/certificates/{certificate.number}?key={certificate.key}")
    assert "李明" in twin.text
    assert f'href="/en/certificates/{certificate.number}?key={certificate.key}"' in page.response.text


def test_a_holder_who_agreed_is_named_to_everybody(browser: Browser):
    certificate = issued(is_public=True)
    assert "李明" in browser.open(f"/c/{certificate.number}").text
    assert browser.client.get(f"/api/v1/certificates/{certificate.number}").json["holder"] == "李明"


def test_a_wrong_key_is_no_certificate(browser: Browser):
    certificate = issued()
    for key in ("0" * 26, certificate.key[:-1], "x"):
        browser.open(f"/c/{certificate.number}/{key}", expect=404)


def test_the_short_address_speaks_the_readers_language(browser: Browser):
    certificate = issued()
    for header, lang in (("zh-CN,zh;q=0.9", "zh-CN"), ("en-GB", "en")):
        answer = browser.client.get(f"/c/{certificate.number}", headers={"Accept-Language": header})
        assert f'<html lang="{lang}">' in answer.text
        assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "number", [NOBODY, "0" * 12 + "1", "K" * 12, "not-a-number", "证书", "..%2f..%2fetc"]
)
def test_what_does_not_exist_is_simply_not_found(browser: Browser, number: str):
    for path in (f"/c/{number}", f"/zh/certificates/{number}", f"/certificates/{number}.pdf",
                 f"/certificates/{number}.json", f"/api/v1/certificates/{number}"):  # fmt: skip
        assert browser.client.get(path).status_code == 404, path


def test_a_slip_of_the_hand_is_said_to_be_one(browser: Browser):
    certificate = issued()
    wrong = ("0" if certificate.number[0] != "0" else "1") + certificate.number[1:]
    page = browser.open(f"/en/certificates?number={wrong}", expect=404)
    assert any("last character" in error for error in page.errors)
    page = browser.open(f"/en/certificates?number={NOBODY}", expect=404)
    assert any("no certificate with the number" in error for error in page.errors)


def test_ten_thousand_guesses_find_nothing(app: Flask):
    """Each from another network, so that nobody has to wait. The control: the one number is found."""
    certificate = issued()
    found = 0
    for n in range(10_000):
        network = {"REMOTE_ADDR": f"10.{n >> 8}.{n & 255}.1"}
        with app.test_request_context("/", environ_base=network), suppress(NoSuchCertificate):
            found += find(numbers.new_number()).number == certificate.number
    assert found == 0
    with app.test_request_context("/"):
        assert find(certificate.number).number == certificate.number


def test_whoever_guesses_has_to_wait(browser: Browser):
    certificate = issued()
    answers = [
        browser.client.get(f"/api/v1/certificates/{numbers.new_number()}").status_code for _ in range(70)
    ]
    assert answers == [404] * 60 + [429] * 10
    assert browser.client.get(f"/c/{certificate.number}").status_code == 429, "whoever guesses waits"
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert browser.client.get(f"/c/{certificate.number}", environ_base=elsewhere).status_code == 200


def test_those_who_find_are_never_throttled(browser: Browser):
    certificate = issued()
    assert {
        browser.client.get(f"/api/v1/certificates/{certificate.number}").status_code for _ in range(80)
    } == {200}


def test_a_household_is_one_guesser_whatever_its_address(browser: Browser):
    for host in range(60):
        here = {"REMOTE_ADDR": f"2001:db8:1:2::{host:x}"}
        browser.client.get(f"/c/{NOBODY}", environ_base=here)
    assert (
        browser.client.get(f"/c/{NOBODY}", environ_base={"REMOTE_ADDR": "2001:db8:1:2::ffff"}).status_code
        == 429
    )
    assert (
        browser.client.get(f"/c/{NOBODY}", environ_base={"REMOTE_ADDR": "2001:db8:1:3::1"}).status_code == 404
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_revoked_certificate_says_since_when_and_why(browser: Browser, lang: str):
    certificate = logged()
    commands.revoke(ACTOR, certificate.number, "refunded", NOW)
    page = browser.open(f"/{lang}/certificates/{certificate.number}")
    assert "2025-12-31 23:59" in page.text
    assert {"zh": "款项已退回", "en": "The payment was returned"}[lang] in page.text
    browser.open(f"/certificates/{certificate.number}.pdf", expect=409)
    answer = browser.client.get(f"/api/v1/certificates/{certificate.number}").json
    assert answer["state"] == "revoked"
    assert answer["reason"]


def test_a_replaced_certificate_leads_on(browser: Browser):
    retirement = facts()
    old = commands.issue(ACTOR, retirement, NOW)
    new = commands.replace(ACTOR, old, retirement, "requested", NOW)
    assert f"/en/certificates/{new}" in browser.open(f"/en/certificates/{old}").response.text
    assert browser.client.get(f"/api/v1/certificates/{old}").json["replaced_by"] == new


def test_a_forgotten_holder_is_withheld_from_the_key_too(browser: Browser):
    certificate = logged()
    commands.forget_holder(ACTOR, certificate.number, NOW)
    page = browser.open(f"/c/{certificate.number}/{certificate.key}")
    assert "李明" not in page.text
    assert browser.client.get(f"/certificates/{certificate.number}.proof").status_code == 200


def test_removal_and_avoidance_are_two_numbers(browser: Browser):
    certificate = logged(PLANTING, AVOIDING)
    page = browser.open(f"/en/certificates/{certificate.number}")
    assert "500 kg" not in page.text
    assert page.text.count("250 kg CO₂e") >= 2


def test_every_one_of_sixty_ranges_leads_to_the_register(browser: Browser):
    certificate = logged(*many_ranges(60))
    page = browser.open(f"/en/certificates/{certificate.number}")
    assert all(part.full_serial in page.text for part in certificate.ranges)


def test_text_of_users_is_shown_literally(browser: Browser):
    name = "<script>alert(1)</script>{{7*7}}%(x)s"
    certificate = issued(holder_name=name, is_public=True)
    page = browser.open(f"/en/certificates/{certificate.number}")
    assert name in page.text
    assert "<script>alert" not in page.response.text


# ── documents ──────────────────────────────────────────────────────────────────────────────────


def pdf_words(answer: TestResponse) -> str:
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    return words_of(answer.data)


def test_the_document_is_named_only_with_the_key(app: Flask, browser: Browser):
    needs_pango()
    certificate = printed()
    path = f"/certificates/{certificate.number}.pdf"
    assert "李明" not in pdf_words(browser.client.get(path))
    assert "李明" not in pdf_words(browser.client.get(f"{path}?key={'0' * 26}"))
    keyed = browser.client.get(f"{path}?key={certificate.key}")
    assert "李明" in pdf_words(keyed)
    assert keyed.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in keyed.headers["Cache-Control"]


def test_until_it_is_printed_the_document_is_being_prepared(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(press, "has_pango", lambda: True)
    certificate = issued()
    page = browser.open(f"/certificates/{certificate.number}.pdf", expect=202)
    assert page.headers["Retry-After"] == "2"
    browser.open(f"/certificates/{certificate.number}.proof", expect=202)


def test_without_pango_the_page_says_which_packages(browser: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(press, "has_pango", lambda: False)
    page = browser.open(f"/certificates/{issued().number}.pdf", expect=503)
    assert "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in page.text


def test_a_document_that_is_gone_from_the_disk_is_no_crash(app: Flask, browser: Browser):
    needs_pango()
    certificate = printed(is_public=True)
    (folder() / certificate.documents["named"]).unlink()
    browser.open(f"/certificates/{certificate.number}.pdf", expect=503)


def test_the_text_is_served_byte_for_byte(browser: Browser):
    certificate = logged()
    answer = browser.client.get(f"/certificates/{certificate.number}.json")
    assert answer.data.decode() == certificate.payload
    proof = browser.client.get(f"/certificates/{certificate.number}.proof")
    known = queries.log_proof(certificate.id)
    assert known is not None
    assert proof.text == known.text


# ── files handed in ────────────────────────────────────────────────────────────────────────────


def hand_in(browser: Browser, content: bytes, expect: int = 200):
    page = browser.open("/en/certificates")
    return page.fill("Certificate file (PDF or JSON)", (BytesIO(content), "c.json")).submit(
        "Compare the file", expect=expect
    )


def test_a_genuine_file_is_said_to_be_genuine(browser: Browser):
    certificate = logged()
    assert "This file is genuine" in hand_in(browser, certificate.payload.encode()).text
    spaced = json.dumps(json.loads(certificate.payload), indent=2).encode()
    assert "This file is genuine" in hand_in(browser, spaced).text


def test_an_altered_file_is_said_to_be_altered_and_where(browser: Browser):
    content = json.loads(logged().payload)
    content["mass_g"] = 100_000_000
    page = hand_in(browser, json.dumps(content).encode())
    assert "This file has been altered" in page.text
    assert "mass_g" in page.text


def test_a_forged_file_is_not_found(browser: Browser):
    content = json.loads(logged().payload)
    content["number"] = NOBODY
    hand_in(browser, json.dumps(content).encode(), expect=404)


def holding(text: bytes) -> bytes:
    """A PDF with nothing in it but an attached file."""
    attached = b"<</Type /EmbeddedFile/Filter /FlateDecode>>\nstream\n" + compress(text)
    return b"%PDF-1.7\n1 0 obj\n" + attached + b"\nendstream\nendobj\n"


@pytest.mark.parametrize(
    ("lang", "label", "button", "genuine", "unsure", "altered"),
    [
        ("zh", "证书文件（PDF 或 JSON）", "比对文件", "此文件真实有效", "无法确认此 PDF", "此文件已被改动"),
        ("en", "Certificate file (PDF or JSON)", "Compare the file", "This file is genuine",
         "We cannot vouch for this PDF", "This file has been altered"),
    ],
)  # fmt: skip
def test_the_pdf_itself_is_checked_to_the_byte(
    browser: Browser, lang: str, label: str, button: str, genuine: str, unsure: str, altered: str
):
    needs_pango()
    learnt = certified(course())
    certificate = printed(AVOIDING)  # and the one before, whose badge is attached to it too
    pdfs = [
        (folder() / name).read_bytes()
        for each in (certificate, queries.by_number(learnt.number))
        for name in each.documents.values()
    ]
    assert len(pdfs) >= 3
    text = certificate.payload.encode()

    def told(content: bytes) -> set[str]:
        page = browser.open(f"/{lang}/certificates").fill(label, (BytesIO(content), "c.pdf")).submit(button)
        return {words for words in (genuine, unsure, altered) if words in page.main}

    assert [told(pdf) for pdf in pdfs] == [{genuine}] * len(pdfs)
    assert told(pdfs[0] + b"\n") == {unsure}, "saved by another program, or shows something else"
    assert told(holding(text)) == {unsure}, "the data of a certificate in a PDF of one's own"
    assert told(holding(text.replace(b"250000", b"950000"))) == {altered}


@pytest.mark.parametrize(
    "content",
    [
        holding(b"{}"),
        holding(b"0" * 20_000_000),
        b"%PDF-1.7 /EmbeddedFile>>\nstream\nnothing that was compressed",
        b"%PDF-1.7" + b"/EmbeddedFile" * 70_000,
        b"%PDF-1.7" + b"/EmbeddedFile\nstream\n" * 40_000,
    ],
    ids=["no text", "a bomb", "not packed", "names", "beginnings"],
)
def test_a_pdf_of_something_else_is_refused(browser: Browser, content: bytes):
    assert hand_in(browser, content, expect=422).errors


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"{" * 2_000_000, b"[1]", b'{"number": "\\ud800"}'])
def test_a_file_of_another_kind_is_refused(browser: Browser, content: bytes):
    assert hand_in(browser, content, expect=422).errors


# ── for programs ───────────────────────────────────────────────────────────────────────────────


def test_the_api_answers_as_promised(browser: Browser):
    certificate = issued(AVOIDING, test=True)
    path = f"/api/v1/certificates/{certificate.number}"
    answer = browser.client.get(path)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json == {
        "number": certificate.number,
        "type": "C3",
        "state": "valid",
        "mass_g": 250_000,
        "ranges": [
            {
                "serial": AVOIDING.serial,
                "first_g": 1,
                "last_g": 250_000,
                "project": "VCS-513",
                "vintage": "2018",
            }
        ],
        "issued_at": "2025-12-31T15:59:59Z",
        "holder": None,
        "test": True,
        "reason": None,
        "replaced_by": None,
        "log": None,
    }
    sequence_and_sign()
    log = browser.client.get(path).json["log"]
    assert (log["idx"], log["size"], len(log["root"])) == (0, 1, 64)


def test_the_api_refuses_by_problem_details(browser: Browser):
    answer = browser.client.get(f"/api/v1/certificates/{NOBODY}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json["type"] == "/problems/no-such-certificate"
