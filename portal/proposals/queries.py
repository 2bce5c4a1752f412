"""Proposals that wait, and what became of others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from portal.db import db
from portal.proposals.models import Proposal
from portal.proposals.rules import NoSuchProposal, Verdict


@dataclass(frozen=True, slots=True)
class ProposalView:
    """``verdict`` and ``decided_…`` are None while it waits for the second person."""

    id: str
    kind: str
    subject_id: str
    facts: Mapping[str, Any]
    reason: str
    proposed_by: str
    proposed_at: datetime
    verdict: Verdict | None
    note: str
    decided_by: str | None
    decided_at: datetime | None


def proposal(proposal_id: str) -> ProposalView:
    """Raises NoSuchProposal. Who may see it is for the caller to ask."""
    found = _views(select(Proposal).where(Proposal.id == proposal_id))
    if not found:
        raise NoSuchProposal()
    return found[0]


def waiting(kinds: Collection[str], limit: int = 200) -> list[ProposalView]:
    """Open ones of these kinds, the oldest first."""
    open_ones = select(Proposal).where(Proposal.verdict.is_(None), Proposal.kind.in_(kinds))
    return _views(open_ones.order_by(Proposal.proposed_at, Proposal.id).limit(limit))


def about(subject_id: str) -> list[ProposalView]:
    """All about one thing, the newest first."""
    query = select(Proposal).where(Proposal.subject_id == subject_id)
    return _views(query.order_by(Proposal.proposed_at.desc(), Proposal.id.desc()))


def decided(kinds: Collection[str], limit: int = 50) -> list[ProposalView]:
    """What was decided last, the newest first."""
    done = select(Proposal).where(Proposal.verdict.is_not(None), Proposal.kind.in_(kinds))
    return _views(done.order_by(Proposal.id.desc()).limit(limit))


def count_waiting(kinds: Collection[str]) -> tuple[int, datetime | None]:
    """How many of these kinds are open, and since when the oldest is."""
    counted = select(func.count(), func.min(Proposal.proposed_at)).where(
        Proposal.verdict.is_(None), Proposal.kind.in_(kinds)
    )
    count, oldest = db.session.execute(counted).one()
    return count, oldest


def _views(query: Select[Any]) -> list[ProposalView]:
    return [
        ProposalView(
            row.id, row.kind, row.subject_id, row.facts, row.reason, row.proposed_by, row.proposed_at,
            Verdict(row.verdict) if row.verdict else None, row.note or "", row.decided_by, row.decided_at,
        )
        for row in db.session.scalars(query)
    ]  # fmt: skip


def every_proposal() -> Select[*tuple[Any, ...]]:
    """What was ever proposed, by whom, and who said what to it; for auditors, as a table to take away."""
    return select(
        Proposal.id, Proposal.kind, Proposal.subject_id, Proposal.reason, Proposal.proposed_by,
        Proposal.proposed_at, Proposal.verdict, Proposal.note, Proposal.decided_by, Proposal.decided_at,
    ).order_by(Proposal.id)  # fmt: skip
