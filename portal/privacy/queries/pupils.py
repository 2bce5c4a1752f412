"""Classes of pupils, as their school sees them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.db import db
from portal.kernel.actor import Actor
from portal.pledges.queries import together
from portal.privacy import policy
from portal.privacy.models import Pupil, PupilClass, PupilClassTie
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


@dataclass(frozen=True, slots=True)
class Tie:
    """What a class does together; an empty id is none."""

    group_id: str = ""
    cohort_id: str = ""


def pupils_of(class_id: str) -> list[PupilView]:
    """By number; numbers of places that were deleted are not given again."""
    rows = db.session.scalars(select(Pupil).where(Pupil.class_id == class_id).order_by(Pupil.number)).all()
    seats = {each.number: each for each in places(class_id, rows[-1].number if rows else 0)}
    return [PupilView(row.person_id, row.number, seats[row.number]) for row in rows]


def tie_of(class_id: str) -> Tie:
    row = db.session.get(PupilClassTie, class_id, populate_existing=True)
    return Tie(row.group_id, row.cohort_id) if row else Tie()


def tie_of_pupil(person_id: str) -> Tie:
    """What the class of this pupil does together; nothing for who is no pupil."""
    class_id = db.session.scalar(select(Pupil.class_id).where(Pupil.person_id == person_id))
    return tie_of(class_id) if class_id else Tie()


@dataclass(frozen=True, slots=True)
class Unseated:
    """A pledge of a pupil that has had no seat yet in the group of the class."""

    person_id: str
    pledge_id: str
    group_id: str


def unseated() -> list[Unseated]:
    """Of running classes with a group for their pledges, in one question and one more for each group."""
    rows = db.session.execute(
        select(PupilClassTie.group_id, Pupil.person_id)
        .join(PupilClass, PupilClass.id == PupilClassTie.class_id)
        .join(Pupil, Pupil.class_id == PupilClass.id)
        .where(PupilClassTie.group_id != "", PupilClass.ended_at.is_(None))
        .order_by(PupilClassTie.group_id)
    )
    pupils = defaultdict[str, list[str]](list)
    for group_id, person_id in rows:
        pupils[group_id].append(person_id)
    return [
        Unseated(person_id, pledge_id, group_id)
        for group_id, people in pupils.items()
        for person_id, pledge_id in together.without_a_seat(group_id, people)
    ]


def _view(row: PupilClass) -> ClassView:
    return ClassView(row.id, row.organisation_id, row.name, row.places, row.made_at, row.ended_at)
