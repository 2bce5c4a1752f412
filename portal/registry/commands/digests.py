"""The state digest: all balances as they stand, and a seal for every row that has none, put on record."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert

from portal.db import alone, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.models import Checkpoint, RowSeal, StateDigest
from portal.registry.queries import digests as read
from portal.registry.queries.digests import Kept
from portal.registry.rules import records, seals
from portal.registry.rules.seals import Seal

AT_ONCE = 20_000  # seals of one digest: a writer never holds the database for longer than these take


def take(actor: Actor, kept: Kept, now: datetime) -> list[str]:
    """Seal what is new and record the day's balances; the digests that were made.

    ``kept``: the tables of the ledger and the columns that never change in them. At most one digest a day
    unless there is something to seal.
    """
    if not policy.may_tend_log(actor):
        raise NotAllowed()
    made: list[str] = []
    while digest_id := _take_one(kept, now):
        made.append(digest_id)
    return made


def _take_one(kept: Kept, now: datetime) -> str | None:
    columns = read.columns_of(kept)
    found = read.unsealed(columns, AT_ONCE)  # before the transaction: looking for them takes longest
    with transaction() as session:
        alone(session, "state digest")
        last = next(iter(read.digests(1)), None)
        if last is not None and last.day == clock.day_of(now) and not _is_news(found):
            return None
        balances = seals.balances_text(read.balances())
        facts = records.Digest(
            new_id("dig"), clock.day_of(now).isoformat(),
            len(balances.split("\n")) if balances else 0, seals.balances_root(balances).hex(),
            len(found), seals.seals_root(found).hex(),
        )  # fmt: skip
        session.execute(
            insert(StateDigest).values(
                id=facts.digest, day=clock.day_of(now), balances=balances,
                balances_root=bytes.fromhex(facts.balances_root), seals=len(found),
                seals_root=bytes.fromhex(facts.seals_root), columns=columns, at=now,
            )
        )  # fmt: skip
        if found:
            session.execute(
                insert(RowSeal),
                [
                    {"table": s.table, "key": s.key, "digest_id": facts.digest, "sha256": s.sha256}
                    for s in found
                ],
            )
        log.record(facts, facts.digest, now)
    return facts.digest


def _is_news(found: Sequence[Seal]) -> bool:
    """Whether there is more to seal than the checkpoints that the last digest itself has led to."""
    return any(each.table != Checkpoint.__tablename__ for each in found)
