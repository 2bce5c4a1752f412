"""Decimal text to exact integers: the one place where typed numbers become values."""

import re
from decimal import Decimal

from portal.kernel.errors import N_, InvalidInput

# At most 15 digits before the point: a number a person can mean, and far from any overflow.
_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3}){1,4}(\.[0-9]{1,9})?")
_LIMIT = 2**63 - 1
_WHOLE = re.compile(r"[0-9]{1,9}")


class NotANumber(InvalidInput):
    message = N_("“%(text)s” is not a number. Write it with digits, for example 250 or 1.5.")


class TooFine(InvalidInput):
    message = N_("%(text)s has too many decimal places.")


class TooLarge(InvalidInput):
    message = N_("%(text)s is too large.")


def whole(text: str, otherwise: int) -> int:
    """A whole number of at most nine digits, as an address or a button carries it; else ``otherwise``.

    A longer one is nobody's: Python reads no number of thousands of digits, and no column holds one.
    """
    return int(text) if _WHOLE.fullmatch(text) else otherwise


def parse_decimal(text: str) -> Decimal:
    """Exact value of a plain decimal such as ``250``, ``1.5`` or ``28,571``.

    Refuses what different readers would read differently: exponents, NaN, underscores,
    full-width digits, ``1.234,5``. Raises NotANumber.
    """
    text = text.strip()
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if not _PLAIN.fullmatch(text):
        raise NotANumber(text=text[:40])
    return Decimal(text)


def to_units(text: str | int, per_unit: int) -> int:
    """``text`` × ``per_unit`` as an exact 64-bit integer. Raises NotANumber, TooFine, TooLarge."""
    if isinstance(text, bool) or not isinstance(text, str | int):
        raise TypeError(f"text or int wanted, not {type(text).__name__}")
    exact = parse_decimal(str(text)) * per_unit
    if exact != exact.to_integral_value():
        raise TooFine(text=str(text))
    if abs(exact) > _LIMIT:
        raise TooLarge(text=str(text))
    return int(exact)
