"""Own issuance: one person records a verifier's report, another approves it, then units are issued from it.

The buffer's share is issued first, into the project's buffer account, in a batch of its own. Whoever holds
expected units of that project and vintage gets verified ones for them, gram for gram, and the expected ones
are cancelled. Method: ledger.md, I7 and I14.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from portal import audit
from portal.db import alone, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass, total
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.commands.cancelling import enter_cancellation
from portal.registry.commands.holdings import (
    AnyRow,
    lock_accounts,
    lock_projects,
    refuse_frozen_blocks,
    take_out,
)
from portal.registry.commands.lots import (
    Batch,
    VerificationDraft,
    enter_batch,
    enter_verification,
    next_batch,
    project_id_of,
)
from portal.registry.commands.stock import account_of
from portal.registry.models import (
    Block,
    Cancellation,
    Issuance,
    Project,
    ReversalCase,
    Verification,
    VerificationCheck,
    VerifiedReport,
)
from portal.registry.queries import monitoring
from portal.registry.queries.monitoring import ReportView
from portal.registry.queries.standing import check_selling
from portal.registry.rules import records
from portal.registry.rules.accounts import (
    AlreadyDecided,
    BufferTooLarge,
    CancelReason,
    Decision,
    ExpectedUnits,
    InDebt,
    NoSerialsForType,
    NotApproved,
    NotOurRegister,
    PeriodBackwards,
    UnknownVerification,
    VerificationKind,
    check_confirms,
    check_second_hand,
    check_vintage,
    converted,
    tonnes,
    whole_tonnes_of,
)
from portal.registry.rules.ledger import BlockState, ProjectType, UnitClass, check_issuing
from portal.registry.rules.lifecycle import ProjectState, check_standing
from portal.registry.rules.serials import OWN_REGISTRY, Serial, own_serial


def record_verification(
    actor: Actor,
    project_code: str,
    kind: VerificationKind,
    draft: VerificationDraft,
    now: datetime,
) -> str:
    """Enter a verifier's report, for a second person to check; the record's id. It is never changed.

    Raises UnknownProject, PeriodBackwards, BufferTooLarge, and of the monitoring report that the draft names
    UnknownReport, NothingMeasured, ReportMended, PeriodNotReported, MoreThanReported.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    if draft.period_end < draft.period_start:
        raise PeriodBackwards()
    # What is only expected carries no buffer: nothing of it can be lost yet.
    if draft.buffer >= draft.verified.quantity() or (kind is VerificationKind.VALIDATION and draft.buffer):
        raise BufferTooLarge()
    with transaction() as session:
        project_id = project_id_of(session, project_code)
        confirmed = _confirmed(project_code, kind, draft)
        verification_id = enter_verification(session, actor, project_id, draft, kind, now)
        if confirmed is not None:
            session.execute(
                insert(VerifiedReport).values(verification_id=verification_id, report_id=confirmed.id)
            )
        audit.record(
            actor, "verification.recorded", verification_id, now, project=project_code, kind=kind.value,
            verified_g=draft.verified.grams, buffer_g=draft.buffer.grams, report=draft.report_sha256,
        )  # fmt: skip
        return verification_id


def _confirmed(project_code: str, kind: VerificationKind, draft: VerificationDraft) -> ReportView | None:
    """The monitoring report that a verification confirms."""
    if draft.monitoring_report is None:
        return None
    report = monitoring.report(project_code, draft.monitoring_report)
    check_confirms(
        kind, draft.verified, (draft.period_start, draft.period_end),
        report.net, (report.period_start, report.period_end), report.corrected_by,
    )  # fmt: skip
    return report


