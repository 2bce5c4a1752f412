"""A certificate as a W3C Verifiable Credential (data model 2.0), and the lists that say which still hold.

The credential says what the paper says, and no more; ``integrity`` signs it. It carries the C2SP proof of its
record in the transparency log as evidence, and the SHA-256 of the canonical text. Its place in the status
lists is its record's place in the log, so that neither needs a number of its own.
Lists: W3C Recommendation "Bitstring Status List v1.0" (2025).
"""

import gzip
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from portal.certificates.rules import claims, integrity, tokens
from portal.certificates.rules.claims import CertificateType, Effect
from portal.certificates.rules.integrity import Words
from portal.certificates.rules.tokens import Token
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import text_of
from portal.kernel.mass import ZERO, Mass
from portal.registry.rules.facts import RangeFacts

LIST_BITS: Final = 131_072  # the least the Recommendation allows, so that a look-up tells little
LIST_LASTS: Final = timedelta(days=1)


class Purpose(StrEnum):
    REVOCATION = "revocation"  # revoked or replaced: for good
    SUSPENSION = "suspension"  # under review: until that is answered


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: the portal at ``base_url``, with its key of 32 secret bytes.

    ``past_keys`` are public keys (publicKeyMultibase) that sign no more; what they signed stays genuine.
    """

    base_url: str
    name: Bilingual
    seed: bytes
    past_keys: tuple[str, ...] = ()

    @property
    def did(self) -> str:
        """did:web of the portal's address; a port is written %3A."""
        return f"did:web:{quote(urlsplit(self.base_url).netloc, safe='')}"

    @property
    def method(self) -> str:
        return self.method_of(integrity.multikey(self.public_key))

    def method_of(self, multikey: str) -> str:
        """The id of a key in the DID document."""
        return f"{self.did}#{multikey}"

    @property
    def public_key(self) -> bytes:
        return integrity.public_key(self.seed)

    @property
    def token_key(self) -> ec.EllipticCurvePublicKey:
        """The key that checks this portal's tokens."""
        return tokens.private_key(self.seed).public_key()

    @property
    def token_method(self) -> str:
        """The id of that key in the DID document."""
        return self.method_of(tokens.multikey(self.token_key))

    @property
    def token_keys(self) -> dict[str, ec.EllipticCurvePublicKey]:
        """All keys that check tokens of this portal, by their ids, the present one first."""
        past = [key for key in self.past_keys if key.startswith(tokens.FOR_TOKENS)]
        return {self.token_method: self.token_key} | {self.method_of(k): tokens.key_of(k) for k in past}

    @property
    def proof_keys(self) -> dict[str, str]:
        """All keys that check proofs of this portal, by their ids, the present one first."""
        past = [key for key in self.past_keys if not key.startswith(tokens.FOR_TOKENS)]
        return {self.method_of(key): key for key in (integrity.multikey(self.public_key), *past)}

    def sign(self, document: Mapping[str, Any], at: datetime, words: Words | None = None) -> dict[str, Any]:
        """The document with this portal's proof; in its own words where no others are given."""
        known = words or integrity.words_of(self.base_url)
        return integrity.sign(document, self.seed, self.method, text_of(at), known)

    def signed(self, document: Mapping[str, Any], words: Words | None = None) -> bool:
        """Whether the document is as this portal signed it, now or with a past key.

        Raises NotACredential, TooTangled.
        """
        proof = document.get("proof")
        named = proof.get("verificationMethod") if isinstance(proof, Mapping) else None
        multikey = self.proof_keys.get(str(named))
        key = integrity.key_of(multikey) if multikey else self.public_key
        return integrity.verify(document, key, words or integrity.words_of(self.base_url))

    def token(self, document: Mapping[str, Any], kind: str = tokens.BADGE) -> str:
        """The document, without the proof inside it, as a token with this portal's signature."""
        unsigned = {name: value for name, value in document.items() if name != "proof"}
        return tokens.token_of(unsigned, self.seed, self.token_method, kind)

    def signed_token(self, token: Token) -> bool:
        """Whether this portal signed the token, now or with a past key."""
        key = self.token_keys.get(str(token.header.get("kid")))
        return key is not None and tokens.is_signed_by(token, key)


@dataclass(frozen=True, slots=True)
class Certified:
    """What the credential states. ``holder_name`` is None where the reader may not see it.

    ``retired_at``, ``mass``, ``by_effect`` and ``ranges`` are those of retired credits (C3), else empty.
    """

    number: str
    kind: CertificateType
    mass: Mass
    by_effect: Mapping[Effect, Mass]
    ranges: tuple[RangeFacts, ...]
    says: Bilingual
    commitment: str
    holder_name: str | None
    is_test: bool
    issued_at: datetime
    retired_at: datetime | None
    payload_sha256: str
    log_idx: int
    log_size: int
    tlog_proof: str


