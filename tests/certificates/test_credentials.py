"""Certificates as W3C Verifiable Credentials: the public vector, our own, forgeries, status lists, badges."""

import gzip
import json
from base64 import urlsafe_b64decode
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from openbadgeslib.ob3.ldp import verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3VerificationError
from playwright.sync_api import Browser as Chromium

from portal.certificates import commands
from portal.certificates.credentials import issuer
from portal.certificates.rules import credential, integrity
from portal.certificates.rules.credential import LIST_BITS, Issuer, Purpose
from portal.certificates.rules.integrity import NotACredential, Words
from portal.kernel.bilingual import Bilingual
from tests.browser import Browser
from tests.factories.certificates import ACTOR, AVOIDING, NOW, PLANTING, issued, logged

VECTOR = json.loads((Path(__file__).parent / "data" / "eddsa-rdfc-2022.json").read_text())
VERIFIER = Path(__file__).parent / "vendor" / "digitalbazaar-vc.js"
SITE = "http://127.0.0.1:5000"


# -- the cryptosuite ---------------------------------------------------------------------------


def vector_words() -> Words:
    examples = VECTOR["signed"]["@context"][1]
    known = integrity.words_of("https://vc.example")
    contexts = {
        integrity.CREDENTIALS: known.contexts[integrity.CREDENTIALS],
        examples: VECTOR["examplesContext"],
    }
    return Words(contexts, known.types | {"AlumniCredential"})


def test_the_public_vector_is_signed_to_the_letter():
    unsigned = dict(VECTOR["signed"])
    proof = unsigned.pop("proof")
    seed = base58.b58decode(VECTOR["privateKeyMultibase"][1:])[2:34]
    signed = integrity.sign(unsigned, seed, proof["verificationMethod"], proof["created"], vector_words())
    assert signed == VECTOR["signed"]
    assert integrity.multikey(integrity.public_key(seed)) == VECTOR["publicKeyMultibase"]


def test_the_public_vector_verifies_and_a_changed_one_does_not():
    key = base58.b58decode(VECTOR["publicKeyMultibase"][1:])[2:]
    assert integrity.verify(VECTOR["signed"], key, vector_words())
    changed = deepcopy(VECTOR["signed"])
    changed["credentialSubject"]["alumniOf"] = "Another School"
    assert not integrity.verify(changed, key, vector_words())


# -- our credentials ---------------------------------------------------------------------------


def fetched(browser: Browser, number: str, **query: str) -> dict[str, Any]:
    answer = browser.client.get(f"/certificates/{number}.credential", query_string=query)
    assert answer.status_code == 200
    assert answer.content_type == "application/vc; charset=utf-8"
    return json.loads(answer.data)


def own(app: Flask) -> Issuer:
    config = app.config["PORTAL"]
    return Issuer(config.base_url, config.site_name, config.credential_seed)


def test_a_certificate_is_a_credential_that_says_what_the_paper_says(app: Flask, browser: Browser):
    certificate = logged(PLANTING, AVOIDING)
    document = fetched(browser, certificate.number)
    subject = document["credentialSubject"]
    assert own(app).signed(document)
    assert document["issuer"] == "did:web:127.0.0.1%3A5000"
    assert subject["massGrams"] == certificate.mass.grams == sum(
        part["lastGram"] - part["firstGram"] + 1 for part in subject["ranges"]
    )  # fmt: skip
    assert (subject["removalGrams"], subject["avoidanceGrams"]) == tuple(
        mass.grams for mass in certificate.by_effect.values()
    )
    assert subject["textDigest"] == f"sha256:{certificate.payload_sha256}"
    assert subject["says"]["zh"] == certificate.says.zh
    assert document["evidence"][0]["tlogProof"].startswith("c2sp.org/tlog-proof@v1\n")
    assert fetched(browser, certificate.number) == document, "asked twice, it is the same to the letter"


def test_the_holders_name_is_in_it_only_for_the_key(browser: Browser):
    certificate = logged()
    assert "李明" not in json.dumps(fetched(browser, certificate.number), ensure_ascii=False)
    assert "李明" not in json.dumps(fetched(browser, certificate.number, key="0" * 26), ensure_ascii=False)
    named = fetched(browser, certificate.number, key=certificate.key)
    assert named["credentialSubject"]["holderName"] == "李明"


