"""Sessions of classes, and who was there."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.training.models.classes import Attendance, Cohort, Session, SignInDevice
from portal.training.models.learners import Enrolment, Learner
from portal.training.queries.learners import learner_with, learners_of
from portal.training.rules.attendance import SessionView, UnknownSession
from portal.training.rules.zones import zone_of


@dataclass(frozen=True, slots=True)
class Attended:
    """A learner of the class at one session. ``is_present`` is None while nothing is known.

    ``beside`` are the names of others who signed in from the same device.
    """

    enrolment_id: str
    name: str
    is_present: bool | None
    way: str
    at: datetime | None
    beside: tuple[str, ...] = ()


def sessions_of(cohort_id: str) -> list[SessionView]:
    """Sessions of a class by when they begin, cancelled ones among them."""
    return _views(Session.cohort_id == cohort_id)


def session(session_id: str) -> SessionView:
    """Raises UnknownSession."""
    for found in _views(Session.id == session_id):
        return found
    raise UnknownSession()


def secret_of(session_id: str) -> bytes:
    """What the codes of this session are made with. Raises UnknownSession."""
    secret = db.session.scalar(select(Session.secret).where(Session.id == session_id))
    if secret is None:
        raise UnknownSession()
    return bytes(secret)


def attended(session_: SessionView) -> list[Attended]:
    """Everybody in the class by name, and what is known of them at this session."""
    rows = db.session.execute(
        select(Enrolment.id, Learner.name, Attendance)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .outerjoin(
            Attendance,
            (Attendance.enrolment_id == Enrolment.id) & (Attendance.session_id == session_.id),
        )
        .where(Enrolment.cohort_id == session_.cohort_id, Enrolment.left_at.is_(None))
        .order_by(Enrolment.enrolled_at, Learner.name, Enrolment.id)
    )
    beside = _beside(session_.id)
    return [_attended(known, name, row, beside.get(known, ())) for known, name, row in rows]


def _attended(enrolment_id: str, name: str, row: Attendance | None, beside: tuple[str, ...]) -> Attended:
    if row is None:
        return Attended(enrolment_id, name, None, "", None)
    return Attended(enrolment_id, name, row.is_present, row.way, row.at, beside)


def _beside(session_id: str) -> dict[str, tuple[str, ...]]:
    """By enrolment, the names of those who signed in from the same device."""
    rows = db.session.execute(
        select(SignInDevice.device, SignInDevice.enrolment_id, Learner.name)
        .join(Enrolment, Enrolment.id == SignInDevice.enrolment_id)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .where(SignInDevice.session_id == session_id)
        .order_by(Learner.name, SignInDevice.enrolment_id)
    ).all()
    at_device: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for device, enrolment_id, name in rows:
        at_device[device].append((enrolment_id, name))
    return {
        enrolment_id: tuple(name for other, name in people if other != enrolment_id)
        for people in at_device.values()
        for enrolment_id, _name in people
    }


def enrolment_of(actor: Actor, cohort_id: str, code_hash: str = "") -> str | None:
    """As whom this actor, or who has this personal code, is in the class."""
    known = [learner_with(code_hash)] if code_hash else [each.id for each in learners_of(actor)]
    return db.session.scalars(
        select(Enrolment.id)
        .where(Enrolment.cohort_id == cohort_id, Enrolment.left_at.is_(None), Enrolment.learner_id.in_(known))
        .order_by(Enrolment.enrolled_at)
    ).first()


def _views(which: ColumnElement[bool]) -> list[SessionView]:
    counted = (
        select(Attendance.session_id, func.count().label("n"))
        .where(Attendance.is_present)
        .group_by(Attendance.session_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Session, Cohort.time_zone, counted.c.n)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .outerjoin(counted, counted.c.session_id == Session.id)
        .where(which)
        .order_by(Session.starts_at, Session.id)
    )
    return [
        SessionView(
            row.id, row.cohort_id, row.number, row.title, row.place, row.starts_at, row.ends_at,
            row.headcount, row.cancelled_at, present or 0, zone_of(zone),
        )
        for row, zone, present in rows
    ]  # fmt: skip
