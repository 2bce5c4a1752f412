"""Volume of a tree from its diameter and height: by the equation of the technician's own table.

The portal holds no volume table, because none was at hand in a source that can be cited. Whoever measures
trees gives the equation of the table that holds in their forest, with its source; the report prints both.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Final

from portal.kernel.errors import InvalidInput
from portal.kernel.numbers import NotANumber
from portal.registry.rules.estimation.errors import (
    EquationImplausible,
    EquationNotRead,
    EquationTwice,
    SpeciesUnknown,
)
from portal.registry.rules.estimation.parameters import Parameters

_COEFFICIENT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,18})?(e-?[0-9]{1,2})?")
MOST_LINES: Final = 40
VOLUME_DIGITS: Final = 20
# A tree of 20 cm and 15 m is a cylinder of 0.47 m³ at most, and its form factor is nowhere below 0.2.
_PROBE: Final = (Decimal(20), Decimal(15))
_LIKELY: Final = (Decimal("0.1"), Decimal("0.5"))


@dataclass(frozen=True, slots=True)
class Equation:
    """V = a × D^b × H^c, with D in cm, H in m, V in m³ (Schumacher and Hall 1933; so do 二元立木材积表).

    ``c`` = 0 is an equation of the diameter alone (一元材积表).
    """

    species: str
    a: Decimal
    b: Decimal
    c: Decimal
    source: str

    @property
    def needs_height(self) -> bool:
        return self.c != 0

    def volume(self, dbh: Decimal, height: Decimal | None) -> Decimal:
        """m³ of one stem; ``height`` may be missing when the equation does not need it."""
        with localcontext(prec=VOLUME_DIGITS):
            power = self.b * _logarithm(dbh)
            if self.needs_height and height is not None:
                power += self.c * _logarithm(height)
            return self.a * power.exp()


@lru_cache(maxsize=10_000)  # diameters and heights come in steps of a tenth
def _logarithm(value: Decimal) -> Decimal:
    with localcontext(prec=VOLUME_DIGITS):
        return value.ln()


def read_equations(text: str, parameters: Parameters) -> tuple[Equation, ...]:
    """One equation a line: ``species; a; b; c; source``.

    Raises EquationNotRead, EquationTwice, EquationImplausible, SpeciesUnknown.
    """
    found: dict[str, Equation] = {}
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    for number, line in lines[: MOST_LINES + 1]:
        equation = _read_line(number, line, parameters)
        if equation.species in found or len(found) >= MOST_LINES:
            raise EquationTwice(line=number)
        found[equation.species] = equation
    return tuple(found.values())


def _read_line(number: int, line: str, parameters: Parameters) -> Equation:
    parts = [part.strip() for part in re.split(r"[;；\t]", line, maxsplit=4)]
    if len(parts) != 5 or not parts[4]:
        raise EquationNotRead(line=number)
    species = parameters.named(parts[0])
    if species is None:
        raise SpeciesUnknown(name=parts[0][:40])
    try:
        a, b, c = (_coefficient(part) for part in parts[1:4])
    except InvalidInput:
        raise EquationNotRead(line=number) from None
    equation = Equation(species.key, a, b, c, parts[4][:200])
    probe = equation.volume(*_PROBE) if a > 0 else Decimal(0)
    if not _LIKELY[0] <= probe <= _LIKELY[1]:
        raise EquationImplausible(line=number, volume=f"{probe:.4f}")
    return equation


def _coefficient(text: str) -> Decimal:
    folded = text.casefold().replace("×10^", "e").replace(" ", "")
    if not _COEFFICIENT.fullmatch(folded):
        raise NotANumber(text=text[:40])
    value = Decimal(folded)
    if value > 10:
        raise NotANumber(text=text[:40])
    return value
