"""Reads a model file: every part of it, overlays over what they leave unsaid, and every fault at once."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar

import tomli

from portal.footprint.rules.errors import ModelFault
from portal.footprint.rules.expressions import Comparison, ExpressionFault, parse
from portal.footprint.rules.model import Model
from portal.footprint.rules.parts import (
    Action,
    Assumption,
    Audience,
    Case,
    Choice,
    Factor,
    Group,
    Measure,
    Overlay,
    Quantity,
    Question,
    Reference,
    Rule,
    Source,
    Year,
)
from portal.footprint.rules.units import UnknownUnit, parse_unit
from portal.kernel.bilingual import Bilingual

Thing = TypeVar("Thing")
Data = dict[str, Any]

YES_NO = {
    "no": {"title": {"zh": "否", "en": "No"}},
    "yes": {"title": {"zh": "是", "en": "Yes"}},
}
# What is said beside every quantity that can be entered straight.
_STRAIGHT = Bilingual("不填：按前面的回答计算", "Leave empty: worked out from your answers")
_STRAIGHT_BASIS = Bilingual("留空时由公式得出。", "While it is empty, the formula gives it.")


def read(content: bytes, audience: str = "") -> Model:
    """The model in a file, as it is put to an audience. Raises ModelFault with everything unreadable."""
    return read_data(parsed(content), sha256(content).hexdigest(), audience)


@lru_cache(maxsize=8)
def parsed(content: bytes) -> Data:
    """The file as plain data, not to be changed. Raises ModelFault."""
    try:
        data = tomli.loads(content.decode())
    except (UnicodeDecodeError, tomli.TOMLDecodeError) as fault:
        raise ModelFault([f"not TOML: {fault}"]) from None
    if _has_bare_numbers(data):
        raise ModelFault(_bare_numbers(data, ""))
    return data


def read_data(data: Data, digest: str, audience: str = "") -> Model:
    """The model in parsed data; what an audience changes is laid over it and read like the rest."""
    if audience:
        changes = data["audience"][audience]
        data = _laid_over(data, {key: part for key, part in changes.items() if key not in ("title", "skip")})
    return _Reader(data).model(digest, audience)


def _laid_over(data: Data, changes: Mapping[str, Any]) -> Data:
    """Tables are merged, everything else is replaced."""
    merged = dict(data)
    for key, value in changes.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = _laid_over(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _has_bare_numbers(data: Data) -> bool:
    """Whether there is anything for _bare_numbers to name; quick, for it is looked at in every file."""
    for key, value in data.items():
        if type(value) is str:
            continue
        if isinstance(value, dict):
            if _has_bare_numbers(value):
                return True
        elif key != "quality" and not isinstance(value, bool) and _bare_numbers(value, key):
            return True
    return False


def _bare_numbers(data: Any, path: str) -> "list[str]":
    """Numbers must be decimal strings; only the five pedigree scores are whole numbers."""
    if isinstance(data, dict):
        return [fault for key, value in data.items() for fault in _bare_numbers(value, f"{path}.{key}")]
    if isinstance(data, list) and not path.endswith(".quality"):
        return [fault for value in data for fault in _bare_numbers(value, path)]
    if isinstance(data, int | float) and not isinstance(data, bool):
        return [f"{path[1:]}: write the number {data} as a string"]
    return []


class _Reader:
    """Walks the sections and collects every fault, so that an author sees them all at once."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.faults: list[str] = []

    def model(self, digest: str, audience: str) -> Model:
        head = self.data.get("model", {})
        parts: Data = {
            "categories": self.each("category", lambda _, d: _both(d["title"])),
            "groups": self.each(
                "group", lambda k, d: Group(k, _both(d["ask"]), _both(d["hint"]), _both(d["unsure"]))
            ),
            "questions": self.each("question", self.question(audience)),
            "assumptions": self.each("assumption", _assumption),
            "factors": self.each("factor", _factor),
            "quantities": self.each("quantity", _quantity),
            "rules": self.each("rule", _rule),
            "measures": self.each("measure", _measure),
            "references": self.each("comparison", _reference),
            "actions": self.each("action", _action),
            "cases": self.each("case", _case),
            "overlays": self.each("overlay", self.overlay),
            "years": self.each("year", self.year),
            "audiences": self.each("audience", _audience),
            "mee": self.each("mee", lambda _, d: _both(d["title"])),
        }
        parts["questions"] |= {q.key: q.expert for q in parts["quantities"].values() if q.expert}
        try:
            header: Data = {
                "id": head["id"],
                "version": head["version"],
                "released": date.fromisoformat(head["released"]),
                "unit": parse_unit(head["unit"]),
                "unit_text": head["unit"],
                "gwp": head["gwp"],
                **{name: _both(head[name]) for name in ("title", "intro", "boundary", "gwp_note")},
            }
        except _FAULTS as fault:
            self.faults.append(f"model: {_said(fault)}")
        if self.faults:
            raise ModelFault(self.faults)
        return Model(digest=digest, audience=audience, **header, **parts)

    def each(self, section: str, make: Callable[[str, Data], Thing]) -> dict[str, Thing]:
        made = {}
        for key, data in self.data.get(section, {}).items():
            try:
                made[key] = make(key, data)
            except _FAULTS as fault:
                self.faults.append(f"{section}.{key}: {_said(fault)}")
        return made

    def question(self, audience: str) -> Callable[[str, Data], Question]:
        skipped = self.data["audience"][audience].get("skip", ()) if audience else ()
        return lambda key, d: _question(key, d, is_skipped=key in skipped)

    def overlay(self, code: str, d: Data) -> Overlay:
        """A region's factors and those of its years; each inherits what it does not say."""
        national, own = self.data.get("factor", {}), d.get("factor", {})
        here = {**national, **{name: _inherited(f, national.get(name)) for name, f in own.items()}}
        return Overlay(
            code,
            _both(d["title"]),
            {name: _factor(name, here[name]) for name in own},
            {year: _over(part.get("factor", {}), here) for year, part in d.get("year", {}).items()},
        )

    def year(self, key: str, d: Data) -> Year:
        return Year(key, _both(d["title"]), _over(d.get("factor", {}), self.data.get("factor", {})))


