"""Reports of months and years: figures, what they are compared with, and the digest of a month."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import rfc8785

from portal.kernel.errors import N_, NotFound, Refused
from portal.kernel.tally import Of, month_after
from portal.registry.rules.ledger import ProjectType


class NoSuchPeriod(NotFound):
    message = N_("There is no report of this period.")


class MonthNotOver(Refused):
    message = N_("A month is written down when it is over.")


class Section(StrEnum):
    SALES = "sales"
    MONEY = "money"
    RETIREMENTS = "retirements"
    BUFFER = "buffer"
    TRAINING = "training"
    PLEDGES = "pledges"
    FOOTPRINTS = "footprints"


@dataclass(frozen=True, slots=True)
class Measure:
    """``derived``: worked out from other figures when it is shown, so never stored."""

    key: str
    section: Section
    derived: bool = False


# In the order in which they are told. What is counted and in which unit is said where it is counted.
MEASURES: Final = tuple(
    Measure(key, section, key in ("sold_by_project", "sold_by_type", "retired_by_type"))
    for section, keys in (
        (Section.SALES, ("orders", "paid", "paid_by", "sold_by_type", "sold_by_project", "grams", "credits",
                         "seedlings", "planting")),
        (Section.MONEY, ("came", "back", "refunds")),
        (Section.RETIREMENTS, ("retirements", "retired_by_type", "retired", "voided")),
        (Section.BUFFER, ("buffer_in", "buffer_out")),
        (Section.TRAINING, ("classes", "enrolled", "meetings", "taught", "learned", "completed")),
        (Section.PLEDGES, ("pledged", "promised", "withdrawn")),
        (Section.FOOTPRINTS, ("footprints",)),
    )
    for key in keys
)  # fmt: skip
_PLACE: Final = {measure.key: place for place, measure in enumerate(MEASURES)}


@dataclass(frozen=True, slots=True)
class Period:
    """A month (``2026-11``) or a year (``2026``) of the city."""

    year: int
    month: int | None = None

    @classmethod
    def read(cls, text: str) -> "Period":
        """Raises NoSuchPeriod."""
        found = re.fullmatch(r"(20\d\d)(?:-(0[1-9]|1[0-2]))?", text, re.ASCII)
        if not found:
            raise NoSuchPeriod()
        return cls(int(found[1]), int(found[2]) if found[2] else None)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}" if self.month else str(self.year)

    @property
    def first(self) -> date:
        return date(self.year, self.month or 1, 1)

    @property
    def end(self) -> date:
        """The day after its last."""
        return month_after(self.first) if self.month else date(self.year + 1, 1, 1)

    @property
    def year_before(self) -> "Period":
        return Period(self.year - 1, self.month)

    @property
    def months(self) -> tuple[str, ...]:
        """``2026-01`` …"""
        numbers = (self.month,) if self.month else range(1, 13)
        return tuple(f"{self.year}-{number:02}" for number in numbers)

    @property
    def to_date(self) -> tuple[str, ...]:
        """The months from January on, this one included."""
        return tuple(f"{self.year}-{number:02}" for number in range(1, (self.month or 12) + 1))

    def is_over(self, today: date) -> bool:
        return today >= self.end


Counts = Mapping[Of, int]
MonthCounts = Mapping[str, Counts]


def stored_rows(counts: Counts) -> list[list[str | int]]:
    """The figures of a month as they are written down: in one order, nothing that is zero."""
    rows = sorted((of, amount) for of, amount in counts.items() if amount and not _is_derived(of))
    return [[of.measure, of.key, of.unit, amount] for of, amount in rows]


def _is_derived(of: Of) -> bool:
    return MEASURES[_PLACE[of.measure]].derived


def counts_of(rows: Iterable[Sequence[str | int]]) -> Counter[Of]:
    """As ``stored_rows``, back."""
    found: Counter[Of] = Counter()
    for measure, key, unit, amount in rows:
        found[Of(str(measure), str(key), str(unit))] = int(amount)
    return found


def digest_of(month: str, rows: Sequence[Sequence[str | int]]) -> str:
    """SHA-256 over the canonical JSON (RFC 8785) of the month and its figures."""
    facts = {"v": 1, "month": month, "figures": [list(row) for row in rows]}
    return hashlib.sha256(rfc8785.dumps(facts)).hexdigest()  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that came out otherwise when a month was counted again."""

    of: Of
    before: int
    after: int


def changes(before: Counts, after: Counts) -> list[Change]:
    """What a correction changed, in the order of the report."""
    both = {of for of in (*before, *after) if before.get(of, 0) != after.get(of, 0)}
    return [Change(of, before.get(of, 0), after.get(of, 0)) for of in sorted(both, key=place_of)]


def place_of(of: Of) -> tuple[int, str, str]:
    return _PLACE[of.measure], of.unit, of.key


@dataclass(frozen=True, slots=True)
class Origin:
    """What a lot is of."""

    project: str
    type: ProjectType


def with_derived(counts: Counts, lots: Mapping[str, Origin]) -> Counter[Of]:
    """With grams by project and by type, and retirements by type. Types are never added up to one sum."""
    types = {origin.project: origin.type.value for origin in lots.values()}
    found = Counter(counts)
    for of, amount in counts.items():
        if of.measure == "grams" and of.key in lots:
            origin = lots[of.key]
            found[Of("sold_by_project", origin.project, "g")] += amount
            found[Of("sold_by_type", origin.type.value, "g")] += amount
        if of.measure == "retired" and of.key in types:
            found[Of("retired_by_type", types[of.key], "g")] += amount
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: of the period, from January to its end, and of the same time a year before."""

    of: Of
    amount: int
    to_date: int
    before: int
    before_to_date: int

    @property
    def section(self) -> Section:
        return MEASURES[_PLACE[self.of.measure]].section


def lines(period: Period, months: MonthCounts) -> list[Line]:
    """Every figure that is not zero in one of the four spans, in the order of the report."""
    earlier = period.year_before
    spans = [_sum(months, span) for span in (period.months, period.to_date, earlier.months, earlier.to_date)]
    known = {of for span in spans for of in span if span[of]}
    return [Line(of, *(span[of] for span in spans)) for of in sorted(known, key=place_of)]


def _sum(months: MonthCounts, names: Iterable[str]) -> Counter[Of]:
    return sum((Counter(months.get(name, {})) for name in names), Counter())


def course(months: MonthCounts, year: int, measure: str, unit: str) -> list[tuple[str, int]]:
    """Month by month through a year, all keys of a measure together."""
    return [
        (name, sum(n for of, n in months.get(name, {}).items() if (of.measure, of.unit) == (measure, unit)))
        for name in Period(year).months
    ]
