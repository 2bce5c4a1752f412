"""What a forest owner's money comes from: the credits of a project, or the seedlings of a planting."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Self

from portal.kernel.errors import N_, NotFound
from portal.kernel.money import Money


class UnknownOrigin(NotFound):
    message = N_("There is no such project or planting.")


class OriginKind(StrEnum):
    PROJECT = "project"
    PLANTING = "planting"


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """A project or a planting, by its public code. As text ``project:HLYC-0001``.

    ``payee``: one of several who share its money, ``project:HLYC-0001/village`` (rules/owners.py).
    """

    kind: OriginKind
    code: str
    payee: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.code}" + (f"/{self.payee}" if self.payee else "")

    @property
    def whole(self) -> "Origin":
        """The project or planting itself."""
        return Origin(self.kind, self.code)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises UnknownOrigin for what is no text of an origin."""
        kind, _, rest = text.partition(":")
        code, slash, payee = rest.partition("/")
        if kind not in list(OriginKind) or not code or bool(slash) != bool(payee):
            raise UnknownOrigin()
        return cls(OriginKind(kind), code, payee)


@dataclass(frozen=True, slots=True)
class Sold:
    """A part of an order that an owner has a share in: ``ppm`` millionths of its price.

    ``grams``: what it is served with, by origin; of seedlings, one origin with any number.
    """

    amount: Money
    ppm: int
    grams: Mapping[Origin, int]

    def weights(self) -> dict[Origin, Fraction]:
        """The owner's share of the price, exactly, by origin."""
        all_of_it = sum(self.grams.values())
        share = Fraction(self.amount.minor * self.ppm, all_of_it)
        return {origin: share * grams for origin, grams in self.grams.items()}


def share_out(amount: Money, sold: Iterable[Sold]) -> dict[Origin, Money]:
    """The amount, to the minor unit, among those from whom it was bought, in proportion."""
    weights: dict[Origin, Fraction] = {}
    for each in sold:
        for origin, weight in each.weights().items():
            weights[origin] = weights.get(origin, Fraction(0)) + weight
    return in_proportion(amount, weights)


def in_proportion(amount: Money, weights: Mapping[Origin, Fraction]) -> dict[Origin, Money]:
    """The amount, to the minor unit, by these weights; those who get nothing are left out.

    Parts are rounded down, and what is left over goes to the largest remainders; of equal ones to the first
    by code, so that the same order is always shared out alike (largest remainder method, Hamilton 1792).
    """
    whole = sum(weights.values())
    if not whole:
        return {}
    exact = {origin: amount.minor * weight / whole for origin, weight in sorted(weights.items())}
    parts = {origin: int(part) for origin, part in exact.items()}
    by_remainder = sorted(exact, key=lambda origin: parts[origin] - exact[origin])
    for origin in by_remainder[: amount.minor - sum(parts.values())]:
        parts[origin] += 1
    return {origin: Money(part, amount.currency) for origin, part in parts.items() if part}


def moved(held: Mapping[Origin, Money], wanted: Mapping[Origin, Money]) -> dict[Origin, Money]:
    """What has to be booked so that ``held`` becomes ``wanted``; what is taken away stands first."""
    currencies = {each.currency for each in (*held.values(), *wanted.values())}
    nothing = Money(0, currencies.pop()) if currencies else Money.cny(0)
    change = {
        origin: wanted.get(origin, nothing) - held.get(origin, nothing) for origin in {**held, **wanted}
    }
    return dict(sorted(((o, m) for o, m in change.items() if m.minor), key=lambda item: item[1].minor))
