"""Badges of other issuers with their keys and lists handed in; tokens as credentials, ours and theirs."""

import gzip
import json
from base64 import urlsafe_b64encode
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from flask import Flask

from portal.certificates import commands
from portal.certificates.credentials import issuer
from portal.certificates.rules import inspection, integrity, keys, lists, tokens
from portal.certificates.rules.baking import OlderBadge
from portal.certificates.rules.credential import LIST_BITS
from portal.certificates.rules.inspection import Answer, Beside, Finding, Handed
from portal.certificates.rules.integrity import NotACredential
from portal.certificates.rules.keys import KeyFile, NotAKeyFile, SecretKeyHandedIn
from tests.browser import Browser
from tests.factories.certificates import ACTOR, NOW, logged

YES, ON_TRUST, NO, UNKNOWN = Answer.YES, Answer.ON_TRUST, Answer.NO, Answer.UNKNOWN
SCHOOL = "did:web:school.example"
SEED, OTHER_SEED = bytes(range(1, 33)), bytes(range(2, 34))
TODAY = datetime(2026, 6, 1, tzinfo=UTC)
LIST = "https://school.example/status/1"


def seen(seed: bytes = SEED) -> str:
    return integrity.multikey(integrity.public_key(seed))


def in_name(seed: bytes = SEED) -> str:
    return f"did:key:{seen(seed)}"


def method_of(did: str, seed: bytes = SEED) -> str:
    return f"{did}#{seen(seed)}"


def badge(did: str = SCHOOL, **changes: Any) -> dict[str, Any]:
    """Their badge, not signed yet; its place in their list is the seventh."""
    return {
        "@context": [integrity.CREDENTIALS, integrity.OPEN_BADGES],
        "id": "urn:uuid:0b1cbb6c-5c1b-4a62-b2e4-0b6c4b9fbe61",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": did, "type": ["Profile"], "name": "A school"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:learner",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "urn:uuid:35258e6f-4c05-4215-8ada-38a5a5b80510", "type": ["Achievement"],
                "name": "Swimming", "description": "Can swim", "criteria": {"narrative": "50 m"},
            },
        },
        "credentialStatus": {
            "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "7",
            "statusListCredential": LIST,
        },
        **changes,
    }  # fmt: skip


def signed(document: dict[str, Any], seed: bytes = SEED, method: str | None = None) -> dict[str, Any]:
    named = document["issuer"]
    did = named if isinstance(named, str) else named["id"]
    at = "2026-01-01T00:00:00Z"
    return integrity.sign(document, seed, method or method_of(did, seed), at, integrity.badge_words())


def did_document(seed: bytes = SEED, did: str = SCHOOL, **changes: Any) -> dict[str, Any]:
    key = {
        "id": method_of(did, seed),
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": seen(seed),
    }
    return {
        "@context": ["https://www.w3.org/ns/did/v1"], "id": did, "verificationMethod": [key | changes],
        "assertionMethod": [key["id"]],
    }  # fmt: skip


def packed_bits(bits: bytes) -> str:
    return "u" + urlsafe_b64encode(gzip.compress(bits, mtime=0)).rstrip(b"=").decode()


