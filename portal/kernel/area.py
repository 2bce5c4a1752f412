"""Area of land, exact in both of the units the law uses."""

from dataclasses import dataclass
from typing import Self

from portal.kernel.numbers import to_units


@dataclass(frozen=True, order=True, slots=True)
class Area:
    """Integer units of 1/300 m², of which a hectare and a mu (2000/3 m²) are both whole multiples."""

    units: int

    @classmethod
    def ha(cls, text: str | int) -> Self:
        return cls(to_units(text, 3_000_000))

    @classmethod
    def mu(cls, text: str | int) -> Self:
        return cls(to_units(text, 200_000))

    @classmethod
    def m2(cls, text: str | int) -> Self:
        return cls(to_units(text, 300))

    def __add__(self, other: "Area") -> "Area":
        if not isinstance(other, Area):
            return NotImplemented
        return Area(self.units + other.units)
