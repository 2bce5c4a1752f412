"""Sharing out: what each attendee's part of the event's certificate comes to."""

from datetime import datetime

from sqlalchemy import insert

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.statements.commands.keeping import check_words, spoken_for
from portal.statements.models import ShareBatchRecord, ShareRecord
from portal.statements.queries import batches
from portal.statements.rules import shares
from portal.statements.rules.plans import NotDeclared, State, TooLong
from portal.statements.rules.shares import LABEL_MAX


def share_out(
    actor: Actor, statement_id: str, batch_id: str, count: int, each: Mass | None, label: str, now: datetime
) -> Mass:
    """Make so many shares of ``each``, or of equal parts of what is left, with a code each; returns the size.

    ``batch_id`` is made at the edge: the same form sent twice is one batch.
    Raises UnknownStatement, NotDeclared, TooManyShares, ShareTooSmall, SharesExceedTotal, TooLong,
    ClaimRefused, NotAboutThisEvent.
    """
    with transaction() as session:
        found = spoken_for(session, actor, statement_id)
        made = batches(statement_id)
        if known := next((batch for batch in made if batch.id == batch_id), None):
            return known.each
        if found.state is not State.DECLARED or found.newest.gross is None:
            raise NotDeclared()
        if len(label) > LABEL_MAX:
            raise TooLong(max=LABEL_MAX)
        check_words({"label": label})
        size = shares.part_of(shares.left(found.newest.gross, made), count, each)
        session.execute(
            insert(ShareBatchRecord).values(
                id=batch_id, statement_id=statement_id, count=count, each=size, label=label,
                actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        rows = [{"batch_id": batch_id, "number": n, "code": shares.new_code()} for n in range(1, count + 1)]
        session.execute(insert(ShareRecord), rows)
        audit.record(
            actor, "statement.shared_out", statement_id, now, batch=batch_id, count=count, each_g=size.grams
        )
    return size
