"""Serials that stand in columns: first and last unit, or one number and a quantity.

Cercarbono numbers the units inside a named batch; CCER lists and brokers give the ids of the first
and the last unit; a forest carbon ticket (碳票) is one number for a quantity of tonnes. Each becomes
a serial text, a group within which a number is given once, and a range.
"""

import re
from dataclasses import dataclass
from typing import Final

from portal.registry.rules.imports.errors import NotARange, UnwritableSerial
from portal.registry.rules.records import SERIAL
from portal.registry.rules.serials import OddCharacters, SwappedEnds, ends_of, plain

_WRITABLE: Final = re.compile(SERIAL)
_ODD: Final = re.compile("[０-９\u2010-\u2015\u2212\u00ad\ufe58\ufe63\uff0d\u200b-\u200f\u2060\ufeff\u3000]")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
# “A-0001 ~ A-0100”, “A-0001至A-0100”, “A-0001 to A-0100”; a bare hyphen is part of many serials.
_ENDS: Final = re.compile(r"(\S.*?)(?:\s*[~～至]\s*| to | - )(\S.*)")


@dataclass(frozen=True, slots=True)
class Units:
    """``first`` … ``last``, both included, within ``group``; ``text`` is the serial as it is kept."""

    text: str
    group: str
    first: int
    last: int


def units_of(named: str, first: str, last: str, quantity: int) -> Units:
    """The units that a row's cells name; ``quantity`` counts only where a single number is given.

    Raises OddCharacters, SwappedEnds, NotARange, UnwritableSerial.
    """
    for text in (named, first, last):
        if _ODD.search(text):
            raise OddCharacters(text=text[:100], meant=plain(text)[:100])
    if first or last:
        units = _of_two(named, first, last)
    elif ends := _ENDS.fullmatch(named):
        units = _of_ids("", ends[1], _completed(ends[1], ends[2]))
    else:
        units = Units(named, named, 1, quantity)
    if not _WRITABLE.fullmatch(units.text):
        raise UnwritableSerial(text=units.text[:100])
    if units.last < units.first:
        raise SwappedEnds(text=units.text)
    return units


def _of_two(named: str, first: str, last: str) -> Units:
    if _NUMBER.fullmatch(first) and _NUMBER.fullmatch(last):
        return Units(f"{named} {first}-{last}", named, int(first), int(last))
    return _of_ids(named, first, last)


def _of_ids(named: str, first: str, last: str) -> Units:
    if (ends := ends_of(first, last)) is None:
        raise NotARange(first=first[:100], last=last[:100])
    return Units(f"{first} - {last}", named + ends[0], ends[1], ends[2])


def _completed(first: str, last: str) -> str:
    """``0100`` after ``A-0001`` is short for ``A-0100``."""
    if _NUMBER.fullmatch(last) and (digits := re.search(r"[0-9]+\Z", first)):
        return first[: digits.start()] + last
    return last
