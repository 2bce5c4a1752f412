"""The control: the portal with its lock taken out. It reads what is left, and writes what it has read.

Together with a database without constraints and triggers (``unguarded``) this is a shop like many; it
must oversell, or the races that show the real one does not are no proof.
"""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

import portal
from portal.kernel.mass import Mass, total
from portal.registry.commands import stock
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
    stock._lock_lots = read_then_write  # type: ignore[assignment]
    return portal.create_app()


def read_then_write(session: Session, wants: Sequence[Want]) -> dict[str, Any]:
    """What ``stock._lock_lots`` does, without its condition and without a lock."""
    (code,) = {code for want in wants for code in want.lot_codes}
    wanted = total([want.mass.quantity() for want in wants]).grams
    columns = (PoolLot.id, PoolLot.code, PoolLot.account_id, PoolLot.free_g)
    row = session.execute(select(*columns).where(PoolLot.code == code)).one()
    if row.free_g < wanted:
        raise NotEnoughCredits(left=Mass(row.free_g))
    session.execute(update(PoolLot).where(PoolLot.id == row.id).values(free_g=row.free_g - wanted))
    return {row.id: row}


def unguarded(engine: Engine) -> None:
    """Drop every trigger, and the constraints that stand behind the stock (PostgreSQL)."""
    with engine.begin() as connection:
        for name, table in connection.execute(text(_TRIGGERS)).all():
            connection.execute(text(f'DROP TRIGGER "{name}" ON "{table}"'))
        for name, table in connection.execute(text(_CONSTRAINTS)).all():
            connection.execute(text(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"'))
