"""The control: the portal with its lock taken out. It reads what is left, and writes what it has read.

Together with a database without constraints and triggers (``unguarded``) this is a shop like many; it
must oversell, or the races that show the real one does not are no proof.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.orm import Session

import portal
from portal.db import Rows, transaction
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass, total
from portal.registry.commands import stock
from portal.registry.commands.stock import Taken
from portal.registry.models import PoolLot
from portal.registry.rules.facts import Want
from portal.registry.rules.ledger import NotEnoughCredits

_TRIGGERS = """
    SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal
"""
_CONSTRAINTS = """
    SELECT conname, relname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE contype IN ('c', 'x') AND relname IN ('pool_lot', 'block', 'hold')
"""


def create_app() -> Flask:
    stock._is_usual = lambda *_: False
    stock._lock_lots = hold_without_lock
    stock.reserve = reserve
    return portal.create_app()


def hold_without_lock(ledger: Connection, hold: dict[str, Any], wants: Sequence[Want]) -> dict[str, Any]:
    """In the place of ``stock._lock_lots``: neither a condition nor a lock, so nobody waits."""
    ledger.execute(stock._MAKE_HOLD, hold)
    return read_what_is_left(ledger, wants)


def read_what_is_left(session: Session | Connection, wants: Sequence[Want]) -> dict[str, Any]:
    (code,) = {code for want in wants for code in want.lot_codes}
    columns = (PoolLot.id, PoolLot.code, PoolLot.account_id, PoolLot.free_g)
    row = session.execute(select(*columns).where(PoolLot.code == code)).one()
    if row.free_g < _wanted(wants):
        raise NotEnoughCredits(left=Mass(row.free_g))
    return {row.id: row}


def reserve(
    actor: Actor,
    hold_id: str,
    wants: Sequence[Want],
    expires_at: datetime,
    now: datetime,
    *,
    first: Rows = (),
) -> list[Taken]:
    """In the place of ``stock.reserve``: reads, takes, and then writes what it has read, less its own."""
    with transaction() as session:
        (lot,) = read_what_is_left(session, wants).values()
        taken = _careful_reserve(actor, hold_id, wants, expires_at, now, first=first)
        left = lot.free_g - _wanted(wants)
        session.execute(update(PoolLot).where(PoolLot.id == lot.id).values(free_g=left))
        return taken


_careful_reserve = stock.reserve


def _wanted(wants: Sequence[Want]) -> int:
    return total([want.mass.quantity() for want in wants]).grams


def unguarded(engine: Engine) -> None:
    """Drop every trigger, and the constraints and the index that stand behind the stock (PostgreSQL)."""
    with engine.begin() as connection:
        for name, table in connection.execute(text(_TRIGGERS)).all():
            connection.execute(text(f'DROP TRIGGER "{name}" ON "{table}"'))
        for name, table in connection.execute(text(_CONSTRAINTS)).all():
            connection.execute(text(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"'))
        connection.execute(text("DROP INDEX ix_block_live"))
