"""Signatures in credentials: W3C Data Integrity proofs of the cryptosuite ``eddsa-rdfc-2022``.

Method: W3C Recommendation "Data Integrity EdDSA Cryptosuites v1.0" (2025), section 3.2. The document and
the proof's options are each turned into canonical N-Quads (RDFC-1.0) and hashed with SHA-256; the two hashes,
options first, are what Ed25519 signs. Keys and signatures are written in multibase base58-btc.
Contexts come from this package alone, and nothing is ever fetched.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pyld import jsonld

from portal.certificates.rules.canonical import canonical
from portal.kernel.errors import N_, InvalidInput

SUITE: Final = "eddsa-rdfc-2022"
CREDENTIALS: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OUR_PATH: Final = "/contexts/carbon/v1"
_DEEPEST: Final = 12
_ED25519_PUBLIC: Final = b"\xed\x01"  # multicodec
_SIGNATURE_BYTES: Final = 64

Document = Mapping[str, Any]


class NotACredential(InvalidInput):
    """``why`` is for logs and auditors, in English."""

    message = N_("This is not a credential of this portal.")


def our_context(base_url: str) -> str:
    """The address of our own context; its words belong to the portal that serves it."""
    return base_url + OUR_PATH


def context_text(base_url: str) -> str:
    """Our own context, as it is served."""
    return _file("carbon-v1.jsonld").replace("{base}", base_url)


@dataclass(frozen=True, slots=True)
class Words:
    """The contexts that are understood, by address, and the types they name. Nothing else is ever fetched."""

    contexts: Document
    types: frozenset[str]

    def load(self, address: str, _options: object = None) -> dict[str, Any]:
        """What PyLD asks for a context."""
        if address not in self.contexts:
            raise jsonld.JsonLdError(f"nothing is fetched: {address[:200]}", "loading document failed")
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": address,
            "document": self.contexts[address],
        }


@cache
def words_of(base_url: str) -> Words:
    """The two contexts of the credentials of the portal at ``base_url``."""
    return _words(our_context(base_url), context_text(base_url))


@cache
def badge_words() -> Words:
    """The two contexts of Open Badges 3.0, of whatever issuer."""
    return _words(OPEN_BADGES, _file("openbadges-3.0.3.jsonld"))


def _words(address: str, text: str) -> Words:
    contexts = {CREDENTIALS: json.loads(_file("credentials-v2.jsonld")), address: json.loads(text)}
    named = (word for document in contexts.values() for word in document["@context"])
    return Words(contexts, frozenset(word for word in named if word[:1].isupper()))


def sign(document: Document, seed: bytes, method: str, created: str, words: Words) -> dict[str, Any]:
    """The document with its proof. ``method`` is the key's id in the issuer's DID document.

    The same document, key and instant give the same bytes. Raises NotACredential for a word that no
    context explains.
    """
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(_signed_bytes(document, options, words))
    return {**document, "proof": {**options, "proofValue": _multibase(signature)}}


def verify(document: Document, key: bytes, words: Words) -> bool:
    """Whether the document's proof is by the private twin of ``key`` (32 bytes).

    Raises NotACredential when it has no proof of this suite, or uses contexts or types that are not in
    ``words``: what is not understood is not signed.
    """
    rest = dict(document)
    proof = rest.pop("proof", None)
    if not isinstance(proof, Mapping) or proof.get("cryptosuite") != SUITE:
        raise NotACredential(why=f"no proof of {SUITE}")
    options = dict(proof)
    signature = _unmultibase(options.pop("proofValue", None))
    if signature is None or len(signature) != _SIGNATURE_BYTES:
        raise NotACredential(why="a proof value that is none")
    if options.get("type") != "DataIntegrityProof" or options.get("proofPurpose") != "assertionMethod":
        raise NotACredential(why="a proof of another type or purpose")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _signed_bytes(rest, options, words))
    except InvalidSignature:
        return False
    return True


def multikey(key: bytes) -> str:
    """A public key as ``publicKeyMultibase`` says it (Multikey, Ed25519)."""
    return _multibase(_ED25519_PUBLIC + key)


def key_of(multikey: str) -> bytes:
    """The 32 bytes of an Ed25519 public key written as ``publicKeyMultibase``. Raises NotACredential."""
    data = _unmultibase(multikey) or b""
    if not data.startswith(_ED25519_PUBLIC) or len(data) != len(_ED25519_PUBLIC) + 32:
        raise NotACredential(why="a key that is none")
    return data.removeprefix(_ED25519_PUBLIC)


def public_key(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _signed_bytes(document: Document, options: Document, words: Words) -> bytes:
    configuration = {"@context": document.get("@context"), **options}
    parts = (_canonical(configuration, words), _canonical(document, words))
    return b"".join(sha256(part.encode()).digest() for part in parts)


def _canonical(document: Document, words: Words) -> str:
    named = document.get("@context")
    if not isinstance(named, list) or named != list(words.contexts)[: len(named)]:
        raise NotACredential(why="another context than ours")
    _check_types(document, words.types)
    try:
        return canonical(document, words.load, _refuse)
    except (jsonld.JsonLdError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotACredential(why="not JSON-LD") from None


def _check_types(value: object, known: frozenset[str], depth: int = 0) -> None:
    """An unknown type would be left out of what is signed without a word. So would a context further in."""
    if depth > _DEEPEST:
        raise NotACredential(why="nested too deep")
    if isinstance(value, Mapping):
        named = value.get("type", [])
        for name in named if isinstance(named, list) else [named]:
            if str(name) not in known:
                raise NotACredential(why=f"an unknown type: {str(name)[:80]}")
        if depth and "@context" in value:
            raise NotACredential(why="a context inside")
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for child in children:
        _check_types(child, known, depth + 1)


def _refuse(word: object) -> None:
    """What no context explains would be left out of what is signed, and could be changed at will."""
    raise NotACredential(why=f"an unknown word: {str(word)[:80]}")


@cache
def _file(name: str) -> str:
    return (files("portal.certificates") / "data" / name).read_text("utf-8")


def _multibase(data: bytes) -> str:
    return "z" + base58.b58encode(data).decode()


def _unmultibase(text: object) -> bytes | None:
    if not isinstance(text, str) or not text.startswith("z") or len(text) > 200:
        return None
    try:
        return base58.b58decode(text[1:])
    except ValueError:
        return None