def test_before_the_record_is_in_the_log_there_is_no_credential(browser: Browser):
    certificate = issued()
    answer = browser.client.get(f"/certificates/{certificate.number}.credential")
    assert answer.status_code == 503


FORGERIES = {
    "more grams": lambda c: c["credentialSubject"].update(massGrams=999_000_000),
    "another range": lambda c: c["credentialSubject"]["ranges"][0].update(lastGram=260_000),
    "another name": lambda c: c["credentialSubject"].update(holderName="别人"),
    "another number": lambda c: c["credentialSubject"].update(number="0" * 12),
    "not a test": lambda c: c["credentialSubject"].update(isTest=True),
    "another word": lambda c: c["credentialSubject"]["says"].update(en="carbon neutral"),
    "another date": lambda c: c.update(validFrom="2020-01-01T00:00:00Z"),
    "another place in the lists": lambda c: c["credentialStatus"][0].update(statusListIndex="77"),
    "no status": lambda c: c.pop("credentialStatus"),
    "another purpose": lambda c: c["proof"].update(proofPurpose="authentication"),
    "another instant": lambda c: c["proof"].update(created="2020-01-01T00:00:00Z"),
    "another key": lambda c: c["proof"].update(verificationMethod="did:web:evil.example#k"),
    "a word nobody explains": lambda c: c["credentialSubject"].update(carbonNeutral=True),
    "a type nobody explains": lambda c: c["type"].append("CarbonNeutralCredential"),
    "a context of one's own": lambda c: c["@context"].append({"massGrams": "https://evil.example/grams"}),
    "a context from elsewhere": lambda c: c["@context"].append("https://evil.example/context"),
    "a context further in": lambda c: c["credentialSubject"].update({"@context": {"number": "x:y"}}),
    "another suite": lambda c: c["proof"].update(cryptosuite="eddsa-jcs-2022"),
    "no proof": lambda c: c.pop("proof"),
    "a proof that is none": lambda c: c["proof"].update(proofValue="z0OIl"),
    "nested without end": lambda c: c["credentialSubject"].update(ranges=_nested(200)),
}


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("forged", FORGERIES)
def test_a_forged_credential_is_refused(forged: str, app: Flask, browser: Browser):
    document = fetched(browser, logged().number)
    assert own(app).signed(document)
    FORGERIES[forged](document)
    try:
        held = own(app).signed(document)
    except NotACredential:
        held = False
    assert not held


@pytest.mark.parametrize(("lang", "label", "button", "genuine", "altered"), [
    ("zh", "证书文件（PDF 或 JSON）", "比对文件", "此文件真实有效", "此文件已被改动"),
    ("en", "Certificate file (PDF or JSON)", "Compare the file", "This file is genuine", "has been altered"),
])  # fmt: skip
def test_a_credential_is_checked_by_upload(
    browser: Browser, lang: str, label: str, button: str, genuine: str, altered: str
):
    document = fetched(browser, logged().number)

    def hand_in() -> str:
        data = json.dumps(document, ensure_ascii=False).encode()
        page = browser.open(f"/{lang}/certificates")
        return page.fill(label, (BytesIO(data), "c.json")).submit(button).text

    assert genuine in hand_in()
    document["credentialSubject"]["massGrams"] += 1
    assert altered in hand_in()


def test_what_a_signature_does_not_cover_is_noticed_too(app: Flask, browser: Browser):
    """Members written out under their full name sign alike, but are not what was issued."""
    certificate = logged()
    document = fetched(browser, certificate.number)
    document["credentialSubject"][f"{SITE}/contexts/carbon/v1#number"] = document["credentialSubject"].pop(
        "number"
    )
    assert own(app).signed(document), "the control: the signature alone does not notice"
    document["credentialSubject"]["number"] = certificate.number
    page = browser.open("/en/certificates")
    data = BytesIO(json.dumps(document).encode())
    shown = page.fill("Certificate file (PDF or JSON)", (data, "c.json")).submit("Compare the file").text
    assert "has been altered" in shown
    assert "credentialSubject" in shown


def test_a_name_that_was_erased_since_is_still_vouched_for(browser: Browser):
    certificate = logged()
    named = fetched(browser, certificate.number, key=certificate.key)
    commands.forget_holder(ACTOR, certificate.number, NOW)

    def hand_in(document: dict[str, Any]) -> str:
        page = browser.open("/en/certificates")
        data = BytesIO(json.dumps(document).encode())
        return page.fill("Certificate file (PDF or JSON)", (data, "c.json")).submit("Compare the file").text

    assert "This file is genuine" in hand_in(named)
    named["credentialSubject"]["holderName"] = "Somebody Else"
    assert "has been altered" in hand_in(named)


