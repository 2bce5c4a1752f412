"""The registry's lists as tables to take away."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from portal.registry.models import (
    Account,
    Cancellation,
    Freeze,
    LedgerAudit,
    PoolLot,
    PriceProposal,
    PriceVerdict,
    Project,
    RegistryImport,
    Retirement,
    ReversalCase,
    Verification,
    VerificationCheck,
)

Wanted = Select[*tuple[Any, ...]]


def projects() -> Wanted:
    return select(
        Project.code, Project.source_registry, Project.source_id, Project.name_zh, Project.name_en,
        Project.type,
        Project.methodology, Project.country, Project.state, Project.is_demo,
    ).order_by(Project.code)  # fmt: skip


def lots() -> Wanted:
    return (
        select(
            PoolLot.code, Project.code.label("project"), PoolLot.source_registry,
            PoolLot.retirement_reference,
            PoolLot.retired_on, PoolLot.evidence_sha256, PoolLot.retired_g, PoolLot.attributed_g,
            PoolLot.free_g, PoolLot.price_minor_per_t, PoolLot.is_demo,
        )
        .join(Project, Project.id == PoolLot.project_id)
        .order_by(PoolLot.code)
    )  # fmt: skip


def prices() -> Wanted:
    return (
        select(
            PriceProposal.id, PoolLot.code.label("lot"), PriceProposal.currency, PriceProposal.minor_per_t,
            PriceProposal.from_day, PriceProposal.reason, PriceProposal.proposed_by, PriceProposal.at,
            PriceVerdict.verdict, PriceVerdict.decided_by, PriceVerdict.at.label("decided_at"),
        )
        .join(PoolLot, PoolLot.id == PriceProposal.lot_id)
        .outerjoin(PriceVerdict, PriceVerdict.proposal_id == PriceProposal.id)
        .order_by(PriceProposal.id)
    )  # fmt: skip


def imports() -> Wanted:
    return select(
        RegistryImport.id, RegistryImport.source_registry, RegistryImport.file_name,
        RegistryImport.file_sha256, RegistryImport.accepted, RegistryImport.unchanged,
        RegistryImport.actor_id, RegistryImport.at,
    ).order_by(RegistryImport.id)  # fmt: skip


def accounts() -> Wanted:
    return (
        select(Account.id, Account.kind, Account.code, Account.opened_at, Account.frozen_at)
        .where(Account.code.is_not(None))
        .order_by(Account.code)
    )


def cancellations() -> Wanted:
    return select(
        Cancellation.id, Cancellation.account_id, Cancellation.mass_g, Cancellation.reason,
        Cancellation.explanation, Cancellation.case_id, Cancellation.actor_id, Cancellation.at,
    ).order_by(Cancellation.id)  # fmt: skip


def freezes() -> Wanted:
    return select(*Freeze.__table__.c).order_by(Freeze.id)


def reversals() -> Wanted:
    return select(*ReversalCase.__table__.c).order_by(ReversalCase.id)


def checks() -> Wanted:
    """Every check of the ledger."""
    return select(LedgerAudit.at, LedgerAudit.ok, LedgerAudit.size, LedgerAudit.root).order_by(LedgerAudit.at)


def retirements(first: datetime, end: datetime) -> Wanted:
    """What was attributed in a span of time, by commitment and without names."""
    return (
        select(
            Retirement.id, Retirement.line_id, Retirement.holder, Retirement.purpose, Retirement.mass_g,
            Retirement.test, Retirement.at,
        )
        .where(Retirement.at >= first, Retirement.at < end)
        .order_by(Retirement.at, Retirement.id)
    )  # fmt: skip


def verifications() -> Wanted:
    """What was verified, what of it goes to the buffer, and what the second person said."""
    return (
        select(
            Verification.id, Project.code.label("project"), Verification.kind, Verification.period_start,
            Verification.period_end, Verification.verifier, Verification.verified_g, Verification.buffer_g,
            Verification.opinion, Verification.report_sha256, Verification.entered_by,
            VerificationCheck.decision, VerificationCheck.checker_id,
            VerificationCheck.at.label("decided_at"), Verification.is_demo,
        )
        .join(Project, Project.id == Verification.project_id)
        .outerjoin(VerificationCheck, VerificationCheck.verification_id == Verification.id)
        .order_by(Verification.id)
    )  # fmt: skip
