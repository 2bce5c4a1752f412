"""Footprints, counted by day, for reports. They expire, so a day that was counted is not counted again."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from portal import tallies
from portal.db import db
from portal.footprint.models import FootprintRecord
from portal.kernel.tally import Counts, Of

FOOTPRINTS: Final = "footprints"


def _first() -> datetime | None:
    return db.session.execute(select(func.min(FootprintRecord.created_at))).scalar_one()


@tallies.source(FOOTPRINTS, _first, lasts=False)
def footprints_between(first: datetime, end: datetime) -> Counts:
    """``footprints``: how many were kept, by model."""
    rows = (
        select(FootprintRecord.model_id, func.count().label("n"))
        .where(FootprintRecord.created_at >= first, FootprintRecord.created_at < end)
        .group_by(FootprintRecord.model_id)
    )
    return {Of("footprints", row.model_id, ""): row.n for row in db.session.execute(rows)}
