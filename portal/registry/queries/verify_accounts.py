"""The accounts' share of ``ledger verify``, check 3: what was issued, moved and cancelled. Owners: verify.py.

Recomputed from the journal and the records of the log, and compared with the tables. Each function yields the
faults it finds in the order of the rows.
"""

from collections.abc import Iterator

from sqlalchemy import func, select

from portal.db import db
from portal.registry.models import (
    Account,
    Block,
    Cancellation,
    CancellationRange,
    Freeze,
    Issuance,
    Project,
    Record,
    ReversalCase,
    Transfer,
    Verification,
    VerificationCheck,
)
from portal.registry.rules import records
from portal.registry.rules.accounts import Decision, TransferState
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.ledger import BlockState

STREAM = 2_000


def accounts() -> Iterator[Fault]:
    """All of them, to be run beside ``verify.tables()``."""
    yield from issuances_are_verified()
    yield from facts_are_the_logs()
    yield from cancellations_add_up()
    yield from escrow_is_offered()
    yield from reversals_are_covered_as_said()
    yield from freezes_stand()


def issuances_are_verified() -> Iterator[Fault]:
    """I7: what was issued from a verification was approved by a second person and fits into it."""
    grams = func.sum(Issuance.end_g - Issuance.start_g)
    rows = db.session.execute(
        select(
            Verification.id, Verification.verified_g, Verification.buffer_g, Verification.entered_by,
            Issuance.for_buffer, grams.label("grams"), VerificationCheck.decision,
            VerificationCheck.checker_id,
        )
        .join(Issuance, Issuance.verification_id == Verification.id)
        .outerjoin(VerificationCheck, VerificationCheck.verification_id == Verification.id)
        .group_by(
            Verification.id, Verification.verified_g, Verification.buffer_g, Verification.entered_by,
            Issuance.for_buffer, VerificationCheck.decision, VerificationCheck.checker_id,
        )
        .order_by(Verification.id, Issuance.for_buffer)
    )  # fmt: skip
    for row in rows:
        where = f"verification {row.id}"
        limit = row.buffer_g if row.for_buffer else row.verified_g - row.buffer_g
        if int(row.grams) > limit:
            yield Fault(Check.TABLES, where, f"has issued {int(row.grams)} g of {limit} g")
        if row.entered_by and (row.decision != Decision.APPROVED or row.checker_id == row.entered_by):
            yield Fault(Check.TABLES, where, "has issued without a second person's approval")


def facts_are_the_logs() -> Iterator[Fault]:
    """What the log says was issued, transferred, cancelled and lost is what the tables say, both ways."""
    told: dict[tuple[str, str], tuple[object, ...]] = {}
    for record_id, kind, body in db.session.execute(
        select(Record.id, Record.kind, Record.body)
        .where(Record.kind.in_(_KINDS))
        .execution_options(yield_per=STREAM)
    ):
        try:
            facts = records.read(body.encode()).facts
        except records.NotARecord:
            yield Fault(Check.TABLES, f"record {record_id}", f"of kind {kind} cannot be read")
            continue
        subject, said = _said(facts)
        told[kind, subject] = said
        if isinstance(facts, records.UnitsCancelled | records.UnitsTransferred) and facts.grams != sum(
            part.last_g - part.first_g + 1 for part in facts.ranges
        ):
            yield Fault(Check.TABLES, f"record {record_id}", "its ranges do not add up to its grams")
    for kind, subject, held in _held():
        if told.pop((kind, subject), None) != held:
            yield Fault(Check.TABLES, f"{kind} {subject}", "differs from its record in the log")
    for kind, subject in sorted(told):
        yield Fault(Check.TABLES, f"{kind} {subject}", "is in the log but not in the table")


_KINDS = (
    records.UnitsIssued.kind,
    records.UnitsTransferred.kind,
    records.UnitsCancelled.kind,
    records.BufferReversal.kind,
)


def _said(facts: object) -> tuple[str, tuple[object, ...]]:
    if isinstance(facts, records.UnitsIssued):
        return facts.issuance, (facts.verification, facts.serial, facts.unit_class, facts.for_buffer)
    if isinstance(facts, records.UnitsTransferred):
        return facts.transfer, (facts.sender, facts.receiver, facts.grams)
    if isinstance(facts, records.UnitsCancelled):
        return facts.cancellation, (
            facts.account, facts.grams, facts.reason, facts.case, facts.issuance,
        )  # fmt: skip
    assert isinstance(facts, records.BufferReversal)  # noqa: S101  the query asked for these kinds
    return facts.case, (facts.project, facts.cause, facts.report_sha256, facts.grams)


