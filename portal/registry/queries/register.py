"""The public register: projects, lots, serials, and who was attributed what (by commitment, not by name)."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, exists, false, func, select, text

from portal.db import Str, db
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass, total
from portal.kernel.money import Money
from portal.registry.models import (
    Account,
    Block,
    Issuance,
    ListPrice,
    MonitoringReport,
    Parcel,
    PoolLot,
    Project,
    ProjectPair,
    ProjectText,
    Record,
    RegistryImport,
    Retirement,
    RetirementVoid,
    Verification,
    VerifiedReport,
)
from portal.registry.rules import search, serials
from portal.registry.rules.errors import UnknownLot, UnknownProject, UnknownSerial
from portal.registry.rules.ledger import AccountKind, BlockState, ProjectType, UnitClass
from portal.registry.rules.prices import NotPricedIn
from portal.registry.rules.records import LotOpened

PLENTY = Mass.t(10)  # more than most people will ever need


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
    county_code: str
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

    @property
    def has_plenty(self) -> bool:
        return self.free >= PLENTY

    @property
    def in_round_numbers(self) -> "LotView":
        """As a shop window tells it: where there is plenty, what is left rounded down to two figures.

        Not every sale makes another lot of it, so that a page about it can be kept.
        """
        if not self.has_plenty:
            return self
        step = 10 ** (len(str(self.free.grams)) - 2)
        left = Mass(self.free.grams // step * step)
        return replace(self, free=left, attributed=self.retired - left)


@dataclass(frozen=True, slots=True)
class SerialView:
    """A serial block as the register knows it."""

    id: str
    serial: str
    registry: str
    project: ProjectView
    vintage_start: date
    vintage_end: date
    issued_on: date | None
    tonnes: int
    retired_at_source: bool
    is_demo: bool
    lots: tuple[str, ...]
    cursor: int
    by_state: dict[BlockState, Mass]


_pool, _grown = PoolLot.__table__, Project.__table__
_PROJECT = (
    _grown.c.id, _grown.c.code, _grown.c.source_registry, _grown.c.source_id, _grown.c.name_zh,
    _grown.c.name_en, _grown.c.about_zh, _grown.c.about_en, _grown.c.type, _grown.c.methodology,
    _grown.c.country, _grown.c.state, _grown.c.county_code, _grown.c.is_demo,
)  # fmt: skip


def _project(row: Row[*tuple[Any, ...]]) -> ProjectView:
    return ProjectView(
        id=row.id, code=row.code, registry=row.source_registry, source_id=row.source_id,
        name=Bilingual(row.name_zh, row.name_en), about=Bilingual(row.about_zh, row.about_en),
        type=ProjectType(row.type), methodology=row.methodology, country=row.country, state=row.state,
        county_code=row.county_code or "", is_demo=row.is_demo,
    )  # fmt: skip


def projects(
    of_type: ProjectType | None = None,
    after: str | None = None,
    limit: int = 50,
    *,
    words: str = "",
    vintage: int | None = None,
    county: str = "",
) -> list[ProjectView]:
    """Projects by code; those with a lot first are the caller's concern.

    ``words`` stand in a project's texts (Chinese ones of two characters are found), ``vintage`` is a year
    in which units of it grew, ``county`` a six-digit code: of the project, or of a parcel of it.
    """
    query = select(*_PROJECT).order_by(Project.code).limit(limit)
    if of_type:
        query = query.where(Project.type == of_type)
    if after:
        query = query.where(Project.code > after)
    if words:
        query = query.where(_named_by(words))
    if vintage:
        grew = exists().where(
            Issuance.project_id == Project.id,
            Issuance.vintage_start <= date(vintage, 12, 31),
            Issuance.vintage_end >= date(vintage, 1, 1),
        )
        query = query.where(grew)
    if county:
        lies = select(Parcel.project_id).where(Parcel.county_code == county, Parcel.withdrawn_at.is_(None))
        query = query.where((Project.county_code == county) | Project.id.in_(lies))
    return [_project(row) for row in db.session.execute(query)]


def _named_by(typed: str) -> ColumnElement[bool]:
    """Projects whose text has every word: candidates by their pairs of characters, then word by word."""
    pairs, words = search.wanted_pairs(typed), search.words(typed)
    if not words:
        return false()
    has_all = (
        select(ProjectPair.project_id)
        .where(ProjectPair.pair.in_(sorted(pairs)))
        .group_by(ProjectPair.project_id)
        .having(func.count() == len(pairs))
    )
    has_words = (ProjectText.text.contains(word, autoescape=True) for word in words)
    found = select(ProjectText.project_id).where(ProjectText.project_id.in_(has_all), *has_words)
    return Project.id.in_(found)


def project(code: str) -> ProjectView:
    """Raises UnknownProject."""
    row = db.session.execute(select(*_PROJECT).where(Project.code == code)).one_or_none()
    if row is None:
        raise UnknownProject(code=code[:80])
    return _project(row)


# Built once, on the tables: putting a statement together costs more than having it done.
_listed = ListPrice.__table__
_CURRENCY = func.coalesce(bindparam("currency", None, type_=Str()), _pool.c.currency)
_LIST_PRICE = (
    select(_listed.c.minor_per_t)
    .where(_listed.c.lot_id == _pool.c.id, _listed.c.currency == _CURRENCY)
    .order_by(_listed.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
# The list's newest price; before there is one, in its own currency, what the lot was opened at.
_NOW = func.coalesce(_LIST_PRICE, case((_pool.c.currency == _CURRENCY, _pool.c.price_minor_per_t)))
_LOTS = select(
    *(column.label(f"lot_{column.name}") for column in _pool.c),
    _NOW.label("price_now"),
    _CURRENCY.label("currency_now"),
    *_PROJECT,
).join_from(_pool, _grown, _grown.c.id == _pool.c.project_id)
_LOT = _LOTS.where(_pool.c.code == bindparam("code"))
_PRICE = select(_NOW.label("price_now"), _CURRENCY.label("currency_now")).where(
    _pool.c.code == bindparam("code")
)
_OPEN_LOTS = _LOTS.where(_pool.c.closed_at.is_(None), _NOW.is_not(None)).order_by(_pool.c.rank, _pool.c.code)


def _lot(row: Row[*tuple[Any, ...]]) -> LotView:
    return LotView(
        id=row.lot_id, code=row.lot_code, project=_project(row), registry=row.lot_source_registry,
        vintage_start=row.lot_vintage_start, vintage_end=row.lot_vintage_end,
        retired=Mass(row.lot_retired_g), attributed=Mass(row.lot_attributed_g), free=Mass(row.lot_free_g),
        price_per_t=Money(row.price_now, row.currency_now),
        retirement_reference=row.lot_retirement_reference, retired_on=row.lot_retired_on,
        evidence_sha256=row.lot_evidence_sha256, evidence_url=row.lot_evidence_url,
        evidence_file=row.lot_evidence_file, is_demo=row.lot_is_demo, opened_at=row.lot_opened_at,
        closed_at=row.lot_closed_at,
    )  # fmt: skip


def open_lots(currency: str | None = None) -> list[LotView]:
    """What can be bought, in the order the city recommends; at prices of this currency, else of each its own.

    A lot without a price in the currency is left out.
    """
    rows = db.session.connection().execute(_OPEN_LOTS, {"currency": currency})
    return [_lot(row) for row in rows]


def lots(of_project: str | None = None, after: str | None = None, limit: int = 50) -> list[LotView]:
    """All lots, closed ones too, by code."""
    query = _LOTS.order_by(_pool.c.code).limit(limit)
    if of_project:
        query = query.where(_grown.c.code == of_project)
    if after:
        query = query.where(_pool.c.code > after)
    return [_lot(row) for row in db.session.execute(query)]


def lot(code: str, currency: str | None = None) -> LotView:
    """Raises UnknownLot, NotPricedIn."""
    row = db.session.connection().execute(_LOT, {"code": code, "currency": currency}).one_or_none()
    if row is None:
        raise UnknownLot(code=code[:80])
    if row.price_now is None:
        raise NotPricedIn(lot=code, currency=row.currency_now)
    return _lot(row)


def kinds(codes: Collection[str]) -> dict[str, ProjectType]:
    """What kind of project each of these lots is from; unknown codes are left out."""
    wanted = select(_pool.c.code, _grown.c.type).join_from(_pool, _grown, _grown.c.id == _pool.c.project_id)
    rows = db.session.execute(wanted.where(_pool.c.code.in_(codes)))
    return {code: ProjectType(kind) for code, kind in rows}


def price_of(code: str, currency: str | None = None) -> Money:
    """What a tonne of this lot costs now. Raises UnknownLot, NotPricedIn."""
    row = db.session.connection().execute(_PRICE, {"code": code, "currency": currency}).one_or_none()
    if row is None:
        raise UnknownLot(code=code[:80])
    if row.price_now is None:
        raise NotPricedIn(lot=code, currency=row.currency_now)
    return Money(row.price_now, row.currency_now)


def serials_of(project_code: str, after: int = -1, limit: int = 50) -> list[SerialView]:
    """Serial blocks of a project in the order of their gram addresses; ``after`` is the last one's cursor."""
    query = (
        _serials()
        .where(Project.code == project_code, Issuance.start_g > after)
        .order_by(Issuance.start_g)
        .limit(limit)
    )
    return serial_views(db.session.execute(query).all())


