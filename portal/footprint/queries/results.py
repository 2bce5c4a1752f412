"""Reads: one stored footprint, and those of a person."""

from sqlalchemy import select

from portal.db import db
from portal.footprint import policy
from portal.footprint.models import FootprintRecord
from portal.footprint.rules.errors import UnknownFootprint
from portal.footprint.rules.results import Line
from portal.footprint.rules.stored import Footprint
from portal.kernel.actor import Actor


def footprint(actor: Actor, footprint_id: str) -> Footprint:
    """A stored footprint. Raises UnknownFootprint, also where it is somebody else's."""
    row = db.session.get(FootprintRecord, footprint_id)
    found = value_of(row) if row else None
    if found is None or not policy.may_see(actor, found):
        raise UnknownFootprint()
    return found


def footprints_of(actor: Actor) -> list[Footprint]:
    """The footprints of a signed-in person, newest first; none for a guest."""
    if not actor.is_person:
        return []
    mine = select(FootprintRecord).where(FootprintRecord.owner_id == actor.id)
    rows = db.session.scalars(mine.order_by(FootprintRecord.created_at.desc(), FootprintRecord.id.desc()))
    return [value_of(row) for row in rows]


def value_of(row: FootprintRecord) -> Footprint:
    return Footprint(
        id=row.id,
        model_id=row.model_id,
        version=row.version,
        region=row.region,
        answers=row.answers,
        lines=tuple(Line(**line) for line in row.lines),
        total=row.total,
        low=row.low,
        high=row.high,
        digest=row.digest,
        lang=row.lang,
        owner_id=row.owner_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        year=row.year,
        audience=row.audience,
        own=row.own,
        form=row.form,
        stage=row.stage,
        previous_id=row.previous_id,
        label=row.label,
    )
