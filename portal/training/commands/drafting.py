"""Writing a course: drafts begin, their files change step by step, and steps are undone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.training import policy
from portal.training.models.courses import Draft, DraftFile
from portal.training.models.drafting import DraftChange
from portal.training.rules.drafts import (
    DraftClosed,
    FileChanged,
    NothingChanged,
    StepOvertaken,
    UnknownDraft,
    check_path,
    check_size,
)

Changes = Mapping[str, bytes | None]
# Writing that saves itself is one step until the author is away for so long.
PAUSE: Final = timedelta(minutes=30)
_SITTING: Final = "sit"


def begin(
    actor: Actor, course: str, files: Mapping[str, bytes], now: datetime, based_on: str | None = None
) -> str:
    """A new draft with these files, as they are; its id. The lint finds what is wrong with them.

    Raises NotAllowed, DraftTooLarge.
    """
    if not policy.may_write_courses(actor):
        raise NotAllowed()
    check_size({path: len(data) for path, data in files.items()})
    with transaction() as session:
        draft = Draft(id=new_id("drf"), course=course, based_on=based_on, made_by=actor.id, made_at=now)
        session.add(draft)
        session.flush()
        _write(session, draft.id, files, actor, now)
        audit.record(actor, "draft.begun", draft.id, now, course=course, based_on=based_on)
        return draft.id


def save(
    actor: Actor, draft_id: str, changes: Changes, revisions: Mapping[str, int], now: datetime,
    *, by_itself: bool = False,
) -> str | None:  # fmt: skip
    """Files as they are to be from now on, None for one to take out; the step, or None if nothing changes.

    ``revisions`` are those that the author has seen, by path; 0 for a file that was not there. What a page
    saves ``by_itself`` goes into the step of the same sitting, if that is the last of its files.
    Raises NotAllowed, UnknownDraft, DraftClosed, PathForbidden, DraftTooLarge, FileChanged.
    """
    if not policy.may_write_courses(actor):
        raise NotAllowed()
    with transaction() as session:
        _open(session, draft_id)
        held = _held(session, draft_id, changes)
        for path in sorted(changes):
            found = held.get(path)
            if revisions.get(path, 0) != (found.revision if found else 0):
                raise FileChanged(path=path)
            if found is None:
                check_path(path)
        new = {p: data for p, data in changes.items() if data != (held[p].data if p in held else None)}
        if not new:
            return None
        sitting = _sitting(session, draft_id, new, actor, now) if by_itself else None
        return _write(session, draft_id, new, actor, now, sitting)


def undo(actor: Actor, draft_id: str, step: str, now: datetime) -> None:
    """Put the files of a step back as they were before it; that is a step of its own.

    Raises NotAllowed, UnknownDraft, DraftClosed, NothingChanged, StepOvertaken.
    """
    if not policy.may_write_courses(actor):
        raise NotAllowed()
    with transaction() as session:
        _open(session, draft_id)
        changed = select(DraftChange.path, DraftChange.revision).where(
            DraftChange.draft_id == draft_id, DraftChange.step == step
        )
        made = dict(session.execute(changed).all())
        if not made:
            raise NothingChanged()
        if any(_last_revision(session, draft_id, path) != revision for path, revision in made.items()):
            raise StepOvertaken()
        before = {path: _data_at(session, draft_id, path, revision - 1) for path, revision in made.items()}
        _write(session, draft_id, before, actor, now)


def put_back(actor: Actor, draft_id: str, path: str, revision: int, now: datetime) -> None:
    """A file as this revision left it, whatever came after.

    Raises NotAllowed, UnknownDraft, DraftClosed, NothingChanged.
    """
    if not policy.may_write_courses(actor):
        raise NotAllowed()
    with transaction() as session:
        _open(session, draft_id)
        if session.get(DraftChange, (draft_id, path, revision)) is None:
            raise NothingChanged()
        _write(session, draft_id, {path: _data_at(session, draft_id, path, revision)}, actor, now)


def put_away(actor: Actor, draft_id: str, now: datetime) -> None:
    """The draft leaves the lists; it can be taken out again. Raises NotAllowed, UnknownDraft, DraftClosed."""
    if not policy.may_write_courses(actor):
        raise NotAllowed()
    with transaction() as session:
        _open(session, draft_id).closed_at = now
        audit.record(actor, "draft.put_away", draft_id, now)


def take_out(actor: Actor, draft_id: str, now: datetime) -> None:
    """A draft that was put away goes on; one that was published does not.

    Raises NotAllowed, UnknownDraft, DraftClosed.
    """
    if not policy.may_write_courses(actor):
        raise NotAllowed()
    with transaction() as session:
        draft = session.get(Draft, draft_id, with_for_update=True)
        if draft is None:
            raise UnknownDraft()
        if draft.published_as:
            raise DraftClosed()
        draft.closed_at = None
        audit.record(actor, "draft.taken_out", draft_id, now)


def _open(session: Session, draft_id: str) -> Draft:
    """The draft, locked, so that two who save at once are asked one after the other."""
    draft = session.get(Draft, draft_id, with_for_update=True)
    if draft is None:
        raise UnknownDraft()
    if draft.closed_at:
        raise DraftClosed()
    return draft


def _held(session: Session, draft_id: str, paths: Changes) -> dict[str, DraftFile]:
    rows = session.scalars(
        select(DraftFile).where(DraftFile.draft_id == draft_id, DraftFile.path.in_(list(paths)))
    )
    return {row.path: row for row in rows}


def _sitting(session: Session, draft_id: str, changes: Changes, actor: Actor, now: datetime) -> str:
    """The step of this author at these files that goes on, freed of what it held of them; else a new one."""
    last = [
        row
        for path in changes
        if (row := session.get(DraftChange, (draft_id, path, _last_revision(session, draft_id, path))))
        and row.step.startswith(f"{_SITTING}_")
        and row.changed_by == actor.id
        and now - row.changed_at <= PAUSE
    ]
    if not last:
        return new_id(_SITTING)
    for row in last:
        if row.step == last[0].step:
            session.delete(row)
    return last[0].step


def _write(
    session: Session, draft_id: str, changes: Changes, actor: Actor, now: datetime, sitting: str | None = None
) -> str:
    step, held = sitting or new_id("stp"), _held(session, draft_id, changes)
    for path, data in sorted(changes.items()):
        # Counted by the file where it is there: a sitting has taken its last change out.
        seen = held[path].revision if path in held else 0
        revision = max(seen, _last_revision(session, draft_id, path)) + 1
        told = {"revision": revision, "changed_by": actor.id, "changed_at": now}
        session.add(DraftChange(draft_id=draft_id, path=path, step=step, data=data, **told))
        row = held.get(path)
        if data is None:
            if row is not None:
                session.delete(row)
        elif row is None:
            session.add(DraftFile(draft_id=draft_id, path=path, data=data, **told))
        else:
            row.data, row.revision, row.changed_by, row.changed_at = data, revision, actor.id, now
    session.flush()
    check_size(_sizes(session, draft_id))
    return step


def _sizes(session: Session, draft_id: str) -> dict[str, int]:
    sizes = select(DraftFile.path, func.length(DraftFile.data)).where(DraftFile.draft_id == draft_id)
    return dict(session.execute(sizes).all())


def _last_revision(session: Session, draft_id: str, path: str) -> int:
    last = select(func.max(DraftChange.revision)).where(
        DraftChange.draft_id == draft_id, DraftChange.path == path
    )
    return session.scalar(last) or 0


def _data_at(session: Session, draft_id: str, path: str, revision: int) -> bytes | None:
    """What the file held then; None where it was not there. A sitting leaves out revisions."""
    return session.scalar(
        select(DraftChange.data)
        .where(DraftChange.draft_id == draft_id, DraftChange.path == path, DraftChange.revision <= revision)
        .order_by(DraftChange.revision.desc())
        .limit(1)
    )