def did_document(issuer: Issuer) -> dict[str, Any]:
    """The portal's keys, as did:web serves them, the past ones too: what they signed still verifies."""
    keys: list[dict[str, Any]] = [
        {"id": method, "type": "Multikey", "controller": issuer.did, "publicKeyMultibase": multikey}
        for method, multikey in issuer.proof_keys.items()
    ]
    keys += [
        {"id": method, "type": "JsonWebKey", "controller": issuer.did, "publicKeyJwk": tokens.jwk(key)}
        for method, key in issuer.token_keys.items()
    ]
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
            "https://w3id.org/security/jwk/v1",
        ],
        "id": issuer.did,
        "verificationMethod": keys,
        "assertionMethod": [key["id"] for key in keys],
    }


def credential(issuer: Issuer, facts: Certified) -> dict[str, Any]:
    """The signed credential; the same facts give the same bytes. Dated by the certificate's own issue."""
    document = {
        "@context": [integrity.CREDENTIALS, integrity.our_context(issuer.base_url)],
        "id": f"{issuer.base_url}/certificates/{facts.number}.credential",
        "type": ["VerifiableCredential", "CarbonCertificateCredential"],
        "issuer": issuer.did,
        "validFrom": text_of(facts.issued_at),
        "credentialSubject": _subject(facts),
        "evidence": [
            {
                "type": "TransparencyLogProof",
                "logIndex": facts.log_idx,
                "logSize": facts.log_size,
                "tlogProof": facts.tlog_proof,
            }
        ],
        "credentialStatus": status_entries(issuer, facts.log_idx),
    }
    return issuer.sign(document, facts.issued_at)


def number_in(document: Mapping[str, Any]) -> str:
    """The certificate a credential is about. Raises NotACredential."""
    subject = document.get("credentialSubject")
    number = subject.get("number") if isinstance(subject, Mapping) else None
    if not isinstance(number, str):
        raise integrity.NotACredential(why="no number")
    return number


def status_list(
    issuer: Issuer, purpose: Purpose, number: int, set_bits: Iterable[int], now: datetime
) -> dict[str, Any]:
    """The signed list ``number``: a bit is 1 for each place in ``set_bits`` (0 … LIST_BITS − 1).

    The leftmost bit is place 0. Good for a day, so that nobody can go on showing an old one.
    """
    bits = bytearray(LIST_BITS // 8)
    for place in set_bits:
        bits[place // 8] |= 128 >> place % 8
    packed = urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()
    address = list_address(issuer.base_url, purpose, number)
    document = {
        "@context": [integrity.CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": text_of(now),
        "validUntil": text_of(now + LIST_LASTS),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose.value,
            "encodedList": f"u{packed}",
        },
    }
    return issuer.sign(document, now)


def list_address(base_url: str, purpose: Purpose, number: int) -> str:
    return f"{base_url}/credentials/status/{purpose.value}/{number}"


def status_entries(issuer: Issuer, log_idx: int) -> list[dict[str, str]]:
    """Where it is said whether a credential still holds: its place in each of the lists."""
    return [_status(issuer, purpose, log_idx) for purpose in Purpose]


def _status(issuer: Issuer, purpose: Purpose, log_idx: int) -> dict[str, str]:
    number, place = divmod(log_idx, LIST_BITS)
    address = list_address(issuer.base_url, purpose, number)
    return {
        "id": f"{address}#{place}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose.value,
        "statusListIndex": str(place),
        "statusListCredential": address,
    }


def _subject(facts: Certified) -> dict[str, Any]:
    silence = claims.WORDINGS[facts.kind].silence
    subject = {
        "type": "RetiredCredits" if facts.retired_at else "CertifiedFacts",
        "number": facts.number,
        "certificateType": facts.kind.value,
        "holderCommitment": facts.commitment,
        "says": {"zh": facts.says.zh, "en": facts.says.en},
        "doesNotSay": {"zh": [each.zh for each in silence], "en": [each.en for each in silence]},
        "textDigest": f"sha256:{facts.payload_sha256}",
        "isTest": facts.is_test,
        **(_retired(facts, facts.retired_at) if facts.retired_at else {}),
    }
    return subject | ({"holderName": facts.holder_name} if facts.holder_name else {})


def _retired(facts: Certified, at: datetime) -> dict[str, Any]:
    """What only retired credits state; the other types say it all in their sentence and their text."""
    amounts = {f"{effect.value}Grams": facts.by_effect.get(effect, ZERO).grams for effect in Effect}
    return {
        "massGrams": facts.mass.grams,
        **{name: grams for name, grams in amounts.items() if grams},
        "retiredAt": text_of(at),
        "ranges": [_range(part) for part in facts.ranges],
    }


def _range(part: RangeFacts) -> dict[str, Any]:
    return {
        "type": "GramRange",
        "serial": part.serial,
        "firstGram": part.first_g,
        "lastGram": part.last_g,
        "lot": part.lot_code,
        "project": part.project_code,
        "projectType": part.project_type.value,
        "effect": claims.EFFECT_OF[part.project_type].value,
        "vintageStart": part.vintage_start.isoformat(),
        "vintageEnd": part.vintage_end.isoformat(),
        "registry": part.registry,
        "retirementReference": part.retirement_reference,
    }
