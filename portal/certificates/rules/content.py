"""What the canonical text of each kind of certificate states, and the words filled with it.

``content_of`` turns facts into plain JSON; ``places`` reads from that JSON what fills the wording of the
type, so that a page, a paper and a credential of an old certificate say what was signed then.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from portal.certificates.rules import claims
from portal.certificates.rules.claims import EFFECT_OF, CertificateType, Effect, NothingToCertify
from portal.certificates.rules.facts import (
    CourseFacts,
    EventFacts,
    ExpectedFacts,
    Facts,
    Level,
    PlantingFacts,
    PledgeFacts,
    RetirementFacts,
    SerialRange,
)
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import text_of
from portal.kernel.mass import ZERO, Mass
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.ledger import ProjectType

Content = Mapping[str, Any]
HOLDER: Final = "{holder}"
_PLACE: Final = re.compile(r"\{(\w+)\}")
_INNER_QUOTES: Final = str.maketrans('“”„‟〝〞″＂"', "‘’‘‘‘’’’’")

LEVELS: Final[Mapping[Level, Bilingual]] = {
    Level.SELF_DECLARED: Bilingual("本人声明，未经他人核查", "self-declared; nobody else has checked it"),
    Level.DOCUMENTS_SEEN: Bilingual("平台工作人员已查看证明材料", "the portal’s staff have seen documents"),
    Level.THIRD_PARTY: Bilingual("由第三方核查", "checked by a third party"),
}
BY_ITSELF: Final = Bilingual("主办方自行声明", "the organiser alone (self-declared)")


def content_of(facts: Facts) -> dict[str, Any]:
    """What the text states beside number, type, holder, dates of issue and sentence."""
    match facts:
        case RetirementFacts():
            return _retirement(facts)
        case PledgeFacts():
            return _pledge(facts)
        case PlantingFacts():
            return _planting(facts)
        case ExpectedFacts():
            return _expected(facts)
        case EventFacts():
            return _event(facts)
        case CourseFacts():
            return _course(facts)


def places(kind: CertificateType, content: Content) -> dict[str, Bilingual]:
    """What stands in the ``{…}`` of the wording, both languages; the holder is left open."""
    return _PLACES[kind](content)


def fill(words: Bilingual, filling: Mapping[str, Bilingual]) -> Bilingual:
    """The words with every known place filled, once: what was filled in is not looked at again."""
    return Bilingual(*(_filled(words.in_(lang), filling, lang) for lang in ("zh", "en")))


def _filled(text: str, filling: Mapping[str, Bilingual], lang: str) -> str:
    return _PLACE.sub(lambda place: filling[place[1]].in_(lang) if place[1] in filling else place[0], text)


def stated(kind: CertificateType, content: Content) -> set[str]:
    """The names of the facts that a text gives, as ``Wording.must`` names them."""
    facts = {"holder": bool(content["holder"]), "link": bool(content["number"])} | _STATED[kind](content)
    return {name for name, is_there in facts.items() if is_there}


def either(pair: Mapping[str, str]) -> Bilingual:
    """Both sides of a text, the other one where a side is missing: a sentence needs a word there."""
    return Bilingual(pair["zh"] or pair["en"], pair["en"] or pair["zh"])


def same(text: object) -> Bilingual:
    """What reads alike in both languages."""
    return Bilingual(str(text), str(text))


def inside_quotes(text: Bilingual) -> Bilingual:
    """A text to be put between “ and ”, which it cannot close itself: its own quotes become ‘ and ’."""
    return Bilingual(*(text.in_(lang).translate(_INNER_QUOTES) for lang in ("zh", "en")))


def quoted(text: Bilingual) -> Bilingual:
    """A text between “ and ”; a side that is missing stays so."""
    inner = inside_quotes(text)
    return Bilingual(*(f"“{side}”" if side else "" for side in (inner.zh, inner.en)))


def by_effect(ranges: tuple[RangeFacts, ...]) -> dict[Effect, Mass]:
    """How much was removed and how much avoided. Raises NothingToCertify for types that are not sold here."""
    sums: dict[Effect, Mass] = {}
    for part in ranges:
        effect = EFFECT_OF.get(part.project_type)
        if effect is None:
            raise NothingToCertify()
        sums[effect] = sums.get(effect, ZERO) + part.mass
    return sums


# ── C3: credits that were retired ──────────────────────────────────────────────────────────────────


def _retirement(facts: RetirementFacts) -> dict[str, Any]:
    return {
        "retired_at": text_of(facts.retired_at),
        "retirement": facts.retirement_id,
        "purpose": facts.purpose,
        "mass_g": facts.mass.grams,
        "effects_g": {effect.value: mass.grams for effect, mass in by_effect(facts.ranges).items()},
        "ranges": [range_json(part) for part in facts.ranges],
    }


def _retirement_places(content: Content) -> dict[str, Bilingual]:
    grams = content["effects_g"]
    return {"amount": claims.amounts({e: Mass(grams[e]) for e in Effect if e in grams})}


def _retirement_stated(content: Content) -> dict[str, bool]:
    return {"amount": content["mass_g"] > 0, "date": bool(content["retired_at"])} | _ranges_stated(
        content["ranges"]
    )


def _ranges_stated(ranges: list[Any]) -> dict[str, bool]:
    return {
        "serials": all(part["serial"] for part in ranges),
        "registry": all(part["registry"] and part["retirement_reference"] for part in ranges),
        "vintage": all(part["vintage_start"] and part["vintage_end"] for part in ranges),
        "effect": all(part["effect"] for part in ranges),
    }


# ── C0: a pledge ───────────────────────────────────────────────────────────────────────────────────


def _pledge(facts: PledgeFacts) -> dict[str, Any]:
    content = {
        "target_percent": facts.target,
        "year": facts.year,
        "level": facts.level.value,
        "made_on": facts.made_on.isoformat(),
        "is_demo": facts.is_demo,
    }
    return content | ({"verifier": _pair(facts.verifier)} if facts.verifier else {})


def _pledge_places(content: Content) -> dict[str, Bilingual]:
    percent, year = content["target_percent"], content["year"]
    looked = LEVELS[Level(content["level"])]
    if "verifier" in content:
        who = either(content["verifier"])
        looked = Bilingual(f"{looked.zh}（{who.zh}）", f"{looked.en} ({who.en})")
    aim = Bilingual(f"到 {year} 年减排 {percent}%", f"cut emissions by {percent}% by {year}")
    return {"aim": aim, "verified_how": looked}


def _pledge_stated(content: Content) -> dict[str, bool]:
    is_named = content["level"] != Level.THIRD_PARTY or any(content.get("verifier", {}).values())
    return {
        "aim": 0 < content["target_percent"] <= 100,
        "year": content["year"] > 0,
        "verified_how": is_named,
    }


# ── C1: seedlings that were paid for ───────────────────────────────────────────────────────────────


def _planting(facts: PlantingFacts) -> dict[str, Any]:
    return {
        "seedlings": facts.seedlings,
        "species": _pair(facts.species),
        "parcel": facts.parcel_code,
        "parcel_name": _pair(facts.parcel_name),
        "season": _pair(facts.season),
        "paid_on": facts.paid_on.isoformat(),
        "is_demo": facts.is_demo,
    }


def _planting_places(content: Content) -> dict[str, Bilingual]:
    code, name = content["parcel"], either(content["parcel_name"])
    place = Bilingual(f"{name.zh}（{code}）", f"{name.en} ({code})") if name.zh else same(code)
    return {"place": place, "seedlings": same(f"{content['seedlings']:,}")}


def _planting_stated(content: Content) -> dict[str, bool]:
    return {
        "seedlings": content["seedlings"] > 0,
        "place": bool(content["parcel"]),
        "date": bool(content["paid_on"]),
    }


# ── C2: units that are expected ────────────────────────────────────────────────────────────────────


def _expected(facts: ExpectedFacts) -> dict[str, Any]:
    return {
        "expected_g": facts.expected.grams,
        "from_year": facts.from_year,
        "by_year": facts.by_year,
        "project": facts.project_code,
        "project_name": _pair(facts.project_name),
        "project_type": facts.project_type.value,
        "ranges": [_serial_json(part) for part in facts.ranges],
        "reserved_on": facts.reserved_on.isoformat(),
        "is_demo": facts.is_demo,
    }


def _serial_json(part: SerialRange) -> dict[str, Any]:
    return {"serial": part.serial, "first_g": part.first_g, "last_g": part.last_g}


def _expected_places(content: Content) -> dict[str, Bilingual]:
    first, last = content["from_year"], content["by_year"]
    return {
        "amount": same(f"{Mass(content['expected_g']).kg_down:,} kg CO₂e"),
        "year": same(last),
        "time_scale": Bilingual(f"{first}–{last} 年", f"{first}–{last}"),
    }


def _expected_stated(content: Content) -> dict[str, bool]:
    return {
        "amount": content["expected_g"] > 0,
        "year": content["by_year"] > 0,
        "time_scale": 0 < content["from_year"] < content["by_year"],
        "serials": bool(content["ranges"]) and all(part["serial"] for part in content["ranges"]),
    }


# ── C4: an event ───────────────────────────────────────────────────────────────────────────────────


def _event(facts: EventFacts) -> dict[str, Any]:
    content = {
        "event": _pair(facts.event),
        "held_from": facts.held_from.isoformat(),
        "held_to": facts.held_to.isoformat(),
        "place": _pair(facts.place),
        "boundary": _pair(facts.boundary),
        "exclusions": _pair(facts.exclusions),
        "gross_g": facts.gross.grams,
        "inventory_sha256": facts.inventory_digest,
        "model": facts.model,
        "model_version": facts.model_version,
        "reductions": [_pair(each) for each in facts.reductions],
        "retirements": [
            {"certificate": each.certificate, "ranges": [range_json(part) for part in each.ranges]}
            for each in facts.retirements
        ],
        "retired_effects_g": {
            effect.value: mass.grams
            for effect, mass in by_effect(
                tuple(part for each in facts.retirements for part in each.ranges)
            ).items()
        },
        "declared_on": facts.declared_on.isoformat(),
        "version": facts.version,
        "is_demo": facts.is_demo,
    }
    return content | ({"evaluator": _pair(facts.evaluator)} if facts.evaluator else {})


def _event_places(content: Content) -> dict[str, Bilingual]:
    method = f"{content['model']} {content['model_version']}"
    return {
        "event": either(content["event"]),
        "method": same(method),
        "gross": same(f"{Mass(content['gross_g']).kg_up:,} kg CO₂e"),
        "boundary": _without_stop(either(content["boundary"])),
        "exclusions": _without_stop(either(content["exclusions"])),
        "evaluator": either(content["evaluator"]) if "evaluator" in content else BY_ITSELF,
    }


def _without_stop(sentences: Bilingual) -> Bilingual:
    """As part of a sentence that has a stop of its own."""
    return Bilingual(sentences.zh.rstrip("。"), sentences.en.rstrip("."))


def _event_stated(content: Content) -> dict[str, bool]:
    ranges = [part for each in content["retirements"] for part in each["ranges"]]
    sides = ("event", "boundary", "exclusions")
    return (
        {name: any(content[name].values()) for name in sides}
        | {
            "gross": content["gross_g"] > 0,
            "method": bool(content["model"] and content["model_version"]),
            "evaluator": "evaluator" not in content or any(content["evaluator"].values()),
            "date": content["held_from"] <= content["held_to"],
        }
        | _ranges_stated(ranges)
    )


# ── C5: a course ───────────────────────────────────────────────────────────────────────────────────


def _course(facts: CourseFacts) -> dict[str, Any]:
    told_since = {"course_id": facts.course_id, "audience": facts.audience, "language": facts.learned_in}
    return {
        "course": _pair(facts.course),
        "course_version": facts.course_version,
        "hours": _number(facts.hours),
        "cohort": _pair(facts.cohort),
        "objectives": [_pair(each) for each in facts.objectives],
        "issuer": _pair(facts.issuer),
        "completed_on": facts.completed_on.isoformat(),
        "is_demo": facts.is_demo,
        **{name: value for name, value in told_since.items() if value},
    }


def _number(value: Decimal) -> int | str:
    """Whole numbers as they are, others as text: canonical JSON has no exact fractions."""
    return int(value) if value == int(value) else str(value.normalize())


def _course_places(content: Content) -> dict[str, Bilingual]:
    return {
        "course": inside_quotes(either(content["course"])),
        "hours": same(content["hours"]),
        "issuer": either(content["issuer"]),
        "course_version": same(content["course_version"]),
    }


def _course_stated(content: Content) -> dict[str, bool]:
    return {
        "course": any(content["course"].values()),
        "hours": Decimal(content["hours"]) > 0,
        "competence": bool(content["objectives"]),
        "issuer": any(content["issuer"].values()),
        "course_version": bool(content["course_version"]),
    }


_PLACES: Final = {
    CertificateType.PLEDGE: _pledge_places,
    CertificateType.PLANTING: _planting_places,
    CertificateType.EXPECTED: _expected_places,
    CertificateType.RETIRED: _retirement_places,
    CertificateType.EVENT: _event_places,
    CertificateType.COURSE: _course_places,
}
_STATED: Final = {
    CertificateType.PLEDGE: _pledge_stated,
    CertificateType.PLANTING: _planting_stated,
    CertificateType.EXPECTED: _expected_stated,
    CertificateType.RETIRED: _retirement_stated,
    CertificateType.EVENT: _event_stated,
    CertificateType.COURSE: _course_stated,
}


# ── ranges ─────────────────────────────────────────────────────────────────────────────────────────


def range_json(part: RangeFacts) -> dict[str, Any]:
    return {
        "serial": part.serial,
        "first_g": part.first_g,
        "last_g": part.last_g,
        "lot": part.lot_code,
        "project": part.project_code,
        "project_name": _pair(part.project_name),
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


def range_facts(part: Content) -> RangeFacts:
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


def ranges_of(content: Content) -> tuple[RangeFacts, ...]:
    """The retired ranges that a text states, as the registry told them at issue."""
    if content["type"] == CertificateType.RETIRED:
        return tuple(range_facts(part) for part in content["ranges"])
    parts = (part for each in content.get("retirements", ()) for part in each["ranges"])
    return tuple(range_facts(part) for part in parts)


def _pair(text: Bilingual) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