def _held() -> Iterator[tuple[str, str, tuple[object, ...]]]:
    """The tables' side of what is on record: kind, subject, and what the record must say."""
    # A verification without an instant was entered by the system in one go, before or beside the log.
    for issued in db.session.execute(
        select(Issuance.id, Issuance.verification_id, Issuance.source_serial, Issuance.unit_class,
               Issuance.for_buffer)
        .join(Verification, Verification.id == Issuance.verification_id)
        .where(Verification.at.is_not(None))
        .order_by(Issuance.start_g)
    ):  # fmt: skip
        yield records.UnitsIssued.kind, issued.id, tuple(issued)[1:]
    for moved in db.session.execute(
        select(Transfer.id, Transfer.from_account_id, Transfer.to_account_id, Transfer.mass_g)
        .where(Transfer.state == TransferState.ACCEPTED)
        .order_by(Transfer.id)
    ):
        yield records.UnitsTransferred.kind, moved.id, tuple(moved)[1:]
    for gone in db.session.execute(
        select(Cancellation.id, Cancellation.account_id, Cancellation.mass_g, Cancellation.reason,
               Cancellation.case_id, Cancellation.issuance_id)
        .order_by(Cancellation.id)
    ):  # fmt: skip
        yield records.UnitsCancelled.kind, gone.id, tuple(gone)[1:]
    for lost in db.session.execute(
        select(ReversalCase.id, Project.code, ReversalCase.cause, ReversalCase.report_sha256,
               ReversalCase.size_g)
        .join(Project, Project.id == ReversalCase.project_id)
        .where(ReversalCase.size_g.is_not(None))
        .order_by(ReversalCase.id)
    ):  # fmt: skip
        yield records.BufferReversal.kind, lost.id, tuple(lost)[1:]


def cancellations_add_up() -> Iterator[Fault]:
    """A cancellation's ranges are its mass, and exactly the cancelled blocks have one."""
    sums = (
        select(
            CancellationRange.cancellation_id,
            func.sum(CancellationRange.end_g - CancellationRange.start_g).label("grams"),
        )
        .group_by(CancellationRange.cancellation_id)
        .subquery()
    )
    for row in db.session.execute(
        select(Cancellation.id, Cancellation.mass_g, sums.c.grams)
        .outerjoin(sums, sums.c.cancellation_id == Cancellation.id)
        .order_by(Cancellation.id)
    ):
        if row.grams is None or int(row.grams) != row.mass_g:
            what = f"has ranges of {row.grams} g for {row.mass_g} g"
            yield Fault(Check.TABLES, f"cancellation {row.id}", what)
    both = (
        select(Block.id, Block.state, Block.start_g, Block.end_g, CancellationRange.start_g.label("low"),
               CancellationRange.end_g.label("high"))
        .outerjoin(CancellationRange, CancellationRange.block_id == Block.id)
        .where((Block.state == BlockState.CANCELLED) | CancellationRange.block_id.is_not(None))
        .order_by(Block.start_g)
    )  # fmt: skip
    for block in db.session.execute(both):
        is_whole = (block.low, block.high) == (block.start_g, block.end_g)
        if block.state != BlockState.CANCELLED or not is_whole:
            yield Fault(Check.TABLES, f"block {block.id}", "and its cancellation do not agree")


def escrow_is_offered() -> Iterator[Fault]:
    """Blocks in escrow are exactly the units of open offers."""
    in_escrow = (
        select(Block.transfer_id, func.sum(Block.end_g - Block.start_g).label("grams"))
        .where(Block.state == BlockState.ESCROW)
        .group_by(Block.transfer_id)
    )
    held = {row.transfer_id: int(row.grams) for row in db.session.execute(in_escrow)}
    for transfer_id, grams in db.session.execute(
        select(Transfer.id, Transfer.mass_g)
        .where(Transfer.state == TransferState.OFFERED)
        .order_by(Transfer.id)
    ):
        there = held.pop(transfer_id, 0)
        if there != grams:
            yield Fault(Check.TABLES, f"transfer {transfer_id}", f"offers {grams} g, {there} g are in escrow")
    for transfer_id in sorted(held, key=str):
        yield Fault(Check.TABLES, f"transfer {transfer_id}", "has units in escrow and is not open")


def reversals_are_covered_as_said() -> Iterator[Fault]:
    """No more was cancelled for a reversal than its size, and two people were at it."""
    paid = (
        select(Cancellation.case_id, func.sum(Cancellation.mass_g).label("grams"))
        .where(Cancellation.case_id.is_not(None))
        .group_by(Cancellation.case_id)
        .subquery()
    )
    for row in db.session.execute(
        select(ReversalCase.id, ReversalCase.size_g, ReversalCase.reported_by, ReversalCase.sized_by,
               paid.c.grams)
        .outerjoin(paid, paid.c.case_id == ReversalCase.id)
        .order_by(ReversalCase.id)
    ):  # fmt: skip
        where = f"reversal {row.id}"
        if int(row.grams or 0) > (row.size_g or 0):
            yield Fault(Check.TABLES, where, f"of {row.size_g} g was paid with {row.grams} g")
        if row.sized_by is not None and row.sized_by == row.reported_by:
            yield Fault(Check.TABLES, where, "was reported and sized by one person")


def freezes_stand() -> Iterator[Fault]:
    """What is frozen by an open freeze says so itself."""
    for kind, table in (("account", Account), ("project", Project), ("block", Block)):
        rows = db.session.execute(
            select(Freeze.id, Freeze.target_id)
            .outerjoin(table, table.id == Freeze.target_id)
            .where(Freeze.kind == kind, Freeze.thawed_at.is_(None), table.frozen_at.is_(None))
            .order_by(Freeze.id)
        )
        for row in rows:
            yield Fault(Check.TABLES, f"{kind} {row.target_id}", f"moves although freeze {row.id} stands")
