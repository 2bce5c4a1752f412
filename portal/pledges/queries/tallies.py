"""Pledges, counted by day, for reports."""

from collections import Counter
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, type_coerce

from portal import tallies
from portal.db import Int, db
from portal.kernel.tally import Counts, Of
from portal.pledges.models.promise import PledgeRecord

PLEDGES: Final = "pledges"


def _first() -> datetime | None:
    return db.session.execute(select(func.min(PledgeRecord.made_at))).scalar_one()


@tallies.source(PLEDGES, _first)
def pledges_between(first: datetime, end: datetime) -> Counts:
    """``pledged``: how many by subject; ``promised`` grams a year or an event; ``withdrawn``: how many."""
    found: Counter[Of] = Counter()
    grams = type_coerce(PledgeRecord.reduction, Int)
    made = (
        select(
            PledgeRecord.subject,
            func.count().label("n"),
            func.sum(grams).label("grams"),
        )
        .where(PledgeRecord.made_at >= first, PledgeRecord.made_at < end)
        .group_by(PledgeRecord.subject)
    )
    for row in db.session.execute(made):
        found[Of("pledged", row.subject, "")] = row.n
        found[Of("promised", row.subject, "g")] = int(row.grams)
    gone = (
        select(func.count())
        .select_from(PledgeRecord)
        .where(PledgeRecord.withdrawn_at >= first, PledgeRecord.withdrawn_at < end)
    )
    found[Of("withdrawn", "", "")] = db.session.execute(gone).scalar_one()
    return found
