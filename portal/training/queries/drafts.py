"""Drafts as authors and editors see them: lists, files, findings, and what was changed by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.training import policy
from portal.training.models.courses import Draft, DraftFile
from portal.training.models.drafting import DraftChange, DraftRequest
from portal.training.queries.courses import published_factors
from portal.training.rules.drafts import UnknownDraft
from portal.training.rules.items import MISSING
from portal.training.rules.packs.banks import Held, all_held
from portal.training.rules.packs.course import Pack, read_course
from portal.training.rules.packs.faults import Finding, Notes
from portal.training.rules.packs.lint import lint
from portal.training.rules.scenarios import scenario_faults


@dataclass(frozen=True, slots=True)
class Offer:
    """A request to publish; ``answer`` is empty while it waits, else published, returned or taken_back."""

    note: str
    sha256: str
    asked_by: str
    asked_at: datetime
    answer: str
    reason: str


@dataclass(frozen=True, slots=True)
class DraftView:
    """``title`` and ``version`` are what its course.yml says now. ``offer`` is the last one, if any."""

    id: str
    course: str
    title: Bilingual
    version: str
    language: str
    based_on: str | None
    made_by: str
    changed_by: str
    changed_at: datetime
    is_closed: bool
    published_as: str | None
    offer: Offer | None

    @property
    def is_offered(self) -> bool:
        return self.offer is not None and not self.offer.answer


@dataclass(frozen=True, slots=True)
class Listed:
    """A file in a list; ``size`` in bytes."""

    path: str
    revision: int
    size: int
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class FileView:
    """A file with its revision; ``revision`` 0 and no bytes for one that is not there."""

    path: str
    data: bytes
    revision: int
    changed_by: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One file in one step. ``is_last``: nothing changed the file after it."""

    step: str
    path: str
    revision: int
    is_there: bool
    is_last: bool
    changed_by: str
    changed_at: datetime


def drafts(actor: Actor, *, closed: bool = False) -> list[DraftView]:
    """All open drafts, or all that were put away or published; the last changed first. Raises NotAllowed."""
    if not policy.may_read_courses(actor):
        raise NotAllowed()
    which = Draft.closed_at.is_not(None) if closed else Draft.closed_at.is_(None)
    return sorted(_views(db.session.scalars(select(Draft).where(which))), key=_changed, reverse=True)


def draft(actor: Actor, draft_id: str) -> DraftView:
    """Raises NotAllowed, UnknownDraft."""
    if not policy.may_read_courses(actor):
        raise NotAllowed()
    row = db.session.get(Draft, draft_id)
    if row is None:
        raise UnknownDraft()
    return _views([row])[0]


def _changed(view: DraftView) -> datetime:
    return view.changed_at


def _views(rows: Iterable[Draft]) -> list[DraftView]:
    held = list(rows)
    ids = [row.id for row in held]
    plans = _plans(ids)
    offers = _last_offers(ids)
    touched = (
        select(DraftFile.draft_id, DraftFile.changed_by, DraftFile.changed_at)
        .where(DraftFile.draft_id.in_(ids))
        .order_by(DraftFile.changed_at, DraftFile.path)
    )
    changed = {row.draft_id: row for row in db.session.execute(touched)}
    return [_view(row, plans.get(row.id), changed.get(row.id), offers.get(row.id)) for row in held]


def _plans(ids: list[str]) -> dict[str, bytes]:
    plans = select(DraftFile.draft_id, DraftFile.data).where(
        DraftFile.path == "course.yml", DraftFile.draft_id.in_(ids)
    )
    return dict(db.session.execute(plans).all())


def _last_offers(ids: list[str]) -> dict[str, Offer]:
    asked = (
        select(DraftRequest)
        .where(DraftRequest.draft_id.in_(ids))
        .order_by(DraftRequest.asked_at, DraftRequest.id)
    )
    return {
        row.draft_id: Offer(row.note, row.sha256, row.asked_by, row.asked_at, row.answer or "", row.reason)
        for row in db.session.scalars(asked)
    }


