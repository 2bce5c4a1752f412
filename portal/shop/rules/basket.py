"""The basket: kilograms of lots and seedlings of plantings that somebody means to buy together.

Nothing is reserved yet. It is kept as one line of text by the visitor's own browser, and nothing in it is
believed: amounts are checked again when they are quoted, and prices are never part of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import parse_qsl, urlencode

from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.kernel.mass import Mass, total
from portal.kernel.money import PLACES
from portal.shop.rules.orders import check_purpose
from portal.shop.rules.quotes import Quote, TooManyLines, check_mass
from portal.shop.rules.seedlings import check_seedlings
from portal.shop.rules.terms import TERMS, Terms

CODE_MAX = 80
TEXT_MAX = 3_500  # a cookie holds 4 kB


class AnotherPurpose(InvalidInput):
    message = N_(
        "Your basket counts towards something else already. Please pay for it first, or empty it: one order "
        "counts towards one thing."
    )


@dataclass(frozen=True, slots=True)
class BasketLine:
    lot: str
    mass: Mass

    @property
    def text(self) -> str:
        """``LOT-A:250``, the lot's code and whole kilograms."""
        return f"{self.lot}:{self.mass.kg_down}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for anything that is not such a line."""
        code, colon, kilograms = text.rpartition(":")
        is_code = 0 < len(code) <= CODE_MAX and code.isprintable()
        if not (colon and is_code and kilograms.isascii() and kilograms.isdigit()):
            return None
        try:
            return cls(code, check_mass(Mass.kg(kilograms)))
        except PortalError:
            return None


@dataclass(frozen=True, slots=True)
class SeedlingsWanted:
    """So many seedlings of the planting with this code."""

    campaign: str
    seedlings: int

    @property
    def text(self) -> str:
        """``PLANT-2027:12``"""
        return f"{self.campaign}:{self.seedlings}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for anything that is not such a line."""
        code, colon, count = text.rpartition(":")
        is_code = 0 < len(code) <= CODE_MAX and code.isprintable()
        if not (colon and is_code and count.isascii() and count.isdigit() and len(count) <= 6):
            return None
        try:
            return cls(code, check_seedlings(int(count)))
        except PortalError:
            return None


@dataclass(frozen=True, slots=True)
class Basket:
    """``purpose`` is what the order will count towards, ``currency`` the list whose prices it is shown at."""

    lines: tuple[BasketLine, ...] = ()
    purpose: str = ""
    currency: str = "CNY"
    seedlings: tuple[SeedlingsWanted, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.lines or self.seedlings)

    @property
    def size(self) -> int:
        """How many lines an order of it has."""
        return len(self.lines) + len(self.seedlings)

    @property
    def mass(self) -> Mass:
        return total([line.mass for line in self.lines])

    @property
    def seedling_count(self) -> int:
        return sum(each.seedlings for each in self.seedlings)

    @property
    def text(self) -> str:
        return urlencode(
            [
                ("c", self.currency),
                ("p", self.purpose),
                *(("l", line.text) for line in self.lines),
                *(("s", line.text) for line in self.seedlings),
            ]
        )

    @classmethod
    def of(cls, quote: Quote, purpose: str = "") -> Self:
        """What was quoted, without its prices; of a line that several lots may serve the first one."""
        lines = (BasketLine(line.offer.lot_codes[0], line.mass) for line in quote.lines)
        seedlings = (SeedlingsWanted(line.campaign_code, line.seedlings) for line in quote.seedlings)
        return cls(tuple(lines), purpose, quote.currency, tuple(seedlings))

    @classmethod
    def read(cls, text: str, terms: Terms = TERMS) -> Self:
        """What the text says; an empty basket for a text that nobody of ours wrote."""
        pairs = parse_qsl(text[:TEXT_MAX], max_num_fields=terms.lines + 2) if _is_short(text, terms) else []
        said = dict(pairs)
        lines = [line for name, value in pairs if name == "l" and (line := BasketLine.read(value))]
        trees = [tree for name, value in pairs if name == "s" and (tree := SeedlingsWanted.read(value))]
        try:
            purpose = check_purpose(said.get("p", ""))
        except InvalidInput:
            purpose = ""
        currency = said.get("c", "CNY")
        known = currency if currency in PLACES else "CNY"
        return cls(_joined(lines), purpose, known, _together(trees))

    def with_line(self, line: BasketLine, purpose: str = "", terms: Terms = TERMS) -> Self:
        """With so much more of a lot.

        Raises TooManyLines, AnotherPurpose, and what check_mass does.
        """
        if purpose and not self.is_empty and self.purpose != purpose:
            raise AnotherPurpose()
        lines = _joined([*self.lines, line])
        if len(lines) + len(self.seedlings) > terms.lines:
            raise TooManyLines(most=terms.lines)
        for each in lines:
            check_mass(each.mass, terms)
        return replace(self, lines=lines, purpose=purpose or self.purpose)

    def with_mass(self, lot: str, mass: Mass, terms: Terms = TERMS) -> Self:
        """With this amount of a lot instead. Raises what check_mass does."""
        check_mass(mass, terms)
        lines = tuple(BasketLine(lot, mass) if line.lot == lot else line for line in self.lines)
        return replace(self, lines=lines)

    def without(self, lot: str) -> Self:
        lines = tuple(line for line in self.lines if line.lot != lot)
        return replace(self, lines=lines, purpose=self.purpose if lines or self.seedlings else "")

    def with_seedlings(self, line: SeedlingsWanted, terms: Terms = TERMS) -> Self:
        """With so many more seedlings of a planting. Raises TooManyLines, HowManySeedlings."""
        seedlings = _together([*self.seedlings, line])
        if len(self.lines) + len(seedlings) > terms.lines:
            raise TooManyLines(most=terms.lines)
        for each in seedlings:
            check_seedlings(each.seedlings)
        return replace(self, seedlings=seedlings)

    def with_number(self, campaign: str, number: int) -> Self:
        """With this many seedlings of a planting instead. Raises HowManySeedlings."""
        check_seedlings(number)
        changed = (SeedlingsWanted(campaign, number) if each.campaign == campaign else each
                   for each in self.seedlings)  # fmt: skip
        return replace(self, seedlings=tuple(changed))

    def without_seedlings(self, campaign: str) -> Self:
        seedlings = tuple(each for each in self.seedlings if each.campaign != campaign)
        return replace(self, seedlings=seedlings, purpose=self.purpose if seedlings or self.lines else "")


def by_kind(lines: Iterable[tuple[str, Mass]]) -> dict[str, Mass]:
    """Kilograms of each kind of project: removals and what was avoided are never one number."""
    found: dict[str, Mass] = {}
    for kind, mass in lines:
        found[kind] = found[kind] + mass if kind in found else mass
    return found


def _is_short(text: str, terms: Terms) -> bool:
    return len(text) <= TEXT_MAX and text.count("&") <= terms.lines + 1


def _joined(lines: list[BasketLine]) -> tuple[BasketLine, ...]:
    """One line per lot, in the order in which they were put in."""
    found: dict[str, Mass] = {}
    for line in lines:
        found[line.lot] = found[line.lot] + line.mass if line.lot in found else line.mass
    return tuple(BasketLine(lot, mass) for lot, mass in found.items())


def _together(wanted: list[SeedlingsWanted]) -> tuple[SeedlingsWanted, ...]:
    """One line per planting, in the order in which they were put in."""
    found: dict[str, int] = {}
    for line in wanted:
        found[line.campaign] = found.get(line.campaign, 0) + line.seedlings
    return tuple(SeedlingsWanted(campaign, number) for campaign, number in found.items())
