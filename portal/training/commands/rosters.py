"""Taking a list of learners into a class, all of it in one go, and taking it out again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, NotFound
from portal.kernel.ids import new_id
from portal.training.commands.cohorts import run_by
from portal.training.models.attempts import Attempt
from portal.training.models.classes import Attendance, Cohort
from portal.training.models.learners import Enrolment, Learner, Reading, Roster
from portal.training.models.outcomes import Override
from portal.training.models.voices import FeedbackGiven, Nudge
from portal.training.rules.classes import MOST_LEARNERS, CohortIsFull, Standing, UnknownCohort
from portal.training.rules.learners import hash_of, new_code
from portal.training.rules.nudging import due_at
from portal.training.rules.rosters import Entry

_WORK = (Reading, Attempt, Attendance, Override, FeedbackGiven, Nudge)


class UnknownRoster(NotFound):
    message = N_("We could not find this list.")


@dataclass(frozen=True, slots=True)
class RosterFile:
    """Where a list came from: its name and the SHA-256 of what was read."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of a list that was taken back: ``stayed`` had begun already."""

    removed: int
    stayed: int


def take_roster(
    actor: Actor,
    cohort_id: str,
    roster_id: str,
    file: RosterFile,
    entries: Sequence[Entry],
    now: datetime,
    *,
    writes: bool = False,
) -> int:
    """Enrol all of these, or nobody; how many were enrolled. Who is in the class already is passed over.

    ``roster_id`` is made at the edge: the same list sent twice is one. With ``writes`` each of them who has
    an e-mail address gets a letter, not at night.
    Raises NotAllowed, UnknownCohort, CohortClosed, CohortIsFull.
    """
    with transaction() as session:
        cohort = run_by(session, actor, cohort_id)
        if session.get(Roster, roster_id):
            return 0
        inside = set(session.scalars(select(Enrolment.learner_id).where(Enrolment.cohort_id == cohort_id)))
        if len(inside) + len(entries) > MOST_LEARNERS:
            raise CohortIsFull(most=MOST_LEARNERS)
        session.add(
            Roster(
                id=roster_id, cohort_id=cohort_id, file_name=file.name, sha256=file.sha256,
                made_by=actor.id, made_at=now,
            )
        )  # fmt: skip
        session.flush()
        known = _known(session, entries)
        fresh = [(entry, known.get(entry.email) or new_id("lrn")) for entry in entries]
        _add_learners(session, [(e, id_) for e, id_ in fresh if not (e.email and e.email in known)], now)
        joined = [(entry, learner_id) for entry, learner_id in fresh if learner_id not in inside]
        _enrol(session, cohort, roster_id, joined, now)
        if writes:
            _write_to(cohort, [entry for entry, _ in joined], now)
        audit.record(actor, "roster.taken", cohort_id, now, roster=roster_id, learners=len(joined))
        return len(joined)


def undo_roster(actor: Actor, cohort_id: str, roster_id: str, now: datetime) -> Undone:
    """Take the whole list out again. Who has begun stays: their work is not ours to delete.

    Raises NotAllowed, UnknownCohort, CohortClosed, UnknownRoster.
    """
    with transaction() as session:
        run_by(session, actor, cohort_id)
        row = session.get(Roster, roster_id)
        if row is None or row.cohort_id != cohort_id:
            raise UnknownRoster()
        held = session.execute(
            select(Enrolment.id, Enrolment.learner_id).where(Enrolment.roster_id == roster_id)
        ).all()
        begun = _begun(session, [each.id for each in held])
        gone = [each for each in held if each.id not in begun]
        session.execute(delete(Enrolment).where(Enrolment.id.in_([each.id for each in gone])))
        _forget(session, [each.learner_id for each in gone], row.made_at)
        row.undone_at = row.undone_at or now
        audit.record(actor, "roster.undone", cohort_id, now, roster=roster_id, removed=len(gone))
        return Undone(len(gone), len(begun))


def remove_learner(actor: Actor, cohort_id: str, enrolment_id: str, now: datetime) -> None:
    """One learner leaves the class; what was done stays. Raises NotAllowed, UnknownCohort, CohortClosed."""
    _move(actor, cohort_id, enrolment_id, now, "learner.left", left_at=now)


def return_learner(actor: Actor, cohort_id: str, enrolment_id: str, now: datetime) -> None:
    """The same, undone. Raises NotAllowed, UnknownCohort, CohortClosed."""
    _move(actor, cohort_id, enrolment_id, now, "learner.returned", left_at=None)