# -- verifiers that others wrote ---------------------------------------------------------------


def documents(browser: Browser, credential: dict[str, Any]) -> dict[str, Any]:
    """Everything a verifier has to look up to check the credential, by address."""
    lists = [entry["statusListCredential"] for entry in credential["credentialStatus"]]
    did = json.loads(browser.client.get("/.well-known/did.json").data)
    key, _for_tokens = did["verificationMethod"]
    known = dict(integrity.words_of(SITE).contexts)
    known |= {address: json.loads(browser.client.get(address.removeprefix(SITE)).data) for address in lists}
    return known | {did["id"]: did, key["id"]: {"@context": "https://w3id.org/security/multikey/v1", **key}}


def test_digital_bazaars_verifier_accepts_it_and_its_status(browser: Browser, chromium: Chromium):
    kept, revoked = logged(PLANTING, AVOIDING), logged()
    commands.revoke(ACTOR, revoked.number, "refunded", NOW)
    good, ended = (fetched(browser, each.number) for each in (kept, revoked))
    forged = deepcopy(good)
    forged["credentialSubject"]["massGrams"] += 1
    unknown = deepcopy(good)
    unknown["credentialSubject"]["carbonNeutral"] = True
    page = chromium.new_page()
    # A page that the browser trusts, as it gives its cryptography to no other.
    page.route(
        "http://localhost/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html")
    )
    page.goto("http://localhost/")
    page.add_script_tag(path=str(VERIFIER))
    said = [
        page.evaluate("([c, known]) => verifyCredential(c, known)", [each, documents(browser, each)])
        for each in (good, ended, forged, unknown)
    ]
    page.close()
    assert [answer["verified"] for answer in said] == [True, True, False, False], said
    assert [answer["status"] for answer in said[:2]] == [
        [["revocation", False], ["suspension", False]],
        [["revocation", True], ["suspension", False]],
    ]


def test_openbadgeslib_accepts_its_proof_and_refuses_a_changed_one(app: Flask, browser: Browser):
    document = fetched(browser, logged(PLANTING, AVOIDING).number)
    pem = Ed25519PublicKey.from_public_bytes(own(app).public_key).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    ours = {integrity.our_context(SITE): dict(integrity.words_of(SITE).contexts[integrity.our_context(SITE)])}
    verify_data_integrity_proof(document, pem, extra_contexts=ours)
    document["credentialSubject"]["massGrams"] += 1
    with pytest.raises(OB3VerificationError):
        verify_data_integrity_proof(document, pem, extra_contexts=ours)


# -- status lists ------------------------------------------------------------------------------


