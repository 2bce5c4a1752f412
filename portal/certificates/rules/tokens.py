"""A credential as a token that is signed from outside: VC-JWT with ES256 (ECDSA, P-256, SHA-256).

Method: RFC 7515 and 7518, Open Badges 3.0 section 8.2, W3C Recommendation "Securing Verifiable Credentials
using JOSE and COSE" (2025); signatures are deterministic (RFC 6979), so that the same credential is the same
token.
We sign with ES256 alone: wallets that read tokens read that. Of others RS256 and EdDSA are checked too.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.certificates.rules.integrity import NotACredential
from portal.kernel.canonical import read_json

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

ALGORITHM: Final = "ES256"
# Which kind of key signs by which algorithm; a token may not choose another for a key.
ALGORITHMS: Final[Mapping[str, type]] = {
    ALGORITHM: ec.EllipticCurvePublicKey,
    "EdDSA": Ed25519PublicKey,
    "Ed25519": Ed25519PublicKey,
    "RS256": rsa.RSAPublicKey,
}
BADGE: Final = "JWT"  # what a token calls itself in Open Badges 3.0
CREDENTIAL: Final = "vc+jwt"  # and with the W3C
# What a token says beside the credential, and where the credential says it.
CLAIMS: Final = ("iss", "jti", "nbf", "sub", "exp", "iat")
TOKEN: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HALF: Final = 32
_P256_PUBLIC: Final = b"\x80\x24"  # multicodec
FOR_TOKENS: Final = "zDn"  # how every such name begins


@dataclass(frozen=True, slots=True)
class Token:
    """A token, taken apart; nothing about it is believed yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def credential(self) -> dict[str, Any]:
        """The credential it carries: the claims themselves, or in older ones a claim of their own, which
        leaves to the token who issued it and what it is called."""
        inner = self.claims.get("vc")
        if isinstance(inner, dict):
            told = {"issuer": self.claims.get("iss"), "id": self.claims.get("jti")}
            return {name: value for name, value in told.items() if value is not None} | inner
        return {name: value for name, value in self.claims.items() if name not in CLAIMS}


@lru_cache(maxsize=8)
def private_key(seed: bytes) -> ec.EllipticCurvePrivateKey:
    """The portal's key for tokens, which follows from the secret of its other key and tells nothing of it."""
    drawn = HKDF(SHA256(), 48, salt=None, info=b"portal ES256 v1").derive(seed)
    return ec.derive_private_key(int.from_bytes(drawn, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    x, y = (_encoded(each.to_bytes(_HALF, "big")) for each in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def multikey(key: ec.EllipticCurvePublicKey) -> str:
    """The key as ``publicKeyMultibase`` says it (Multikey, P-256), which is also its name here."""
    point = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return "z" + base58.b58encode(_P256_PUBLIC + point).decode()


def key_of(multikey: str) -> ec.EllipticCurvePublicKey:
    """The key behind such a name. Raises NotACredential."""
    try:
        data = base58.b58decode(multikey.removeprefix("z"))
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data.removeprefix(_P256_PUBLIC))
    except ValueError:
        raise NotACredential(why="a key that is none") from None


def token_of(credential: Mapping[str, Any], seed: bytes, method: str, kind: str = BADGE) -> str:
    """The credential as a token; ``method`` is the id of the key in the issuer's DID document."""
    subject = credential["credentialSubject"].get("id")
    claims = {
        **credential,
        "iss": issuer_in(credential),
        "jti": credential["id"],
        "nbf": int(datetime.fromisoformat(credential["validFrom"]).timestamp()),
        **({"sub": subject} if subject else {}),
    }
    header = {"alg": ALGORITHM, "typ": kind, "kid": method}
    signed = f"{_encoded(_json(header))}.{_encoded(_json(claims))}"
    way = ec.ECDSA(SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(private_key(seed).sign(signed.encode(), way))
    return f"{signed}.{_encoded(r.to_bytes(_HALF, 'big') + s.to_bytes(_HALF, 'big'))}"


def found_in(data: bytes) -> Token | None:
    """The token that a file consists of; None where it is something else. Raises NotACredential."""
    text = data.decode("utf-8-sig", "replace").strip()
    return read(text) if TOKEN.fullmatch(text) else None


def read(text: str) -> Token:
    """Raises NotACredential."""
    if not TOKEN.fullmatch(text):
        raise NotACredential(why="no token")
    head, body, tail = text.split(".")
    try:
        header, claims = read_json(_decoded(head)), read_json(_decoded(body))
        signature = _decoded(tail)
    except ValueError:
        raise NotACredential(why="a token that cannot be read") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise NotACredential(why="a token of something else")
    return Token(header, claims, f"{head}.{body}".encode(), signature)


def is_signed_by(token: Token, key: PublicKey) -> bool:
    """Whether the twin of this key signed the token, by the algorithm that the token names."""
    kind = ALGORITHMS.get(str(token.header.get("alg")))
    if kind is None or not isinstance(key, kind) or "crit" in token.header:
        return False
    try:
        _verify(token, key)
    except InvalidSignature:
        return False
    return True


def _verify(token: Token, key: PublicKey) -> None:
    if isinstance(key, Ed25519PublicKey):
        key.verify(token.signature, token.signed)
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(token.signature, token.signed, padding.PKCS1v15(), SHA256())
    elif len(token.signature) != 2 * _HALF:
        raise InvalidSignature
    else:
        r, s = (int.from_bytes(half, "big") for half in (token.signature[:_HALF], token.signature[_HALF:]))
        key.verify(encode_dss_signature(r, s), token.signed, ec.ECDSA(SHA256()))


def issuer_in(credential: Mapping[str, Any]) -> object:
    """The issuer's name in a credential, which stands alone or among other things about it."""
    issuer = credential.get("issuer")
    return issuer.get("id") if isinstance(issuer, Mapping) else issuer


def contradicts_itself(token: Token) -> bool:
    """Whether its claims say otherwise than the credential: a reader might believe either."""
    credential, claims = token.credential, token.claims
    subject = credential.get("credentialSubject")
    holder = subject.get("id") if isinstance(subject, dict) else None
    said = {"iss": issuer_in(credential), "jti": credential.get("id"), "sub": holder}
    return any(value is not None and claims.get(name, value) != value for name, value in said.items())


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