def status_list(did: str = SCHOOL, *places: int, bits: int = LIST_BITS, **changes: Any) -> dict[str, Any]:
    """Their list, not signed yet."""
    content = bytearray(bits // 8)
    for place in places:
        content[place // 8] |= 128 >> place % 8
    return {
        "@context": [integrity.CREDENTIALS],
        "id": LIST,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did,
        "validFrom": "2026-05-31T00:00:00Z",
        "validUntil": "2026-06-02T00:00:00Z",
        "credentialSubject": {
            "id": f"{LIST}#list", "type": "BitstringStatusList", "statusPurpose": "revocation",
            "encodedList": packed_bits(bytes(content)),
        },
        **changes,
    }  # fmt: skip


def handed(document: dict[str, Any] | str) -> Handed:
    return inspection.read((document if isinstance(document, str) else json.dumps(document)).encode())


def key_file(document: dict[str, Any]) -> KeyFile:
    return keys.read(json.dumps(document).encode())


def who(document: dict[str, Any] | str, given: KeyFile | None = None) -> Finding:
    return inspection.signature(handed(document), issuer(), given)


def holds(document: dict[str, Any], *found: dict[str, Any], given: KeyFile | None = None) -> Finding:
    read = [inspection.read_list(json.dumps(each).encode()) for each in found]
    return inspection.status(handed(document), issuer(), lambda *_: True, TODAY, Beside(given, read))


# -- keys that are handed in ---------------------------------------------------------------------


def test_a_did_document_beside_it_answers_who_signed_it_and_says_on_what_that_rests(app: Flask):
    theirs = signed(badge())
    alone = who(theirs)
    assert (alone.answer, alone.places["where"]) == (UNKNOWN, "https://school.example/.well-known/did.json")
    found = who(theirs, key_file(did_document()))
    assert found.answer is ON_TRUST
    assert "was not checked" in found.why
    changed = deepcopy(theirs)
    changed["credentialSubject"]["achievement"]["name"] = "Diving"
    assert who(changed, key_file(did_document())).answer is NO


KEY_FILES: dict[str, tuple[dict[str, Any], Answer]] = {
    "their own": (did_document(), ON_TRUST),
    "with a key that is told by its end alone": (
        {**did_document(id=f"#{seen()}"), "assertionMethod": [f"#{seen()}"]}, ON_TRUST),
    "of somebody else": (did_document(did="did:web:evil.example"), UNKNOWN),
    "with another key under that id": (did_document(publicKeyMultibase=seen(OTHER_SEED)), NO),
    "without that key": (did_document(OTHER_SEED), UNKNOWN),
    "with a key of another kind beside it": (
        {**did_document(), "assertionMethod": [method_of(SCHOOL), {
            "id": "#2", "type": "JsonWebKey", "publicKeyJwk": {"kty": "EC", "crv": "secp256k1", "x": "AQ"},
        }]}, ON_TRUST),
    "with a key that is used no more": (did_document(revoked="2026-03-01T00:00:00Z"), UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("name", KEY_FILES)
def test_a_file_of_keys_is_believed_for_its_own_name_and_its_own_keys_only(app: Flask, name: str):
    document, expected = KEY_FILES[name]
    assert who(signed(badge()), key_file(document)).answer is expected


REFUSED: dict[str, tuple[bytes, type[Exception]]] = {
    "nothing": (b"", NotAKeyFile),
    "no JSON": (b"{", NotAKeyFile),
    "deep": (b"[" * 60_000, NotAKeyFile),
    "large": (b" " * (keys.LARGEST_FILE + 1) + json.dumps(did_document()).encode(), NotAKeyFile),
    "a badge": (json.dumps(badge()).encode(), NotAKeyFile),
    "a key nobody vouches with": (json.dumps(did_document() | {"assertionMethod": []}).encode(), NotAKeyFile),
    "a key of somebody else": (
        json.dumps(did_document(controller="did:web:a.example")).encode(),
        NotAKeyFile,
    ),
    "a date without its zone": (
        json.dumps(did_document(expires="2026-03-01T00:00:00")).encode(),
        NotAKeyFile,
    ),
    "too many keys": (json.dumps({"keys": [{"kty": "EC"}] * 101}).encode(), NotAKeyFile),
    "a point off the curve": (b'{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}', NotAKeyFile),
    "a short RSA key": (json.dumps({"kty": "RSA", "n": "A" * 100, "e": "AQAB"}).encode(), NotAKeyFile),
    "a shared secret": (b'{"kty":"oct","k":"AQ"}', SecretKeyHandedIn),
    "a secret key": (b'{"kty":"OKP","crv":"Ed25519","x":"AQ","d":"AQ"}', SecretKeyHandedIn),
    "a secret PEM": (b"-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n", SecretKeyHandedIn),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_file_of_keys_is_refused(name: str):
    data, refusal = REFUSED[name]
    with pytest.raises(refusal):
        keys.read(data)


# -- their tokens --------------------------------------------------------------------------------


@cache
def pairs() -> dict[str, Any]:
    """A secret key for each algorithm that is read here."""
    return {
        "ES256": ec.derive_private_key(7, ec.SECP256R1()),
        "EdDSA": Ed25519PrivateKey.from_private_bytes(SEED),
        "RS256": rsa.generate_private_key(65537, 2048),
    }


def token(algorithm: str = "ES256", kid: str | None = f"{SCHOOL}#1", **claims: Any) -> str:
    """Their badge as a token, made by PyJWT."""
    return jwt.encode(badge() | claims, pairs()[algorithm], algorithm, {"kid": kid} if kid else None)


def public_jwk(algorithm: str = "ES256", **more: str) -> dict[str, Any]:
    maker = jwt.get_algorithm_by_name(algorithm)
    return dict(json.loads(maker.to_jwk(pairs()[algorithm].public_key()))) | more


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_a_token_is_checked_with_the_key_that_is_handed_in_however_that_is_written(
    app: Flask, algorithm: str
):
    theirs, key = token(algorithm), public_jwk(algorithm)
    pem = pairs()[algorithm].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    document = did_document() | {
        "verificationMethod": [{"id": "#1", "type": "JsonWebKey", "controller": SCHOOL, "publicKeyJwk": key}],
        "assertionMethod": ["#1"],
    }
    files = {
        "a JWK": key_file(key),
        "a set": key_file({"keys": [key | {"kid": "1"}, public_jwk("EdDSA", kid="2")]}),
        "a did.json": key_file(document),
        "a PEM": keys.read(pem),
    }
    assert {name: who(theirs, file).answer for name, file in files.items()} == dict.fromkeys(files, ON_TRUST)
    assert who(theirs).answer is UNKNOWN
    forged = theirs[:-6] + ("AAAAAA" if not theirs.endswith("AAAAAA") else "BBBBBB")
    assert who(forged, files["a JWK"]).answer is NO


TOKENS: dict[str, tuple[Any, Answer]] = {
    "the control": (lambda: token(), ON_TRUST),
    "without the name of a key": (lambda: token(kid=None), ON_TRUST),
    "with the end of a name": (lambda: token(kid="1"), ON_TRUST),
    "in the older way": (lambda: older(), ON_TRUST),
    "of two issuers": (lambda: token(iss="did:web:evil.example"), NO),
    "of two holders": (lambda: token(sub="did:example:somebody"), NO),
    "of two numbers": (lambda: token(jti="urn:uuid:1"), NO),
    "by another's key": (lambda: token("EdDSA"), NO),
    "by no key": (lambda: jwt.encode(badge(), None, "none"), NotACredential),
    "by a shared secret": (lambda: jwt.encode(badge(), "x" * 64, "HS256"), UNKNOWN),
    "with something that must be understood": (
        lambda: jwt.encode(badge(), pairs()["ES256"], "ES256", {"crit": ["b64"], "b64": True}), NO),
}  # fmt: skip


def older() -> str:
    """As the data model 1.1 had it: the credential a claim of its own, its issuer and dates in the token."""
    inner = {name: value for name, value in badge().items() if name not in ("issuer", "id", "validFrom")}
    claims = {"iss": SCHOOL, "jti": "urn:uuid:1", "nbf": 1_767_225_600, "exp": 1_798_761_600, "vc": inner}
    return jwt.encode(claims, pairs()["ES256"], "ES256")


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_says_one_thing_by_one_key(app: Flask, name: str):
    make, expected = TOKENS[name]
    given = key_file(public_jwk())
    if isinstance(expected, Answer):
        assert who(make(), given).answer is expected
    else:
        with pytest.raises(expected):
            who(make(), given)


def test_the_narrower_dates_of_a_token_count():
    days = [datetime(year, 6, 1, tzinfo=UTC) for year in (2025, 2026, 2027)]
    assert [inspection.period(handed(older()), day).answer for day in days] == [NO, YES, NO]
    assert inspection.period(handed(token(exp="soon")), TODAY).answer is NO
    assert inspection.period(handed(token(exp=1e300)), TODAY).answer is NO


def test_an_issuer_whose_name_is_its_key_needs_no_file(app: Flask):
    key = tokens.private_key(SEED)
    named = {
        f"did:key:{tokens.multikey(key.public_key())}": key,
        "did:jwk:" + urlsafe_b64encode(json.dumps(public_jwk()).encode()).rstrip(b"=").decode(): pairs()[
            "ES256"
        ],
    }
    for did, secret in named.items():
        document = badge(did)
        assert who(jwt.encode(document, secret, "ES256")).answer is YES
        assert who(jwt.encode(document, ec.derive_private_key(8, ec.SECP256R1()), "ES256")).answer is NO


# -- lists that are handed in --------------------------------------------------------------------


def test_their_list_says_whether_it_still_holds(app: Flask):
    did = in_name()
    theirs = signed(badge(did))
    assert holds(theirs).places["where"] == LIST
    kept = holds(theirs, signed(status_list(did, 6, 8)))
    assert (kept.answer, kept.places["day"]) == (YES, "2026-05-31")
    assert holds(theirs, signed(status_list(did, 7))).answer is NO


def test_a_list_rests_on_the_key_that_it_is_checked_with(app: Flask):
    theirs, given = signed(badge()), key_file(did_document())
    assert holds(theirs, signed(status_list())).answer is UNKNOWN
    assert holds(theirs, signed(status_list()), given=given).answer is ON_TRUST
    assert holds(theirs, signed(status_list(SCHOOL, 7)), given=given).answer is NO


OWN_NAME = in_name()
BOMB = packed_bits(bytes(lists.LARGEST_BITS // 8 + 1))


def packed(text: str) -> dict[str, Any]:
    made = status_list(OWN_NAME)
    return {**made, "credentialSubject": made["credentialSubject"] | {"encodedList": text}}


LISTS: dict[str, tuple[Any, Answer]] = {
    "the control": (lambda: signed(status_list(OWN_NAME)), YES),
    "another list": (lambda: signed(status_list(OWN_NAME, id=f"{LIST}0")), UNKNOWN),
    "of another issuer": (lambda: signed(status_list(in_name(OTHER_SEED)), OTHER_SEED), UNKNOWN),
    "not signed": (lambda: status_list(OWN_NAME), UNKNOWN),
    "changed since": (
        lambda: {**signed(status_list(OWN_NAME, 7)), "credentialSubject": status_list()["credentialSubject"]},
        UNKNOWN),
    "of last year": (lambda: signed(status_list(OWN_NAME, validUntil="2026-05-31T12:00:00Z")), UNKNOWN),
    "of last year, and withdrawn by then": (
        lambda: signed(status_list(OWN_NAME, 7, validUntil="2026-05-31T12:00:00Z")), NO),
    "too short to hide who asks": (lambda: signed(status_list(OWN_NAME, bits=1_024)), UNKNOWN),
    "a bomb": (lambda: signed(packed(BOMB)), UNKNOWN),
    "no gzip": (lambda: signed(packed("uAAAA")), UNKNOWN),
    "another alphabet": (lambda: signed(packed("zAAAA")), UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_list_counts_only_if_it_is_the_issuers_whole_and_of_today(app: Flask, name: str):
    make, expected = LISTS[name]
    assert holds(signed(badge(OWN_NAME)), make()).answer is expected


ENTRIES: dict[str, dict[str, Any]] = {
    "another kind": {"type": "1EdTechRevocationList"},
    "another purpose": {"statusPurpose": "refresh"},
    "wide entries": {"statusSize": 2},
    "a place that is none": {"statusListIndex": "-1"},
    "a place beyond its end": {"statusListIndex": str(LIST_BITS)},
    "another purpose than the list's": {"statusPurpose": "suspension"},
}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_that_is_not_understood_is_not_guessed(app: Flask, name: str):
    document = badge(OWN_NAME)
    document["credentialStatus"] |= ENTRIES[name]
    assert holds(document, signed(status_list(OWN_NAME))).answer is UNKNOWN


def test_of_several_entries_the_worst_counts(app: Flask):
    document = badge(OWN_NAME)
    entry = document["credentialStatus"]
    document["credentialStatus"] = [entry, entry | {"statusListIndex": "9"}]
    assert holds(signed(document), signed(status_list(OWN_NAME))).answer is YES
    assert holds(signed(document), signed(status_list(OWN_NAME, 9))).answer is NO


UNREADABLE = {
    "half a character": b'{"issuer": "did:web:\\ud800"}',
    "half a character in a token": b".".join(
        urlsafe_b64encode(b'{"iss": "\\ud800"}').rstrip(b"=") for _ in range(3)
    ),
    "a drawing in an unknown encoding": b'<?xml version="1.0" encoding="forest"?><svg/>',
    "a drawing in an encoding that is not read": b'<?xml version="1.0" encoding="gb18030"?><svg/>',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_refused(name: str):
    with pytest.raises(NotACredential):
        inspection.read(UNREADABLE[name])


@pytest.mark.parametrize("strange", [[], {}, ["x"], 7, None])
def test_a_value_where_a_word_belongs_is_answered(app: Flask, strange: object):
    """Each stands where a word of ours is looked for, under our own name, which anybody can write."""
    document = badge(issuer().did, credentialStatus={"statusPurpose": strange}, type=[strange])
    assert holds(document).answer is UNKNOWN
    proof = signed(badge(issuer().did), method=issuer().method)["proof"]
    assert who(json.dumps(document | {"proof": proof})).answer is NO
    parts = [{"alg": strange}, document]
    head, body = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    assert who(f"{head}.{body}.AAAA").answer is UNKNOWN


# -- our certificates as tokens ------------------------------------------------------------------


def our_token(browser: Browser, number: str, **query: str) -> str:
    answer = browser.client.get(f"/certificates/{number}.jwt", query_string=query)
    assert (answer.status_code, answer.content_type) == (200, "application/vc+jwt")
    return answer.get_data(as_text=True)


def test_a_certificate_is_a_token_that_others_read_and_says_what_the_credential_says(browser: Browser):
    certificate = logged()
    found = our_token(browser, certificate.number)
    header = jwt.get_unverified_header(found)
    assert (header["alg"], header["typ"]) == ("ES256", "vc+jwt")
    did = json.loads(browser.client.get("/.well-known/did.json").data)
    (key,) = [each for each in did["verificationMethod"] if each["id"] == header["kid"]]
    claims = jwt.decode(found, jwt.PyJWK(key["publicKeyJwk"], "ES256").key, algorithms=["ES256"])
    document = json.loads(browser.client.get(f"/certificates/{certificate.number}.credential").data)
    del document["proof"]
    assert {name: claims[name] for name in document} == document
    assert claims["iss"] == document["issuer"]
    assert "李明" not in json.dumps(claims, ensure_ascii=False)
    named = jwt.decode(our_token(browser, certificate.number, key=certificate.key),
                       options={"verify_signature": False})  # fmt: skip
    assert named["credentialSubject"]["holderName"] == "李明"


def test_our_token_is_checked_on_both_pages_and_a_forged_one_is_refused(browser: Browser):
    certificate = logged()
    genuine = our_token(browser, certificate.number)
    told = inspection.status(handed(genuine), issuer(), lambda *_: False, NOW)
    assert (who(genuine).answer, told.answer) == (YES, YES)
    head, body, tail = genuine.split(".")
    claims = jwt.decode(genuine, options={"verify_signature": False})
    claims["credentialSubject"]["massGrams"] = 999_000_000
    stolen = jwt.encode(claims, pairs()["ES256"], "ES256", jwt.get_unverified_header(genuine))

    def compared(text: str, expect: int = 200) -> str:
        page = browser.open("/en/certificates")
        page.fill("Certificate file (PDF or JSON)", (BytesIO(text.encode()), "c.jwt"))
        return page.submit("Compare the file", expect=expect).text

    assert "This file is genuine" in compared(genuine)
    assert "credentialSubject" in compared(stolen)
    assert "This file has been altered" in compared(f"{head}.{body}.{'A' * len(tail)}")
    compared(jwt.encode({"number": certificate.number}, pairs()["ES256"], "ES256"), expect=422)
    commands.revoke(ACTOR, certificate.number, "error", NOW)
    assert "has since been withdrawn" in compared(genuine)


# -- the page ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "labels", "trust", "compare"), [
    ("en", ("Badge or credential", "The issuer’s keys", "The issuer’s status lists", "Check"),
     "Yes, if your file is genuine", "Compare it with the one at https://school.example/.well-known/did.json."),
    ("zh", ("徽章或凭证", "签发方的公钥", "签发方的状态列表", "核验"),
     "是，前提是您提交的文件属实", "https://school.example/.well-known/did.json"),
])  # fmt: skip
def test_the_page_takes_their_files_and_says_what_the_answers_rest_on(
    browser: Browser, lang: str, labels: tuple[str, ...], trust: str, compare: str
):
    file, keys_label, lists_label, button = labels

    def checked(document: object, expect: int = 200, **beside: bytes) -> str:
        page = browser.open(f"/{lang}/badges/check")
        page.fill(file, (BytesIO(json.dumps(document).encode()), "b.json"))
        for label, data in ((keys_label, beside.get("keys")), (lists_label, beside.get("lists"))):
            if data is not None:
                page.fill(label, (BytesIO(data), "given.json"))
        return page.submit(button, expect=expect).text

    theirs = signed(badge())
    assert trust not in checked(theirs)
    found = checked(theirs, keys=json.dumps(did_document()).encode(), lists=json.dumps(signed(status_list(
        validUntil="2126-01-01T00:00:00Z"))).encode())  # fmt: skip
    assert found.count(trust) == 2
    assert compare in found
    assert LIST in found
    secret = pairs()["ES256"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    checked(theirs, 422, keys=secret)
    checked(theirs, 422, keys=b"nothing")
    checked(theirs, 422, lists=b"nothing")


@pytest.mark.parametrize(
    "older",
    [
        b'{"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": "https://x.example/1"}',
        b'<svg xmlns:openbadges="http://openbadges.org"><openbadges:assertion verify="https://x.example/1"/></svg>',
        b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x1atEXt" + b"openbadges\0https://x.exa" + b"\0\0\0\0",
    ],
    ids=["json", "svg", "png"],
)  # fmt: skip
def test_badges_of_before_3_are_called_what_they_are(older: bytes):
    with pytest.raises(OlderBadge):
        inspection.read(older)


def test_a_draft_of_open_badges_3_is_named(app: Flask):
    theirs = signed(badge())
    draft = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
    found = who({**theirs, "@context": [integrity.CREDENTIALS, draft]})
    assert (found.answer, found.places) == (UNKNOWN, {"context": draft})
    assert "context" not in who(theirs).places, "the control"
