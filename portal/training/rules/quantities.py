"""Numbers with units as learners type them: ４，５００ 亩, 1.2万吨, 33.99 t C/ha, 每公顷124.6吨."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from portal.kernel.errors import N_, InvalidInput

# Atomic masses rounded as the field has them: 12 g of carbon are in 44 g of CO₂.
CO2_PER_CARBON: Final = Fraction(44, 12)

_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,15})?(\.\d{1,12})?(?:\s*[×x*]\s*10\^?(-?\d{1,2}))?\s*")
_MULTIPLES: Final = {"亿": 10**8, "百万": 10**6, "万": 10**4, "千": 10**3, "百": 10**2}
_SUBSTANCES: Final = (
    ("co2", ("二氧化碳当量", "二氧化碳", "co2当量", "co2-eq", "co2eq", "co2e", "co2")),
    ("c", ("carbon", "碳", "c")),
)
# A unit as how much of its dimension it is: square metres, kilograms, cubic metres, years, or a plain count.
_ATOMS: Final[dict[str, tuple[Fraction, str]]] = {
    **dict.fromkeys(("亩", "mu"), (Fraction(2000, 3), "area")),
    **dict.fromkeys(("公顷", "ha", "hm2", "hectare", "hectares"), (Fraction(10_000), "area")),
    **dict.fromkeys(("平方米", "m2"), (Fraction(1), "area")),
    **dict.fromkeys(("平方公里", "平方千米", "km2"), (Fraction(10**6), "area")),
    **dict.fromkeys(("斤", "jin"), (Fraction(1, 2), "mass")),
    **dict.fromkeys(("公斤", "千克", "kg"), (Fraction(1), "mass")),
    **dict.fromkeys(("克", "g"), (Fraction(1, 1000), "mass")),
    **dict.fromkeys(("吨", "t", "tonne", "tonnes"), (Fraction(1000), "mass")),
    **dict.fromkeys(("kt",), (Fraction(10**6), "mass")),
    **dict.fromkeys(("mt",), (Fraction(10**9), "mass")),
    **dict.fromkeys(("立方米", "方", "m3"), (Fraction(1), "volume")),
    **dict.fromkeys(("升", "l"), (Fraction(1, 1000), "volume")),
    **dict.fromkeys(("千瓦时", "度", "kwh"), (Fraction(1), "energy")),
    **dict.fromkeys(("公里", "千米", "km"), (Fraction(1000), "length")),
    **dict.fromkeys(("米", "m"), (Fraction(1), "length")),
    **dict.fromkeys(("厘米", "cm"), (Fraction(1, 100), "length")),
    **dict.fromkeys(("年", "a", "yr", "year", "years"), (Fraction(1), "time")),
    **dict.fromkeys(("%",), (Fraction(1, 100), "count")),
    **dict.fromkeys(("元", "yuan", "cny"), (Fraction(1), "money")),
    **dict.fromkeys(
        (
            "株",
            "块",
            "个",
            "人",
            "plot",
            "plots",
            "plant",
            "plants",
            "person",
            "people",
            "credit",
            "credits",
            "1",
        ),
        (Fraction(1), "count"),
    ),
}


class NoQuantity(InvalidInput):
    message = N_("“%(text)s” is no number with a unit, such as 300 ha, 4,500 亩 or 1.2 万吨.")


class UnknownUnit(InvalidInput):
    message = N_("We do not know the unit “%(unit)s”.")


@dataclass(frozen=True, slots=True)
class Unit:
    """How many base units it is, its dimension, and whether it counts carbon, CO₂ or leaves that open."""

    size: Fraction
    dimension: tuple[tuple[str, int], ...]
    substance: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    number: Fraction
    unit: Unit | None


def read_quantity(text: str) -> Quantity:
    """The number and, where one is typed, its unit. Raises NoQuantity, UnknownUnit.

    Full-width digits and signs, grouping commas, 万 and 亿, ``每公顷…吨`` and ``1.2×10^4`` are understood.
    """
    plain = _plain(text)
    per = re.match(r"(每[^\d+\-.]{1,6}?)\s*(?=[\d+\-.])", plain)
    if per:
        plain = plain[per.end() :]
    found = _NUMBER.match(plain)
    if not found or not (found[2] or found[3]):
        raise NoQuantity(text=text.strip()[:40])
    number = Fraction(Decimal((found[1] or "") + (found[2] or "0").replace(",", "") + (found[3] or "")))
    number *= Fraction(10) ** int(found[4] or 0)
    rest = plain[found.end() :]
    for sign, factor in _MULTIPLES.items():
        if rest.startswith(sign):
            number, rest = number * factor, rest[len(sign) :].lstrip()
            break
    rest += per[1] if per else ""
    return Quantity(number, unit_of(rest) if rest else None)


def unit_of(text: str) -> Unit:
    """``t CO2/ha.yr``, ``吨二氧化碳／公顷``, ``万吨``. Raises UnknownUnit."""
    over, *under = re.split(r"/|每|\bper\b|\ba(?=\s+year\b)", _plain(text))
    over, substance = _without_substance(over)
    size, powers = Fraction(1), dict[str, int]()
    for part, sign in ((over, 1), *((part, -1) for part in under)):
        for name in filter(None, re.split(r"[.·*\s]", part)):
            factor, dimension = _atom(name)
            size *= factor**sign
            if dimension != "count":
                powers[dimension] = powers.get(dimension, 0) + sign
    return Unit(size, tuple(sorted((name, power) for name, power in powers.items() if power)), substance)


def _plain(text: str) -> str:
    """Full-width and superscript forms as plain ones, lower case, the many minus signs as one."""
    plain = unicodedata.normalize("NFKC", text[:200]).translate({0x2212: "-", 0x2013: "-", 0x20E3: None})
    return plain.strip().lower().rstrip("。")


def _without_substance(text: str) -> tuple[str, str]:
    text = text.strip()
    for substance, names in _SUBSTANCES:
        for name in names:
            if text.endswith(name) and text not in _ATOMS:
                return text[: -len(name)].strip(" -of").strip(), substance
    return text, ""


def _atom(name: str) -> tuple[Fraction, str]:
    if name in _ATOMS:
        return _ATOMS[name]
    for sign, factor in _MULTIPLES.items():
        if name.startswith(sign) and name[len(sign) :] in _ATOMS:
            size, dimension = _ATOMS[name[len(sign) :]]
            return size * factor, dimension
    raise UnknownUnit(unit=name[:40])
