"""Classes of pupils, as their school sees them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.db import db
from portal.kernel.actor import Actor
from portal.privacy import policy
from portal.privacy.models import Pupil, PupilClass
from portal.privacy.rules.pupils import NoSuchClass, Place, places


@dataclass(frozen=True, slots=True)
class ClassView:
    id: str
    organisation_id: str
    name: str
    places: int
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class PupilView:
    person_id: str
    number: int
    place: Place


def classes_of(actor: Actor, organisation_id: str) -> list[ClassView]:
    """Of a school that the actor signs for, the newest first; of any other, none."""
    if not policy.may_run_pupils(actor, organisation_id):
        return []
    wanted = select(PupilClass).where(PupilClass.organisation_id == organisation_id)
    return [_view(row) for row in db.session.scalars(wanted.order_by(PupilClass.id.desc()))]


def class_of(actor: Actor, class_id: str) -> ClassView:
    """Raises NoSuchClass, for another school's exactly as for one that does not exist."""
    row = db.session.get(PupilClass, class_id, populate_existing=True)
    if row is None or not policy.may_run_pupils(actor, row.organisation_id):
        raise NoSuchClass()
    return _view(row)


def pupils_of(class_id: str) -> list[PupilView]:
    """By number."""
    rows = db.session.scalars(select(Pupil).where(Pupil.class_id == class_id).order_by(Pupil.number)).all()
    seats = {each.number: each for each in places(class_id, len(rows))}
    return [PupilView(row.person_id, row.number, seats[row.number]) for row in rows]


def _view(row: PupilClass) -> ClassView:
    return ClassView(row.id, row.organisation_id, row.name, row.places, row.made_at, row.ended_at)