def bit(document: dict[str, Any], place: int) -> int:
    packed = document["credentialSubject"]["encodedList"]
    assert packed[0] == "u"
    bits = gzip.decompress(urlsafe_b64decode(packed[1:] + "=" * (-len(packed[1:]) % 4)))
    assert len(bits) * 8 == LIST_BITS
    return bits[place // 8] >> (7 - place % 8) & 1


def test_a_withdrawn_certificate_is_on_the_list_and_another_is_not(app: Flask, browser: Browser):
    kept, doubted, revoked = logged(), logged(), logged()
    commands.doubt(ACTOR, doubted.number, "disputed", NOW)
    commands.revoke(ACTOR, revoked.number, "refunded", NOW)
    wanted = {(kept.number, "revocation"): 0, (kept.number, "suspension"): 0,
              (doubted.number, "revocation"): 0, (doubted.number, "suspension"): 1,
              (revoked.number, "revocation"): 1, (revoked.number, "suspension"): 0}  # fmt: skip
    for (number, purpose), expected in wanted.items():
        entry = next(
            each for each in fetched(browser, number)["credentialStatus"] if each["statusPurpose"] == purpose
        )
        answer = browser.client.get(entry["statusListCredential"].removeprefix(SITE))
        document = json.loads(answer.data)
        assert own(app).signed(document)
        assert document["id"] == entry["statusListCredential"]
        assert bit(document, int(entry["statusListIndex"])) == expected, (number, purpose)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_list_holds_a_bit_for_each_place():
    portal = Issuer("https://carbon.example", Bilingual("站", "Site"), bytes(range(32)))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    document = credential.status_list(portal, Purpose.REVOCATION, 3, [0, 9, LIST_BITS - 1], now)
    assert portal.signed(document)
    assert [place for place in (0, 1, 8, 9, LIST_BITS - 2, LIST_BITS - 1) if bit(document, place)] == [
        0, 9, LIST_BITS - 1,
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/credentials/status/other/0", "/credentials/status/revocation/7"])
def test_there_is_no_other_list(browser: Browser, path: str):
    assert browser.client.get(path).status_code == 404


# -- who signs ---------------------------------------------------------------------------------


def test_the_key_is_found_where_did_web_says(app: Flask, browser: Browser):
    document = fetched(browser, logged().number)
    did = json.loads(browser.client.get("/.well-known/did.json").data)
    method, for_tokens = did["verificationMethod"]
    assert for_tokens["type"] == "JsonWebKey"
    assert for_tokens["publicKeyJwk"].keys() == {"kty", "crv", "x", "y"}
    assert did["id"] == document["issuer"] == method["controller"]
    assert document["proof"]["verificationMethod"] == method["id"] in did["assertionMethod"]
    key = base58.b58decode(method["publicKeyMultibase"][1:])
    assert key[:2] == b"\xed\x01"
    assert integrity.verify(document, key[2:], integrity.words_of(SITE))
    context = json.loads(browser.client.get("/contexts/carbon/v1").data)["@context"]
    assert context["@protected"] is True
    assert context["carbon"] == f"{SITE}/contexts/carbon/v1#"


# -- badges ------------------------------------------------------------------------------------


def badge(browser: Browser, number: str, lang: str = "en") -> str:
    answer = browser.client.get(f"/certificates/{number}.svg?lang={lang}")
    assert answer.content_type.startswith("image/svg+xml")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    return answer.get_data(as_text=True)


def test_a_badge_greys_out_after_a_year(browser: Browser, at: Any):
    certificate = logged()
    at((NOW + timedelta(days=364)).isoformat())
    fresh = badge(browser, certificate.number)
    at((NOW + timedelta(days=366)).isoformat())
    old = badge(browser, certificate.number)
    for shown, is_fresh in ((fresh, True), (old, False)):
        assert ("#1c4f3c" in shown) is is_fresh
        assert ("more than a year ago" in shown) is not is_fresh
        assert "250 kg CO₂e" in shown
    assert "李明" not in badge(browser, certificate.number, "zh")


def test_a_badge_of_a_revoked_certificate_says_so(browser: Browser):
    certificate = logged()
    commands.revoke(ACTOR, certificate.number, "refunded", NOW)
    shown = badge(browser, certificate.number, "zh")
    assert "已失效" in shown
    assert "#1c4f3c" not in shown


# -- when the key is changed -------------------------------------------------------------------


def rotated(app: Flask, *past: str) -> None:
    """The site with another key, which still names these past ones."""
    app.config["PORTAL"] = replace(
        app.config["PORTAL"], credential_seed=bytes(reversed(range(32))), credential_past_keys=past
    )


def test_what_a_past_key_signed_stays_genuine_while_the_site_names_it(app: Flask, browser: Browser):
    old = fetched(browser, logged().number)
    past = integrity.multikey(integrity.public_key(app.config["PORTAL"].credential_seed))
    rotated(app, past)
    assert issuer().signed(old)
    document = browser.client.get("/.well-known/did.json").get_json()
    assert [key["type"] for key in document["verificationMethod"]] == ["Multikey", "Multikey", "JsonWebKey"]
    assert old["proof"]["verificationMethod"] in document["assertionMethod"]
    new = fetched(browser, old["credentialSubject"]["number"])
    assert new["proof"]["verificationMethod"] == document["assertionMethod"][0]
    assert issuer().signed(new)
    page = browser.open("/en/certificates")
    page = page.fill("Certificate file (PDF or JSON)", (BytesIO(json.dumps(old).encode()), "old.json"))
    assert "This file is genuine" in page.submit("Compare the file").text


def test_what_a_past_key_signed_is_refused_once_the_site_names_it_no_more(app: Flask, browser: Browser):
    """The control: a key that leaked is left out of the list."""
    old = fetched(browser, logged().number)
    rotated(app)
    assert not issuer().signed(old)
