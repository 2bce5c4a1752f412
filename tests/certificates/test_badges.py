"""Completed courses as Open Badges 3.0: by the book, read by others, baked, checked; hostile files capped."""

import json
import zlib
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from jsonschema import Draft201909Validator
from openbadgeslib import baking as others
from openbadgeslib.ob3.ldp import verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3VerificationError
from PIL import Image

from portal.certificates import commands, queries, sheet
from portal.certificates.credentials import issuer
from portal.certificates.queries import CertificateView
from portal.certificates.rules import baking, canonical, inspection, integrity, tokens
from portal.certificates.rules.canonical import Canonical, TooTangled
from portal.certificates.rules.credential import Purpose
from portal.certificates.rules.inspection import Answer
from portal.certificates.rules.integrity import NotACredential
from portal.kernel.bilingual import Bilingual
from portal.registry.jobs import sequence_and_sign
from tests.browser import Browser
from tests.factories.certificates import ACTOR, NOW, certified, course, pledge

DATA = Path(__file__).parent / "data"
# 1EdTech's own, https://purl.imsglobal.org/spec/ob/v3p0/schema/json/, byte for byte as of 2026-07-04.
SCHEMA = json.loads((DATA / "ob_v3p0_achievementcredential_schema.json").read_text())
CONTEXTS = {
    "credentials-v2.jsonld": "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    "openbadges-3.0.3.jsonld": "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
}
LATER = NOW + timedelta(days=30)
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def completed(**changes: Any) -> CertificateView:
    told = {"course": Bilingual("人人懂碳汇与碳中和", "Sinks and neutrality"), "course_id": "everyone",
            "audience": "everyone", "learned_in": "zh"}  # fmt: skip
    certificate = certified(course(**(told | changes)))
    sequence_and_sign()
    return certificate


def fetched(browser: Browser, certificate: CertificateView, ending: str = "json", **query: str) -> bytes:
    answer = browser.client.get(f"/certificates/{certificate.number}/badge.{ending}", query_string=query)
    assert answer.status_code == 200, answer.data
    return bytes(answer.data)


def is_set(purpose: Purpose, place: int) -> bool:
    return bool(queries.withdrawn_places(purpose, place, place + 1))


def answers(data: bytes, now: datetime = LATER) -> tuple[Answer, Answer, Answer]:
    handed, own = inspection.read(data), issuer()
    return (
        inspection.signature(handed, own).answer,
        inspection.period(handed, now).answer,
        inspection.status(handed, own, is_set, now).answer,
    )


# -- by the book --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTEXTS)
def test_the_contexts_are_the_published_ones(name: str):
    data = (files("portal.certificates") / "data" / name).read_bytes()
    assert sha256(data).hexdigest() == CONTEXTS[name]


def test_it_is_what_the_schema_of_1edtech_asks_for(app: Flask, browser: Browser):
    check = Draft201909Validator(SCHEMA, format_checker=Draft201909Validator.FORMAT_CHECKER)
    certificate = completed()
    for query in ({}, {"key": certificate.key}):
        assert list(check.iter_errors(json.loads(fetched(browser, certificate, **query)))) == []
    broken = json.loads(fetched(browser, certificate))
    del broken["credentialSubject"]["achievement"]["criteria"]
    assert list(check.iter_errors(broken)), "the control: without criteria it is no badge"


def test_it_says_what_the_certificate_says_and_holds_no_float(app: Flask, browser: Browser):
    certificate = completed()
    raw = fetched(browser, certificate)
    floats: list[str] = []
    document = json.loads(raw, parse_float=floats.append)
    assert not floats
    achievement = document["credentialSubject"]["achievement"]
    assert achievement["name"] == "人人懂碳汇与碳中和 · Sinks and neutrality"
    assert "16 hours" in achievement["description"]
    assert "会做样地调查" in achievement["criteria"]["narrative"]
    assert "李明" not in raw.decode()
    named = json.loads(fetched(browser, certificate, key=certificate.key))
    assert named["credentialSubject"]["identifier"][0]["identityHash"] == "李明"
    assert fetched(browser, certificate) == raw, "asked twice, it is the same to the letter"


def test_only_courses_have_a_badge(app: Flask, browser: Browser):
    other = certified(pledge())
    sequence_and_sign()
    assert browser.client.get(f"/certificates/{other.number}/badge.json").status_code == 404


