"""The usual sale in one statement leaves what the general way leaves, on PostgreSQL."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql

from portal.db import InsideTransaction, db, transaction
from portal.jobs import Schedule
from portal.kernel import clock
from portal.kernel.ids import new_id
from portal.kernel.mass import ZERO, Mass
from portal.registry.commands import cutting, stock
from portal.registry.models import Block, Hold, LedgerEntry
from portal.registry.queries import register
from tests.factories.registry import GUEST, STAFF, hold, make_lot

SOLD = (250, 1, 999, 50, 700, 800, 3_000)


def _sell(code: str) -> None:
    first = hold(100, code)
    for kg in SOLD:
        hold(kg, code)
    stock.release(STAFF, first, "cancelled", clock.now())
    for kg in (40, 90, 70):  # of what came back a part, then more than is left of it, then all there is
        hold(kg, code)


def _story(code: str) -> list[Any]:
    """What became of the lot's grams, with ids told by the order in which they appear."""
    names: dict[str, int] = {}

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: told(each) for key, each in sorted(value.items())}
        if isinstance(value, list):
            return [told(each) for each in value]
        if isinstance(value, str) and value[3:4] == "_":
            return names.setdefault(value, len(names))
        return value

    lot = register.lot(code)
    blocks = db.session.scalars(
        select(Block).where(Block.lot_id == lot.id).order_by(Block.start_g, Block.end_g.desc())
    ).all()
    base = blocks[0].start_g
    keys = [f"reserve:{block.hold_id}" for block in blocks if block.hold_id]
    rows = [
        [b.id, b.parent_id, b.start_g - base, b.end_g - base, b.state, b.hold_id, b.line_id is None, b.rank]
        for b in blocks
    ]
    entries = db.session.scalars(
        select(LedgerEntry).where(LedgerEntry.key.in_(keys)).order_by(LedgerEntry.occurred_at)
    )
    journal = [[entry.kind, entry.actor_id, _from(base, entry.body)] for entry in entries]
    return told([rows, journal])


def _from(base: int, body: dict[str, Any]) -> dict[str, Any]:
    made = [each | {"start": each["start"] - base, "end": each["end"] - base} for each in body["made"]]
    return body | {"made": made}


@pytest.mark.usefixtures("pg_app")
def test_one_statement_leaves_what_three_leave(monkeypatch: pytest.MonkeyPatch):
    for batch, code in enumerate(("LOT-A", "LOT-B", "LOT-C"), 1):
        make_lot(6, code, batch=batch)
    cut: list[bool] = []

    def counted(way: Callable[..., bool]) -> Callable[..., bool]:
        def ask(*asked: Any) -> bool:
            cut.append(way(*asked))
            return cut[-1]

        return ask

    monkeypatch.setattr(stock, "sell_at_once", counted(cutting.sell_at_once))
    _sell("LOT-A")
    assert (cut.count(True), cut.count(False)) == (9, 2)
    monkeypatch.setattr(stock, "sell", counted(cutting.sell))
    monkeypatch.setattr(stock, "is_promised", lambda: True)  # a part of something larger
    cut.clear()
    _sell("LOT-B")
    assert (cut.count(True), cut.count(False)) == (9, 2)
    monkeypatch.setattr(stock, "_is_usual", lambda *_: False)
    _sell("LOT-C")
    assert register.lot("LOT-A").free == register.lot("LOT-B").free == register.lot("LOT-C").free == ZERO
    assert _story("LOT-A") == _story("LOT-B") == _story("LOT-C")


@pytest.mark.usefixtures("pg_app")
@pytest.mark.parametrize("kg", [1_000, 1_001], ids=["the whole block", "more than there is"])
def test_a_sale_at_once_that_cuts_nothing_leaves_nothing(kg: int):
    make_lot(1)
    now, hold_id = clock.now(), new_id("ord")
    held = {"id": hold_id, "state": "reserved", "expires_at": now, "made_at": now}
    entry = {"name": "a row of the buyer's", "next_at": now}
    turn: Table = Schedule.__table__  # type: ignore[assignment]
    sale = cutting.Sale(GUEST, held, "LOT-A", f"{hold_id}/1", Mass.kg(kg), ((turn, entry),), now)
    assert not cutting.sell_at_once(sale)
    assert register.lot("LOT-A").free == Mass.t(1)
    assert db.session.get(Hold, hold_id) is None
    assert db.session.get(Schedule, entry["name"]) is None
    with transaction(), pytest.raises(InsideTransaction):
        cutting.sell_at_once(sale)


def test_states_are_named_in_the_statements_so_that_their_indexes_are_used():
    """With the state as a parameter a kept plan reads every block there ever was."""
    words = [str(each.compile(dialect=postgresql.dialect())) for each in (stock._FREE, stock._FREE_BEYOND)]
    for statement in (*words, cutting._CUT.words, cutting._CUT_OR_FAIL.words):
        assert "block.state = 'held'" in statement
