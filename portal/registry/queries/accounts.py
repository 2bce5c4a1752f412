"""Accounts and what is in them: verifications, offers, cancellations, reversals, freezes, for pages."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import ZERO, Mass
from portal.registry.models import (
    Account,
    Block,
    Cancellation,
    CancellationRange,
    Freeze,
    Issuance,
    MonitoringReport,
    Project,
    ReversalCase,
    Transfer,
    Verification,
    VerificationCheck,
    VerifiedReport,
)
from portal.registry.rules import serials
from portal.registry.rules.accounts import (
    CancelReason,
    Cause,
    Decision,
    FreezeKind,
    TransferState,
    UnknownAccount,
    UnknownFreeze,
    UnknownReversal,
    UnknownTransfer,
    UnknownVerification,
    VerificationKind,
    issuable,
    owed,
)
from portal.registry.rules.errors import UnknownProject, UnknownSerial
from portal.registry.rules.ledger import AccountKind, BlockState, ProjectType, UnitClass

AnyRow = Row[*tuple[Any, ...]]


# -- accounts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account: a holder's has a code, a developer's and a buffer a project."""

    id: str
    kind: AccountKind
    code: str | None
    party_id: str | None
    project_code: str | None
    frozen_at: datetime | None
    held: Mass
    escrow: Mass

    @property
    def name(self) -> str:
        """How it is named in public."""
        return self.code or self.project_code or self.kind.value


@dataclass(frozen=True, slots=True)
class HoldingView:
    """What an account has of one serial block; ``is_own``: our own register has issued it."""

    serial: str
    project_code: str
    project_name: Bilingual
    project_type: ProjectType
    vintage: int
    unit_class: UnitClass
    is_own: bool
    held: Mass
    escrow: Mass


@dataclass(frozen=True, slots=True)
class BlockView:
    """One run of units in an account."""

    id: str
    part: str
    mass: Mass
    in_escrow: bool
    frozen_at: datetime | None


_IN_STATE = {
    state: func.coalesce(func.sum(Block.end_g - Block.start_g).filter(Block.state == state), 0)
    for state in (BlockState.HELD, BlockState.ESCROW)
}
_HOLDING = (Block.lot_id.is_(None), Block.state.in_((BlockState.HELD, BlockState.ESCROW)))


def _accounts() -> Select[*tuple[Any, ...]]:
    sums = (
        select(
            Block.account_id,
            _IN_STATE[BlockState.HELD].label("held"),
            _IN_STATE[BlockState.ESCROW].label("escrow"),
        )
        .where(*_HOLDING)
        .group_by(Block.account_id)
        .subquery()
    )
    return (
        select(
            Account.id, Account.kind, Account.code, Account.party_id, Account.frozen_at,
            Project.code.label("project_code"), sums.c.held, sums.c.escrow,
        )
        .outerjoin(sums, sums.c.account_id == Account.id)
        .outerjoin(Project, Project.id == Account.party_id)
    )  # fmt: skip


def _account(row: AnyRow) -> AccountView:
    return AccountView(
        row.id, AccountKind(row.kind), row.code, row.party_id, row.project_code, row.frozen_at,
        Mass(int(row.held or 0)), Mass(int(row.escrow or 0)),
    )  # fmt: skip


def accounts_of(party_ids: Iterable[str]) -> list[AccountView]:
    """The holders' accounts of these organisations."""
    query = _accounts().where(Account.kind == AccountKind.HOLDING, Account.party_id.in_(list(party_ids)))
    return [_account(row) for row in db.session.execute(query.order_by(Account.code))]


def account_list(after: str | None = None, limit: int = 50) -> list[AccountView]:
    """Holders', developers' and buffer accounts; ``after`` is the id of the last one above."""
    kinds = (AccountKind.HOLDING, AccountKind.DEVELOPER, AccountKind.BUFFER)
    query = _accounts().where(Account.kind.in_(kinds)).order_by(Account.id).limit(limit)
    if after:
        query = query.where(Account.id > after)
    return [_account(row) for row in db.session.execute(query)]


