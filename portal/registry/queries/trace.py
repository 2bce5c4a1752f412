"""One kilogram, followed back: from what was retired for somebody to the land it grew on.

Every step leads to what proves it: a document by its digest, and the record of the log.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.db import db
from portal.kernel.errors import N_, NotFound
from portal.kernel.mass import Mass
from portal.registry.models import Movement, Retirement, RetirementVoid
from portal.registry.queries import land, log, projects, register
from portal.registry.queries.land import ParcelView
from portal.registry.queries.projects import DocumentView
from portal.registry.queries.ranges import ranges_of
from portal.registry.queries.register import IssuanceView, LotView, ProjectView
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.lifecycle import Decision
from portal.registry.rules.records import Attribution, BatchImported, LotOpened, ProjectState

GRAMS_PER_KILOGRAM = 1_000
ENTRIES = ("issuance", BatchImported.kind)  # always the first that the log says of a serial


class NoSuchKilogram(NotFound):
    message = N_("This certificate has the kilograms 1 to %(last)s.")


@dataclass(frozen=True, slots=True)
class Trace:
    """The ``kilogram``-th of a retirement, and each thing behind it; log places are None until known.

    ``first_g`` … ``last_g`` are its grams inside the source serial; a kilogram that lies across two ranges is
    followed from its first gram.
    """

    kilogram: int
    kilograms: int
    part: RangeFacts
    first_g: int
    last_g: int
    holder: str
    purpose: str
    attributed: Mass
    attributed_at: datetime
    is_void: bool
    attribution_idx: int | None
    lot: LotView
    lot_idx: int | None
    issuance: IssuanceView
    issuance_idx: int | None
    project: ProjectView
    project_idx: int | None
    documents: tuple[DocumentView, ...]
    parcels: tuple[ParcelView, ...]

    @property
    def serial(self) -> str:
        """The kilogram as we write parts of serials."""
        return f"{self.part.serial}/g{self.first_g}-{self.last_g}"

    @property
    def report(self) -> DocumentView | None:
        """The verification report among the project's papers, by its digest."""
        verified = self.issuance.verification
        return next((d for d in self.documents if verified and d.sha256 == verified.report_sha256), None)


def trace(retirement_id: str, kilogram: int) -> Trace:
    """Raises NotFound for an unknown retirement, NoSuchKilogram."""
    retired = db.session.execute(
        select(Retirement, RetirementVoid.because)
        .outerjoin(RetirementVoid, RetirementVoid.retirement_id == Retirement.id)
        .where(Retirement.id == retirement_id)
    ).one_or_none()
    if retired is None:
        raise NotFound()
    taken: Retirement = retired.Retirement
    kilograms = -(-taken.mass_g // GRAMS_PER_KILOGRAM)
    if not 1 <= kilogram <= kilograms:
        raise NoSuchKilogram(last=kilograms)
    part, first_g, last_g = _grams_of(ranges_of(retirement_id), (kilogram - 1) * GRAMS_PER_KILOGRAM)
    lot = register.lot(part.lot_code)
    issued = register.issuance_of(part.serial, lot.registry)
    return Trace(
        kilogram=kilogram, kilograms=kilograms, part=part, first_g=first_g, last_g=last_g,
        holder=taken.holder, purpose=taken.purpose, attributed=Mass(taken.mass_g), attributed_at=taken.at,
        is_void=retired.because is not None,
        attribution_idx=log.place_of(Attribution.kind, retirement_id),
        lot=lot, lot_idx=log.place_of(LotOpened.kind, lot.id),
        issuance=issued, issuance_idx=_entered(issued.serial.id),
        project=lot.project, project_idx=_stepped(lot.project.id),
        documents=tuple(projects.documents_of(lot.project.id)),
        parcels=land.parcels(lot.project.id, part.vintage_start, part.vintage_end),
    )  # fmt: skip


def _grams_of(ranges: tuple[RangeFacts, ...], skipped: int) -> tuple[RangeFacts, int, int]:
    """The range in which the gram after ``skipped`` others lies, and the kilogram's grams inside it."""
    for part in ranges:
        if skipped < part.mass.grams:
            first = part.first_g + skipped
            return part, first, min(first + GRAMS_PER_KILOGRAM - 1, part.last_g)
        skipped -= part.mass.grams
    raise NotFound()


def _entered(issuance_id: str) -> int | None:
    """The record by which these units came into the register: their issuance, or their import."""
    first = db.session.execute(
        select(Movement.idx, Movement.kind)
        .where(Movement.issuance_id == issuance_id)
        .order_by(Movement.idx)
        .limit(1)
    ).one_or_none()
    return first.idx if first and first.kind in ENTRIES else None


def _stepped(project_id: str) -> int | None:
    """The record of the newest step in the project's life."""
    taken = (step for step in projects.steps_of(project_id) if step.decision is Decision.APPROVED)
    newest = next(taken, None)
    return log.place_of(ProjectState.kind, newest.id) if newest else None
