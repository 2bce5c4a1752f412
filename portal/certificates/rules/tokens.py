"""A credential as a token that is signed from outside: VC-JWT with ES256 (ECDSA, P-256, SHA-256).

Method: RFC 7515 and 7518, Open Badges 3.0 section 8.2; signatures are deterministic (RFC 6979), so that the
same credential is the same token. EdDSA is not used here: wallets that read tokens read ES256.
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
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.certificates.rules.integrity import NotACredential

ALGORITHM: Final = "ES256"
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
        """The credential it carries: the claims themselves, or in older ones a claim of their own."""
        inner = self.claims.get("vc")
        if isinstance(inner, dict):
            return inner
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


def token_of(credential: Mapping[str, Any], seed: bytes, method: str) -> str:
    """The credential as a token; ``method`` is the id of the key in the issuer's DID document."""
    claims = {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": int(datetime.fromisoformat(credential["validFrom"]).timestamp()),
        "sub": credential["credentialSubject"]["id"],
    }
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": method}
    signed = f"{_encoded(_json(header))}.{_encoded(_json(claims))}"
    way = ec.ECDSA(SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(private_key(seed).sign(signed.encode(), way))
    return f"{signed}.{_encoded(r.to_bytes(_HALF, 'big') + s.to_bytes(_HALF, 'big'))}"


def read(text: str) -> Token:
    """Raises NotACredential."""
    if not TOKEN.fullmatch(text):
        raise NotACredential(why="no token")
    head, body, tail = text.split(".")
    try:
        header, claims = json.loads(_decoded(head)), json.loads(_decoded(body))
        signature = _decoded(tail)
    except (ValueError, RecursionError):
        raise NotACredential(why="a token that cannot be read") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise NotACredential(why="a token of something else")
    return Token(header, claims, f"{head}.{body}".encode(), signature)


def is_signed_by(token: Token, key: ec.EllipticCurvePublicKey) -> bool:
    if token.header.get("alg") != ALGORITHM or len(token.signature) != 2 * _HALF:
        return False
    r, s = (int.from_bytes(half, "big") for half in (token.signature[:_HALF], token.signature[_HALF:]))
    try:
        key.verify(encode_dss_signature(r, s), token.signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def contradicts_itself(token: Token) -> bool:
    """Whether its claims say otherwise than the credential: a reader might believe either."""
    credential, claims = token.credential, token.claims
    issuer = credential.get("issuer")
    named = issuer.get("id") if isinstance(issuer, dict) else issuer
    said = [named, credential.get("id")]
    return [claims.get("iss", named), claims.get("jti", credential.get("id"))] != said


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
