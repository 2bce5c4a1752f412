"""Three questions about a credential that somebody hands in, answered apart: who signed it, whether it is
within its dates, whether it was withdrawn. Ours or another issuer's.

Nothing is fetched. The key of an issuer is known where it stands in its own name (``did:key``) and where the
issuer is this portal; of others it is said where their key would be found. What a stranger wrote is measured
before it is worked on: 64 kB, a thousand members, twelve levels, and as many orders of blank nodes as
``canonical`` allows.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from portal.certificates.rules import baking, integrity, tokens
from portal.certificates.rules.canonical import TooTangled
from portal.certificates.rules.credential import LIST_BITS, Issuer, Purpose, list_address
from portal.certificates.rules.integrity import NotACredential, Words
from portal.certificates.rules.tokens import Token
from portal.kernel.errors import N_

MOST_MEMBERS: Final = 1_000
DEEPEST: Final = 12


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer with its reason: a message and what stands in its places."""

    answer: Answer
    why: str
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Handed:
    """A credential as it was handed in; ``token`` where it came signed from outside."""

    document: Mapping[str, Any]
    token: Token | None

    @property
    def issuer_id(self) -> str:
        issuer = self.document.get("issuer")
        named = issuer.get("id") if isinstance(issuer, Mapping) else issuer
        return named if isinstance(named, str) else ""


def read(data: bytes) -> Handed:
    """A credential from JSON, a token, or a badge in PNG or SVG. Raises NotACredential."""
    text = _text_in(data).strip().removeprefix("\ufeff").strip()
    if len(text.encode()) > baking.LARGEST:
        raise NotACredential(why="too large")
    token = None if text.startswith("{") else tokens.read(text)
    document = token.credential if token else _json(text)
    _measure(document)
    return Handed(document, token)