def set_standing(actor: Actor, cohort_id: str, enrolment_id: str, standing: Standing, now: datetime) -> None:
    """Whether somebody is counted: a learner is, a tester and staff never are.

    Raises NotAllowed, UnknownCohort, CohortClosed.
    """
    _move(actor, cohort_id, enrolment_id, now, "learner.standing", standing=standing.value)


def give_codes(actor: Actor, cohort_id: str, enrolment_ids: Iterable[str], now: datetime) -> dict[str, str]:
    """New personal codes by enrolment, to be printed now: afterwards nobody can read them any more.

    Earlier codes of these learners end. Who has an account needs none and gets none.
    Raises NotAllowed, UnknownCohort, CohortClosed.
    """
    with transaction() as session:
        run_by(session, actor, cohort_id)
        rows = session.execute(
            select(Enrolment.id, Learner)
            .join(Learner, Learner.id == Enrolment.learner_id)
            .where(
                Enrolment.cohort_id == cohort_id, Enrolment.id.in_(list(enrolment_ids)),
                Learner.person_id.is_(None), Learner.erased_at.is_(None),
            )
            .order_by(Learner.id)
            .with_for_update(of=Learner)
        ).all()  # fmt: skip
        codes = {}
        for enrolment_id, learner in rows:
            codes[enrolment_id] = code = new_code()
            learner.code_hash = hash_of(code)
        audit.record(actor, "learners.codes", cohort_id, now, count=len(codes))
        return codes


def _move(actor: Actor, cohort_id: str, enrolment_id: str, now: datetime, verb: str, **values: Any) -> None:
    with transaction() as session:
        run_by(session, actor, cohort_id)
        moved = session.execute(
            update(Enrolment)
            .where(Enrolment.id == enrolment_id, Enrolment.cohort_id == cohort_id)
            .values(**values)
            .returning(Enrolment.id)
        ).first()
        if moved is None:
            raise UnknownCohort()
        audit.record(actor, verb, enrolment_id, now, standing=values.get("standing"))


def _known(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
    """Learners who are here already, by their address."""
    addresses = [entry.email for entry in entries if entry.email]
    rows = session.execute(
        select(Learner.email, Learner.id).where(Learner.email.in_(addresses)).order_by(Learner.id)
    )
    return {str(row.email): str(row.id) for row in rows}


def _add_learners(session: Session, fresh: Sequence[tuple[Entry, str]], now: datetime) -> None:
    rows = [
        {"id": learner_id, "name": entry.name, "email": entry.email, "lang": entry.lang, "made_at": now}
        for entry, learner_id in fresh
    ]
    if rows:
        session.execute(insert(Learner), rows)


def _enrol(
    session: Session, cohort: Cohort, roster_id: str, joined: Sequence[tuple[Entry, str]], now: datetime
) -> None:
    rows = [
        {
            "id": new_id("enr"), "learner_id": learner_id, "version_id": cohort.version_id,
            "cohort_id": cohort.id, "roster_id": roster_id, "standing": Standing.LEARNER.value,
            "lang": entry.lang, "enrolled_at": now, "seen_at": now,
        }
        for entry, learner_id in joined
    ]  # fmt: skip
    if rows:
        session.execute(insert(Enrolment), rows)


def _write_to(cohort: Cohort, entries: Iterable[Entry], now: datetime) -> None:
    for entry in entries:
        if entry.email:
            key = f"letter:cohort:{cohort.id}:{entry.email}:enrolled"
            letter: Mapping[str, Any] = {
                "id": key.replace(":", ".").replace("@", "."), "to": entry.email, "lang": entry.lang,
                "template": "training/letter_enrolled",
                "facts": {
                    "name": entry.name, "cohort": cohort.name, "place": cohort.place,
                    "first_day": cohort.first_day.isoformat(), "last_day": cohort.last_day.isoformat(),
                    "code": cohort.join_code,
                },
            }  # fmt: skip
            jobs.enqueue("letter", dict(letter), key=key, now=now, due=due_at(now, cohort.zone))


def _begun(session: Session, enrolment_ids: Sequence[str]) -> set[str]:
    """Those of these enrolments on which anything hangs."""
    found: set[str] = set()
    for kind in _WORK:
        column = kind.enrolment_id
        found |= set(session.scalars(select(column).where(column.in_(enrolment_ids))))
    return found


def _forget(session: Session, learner_ids: Sequence[str], since: datetime) -> None:
    """Delete those of these learners who came with the list, are in nothing else and have no account."""
    session.execute(
        delete(Learner).where(
            Learner.id.in_(learner_ids),
            Learner.made_at == since,
            Learner.person_id.is_(None),
            ~exists().where(Enrolment.learner_id == Learner.id),
        )
    )
