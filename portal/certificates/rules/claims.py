"""What a certificate may say. Its type is computed from facts, never chosen, and the type fixes the words.

Source: ledger.md, "What a certificate may say"; EU Directive 2024/825 on claims towards consumers;
for events the trial guide of the Ministry of Ecology and Environment (announcement 2019 no. 19).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, Refused
from portal.kernel.mass import ZERO, Mass
from portal.registry.rules.ledger import ProjectType


class NothingToCertify(Refused):
    message = N_("There is nothing here that a certificate could state.")


class FactMissing(Refused):
    message = N_("A certificate of this type must also state: %(facts)s.")


class ForbiddenClaim(Refused):
    """A bug in our wording, stopped before it is on paper."""

    message = N_("A certificate of this type may not say “%(phrase)s”.")


class CertificateType(StrEnum):
    PLEDGE = "C0"
    PLANTING = "C1"
    EXPECTED = "C2"
    RETIRED = "C3"
    EVENT = "C4"
    COURSE = "C5"


class Effect(StrEnum):
    """What the credited forest did: the two are different things and never one number."""

    REMOVAL = "removal"
    AVOIDANCE = "avoidance"
    UNSEPARATED = "unseparated"


# Methodologies of forest management credit both and do not keep them apart, so neither may we choose one.
EFFECT_OF: Final[Mapping[ProjectType, Effect]] = {
    ProjectType.ARR: Effect.REMOVAL,
    ProjectType.REDD: Effect.AVOIDANCE,
    ProjectType.IFM: Effect.UNSEPARATED,
}

EFFECTS: Final[Mapping[Effect, Bilingual]] = {
    Effect.REMOVAL: Bilingual("清除", "removal"),
    Effect.AVOIDANCE: Bilingual("避免排放", "avoidance"),
    Effect.UNSEPARATED: Bilingual(
        "清除与避免排放，方法学未作区分", "removal and avoidance, not kept apart by the methodology"
    ),
}

PROJECT_TYPES: Final[Mapping[ProjectType, Bilingual]] = {
    ProjectType.ARR: Bilingual("造林与再造林", "afforestation and reforestation"),
    ProjectType.IFM: Bilingual("森林经营", "forest management"),
    ProjectType.REDD: Bilingual("避免毁林和森林退化", "avoided deforestation and degradation"),
}


@dataclass(frozen=True, slots=True)
class Inventory:
    """Emissions of an event, after it was held."""

    gross: Mass
    is_actual: bool
    is_frozen: bool
    executed_reductions: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that bears on the type; whatever is absent has not happened."""

    pledge_id: str = ""
    paid_parcel_id: str = ""
    expected: Mass = ZERO
    retired: Mass = ZERO
    inventory: Inventory | None = None
    course_result_id: str = ""


def type_of(evidence: Evidence) -> CertificateType:
    """The type these facts carry, the strongest first. Raises NothingToCertify."""
    if evidence.course_result_id:
        return CertificateType.COURSE
    if evidence.retired > ZERO:
        return CertificateType.EVENT if _balances(evidence) else CertificateType.RETIRED
    if evidence.expected > ZERO:
        return CertificateType.EXPECTED
    if evidence.paid_parcel_id:
        return CertificateType.PLANTING
    if evidence.pledge_id:
        return CertificateType.PLEDGE
    raise NothingToCertify()


