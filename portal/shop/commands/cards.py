"""Cards of a batch in one ZIP: asked for by who may see the batch, printed by a job, a few at a time."""

from datetime import datetime
from typing import cast

from sqlalchemy import Table, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.shop import policy
from portal.shop.models.gifts import GiftCards
from portal.shop.queries import batches as queries
from portal.shop.rules.batches import CardsNotReady

_cards = cast(Table, GiftCards.__table__)


def ask_for_cards(actor: Actor, batch_id: str, now: datetime) -> None:
    """Print all cards of this batch, from the first one on; again after codes were renewed.

    Raises NoSuchBatch, and CardsNotReady before the batch is paid.
    """
    found = queries.batch(actor, batch_id)
    if found.order_state is None or found.is_unpaid:
        raise CardsNotReady()
    with transaction() as session:
        books = session.connection()
        add = postgresql.insert if books.dialect.name == "postgresql" else sqlite.insert
        asked = {"asked_at": now, "printed": 0, "done_at": None}
        row = add(_cards).values(batch_id=batch_id, **asked)
        books.execute(row.on_conflict_do_update(index_elements=["batch_id"], set_=asked))


def note_printed(
    actor: Actor, batch_id: str, asked_at: datetime, printed: int, done_at: datetime | None
) -> bool:
    """So many cards lie there by now; False when they were asked for anew meanwhile."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with transaction() as session:
        same = _cards.c.batch_id == batch_id, _cards.c.asked_at == asked_at
        known = update(_cards).where(*same).values(printed=printed, done_at=done_at)
        return session.execute(known.returning(_cards.c.batch_id)).first() is not None
