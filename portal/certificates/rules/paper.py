"""What is certified: facts in, canonical JSON out. The record hashes this text, never the PDF.

The text is RFC 8785 canonical JSON: strings in NFC, integers, booleans. It holds no name, only the
commitment to the holder (SHA-256 of salt, name and organisation), so that erasing the salt erases
the person while the proof holds.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import rfc8785

from portal.certificates.rules import claims
from portal.certificates.rules.claims import (
    EFFECT_OF,
    CertificateType,
    Effect,
    Evidence,
    FactMissing,
    NothingToCertify,
)
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import text_of
from portal.kernel.errors import N_, InvalidInput, Refused
from portal.kernel.mass import ZERO, Mass, total
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.ledger import ProjectType

VERSION: Final = 1
LONGEST_NAME: Final = 200
HOLDER: Final = "{holder}"
_REGISTRIES: Final = {
    "verra": "Verra", "gold-standard": "Gold Standard", "acr": "ACR", "car": "CAR", "art": "ART TREES",
    "cer": "CDM (CER)", "cercarbono": "Cercarbono",
}  # fmt: skip


class RangesDoNotAddUp(Refused):
    message = N_("The serial ranges add up to %(found)s, not to %(stated)s.")


class BadName(InvalidInput):
    message = N_("Write the name in 1 to %(longest)s characters, on one line.")


class NotACertificateFile(InvalidInput):
    message = N_("This is not a certificate file. Choose the JSON file that came with the certificate.")


@dataclass(frozen=True, slots=True)
class RetirementFacts:
    """A retirement, as the room above tells it. ``purpose`` is opaque; ``lang`` is the buyer's."""

    retirement_id: str
    mass: Mass
    ranges: tuple[RangeFacts, ...]
    holder_name: str
    holder_salt: bytes
    organisation_id: str
    is_public: bool
    purpose: str
    purpose_title: Bilingual | None
    order_id: str
    test: bool
    lang: str
    retired_at: datetime

    @property
    def evidence(self) -> Evidence:
        return Evidence(retired=self.mass)


@dataclass(frozen=True, slots=True)
class Source:
    """What a certificate draws from one lot: the lot's facts (of its first range) and every range of it."""

    lot: RangeFacts
    ranges: tuple[RangeFacts, ...]

    @property
    def mass(self) -> Mass:
        return total([part.mass for part in self.ranges])


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


def check_facts(facts: RetirementFacts) -> None:
    """Raises RangesDoNotAddUp, BadName, NothingToCertify: what is wrong never reaches paper."""
    if not facts.ranges:
        raise NothingToCertify()
    found = total([part.mass for part in facts.ranges])
    if found != facts.mass or any(not 1 <= part.first_g <= part.last_g for part in facts.ranges):
        raise RangesDoNotAddUp(found=found, stated=facts.mass)
    name = facts.holder_name
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadName(longest=LONGEST_NAME)


def by_effect(ranges: Iterable[RangeFacts]) -> dict[Effect, Mass]:
    """How much was removed and how much avoided. Raises NothingToCertify for types that are not sold here."""
    sums: dict[Effect, Mass] = {}
    for part in ranges:
        effect = EFFECT_OF.get(part.project_type)
        if effect is None:
            raise NothingToCertify()
        sums[effect] = sums.get(effect, ZERO) + part.mass
    return sums


def statement(kind: CertificateType, ranges: Iterable[RangeFacts]) -> Bilingual:
    """The certifying sentence: words of the type, the amount of each effect; ``{holder}`` is left open."""
    amount = claims.amounts(by_effect(ranges))
    claim = claims.WORDINGS[kind].claim
    return Bilingual(
        claim.zh.replace("{amount}", amount.zh),
        claim.en.replace("{amount}", amount.en),
    )


def filled(says: Bilingual, holder: Bilingual) -> Bilingual:
    """The sentence with the holder's name, or what stands for it, in its place."""
    return Bilingual(says.zh.replace(HOLDER, holder.zh), says.en.replace(HOLDER, holder.en))


