"""What the rooms above tell a certificate: one frozen set of facts per kind, and who holds it.

The room that knows the facts makes them; the type of the certificate follows from them (``evidence``) and
is never chosen. ``subject_id`` is what may have one live certificate at a time. Names of people
(``holder_name``, ``trainer``) and titles that people gave (``purpose_title``) never enter the canonical text:
they are kept beside it, erasable. Everything else is public for good.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from portal.certificates.rules.claims import Evidence, Inventory
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass, total
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.ledger import ProjectType


class Level(StrEnum):
    """How far somebody else has looked at a pledge."""

    SELF_DECLARED = "self_declared"
    DOCUMENTS_SEEN = "documents_seen"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Who holds the certificate. ``holder_salt`` has 32 random bytes; ``lang`` is the holder's (zh, en).

    ``is_public``: the name may be shown to everybody. ``test``: no real money, nothing is proved.
    """

    holder_name: str
    holder_salt: bytes
    organisation_id: str
    is_public: bool
    lang: str
    test: bool

    order_id: str = ""  # what it was bought with; empty where nothing was bought
    purpose_title: Bilingual | None = None  # as the holder called it; printed where the type may say it
    trainer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementFacts(Held):
    """C3: a retirement, as the room above tells it. ``purpose`` is opaque."""

    retirement_id: str
    mass: Mass
    ranges: tuple[RangeFacts, ...]
    purpose: str
    purpose_title: Bilingual | None
    order_id: str
    retired_at: datetime

    @property
    def subject_id(self) -> str:
        return self.retirement_id

    @property
    def evidence(self) -> Evidence:
        return Evidence(retired=self.mass)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareFacts(RetirementFacts):
    """C3: some grams of a retirement that is certified in shares, none of which has a gram of another."""

    share_id: str

    @property
    def subject_id(self) -> str:
        return self.share_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeFacts(Held):
    """C0: a promise to cut emissions by ``target`` per cent until ``year``.

    ``title`` is what the person called it; ``verifier`` is who looked, if anybody did.
    """

    pledge_id: str
    title: Bilingual | None
    target: int
    year: int
    level: Level
    made_on: date
    verifier: Bilingual | None = None
    is_demo: bool = False

    @property
    def subject_id(self) -> str:
        return self.pledge_id

    @property
    def evidence(self) -> Evidence:
        return Evidence(pledge_id=self.pledge_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantingFacts(Held):
    """C1: so many seedlings were paid for at a parcel. Nothing is said of carbon."""

    contribution_id: str
    order_id: str
    seedlings: int
    species: Bilingual
    parcel_code: str
    parcel_name: Bilingual
    season: Bilingual
    paid_on: date
    is_demo: bool = False

    @property
    def subject_id(self) -> str:
        return self.contribution_id

    @property
    def evidence(self) -> Evidence:
        return Evidence(paid_parcel_id=self.parcel_code if self.seedlings > 0 else "")


@dataclass(frozen=True, slots=True)
class SerialRange:
    """Grams ``first_g`` … ``last_g`` (1-based, inclusive) of expected units."""

    serial: str
    first_g: int
    last_g: int

    @property
    def mass(self) -> Mass:
        return Mass(self.last_g - self.first_g + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFacts(Held):
    """C2: expected units were reserved; they are to grow between ``from_year`` and ``by_year``."""

    reservation_id: str
    order_id: str
    expected: Mass
    from_year: int
    by_year: int
    project_code: str
    project_name: Bilingual
    project_type: ProjectType
    ranges: tuple[SerialRange, ...]
    reserved_on: date
    is_demo: bool = False

    @property
    def subject_id(self) -> str:
        return self.reservation_id

    @property
    def evidence(self) -> Evidence:
        return Evidence(expected=self.expected)


@dataclass(frozen=True, slots=True)
class Balanced:
    """Grams retired for an event, and the number of the certificate that proves it."""

    certificate: str
    ranges: tuple[RangeFacts, ...]

    @property
    def mass(self) -> Mass:
        return total([part.mass for part in self.ranges])


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts(Held):
    """C4: an event that was held, its frozen actual inventory, what was reduced and what was retired for it.

    ``inventory_digest`` is the SHA-256 (hex) of the frozen inventory; ``evaluator`` is None when the
    organiser declares it alone. ``version`` counts corrections of the statement from 1.
    """

    statement_id: str
    event: Bilingual
    held_from: date
    held_to: date
    place: Bilingual
    boundary: Bilingual
    exclusions: Bilingual
    gross: Mass
    inventory_digest: str
    model: str
    model_version: str
    reductions: tuple[Bilingual, ...]
    retirements: tuple[Balanced, ...]
    evaluator: Bilingual | None
    declared_on: date
    version: int = 1
    is_demo: bool = False

    @property
    def subject_id(self) -> str:
        return self.statement_id

    @property
    def retired(self) -> Mass:
        return total([each.mass for each in self.retirements])

    @property
    def evidence(self) -> Evidence:
        inventory = Inventory(
            gross=self.gross,
            is_actual=self.declared_on >= self.held_to,
            is_frozen=bool(self.inventory_digest),
            executed_reductions=len(self.reductions),
        )
        return Evidence(retired=self.retired, inventory=inventory)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFacts(Held):
    """C5: a course was completed. ``trainer`` is a person's name and kept apart, like the holder's.

    ``cohort`` is empty for who learned alone. ``course_id``, ``learned_in`` (zh, en) and ``audience``, which
    chooses the drawing of the badge, are empty where they were not told.
    """

    result_id: str
    course: Bilingual
    course_version: str
    hours: Decimal
    cohort: Bilingual
    trainer: str
    objectives: tuple[Bilingual, ...]
    issuer: Bilingual
    completed_on: date
    course_id: str = ""
    audience: str = ""
    learned_in: str = ""
    is_demo: bool = False

    @property
    def subject_id(self) -> str:
        return self.result_id

    @property
    def evidence(self) -> Evidence:
        return Evidence(course_result_id=self.result_id)


Facts = RetirementFacts | PledgeFacts | PlantingFacts | ExpectedFacts | EventFacts | CourseFacts
