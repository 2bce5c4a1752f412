"""Courses and classes by whatever somebody at the desk has in hand."""

from sqlalchemy import or_, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.hit import Hit
from portal.training import policy
from portal.training.models.classes import Cohort
from portal.training.queries.courses import catalogue


def courses(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By a part of the title in either language, or the name in the address; what everybody may see."""
    part = typed.lower()
    found = [
        Hit("course", each.course, each.title.zh or each.title.en, each.course)
        for each in catalogue()
        if part in each.title.zh or part in each.title.en.lower() or part in each.course
    ]
    return found[:limit]


def cohorts(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By id, join code, or a part of the name or place. Raises NotAllowed."""
    if not policy.may_read_all(actor):
        raise NotAllowed()
    which = or_(
        Cohort.id == typed,
        Cohort.join_code == typed.upper(),
        Cohort.name.contains(typed, autoescape=True),
        Cohort.place.contains(typed, autoescape=True),
    )
    rows = db.session.scalars(select(Cohort).where(which).order_by(Cohort.id.desc()).limit(limit))
    return [Hit("cohort", row.id, row.name, row.place) for row in rows]