def _balances(evidence: Evidence) -> bool:
    inventory = evidence.inventory
    return (
        inventory is not None
        and inventory.is_actual
        and inventory.is_frozen
        and inventory.executed_reductions >= 1
        and evidence.retired >= inventory.gross > ZERO
    )


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one type. ``{…}`` places are filled with facts; ``must`` names those that are needed.

    ``notes`` are said on every paper of the type; ``silence`` is what the paper does not say.
    ``never`` are patterns that may not occur in any of it.
    """

    title: Bilingual
    claim: Bilingual
    must: tuple[str, ...]
    notes: tuple[Bilingual, ...]
    silence: tuple[Bilingual, ...]
    never: tuple[str, ...]


_NEUTRAL: Final = (
    r"(carbon|climate|co2)[\W_]*(neutral|positive|negative|free)\w*",
    r"net[\W_]*zero", r"(zero|low)[\W_]*(carbon|emission)\w*", r"climate[\W_]*friendly",
    "碳中[和立]", "[气氣]候中[和立]", "[净淨凈]零", "零碳", "零排放", "[负負][碳排]",
    "低碳([产產]品|城市)",
)  # fmt: skip
_OFFSET: Final = (
    r"(?<!not usable as an )\boff-?set\w*",
    r"compensat\w*",
    "(?<!不得用于)抵消",
    "抵[销銷]",
    "[补補][偿償]",
)
# From the last digit on, with some of the number before it: a page of digits is read once.
_AMOUNT: Final = (
    r"(\d[\d,. ]{0,40})?\d[,. ]*+(kg|kilograms?|t|tonnes?|千克|公斤|[吨噸])(?![a-z])",
    "co2e",
)
_THINGS: Final = (
    r"\b(this|the|our|its|whose) (product|service|ticket|city)\b",
    "(本|[该該]|此)([产產]品|服[务務]|[门門]票|城市)",
)

_NOT_ABOUT_OTHERS: Final = Bilingual(
    "不涉及任何产品、活动、企业整体或城市。",
    "It makes no claim about products, events, a company as a whole or any city.",
)
_NOT_ABOUT_EMISSIONS: Final = Bilingual(
    "不表示排放已减少或归零。",
    "It does not say that emissions have fallen or are gone: cutting them comes first.",
)
_NOT_TRANSFERABLE: Final = Bilingual(
    "不得转让或再次出售。",
    "It cannot be sold or passed on, and nobody can use these credits again.",
)

WORDINGS: Final[Mapping[CertificateType, Wording]] = {
    CertificateType.PLEDGE: Wording(
        title=Bilingual("承诺证书", "Certificate of a pledge"),
        claim=Bilingual("{holder}承诺：{aim}", "{holder} has pledged to {aim}."),
        must=("holder", "aim", "year", "verified_how"),
        notes=(Bilingual("核查程度：{verified_how}", "How far this is verified: {verified_how}"),),
        silence=(
            Bilingual(
                "承诺是目标，不表示已经实现任何减排。",
                "A pledge is an aim. Nothing is said to be achieved.",
            ),
            _NOT_ABOUT_OTHERS,
        ),
        never=(*_NEUTRAL, *_AMOUNT, *_THINGS),
    ),
    CertificateType.PLANTING: Wording(
        title=Bilingual("植树捐助证书", "Certificate of a planting contribution"),
        claim=Bilingual(
            "{holder}资助在{place}种植 {seedlings} 株苗木。",
            "{holder} funded {seedlings} seedlings at {place}.",
        ),
        must=("holder", "seedlings", "place", "date"),
        notes=(
            Bilingual(
                "这是对植树的捐助，不附带任何排放声明；不保证苗木全部成活。",
                "This is a contribution to planting. No emission claim follows from it, "
                "and survival is not guaranteed.",
            ),
        ),
        silence=(_NOT_ABOUT_OTHERS,),
        never=(*_NEUTRAL, *_AMOUNT, *_OFFSET, *_THINGS),
    ),
    CertificateType.EXPECTED: Wording(
        title=Bilingual("预期清除量证书", "Certificate of an expected removal"),
        claim=Bilingual(
            "预期到{year}年清除 {amount}，尚未核证。由{holder}预订。",
            "Expected: {amount} by {year}, not verified. Reserved by {holder}.",
        ),
        must=("holder", "amount", "year", "time_scale", "serials"),
        notes=(
            Bilingual(
                "时间尺度：{time_scale}。不得用于抵消。",
                "Time-scale: {time_scale}. Not usable as an offset.",
            ),
        ),
        silence=(
            Bilingual(
                "预期不是结果：树木可能长得更慢，也可能死亡。",
                "An expectation is no result: trees may grow slower, or die.",
            ),
            _NOT_ABOUT_OTHERS,
        ),
        never=(*_NEUTRAL, *_OFFSET, *_THINGS, r"\bretire[ds]?\b", r"\bneutral\w*", "注销"),
    ),
    CertificateType.RETIRED: Wording(
        title=Bilingual("碳信用注销证书", "Certificate of retired carbon credits"),
        claim=Bilingual(
            "已代{holder}注销经核证的碳信用 {amount}",
            "{amount} in verified carbon credits, retired on behalf of {holder}",
        ),
        must=("holder", "amount", "vintage", "effect", "registry", "serials", "date", "link"),
        notes=(
            Bilingual(
                "每一克永久归于本证书，不归他人。",
                "Every gram listed belongs to this certificate for good and to no other.",
            ),
        ),
        silence=(_NOT_ABOUT_EMISSIONS, _NOT_ABOUT_OTHERS, _NOT_TRANSFERABLE),
        never=(*_NEUTRAL, *_OFFSET, *_THINGS),
    ),
    CertificateType.EVENT: Wording(
        title=Bilingual("活动声明", "Statement of an event"),
        claim=Bilingual(
            "活动“{event}”按{method}核算的排放量为 {gross}，已以等量注销的碳信用平衡，"
            "依据《大型活动碳中和实施指南（试行）》（2019）。",
            "Emissions of the event “{event}”, {gross} by {method}, balanced by retired credits, "
            "following the 2019 guide for large events.",
        ),
        must=("event", "gross", "method", "boundary", "exclusions", "evaluator", "vintage", "effect",
              "registry", "serials", "date", "link"),
        notes=(
            Bilingual(
                "边界：{boundary}；未计入：{exclusions}；声明方式：{evaluator}。",
                "Boundary: {boundary}. Left out: {exclusions}. Declared by: {evaluator}.",
            ),
        ),
        silence=(
            Bilingual(
                "本声明只针对这一次活动，不适用于任何产品或门票。",
                "It speaks of this one event and passes to no products or tickets.",
            ),
        ),
        never=(*_NEUTRAL, *_THINGS),
    ),
    CertificateType.COURSE: Wording(
        title=Bilingual("结业证书", "Certificate of course completion"),
        claim=Bilingual(
            "{holder}已完成课程“{course}”（{hours} 学时）。",
            "{holder} completed “{course}” ({hours} hours).",
        ),
        must=("holder", "course", "hours", "competence", "issuer", "course_version"),
        notes=(
            Bilingual(
                "由{issuer}颁发，课程版本 {course_version}。",
                "Issued by {issuer}, course version {course_version}.",
            ),
            Bilingual(
                "课程名称与学习目标均为引文：只说明学了什么，不作任何声明。",
                "The title and the objectives are quoted: they tell what was taught and claim nothing.",
            ),
        ),
        silence=(
            Bilingual(
                "本证书说明学习经历，不是职业资格，也不表示任何减排。",
                "It tells of learning. It is no professional licence and says nothing of emissions.",
            ),
        ),
        never=(*_NEUTRAL, *_AMOUNT, *_OFFSET, *_THINGS),
    ),
}  # fmt: skip

# What somebody puts between two Chinese characters to slip past a search. Commas and full stops part clauses.
_GAPS: Final = re.compile(
    r"(?<=[\u4e00-\u9fff])[\s·•・_*~'\"“”‘’「」『』()\[\]【】|/\\+&^=<>《》.-]+(?=[\u4e00-\u9fff])"
)
# What a paper quotes between “ and ”, by its name in the text: a course teaches about claims and makes none.
QUOTED: Final[Mapping[CertificateType, tuple[str, ...]]] = {CertificateType.COURSE: ("course", "objectives")}
# Titles of rules that are cited, not claimed.
_CITATIONS: Final = ("《大型活动碳中和实施指南（试行）》",)


def check(kind: CertificateType, *texts: str) -> None:
    """Raises ForbiddenClaim when a text of ours says what this type never says.

    ``texts`` carry our words with the facts in them, but no names: a company may be called anything.
    """
    for text in texts:
        if phrase := _forbidden(kind, text):
            raise ForbiddenClaim(phrase=phrase)


@lru_cache(maxsize=500)  # most of what is said is said on every certificate
def _forbidden(kind: CertificateType, text: str) -> str | None:
    """The first words of the text that this type never says."""
    for title in _CITATIONS:
        text = text.replace(title, "")
    read = _as_read(text)
    found = (re.search(pattern, read, re.IGNORECASE) for pattern in WORDINGS[kind].never)
    return next((each[0] for each in found if each), None)


def _as_read(text: str) -> str:
    """The text as the eye takes it: full-width letters as plain ones, nothing hidden, no gaps in Chinese."""
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Mn"))
    return _GAPS.sub("", seen)


def is_sayable(kind: CertificateType, text: Bilingual) -> bool:
    """Whether a title that a user wrote may stand on a certificate of this type."""
    try:
        check(kind, text.zh, text.en)
    except ForbiddenClaim:
        return False
    return True


def amounts(by_effect: Mapping[Effect, Mass]) -> Bilingual:
    """Each effect with its own whole kilograms, rounded down: ``150 kg CO₂e (removal) and …``; no a sum."""
    parts = [
        (f"{by_effect[effect].kg_down:,} kg CO₂e", EFFECTS[effect])
        for effect in Effect
        if effect in by_effect
    ]
    return Bilingual(
        zh="、".join(f"{amount}（{name.zh}）" for amount, name in parts),
        en=" and ".join(f"{amount} ({name.en})" for amount, name in parts),
    )
