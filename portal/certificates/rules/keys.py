"""Public keys of others: out of their own names (``did:key``, ``did:jwk``) and out of files handed in.

A DID document, a JWK, a JWK Set or a key in PEM. Nothing is fetched, so that a file is the issuer's is the
visitor's word alone; whoever uses such a key says so. Keys: Ed25519, ECDSA on P-256, RSA of 2,048 to 4,096
bits.
Methods: DID 1.0 with Controlled Identifiers 1.0 (Multikey), RFC 7517 (JWK), RFC 7518, RFC 8037.
"""

from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from portal.certificates.rules import integrity, tokens
from portal.certificates.rules.integrity import NotACredential
from portal.certificates.rules.tokens import PublicKey
from portal.kernel.canonical import read_json
from portal.kernel.errors import N_, InvalidInput

LARGEST_FILE: Final = 64 * 1024
MOST_KEYS: Final = 100
_RSA_BITS: Final = range(2048, 4097)
_LARGEST_EXPONENT: Final = 2**32
_SECRET: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "secretKeyMultibase"})
_IN_NAMES: Final = ("did:key:", "did:jwk:")


class NotAKeyFile(InvalidInput):
    message = N_("No public key can be read out of this file: hand in a did.json, a JWK, a JWK Set or a PEM.")


class SecretKeyHandedIn(InvalidInput):
    message = N_("This file holds a secret key. It was not used: never give that file to anybody.")


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and from when on its own document says that it is used no more."""

    public: PublicKey
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys of a file by their ids. ``owner`` is the DID whose document it is; bare keys have none."""

    owner: str | None
    keys: Mapping[str, Key] = field(default_factory=dict)

    def find(self, method: str) -> Key | None:
        """The key of this id, whole or by its end alone. One key alone needs no id, a bare one of any id."""
        if len(self.keys) == 1 and (self.owner is None or not method):
            return next(iter(self.keys.values()))
        end = method.rpartition("#")[2]
        if self.owner is None:
            return self.keys.get(method) or self.keys.get(end)
        return self.keys.get(method if ":" in method else f"{self.owner}#{end}")


def is_in_name(did: str) -> bool:
    """Whether this name of an issuer is its key."""
    return did.startswith(_IN_NAMES)


def in_name(did: str) -> PublicKey:
    """The key that such a name is. Raises NotACredential."""
    if did.startswith("did:key:"):
        return _of_multikey(did.removeprefix("did:key:"))
    try:
        return _of_jwk(read_json(_decoded(did.removeprefix("did:jwk:"))))
    except ValueError:
        raise NotACredential(why="a key that is none") from None


def read(data: bytes) -> KeyFile:
    """What a visitor hands in as the issuer's keys. Raises NotAKeyFile, SecretKeyHandedIn."""
    try:
        if b"-----BEGIN " in data[:LARGEST_FILE]:
            return _of_pem(data)
        if len(data) <= LARGEST_FILE:
            return _of_json(read_json(data.decode("utf-8-sig")))
    except (ValueError, NotACredential, UnsupportedAlgorithm):
        pass
    raise NotAKeyFile()


def _of_pem(data: bytes) -> KeyFile:
    if b"PRIVATE KEY" in data:
        raise SecretKeyHandedIn()
    return _some(None, {"": Key(_fit(load_pem_public_key(data)))})


def _of_json(document: Any) -> KeyFile:
    if not isinstance(document, dict):
        raise NotAKeyFile()
    if "verificationMethod" in document or "assertionMethod" in document:
        owner = str(document.get("id", ""))
        return _some(owner, dict(_in_document(document, owner)))
    bare = document.get("keys", [document])
    if not isinstance(bare, list) or len(bare) > MOST_KEYS:
        raise NotAKeyFile()
    named = {str(each.get("kid", "")): each for each in bare if isinstance(each, dict)}
    found = {name: _usable(_of_jwk, each) for name, each in named.items() if _is_for_signing(each)}
    return _some(None, {name: Key(public) for name, public in found.items() if public})


