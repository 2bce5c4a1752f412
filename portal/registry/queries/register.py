"""The public register: projects, lots, serials, and who was attributed what (by commitment, not by name)."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.models import (
    Account,
    Block,
    Issuance,
    PoolLot,
    Project,
    RegistryImport,
    Retirement,
    RetirementRange,
    RetirementVoid,
)
from portal.registry.rules import serials
from portal.registry.rules.errors import UnknownLot, UnknownProject, UnknownSerial
from portal.registry.rules.imports import Registered
from portal.registry.rules.ledger import AccountKind, BlockState, ProjectType, UnitClass


@dataclass(frozen=True, slots=True)
class ProjectView:
    id: str
    code: str
    registry: str
    source_id: str
    name: Bilingual
    about: Bilingual
    type: ProjectType
    methodology: str
    country: str
    state: str
    is_demo: bool


@dataclass(frozen=True, slots=True)
class LotView:
    """A pool lot as anybody may see it. ``free`` is what can be bought now."""

    id: str
    code: str
    project: ProjectView
    registry: str
    vintage_start: date
    vintage_end: date
    retired: Mass
    attributed: Mass
    free: Mass
    price_per_t: Money
    retirement_reference: str
    retired_on: date
    evidence_sha256: str
    evidence_url: str
    evidence_file: str
    is_demo: bool
    opened_at: datetime
    closed_at: datetime | None

    @property
    def project_type(self) -> ProjectType:
        return self.project.type

    @property
    def held(self) -> Mass:
        """Kept for orders that are being paid or wait for their retirement."""
        return self.retired - self.attributed - self.free

    @property
    def unattributed(self) -> Mass:
        """Retired at the source and nobody's claim; more than ``free`` while orders are being paid."""
        return self.retired - self.attributed


@dataclass(frozen=True, slots=True)
class SerialView:
    """A serial block as the register knows it."""

    serial: str
    registry: str
    project: ProjectView
    vintage_start: date
    vintage_end: date
    tonnes: int
    retired_at_source: bool
    is_demo: bool
    lots: tuple[str, ...]
    cursor: int
    by_state: dict[BlockState, Mass]


@dataclass(frozen=True, slots=True)
class AttributionView:
    """One retirement's part of a lot. ``holder`` is a commitment that only its certificate can open."""

    retirement_id: str
    holder: str
    part: str
    mass: Mass
    purpose: str
    at: datetime
    test: bool
    is_void: bool
    cursor: str


_pool, _source = PoolLot.__table__, Project.__table__
_PROJECT = (
    _source.c.id, _source.c.code, _source.c.source_registry, _source.c.source_id, _source.c.name_zh,
    _source.c.name_en, _source.c.about_zh, _source.c.about_en, _source.c.type, _source.c.methodology,
    _source.c.country, _source.c.state, _source.c.is_demo,
)  # fmt: skip


def _project(row: Row[*tuple[Any, ...]]) -> ProjectView:
    return ProjectView(
        id=row.id, code=row.code, registry=row.source_registry, source_id=row.source_id,
        name=Bilingual(row.name_zh, row.name_en), about=Bilingual(row.about_zh, row.about_en),
        type=ProjectType(row.type), methodology=row.methodology, country=row.country, state=row.state,
        is_demo=row.is_demo,
    )  # fmt: skip


def projects(
    of_type: ProjectType | None = None, after: str | None = None, limit: int = 50
) -> list[ProjectView]:
    """Projects by code; those with a lot first are the caller's concern."""
    query = select(*_PROJECT).order_by(Project.code).limit(limit)
    if of_type:
        query = query.where(Project.type == of_type)
    if after:
        query = query.where(Project.code > after)
    return [_project(row) for row in db.session.execute(query)]


def project(code: str) -> ProjectView:
    """Raises UnknownProject."""
    row = db.session.execute(select(*_PROJECT).where(Project.code == code)).one_or_none()
    if row is None:
        raise UnknownProject(code=code[:80])
    return _project(row)


# Built once, on the tables: putting a statement together costs more than having it done.
_LOTS = select(*(column.label(f"lot_{column.name}") for column in _pool.c), *_PROJECT).join_from(
    _pool, _source, _source.c.id == _pool.c.project_id
)
_LOT = _LOTS.where(_pool.c.code == bindparam("code"))
_PRICE = select(_pool.c.price_minor_per_t, _pool.c.currency).where(_pool.c.code == bindparam("code"))
_OPEN_LOTS = _LOTS.where(_pool.c.closed_at.is_(None)).order_by(_pool.c.rank, _pool.c.code)
_OPEN_LOTS_IN = _OPEN_LOTS.where(_pool.c.currency == bindparam("currency"))