def check_verification(
    actor: Actor, verification_id: str, decision: Decision, note: str, now: datetime
) -> None:
    """A second person approves or refuses a verification record, once and for good.

    Raises UnknownVerification, SameHand, AlreadyDecided.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        row = _verification(session, verification_id)
        check_second_hand(row.entered_by, actor.id)
        if row.decision is not None:
            raise AlreadyDecided()
        session.execute(
            insert(VerificationCheck).values(
                verification_id=verification_id, decision=decision, note=note.strip(),
                checker_id=actor.id, at=now,
            )
        )  # fmt: skip
        audit.record(actor, f"verification.{decision.value}", verification_id, now, note=note.strip())


def issue(actor: Actor, verification_id: str, vintage: int, mass: Mass, now: datetime) -> str:
    """Issue whole tonnes from an approved verification, under a batch number that the portal gives.

    Returns the issuance's id. Raises SellingStopped, UnknownVerification, NotApproved, NotOurRegister,
    NoSerialsForType, NotIssuedHere, NoStanding, VintageOutside, NotWholeTonnes, InDebt, IsFrozen,
    MoreThanVerified.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    check_selling()
    count = tonnes(mass)
    with transaction() as session:
        row = _verification(session, verification_id)
        _check_ready(session, row)
        check_vintage(vintage, row.period_start, row.period_end)
        check_issuing(Mass(row.verified_g), Mass(row.buffer_g), _issued(session, verification_id), mass)
        alone(session, "issuance addresses")
        number = next_batch(session, row.project_id)
        _issue_buffer(session, actor, row, vintage, number + 1, now)
        is_expected = row.kind == VerificationKind.VALIDATION
        unit_class = UnitClass.EX_ANTE if is_expected else UnitClass.EX_POST
        waiting = [] if is_expected else _expected(session, row.project_id, vintage)
        shares = converted(waiting, mass)
        owners = list(shares.items())
        if rest := mass - total(list(shares.values())):
            owners.append((account_of(session, "developer", row.project_id), rest))
        serial = own_serial(row.source_id, ProjectType(row.type), vintage, number, 1, count)
        issuance_id = _enter(session, actor, row, serial, unit_class, owners, False, now)
        _convert(session, actor, row.project_id, vintage, shares, issuance_id, now)
        return issuance_id


# -- what must be so ---------------------------------------------------------------------------


def _verification(session: Session, verification_id: str) -> AnyRow:
    """The record with its project and its check, locked: one issuer of a project at a time."""
    project_id = session.scalar(select(Verification.project_id).where(Verification.id == verification_id))
    if project_id is None:
        raise UnknownVerification()
    session.execute(select(Project.id).where(Project.id == project_id).with_for_update(key_share=True))
    return session.execute(
        select(
            Verification.id, Verification.project_id, Verification.kind, Verification.verified_g,
            Verification.buffer_g, Verification.period_start, Verification.period_end,
            Verification.entered_by, Verification.report_sha256, Verification.is_demo,
            VerificationCheck.decision, Project.code, Project.type, Project.state, Project.source_registry,
            Project.source_id,
        )
        .join(Project, Project.id == Verification.project_id)
        .outerjoin(VerificationCheck, VerificationCheck.verification_id == Verification.id)
        .where(Verification.id == verification_id)
    ).one()  # fmt: skip


def _check_ready(session: Session, row: AnyRow) -> None:
    if row.decision != Decision.APPROVED:
        raise NotApproved()
    if row.source_registry != OWN_REGISTRY:
        raise NotOurRegister(registry=row.source_registry)
    if ProjectType(row.type) is ProjectType.OTHER:
        raise NoSerialsForType()
    check_standing(ProjectType(row.type), ProjectState(row.state), is_demo=row.is_demo)
    lock_projects(session, [row.project_id])
    paid = select(func.coalesce(func.sum(Cancellation.mass_g), 0)).where(
        Cancellation.case_id == ReversalCase.id
    )
    open_case = select(ReversalCase.id).where(
        ReversalCase.project_id == row.project_id,
        ReversalCase.size_g.is_(None) | (ReversalCase.size_g > paid.scalar_subquery()),
    )
    if session.execute(open_case.limit(1)).first():
        raise InDebt()


