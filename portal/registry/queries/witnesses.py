"""Who watches the log from outside, and what they have signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.registry.models import Checkpoint, Cosignature, Witness
from portal.registry.rules import checkpoint
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.checkpoint import COSIGNATURE, NotACheckpoint, PublicKey


@dataclass(frozen=True, slots=True)
class WitnessView:
    """A witness and the newest checkpoint it has signed."""

    id: str
    name: str
    key: str
    about: Bilingual
    added_at: datetime
    left_at: datetime | None
    size: int | None
    signed_at: datetime | None

    @property
    def public_key(self) -> PublicKey:
        return checkpoint.read_public_key(self.key, COSIGNATURE)


def witnesses() -> list[WitnessView]:
    """All of them, those that have left included, in the order they joined."""
    newest = (
        select(Cosignature.witness_id, func.max(Cosignature.size).label("size"))
        .group_by(Cosignature.witness_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Witness, newest.c.size, Cosignature.signed_at)
        .outerjoin(newest, newest.c.witness_id == Witness.id)
        .outerjoin(Cosignature, (Cosignature.witness_id == Witness.id) & (Cosignature.size == newest.c.size))
        .order_by(Witness.added_at, Witness.id)
    )
    return [
        WitnessView(
            row.id, row.name, row.key, Bilingual(row.about_zh, row.about_en), row.added_at, row.left_at,
            size, signed_at,
        )
        for row, size, signed_at in rows
    ]  # fmt: skip


def lines_under(size: int) -> list[str]:
    """The witnesses' lines under the checkpoint of this size."""
    query = select(Cosignature.line).where(Cosignature.size == size).order_by(Cosignature.witness_id)
    return list(db.session.scalars(query))


def faults() -> Iterator[Fault]:
    """Part of check 2: every line is its witness's, under its checkpoint."""
    rows = db.session.execute(
        select(Cosignature.size, Cosignature.line, Checkpoint.note, Witness.key, Witness.name)
        .outerjoin(Checkpoint, Checkpoint.size == Cosignature.size)
        .outerjoin(Witness, Witness.id == Cosignature.witness_id)
        .order_by(Cosignature.size)
    )
    for row in rows:
        try:
            witness = checkpoint.read_public_key(row.key or "", COSIGNATURE)
            checkpoint.cosigned_at(row.note or "", row.line, witness)
        except NotACheckpoint as fault:
            where = f"cosignature of {row.name} under {row.size}"
            yield Fault(Check.CHECKPOINTS, where, str(fault.params["why"]))
