"""Accounts of holders, and the units that are taken out of an account to be offered or cancelled.

Locks are taken in one order everywhere: accounts (shared), projects (shared), blocks. Whoever freezes an
account or a project waits for those who are moving units of it, and nobody moves any afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.registry import policy
from portal.registry.commands.lots import split_block
from portal.registry.models import Account, Block, Freeze, Issuance, Project
from portal.registry.rules.accounts import AccountExists, IsFrozen, UnknownAccount, account_code
from portal.registry.rules.ledger import AccountKind, BlockState, FreeRange, GramRange, take
from portal.registry.rules.records import SerialPart

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A whole block, and what it is of."""

    block_id: str
    grams: GramRange
    serial: str
    base: int  # where its issuance begins

    @property
    def part(self) -> SerialPart:
        return SerialPart(self.serial, self.grams.start - self.base + 1, self.grams.end - self.base)


def open_account(actor: Actor, party_id: str, now: datetime) -> str:
    """A registry account for an organisation; its public code. Raises AccountExists."""
    if not policy.may_open_account(actor, party_id):
        raise NotAllowed()
    with transaction() as session:
        known = session.scalar(
            select(Account.code).where(Account.kind == AccountKind.HOLDING, Account.party_id == party_id)
        )
        if known:
            raise AccountExists(code=known)
        account_id = new_id("acc")
        code = account_code(account_id)
        session.execute(
            insert(Account).values(
                id=account_id, kind=AccountKind.HOLDING, party_id=party_id, code=code, opened_at=now
            )
        )
        audit.record(actor, "account.opened", account_id, now, code=code, party=party_id)
        return code


def account_with_code(session: Session, code: str) -> str:
    """The id of a holder's account. Raises UnknownAccount."""
    found = session.scalar(select(Account.id).where(Account.code == code.strip().upper()))
    if found is None:
        raise UnknownAccount(code=code[:40])
    return found


def lock_accounts(session: Session, *account_ids: str) -> dict[str, AnyRow]:
    """These accounts, kept from being frozen until we are done. Raises UnknownAccount, IsFrozen."""
    rows = session.execute(
        select(Account.id, Account.kind, Account.party_id, Account.frozen_at)
        .where(Account.id.in_(account_ids))
        .order_by(Account.id)
        .with_for_update(read=True)
    ).all()
    found = {row.id: row for row in rows}
    for account_id in account_ids:
        if account_id not in found:
            raise UnknownAccount(code=account_id[-8:])
    _refuse_frozen(session, (row for row in rows if row.frozen_at))
    return found


def lock_projects(session: Session, project_ids: Iterable[str]) -> None:
    """These projects, kept from being frozen until we are done. Raises IsFrozen."""
    rows = session.execute(
        select(Project.id, Project.frozen_at)
        .where(Project.id.in_(list(project_ids)))
        .order_by(Project.id)
        .with_for_update(read=True)
    ).all()
    _refuse_frozen(session, (row for row in rows if row.frozen_at))


def refuse_frozen_blocks(session: Session, rows: Iterable[AnyRow]) -> None:
    """Raises IsFrozen for the first of these blocks that is."""
    _refuse_frozen(session, (row for row in rows if row.frozen_at))


def _refuse_frozen(session: Session, frozen: Iterable[AnyRow]) -> None:
    for row in frozen:
        reason = session.scalar(
            select(Freeze.reason).where(Freeze.target_id == row.id, Freeze.thawed_at.is_(None))
        )
        raise IsFrozen(reason=reason or "–")


def take_out(
    session: Session,
    actor: Actor,
    account_id: str,
    mass: Mass,
    now: datetime,
    *only: ColumnElement[bool],
) -> list[Piece]:
    """Held units of our own in an account, oldest vintage and lowest number first, as whole locked blocks.

    A block of which a part is wanted is split. What is frozen stays where it is. ``only`` narrows it down
    by columns of Block, Issuance. Raises NotEnoughCredits with what there is.
    """
    held = (
        Block.account_id == account_id,
        Block.state == BlockState.HELD,
        Block.lot_id.is_(None),
        Block.frozen_at.is_(None),
        Issuance.verification_id.is_not(None),  # what another register has issued moves there, not here
        *only,
    )
    of_projects = session.scalars(
        select(Issuance.project_id).distinct().join(Block, Block.issuance_id == Issuance.id).where(*held)
    ).all()
    movable = session.scalars(
        select(Project.id)
        .where(Project.id.in_(of_projects), Project.frozen_at.is_(None))
        .order_by(Project.id)
        .with_for_update(read=True)
    ).all()
    rows = session.execute(
        select(Block.id, Block.start_g, Block.end_g, Issuance.source_serial, Issuance.start_g.label("base"))
        .join(Issuance, Issuance.id == Block.issuance_id)
        .where(*held, Issuance.project_id.in_(movable))
        .order_by(Issuance.vintage_start, Block.start_g)
        .with_for_update(of=Block)
    ).all()
    return _cut(session, actor, rows, mass, now)


def _cut(session: Session, actor: Actor, rows: Sequence[AnyRow], mass: Mass, now: datetime) -> list[Piece]:
    by_id = {row.id: row for row in rows}
    pieces = []
    for cut in take((FreeRange(row.id, GramRange(row.start_g, row.end_g)) for row in rows), mass):
        row = by_id[cut.block.block_id]
        block_id = row.id
        if cut.rest:
            block_id = split_block(session, actor, block_id, cut.grams, cut.rest, now)
        pieces.append(Piece(block_id, cut.grams, row.source_serial, row.base))
    return pieces
