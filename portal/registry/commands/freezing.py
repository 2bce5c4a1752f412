"""Freezing an account, a project or a block: one person stops it, two let it move again.

Lots that would sell what is frozen are closed meanwhile, so that no buyer is led into a refusal.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, NotFound
from portal.kernel.ids import new_id
from portal.registry import policy
from portal.registry.models import Account, Block, Freeze, PoolLot, Project
from portal.registry.rules.accounts import (
    AlreadyFrozen,
    FreezeKind,
    NotFrozen,
    ThawNotAsked,
    UnknownFreeze,
    check_second_hand,
    reason_given,
)

_TABLES: dict[FreezeKind, Any] = {
    FreezeKind.ACCOUNT: Account,
    FreezeKind.PROJECT: Project,
    FreezeKind.BLOCK: Block,
}


def freeze(actor: Actor, kind: FreezeKind, target_id: str, reason: str, now: datetime) -> str:
    """From the end of this promise on nothing of it moves; the freeze's id.

    Waits for those who are moving it. Raises NotFound, AlreadyFrozen, ReasonMissing.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    reason = reason_given(reason)
    with transaction() as session:
        table = _TABLES[kind]
        row = session.execute(
            select(table.id, table.frozen_at).where(table.id == target_id).with_for_update(key_share=True)
        ).one_or_none()
        if row is None:
            raise NotFound()
        if row.frozen_at is not None:
            raise AlreadyFrozen()
        freeze_id = new_id("frz")
        session.execute(
            insert(Freeze).values(
                id=freeze_id, kind=kind, target_id=target_id, reason=reason, frozen_by=actor.id, frozen_at=now
            )
        )
        session.execute(update(table).where(table.id == target_id).values(frozen_at=now))
        _close_lots(session, kind, target_id, now)
        audit.record(actor, f"{kind.value}.frozen", target_id, now, reason=reason, freeze=freeze_id)
        return freeze_id


def ask_to_thaw(actor: Actor, freeze_id: str, because: str, now: datetime) -> None:
    """The first of two people says why it may move again. Raises UnknownFreeze, NotFrozen, ReasonMissing."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    because = reason_given(because)
    with transaction() as session:
        row = _open_freeze(session, freeze_id)
        session.execute(
            update(Freeze)
            .where(Freeze.id == freeze_id)
            .values(because=because, asked_by=actor.id, asked_at=now)
        )
        audit.record(actor, f"{row.kind}.thaw_asked", row.target_id, now, because=because, freeze=freeze_id)


def thaw(actor: Actor, freeze_id: str, now: datetime) -> None:
    """The second person agrees, and it moves again.

    Raises UnknownFreeze, NotFrozen, ThawNotAsked, SameHand.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        row = _open_freeze(session, freeze_id)
        if row.asked_by is None:
            raise ThawNotAsked()
        check_second_hand(row.asked_by, actor.id)
        session.execute(
            update(Freeze).where(Freeze.id == freeze_id).values(thawed_by=actor.id, thawed_at=now)
        )
        table = _TABLES[FreezeKind(row.kind)]
        session.execute(update(table).where(table.id == row.target_id).values(frozen_at=None))
        _reopen_lots(session, FreezeKind(row.kind), row.target_id, row.frozen_at)
        audit.record(actor, f"{row.kind}.thawed", row.target_id, now, freeze=freeze_id)


def _open_freeze(session: Session, freeze_id: str) -> Freeze:
    row = session.scalars(select(Freeze).where(Freeze.id == freeze_id).with_for_update()).one_or_none()
    if row is None:
        raise UnknownFreeze()
    if row.thawed_at is not None:
        raise NotFrozen()
    return row


def _lots_of(kind: FreezeKind, target_id: str) -> ColumnElement[bool]:
    if kind is FreezeKind.PROJECT:
        return PoolLot.project_id == target_id
    if kind is FreezeKind.ACCOUNT:
        return PoolLot.account_id == target_id
    return PoolLot.id == select(Block.lot_id).where(Block.id == target_id).scalar_subquery()


def _close_lots(session: Session, kind: FreezeKind, target_id: str, now: datetime) -> None:
    session.execute(
        update(PoolLot).where(_lots_of(kind, target_id), PoolLot.closed_at.is_(None)).values(closed_at=now)
    )


def _reopen_lots(session: Session, kind: FreezeKind, target_id: str, frozen_at: datetime) -> None:
    """Those that this freeze had closed, and no others: they were closed at the very same moment."""
    session.execute(
        update(PoolLot)
        .where(_lots_of(kind, target_id), PoolLot.closed_at == frozen_at)
        .values(closed_at=None)
    )
