"""What was said to learners, and who has had a word lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.db import db
from portal.training.models.voices import Nudge


@dataclass(frozen=True, slots=True)
class NudgeView:
    """``is_reminder``: the portal wrote by itself."""

    text: str
    at: datetime
    is_reminder: bool


def nudges_of(enrolment_id: str) -> list[NudgeView]:
    """All that was said to this learner, newest first."""
    rows = db.session.scalars(
        select(Nudge).where(Nudge.enrolment_id == enrolment_id).order_by(Nudge.at.desc(), Nudge.id.desc())
    )
    return [NudgeView(row.text, row.at, row.actor_id.startswith("system:")) for row in rows]


def last_word(enrolment_ids: Sequence[str]) -> dict[str, datetime]:
    """When each of these learners was written to last."""
    rows = db.session.execute(
        select(Nudge.enrolment_id, func.max(Nudge.at))
        .where(Nudge.enrolment_id.in_(enrolment_ids))
        .group_by(Nudge.enrolment_id)
    )
    return {str(enrolment_id): at for enrolment_id, at in rows}
