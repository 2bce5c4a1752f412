"""Moving an order: by the table of lawful steps and with a line in its history, or not at all.

Statements are Core on the tables, because checkout is a hot path and the ORM costs more than the work.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.shop.models.orders import Order, OrderEntry
from portal.shop.rules.orders import NoSuchOrder
from portal.shop.rules.states import OrderEvent, OrderState, UnlawfulOrderStep, next_state

orders: Table = Order.__table__  # type: ignore[assignment]
history: Table = OrderEntry.__table__  # type: ignore[assignment]

# Built once: putting a statement together costs more than having it done.
_LOCK = select(orders).where(orders.c.id == bindparam("order_id")).with_for_update()
_CHANGE = update(orders).where(orders.c.id == bindparam("order_id"))
_WRITE = insert(history)

# The shop has asked its own policy by the time it moves grams or paper; the rooms below see its own hand.
TILL = Actor.system("till")


class Locked(SimpleNamespace):
    """An order's row, locked until the promise ends; its attributes are the columns of ``orders``."""

    state: OrderState


@contextmanager
def books() -> Iterator[Connection]:
    """``transaction()`` as Core sees it: without the unit of work, which orders have no use for."""
    with transaction() as session:
        yield session.connection()


@contextmanager
def promise(actor: Actor, order_id: str, now: datetime) -> Iterator[Connection]:
    """``transaction()``, but a refused step leaves its trace although everything else is undone."""
    try:
        with books() as session:
            yield session
    except UnlawfulOrderStep as refusal:
        asked = refusal.params
        with books() as session:
            _write(session, order_id, str(asked["event"]), str(asked["state"]), None, "refused", actor, now)
        raise


def lock(session: Connection, order_id: str) -> Locked:
    """Raises NoSuchOrder."""
    row = session.execute(_LOCK, {"order_id": order_id}).mappings().one_or_none()
    if row is None:
        raise NoSuchOrder()
    return Locked(**{**row, "state": OrderState(row["state"])})


def step(
    session: Connection,
    order: Locked,
    event: OrderEvent,
    actor: Actor,
    now: datetime,
    note: str = "",
    **changes: Any,
) -> None:
    """Move the order and write it down; ``changes`` are further columns. Raises UnlawfulOrderStep."""
    before = OrderState(order.disputed_from) if order.disputed_from else None
    old, new = order.state, next_state(order.state, event, before)
    change(session, order, state=new, **changes)
    _write(session, order.id, event.value, old.value, new.value, note, actor, now)


def change(session: Connection, order: Locked, **changes: Any) -> None:
    """Columns that may change without the order moving."""
    values = changes | {"version": order.version + 1}
    session.execute(_CHANGE, values | {"order_id": order.id})
    for name, value in values.items():
        setattr(order, name, value)


def remark(session: Connection, order: Locked, event: str, note: str, actor: Actor, now: datetime) -> None:
    """A line in the history that moves nothing."""
    _write(session, order.id, event, order.state.value, order.state.value, note, actor, now)


def first_entry(order_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """The line of the history with which an order begins."""
    return _entry(order_id, "placed", None, OrderState.RESERVED.value, "", actor, now)


def _write(
    session: Connection,
    order_id: str,
    event: str,
    old: str | None,
    new: str | None,
    note: str,
    actor: Actor,
    now: datetime,
) -> None:
    session.execute(_WRITE, _entry(order_id, event, old, new, note, actor, now))


def _entry(
    order_id: str, event: str, old: str | None, new: str | None, note: str, actor: Actor, now: datetime
) -> dict[str, Any]:
    return {
        "id": new_id("oev"),
        "order_id": order_id,
        "event": event,
        "from_state": old,
        "to_state": new,
        "note": note,
        "actor_id": actor.id,
        "at": now,
    }
