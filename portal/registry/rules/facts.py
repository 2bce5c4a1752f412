"""What the registry is asked for and what it answers: ranges of grams with all a paper must say of them."""

from dataclasses import dataclass
from datetime import date, datetime

from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.registry.rules.ledger import ProjectType


@dataclass(frozen=True, slots=True)
class Want:
    """So much for one order line, from these lots in order of preference, all of one project type."""

    line_id: str
    lot_codes: tuple[str, ...]
    mass: Mass


@dataclass(frozen=True, slots=True)
class RangeFacts:
    """Grams ``first_g`` … ``last_g`` (1-based, inclusive) of one source serial, and where they grew."""

    serial: str
    first_g: int
    last_g: int
    lot_code: str
    project_code: str
    project_name: Bilingual
    project_type: ProjectType
    vintage_start: date
    vintage_end: date
    registry: str
    country: str
    methodology: str
    retirement_reference: str
    is_demo: bool

    @property
    def mass(self) -> Mass:
        return Mass(self.last_g - self.first_g + 1)

    @property
    def full_serial(self) -> str:
        """The source serial with our part of it: ``HLYC-0001-ARR-2024-1-1-1200/g1-250000``."""
        return f"{self.serial}/g{self.first_g}-{self.last_g}"


@dataclass(frozen=True, slots=True)
class RetireLine:
    """How one order line is to be retired: for whom (hex commitment, never a name) and for what."""

    line_id: str
    holder: str
    purpose: str
    test: bool


@dataclass(frozen=True, slots=True)
class Retired:
    """One order line, retired: the grams that are gone, and since when."""

    retirement_id: str
    line_id: str
    mass: Mass
    ranges: tuple[RangeFacts, ...]
    at: datetime