def serials_of_lot(lot_id: str) -> list[str]:
    """The serial blocks that a lot draws on."""
    return sorted({serial for _code, serial in _drawn_on(PoolLot.id == lot_id)})


def find(typed: str, limit: int = 20) -> list[SerialView]:
    """Serial blocks that a typed serial names, whole, a unit inside, or one of our parts of it.

    Raises UnreadableSerial.
    """
    if exact := named(typed):
        return exact
    found = _numbered(serials.look_up(typed), limit)
    if not found:
        return []
    query = _serials().where(Issuance.id.in_(found)).order_by(Issuance.start_g)
    return serial_views(db.session.execute(query).all())


def named(typed: str) -> list[SerialView]:
    """Serial blocks that are called exactly so, as forest carbon tickets are that follow no grammar."""
    text = serials.plain(typed[: search.MAX_TEXT])
    rows = db.session.execute(_serials().where(Issuance.source_serial == text)).all() if text else []
    return serial_views(rows)


def _numbered(wanted: serials.Wanted, limit: int) -> list[str]:
    """Ids of the blocks that have one of these units, found by the ends of an index."""
    if wanted.group is None:
        # A number by itself may be in many groups: the index alone says in which, their rows are not read.
        query = select(Issuance.id).where(
            Issuance.first_unit <= wanted.last, Issuance.last_unit >= wanted.first
        )
        return list(db.session.scalars(query.order_by(Issuance.first_unit.desc()).limit(limit)))
    group = [Issuance.serial_group == wanted.group]
    if wanted.registry:
        group.append(Issuance.source_registry == wanted.registry)
    # Blocks of a group never overlap: of those that begin earlier, only the last can reach this far.
    before = db.session.execute(
        select(Issuance.id, Issuance.last_unit)
        .where(*group, Issuance.first_unit <= wanted.first)
        .order_by(Issuance.first_unit.desc())
        .limit(1)
    ).one_or_none()
    inside = db.session.scalars(
        select(Issuance.id)
        .where(*group, Issuance.first_unit > wanted.first, Issuance.first_unit <= wanted.last)
        .order_by(Issuance.first_unit)
        .limit(limit)
    )
    first = [before.id] if before and before.last_unit >= wanted.first else []
    return [*first, *inside][:limit]


