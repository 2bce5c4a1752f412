"""Transfers between accounts: offered by one holder, accepted by the other, in escrow in between.

An offer ends once. While it stands its units are in escrow: still their holder's, but nobody can offer,
cancel or sell them. The row of the offer is the lock that two who would end it meet at.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.db import db, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.commands.holdings import (
    AnyRow,
    Piece,
    account_with_code,
    lock_accounts,
    lock_projects,
    refuse_frozen_blocks,
    take_out,
)
from portal.registry.commands.stock import journal
from portal.registry.models import Account, Block, Issuance, Transfer
from portal.registry.rules import records
from portal.registry.rules.accounts import (
    IsFrozen,
    NotAHolder,
    OfferEnded,
    SameAccount,
    TransferState,
    UnknownTransfer,
    check_offer_end,
    may_offer,
    may_receive,
    tonnes,
)
from portal.registry.rules.ledger import AccountKind, BlockState, GramRange


def offer(
    actor: Actor,
    account_id: str,
    to_code: str,
    mass: Mass,
    expires_at: datetime,
    note: str,
    now: datetime,
    serial: str | None = None,
) -> str:
    """Offer whole tonnes to another holder until ``expires_at``; the transfer's id.

    The oldest vintage and lowest numbers go first, of ``serial`` alone when it is given. Raises
    UnknownAccount, SameAccount, NotAHolder, NotWholeTonnes, BadOfferEnd, IsFrozen, NotEnoughCredits.
    """
    tonnes(mass)
    check_offer_end(now, expires_at)
    with transaction() as session:
        to_id = account_with_code(session, to_code)
        if to_id == account_id:
            raise SameAccount()
        accounts = lock_accounts(session, account_id, to_id)
        giver, taker = accounts[account_id], accounts[to_id]
        if not policy.may_act_for(actor, giver.kind, giver.party_id):
            raise NotAllowed()
        if not may_offer(AccountKind(giver.kind)) or not may_receive(AccountKind(taker.kind)):
            raise NotAHolder()
        only = () if serial is None else (Issuance.source_serial == serial,)
        pieces = take_out(session, actor, account_id, mass, now, *only)
        transfer_id = new_id("trf")
        session.execute(
            insert(Transfer).values(
                id=transfer_id, from_account_id=account_id, to_account_id=to_id, mass_g=mass.grams,
                state=TransferState.OFFERED, note=note.strip(), offered_by=actor.id, offered_at=now,
                expires_at=expires_at,
            )
        )  # fmt: skip
        ids = [piece.block_id for piece in pieces]
        session.execute(
            update(Block).where(Block.id.in_(ids)).values(state=BlockState.ESCROW, transfer_id=transfer_id)
        )
        journal(
            session, actor, f"offer:{transfer_id}", "offer", now,
            moved=ids, to=BlockState.ESCROW, account=account_id, transfer=transfer_id,
        )  # fmt: skip
        audit.record(actor, "transfer.offered", transfer_id, now, grams=mass.grams)
        return transfer_id


def accept(actor: Actor, transfer_id: str, now: datetime) -> None:
    """The receiver takes the units; from here on they are theirs.

    Raises UnknownTransfer, OfferEnded (also when its time is over), IsFrozen.
    """
    with transaction() as session:
        row = _open_offer(session, transfer_id)
        if now >= row.expires_at:
            raise OfferEnded()
        accounts = lock_accounts(session, row.from_account_id, row.to_account_id)
        taker = accounts[row.to_account_id]
        if not policy.may_act_for(actor, taker.kind, taker.party_id):
            raise NotAllowed()
        pieces = _end(session, actor, row, TransferState.ACCEPTED, now)
        parts = tuple(piece.part for piece in pieces)
        facts = records.UnitsTransferred(
            transfer_id, row.from_account_id, row.to_account_id, row.mass_g, parts
        )
        log.record(facts, transfer_id, now)


def decline(actor: Actor, transfer_id: str, now: datetime) -> None:
    """The receiver does not want them. Raises UnknownTransfer, OfferEnded, IsFrozen."""
    _give_back(actor, transfer_id, TransferState.DECLINED, now)


def withdraw(actor: Actor, transfer_id: str, now: datetime) -> None:
    """Their holder takes the offer back. Raises UnknownTransfer, OfferEnded, IsFrozen."""
    _give_back(actor, transfer_id, TransferState.WITHDRAWN, now)


def expire_offers(actor: Actor, now: datetime) -> int:
    """Give back what nobody accepted in time; how many offers ended. What is frozen waits until it is not."""
    if not actor.is_system:
        raise NotAllowed()
    over = db.session.scalars(
        select(Transfer.id)
        .where(Transfer.state == TransferState.OFFERED, Transfer.expires_at <= now)
        .order_by(Transfer.expires_at)
    ).all()
    return sum(jobs.each(over, lambda transfer_id: _expire(actor, transfer_id, now)))


def _expire(actor: Actor, transfer_id: str, now: datetime) -> bool:
    with suppress(OfferEnded, IsFrozen):
        _give_back(actor, transfer_id, TransferState.EXPIRED, now)
        return True
    return False


# -- ending an offer ---------------------------------------------------------------------------


def _give_back(actor: Actor, transfer_id: str, end: TransferState, now: datetime) -> None:
    with transaction() as session:
        row = _open_offer(session, transfer_id)
        accounts = lock_accounts(session, row.from_account_id)
        whose = accounts[row.from_account_id]
        if end is TransferState.DECLINED:
            # A frozen account may still say no.
            whose = session.execute(
                select(Account.kind, Account.party_id).where(Account.id == row.to_account_id)
            ).one()
        if end is not TransferState.EXPIRED and not policy.may_act_for(actor, whose.kind, whose.party_id):
            raise NotAllowed()
        _end(session, actor, row, end, now)


def _open_offer(session: Session, transfer_id: str) -> AnyRow:
    """The offer, locked until the promise ends. Raises UnknownTransfer, OfferEnded."""
    row = session.execute(
        select(
            Transfer.id, Transfer.state, Transfer.from_account_id, Transfer.to_account_id, Transfer.mass_g,
            Transfer.expires_at,
        )
        .where(Transfer.id == transfer_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if row is None:
        raise UnknownTransfer()
    if row.state != TransferState.OFFERED:
        raise OfferEnded()
    return row


def _end(session: Session, actor: Actor, row: AnyRow, end: TransferState, now: datetime) -> Sequence[Piece]:
    """Let the units out of escrow, to the receiver or back to their holder."""
    blocks = _in_escrow(session, row.id)
    owner = row.to_account_id if end is TransferState.ACCEPTED else row.from_account_id
    session.execute(
        update(Transfer).where(Transfer.id == row.id).values(state=end, decided_by=actor.id, decided_at=now)
    )
    ids = [piece.block_id for piece in blocks]
    session.execute(
        update(Block)
        .where(Block.id.in_(ids))
        .values(state=BlockState.HELD, account_id=owner, transfer_id=None)
    )
    journal(
        session, actor, f"{end.value}:{row.id}", "transfer", now,
        moved=ids, to=BlockState.HELD, account=owner, transfer=row.id,
    )  # fmt: skip
    audit.record(actor, f"transfer.{end.value}", row.id, now, grams=row.mass_g)
    return blocks


def _in_escrow(session: Session, transfer_id: str) -> list[Piece]:
    """The offer's blocks, locked, after their projects. Raises IsFrozen."""
    of_offer = Block.transfer_id == transfer_id
    lock_projects(
        session,
        session.scalars(
            select(Issuance.project_id)
            .distinct()
            .join(Block, Block.issuance_id == Issuance.id)
            .where(of_offer)
        ),
    )
    rows = session.execute(
        select(
            Block.id, Block.start_g, Block.end_g, Block.frozen_at, Issuance.source_serial,
            Issuance.start_g.label("base"),
        )
        .join(Issuance, Issuance.id == Block.issuance_id)
        .where(of_offer)
        .order_by(Block.start_g)
        .with_for_update(of=Block)
    ).all()  # fmt: skip
    refuse_frozen_blocks(session, rows)
    return [Piece(row.id, GramRange(row.start_g, row.end_g), row.source_serial, row.base) for row in rows]