def _lot(row: Row[*tuple[Any, ...]]) -> LotView:
    return LotView(
        id=row.lot_id, code=row.lot_code, project=_project(row), registry=row.lot_source_registry,
        vintage_start=row.lot_vintage_start, vintage_end=row.lot_vintage_end,
        retired=Mass(row.lot_retired_g), attributed=Mass(row.lot_attributed_g), free=Mass(row.lot_free_g),
        price_per_t=Money(row.lot_price_minor_per_t, row.lot_currency),
        retirement_reference=row.lot_retirement_reference, retired_on=row.lot_retired_on,
        evidence_sha256=row.lot_evidence_sha256, evidence_url=row.lot_evidence_url,
        evidence_file=row.lot_evidence_file, is_demo=row.lot_is_demo, opened_at=row.lot_opened_at,
        closed_at=row.lot_closed_at,
    )  # fmt: skip


def open_lots(currency: str | None = None) -> list[LotView]:
    """What can be bought, in the order the city recommends."""
    books = db.session.connection()
    rows = books.execute(_OPEN_LOTS_IN, {"currency": currency}) if currency else books.execute(_OPEN_LOTS)
    return [_lot(row) for row in rows]


def lots(of_project: str | None = None, after: str | None = None, limit: int = 50) -> list[LotView]:
    """All lots, closed ones too, by code."""
    query = _LOTS.order_by(_pool.c.code).limit(limit)
    if of_project:
        query = query.where(_source.c.code == of_project)
    if after:
        query = query.where(_pool.c.code > after)
    return [_lot(row) for row in db.session.execute(query)]


def lot(code: str) -> LotView:
    """Raises UnknownLot."""
    row = db.session.connection().execute(_LOT, {"code": code}).one_or_none()
    if row is None:
        raise UnknownLot(code=code[:80])
    return _lot(row)


def price_of(code: str) -> Money:
    """What a tonne of this lot costs. Raises UnknownLot."""
    row = db.session.connection().execute(_PRICE, {"code": code}).one_or_none()
    if row is None:
        raise UnknownLot(code=code[:80])
    return Money(row.price_minor_per_t, row.currency)


def serials_of(project_code: str, after: int = -1, limit: int = 50) -> list[SerialView]:
    query = (
        _serials()
        .where(Project.code == project_code, Issuance.start_g > after)
        .order_by(Issuance.start_g)
        .limit(limit)
    )
    return [_serial(row) for row in db.session.execute(query).all()]


def serials_of_lot(lot_id: str) -> list[str]:
    """The serial blocks that a lot draws on."""
    query = (
        select(Issuance.source_serial)
        .distinct()
        .join(Block, Block.issuance_id == Issuance.id)
        .where(Block.lot_id == lot_id)
        .order_by(Issuance.source_serial)
    )
    return list(db.session.scalars(query))


def find(text: str, limit: int = 20) -> list[SerialView]:
    """Serial blocks that a typed serial names, whole, a unit inside, or one of our parts of it.

    Raises UnreadableSerial.
    """
    wanted = serials.look_up(text)
    query = _serials().order_by(Issuance.start_g).limit(limit)
    if wanted.registry:
        query = query.where(Issuance.source_registry == wanted.registry)
    if wanted.group:
        query = query.where(Issuance.serial_group == wanted.group)
    query = query.where(Issuance.first_unit <= wanted.last, Issuance.last_unit >= wanted.first)
    return [_serial(row) for row in db.session.execute(query).all()]


def _serials() -> Select[*tuple[Any, ...]]:
    return select(Issuance, *_PROJECT).join(Project, Project.id == Issuance.project_id)


def _serial(row: Row[*tuple[Any, ...]]) -> SerialView:
    issued: Issuance = row.Issuance
    states = db.session.execute(
        select(Block.state, func.sum(Block.end_g - Block.start_g))
        .where(Block.issuance_id == issued.id, Block.state != BlockState.SPLIT)
        .group_by(Block.state)
    )
    codes = db.session.scalars(
        select(PoolLot.code)
        .distinct()
        .join(Block, Block.lot_id == PoolLot.id)
        .where(Block.issuance_id == issued.id)
        .order_by(PoolLot.code)
    )
    return SerialView(
        serial=issued.source_serial, registry=issued.source_registry, project=_project(row),
        vintage_start=issued.vintage_start, vintage_end=issued.vintage_end,
        tonnes=issued.last_unit - issued.first_unit + 1,
        retired_at_source=bool(issued.source_facts.get("retired_on")),
        is_demo=issued.is_demo, lots=tuple(codes), cursor=issued.start_g,
        by_state={BlockState(state): Mass(int(grams)) for state, grams in states},
    )  # fmt: skip