# -- read by others -----------------------------------------------------------------------------


def test_openbadgeslib_accepts_its_proof_and_refuses_a_changed_one(app: Flask, browser: Browser):
    document = json.loads(fetched(browser, completed()))
    pem = Ed25519PublicKey.from_public_bytes(issuer().public_key).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    verify_data_integrity_proof(document, pem)
    document["credentialSubject"]["achievement"]["version"] = "4"
    with pytest.raises(OB3VerificationError):
        verify_data_integrity_proof(document, pem)


def test_the_token_is_es256_and_its_key_is_in_the_did_document(app: Flask, browser: Browser):
    certificate = completed()
    token = fetched(browser, certificate, "jwt").decode()
    assert fetched(browser, certificate, "jwt").decode() == token
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "ES256"
    did = json.loads(browser.client.get("/.well-known/did.json").data)
    (key,) = [each for each in did["verificationMethod"] if each["id"] == header["kid"]]
    assert header["kid"] in did["assertionMethod"]
    claims = jwt.decode(token, jwt.PyJWK(key["publicKeyJwk"], "ES256").key, algorithms=["ES256"])
    document = json.loads(fetched(browser, certificate))
    del document["proof"]
    assert {name: claims[name] for name in document} == document
    assert (claims["iss"], claims["jti"]) == (document["issuer"]["id"], document["id"])
    head, body, tail = token.split(".")
    forged = f"{head}.{body}.{'A' * len(tail)}"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(forged, jwt.PyJWK(key["publicKeyJwk"], "ES256").key, algorithms=["ES256"])


def test_the_key_for_tokens_is_known_by_its_name(app: Flask):
    name = tokens.multikey(issuer().token_key)
    assert name.startswith("zDn")
    assert len(name) == 49
    assert tokens.key_of(name).public_numbers() == issuer().token_key.public_numbers()


def test_both_pictures_carry_it_where_others_look_for_it(app: Flask, browser: Browser):
    certificate = completed(course=Bilingual("“<碳>”]]>", "A & B"))
    document = json.loads(fetched(browser, certificate))
    png, svg = fetched(browser, certificate, "png"), fetched(browser, certificate, "svg")
    assert Image.open(BytesIO(png)).size == (400, 400)
    theirs = (
        others.extract_png(png, keyword=others.ITXT_KEYWORD_OB3),
        others.extract_svg(svg, element=others.SVG_ELEMENT_OB3, text_fallback=True),
    )
    for text in (*theirs, baking.out_of_png(png), baking.out_of_svg(svg)):
        assert json.loads(text or "") == document


def test_the_paper_carries_the_badge(app: Flask):
    certificate = completed()
    proof = queries.log_proof(certificate.id)
    assert proof
    inside = {file.name: file.content for file in sheet.attachments(certificate, "named", proof)}
    badge = inside[f"{certificate.number}-badge.json"]
    assert answers(badge) == (YES, YES, YES)
    assert "李明" in badge.decode()


# -- three questions, answered apart ------------------------------------------------------------


def test_ours_is_known_in_every_form(app: Flask, browser: Browser):
    certificate = completed()
    for ending in ("json", "jwt", "png", "svg"):
        assert answers(fetched(browser, certificate, ending)) == (YES, YES, YES), ending


def test_each_question_has_its_own_answer(app: Flask, browser: Browser):
    kept, doubted, revoked = completed(), completed(), completed()
    commands.doubt(ACTOR, doubted.number, "error", NOW)
    commands.revoke(ACTOR, revoked.number, "error", NOW)
    assert answers(fetched(browser, kept)) == (YES, YES, YES)
    assert answers(fetched(browser, doubted)) == (YES, YES, NO)
    assert answers(fetched(browser, revoked, "jwt")) == (YES, YES, NO)
    assert answers(fetched(browser, kept), NOW - timedelta(days=1)) == (YES, NO, YES)
    changed = fetched(browser, kept).replace(b"16 hours", b"61 hours")
    assert answers(changed) == (NO, YES, YES)