def account(account_id: str) -> AccountView:
    """By its id or its public code. Raises UnknownAccount."""
    query = _accounts().where((Account.id == account_id) | (Account.code == account_id.strip().upper()))
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise UnknownAccount(code=account_id[:40])
    return _account(row)


def developer_account(project_code: str) -> str:
    """The id of the account of a project's developer. Raises UnknownAccount before anything was issued."""
    found = db.session.scalar(
        select(Account.id)
        .join(Project, Project.id == Account.party_id)
        .where(Account.kind == AccountKind.DEVELOPER, Project.code == project_code)
    )
    if found is None:
        raise UnknownAccount(code=project_code[:40])
    return found


def holdings(account_id: str) -> list[HoldingView]:
    """What is in an account, oldest vintage first."""
    rows = db.session.execute(
        select(
            Issuance.source_serial, Issuance.vintage_start, Issuance.unit_class, Issuance.start_g,
            Issuance.source_registry,
            Project.code, Project.name_zh, Project.name_en, Project.type,
            _IN_STATE[BlockState.HELD].label("held"), _IN_STATE[BlockState.ESCROW].label("escrow"),
        )
        .select_from(Block)
        .join(Issuance, Issuance.id == Block.issuance_id)
        .join(Project, Project.id == Issuance.project_id)
        .where(Block.account_id == account_id, *_HOLDING)
        .group_by(
            Issuance.source_serial, Issuance.vintage_start, Issuance.unit_class, Issuance.start_g,
            Issuance.source_registry,
            Project.code, Project.name_zh, Project.name_en, Project.type,
        )
        .order_by(Issuance.vintage_start, Issuance.start_g)
    )  # fmt: skip
    return [
        HoldingView(
            row.source_serial, row.code, Bilingual(row.name_zh, row.name_en), ProjectType(row.type),
            row.vintage_start.year, UnitClass(row.unit_class),
            row.source_registry == serials.OWN_REGISTRY, Mass(int(row.held)), Mass(int(row.escrow)),
        )
        for row in rows
    ]  # fmt: skip


def blocks(account_id: str, limit: int = 200) -> list[BlockView]:
    """The runs of units in an account, in serial order."""
    rows = db.session.execute(
        select(Block, Issuance.source_serial, Issuance.start_g.label("base"))
        .join(Issuance, Issuance.id == Block.issuance_id)
        .where(Block.account_id == account_id, *_HOLDING)
        .order_by(Block.start_g)
        .limit(limit)
    )
    return [
        BlockView(
            row.Block.id,
            _part(row.source_serial, row.base, row.Block.start_g, row.Block.end_g),
            Mass(row.Block.end_g - row.Block.start_g),
            row.Block.state == BlockState.ESCROW,
            row.Block.frozen_at,
        )
        for row in rows
    ]


def _part(serial: str, base: int, start: int, end: int) -> str:
    return f"{serial}/g{start - base + 1}-{end - base}"


# -- offers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TransferView:
    """An offer as its two accounts see it. ``is_over``: its time has passed, though nobody ended it yet."""

    id: str
    from_id: str
    to_id: str
    from_name: str
    to_name: str
    mass: Mass
    state: TransferState
    note: str
    offered_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    parts: tuple[str, ...]

    def is_open(self, now: datetime) -> bool:
        return self.state is TransferState.OFFERED and now < self.expires_at


def offers(account_id: str, limit: int = 50) -> list[TransferView]:
    """Offers from and to an account, newest first."""
    query = _transfers().where(
        (Transfer.from_account_id == account_id) | (Transfer.to_account_id == account_id)
    )
    rows = db.session.execute(query.order_by(Transfer.offered_at.desc()).limit(limit)).all()
    parts = _parts_in_escrow([row.Transfer.id for row in rows])
    return [_transfer(row, parts) for row in rows]


def transfer(transfer_id: str) -> TransferView:
    """Raises UnknownTransfer."""
    row = db.session.execute(_transfers().where(Transfer.id == transfer_id)).one_or_none()
    if row is None:
        raise UnknownTransfer()
    return _transfer(row, _parts_in_escrow([transfer_id]))


