"""What is certified: facts in, canonical JSON out. The record hashes this text, never the PDF.

The text is RFC 8785 canonical JSON: strings in NFC, integers, booleans. It holds no name, only the
commitment to the holder (SHA-256 of salt, name and organisation), so that erasing the salt erases
the person while the proof holds.
"""

import hashlib
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from portal.certificates.rules import claims
from portal.certificates.rules.claims import CertificateType, FactMissing, NothingToCertify
from portal.certificates.rules.content import HOLDER, content_of, fill, places, ranges_of, same, stated
from portal.certificates.rules.facts import EventFacts, ExpectedFacts, Facts, RetirementFacts, SerialRange
from portal.kernel.bilingual import Bilingual
from portal.kernel.canonical import canonical_bytes, read_json
from portal.kernel.clock import text_of
from portal.kernel.errors import N_, InvalidInput, Refused
from portal.kernel.mass import Mass, total
from portal.registry.rules.facts import RangeFacts

VERSION: Final = 1
LONGEST_NAME: Final = 200
LONGEST_TEXT: Final = 600
_ATTACHED: Final = re.compile(rb"/EmbeddedFile\b[^\r\n]{0,400}\r?\nstream\r?\n")
_MOST_ATTACHED: Final = 10
_LARGEST_ATTACHED: Final = 1_000_000
_REGISTRIES: Final = {
    "verra": "Verra", "gold-standard": "Gold Standard", "acr": "ACR", "car": "CAR", "art": "ART TREES",
    "cer": "CDM (CER)", "cercarbono": "Cercarbono",
}  # fmt: skip


class RangesDoNotAddUp(Refused):
    message = N_("The serial ranges add up to %(found)s, not to %(stated)s.")


class BadName(InvalidInput):
    message = N_("Write the name in 1 to %(longest)s characters, on one line.")


class BadText(InvalidInput):
    message = N_("Write each text in at most %(longest)s characters, without control characters.")


class EventNotBalanced(Refused):
    message = N_(
        "A statement needs the frozen inventory of an event that was held, at least one reduction that was "
        "carried out, and retired credits of at least its emissions."
    )


class NotACertificateFile(InvalidInput):
    message = N_("This is not a certificate file. Choose the JSON file that came with the certificate.")


@dataclass(frozen=True, slots=True)
class Origin:
    """What all certificates from one lot say of it, in words where there are words."""

    lot_code: str
    project_code: str
    project_name: Bilingual
    kind: Bilingual
    effect: Bilingual
    vintage: str
    registry: str
    country: str
    methodology: str
    retirement_reference: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a certificate draws from one lot: the lot's facts (of its first range) and every range of it."""

    lot: RangeFacts
    ranges: tuple[RangeFacts, ...]

    @property
    def mass(self) -> Mass:
        return total([part.mass for part in self.ranges])

    @property
    def origin(self) -> Origin:
        return Origin(
            lot_code=self.lot.lot_code,
            project_code=self.lot.project_code,
            project_name=self.lot.project_name,
            kind=claims.PROJECT_TYPES[self.lot.project_type],
            effect=claims.EFFECTS[claims.EFFECT_OF[self.lot.project_type]],
            vintage=vintage(self.lot),
            registry=registry_name(self.lot.registry),
            country=self.lot.country,
            methodology=self.lot.methodology,
            retirement_reference=self.lot.retirement_reference,
        )


def sources(ranges: Iterable[RangeFacts]) -> list[Source]:
    """The ranges by lot, lots and ranges in the order given."""
    by_lot: dict[str, list[RangeFacts]] = {}
    for part in ranges:
        by_lot.setdefault(part.lot_code, []).append(part)
    return [Source(parts[0], tuple(parts)) for parts in by_lot.values()]


def registry_name(code: str) -> str:
    """A source registry as it calls itself."""
    return _REGISTRIES.get(code, code)


def vintage(part: RangeFacts) -> str:
    """The years of growth: ``2024``, ``2022–2024``; to the day where they are not whole years."""
    start, end = part.vintage_start, part.vintage_end
    if (start.month, start.day, end.month, end.day) != (1, 1, 12, 31):
        return f"{start.isoformat()} – {end.isoformat()}"
    return str(start.year) if start.year == end.year else f"{start.year}–{end.year}"


def check_facts(facts: Facts) -> CertificateType:
    """The type that the facts carry; what is wrong never reaches paper.

    Raises RangesDoNotAddUp, BadName, NothingToCertify, EventNotBalanced.
    """
    kind = claims.type_of(facts.evidence)
    match facts:
        case RetirementFacts():
            _check_sum(facts.ranges, facts.mass)
        case ExpectedFacts():
            _check_sum(facts.ranges, facts.expected)
        case EventFacts() if kind is not CertificateType.EVENT:
            raise EventNotBalanced()
        case EventFacts():
            for each in facts.retirements:
                _check_sum(each.ranges, each.mass)
    for name in (facts.holder_name, *([facts.trainer] if facts.trainer else [])):
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise BadName(longest=LONGEST_NAME)
    return kind


def _check_sum(ranges: Iterable[RangeFacts | SerialRange], stated: Mass) -> None:
    parts = list(ranges)
    if not parts:
        raise NothingToCertify()
    found = total([part.mass for part in parts])
    if found != stated or any(not 1 <= part.first_g <= part.last_g for part in parts):
        raise RangesDoNotAddUp(found=found, stated=stated)


