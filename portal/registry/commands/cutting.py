"""The usual sale in one roundtrip: rows of the buyer, the lot's balance, the hold, the cut; on PostgreSQL.

The general way of ``stock`` takes the grams off the balance, asks for free blocks, decides in Python what to
cut, and writes: four roundtrips, and while three of them last every other buyer of the lot waits. Nearly
every sale is one line that is smaller than the first free block, and for that the decision fits into the
statement that writes it. What it leaves behind is the same, row for row; a test holds the two ways together.

It is two statements and not one, because a statement sees the stock as it was when it began: the second
begins when the first has the lot's row.

A sale that belongs to no larger promise needs neither BEGIN nor COMMIT: both statements are one transaction
of the server's, and the second fails where it would have cut nothing, which undoes the first.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from psycopg.errors import DivisionByZero
from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Insert,
    Table,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import DataError

from portal.db import Int, Json, Rows, Str, Utc, at_once
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.pipeline import Spelled, send_alone, send_both, spelled
from portal.registry.models import Block, Hold, LedgerEntry, PoolLot
from portal.registry.rules.ledger import BlockState

BLOCK, ENTRY, HOLD, LOT = (cast(Table, kind.__table__) for kind in (Block, LedgerEntry, Hold, PoolLot))
_INHERITED = ("issuance_id", "unit_class", "rank", "lot_id", "account_id")
_HOLD_COLUMNS = ("id", "state", "expires_at", "made_at")

_Shape = tuple[tuple[Table, tuple[str, ...]], ...]


def is_state(state: BlockState) -> ColumnElement[bool]:
    """A state by its name in the statement: a plan that is made for any state can use no index of one."""
    return BLOCK.c.state == literal_column(f"'{state}'", Str)


def _text(name: str) -> ColumnElement[str]:
    return bindparam(name, type_=Str())


_GRAMS = bindparam("grams", type_=Int())
_STATES = {state: literal_column(f"'{state}'", Str) for state in (BlockState.RESERVED, BlockState.HELD)}


def _cut_off() -> CTE:
    """The first free block, closed because its grams live on in two children.

    No row when it is too small, or when there is no hold because the lot had not so much.
    """
    first = (
        select(BLOCK.c.id)
        .where(
            BLOCK.c.lot_id == select(LOT.c.id).where(LOT.c.code == _text("lot")).scalar_subquery(),
            is_state(BlockState.HELD),
        )
        .order_by(BLOCK.c.rank, BLOCK.c.start_g)
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    return (
        update(BLOCK)
        .where(
            BLOCK.c.id == first,
            BLOCK.c.end_g - BLOCK.c.start_g > _GRAMS,
            exists(select(HOLD.c.id).where(HOLD.c.id == _text("hold"))),
        )
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


def _sale(*, or_fail: bool = False) -> Insert:
    """Parent closed, children born, journal written: one row of the journal, or nothing at all.

    With ``or_fail`` a division by zero instead of nothing at all.
    """
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
    # Both by one insert: PostgreSQL reads a table's constraints and partial indexes anew for each.
    both = union_all(*(select(*child.values()) for child in (sold, rest)))
    children = insert(BLOCK).from_select(list(sold), both).cte("children")
    written = select(*entry.values()).select_from(parent)
    if or_fail:
        count = select(literal_column("1 / count(*)", Int).label("one")).select_from(parent).subquery("cut")
        written = select(*entry.values()).select_from(count).outerjoin(parent, literal_column("true"))
        written = written.where(count.c.one == literal_column("1"))
    return insert(ENTRY).from_select(list(entry), written).add_cte(children)


_CUT, _CUT_OR_FAIL = spelled(_sale()), spelled(_sale(or_fail=True))


@lru_cache(maxsize=100)  # as many as there are kinds of buyers in the code
def _taking(shape: _Shape) -> Spelled:
    """Rows of the buyer, then the grams off the lot's balance, then the hold.

    Each waits for the one before, because it is made from what that gives back: a buyer who is there already
    takes nothing, and a lot that has not so much makes no hold.
    """
    parts = [
        insert(table).values({name: bindparam(f"{name}_{n}", type_=table.c[name].type) for name in names})
        for n, (table, names) in enumerate(shape)
    ]
    took = update(LOT).where(LOT.c.code == _text("lot"), LOT.c.closed_at.is_(None), LOT.c.free_g >= _GRAMS)
    if parts:
        first_table = shape[0][0]
        buyer = parts[0].returning(*first_table.primary_key).cte("part_0")
        took = took.where(*(column.is_not(None) for column in buyer.c))
    taken = took.values(free_g=LOT.c.free_g - _GRAMS).returning(LOT.c.id).cte("taken")
    hold = [bindparam(f"hold_{name}", type_=HOLD.c[name].type) for name in _HOLD_COLUMNS]
    made = insert(HOLD).from_select(_HOLD_COLUMNS, select(*hold).select_from(taken))
    made = made.add_cte(*(part.cte(f"part_{n}") for n, part in enumerate(parts[1:], 1)))
    return spelled(made, numbered=True)


@dataclass(frozen=True, slots=True)
class Sale:
    """A hold of one line, off one lot. ``hold`` is its row, ``first`` are the buyer's, which go in before."""

    actor: Actor
    hold: dict[str, Any]
    lot_code: str
    line_id: str
    mass: Mass
    first: Rows
    now: datetime

    @property
    def taking(self) -> Spelled:
        return _taking(tuple((table, tuple(row)) for table, row in self.first))

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters of both statements."""
        asked: dict[str, Any] = {
            "lot": self.lot_code,
            "grams": self.mass.grams,
            "hold": self.hold["id"],
            "line": self.line_id,
            "sold": new_id("blk"),
            "rest": new_id("blk"),
            "key": f"reserve:{self.hold['id']}",
            "actor": self.actor.id,
            "now": self.now,
        }
        asked |= {f"hold_{name}": value for name, value in self.hold.items()}
        return asked | {
            f"{name}_{n}": value for n, (_, row) in enumerate(self.first) for name, value in row.items()
        }


def sell(ledger: Connection, sale: Sale) -> bool:
    """Insert the rows, make the hold and reserve these grams off the first free block, with the journal.

    False when that block has no more than these grams, or there is no hold because the lot has not so much.
    """
    return send_both(ledger, sale.taking, _CUT, sale.asked) == 1


def sell_at_once(sale: Sale) -> bool:
    """The same as a promise of its own. False: nothing has happened. Raises InsideTransaction."""
    try:
        return send_alone(at_once(), sale.taking, _CUT_OR_FAIL, sale.asked) == 1
    except DataError as fault:
        if isinstance(fault.orig, DivisionByZero):
            return False
        raise