def payload(
    facts: RetirementFacts, *, certificate_id: str, number: str, holder: str, issued_at: datetime
) -> str:
    """The canonical text of the certificate. ``holder`` is the commitment in hex.

    Raises as ``check_facts`` does, and ForbiddenClaim.
    """
    check_facts(facts)
    kind = claims.type_of(facts.evidence)
    says = statement(kind, facts.ranges)
    claims.check(kind, *_our_words(kind, says))
    content = {
        "v": VERSION,
        "id": certificate_id,
        "number": number,
        "type": kind.value,
        "issued_at": text_of(issued_at),
        "retired_at": text_of(facts.retired_at),
        "retirement": facts.retirement_id,
        "holder": holder,
        "purpose": facts.purpose,
        "mass_g": facts.mass.grams,
        "effects_g": {effect.value: mass.grams for effect, mass in by_effect(facts.ranges).items()},
        "ranges": [_range_json(part) for part in facts.ranges],
        "says": {"zh": says.zh, "en": says.en},
        "test": facts.test,
    }
    if missing := set(claims.WORDINGS[kind].must) - stated(content):
        raise FactMissing(facts=", ".join(sorted(missing)))
    return canonical(content)


def stated(content: Mapping[str, Any]) -> set[str]:
    """The names of the facts that a payload gives, as ``Wording.must`` names them."""
    ranges = content["ranges"]
    facts = {
        "holder": bool(content["holder"]),
        "amount": content["mass_g"] > 0,
        "date": bool(content["retired_at"]),
        "link": bool(content["number"]),
        "serials": all(part["serial"] for part in ranges),
        "registry": all(part["registry"] and part["retirement_reference"] for part in ranges),
        "vintage": all(part["vintage_start"] and part["vintage_end"] for part in ranges),
        "effect": all(part["effect"] for part in ranges),
    }
    return {name for name, is_there in facts.items() if is_there}


def _our_words(kind: CertificateType, says: Bilingual) -> Iterable[str]:
    wording = claims.WORDINGS[kind]
    for pair in (says, wording.title, *wording.notes, *wording.silence):
        yield pair.zh
        yield pair.en


def canonical(value: Mapping[str, Any]) -> str:
    """RFC 8785 text with every string in NFC."""
    return rfc8785.dumps(_nfc(value)).decode()


def digest(text: str) -> str:
    """SHA-256 of a canonical text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_intact(text: str, sha256: str) -> bool:
    """Whether a stored text is the one that was hashed, and its ranges still add up to its amount."""
    if digest(text) != sha256:
        return False
    content = json.loads(text)
    return bool(total([part.mass for part in ranges_of(content)]) == Mass(content["mass_g"]))


def ranges_of(content: Mapping[str, Any]) -> tuple[RangeFacts, ...]:
    """The ranges of a parsed payload, as the registry told them at issue."""
    return tuple(_range_facts(part) for part in content["ranges"])


def read_file(raw: bytes) -> dict[str, Any]:
    """The text of a certificate or its credential that somebody hands in. Raises NotACertificateFile."""
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise NotACertificateFile() from None
    is_credential = isinstance(content, dict) and "credentialSubject" in content
    if not isinstance(content, dict) or not (is_credential or isinstance(content.get("number"), str)):
        raise NotACertificateFile()
    return content


def differences(content: Mapping[str, Any], text: str) -> list[str]:
    """The names of the fields in which a file differs from the stored text; empty when it is the same."""
    stored = json.loads(text)
    return sorted(key for key in content.keys() | stored.keys() if content.get(key) != stored.get(key))


def _range_json(part: RangeFacts) -> dict[str, Any]:
    return {
        "serial": part.serial,
        "first_g": part.first_g,
        "last_g": part.last_g,
        "lot": part.lot_code,
        "project": part.project_code,
        "project_name": {"zh": part.project_name.zh, "en": part.project_name.en},
        "project_type": part.project_type.value,
        "effect": EFFECT_OF[part.project_type].value,
        "vintage_start": part.vintage_start.isoformat(),
        "vintage_end": part.vintage_end.isoformat(),
        "registry": part.registry,
        "country": part.country,
        "methodology": part.methodology,
        "retirement_reference": part.retirement_reference,
        "is_demo": part.is_demo,
    }


def _range_facts(part: Mapping[str, Any]) -> RangeFacts:
    return RangeFacts(
        serial=part["serial"],
        first_g=part["first_g"],
        last_g=part["last_g"],
        lot_code=part["lot"],
        project_code=part["project"],
        project_name=Bilingual(part["project_name"]["zh"], part["project_name"]["en"]),
        project_type=ProjectType(part["project_type"]),
        vintage_start=date.fromisoformat(part["vintage_start"]),
        vintage_end=date.fromisoformat(part["vintage_end"]),
        registry=part["registry"],
        country=part["country"],
        methodology=part["methodology"],
        retirement_reference=part["retirement_reference"],
        is_demo=part["is_demo"],
    )


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
