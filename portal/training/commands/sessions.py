"""Sessions of a class: added, moved, cancelled, and who was there."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Books

from portal import audit, jobs
from portal.accounts.queries import person
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.training.commands.cohorts import run_by
from portal.training.commands.completing import complete_if_met
from portal.training.models.classes import Attendance, Cohort, Session, SignInDevice
from portal.training.models.learners import Enrolment, Learner
from portal.training.queries import sessions as queries
from portal.training.rules.attendance import (
    NotInThisClass,
    SessionDraft,
    TooManySessions,
    UnknownSession,
    check_door,
    device_at,
)
from portal.training.rules.classes import MOST_SESSIONS
from portal.training.rules.nudging import due_at

SECRET_BYTES = 20


def add_session(
    actor: Actor, cohort_id: str, session_id: str, draft: SessionDraft, now: datetime
) -> str:  # fmt: skip
    """One more meeting of the class; its id, which is made at the edge.

    Raises NotAllowed, UnknownCohort, CohortClosed, TooManySessions, EndsBeforeStart, TooLong.
    """
    draft = draft.checked()
    with transaction() as books:
        run_by(books, actor, cohort_id)
        if books.get(Session, session_id):
            return session_id
        numbers = books.scalars(select(Session.number).where(Session.cohort_id == cohort_id)).all()
        if len(numbers) >= MOST_SESSIONS:
            raise TooManySessions(most=MOST_SESSIONS)
        books.add(
            Session(
                id=session_id, cohort_id=cohort_id, number=max(numbers, default=0) + 1, title=draft.title,
                place=draft.place, starts_at=draft.starts_at, ends_at=draft.ends_at,
                secret=secrets.token_bytes(SECRET_BYTES),
            )
        )  # fmt: skip
        audit.record(actor, "session.added", session_id, now, cohort=cohort_id)
    return session_id


def move_session(
    actor: Actor, session_id: str, draft: SessionDraft, now: datetime, *, writes: bool = True
) -> None:
    """Another time or place; learners with an e-mail address are written to, not at night.

    Raises NotAllowed, UnknownSession, CohortClosed, EndsBeforeStart, TooLong.
    """
    draft = draft.checked()
    with transaction() as books:
        row = _held(books, actor, session_id)
        is_moved = (row.starts_at, row.ends_at, row.place) != (draft.starts_at, draft.ends_at, draft.place)
        row.title, row.place = draft.title, draft.place
        row.starts_at, row.ends_at = draft.starts_at, draft.ends_at
        if is_moved and writes and draft.ends_at > now:
            _write(books, row, "session_moved", now)
        audit.record(actor, "session.moved", session_id, now, starts=draft.starts_at.isoformat())


def cancel_session(actor: Actor, session_id: str, now: datetime, *, writes: bool = True) -> None:
    """It does not take place; learners are told. Raises NotAllowed, UnknownSession, CohortClosed."""
    with transaction() as books:
        row = _held(books, actor, session_id)
        if row.cancelled_at is not None:
            return
        row.cancelled_at = now
        if writes and row.ends_at > now:
            _write(books, row, "session_cancelled", now)
        audit.record(actor, "session.cancelled", session_id, now)


def hold_after_all(actor: Actor, session_id: str, now: datetime) -> None:
    """A cancelled session takes place after all. Raises NotAllowed, UnknownSession, CohortClosed."""
    with transaction() as books:
        row = _held(books, actor, session_id)
        if row.cancelled_at is not None:
            row.cancelled_at = None
            if row.ends_at > now:
                _write(books, row, "session_moved", now)
            audit.record(actor, "session.held_after_all", session_id, now)


def count_heads(actor: Actor, session_id: str, heads: int | None, now: datetime) -> None:
    """What the trainer counted in the room. Raises NotAllowed, UnknownSession, CohortClosed."""
    with transaction() as books:
        _held(books, actor, session_id).headcount = heads
        audit.record(actor, "session.heads", session_id, now, heads=heads)


def sign_in(
    actor: Actor, session_id: str, enrolment_id: str, now: datetime, *, device: str = ""
) -> None:  # fmt: skip
    """A learner was there: who scanned the wall. The edge has looked at the code and knows who it is.

    ``device`` is a token of the device, of which a digest is kept for this session alone. Signing in twice is
    signing in once, and a trainer's word is not overruled by a phone.
    Raises UnknownSession, SessionIsCancelled, NotOpenYet, SignInIsOver, NotInThisClass.
    """
    with transaction() as books:
        found = queries.session(session_id)
        check_door(found, now)
        enrolment = books.scalars(
            select(Enrolment).where(Enrolment.id == enrolment_id).with_for_update()
        ).one_or_none()
        if enrolment is None or enrolment.cohort_id != found.cohort_id or enrolment.left_at is not None:
            raise NotInThisClass()
        if books.get(Attendance, (session_id, enrolment_id)) is None:
            _put(books, session_id, enrolment_id, True, "scan", actor, now)
            if device:
                digest = device_at(queries.secret_of(session_id), device)
                books.add(SignInDevice(session_id=session_id, enrolment_id=enrolment_id, device=digest))
        enrolment.seen_at = max(enrolment.seen_at, now)
        books.flush()
        complete_if_met(enrolment_id, now)


def tick(
    actor: Actor, session_id: str, present: Mapping[str, bool], now: datetime, *, way: str = "trainer"
) -> int:
    """What the trainer says, or copies from the sheet, of these learners; how many of them changed.

    Raises NotAllowed, UnknownSession, CohortClosed.
    """
    with transaction() as books:
        row = _held(books, actor, session_id)
        inside = set(
            books.scalars(
                select(Enrolment.id).where(
                    Enrolment.cohort_id == row.cohort_id, Enrolment.id.in_(list(present))
                )
            )
        )
        changed = []
        for enrolment_id in sorted(inside):
            known = books.get(Attendance, (session_id, enrolment_id))
            if (known.is_present if known else False) != present[enrolment_id]:
                _put(books, session_id, enrolment_id, present[enrolment_id], way, actor, now)
                changed.append(enrolment_id)
        books.flush()
        for enrolment_id in changed:
            if present[enrolment_id]:
                complete_if_met(enrolment_id, now)
        audit.record(
            actor, "session.ticked", session_id, now,
            present=[each for each in changed if present[each]],
            absent=[each for each in changed if not present[each]],
        )  # fmt: skip
        return len(changed)


def _put(
    books: Books, session_id: str, enrolment_id: str, is_present: bool, way: str, actor: Actor, now: datetime
) -> None:
    books.merge(
        Attendance(
            session_id=session_id, enrolment_id=enrolment_id, is_present=is_present, way=way,
            actor_id=actor.id, at=now,
        )
    )  # fmt: skip


def _held(books: Books, actor: Actor, session_id: str) -> Session:
    row = books.get(Session, session_id)
    if row is None:
        raise UnknownSession()
    run_by(books, actor, row.cohort_id)
    return row


def _clock(at: datetime, zone: ZoneInfo) -> str:
    """As it stands on a clock of the class."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _write(books: Books, row: Session, kind: str, now: datetime) -> None:
    """A letter to everybody in the class whose address is known, in their language."""
    rows = books.execute(
        select(Enrolment.id, Enrolment.lang, Learner.email, Learner.person_id)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .where(Enrolment.cohort_id == row.cohort_id, Enrolment.left_at.is_(None), Learner.erased_at.is_(None))
    ).all()
    zone = books.get_one(Cohort, row.cohort_id).zone
    facts: Mapping[str, Any] = {
        "session": row.title, "number": row.number, "place": row.place,
        "starts_at": _clock(row.starts_at, zone), "ends_at": _clock(row.ends_at, zone), "zone": zone.key,
    }  # fmt: skip
    for enrolment_id, lang, email, person_id in rows:
        to = email or (person(person_id).email if person_id else "")
        if to:
            key = f"letter:{row.id}:{enrolment_id}:{kind}:{now.isoformat()}"
            letter = {
                "id": key.replace(":", "."), "to": to, "lang": lang,
                "template": f"training/letter_{kind}", "facts": facts,
            }  # fmt: skip
            jobs.enqueue("letter", letter, key=key, now=now, due=due_at(now, zone))