def attributions(lot_code: str, before: str | None = None, limit: int = 50) -> list[AttributionView]:
    """Every attributed range of a lot, newest first; ``before`` is the cursor of the last one above."""
    query = (
        select(Retirement, RetirementRange.start_g, RetirementRange.end_g, Issuance.source_serial,
               Issuance.start_g.label("base"), RetirementVoid.retirement_id.label("void"))
        .join(RetirementRange, RetirementRange.retirement_id == Retirement.id)
        .join(Block, Block.id == RetirementRange.block_id)
        .join(Issuance, Issuance.id == Block.issuance_id)
        .join(PoolLot, PoolLot.id == Block.lot_id)
        .outerjoin(RetirementVoid, RetirementVoid.retirement_id == Retirement.id)
        .where(PoolLot.code == lot_code)
        .order_by(Retirement.id.desc(), RetirementRange.start_g).limit(limit)
    )  # fmt: skip
    if before:
        retirement_id, _, start = before.partition("~")
        # What is no cursor of ours begins at the retirement's first range.
        seen = int(start) if re.fullmatch(r"[0-9]{1,18}", start) else -1
        later = (Retirement.id == retirement_id) & (RetirementRange.start_g > seen)
        query = query.where((Retirement.id < retirement_id) | later)
    return [
        AttributionView(
            row.Retirement.id, row.Retirement.holder,
            f"{row.source_serial}/g{row.start_g - row.base + 1}-{row.end_g - row.base}",
            Mass(row.end_g - row.start_g), row.Retirement.purpose, row.Retirement.at, row.Retirement.test,
            row.void is not None, f"{row.Retirement.id}~{row.start_g}",
        )
        for row in db.session.execute(query)
    ]  # fmt: skip


def retired_for(purpose: str) -> Mass:
    """How much is retired for this purpose and not taken back: what a pledge or an event shows."""
    grams = db.session.execute(
        select(func.coalesce(func.sum(Retirement.mass_g), 0))
        .outerjoin(RetirementVoid, RetirementVoid.retirement_id == Retirement.id)
        .where(Retirement.purpose == purpose, RetirementVoid.retirement_id.is_(None))
    ).scalar_one()
    return Mass(int(grams))


def total_retired(with_test: bool) -> Mass:
    """All that was ever retired here and stands; test money only counts where all money is test money."""
    query = (
        select(func.coalesce(func.sum(Retirement.mass_g), 0))
        .outerjoin(RetirementVoid, RetirementVoid.retirement_id == Retirement.id)
        .where(RetirementVoid.retirement_id.is_(None))
    )
    if not with_test:
        query = query.where(~Retirement.test)
    return Mass(int(db.session.execute(query).scalar_one()))


def registered(serial: serials.Serial) -> list[Registered]:
    """Blocks of the register that share units with this serial: what an import is judged against."""
    rows = db.session.execute(
        select(Issuance.source_registry, Issuance.source_serial, Issuance.source_facts).where(
            Issuance.source_registry == serial.registry,
            Issuance.serial_group == serial.group,
            Issuance.first_unit <= serial.last,
            Issuance.last_unit >= serial.first,
        )
    )
    return [
        Registered(serials.parse(row.source_registry, row.source_serial), "retired_on" in row.source_facts)
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class ImportView:
    registry: str
    file_name: str
    file_sha256: str
    accepted: int
    unchanged: int
    at: datetime


def imports_done(limit: int = 20) -> list[ImportView]:
    """Files that were imported, newest first."""
    rows = db.session.scalars(select(RegistryImport).order_by(RegistryImport.at.desc()).limit(limit))
    return [
        ImportView(row.source_registry, row.file_name, row.file_sha256, row.accepted, row.unchanged, row.at)
        for row in rows
    ]


def held_serials(limit: int = 500) -> list[tuple[str, str, Mass]]:
    """Serials that may be sold and that no lot has yet: project code, serial, what is still held of it."""
    rows = db.session.execute(
        select(Project.code, Issuance.source_serial, func.sum(Block.end_g - Block.start_g).label("grams"))
        .join(Issuance, Issuance.project_id == Project.id)
        .join(Block, Block.issuance_id == Issuance.id)
        .join(Account, Account.id == Block.account_id)
        .where(
            Project.type.in_([kind for kind in ProjectType if kind.is_sold_here]),
            Block.state == BlockState.HELD,
            Block.lot_id.is_(None),
            Block.unit_class == UnitClass.EX_POST,
            Account.kind == AccountKind.DEVELOPER,
        )
        .group_by(Project.code, Issuance.source_serial, Issuance.start_g)
        .order_by(Project.code, Issuance.start_g)
        .limit(limit)
    )
    return [(row.code, row.source_serial, Mass(int(row.grams))) for row in rows]


def project_code_of(serial: str) -> str:
    """The project that a registered serial belongs to. Raises UnknownSerial."""
    code = db.session.execute(
        select(Project.code)
        .join(Issuance, Issuance.project_id == Project.id)
        .where(Issuance.source_serial == serial)
    ).scalar_one_or_none()
    if code is None:
        raise UnknownSerial(serial=serial[:200])
    return code
