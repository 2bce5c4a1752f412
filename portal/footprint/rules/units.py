"""Units as dimensions: every unit is a dimension of its own, so nothing is ever converted silently.

``kWh`` and ``GJ``, a week and a year, kg of waste and kg of CO₂e, a person-km and a vehicle-km never
meet without a conversion that the model names.
"""

from dataclasses import dataclass
from functools import cache

KNOWN = frozenset(
    """kgCO2e tCO2e kWh GJ J m2 m3 Nm3 L km kg t person vehicle room night meal item sheet flight
    s h day week month year K""".split()
)
# What the source tables write. CO₂ alone counts as CO₂e; its gas basis is shown beside the line.
_WRITTEN = {
    "kgCO2": "kgCO2e",
    "pkm": "person.km",
    "vkm": "vehicle.km",
    "tkm": "t.km",
    "room-night": "room.night",
    "yr": "year",
    "d": "day",
    "cap": "person",
}


class UnknownUnit(ValueError):
    """A unit outside the closed list: a typing mistake in a model."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Powers of base units, sorted by name; no powers at all is a pure number."""

    powers: tuple[tuple[str, int], ...] = ()

    def __mul__(self, other: "Unit") -> "Unit":
        return self._joined(other, 1)

    def __truediv__(self, other: "Unit") -> "Unit":
        return self._joined(other, -1)

    def _joined(self, other: "Unit", sign: int) -> "Unit":
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, 0) + sign * power
        return Unit(tuple(sorted((name, power) for name, power in powers.items() if power)))

    def __str__(self) -> str:
        over = ".".join(name for name, power in self.powers for _ in range(power))
        under = ".".join(name for name, power in self.powers for _ in range(-power))
        return f"{over or 1}/{under}" if under else over or "1"


NUMBER = Unit()


@cache
def parse_unit(text: str) -> Unit:
    """``kgCO2e/m2.year`` is kgCO2e per m² and per year. Raises UnknownUnit."""
    over, slash, under = text.partition("/")
    return _product(over) / _product(under) if slash else _product(over)


def _product(text: str) -> Unit:
    unit = NUMBER
    for name in text.split("."):
        unit *= _base(name)
    return unit


def _base(name: str) -> Unit:
    if name == "1":
        return NUMBER
    if name == "W":
        return Unit((("J", 1), ("s", -1)))
    if name in _WRITTEN:
        return _product(_WRITTEN[name])
    if name not in KNOWN:
        raise UnknownUnit(f"unknown unit {name!r}")
    return Unit(((name, 1),))