def _transfers() -> Select[*tuple[Any, ...]]:
    giver, taker = Account.__table__.alias("giver"), Account.__table__.alias("taker")
    return (
        select(
            Transfer, giver.c.code.label("giver"), taker.c.code.label("taker"), Project.code.label("project")
        )
        .join(giver, giver.c.id == Transfer.from_account_id)
        .join(taker, taker.c.id == Transfer.to_account_id)
        .outerjoin(Project, Project.id == giver.c.party_id)
    )


def _transfer(row: AnyRow, parts: dict[str, list[str]]) -> TransferView:
    it: Transfer = row.Transfer
    return TransferView(
        it.id, it.from_account_id, it.to_account_id, row.giver or row.project or "", row.taker or "",
        Mass(it.mass_g), TransferState(it.state), it.note, it.offered_at, it.expires_at, it.decided_at,
        tuple(parts.get(it.id, ())),
    )  # fmt: skip


def _parts_in_escrow(transfer_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in db.session.execute(
        select(Block.transfer_id, Block.start_g, Block.end_g, Issuance.source_serial,
               Issuance.start_g.label("base"))
        .join(Issuance, Issuance.id == Block.issuance_id)
        .where(Block.transfer_id.in_(transfer_ids))
        .order_by(Block.start_g)
    ):  # fmt: skip
        part = _part(row.source_serial, row.base, row.start_g, row.end_g)
        found.setdefault(str(row.transfer_id), []).append(part)
    return found


# -- verifications -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VerificationView:
    """A verifier's report, what a second person said of it, and what was issued from it."""

    id: str
    project_code: str
    kind: VerificationKind
    period_start: date
    period_end: date
    verifier: str
    verified: Mass
    buffer: Mass
    opinion: str
    report_sha256: str
    entered_by: str
    at: datetime | None
    decision: Decision | None
    note: str
    issued: Mass
    to_buffer: Mass
    is_demo: bool
    monitoring_report: int | None  # number of the report that it confirms

    @property
    def left(self) -> Mass:
        """Whole tonnes that can still be issued from it."""
        if self.decision is not Decision.APPROVED:
            return ZERO
        return issuable(self.verified, self.buffer, self.issued)


def verifications(limit: int = 100) -> list[VerificationView]:
    """Newest first."""
    query = _verifications().order_by(Verification.id.desc()).limit(limit)
    return [_verification(row) for row in db.session.execute(query)]


def verification(verification_id: str) -> VerificationView:
    """Raises UnknownVerification."""
    query = _verifications().where(Verification.id == verification_id)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise UnknownVerification()
    return _verification(row)


def _verifications() -> Select[*tuple[Any, ...]]:
    grams = func.sum(Issuance.end_g - Issuance.start_g)
    sums = (
        select(
            Issuance.verification_id,
            grams.filter(~Issuance.for_buffer).label("issued"),
            grams.filter(Issuance.for_buffer).label("to_buffer"),
        )
        .group_by(Issuance.verification_id)
        .subquery()
    )
    return (
        select(Verification, Project.code, VerificationCheck.decision, VerificationCheck.note, sums.c.issued,
               sums.c.to_buffer, MonitoringReport.number)
        .join(Project, Project.id == Verification.project_id)
        .outerjoin(VerifiedReport, VerifiedReport.verification_id == Verification.id)
        .outerjoin(MonitoringReport, MonitoringReport.id == VerifiedReport.report_id)
        .outerjoin(VerificationCheck, VerificationCheck.verification_id == Verification.id)
        .outerjoin(sums, sums.c.verification_id == Verification.id)
    )  # fmt: skip


def _verification(row: AnyRow) -> VerificationView:
    it: Verification = row.Verification
    return VerificationView(
        it.id, row.code, VerificationKind(it.kind), it.period_start, it.period_end, it.verifier,
        Mass(it.verified_g), Mass(it.buffer_g), it.opinion, it.report_sha256, it.entered_by, it.at,
        Decision(row.decision) if row.decision else None, row.note or "", Mass(int(row.issued or 0)),
        Mass(int(row.to_buffer or 0)), it.is_demo, row.number,
    )  # fmt: skip


def issued_serials(verification_id: str) -> list[tuple[str, bool]]:
    """Serials issued from a verification, and whether they went to the buffer."""
    rows = db.session.execute(
        select(Issuance.source_serial, Issuance.for_buffer)
        .where(Issuance.verification_id == verification_id)
        .order_by(Issuance.start_g)
    )
    return [(row.source_serial, row.for_buffer) for row in rows]


def own_projects() -> list[tuple[str, Bilingual]]:
    """Projects whose units our own register issues, by code."""
    rows = db.session.execute(
        select(Project.code, Project.name_zh, Project.name_en)
        .where(Project.source_registry == serials.OWN_REGISTRY)
        .order_by(Project.code)
    )
    return [(row.code, Bilingual(row.name_zh, row.name_en)) for row in rows]


# -- cancellations -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CancellationView:
    id: str
    at: datetime
    account: str
    project_codes: tuple[str, ...]
    mass: Mass
    reason: CancelReason
    explanation: str
    parts: tuple[str, ...]

    @property
    def is_explained_by_a_person(self) -> bool:
        """The register's own words stand beside the others already, as their reason."""
        return self.reason in (CancelReason.VOLUNTARY, CancelReason.ERROR, CancelReason.MOVED)


def cancellations(
    before: str | None = None, limit: int = 50, *, of_account: str | None = None
) -> list[CancellationView]:
    """Newest first; ``before`` is the id of the last one above."""
    query = (
        select(Cancellation, Account.code, Project.code.label("project"))
        .join(Account, Account.id == Cancellation.account_id)
        .outerjoin(Project, Project.id == Account.party_id)
        .order_by(Cancellation.id.desc())
        .limit(limit)
    )
    if before:
        query = query.where(Cancellation.id < before)
    if of_account:
        query = query.where(Cancellation.account_id == of_account)
    rows = db.session.execute(query).all()
    parts, projects = _cancelled([row.Cancellation.id for row in rows])
    return [
        CancellationView(
            it.id, it.at, row.code or row.project or "", tuple(sorted(projects.get(it.id, ()))),
            Mass(it.mass_g), CancelReason(it.reason), it.explanation, tuple(parts.get(it.id, ())),
        )
        for row in rows
        for it in [row.Cancellation]
    ]  # fmt: skip


def _cancelled(ids: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    """Parts and projects of these cancellations."""
    parts: dict[str, list[str]] = {}
    projects: dict[str, set[str]] = {}
    for row in db.session.execute(
        select(CancellationRange, Issuance.source_serial, Issuance.start_g.label("base"), Project.code)
        .join(Block, Block.id == CancellationRange.block_id)
        .join(Issuance, Issuance.id == Block.issuance_id)
        .join(Project, Project.id == Issuance.project_id)
        .where(CancellationRange.cancellation_id.in_(ids))
        .order_by(CancellationRange.start_g)
    ):
        it: CancellationRange = row.CancellationRange
        part = _part(row.source_serial, row.base, it.start_g, it.end_g)
        parts.setdefault(it.cancellation_id, []).append(part)
        projects.setdefault(it.cancellation_id, set()).add(row.code)
    return parts, projects


# -- reversals ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReversalView:
    """A reversal; ``size`` is None until a second person has found it."""

    id: str
    project_code: str
    cause: Cause
    happened_on: date
    story: str
    report_sha256: str
    reported_by: str
    reported_at: datetime
    size: Mass | None
    basis: str
    sized_at: datetime | None
    from_buffer: Mass
    compensated: Mass

    @property
    def owed(self) -> Mass:
        return owed(self.size or ZERO, self.from_buffer + self.compensated)

    @property
    def stops_issuance(self) -> bool:
        return self.size is None or bool(self.owed)


def reversals(of_project: str | None = None, limit: int = 100) -> list[ReversalView]:
    """Newest first, of one project by its code or of all."""
    query = _reversals().order_by(ReversalCase.id.desc()).limit(limit)
    if of_project:
        query = query.where(Project.code == of_project)
    return [_reversal(row) for row in db.session.execute(query)]


def reversal(case_id: str) -> ReversalView:
    """Raises UnknownReversal."""
    row = db.session.execute(_reversals().where(ReversalCase.id == case_id)).one_or_none()
    if row is None:
        raise UnknownReversal()
    return _reversal(row)


def _reversals() -> Select[*tuple[Any, ...]]:
    paid = func.sum(Cancellation.mass_g)
    sums = (
        select(
            Cancellation.case_id,
            paid.filter(Cancellation.reason == CancelReason.REVERSAL).label("from_buffer"),
            paid.filter(Cancellation.reason == CancelReason.COMPENSATION).label("compensated"),
        )
        .group_by(Cancellation.case_id)
        .subquery()
    )
    return (
        select(ReversalCase, Project.code, sums.c.from_buffer, sums.c.compensated)
        .join(Project, Project.id == ReversalCase.project_id)
        .outerjoin(sums, sums.c.case_id == ReversalCase.id)
    )


def _reversal(row: AnyRow) -> ReversalView:
    it: ReversalCase = row.ReversalCase
    return ReversalView(
        it.id, row.code, Cause(it.cause), it.happened_on, it.story, it.report_sha256, it.reported_by,
        it.reported_at, Mass(it.size_g) if it.size_g is not None else None, it.basis or "", it.sized_at,
        Mass(int(row.from_buffer or 0)), Mass(int(row.compensated or 0)),
    )  # fmt: skip


# -- freezes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FreezeView:
    id: str
    kind: FreezeKind
    target_id: str
    target: str
    reason: str
    frozen_at: datetime
    because: str
    asked_by: str | None
    thawed_at: datetime | None


def freezes(limit: int = 100) -> list[FreezeView]:
    """Those that stand first, then the ended ones; newest first."""
    rows = db.session.scalars(
        select(Freeze).order_by(Freeze.thawed_at.is_not(None), Freeze.frozen_at.desc()).limit(limit)
    ).all()
    return [_freeze(it) for it in rows]


def freeze(freeze_id: str) -> FreezeView:
    """Raises UnknownFreeze."""
    it = db.session.scalar(select(Freeze).where(Freeze.id == freeze_id))
    if it is None:
        raise UnknownFreeze()
    return _freeze(it)


def _freeze(it: Freeze) -> FreezeView:
    return FreezeView(
        it.id, FreezeKind(it.kind), it.target_id, _frozen_name(it), it.reason, it.frozen_at, it.because or "",
        it.asked_by, it.thawed_at,
    )  # fmt: skip


def _frozen_name(it: Freeze) -> str:
    if it.kind == FreezeKind.ACCOUNT:
        return account(it.target_id).name
    if it.kind == FreezeKind.PROJECT:
        return db.session.scalar(select(Project.code).where(Project.id == it.target_id)) or it.target_id
    row = db.session.execute(
        select(Block.start_g, Block.end_g, Issuance.source_serial, Issuance.start_g.label("base"))
        .join(Issuance, Issuance.id == Block.issuance_id)
        .where(Block.id == it.target_id)
    ).one()
    return _part(row.source_serial, row.base, row.start_g, row.end_g)


def freeze_target(kind: FreezeKind, named: str) -> str:
    """The id of what staff named: an account's or project's code, or our part of a serial.

    Raises UnknownAccount, UnknownProject, UnknownSerial and as ``serials.read_part``.
    """
    named = named.strip()
    if kind is FreezeKind.ACCOUNT:
        return account(named).id
    if kind is FreezeKind.PROJECT:
        found = db.session.scalar(select(Project.id).where(Project.code == named))
        if found is None:
            raise UnknownProject(code=named[:80])
        return found
    if re.fullmatch(r"blk_\w+", named):
        return named
    part = serials.read_part(named)
    found = db.session.scalar(
        select(Block.id)
        .join(Issuance, Issuance.id == Block.issuance_id)
        .where(
            Issuance.source_serial == part.serial.text,
            Block.start_g == Issuance.start_g + part.first_g - 1,
            Block.end_g == Issuance.start_g + part.last_g,
            Block.state != BlockState.SPLIT,
        )
    )
    if found is None:
        raise UnknownSerial(serial=named[:200])
    return found