def filled(says: Bilingual, holder: Bilingual) -> Bilingual:
    """The sentence with the holder's name, or what stands for it, in its place."""
    return Bilingual(says.zh.replace(HOLDER, holder.zh), says.en.replace(HOLDER, holder.en))


def notes(kind: CertificateType, content: Mapping[str, Any]) -> list[Bilingual]:
    """What every certificate of the type says besides, filled with the facts of this one."""
    filling = places(kind, content)
    return [fill(note, filling) for note in claims.WORDINGS[kind].notes]


def payload(
    facts: Facts, *, certificate_id: str, number: str, holder: str, issued_at: datetime, trainer: str = ""
) -> str:
    """The canonical text of the certificate. ``holder`` and ``trainer`` are commitments in hex.

    Raises as ``check_facts`` does, and FactMissing, BadText, ForbiddenClaim.
    """
    kind = check_facts(facts)
    about = content_of(facts)
    content = {
        "v": VERSION,
        "id": certificate_id,
        "number": number,
        "type": kind.value,
        "issued_at": text_of(issued_at),
        "holder": holder,
        "test": facts.test,
        **({} if about.get("retirement") == facts.subject_id else {"subject": facts.subject_id}),
        **({"trainer": trainer} if trainer else {}),
        **about,
    }
    if missing := set(claims.WORDINGS[kind].must) - stated(kind, content):
        raise FactMissing(facts=", ".join(sorted(missing)))
    _check_words(kind, content)
    says = fill(claims.WORDINGS[kind].claim, places(kind, content))
    return canonical({**content, "says": {"zh": says.zh, "en": says.en}})


def _check_words(kind: CertificateType, content: Mapping[str, Any]) -> None:
    """Nothing that was typed may smuggle in what the type never says, nor be too long to print.

    What is quoted is not said: the sentences are read with its place left open.
    """
    typed = {} if kind is CertificateType.RETIRED else content
    if any(len(text) > LONGEST_TEXT or not text.isprintable() for text in _texts(typed)):
        raise BadText(longest=LONGEST_TEXT)
    quoted = claims.QUOTED.get(kind, ())
    said = {name: value for name, value in typed.items() if name not in quoted}
    filling = places(kind, content) | {name: same("…") for name in quoted}
    wording = claims.WORDINGS[kind]
    ours = (
        wording.title,
        *(fill(words, filling) for words in (wording.claim, *wording.notes)),
        *wording.silence,
    )
    claims.check(kind, *_texts(said), *(pair.in_(lang) for pair in ours for lang in ("zh", "en")))


def _texts(content: Mapping[str, Any]) -> Iterator[str]:
    """All texts in two languages that the facts hold, but for names of projects: those are as registered."""
    for key, value in content.items():
        match value:
            case {"zh": str(zh), "en": str(en)} if key != "project_name":
                yield from (zh, en)
            case [*items] if key not in ("retirements", "ranges"):
                for item in items:
                    yield from _texts({key: item})


def canonical(value: Mapping[str, Any]) -> str:
    """RFC 8785 text with every string in NFC."""
    return canonical_bytes(_nfc(value)).decode()


def digest(text: str) -> str:
    """SHA-256 of a canonical text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_intact(text: str, sha256: str) -> bool:
    """Whether a stored text is the one that was hashed, and its ranges still add up to its amount."""
    if digest(text) != sha256:
        return False
    content = json.loads(text)
    if content["type"] != CertificateType.RETIRED:
        return True
    return total([part.mass for part in ranges_of(content)]) == Mass(content["mass_g"])


def read_file(raw: bytes) -> dict[str, Any]:
    """The text of a certificate or its credential that somebody hands in. Raises NotACertificateFile."""
    try:
        content = read_json(raw.decode("utf-8-sig"))
    except ValueError:
        raise NotACertificateFile() from None
    is_credential = isinstance(content, dict) and "credentialSubject" in content
    if not isinstance(content, dict) or not (is_credential or isinstance(content.get("number"), str)):
        raise NotACertificateFile()
    return content


def text_attached(pdf: bytes) -> dict[str, Any]:
    """The text of a certificate in one of our PDFs. Raises NotACertificateFile.

    It says which certificate the PDF is of, and nothing of what the PDF shows.
    """
    for found in islice(_ATTACHED.finditer(pdf), _MOST_ATTACHED):
        with suppress(NotACertificateFile, zlib.error):
            raw = zlib.decompressobj().decompress(pdf[found.end() :], _LARGEST_ATTACHED)
            if isinstance((content := read_file(raw)).get("number"), str):
                return content
    raise NotACertificateFile()


def differences(content: Mapping[str, Any], text: str) -> list[str]:
    """The names of the fields in which a file differs from the stored text; empty when it is the same."""
    stored = json.loads(text)
    return sorted(key for key in content.keys() | stored.keys() if content.get(key) != stored.get(key))


def _nfc(value: Any) -> Any:
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case Mapping():
            return {_nfc(key): _nfc(item) for key, item in value.items()}
        case list() | tuple():
            return [_nfc(item) for item in value]
        case _:
            return value