def _view(row: Draft, plan: bytes | None, changed: object, offer: Offer | None) -> DraftView:
    course = read_course(plan, Notes("course.yml")) if plan else None
    return DraftView(
        id=row.id,
        course=row.course,
        title=course.title if course else MISSING,
        version=course.version if course else "",
        language=(course.language if course else "") or "zh",
        based_on=row.based_on,
        made_by=row.made_by,
        changed_by=getattr(changed, "changed_by", row.made_by),
        changed_at=getattr(changed, "changed_at", row.made_at),
        is_closed=row.closed_at is not None,
        published_as=row.published_as,
        offer=offer,
    )


def listing(draft_id: str) -> list[Listed]:
    """All files of the draft by path."""
    rows = db.session.execute(
        select(
            DraftFile.path, DraftFile.revision, func.length(DraftFile.data),
            DraftFile.changed_by, DraftFile.changed_at,
        )
        .where(DraftFile.draft_id == draft_id)
        .order_by(DraftFile.path)
    )  # fmt: skip
    return sorted((Listed(*row) for row in rows), key=lambda each: each.path)


def files(draft_id: str) -> dict[str, bytes]:
    """All files of the draft: its pack as it stands."""
    rows = db.session.execute(select(DraftFile.path, DraftFile.data).where(DraftFile.draft_id == draft_id))
    return dict(sorted((path, data) for path, data in rows))


def file(draft_id: str, path: str) -> FileView:
    """A file, there or not."""
    row = db.session.execute(
        select(DraftFile.data, DraftFile.revision, DraftFile.changed_by, DraftFile.changed_at).where(
            DraftFile.draft_id == draft_id, DraftFile.path == path
        )
    ).one_or_none()
    return FileView(path, *row) if row else FileView(path, b"", 0)


def file_at(draft_id: str, path: str, revision: int) -> bytes:
    """What a file held then; nothing where it was not there. A sitting leaves out revisions."""
    data = db.session.scalar(
        select(DraftChange.data)
        .where(DraftChange.draft_id == draft_id, DraftChange.path == path, DraftChange.revision <= revision)
        .order_by(DraftChange.revision.desc())
        .limit(1)
    )
    return data or b""


def findings(draft_id: str) -> list[Finding]:
    """What the lint has to say about the draft as it stands."""
    return read(draft_id)[1]


def read(draft_id: str) -> tuple[Pack, list[Finding]]:
    """The pack and its findings; read anew when a file has changed."""
    return _read(draft_id, _stand(draft_id))


def held(draft_id: str) -> tuple[Held, ...]:
    """Every item of the draft's banks, sound or not, to be looked at; read anew when a file has changed."""
    return _held(draft_id, _stand(draft_id))


Stand = tuple[tuple[str, int, datetime], ...]


def _stand(draft_id: str) -> Stand:
    """There to be compared: revisions only grow, so the same stand is the same pack."""
    return tuple((each.path, each.revision, each.changed_at) for each in listing(draft_id))


@lru_cache(maxsize=8)
def _read(draft_id: str, stand: Stand) -> tuple[Pack, list[Finding]]:
    return lint(files(draft_id), published_factors(), scenario_faults)


@lru_cache(maxsize=8)
def _held(draft_id: str, stand: Stand) -> tuple[Held, ...]:
    return tuple(all_held(files(draft_id)))


def changes(draft_id: str, path: str = "", limit: int = 200) -> list[Change]:
    """The last changes, of one file or of all, newest first."""
    last = (
        select(DraftChange.path, func.max(DraftChange.revision).label("revision"))
        .where(DraftChange.draft_id == draft_id)
        .group_by(DraftChange.path)
        .subquery()
    )
    asked = (
        select(
            DraftChange.step, DraftChange.path, DraftChange.revision, DraftChange.data.is_not(None),
            DraftChange.revision == last.c.revision, DraftChange.changed_by, DraftChange.changed_at,
        )
        .join(last, last.c.path == DraftChange.path)
        .where(DraftChange.draft_id == draft_id)
        .order_by(DraftChange.changed_at.desc(), DraftChange.step.desc(), DraftChange.path)
        .limit(limit)
    )  # fmt: skip
    if path:
        asked = asked.where(DraftChange.path == path)
    return [Change(*row) for row in db.session.execute(asked)]