def _serials() -> Select[*tuple[Any, ...]]:
    return select(Issuance, *_PROJECT).join(Project, Project.id == Issuance.project_id)


def serial_views(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[SerialView]:
    """Serial blocks with what became of their grams.

    Final grams are what is left of the whole (I1, which ``ledger verify`` proves): a serial of which a
    million parts were attributed is read as quickly as a new one.
    """
    issued: list[Issuance] = [row.Issuance for row in rows]
    still_open = _still_open([each.id for each in issued])
    lots_of: dict[str, set[str]] = {}
    for code, serial in _drawn_on(PoolLot.project_id.in_({each.project_id for each in issued})):
        lots_of.setdefault(serial, set()).add(code)
    return [_serial(row, still_open.get(row.Issuance.id, {}), lots_of) for row in rows]


def _serial(
    row: Row[*tuple[Any, ...]], still_open: dict[BlockState, Mass], lots_of: dict[str, set[str]]
) -> SerialView:
    issued: Issuance = row.Issuance
    retired = Mass(issued.end_g - issued.start_g) - total(list(still_open.values()))
    return SerialView(
        id=issued.id, serial=issued.source_serial, registry=issued.source_registry, project=_project(row),
        vintage_start=issued.vintage_start, vintage_end=issued.vintage_end, issued_on=issued.issued_on,
        tonnes=issued.last_unit - issued.first_unit + 1,
        retired_at_source=bool(issued.source_facts.get("retired_on")),
        is_demo=issued.is_demo, lots=tuple(sorted(lots_of.get(issued.source_serial, ()))),
        cursor=issued.start_g,
        by_state=still_open | ({BlockState.RETIRED: retired} if retired else {}),
    )  # fmt: skip


def _still_open(issuances: Sequence[str]) -> dict[str, dict[BlockState, Mass]]:
    """Grams of these issuances that are in no final retirement, by state."""
    found: dict[str, dict[BlockState, Mass]] = {}
    for issuance_id, state, grams in db.session.execute(
        select(Block.issuance_id, Block.state, func.sum(Block.end_g - Block.start_g))
        # In the very words of the index ix_block_open, by which alone SQLite knows it.
        .where(Block.issuance_id.in_(issuances), text("state NOT IN ('split','retired')"))
        .group_by(Block.issuance_id, Block.state)
        .order_by(Block.state)
    ):
        found.setdefault(issuance_id, {})[BlockState(state)] = Mass(int(grams))
    return found


def _drawn_on(lots: ColumnElement[bool]) -> Iterator[tuple[str, str]]:
    """Lots and the serials they draw on, as the record of their opening says: (lot code, serial)."""
    for code, body in db.session.execute(
        select(PoolLot.code, Record.body)
        .join(Record, (Record.subject_id == PoolLot.id) & (Record.kind == LotOpened.kind))
        .where(lots)
    ):
        yield from ((code, part["serial"]) for part in json.loads(body)["serials"])


@dataclass(frozen=True, slots=True)
class VerificationView:
    """What an independent verifier confirmed for a monitoring period, and what was issued against it."""

    period_start: date
    period_end: date
    verifier: str
    verified: Mass
    buffer: Mass
    issued: Mass
    opinion: str
    report_sha256: str
    is_demo: bool
    project_code: str
    monitoring_report: int | None  # number of the project's report that it confirms


@dataclass(frozen=True, slots=True)
class SourceView:
    """The import that brought a serial block here, and the row of the source registry as it came."""

    registry: str
    file_name: str
    file_sha256: str
    at: datetime
    row: dict[str, str]


@dataclass(frozen=True, slots=True)
class IssuanceView:
    """One serial block with what stands behind it: a verification of ours, or a source registry's export."""

    serial: SerialView
    unit_class: UnitClass
    verification: VerificationView | None
    source: SourceView | None


def issuance(issuance_id: str) -> IssuanceView:
    """Raises UnknownSerial."""
    return _issuance(Issuance.id == issuance_id, issuance_id)


def issuance_of(serial: str, registry: str) -> IssuanceView:
    """The block with this serial of a source registry. Raises UnknownSerial."""
    return _issuance((Issuance.source_serial == serial) & (Issuance.source_registry == registry), serial)


def _issuance(which: ColumnElement[bool], name: str) -> IssuanceView:
    row = db.session.execute(_serials().where(which)).one_or_none()
    if row is None:
        raise UnknownSerial(serial=name[:200])
    issued: Issuance = row.Issuance
    behind = _verifications(Verification.id == issued.verification_id) if issued.verification_id else []
    return IssuanceView(
        serial_views([row])[0],
        UnitClass(issued.unit_class),
        behind[0] if behind else None,
        _source(issued) if issued.import_id else None,
    )


def verifications(project_id: str) -> list[VerificationView]:
    """What was verified of a project, newest period first."""
    return _verifications(Verification.project_id == project_id)


def _verifications(which: ColumnElement[bool]) -> list[VerificationView]:
    issued = (
        select(func.coalesce(func.sum(Issuance.end_g - Issuance.start_g), 0))
        .where(Issuance.verification_id == Verification.id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Verification, issued.label("issued"), Project.code, MonitoringReport.number)
        .join(Project, Project.id == Verification.project_id)
        .outerjoin(VerifiedReport, VerifiedReport.verification_id == Verification.id)
        .outerjoin(MonitoringReport, MonitoringReport.id == VerifiedReport.report_id)
        .where(which)
        .order_by(Verification.period_end.desc(), Verification.id)
    )
    return [
        VerificationView(
            row.Verification.period_start, row.Verification.period_end, row.Verification.verifier,
            Mass(row.Verification.verified_g), Mass(row.Verification.buffer_g), Mass(int(row.issued)),
            row.Verification.opinion, row.Verification.report_sha256, row.Verification.is_demo,
            row.code, row.number,
        )
        for row in rows
    ]  # fmt: skip


def _source(issued: Issuance) -> SourceView:
    brought = db.session.execute(
        select(RegistryImport).where(RegistryImport.id == issued.import_id)
    ).scalar_one()
    facts = {name: str(cell) for name, cell in issued.source_facts.items() if name != "retired_on"}
    return SourceView(brought.source_registry, brought.file_name, brought.file_sha256, brought.at, facts)


def serials_after(after: int = -1, limit: int = 500) -> list[SerialView]:
    """All serial blocks of the register by their gram addresses, for whoever takes it whole."""
    query = _serials().where(Issuance.start_g > after).order_by(Issuance.start_g).limit(limit)
    return serial_views(db.session.execute(query).all())


def retired_for(purpose: str) -> Mass:
    """How much is retired for this purpose and not taken back: what a pledge or an event shows."""
    grams = db.session.execute(
        select(func.coalesce(func.sum(Retirement.mass_g), 0))
        .outerjoin(RetirementVoid, RetirementVoid.retirement_id == Retirement.id)
        .where(Retirement.purpose == purpose, RetirementVoid.retirement_id.is_(None))
    ).scalar_one()
    return Mass(int(grams))


def retirements_for(purpose: str) -> list[str]:
    """The retirements for this purpose that were not taken back, the oldest first: their ``ret_…``."""
    query = (
        select(Retirement.id)
        .outerjoin(RetirementVoid, RetirementVoid.retirement_id == Retirement.id)
        .where(Retirement.purpose == purpose, RetirementVoid.retirement_id.is_(None))
    )
    return list(db.session.scalars(query.order_by(Retirement.at, Retirement.id)))


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
