"""What is in force, what waits, and what was."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Select, Table, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.settings import policy
from portal.settings.models import SettingChange, SettingVerdict
from portal.settings.rules.sheets import SHEETS, Sheet
from portal.settings.rules.versions import EMPTY, Book, NoSuchChange, NoSuchSheet, Verdict, Version, bind

_changes, _verdicts = (cast(Table, kind.__table__) for kind in (SettingChange, SettingVerdict))
# Built once: putting a statement together costs more than having it done.
_NEWEST = (
    select(_verdicts.c.number, _verdicts.c.change_id)
    .where(_verdicts.c.number.is_not(None))
    .order_by(_verdicts.c.number.desc())
    .limit(1)
)
_ALL = (
    select(
        _verdicts.c.number, _verdicts.c.takes_effect_at, _changes.c.id, _changes.c.sheet, _changes.c.content
    )
    .join_from(_verdicts, _changes, _changes.c.id == _verdicts.c.change_id)
    .where(_verdicts.c.number.is_not(None))
)

_kept: WeakKeyDictionary[Engine, Book] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change with what became of it; ``verdict`` is None while it waits."""

    id: str
    sheet: str
    content: dict[str, Any]
    needs_two: bool
    from_at: datetime | None
    reason: str
    based_on: int
    proposed_by: str
    proposed_at: datetime
    number: int | None
    verdict: Verdict | None
    takes_effect_at: datetime | None
    note: str
    decided_by: str
    decided_at: datetime | None


def book() -> Book:
    """Every version that was confirmed: one look at an index, and no more while nothing has changed."""
    newest = db.session.connection().execute(_NEWEST).one_or_none()
    number, change_id = (newest.number, newest.change_id) if newest else (0, "")
    known = last_known()
    # By its id too: a number that was rolled back is given again.
    if (known.number, known.newest) != (number, change_id):
        known = _kept[db.engine] = _read(number, change_id)
    return known


def last_known() -> Book:
    """What this process has seen last, for when the database cannot be asked."""
    return _kept.get(db.engine, EMPTY)


def _read(number: int, newest: str) -> Book:
    rows = db.session.connection().execute(_ALL.where(_verdicts.c.number <= number))
    versions = [(row.sheet, Version(row.number, row.takes_effect_at, row.content, row.id)) for row in rows]
    return bind(number, newest, versions)


def sheet_of(key: str) -> Sheet:
    """Raises NoSuchSheet."""
    if key not in SHEETS:
        raise NoSuchSheet()
    return SHEETS[key]


def history(actor: Actor, sheet: str) -> list[ChangeView]:
    """Every change of a sheet, the newest first. Raises NotAllowed."""
    return _views(actor, _shown().where(_changes.c.sheet == sheet))


def waiting(actor: Actor) -> list[ChangeView]:
    """What nobody has decided yet. Raises NotAllowed."""
    return _views(actor, _shown().where(_verdicts.c.change_id.is_(None)))


def change(actor: Actor, change_id: str) -> ChangeView:
    """Raises NotAllowed, NoSuchChange."""
    found = _views(actor, _shown().where(_changes.c.id == change_id))
    if not found:
        raise NoSuchChange()
    return found[0]


def _shown() -> Select[Any]:
    decided = (each for each in _verdicts.c if each.name != "change_id")
    return (
        select(*_changes.c, *decided)
        .outerjoin(_verdicts, _verdicts.c.change_id == _changes.c.id)
        .order_by(_changes.c.proposed_at.desc(), _changes.c.id.desc())
    )


def _views(actor: Actor, wanted: Select[Any]) -> list[ChangeView]:
    if not policy.may_read(actor):
        raise NotAllowed()
    return [
        ChangeView(
            row.id, row.sheet, row.content, row.needs_two, row.from_at, row.reason, row.based_on,
            row.proposed_by, row.proposed_at, row.number, Verdict(row.verdict) if row.verdict else None,
            row.takes_effect_at, row.note or "", row.decided_by or "", row.decided_at,
        )
        for row in db.session.execute(wanted)
    ]  # fmt: skip


def every_change() -> Select[Any]:
    """All changes with what became of them, as a table to take away."""
    return _shown().order_by(None).order_by(_changes.c.id)
