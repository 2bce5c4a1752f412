"""Why the city puts a lot where it stands: what the register knows in its favour, and nothing else."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

RECENT_YEARS = 5


class Reason(StrEnum):
    LOCAL = "local"  # grown in the city's own forest
    REMOVAL = "removal"  # carbon taken out of the air, which avoidance is not
    RECENT = "recent"  # grown in the last years
    EVIDENCE = "evidence"  # the record of its retirement can be read here


@dataclass(frozen=True, slots=True)
class LotFacts:
    county_code: str  # of the project, six digits or empty
    is_removal: bool
    vintage_end: date
    has_record: bool


def reasons(lot: LotFacts, city_code: str, today: date) -> tuple[Reason, ...]:
    """In the order in which they weigh. ``city_code`` is six digits; its first four name the city."""
    found = {
        Reason.LOCAL: bool(city_code) and lot.county_code[:4] == city_code[:4],
        Reason.REMOVAL: lot.is_removal,
        Reason.RECENT: lot.vintage_end.year > today.year - RECENT_YEARS,
        Reason.EVIDENCE: lot.has_record,
    }
    return tuple(reason for reason, holds in found.items() if holds)
