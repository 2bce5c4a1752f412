"""Money in integer minor units, and the one place where a price is rounded."""

from dataclasses import dataclass
from typing import Self

from portal.kernel.errors import N_, InvalidInput
from portal.kernel.mass import Mass
from portal.kernel.numbers import to_units

# Decimal places of the currencies the portal keeps prices in (ISO 4217).
PLACES = {"CNY": 2, "HKD": 2, "USD": 2, "EUR": 2}


class UnknownCurrency(InvalidInput):
    message = N_("%(currency)s is not a currency of this portal.")


class NothingToPay(InvalidInput):
    message = N_("The amount must be more than zero.")


class MixedCurrencies(TypeError):
    """A bug: two currencies were added or compared."""


@dataclass(frozen=True, slots=True)
class Money:
    """Integer minor units (分, cent) of one currency (ISO 4217 code)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are int, not {type(self.minor).__name__}")
        if self.currency not in PLACES:
            raise UnknownCurrency(currency=self.currency)

    @classmethod
    def of(cls, text: str | int, currency: str) -> Self:
        """From major units: ``Money.of("25.00", "CNY")``. Raises NotANumber, TooFine."""
        if currency not in PLACES:
            raise UnknownCurrency(currency=currency)
        return cls(to_units(text, 10 ** PLACES[currency]), currency)

    @classmethod
    def cny(cls, text: str | int) -> Self:
        return cls.of(text, "CNY")

    def payable(self) -> Self:
        """Itself, when it can be a price or a payment (> 0). Raises NothingToPay."""
        if self.minor <= 0:
            raise NothingToPay()
        return self

    def _same(self, other: "Money") -> None:
        if not isinstance(other, Money) or self.currency != other.currency:
            raise MixedCurrencies(f"{self!r} and {other!r}")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            return NotImplemented
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __gt__(self, other: "Money") -> bool:
        return other < self

    def __ge__(self, other: "Money") -> bool:
        return other <= self

    def __bool__(self) -> bool:
        return self.minor != 0


def price(mass: Mass, per_tonne: Money) -> Money:
    """Price of ``mass`` at a price per tonne, rounded up to the minor unit.

    The only rounding of money in the portal: up, so that parts never cost less than the whole.
    """
    return Money(-(-mass.grams * per_tonne.minor // 1_000_000), per_tonne.currency)
