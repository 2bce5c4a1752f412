"""Cancellation: units are gone without covering anybody's emissions. Apart from retirement, and public."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass, total
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.commands.holdings import Piece, lock_accounts, take_out
from portal.registry.commands.stock import journal
from portal.registry.models import Block, Cancellation, CancellationRange, Issuance
from portal.registry.rules import records
from portal.registry.rules.accounts import (
    HOLDERS_REASONS,
    STAFFS_REASONS,
    CancelReason,
    NotThisReason,
    reason_given,
    tonnes,
)
from portal.registry.rules.ledger import BlockState


def cancel(
    actor: Actor,
    account_id: str,
    mass: Mass,
    reason: CancelReason,
    explanation: str,
    now: datetime,
    serial: str | None = None,
) -> str:
    """Cancel whole tonnes of an account, for good, for a reason that anybody may read; the cancellation's id.

    Raises NotWholeTonnes, ReasonMissing, NotThisReason, UnknownAccount, IsFrozen, NotEnoughCredits.
    """
    tonnes(mass)
    explanation = reason_given(explanation)
    with transaction() as session:
        account = lock_accounts(session, account_id)[account_id]
        if not policy.may_cancel(actor, account.kind, account.party_id):
            raise NotAllowed()
        if reason not in (STAFFS_REASONS if policy.may_cancel_for_others(actor) else HOLDERS_REASONS):
            raise NotThisReason()
        only = () if serial is None else (Issuance.source_serial == serial,)
        pieces = take_out(session, actor, account_id, mass, now, *only)
        return enter_cancellation(session, actor, account_id, pieces, reason, explanation, now)


def enter_cancellation(
    session: Session,
    actor: Actor,
    account_id: str,
    pieces: Sequence[Piece],
    reason: CancelReason,
    explanation: str,
    now: datetime,
    *,
    case_id: str | None = None,
    issuance_id: str | None = None,
) -> str:
    """Put these locked blocks out of the world; the cancellation's id."""
    cancellation_id = new_id("cnl")
    mass = total([piece.grams.mass for piece in pieces])
    session.execute(
        insert(Cancellation).values(
            id=cancellation_id, account_id=account_id, mass_g=mass.grams, reason=reason,
            explanation=explanation, case_id=case_id, issuance_id=issuance_id, actor_id=actor.id, at=now,
        )
    )  # fmt: skip
    session.execute(
        insert(CancellationRange),
        [
            {"block_id": piece.block_id, "cancellation_id": cancellation_id,
             "start_g": piece.grams.start, "end_g": piece.grams.end}
            for piece in pieces
        ],
    )  # fmt: skip
    ids = [piece.block_id for piece in pieces]
    session.execute(update(Block).where(Block.id.in_(ids)).values(state=BlockState.CANCELLED))
    journal(
        session, actor, f"cancel:{cancellation_id}", "cancel", now,
        moved=ids, to=BlockState.CANCELLED, account=account_id, cancellation=cancellation_id,
    )  # fmt: skip
    parts = tuple(piece.part for piece in pieces)
    facts = records.UnitsCancelled(
        cancellation_id, account_id, mass.grams, parts, reason.value, case_id, issuance_id
    )
    log.record(facts, cancellation_id, now)
    audit.record(
        actor, "credits.cancelled", cancellation_id, now, reason=reason.value, grams=mass.grams,
        account=account_id, explanation=explanation,
    )  # fmt: skip
    return cancellation_id