def _over(factors: Data, below: Data) -> dict[str, Factor]:
    return {name: _factor(name, _inherited(f, below.get(name))) for name, f in factors.items()}


def _inherited(factor: Data, below: Data | None) -> Data:
    """A factor table that names no unit takes all that it does not say from the one it replaces."""
    return factor if "unit" in factor or below is None else {**below, **factor}


_FAULTS = (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, UnknownUnit, ExpressionFault)


def _said(fault: Exception) -> str:
    return (
        f"{fault.args[0]} is missing" if isinstance(fault, KeyError) else str(fault) or type(fault).__name__
    )


def _both(data: dict[str, str]) -> Bilingual:
    return Bilingual(data["zh"], data["en"])


def _maybe(data: Data, key: str) -> Bilingual | None:
    return _both(data[key]) if key in data else None


def _decimal(text: Any) -> Decimal:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} must be a decimal string")
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(f"{text!r} is not finite")
    return value


def _source(data: dict[str, str]) -> Source:
    return Source(data["title"], data["url"], data["row"])


def _factor(name: str, d: Data) -> Factor:
    low, high = d["sane"]
    return Factor(
        name=name,
        key=d["key"],
        value=_decimal(d["value"]),
        unit=parse_unit(d["unit"]),
        unit_text=d["unit"],
        title=_both(d["title"]),
        region=d["region"],
        year=d["year"],
        gases=d["gases"],
        uncertainty_pct=_decimal(d["uncertainty_pct"]),
        source=_source(d["source"]),
        licence=d["licence"],
        confidence=d["confidence"],
        quality=tuple(d["quality"]),
        sane=(_decimal(low), _decimal(high)),
        review_by=date.fromisoformat(d["review_by"]),
        quality_why=_maybe(d, "quality_why"),
        review_why=_maybe(d, "review_why"),
    )


def _assumption(name: str, d: Data) -> Assumption:
    return Assumption(
        name=name,
        value=_decimal(d["value"]),
        unit=parse_unit(d["unit"]),
        unit_text=d["unit"],
        title=_both(d["title"]),
        why=_both(d["why"]),
        gsd2=_decimal(d["gsd2"]),
    )