FORGERIES: dict[str, tuple[Any, Answer]] = {
    "another version": (lambda d: d["credentialSubject"]["achievement"].update(version="9"), NO),
    "another holder": (lambda d: d["credentialSubject"].update(id="https://evil.example/me"), NO),
    "no status": (lambda d: d.pop("credentialStatus"), NO),
    "a word nobody explains": (lambda d: d["credentialSubject"].update(isPresident=True), NO),
    "a type nobody explains": (lambda d: d["type"].append("DoctorCredential"), NO),
    "another issuer": (lambda d: d["issuer"].update(id="did:web:evil.example"), NO),
    "another key": (lambda d: d["proof"].update(verificationMethod="did:key:z6Mk#z6Mk"), NO),
    "no proof": (lambda d: d.pop("proof"), NO),
    "two proofs": (lambda d: d.update(proof=[d["proof"], d["proof"]]), NO),
    "another suite": (lambda d: d["proof"].update(cryptosuite="eddsa-jcs-2022"), UNKNOWN),
    "a context from elsewhere": (lambda d: d["@context"].append("https://evil.example/c"), UNKNOWN),
}


def test_a_forged_badge_is_not_said_to_be_signed(app: Flask, browser: Browser):
    genuine = json.loads(fetched(browser, completed()))
    said = {}
    for name, (change, _) in FORGERIES.items():
        document = deepcopy(genuine)
        change(document)
        said[name] = answers(json.dumps(document).encode())[0]
    assert said == {name: expected for name, (_, expected) in FORGERIES.items()}


def test_a_token_that_says_two_things_is_refused(app: Flask, browser: Browser):
    document = json.loads(fetched(browser, completed()))
    own = issuer()
    twisted = tokens.token_of(document, own.seed, own.token_method)
    assert answers(twisted.encode())[0] is YES, "the control"
    other = tokens.token_of({**document, "id": "https://a.example/1"}, own.seed, own.token_method)
    token = tokens.read(other)
    assert not tokens.contradicts_itself(token)
    told = inspection.Handed({**document, "issuer": {"id": own.did}}, token)
    assert inspection.signature(told, own).answer is YES
    split = tokens.Token(token.header, {**token.claims, "iss": "did:web:evil.example"}, b"", b"")
    assert inspection.signature(inspection.Handed(split.credential, split), own).answer is NO


def foreign(seed: bytes = bytes(range(1, 33)), **changes: Any) -> dict[str, Any]:
    """A badge of somebody whose key stands in the issuer's own name."""
    key = integrity.multikey(integrity.public_key(seed))
    document = {
        "@context": [integrity.CREDENTIALS, integrity.OPEN_BADGES],
        "id": "urn:uuid:0b1cbb6c-5c1b-4a62-b2e4-0b6c4b9fbe61",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": f"did:key:{key}", "type": ["Profile"], "name": "A school"},
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "urn:uuid:35258e6f-4c05-4215-8ada-38a5a5b80510", "type": ["Achievement"],
                "name": "Swimming", "description": "Can swim", "criteria": {"narrative": "50 m"},
            },
        },
        **changes,
    }  # fmt: skip
    method = f"did:key:{key}#{key}"
    return integrity.sign(document, seed, method, "2026-01-01T00:00:00Z", integrity.badge_words())


def test_badges_of_others_are_answered_as_far_as_is_known(app: Flask):
    today, later = (datetime(year, 6, 1, tzinfo=UTC) for year in (2026, 2028))
    theirs = foreign()
    assert answers(json.dumps(theirs).encode(), today) == (YES, YES, UNKNOWN)
    assert answers(json.dumps(theirs).encode(), later) == (YES, NO, UNKNOWN)
    changed = deepcopy(theirs)
    changed["credentialSubject"]["achievement"]["name"] = "Diving"
    assert answers(json.dumps(changed).encode(), today)[0] is NO
    elsewhere = deepcopy(theirs)
    elsewhere["issuer"]["id"] = "did:web:school.example:badges"
    elsewhere["proof"]["verificationMethod"] = "did:web:school.example:badges#1"
    found = inspection.signature(inspection.read(json.dumps(elsewhere).encode()), issuer())
    assert (found.answer, found.places["where"]) == (UNKNOWN, "https://school.example/badges/did.json")


# -- hostile files ------------------------------------------------------------------------------


