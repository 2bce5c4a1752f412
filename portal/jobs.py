"""Jobs: work recorded in the transaction of the fact that causes it, and the worker that does it.

The outbox row is the queue. A handler is told of a row at least once, outside any transaction, and
must be idempotent; a row is leased while it is worked on, so several workers share one outbox and a
killed worker's row comes back when its lease ends. Why there is no broker: docs/decisions/0003.
"""

import json
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, current_app
from sqlalchemy import Index, Table, Text, func, or_, select, text, update
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Int, Json, Str, Utc, assert_no_transaction, db, strict, transaction
from portal.kernel import clock
from portal.kernel.ids import new_id

Handler = Callable[[dict[str, Any]], None]
Thing = TypeVar("Thing")
Answer = TypeVar("Answer")

LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)
LAST_ATTEMPT = 14  # with doubling pauses: about three hours of trying

_handlers: dict[str, Handler] = {}
_forgetful: set[str] = set()
_periodic: dict[str, tuple[timedelta, Callable[[], None]]] = {}
log = structlog.get_logger("jobs")


class Outbox(Base):
    """One piece of work. ``key`` is unique: the same work is recorded once however often it is asked for."""

    __tablename__ = "outbox"
    __table_args__ = strict(
        Index(
            "ix_outbox_waiting",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        # What is done is kept, so what was given up must be found without reading all of it.
        Index(
            "ix_outbox_failed",
            "created_at",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    key: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    payload: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)  # waiting, done, failed
    due_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    attempts: Mapped[int] = mapped_column(Int, nullable=False)
    last_error: Mapped[str | None] = mapped_column(Str)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    done_at: Mapped[datetime | None] = mapped_column(Utc)


class Schedule(Base):
    """When each periodic job runs next; claimed by one worker at a time."""

    __tablename__ = "schedule"
    __table_args__ = strict()

    name: Mapped[str] = mapped_column(Str, primary_key=True)
    next_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


_work, _turns = (cast(Table, kind.__table__) for kind in (Outbox, Schedule))
# Built once: putting a statement together costs more than having it done.
_ADD_WORK = {
    "postgresql": postgresql.insert(_work).on_conflict_do_nothing(index_elements=["key"]),
    "sqlite": sqlite.insert(_work).on_conflict_do_nothing(index_elements=["key"]),
}
_ADD_TURN = {
    "postgresql": postgresql.insert(_turns).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(_turns).on_conflict_do_nothing(),
}


def enqueue(
    kind: str, payload: dict[str, Any], *, key: str, now: datetime, due: datetime | None = None
) -> None:
    """Record work beside the fact that causes it. Recording the same key again changes nothing."""
    with transaction() as session:
        row = {
            "id": new_id("job"),
            "key": key,
            "kind": kind,
            "payload": payload,
            "state": "waiting",
            "due_at": due or now,
            "attempts": 0,
            "created_at": now,
        }
        books = session.connection()
        books.execute(_ADD_WORK[books.dialect.name], row)


def handles(kind: str, *, forgets: bool = False) -> Callable[[Handler], Handler]:
    """Register the function that does this kind of work.

    ``forgets``: what the work was told is erased once it is done; for an address that must not be kept.
    """

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        if forgets:
            _forgetful.add(kind)
        return handler

    return register


def every(seconds: float) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a periodic job; one worker of several runs it each time."""

    def register(job: Callable[[], None]) -> Callable[[], None]:
        _periodic[f"{job.__module__}.{job.__name__}"] = (timedelta(seconds=seconds), job)
        return job

    return register


def each(things: Iterable[Thing], do: Callable[[Thing], Answer]) -> list[Answer]:
    """What a periodic job does, for each by itself: one that cannot be done keeps no other waiting.

    It is logged, so ``things`` are ids and no names; its turn comes again in the job's next round. Returns
    what was answered for those that could be done. Never inside a transaction, which it would end.
    """
    assert_no_transaction()
    answers = list[Answer]()
    for thing in things:
        try:
            answers.append(do(thing))
        except Exception:
            db.session.rollback()
            log.exception("left for the next round", thing=str(thing))
    return answers


def counts() -> tuple[int, int]:
    """How much is waiting, and how much was given up."""
    waiting, failed = (
        db.session.execute(select(func.count()).where(Outbox.state == state)).scalar_one()
        for state in ("waiting", "failed")
    )
    return waiting, failed


def given_up() -> tuple[int, datetime | None]:
    """How much was given up, and when the oldest of it was recorded."""
    counted = select(func.count(), func.min(Outbox.created_at)).where(Outbox.state == "failed")
    count, oldest = db.session.execute(counted).one()
    return count, oldest


@dataclass(frozen=True, slots=True)
class FailedJob:
    """Work that was given up after its last attempt."""

    id: str
    kind: str
    attempts: int
    last_error: str
    created_at: datetime


def failed(limit: int = 50) -> list[FailedJob]:
    """Work that was given up, the oldest first."""
    rows = db.session.scalars(
        select(Outbox).where(Outbox.state == "failed").order_by(Outbox.created_at, Outbox.id).limit(limit)
    )
    return [FailedJob(row.id, row.kind, row.attempts, row.last_error or "", row.created_at) for row in rows]


@dataclass(frozen=True, slots=True)
class KnownJob:
    id: str
    kind: str
    state: str


def find(typed: str, limit: int = 10) -> list[KnownJob]:
    """Work by its id or key, done or not."""
    which = (Outbox.id == typed) | (Outbox.key == typed)
    return [
        KnownJob(row.id, row.kind, row.state)
        for row in db.session.scalars(select(Outbox).where(which).limit(limit))
    ]


def recorded(keys: Collection[str]) -> set[str]:
    """Those of ``keys`` whose work was asked for, done or not."""
    return set(db.session.scalars(select(Outbox.key).where(Outbox.key.in_(keys))))


def retry(job_id: str, now: datetime) -> bool:
    """Put failed work back in the queue with all its attempts before it; False when it is not failed."""
    with transaction() as session:
        again = session.execute(
            update(Outbox)
            .where(Outbox.id == job_id, Outbox.state == "failed")
            .values(state="waiting", due_at=now, attempts=0)
            .returning(Outbox.id)
        )
        return again.first() is not None


def is_in_step(now: datetime, seconds: int) -> bool:
    """Whether no work has been due for longer than that without being tried."""
    return waiting_seconds(now) <= seconds


def waiting_seconds(now: datetime) -> float:
    """How long the oldest work that was never tried has been due; 0 where none is."""
    oldest = db.session.execute(
        select(func.min(Outbox.due_at)).where(Outbox.state == "waiting", Outbox.attempts == 0)
    ).scalar_one()
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def forget_addresses(addresses: Collection[str]) -> int:
    """Empty what finished work was told, wherever it names one of these addresses; how many rows."""
    told = cast_to(Outbox.payload, Text)
    named = [told.contains(json.dumps(each, ensure_ascii=False), autoescape=True) for each in addresses]
    if not named:
        return 0
    with transaction() as session:
        done = update(Outbox).where(Outbox.state != "waiting", or_(*named))
        return len(session.scalars(done.values(payload={}, last_error=None).returning(Outbox.id)).all())


def drain(now: datetime | None = None, limit: int = 1000) -> int:
    """Do waiting work that is due; returns how many pieces were tried. Also what tests call."""
    tried = 0
    while tried < limit and (task := _claim(now or clock.now())):
        _do(task)
        tried += 1
    return tried


def run_periodic() -> None:
    """Run each periodic job whose turn it is and that no other worker has claimed."""
    for name, (pause, job) in _periodic.items():
        if _claim_turn(name, pause, clock.now()):
            try:
                with current_app.app_context():
                    job()
            except Exception:
                log.exception("periodic job failed", job=name)
    db.session.remove()


def work(app: Flask, stop: threading.Event, idle_seconds: float = 0.3) -> None:
    """The worker's loop: periodic jobs, then the outbox, then a short rest. Survives a lost database."""
    while not stop.is_set():
        try:
            with app.app_context():
                tried = 0 if _is_read_only(app) else _round()
        except Exception:
            log.exception("worker round failed")
            tried = 0
            stop.wait(1)
        if not tried:
            stop.wait(idle_seconds)


def _round() -> int:
    run_periodic()
    return drain(limit=50)


def _is_read_only(app: Flask) -> bool:
    """Whether nothing may be written, because the database is older than what was published."""
    ask = app.extensions.get("portal.read_only")
    return bool(ask and ask())


@dataclass(frozen=True, slots=True)
class _Task:
    """A claimed row; ``attempt`` counts from 1."""

    id: str
    kind: str
    payload: dict[str, Any]
    attempt: int


def _claim(now: datetime) -> _Task | None:
    """The oldest work that is due, leased: should this worker die, it is due again when the lease ends."""
    is_due = (Outbox.state == "waiting", Outbox.due_at <= now)
    if db.session.execute(select(Outbox.id).where(*is_due).limit(1)).first() is None:
        return None  # looked at without a lock, which an idle worker would take from buyers on SQLite
    oldest = select(Outbox.id).where(*is_due).order_by(Outbox.due_at).limit(1)
    with transaction() as session:
        row = session.execute(
            update(Outbox)
            .where(Outbox.id == oldest.with_for_update(skip_locked=True).scalar_subquery())
            .values(due_at=now + LEASE, attempts=Outbox.attempts + 1)
            .returning(Outbox.id, Outbox.kind, Outbox.payload, Outbox.attempts)
        ).one_or_none()
    return _Task(row.id, row.kind, row.payload, row.attempts) if row else None


def _do(task: _Task) -> None:
    if task.attempt > LAST_ATTEMPT:  # it was never settled: whoever took it up did not live to say so
        log.error("job ends its worker", job=task.id, kind=task.kind)
        _settle(task, state="failed", last_error=f"its worker ended {LAST_ATTEMPT} times before it was done")
        return
    try:
        # A context of its own: no language and no open session of the work before.
        with current_app.app_context():
            handler = _handlers.get(task.kind)
            if handler is None:
                raise LookupError(f"nobody handles {task.kind}")
            handler(task.payload)
    except Exception as fault:
        log.exception("job failed", job=task.id, kind=task.kind, attempt=task.attempt)
        now = clock.now()
        _settle(
            task,
            state="failed" if task.attempt >= LAST_ATTEMPT else "waiting",
            due_at=now + min(FIRST_PAUSE * 2 ** (task.attempt - 1), LONGEST_PAUSE),
            last_error=f"{type(fault).__name__}: {fault}"[:500].replace("\0", ""),
        )
    else:
        told: dict[str, object] = {"payload": {}} if task.kind in _forgetful else {}
        _settle(task, state="done", done_at=clock.now(), last_error=None, **told)
    finally:
        db.session.remove()


def _settle(task: _Task, **outcome: object) -> None:
    """Write down what became of it, unless the lease ended meanwhile and another worker has taken it over."""
    mine = (Outbox.id == task.id, Outbox.attempts == task.attempt, Outbox.state == "waiting")
    with transaction() as session:
        session.execute(update(Outbox).where(*mine).values(**outcome))


def _claim_turn(name: str, pause: timedelta, now: datetime) -> bool:
    next_at = db.session.execute(select(Schedule.next_at).where(Schedule.name == name)).scalar_one_or_none()
    if next_at is not None and next_at > now:
        return False
    with transaction() as session:
        if next_at is None:
            add = _ADD_TURN[session.get_bind().dialect.name].returning(_turns.c.name)
            won = session.execute(add, {"name": name, "next_at": now + pause})
        else:
            won = session.execute(
                update(Schedule)
                .where(Schedule.name == name, Schedule.next_at == next_at)
                .values(next_at=now + pause)
                .returning(Schedule.name)
            )
        return won.first() is not None
