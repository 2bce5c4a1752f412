"""State digests, read and checked: rows not yet sealed, balances as they stand, seals that no longer fit."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, Table, cast, func, select, type_coerce
from sqlalchemy.types import NullType, TypeEngine

from portal.db import Base, Int, Json, MassCol, db
from portal.kernel.errors import NotFound
from portal.registry.models import Block, Record, RowSeal, StateDigest
from portal.registry.rules import records, seals
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.ledger import BlockState
from portal.registry.rules.seals import Balance, Seal

STREAM = 2_000
ALL = ("*",)
Kept = Mapping[str, tuple[str, ...]]  # table → columns that never change, ``*`` for all
# Proved by the log itself or by signatures, or what seals are kept in. Blocks are rebuilt from the journal.
NOT_SEALED = {"entry", "node", "cosignature", "row_seal", "state_digest", "block"}

_seal = RowSeal.__table__


@dataclass(frozen=True, slots=True)
class DigestView:
    id: str
    day: date
    balances_root: bytes
    seals: int
    at: datetime


def digests(limit: int) -> list[DigestView]:
    """The last digests, newest first."""
    rows = db.session.execute(
        select(StateDigest.id, StateDigest.day, StateDigest.balances_root, StateDigest.seals, StateDigest.at)
        .order_by(StateDigest.at.desc(), StateDigest.id.desc())
        .limit(limit)
    )
    return [DigestView(*row) for row in rows]


def balances_of(digest_id: str) -> str:
    """The balances that a digest was made of, a canonical line each. Raises NotFound."""
    found = db.session.scalar(select(StateDigest.balances).where(StateDigest.id == digest_id))
    if found is None:
        raise NotFound()
    return found


def balances() -> list[Balance]:
    """Grams by account and state, split blocks left out."""
    grams = func.sum(Block.end_g - Block.start_g)
    rows = db.session.execute(
        select(Block.account_id, Block.state, grams)
        .where(Block.state != BlockState.SPLIT)
        .group_by(Block.account_id, Block.state)
    )
    return [Balance(account, state, int(total)) for account, state, total in rows]


def columns_of(kept: Kept) -> dict[str, list[str]]:
    """The columns that a seal is over, by table: those of today's schema."""
    return {
        name: [column.name for column in Base.metadata.tables[name].columns] if columns == ALL else [*columns]
        for name, columns in sorted(kept.items())
        if name not in NOT_SEALED
    }


def unsealed(columns: Mapping[str, list[str]], limit: int) -> list[Seal]:
    """Seals for rows that have none yet, at most so many."""
    found: list[Seal] = []
    for name, names in columns.items():
        table = Base.metadata.tables[name]
        query = _rows(table, names).where(_seal.c.row_key.is_(None), *_own(table)).limit(limit - len(found))
        found += [_seal_of(table, row, names) for row in db.session.execute(query)]
        if len(found) == limit:
            break
    return found


def faults() -> Iterator[Fault]:
    """Part of check 3: every digest is the one on record, every seal is of its digest and fits its row."""
    told = dict(
        db.session.execute(
            select(Record.subject_id, Record.body).where(Record.kind == records.Digest.kind)
        ).all()
    )
    # One by one: the balances of every day together would not stay small.
    for digest_id in db.session.scalars(select(StateDigest.id).order_by(StateDigest.at)).all():
        row = db.session.execute(
            select(*StateDigest.__table__.columns).where(StateDigest.id == digest_id)
        ).one()
        sealed = [
            Seal(*each)
            for each in db.session.execute(
                select(_seal.c.table_name, _seal.c.row_key, _seal.c.sha256).where(_seal.c.digest_id == row.id)
            )
        ]
        mine = records.Digest(
            row.id, row.day.isoformat(),
            sum(1 for line in row.balances.split("\n") if line), seals.balances_root(row.balances).hex(),
            len(sealed), seals.seals_root(sealed).hex(),
        )  # fmt: skip
        if (row.balances_root.hex(), row.seals, row.seals_root.hex()) != (
            mine.balances_root, mine.seals, mine.seals_root,
        ):  # fmt: skip
            yield Fault(
                Check.TABLES, f"digest {row.id}", "its balances or seals are not those it was made of"
            )
        elif _facts(told.pop(row.id, "")) != mine:
            yield Fault(Check.TABLES, f"digest {row.id}", "is not what the log says")
        yield from _broken_seals(row, sorted({each.table for each in sealed}))
    for digest_id in sorted(told):
        yield Fault(Check.TABLES, f"digest {digest_id}", "is in the log but not in the table")


