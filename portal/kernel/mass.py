"""Mass of CO₂e in whole grams."""

from dataclasses import dataclass
from typing import Self

from portal.kernel.errors import N_, InvalidInput
from portal.kernel.numbers import to_units

_LIMIT = 2**63 - 1


class NegativeMass(InvalidInput):
    message = N_("The amount must be more than zero.")


@dataclass(frozen=True, order=True, slots=True)
class Mass:
    """Integer grams of CO₂e, 64-bit. May be negative as a difference; ``quantity()`` refuses that."""

    grams: int

    def __post_init__(self) -> None:
        if type(self.grams) is not int:
            raise TypeError(f"grams are int, not {type(self.grams).__name__}")
        if not -_LIMIT <= self.grams <= _LIMIT:
            raise OverflowError("mass beyond 64 bits")

    @classmethod
    def g(cls, grams: int) -> Self:
        return cls(grams)

    @classmethod
    def kg(cls, text: str | int) -> Self:
        """From kilograms as text or int: ``Mass.kg("250")``. Raises NotANumber, TooFine."""
        return cls(to_units(text, 1_000))

    @classmethod
    def t(cls, text: str | int) -> Self:
        """From tonnes as text or int: ``Mass.t("1.5")``. Raises NotANumber, TooFine."""
        return cls(to_units(text, 1_000_000))

    def quantity(self) -> Self:
        """Itself, when it can be a quantity (> 0). Raises NegativeMass."""
        if self.grams <= 0:
            raise NegativeMass()
        return self

    @property
    def kg_down(self) -> int:
        """Whole kilograms, rounded down: what is shown of anything that was bought."""
        return self.grams // 1_000

    @property
    def kg_up(self) -> int:
        """Whole kilograms, rounded up: what must be bought to cover this."""
        return -(-self.grams // 1_000)

    def __add__(self, other: "Mass") -> "Mass":
        if not isinstance(other, Mass):
            return NotImplemented
        return Mass(self.grams + other.grams)

    def __sub__(self, other: "Mass") -> "Mass":
        if not isinstance(other, Mass):
            return NotImplemented
        return Mass(self.grams - other.grams)

    def __bool__(self) -> bool:
        return self.grams != 0


ZERO = Mass(0)


def total(masses: "list[Mass] | tuple[Mass, ...]") -> Mass:
    return sum(masses, start=ZERO)
