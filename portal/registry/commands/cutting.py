"""The usual sale in one statement: its grams are cut off the lot's first free block, on PostgreSQL.

The general way of ``stock`` asks for free blocks, decides in Python what to cut, and writes: three roundtrips
while every other buyer of the lot waits. Nearly every sale is one line that is smaller than the first free
block, and for that the decision fits into the statement that writes it. What it leaves behind is the same,
row for row; a test holds the two ways together.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Insert,
    Table,
    bindparam,
    func,
    insert,
    literal_column,
    null,
    select,
    update,
)

from portal.db import Int, Json, Str, Utc
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.registry.models import Block, LedgerEntry
from portal.registry.rules.ledger import BlockState

BLOCK, ENTRY = (cast(Table, kind.__table__) for kind in (Block, LedgerEntry))
_INHERITED = ("issuance_id", "unit_class", "rank", "lot_id", "account_id")


def is_state(state: BlockState) -> ColumnElement[bool]:
    """A state by its name in the statement: a plan that is made for any state can use no index of one."""
    return BLOCK.c.state == literal_column(f"'{state}'", Str)


def _text(name: str) -> ColumnElement[str]:
    return bindparam(name, type_=Str())


_GRAMS = bindparam("grams", type_=Int())
_STATES = {state: literal_column(f"'{state}'", Str) for state in (BlockState.RESERVED, BlockState.HELD)}


def _cut_off() -> CTE:
    """The first free block, closed because its grams live on in two children; no row when it is too small."""
    first = (
        select(BLOCK.c.id)
        .where(BLOCK.c.lot_id == _text("lot"), is_state(BlockState.HELD))
        .order_by(BLOCK.c.rank, BLOCK.c.start_g)
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    return (
        update(BLOCK)
        .where(BLOCK.c.id == first, BLOCK.c.end_g - BLOCK.c.start_g > _GRAMS)
        .values(state=literal_column(f"'{BlockState.SPLIT}'", Str))
        .returning(BLOCK.c.id, BLOCK.c.start_g, BLOCK.c.end_g, *(BLOCK.c[name] for name in _INHERITED))
        .cte("parent")
    )


def _child(parent: FromClause, name: str, state: BlockState) -> dict[str, ColumnElement[Any]]:
    middle = parent.c.start_g + _GRAMS
    is_sold = state is BlockState.RESERVED
    return {
        "id": _text(name),
        "parent_id": parent.c.id,
        "start_g": parent.c.start_g if is_sold else middle,
        "end_g": middle if is_sold else parent.c.end_g,
        "state": _STATES[state],
        "hold_id": _text("hold") if is_sold else null(),
        "line_id": _text("line") if is_sold else null(),
        **{column: parent.c[column] for column in _INHERITED},
    }


def _brief(child: dict[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    told = {"id": "id", "of": "parent_id", "start": "start_g", "end": "end_g", "state": "state"}
    parts: list[ColumnElement[Any]] = []
    for name, column in told.items():
        parts += literal_column(f"'{name}'"), child[column]
    return func.jsonb_build_object(*parts)


def _sale() -> Insert:
    """Parent closed, children born, journal written; a row comes back when it was done."""
    parent = _cut_off()
    sold = _child(parent, "sold", BlockState.RESERVED)
    rest = _child(parent, "rest", BlockState.HELD)
    body = func.jsonb_build_object(
        literal_column("'split'"),
        func.jsonb_build_array(parent.c.id),
        literal_column("'made'"),
        func.jsonb_build_array(_brief(sold), _brief(rest)),
        literal_column("'taken'"),
        func.jsonb_build_array(),
        type_=Json,
    )
    entry = {
        "key": _text("key"),
        "kind": literal_column("'reserve'", Str),
        "body": body,
        "actor_id": _text("actor"),
        "occurred_at": bindparam("now", type_=Utc()),
    }
    children = [
        insert(BLOCK).from_select(list(child), select(*child.values())).cte(name)
        for name, child in (("sold", sold), ("rest", rest))
    ]
    return (
        insert(ENTRY)
        .from_select(list(entry), select(*entry.values()).select_from(parent))
        .returning(ENTRY.c.key)
        .add_cte(*children)
    )


_SALE = _sale()


def cut_first(
    ledger: Connection, actor: Actor, hold_id: str, lot_id: str, line_id: str, mass: Mass, now: datetime
) -> bool:
    """Reserve these grams of the locked lot off its first free block, with the journal.

    False when that block has no more than these grams, and nothing was done; on SQLite, always.
    """
    if ledger.dialect.name != "postgresql":
        return False
    asked = {
        "lot": lot_id,
        "grams": mass.grams,
        "hold": hold_id,
        "line": line_id,
        "sold": new_id("blk"),
        "rest": new_id("blk"),
        "key": f"reserve:{hold_id}",
        "actor": actor.id,
        "now": now,
    }
    return ledger.execute(_SALE, asked).first() is not None