def _text_in(data: bytes) -> str:
    if data.startswith(baking.PNG):
        return baking.out_of_png(data)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return baking.out_of_svg(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise NotACredential(why="no text") from None


def _json(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise NotACredential(why="no JSON") from None
    if not isinstance(document, dict):
        raise NotACredential(why="no object")
    return document


def _measure(document: Mapping[str, Any]) -> None:
    """Refuses what is too large or too deep, and members under another name than their own: a signature
    covers their meaning, while a reader sees the name."""
    left = MOST_MEMBERS
    level: list[object] = [document]
    for _ in range(DEEPEST):
        level = [child for value in level for child in _children(value, value is document)]
        left -= len(level)
        if left < 0:
            raise NotACredential(why="too many members")
        if not level:
            return
    raise NotACredential(why="nested too deep")


def _children(value: object, is_whole: bool) -> list[object]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return []
    for name in value:
        if ":" in name or (name.startswith("@") and not (is_whole and name == "@context")):
            raise NotACredential(why=f"a member under another name: {name[:80]}")
    return list(value.values())


# -- who signed it ------------------------------------------------------------------------------


def signature(handed: Handed, own: Issuer) -> Finding:
    """Whether the issuer that it names signed it, as it is."""
    try:
        return (
            _token_signature(handed, own) if handed.token else _proof_signature(handed.document, handed, own)
        )
    except TooTangled as refusal:
        return Finding(Answer.UNKNOWN, refusal.message)
    except NotACredential as refusal:
        return Finding(
            Answer.NO,
            N_("It cannot be what was signed (%(why)s): nobody vouches for words that are not explained."),
            {"why": str(refusal.params.get("why", ""))},
        )


def _proof_signature(document: Mapping[str, Any], handed: Handed, own: Issuer) -> Finding:
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, Mapping):
        return Finding(Answer.NO, N_("It carries no signature, or several."))
    if proof.get("cryptosuite") != integrity.SUITE:
        return Finding(Answer.UNKNOWN, N_("It is signed by a method that is not checked here."))
    method = str(proof.get("verificationMethod", ""))
    if method.split("#")[0] != handed.issuer_id:
        return Finding(Answer.NO, N_("The key that signed it is not the key of the issuer it names."))
    if handed.issuer_id != own.did and not handed.issuer_id.startswith("did:key:"):
        return _key_elsewhere(handed.issuer_id)
    words = _words_for(document, own)
    if words is None:
        return Finding(
            Answer.UNKNOWN, N_("It uses a vocabulary that is not kept here, and nothing is fetched.")
        )
    whole = {**document, "proof": proof}
    if handed.issuer_id == own.did:
        return _said(own.signed(whole, words), own_name=True)
    return _said(integrity.verify(whole, _key_in(handed.issuer_id), words), own_name=False)


def _token_signature(handed: Handed, own: Issuer) -> Finding:
    token = handed.token
    if token is None or token.header.get("alg") != tokens.ALGORITHM:
        return Finding(Answer.UNKNOWN, N_("It is signed by a method that is not checked here."))
    if tokens.contradicts_itself(token):
        return Finding(Answer.NO, N_("It names two issuers or two numbers; a reader might believe either."))
    if handed.issuer_id != own.did:
        return _key_elsewhere(handed.issuer_id)
    key = own.token_keys.get(str(token.header.get("kid")))
    if key is None:
        return Finding(Answer.NO, N_("The key that signed it is not the key of the issuer it names."))
    return _said(tokens.is_signed_by(token, key), own_name=True)


def _said(holds: bool, own_name: bool) -> Finding:
    if not holds:
        return Finding(Answer.NO, N_("It was changed after it was signed, or never signed by this issuer."))
    if own_name:
        return Finding(Answer.YES, N_("This portal signed it, and nothing was changed since."))
    return Finding(
        Answer.YES,
        N_("The key in the issuer’s name signed it. Who holds that key is not known here."),
    )


def _key_elsewhere(issuer_id: str) -> Finding:
    if issuer_id.startswith("did:web:"):
        host, *path = issuer_id.removeprefix("did:web:").replace("%3A", ":").split(":")
        where = f"https://{host}/{'/'.join(path) or '.well-known'}/did.json"
        return Finding(
            Answer.UNKNOWN,
            N_("The issuer’s key stands at %(where)s, and nothing is fetched: ask the issuer’s own checker."),
            {"where": where[:200]},
        )
    return Finding(Answer.UNKNOWN, N_("The issuer’s name does not tell where its key is found."))


def _key_in(did: str) -> bytes:
    return integrity.key_of(did.removeprefix("did:key:"))


def _words_for(document: Mapping[str, Any], own: Issuer) -> Words | None:
    """The vocabulary whose contexts the document names, in their order."""
    named = document.get("@context")
    for words in (integrity.badge_words(), integrity.words_of(own.base_url)):
        if isinstance(named, list) and named and named == list(words.contexts)[: len(named)]:
            return words
    return None


# -- its dates ----------------------------------------------------------------------------------


def period(handed: Handed, now: datetime) -> Finding:
    """Whether it holds today by the dates it states."""
    try:
        since, until = (_instant(handed.document.get(name)) for name in ("validFrom", "validUntil"))
    except ValueError:
        return Finding(Answer.NO, N_("Its dates cannot be read."))
    if since and now < since:
        return Finding(Answer.NO, N_("It is not valid before %(day)s."), {"day": since.date().isoformat()})
    if until and now > until:
        return Finding(Answer.NO, N_("It expired on %(day)s."), {"day": until.date().isoformat()})
    if until:
        return Finding(Answer.YES, N_("It is valid until %(day)s."), {"day": until.date().isoformat()})
    if since:
        day = since.date().isoformat()
        return Finding(Answer.YES, N_("It is valid since %(day)s and does not expire."), {"day": day})
    return Finding(Answer.UNKNOWN, N_("It states no dates."))


def _instant(text: object) -> datetime | None:
    if text is None:
        return None
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError("without a time zone")
    return at


# -- whether it was withdrawn -------------------------------------------------------------------


def status(handed: Handed, own: Issuer, is_set: Callable[[Purpose, int], bool]) -> Finding:
    """Whether it was withdrawn since. ``is_set`` asks for the bit of a place in the portal's own lists."""
    entries = handed.document.get("credentialStatus", [])
    entries = entries if isinstance(entries, list) else [entries]
    if not entries:
        return Finding(Answer.UNKNOWN, N_("It names no list of withdrawn credentials."))
    if handed.issuer_id != own.did:
        return Finding(Answer.UNKNOWN, N_("The issuer’s list is elsewhere, and nothing is fetched."))
    places = [_place(entry, own) for entry in entries]
    if None in places:
        return Finding(Answer.UNKNOWN, N_("It names a list that is not this portal’s."))
    # A badge names one list; a place is the same in both, and who asks here is told of both.
    withdrawn = {purpose for place in places for purpose in Purpose if place and is_set(purpose, place[1])}
    if Purpose.REVOCATION in withdrawn:
        return Finding(Answer.NO, N_("It was withdrawn or replaced."))
    if Purpose.SUSPENSION in withdrawn:
        return Finding(Answer.NO, N_("It is under review at present."))
    return Finding(Answer.YES, N_("It was not withdrawn."))


def _place(entry: object, own: Issuer) -> tuple[Purpose, int] | None:
    """The list's purpose and the place in all of its lists together; None where it is no list of ours."""
    if not isinstance(entry, Mapping):
        return None
    purpose, index = entry.get("statusPurpose"), str(entry.get("statusListIndex"))
    address = str(entry.get("statusListCredential"))
    number = address.rpartition("/")[2]
    if purpose not in set(Purpose) or not all(each.isascii() and each.isdigit() for each in (number, index)):
        return None
    if len(number) > 5 or int(index[:9]) >= LIST_BITS or len(index) > 9:
        return None
    if address != list_address(own.base_url, Purpose(purpose), int(number)):
        return None
    return Purpose(purpose), int(number) * LIST_BITS + int(index)