def poison(count: int) -> dict[str, Any]:
    """Blank nodes that all name each other: to tell them apart, every order has to be tried."""
    names = [f"_:{n}" for n in range(count)]
    nodes = [
        {"id": name, "type": "VerifiableCredential", "evidence": [each for each in names if each != name]}
        for name in names
    ]
    return {"@context": [integrity.CREDENTIALS], "type": "VerifiableCredential", "evidence": nodes}


def test_a_small_file_that_would_take_seconds_is_refused_by_its_steps(monkeypatch: pytest.MonkeyPatch):
    asked: list[Canonical] = []

    class Watched(Canonical):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0
            asked.append(self)

        def create_hash_to_related(self, id_: str, issuer: object) -> dict[str, list[str]]:
            self.calls += 1
            return super().create_hash_to_related(id_, issuer)

    monkeypatch.setattr(canonical, "Canonical", Watched)
    words = integrity.badge_words()
    document = poison(8)
    assert 500 < len(json.dumps(document)) < 1_200
    with pytest.raises(TooTangled):
        canonical.canonical(document, words.load, lambda _word: None)
    assert asked[-1].calls <= 3
    canonical.canonical(poison(3), words.load, lambda _word: None)  # the control: few nodes are worked out
    assert 0 < asked[-1].steps < canonical.MOST_STEPS


def test_a_poisoned_badge_in_our_name_is_not_worked_on(app: Flask, browser: Browser):
    document = json.loads(fetched(browser, completed()))
    document["evidence"] = poison(8)["evidence"]
    assert answers(json.dumps(document).encode())[0] is UNKNOWN


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def png_with(chunk: bytes) -> bytes:
    return baking.PNG + len(chunk).to_bytes(4, "big") + b"iTXt" + chunk + bytes(4)


BOMB = zlib.compress(b"{" + b" " * 10_000_000)
HOSTILE = {
    "nothing": b"",
    "no text": b"\xff\xfe\x00",
    "no JSON": b"{",
    "a list": b"[]",
    "deep": json.dumps({"issuer": nested(30)}).encode(),
    "deeper than Python goes": b'{"a":' + b"[" * 100_000,
    "wide": json.dumps({"tag": ["x"] * 1_001}).encode(),
    "large": b'{"a": "' + b"x" * 70_000 + b'"}',
    "a full name for a word": json.dumps({"https://schema.org/name": "x"}).encode(),
    "a keyword": json.dumps({"issuer": {"@id": "did:web:a.example"}}).encode(),
    "a context further in": json.dumps({"issuer": {"@context": {"name": "x:y"}}}).encode(),
    "a graph within": json.dumps({"@graph": []}).encode(),
    "a token of nothing": b"a.b.c",
    "a picture without": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "entities": b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
    "half an SVG": b"<svg><openbadges",
    "a bomb": png_with(b"openbadgecredential\0\1\0\0\0" + BOMB),
    "a broken pack": png_with(b"openbadgecredential\0\1\0\0\0xx"),
    "a chunk that lies about its length": baking.PNG + b"\xff\xff\xff\xffiTXt" + b"openbadgecredential\0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_name(name: str):
    with pytest.raises(NotACredential):
        inspection.read(HOSTILE[name])


# -- the pages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "label", "button", "asked", "told"), [
    ("zh", "徽章或凭证", "核验", "签发方签署过吗？", "本平台签署，此后未被改动。"),
    ("en", "Badge or credential", "Check", "Did the issuer sign it?", "This portal signed it"),
])  # fmt: skip
def test_a_badge_is_checked_on_its_page(
    browser: Browser, lang: str, label: str, button: str, asked: str, told: str
):
    page = browser.open(f"/{lang}/badges/check")
    page = page.fill(label, (BytesIO(fetched(browser, completed(), "png")), "b.png")).submit(button)
    assert asked in page.text
    assert told in page.text
    refused = browser.open(f"/{lang}/badges/check").fill(label, (BytesIO(b"x"), "b.txt"))
    assert refused.submit(button, expect=422).text


def test_a_certificate_of_a_course_offers_its_badge(browser: Browser):
    certificate = completed()
    page = browser.open(f"/en/certificates/{certificate.number}?key={certificate.key}")
    assert "The holder’s name is in it." in page.text
    assert f"/certificates/{certificate.number}/badge.png?key={certificate.key}" in page.html
    open_page = browser.open(f"/en/certificates/{certificate.number}")
    assert "The holder’s name is not in it." in open_page.text
