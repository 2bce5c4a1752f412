"""Student's t for whole degrees of freedom, in decimals: the same digits on every machine.

The distribution function for whole degrees of freedom is a finite sum (M. Abramowitz and I. A. Stegun,
Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4); the quantile is found by halving.
"""

from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Final

DIGITS: Final = 34
MOST_DEGREES: Final = 20_000
_PLACES: Final = Decimal("1e-12")
_ONE: Final = Decimal(1)
_PI: Final = Decimal("3.141592653589793238462643383279502884")
# Two-sided quantiles of the normal distribution, where a plan begins before its degrees of freedom are known.
NORMAL: Final = {
    Decimal("0.90"): Decimal("1.644853626951"),
    Decimal("0.95"): Decimal("1.959963984540"),
    Decimal("0.99"): Decimal("2.575829303549"),
}


@lru_cache(maxsize=512)
def quantile(confidence: Decimal, degrees: int) -> Decimal:
    """t such that |T| ≤ t with probability ``confidence``, to twelve decimal places.

    ``quantile(Decimal("0.90"), 10)`` is 1.812461122811…: the value of a two-sided table.
    """
    if not 0 < confidence < 1 or not 1 <= degrees <= MOST_DEGREES:
        raise ValueError("a confidence between 0 and 1 and whole degrees of freedom are wanted")
    with localcontext(prec=DIGITS):
        low, high = Decimal(0), _ONE
        while central(high, degrees) < confidence:
            low, high = high, high * 2
        while high - low > _PLACES / 10:
            middle = (low + high) / 2
            if central(middle, degrees) < confidence:
                low = middle
            else:
                high = middle
        return ((low + high) / 2).quantize(_PLACES)


def central(t: Decimal, degrees: int) -> Decimal:
    """Probability that |T| ≤ ``t`` (t ≥ 0)."""
    with localcontext(prec=DIGITS):
        square = t * t
        cosine2 = degrees / (degrees + square)
        sine = (square / (degrees + square)).sqrt()
        if degrees % 2 == 0:
            return sine * _series(cosine2, degrees // 2, odd=False)
        angle = arctangent(t / Decimal(degrees).sqrt())
        if degrees > 1:
            angle += sine * cosine2.sqrt() * _series(cosine2, (degrees - 1) // 2, odd=True)
        return 2 * angle / _PI


def _series(cosine2: Decimal, terms: int, *, odd: bool) -> Decimal:
    """1 + ½c + (1·3)/(2·4)c² + … for even degrees, 1 + ⅔c + (2·4)/(3·5)c² + … for odd ones."""
    total = term = _ONE
    for k in range(1, terms):
        above, below = (2 * k, 2 * k + 1) if odd else (2 * k - 1, 2 * k)
        term = term * cosine2 * above / below
        total += term
    return total


def arctangent(x: Decimal) -> Decimal:
    """arctan x for x ≥ 0: halved until its power series is short."""
    with localcontext(prec=DIGITS + 6):
        halvings = 0
        while x > Decimal("0.05"):
            x = x / (1 + (1 + x * x).sqrt())
            halvings += 1
        power, total, square, k = x, x, x * x, 1
        while power > Decimal("1e-40"):
            power *= square
            k += 2
            total += power / k if k % 4 == 1 else -power / k
        return total * Decimal(2**halvings)