def _usable(read_key: Callable[[dict[str, Any]], PublicKey], told: dict[str, Any]) -> PublicKey | None:
    """The key, or None where it is of a kind that is not used here: the others of its file still are."""
    try:
        return read_key(told)
    except (NotACredential, ValueError, UnsupportedAlgorithm):
        return None


def _some(owner: str | None, found: dict[str, Key]) -> KeyFile:
    if not found:
        raise NotAKeyFile()
    return KeyFile(owner, found)


def _in_document(document: Mapping[str, Any], owner: str) -> Iterator[tuple[str, Key]]:
    """The keys by which the owner of a DID document vouches for what it says, without those of others."""
    own, vouching = document.get("verificationMethod", []), document.get("assertionMethod", [])
    if not isinstance(own, list) or not isinstance(vouching, list) or len(own) + len(vouching) > MOST_KEYS:
        raise NotAKeyFile()
    named = {_whole_id(owner, each): each for each in (*own, *vouching) if isinstance(each, dict)}
    for each in vouching:
        name = _whole_id(owner, each)
        entry = named.get(name)
        public = _usable(_public, entry) if entry and entry.get("controller", owner) == owner else None
        if entry and public:
            yield name, Key(public, _end_of(entry))


def _whole_id(owner: str, entry: Any) -> str:
    name = str(entry.get("id", "")) if isinstance(entry, dict) else str(entry)
    return owner + name if name.startswith("#") else name


def _public(entry: Mapping[str, Any]) -> PublicKey:
    _refuse_secrets(entry)
    if isinstance(entry.get("publicKeyJwk"), dict):
        return _of_jwk(entry["publicKeyJwk"])
    return _of_multikey(str(entry.get("publicKeyMultibase", "")))


def _end_of(entry: Mapping[str, Any]) -> datetime | None:
    """The first of the two instants after which a key is used no more. Raises ValueError."""
    told = [datetime.fromisoformat(str(entry[name])) for name in ("expires", "revoked") if name in entry]
    if any(each.tzinfo is None for each in told):
        raise ValueError("without a time zone")
    return min(told, default=None)


def _of_multikey(name: str) -> PublicKey:
    if name.startswith(tokens.FOR_TOKENS):
        return tokens.key_of(name)
    return Ed25519PublicKey.from_public_bytes(integrity.key_of(name))


def _of_jwk(jwk: Any) -> PublicKey:
    if not isinstance(jwk, dict):
        raise NotACredential(why="a key that is none")
    _refuse_secrets(jwk)
    match jwk:
        case {"kty": "EC", "crv": "P-256", "x": str(x), "y": str(y)}:
            return ec.EllipticCurvePublicNumbers(_number(x), _number(y), ec.SECP256R1()).public_key()
        case {"kty": "OKP", "crv": "Ed25519", "x": str(x)}:
            return Ed25519PublicKey.from_public_bytes(_decoded(x))
        case {"kty": "RSA", "n": str(n), "e": str(e)}:
            return _fit(rsa.RSAPublicNumbers(_number(e), _number(n)).public_key())
    raise NotACredential(why="a key of another kind")


def _fit(key: object) -> PublicKey:
    """The key, where it is of a kind and a size that are used here. Raises NotACredential."""
    match key:
        case rsa.RSAPublicKey() if key.key_size in _RSA_BITS and key.public_numbers().e < _LARGEST_EXPONENT:
            return key
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP256R1):
            return key
        case Ed25519PublicKey():
            return key
    raise NotACredential(why="a key of another kind")


def _is_for_signing(jwk: Mapping[str, Any]) -> bool:
    return bool(jwk.get("use", "sig") == "sig")


def _refuse_secrets(told: Mapping[str, Any]) -> None:
    if _SECRET & told.keys():
        raise SecretKeyHandedIn()


def _number(text: str) -> int:
    return int.from_bytes(_decoded(text))


def _decoded(text: str) -> bytes:
    if len(text) > LARGEST_FILE:
        raise ValueError("too long")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
