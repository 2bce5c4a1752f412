"""Units a learner may choose for a numeric answer: the one that is asked for, and others of its kind."""

import re
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.quantities import unit_of

# What stands in the place of an atom of a unit; a unit is offered with each in turn.
_KIN: Final = {
    "ha": ("ha", "mu", "km2", "m2"),
    "mu": ("mu", "ha", "km2", "m2"),
    "t": ("t", "kg", "jin", "万t"),
    "kt": ("kt", "t", "Mt"),
    "Mt": ("Mt", "kt", "t"),
    "kg": ("kg", "jin", "g", "t"),
    "m": ("m", "cm", "km"),
    "m3": ("m3", "L"),
    "kWh": ("kWh",),
}  # fmt: skip
_ZH: Final = {
    "ha": "公顷", "mu": "亩", "km2": "平方公里", "m2": "平方米", "m3": "立方米", "m": "米", "cm": "厘米",
    "km": "公里", "t": "吨", "kt": "千吨", "万t": "万吨", "Mt": "百万吨", "kg": "千克",
    "jin": "斤", "g": "克", "L": "升",
    "kWh": "千瓦时", "yr": "年", "a": "年", "year": "年", "plots": "块", "plot": "块",
    "people": "人", "person": "人",
    "plants": "株", "credits": "个", "yuan": "元", "CNY": "元", "CO2": "二氧化碳",
    "CO2e": "二氧化碳当量", "C": "碳",
}  # fmt: skip
_EN: Final = {"m2": "m²", "m3": "m³", "km2": "km²", "CO2": "CO₂", "CO2e": "CO₂e", "L": "l", "万t": "10,000 t"}
_WORD: Final = re.compile(r"万?[A-Za-z]+\d?e?")


def unit_words(unit: str) -> Bilingual:
    """A unit of the bank as it is read: ``t CO2/ha.yr`` is 吨二氧化碳/公顷·年 and t CO₂/ha·yr."""
    zh = _WORD.sub(lambda found: _ZH.get(found[0], found[0]), unit)
    en = _WORD.sub(lambda found: _EN.get(found[0], found[0]), unit)
    return Bilingual(zh.replace(" ", "").replace(".", "·"), en.replace(".", "·"))


def unit_choices(unit: str) -> tuple[tuple[str, Bilingual], ...]:
    """Units that an answer may be given in, as the bank writes them with their words; the asked one first.

    Where CO₂ is asked for, carbon is among them: whoever takes it is told the difference.
    """
    over, slash, under = unit.partition("/")
    amount, space, substance = over.partition(" ")
    found = [unit]
    found += [f"{each}{space}{substance}{slash}{under}" for each in _KIN.get(amount, ())]
    found += [f"{over}{slash}{each}" for each in _KIN.get(under, ())[:2]]
    if substance in ("CO2", "CO2e"):
        found.append(f"{amount} C{slash}{under}")
    return tuple((each, unit_words(each)) for each in dict.fromkeys(found) if _is_known(each))


def _is_known(unit: str) -> bool:
    try:
        unit_of(unit)
    except PortalError:
        return False
    return True