def _issued(session: Session, verification_id: str, *, for_buffer: bool = False) -> Mass:
    grams = session.scalar(
        select(func.coalesce(func.sum(Issuance.end_g - Issuance.start_g), 0)).where(
            Issuance.verification_id == verification_id, Issuance.for_buffer == for_buffer
        )
    )
    return Mass(int(grams or 0))


# -- issuing -----------------------------------------------------------------------------------


def _issue_buffer(
    session: Session, actor: Actor, row: AnyRow, vintage: int, number: int, now: datetime
) -> None:
    """The buffer's whole share, once per verification, before anybody gets units of it."""
    share = whole_tonnes_of(Mass(row.buffer_g)) - _issued(session, row.id, for_buffer=True)
    if not share:
        return
    serial = own_serial(row.source_id, ProjectType(row.type), vintage, number, 1, tonnes(share))
    owners = [(account_of(session, "buffer", row.project_id), share)]
    _enter(session, actor, row, serial, UnitClass.EX_POST, owners, True, now)


def _enter(
    session: Session,
    actor: Actor,
    row: AnyRow,
    serial: Serial,
    unit_class: UnitClass,
    owners: Sequence[tuple[str, Mass]],
    for_buffer: bool,
    now: datetime,
) -> str:
    batch = Batch(
        row.project_id, row.id, serial, unit_class, tuple(owners), clock.day_of(now), for_buffer, row.is_demo
    )
    issuance_id = enter_batch(session, actor, batch, now)
    facts = records.UnitsIssued(
        issuance=issuance_id, verification=row.id, project=row.code, serial=serial.text, tonnes=serial.count,
        unit_class=unit_class.value, period_start=row.period_start.isoformat(),
        period_end=row.period_end.isoformat(), verified_g=row.verified_g, buffer_g=row.buffer_g,
        report_sha256=row.report_sha256, for_buffer=for_buffer, demo=row.is_demo,
    )  # fmt: skip
    log.record(facts, issuance_id, now)
    audit.record(actor, "credits.issued", issuance_id, now, serial=serial.text, for_buffer=for_buffer)
    return issuance_id


# -- expected units ----------------------------------------------------------------------------


def _of_vintage(project_id: str, vintage: int) -> tuple[Any, ...]:
    return (
        Block.unit_class == UnitClass.EX_ANTE,
        Issuance.project_id == project_id,
        Issuance.vintage_start == date(vintage, 1, 1),
    )


def _expected(session: Session, project_id: str, vintage: int) -> list[ExpectedUnits]:
    """Held expected units of this project and vintage, in serial order. Raises IsFrozen."""
    rows = session.execute(
        select(Block.id, Block.account_id, Block.start_g, Block.end_g, Block.frozen_at)
        .join(Issuance, Issuance.id == Block.issuance_id)
        .where(*_of_vintage(project_id, vintage), Block.state == BlockState.HELD)
        .order_by(Block.start_g)
        .with_for_update(of=Block)
    ).all()
    refuse_frozen_blocks(session, rows)
    lock_accounts(session, *{row.account_id for row in rows})
    return [ExpectedUnits(row.id, row.account_id, Mass(row.end_g - row.start_g)) for row in rows]


def _convert(
    session: Session,
    actor: Actor,
    project_id: str,
    vintage: int,
    shares: dict[str, Mass],
    issuance_id: str,
    now: datetime,
) -> None:
    """Cancel the expected units whose holders now have verified ones."""
    for account_id, mass in shares.items():
        pieces = take_out(session, actor, account_id, mass, now, *_of_vintage(project_id, vintage))
        enter_cancellation(
            session, actor, account_id, pieces, CancelReason.CONVERTED,
            "converted into verified units", now, issuance_id=issuance_id,
        )  # fmt: skip
