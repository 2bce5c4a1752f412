"""May this project be credited? Rules as versioned data, held against what its papers say.

The rules of each type are a file in portal/registry/data/eligibility, with their source. A rule asks one
question, yes or no or a number, and a finding is met only with evidence: who only says so leaves it open.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

import tomli

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, Refused
from portal.kernel.numbers import parse_decimal
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import DocumentKind

_SHELF: Final = files("portal.registry") / "data" / "eligibility"


class Verdict(StrEnum):
    """Of a whole assessment."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    OPEN = "open"  # something is not known yet


class Finding(StrEnum):
    """Of one rule."""

    MET = "met"
    NOT_MET = "not_met"
    OPEN = "open"


class Issuance(StrEnum):
    """Who issues the units of this type."""

    OWN = "own"
    EXTERNAL = "external"


class NoRules(Refused):
    message = N_("Projects of this type are only recorded: there are no rules to assess them by.")


class RulesAltered(RuntimeError):
    """A released file of rules is not the one that was released: a fault of the installation."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition. ``low`` and ``high`` are inclusive and in ``unit``; ``wants`` is the answer that is met.

    ``low_begun_by``: another ``low`` for projects begun on or before that day.
    ``source_of_value``: which fact of the parcels answers by itself, "" when a person answers.
    ``needs_document``: the kind of document without which a yes is not believed.
    ``unless_document``: the kind of document by which a finding against the project is overruled.
    """

    id: str
    ask: Bilingual
    why: Bilingual
    source: Bilingual
    is_provisional: bool
    wants: bool | None
    low: Decimal | None
    high: Decimal | None
    low_begun_by: tuple[date, Decimal] | None
    unit: str
    source_of_value: str
    needs_document: DocumentKind | None
    unless_document: DocumentKind | None

    @property
    def is_number(self) -> bool:
        return self.wants is None

    def least(self, begun: date | None) -> Decimal | None:
        """The smallest number that is met by a project begun that day; the stricter one while unknown."""
        if self.low_begun_by is None:
            return self.low
        day, low = self.low_begun_by
        return low if begun is None or begun <= day else self.low


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one type of project at one version."""

    id: str
    version: str
    sha256: str
    type: ProjectType
    title: Bilingual
    methodology: str
    source: Bilingual
    issuance: Issuance
    is_legacy: bool
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Land:
    """What the parcels themselves answer."""

    smallest_part_m2: int | None
    has_clear_tenure: bool | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for one rule: ``yes``, ``no`` or a number as text, by which evidence."""

    value: str
    evidence: str
    document_id: str | None = None
    document_kind: DocumentKind | None = None


@dataclass(frozen=True, slots=True)
class Found:
    rule: Rule
    answer: Answer
    finding: Finding


UNANSWERED: Final = Answer("", "")


def rules_of(kind: ProjectType) -> Rules | None:
    """The newest rules for a type; None for a type that is only recorded. Raises RulesAltered."""
    found = [each for each in all_rules() if each.type is kind]
    return max(found, key=lambda each: int(each.version)) if found else None


def rules_for(kind: ProjectType) -> Rules:
    """As ``rules_of``. Raises NoRules."""
    rules = rules_of(kind)
    if rules is None:
        raise NoRules()
    return rules


def assess(
    rules: Rules, answers: Mapping[str, Answer], begun: date | None
) -> tuple[Verdict, tuple[Found, ...]]:
    """Each rule's finding, and what follows from them all.

    ``begun`` is the project's first day. Raises NotANumber for a number that is none.
    """
    found = tuple(_found(rule, answers.get(rule.id, UNANSWERED), begun) for rule in rules.rules)
    return _verdict(each.finding for each in found), found


def answers_of_land(rules: Rules, land: Land) -> dict[str, Answer]:
    """What the parcels answer without anybody being asked."""
    known = {
        "smallest_part": None if land.smallest_part_m2 is None else str(land.smallest_part_m2),
        "clear_tenure": None if land.has_clear_tenure is None else yes_no(land.has_clear_tenure),
    }
    return {
        rule.id: Answer(value, "parcels")
        for rule in rules.rules
        if (value := known.get(rule.source_of_value)) is not None
    }


def yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _found(rule: Rule, answer: Answer, begun: date | None) -> Found:
    if not answer.value or not answer.evidence:
        return Found(rule, answer, Finding.OPEN)
    is_met = (
        _is_within(rule, answer.value, begun) if rule.is_number else answer.value == yes_no(bool(rule.wants))
    )
    if is_met and rule.needs_document and answer.document_kind is not rule.needs_document:
        return Found(rule, answer, Finding.OPEN)
    if not is_met and rule.unless_document and answer.document_kind is rule.unless_document:
        is_met = True
    return Found(rule, answer, Finding.MET if is_met else Finding.NOT_MET)


def _is_within(rule: Rule, value: str, begun: date | None) -> bool:
    number, least = parse_decimal(value), rule.least(begun)
    return (least is None or number >= least) and (rule.high is None or number <= rule.high) and number >= 0


def _verdict(findings: Iterable[Finding]) -> Verdict:
    seen = set(findings)
    if Finding.NOT_MET in seen:
        return Verdict.NOT_ELIGIBLE
    return Verdict.OPEN if Finding.OPEN in seen else Verdict.ELIGIBLE


@cache
def all_rules() -> tuple[Rules, ...]:
    """Every released version of every type. Raises RulesAltered."""
    lock: dict[str, str] = json.loads((_SHELF / "lock.json").read_text("utf-8"))
    return tuple(_read(name, (_SHELF / f"{name}.toml").read_bytes(), digest) for name, digest in lock.items())


def _read(name: str, content: bytes, digest: str) -> Rules:
    if sha256(content).hexdigest() != digest:
        raise RulesAltered(f"{name}: a released file of rules is never edited; a change is a new version")
    data = tomli.loads(content.decode())
    return Rules(
        id=data["id"], version=data["version"], sha256=digest, type=ProjectType(data["type"]),
        title=_both(data["title"]), methodology=data["methodology"], source=_both(data["source"]),
        issuance=Issuance(data["issuance"]), is_legacy=data["legacy"],
        rules=tuple(_rule(each) for each in data["rule"]),
    )  # fmt: skip


def _rule(data: dict[str, Any]) -> Rule:
    earlier = data.get("low_when_begun_by")
    return Rule(
        id=data["id"], ask=_both(data["ask"]), why=_both(data["why"]), source=_both(data["source"]),
        is_provisional=data.get("provisional", False),
        wants=data["wants"] if data["kind"] == "yes" else None,
        low=_number(data, "low"), high=_number(data, "high"),
        low_begun_by=(earlier["day"], Decimal(earlier["low"])) if earlier else None,
        unit=data.get("unit", ""), source_of_value=data.get("from", ""),
        needs_document=_kind(data, "needs_document"), unless_document=_kind(data, "unless_document"),
    )  # fmt: skip


def _both(text: dict[str, str] | str) -> Bilingual:
    """A text in both languages; one that is the same in both is written once."""
    return Bilingual(text, text) if isinstance(text, str) else Bilingual(text["zh"], text["en"])


def _number(data: dict[str, Any], key: str) -> Decimal | None:
    return Decimal(data[key]) if key in data else None


def _kind(data: dict[str, Any], key: str) -> DocumentKind | None:
    return DocumentKind(data[key]) if key in data else None
