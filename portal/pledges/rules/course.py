"""How a pledge stands: what was to be reported by when, and what was.

Nothing of this is stored. It follows from the promise, the yearly reports and the day, so a pledge cannot
stand as on track because a job did not run. The way to the target is a straight line from the year of the
baseline; each year's number is due until the end of June of the next year, when accounts are closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, InvalidInput, Refused
from portal.kernel.mass import Mass
from portal.pledges.rules.promise import Subject

NOTE_MAX: Final = 500
SILENT_YEARS: Final = 2  # after so many yearly reports in a row that are missing, a pledge has lapsed


class ReportTooEarly(Refused):
    message = N_("The first year to report is %(first)s.")


class ReportYearOutOfRange(InvalidInput):
    message = N_("Choose a year from %(first)s to %(last)s.")


class OtherKind(InvalidInput):
    message = N_(
        "This footprint is of another kind than the one the pledge starts from, so they do not compare."
    )


class SameFootprint(InvalidInput):
    message = N_("This is the footprint the pledge starts from. Work out a new one for the year.")


class PledgeIsOver(Refused):
    message = N_("This pledge was withdrawn, so nothing can be added to it.")


class Standing(StrEnum):
    ON_TRACK = "on_track"
    REACHED = "reached"
    LATE = "late"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


GOOD: Final = frozenset({Standing.ON_TRACK, Standing.REACHED})


@dataclass(frozen=True, slots=True)
class Course:
    """What was promised, from where: years are calendar years, masses are per year or of one event."""

    subject: Subject
    baseline: Mass
    reduction: Mass
    baseline_year: int
    year: int
    made_on: date

    @property
    def target(self) -> Mass:
        return self.baseline - self.reduction


Reports = Mapping[int, Mass]  # the newest number for each reported year


def due_years(course: Course) -> range:
    """The years that are to be reported: each full year after the promise, to the target year."""
    if course.subject is Subject.EVENT:
        return range(course.year, course.year + 1)
    return range(min(course.made_on.year + 1, course.year), course.year + 1)


def due_day(year: int) -> date:
    """The last day on which the report of ``year`` is in time."""
    return date(year + 1, 6, 30)


def check_year(course: Course, year: int, this_year: int) -> None:
    """Whether a report of ``year`` can be taken now. Raises ReportTooEarly, ReportYearOutOfRange."""
    first = min(course.baseline_year + 1, due_years(course).start)
    if course.subject is Subject.EVENT:
        first = course.year
    if first > this_year:
        raise ReportTooEarly(first=str(first))
    if not first <= year <= this_year:
        raise ReportYearOutOfRange(first=str(first), last=str(this_year))


def allowed(course: Course, year: int) -> Mass:
    """What may be emitted in ``year`` on the straight line to the target, in grams, rounded up."""
    if year >= course.year:
        return course.target
    if year <= course.baseline_year:
        return course.baseline
    span = course.year - course.baseline_year
    return course.baseline - Mass(course.reduction.grams * (year - course.baseline_year) // span)


def missing(course: Course, reports: Reports, today: date) -> list[int]:
    """The years whose report is overdue."""
    return [year for year in due_years(course) if today > due_day(year) and year not in reports]


def standing(course: Course, reports: Reports, today: date, *, is_withdrawn: bool = False) -> Standing:
    """How the pledge stands today. A year that was skipped counts no more once a later one is reported."""
    if is_withdrawn:
        return Standing.WITHDRAWN
    newest = max(reports, default=0)
    if newest >= course.year and reports[newest] <= course.target:
        return Standing.REACHED
    silent = [year for year in missing(course, reports, today) if year > newest]
    if today > due_day(course.year) or len(silent) >= SILENT_YEARS:
        return Standing.LAPSED
    if silent or (newest and reports[newest] > allowed(course, newest)):
        return Standing.LATE
    return Standing.ON_TRACK


def good_until(course: Course, reports: Reports) -> date:
    """The last day on which a badge may be green: until the next report is due, or a year after the last."""
    newest = max(reports, default=0)
    awaited = [year for year in due_years(course) if year > newest]
    return due_day(awaited[0]) if awaited else due_day(max(newest, course.year) + 1)


def change_percent(course: Course, emissions: Mass) -> int:
    """How far below the baseline, in whole per cent; negative when above. Rounded towards the worse."""
    return (course.baseline - emissions).grams * 100 // course.baseline.grams
