"""How much waits at the registry's desk."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.pile import Pile
from portal.registry import policy
from portal.registry.models import (
    Freeze,
    ImportRun,
    Likeness,
    PriceProposal,
    PriceVerdict,
    ProjectStep,
    Verification,
    VerificationCheck,
)
from portal.registry.rules.imports.runs import RunState


def imports(actor: Actor, since: datetime) -> Pile:
    """Files judged and not confirmed, or failed, since then. Raises NotAllowed."""
    states = (RunState.JUDGED, RunState.FAILED)
    recent = (ImportRun.at >= since, ImportRun.state.in_(states))
    return _pile(actor, select(func.count(), func.min(ImportRun.at)).where(*recent))


def prices(actor: Actor) -> Pile:
    """Prices that nobody else has looked at. Raises NotAllowed."""
    undecided = PriceProposal.id.not_in(select(PriceVerdict.proposal_id))
    return _pile(actor, select(func.count(), func.min(PriceProposal.at)).where(undecided))


def verifications(actor: Actor) -> Pile:
    """Verifiers' reports that no second person has checked. Raises NotAllowed."""
    unchecked = Verification.id.not_in(select(VerificationCheck.verification_id))
    return _pile(actor, select(func.count(), func.min(Verification.at)).where(unchecked))


def steps(actor: Actor) -> Pile:
    """Steps in projects' lives that wait for a decision. Raises NotAllowed."""
    open_ones = ProjectStep.decided_at.is_(None)
    return _pile(actor, select(func.count(), func.min(ProjectStep.proposed_at)).where(open_ones))


def thaws(actor: Actor) -> Pile:
    """Freezes that somebody asked to end. Raises NotAllowed."""
    asked = (Freeze.asked_by.is_not(None), Freeze.thawed_at.is_(None))
    return _pile(actor, select(func.count(), func.min(Freeze.asked_at)).where(*asked))


def likenesses(actor: Actor) -> Pile:
    """Projects that may be one and the same. Raises NotAllowed."""
    return _pile(
        actor, select(func.count(), func.min(Likeness.found_at)).where(Likeness.cleared_at.is_(None))
    )


def _pile(actor: Actor, counted: Select[*tuple[Any, ...]]) -> Pile:
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    count, oldest = db.session.execute(counted).one()
    return Pile(count, oldest)