def _question(key: str, d: Data, *, is_skipped: bool = False) -> Question:
    options = d.get("option", YES_NO if d["kind"] == "yes-no" else {})
    return Question(
        key=key,
        kind=d["kind"],
        unit=parse_unit(d.get("unit", "1")),
        unit_text=d.get("unit", "1"),
        unit_label=_maybe(d, "unit_label") or Bilingual("", ""),
        title=_both(d["title"]),
        ask=_both(d["ask"]),
        hint=_both(d["hint"]),
        unsure=_both(d["unsure"]),
        basis=_both(d["basis"]),
        low=_decimal(d.get("min", "0")),
        high=_decimal(d.get("max", "0")),
        default=d["default"],
        gsd2_default=_decimal(d["gsd2_default"]),
        measure=d["measure"],
        whole=d.get("whole", False),
        group=d.get("group", ""),
        lowest=d.get("lowest", ""),
        options=tuple(
            Choice(k, _both(o["title"]), _decimal(o["value"]) if "value" in o else None)
            for k, o in options.items()
        ),
        express=d.get("express", False),
        section=d.get("section", ""),
        when=_conditions(d),
        when_text=tuple(d.get("when", ())),
        is_skipped=is_skipped,
        confidence=d.get("confidence", ""),
        review_by=date.fromisoformat(d["review_by"]) if "review_by" in d else None,
    )


def _conditions(d: Data) -> tuple[Comparison, ...]:
    nodes = [parse(text) for text in d.get("when", ())]
    if any(not isinstance(node, Comparison) for node in nodes):
        raise ExpressionFault("when: a condition must be a comparison")
    return tuple(node for node in nodes if isinstance(node, Comparison))


def _quantity(key: str, d: Data) -> Quantity:
    unit, title, node = parse_unit(d["unit"]), _both(d["title"]), parse(d["expr"])
    expert = _straight(key, d, d["expert"]) if "expert" in d else None
    return Quantity(key, unit, d["unit"], title, d["expr"], node, expert)


def _straight(key: str, d: Data, e: Data) -> Question:
    """The question of expert mode that replaces a quantity."""
    return Question(
        key=key,
        kind="number",
        unit=parse_unit(d["unit"]),
        unit_text=d["unit"],
        unit_label=_both(e["unit_label"]),
        title=_both(d["title"]),
        ask=_both(e["ask"]),
        hint=_both(e["hint"]),
        unsure=_STRAIGHT,
        basis=_STRAIGHT_BASIS,
        low=_decimal(e["min"]),
        high=_decimal(e["max"]),
        default=d["expr"],
        gsd2_default=Decimal(1),
        measure=e["measure"],
        section=e["section"],
        expert=True,
    )


def _measure(key: str, d: Data) -> Measure:
    node, shown = parse(d["expr"]), d.get("shown", "")
    return Measure(key, parse_unit(d["unit"]), d["unit"], _both(d["title"]), d["expr"], node, shown)


def _action(key: str, d: Data) -> Action:
    return Action(key, _both(d["title"]), dict(d["becomes"]), _conditions(d))


def _audience(key: str, d: Data) -> Audience:
    return Audience(key, _both(d["title"]), tuple(d.get("skip", ())))


def _rule(key: str, d: Data) -> Rule:
    return Rule(
        key=key,
        expr=d["expr"],
        node=parse(d["expr"]),
        title=_both(d["title"]),
        category=d["category"],
        scope=d["scope"],
        whose=d["whose"],
        is_default=d.get("activity") == "default",
        rises_with=tuple(d.get("rises_with", ())),
        falls_with=tuple(d.get("falls_with", ())),
        switched_by=tuple(d.get("switched_by", ())),
        mee=d.get("mee", ""),
    )


def _reference(key: str, d: Data) -> Reference:
    if "missing" in d:
        return Reference(key, d["kind"], d["measure"], _both(d["title"]), _both(d["missing"]))
    return Reference(
        key=key,
        kind=d["kind"],
        measure=d["measure"],
        title=_both(d["title"]),
        missing=None,
        source_key=d["key"],
        value=_decimal(d["value"]),
        unit=parse_unit(d["unit"]),
        unit_text=d["unit"],
        year=d["year"],
        source=_source(d["source"]),
        confidence=d["confidence"],
        review_by=date.fromisoformat(d["review_by"]),
    )


def _case(key: str, d: Data) -> Case:
    return Case(
        key,
        d["region"],
        dict(d["answers"]),
        {rule: int(grams) for rule, grams in d["lines"].items()},
        year=d.get("year", ""),
        audience=d.get("audience", ""),
        own=dict(d.get("own", {})),
    )