def _broken_seals(row: Row[Any], sealed: list[str]) -> Iterator[Fault]:
    """The rows of these tables that no longer fit the seals of this digest."""
    for name in sealed:
        table, names = Base.metadata.tables.get(name), row.columns.get(name, [])
        if table is None or not names or not set(names) <= set(table.columns.keys()):
            yield Fault(Check.TABLES, f"digest {row.id}", f"sealed {name}, which has not these columns")
            continue
        query = (
            select(_seal.c.row_key.label("sealed_key"), _seal.c.sha256.label("sealed"), _key(table),
                   *_wanted(table, names))
            .select_from(_seal.outerjoin(table, _text_key(table) == _seal.c.row_key))
            .where(_seal.c.digest_id == row.id, _seal.c.table_name == name)
            .order_by(_seal.c.row_key)
            .execution_options(yield_per=STREAM)
        )  # fmt: skip
        for found in db.session.execute(query):
            where = f"{name} {found.sealed_key}"
            if found.its_key is None:
                yield Fault(Check.TABLES, where, "was deleted, or its key was changed")
            elif _seal_of(table, found, names).sha256 != found.sealed:
                yield Fault(Check.TABLES, where, "was changed: it no longer fits its seal")


def _facts(body: str) -> records.Facts | None:
    try:
        return records.read(body.encode()).facts
    except records.NotARecord:
        return None


def _rows(table: Table, names: list[str]) -> Select[*tuple[Any, ...]]:
    joined = table.outerjoin(
        _seal, (_seal.c.table_name == table.name) & (_seal.c.row_key == _text_key(table))
    )
    return select(_key(table), *_wanted(table, names)).select_from(joined)


def _wanted(table: Table, names: list[str]) -> list[ColumnElement[object]]:
    return [_stored(table.c[name]).label(f"kept_{name}") for name in names]


def _stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What stands in the column, unread on SQLite, where a text may stand for a day that does not exist."""
    if db.engine.dialect.name == "sqlite":
        return type_coerce(column, NullType())
    return type_coerce(column, Int()) if isinstance(column.type, MassCol) else column


def _own(table: Table) -> list[ColumnElement[bool]]:
    """Records of digests seal themselves: the digest's own row is compared with them."""
    return [table.c.kind != records.Digest.kind] if table.name == Record.__tablename__ else []


def _key(table: Table) -> ColumnElement[Any]:
    first, *others = table.primary_key.columns
    return _text_key(table).label("its_key") if others else first.label("its_key")


def _text_key(table: Table) -> ColumnElement[str]:
    """The key as text; one of several columns is joined by slashes."""
    first, *others = (cast(column, String) for column in table.primary_key.columns)
    key: ColumnElement[str] = first
    for other in others:
        key = key + "/" + other
    return key


def _seal_of(table: Table, row: Row[Any], names: list[str]) -> Seal:
    values = {name: getattr(row, f"kept_{name}") for name in names}
    read = {name: _read(table.c[name].type, value) for name, value in values.items()}
    return seals.seal(table.name, row.its_key, read)


def _read(kind: TypeEngine[Any], value: Any) -> Any:
    """JSON by what it says, because PostgreSQL does not keep how it was written."""
    if isinstance(kind, Json) and isinstance(value, str):
        with suppress(ValueError):
            return json.loads(value)
    return value
