"""What became of grams, as the log tells it: of a project, a lot, a serial or a holder, newest first."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, null, or_, select

from portal.db import db, look_at_one_moment
from portal.kernel.mass import Mass
from portal.registry.models import (
    Entry,
    Issuance,
    Movement,
    Pending,
    PoolLot,
    Project,
    Record,
    Retirement,
    RetirementVoid,
)
from portal.registry.queries.places import Row, named, rows_of

WAITING_SHOWN = 200
COMMITMENT_DIGITS = 64


@dataclass(frozen=True, slots=True)
class MovementView:
    """One place that a record speaks of. ``idx`` is None while the record waits for its place in the log.

    ``holder`` is a public code: a commitment that only a certificate can open, or an account's id.
    """

    idx: int | None
    kind: str
    at: datetime
    project_code: str | None
    lot_code: str | None
    serial: str | None
    first_g: int | None
    last_g: int | None
    mass: Mass | None
    holder: str | None
    retirement_id: str | None
    purpose: str
    test: bool
    is_void: bool
    cursor: str

    @property
    def part(self) -> str | None:
        """The serial with the part of it that moved, as ``rules.serials`` writes it."""
        if self.serial is None or self.first_g is None:
            return self.serial
        return f"{self.serial}/g{self.first_g}-{self.last_g}"


@dataclass(frozen=True, slots=True)
class Of:
    """Whose movements: each that is given narrows the answer; none is the whole register's."""

    project_id: str | None = None
    lot_id: str | None = None
    issuance_id: str | None = None
    holder: str | None = None

    def conditions(self) -> Iterator[Any]:
        """As SQL, each of which an index of the table answers."""
        if self == Of():
            yield Movement.project_id.is_not(None)  # certificates are papers: they move nothing
        for name in ("project_id", "lot_id", "issuance_id"):
            if wanted := getattr(self, name):
                yield getattr(Movement, name) == wanted
        if self.holder and self.is_beginning:
            # As two bounds, by which SQLite sees that the index has it; hex digits end before "g".
            yield and_(Movement.holder >= self.holder, Movement.holder < self.holder + "g")
        elif self.holder:
            yield or_(Movement.holder == self.holder, Movement.sender == self.holder)

    @property
    def is_beginning(self) -> bool:
        """Whether only the first digits of a commitment are given, as pages print them."""
        holder = self.holder or ""
        return not holder.startswith("acc_") and len(holder) < COMMITMENT_DIGITS

    def holds(self, row: Row) -> bool:
        """The same of a row in hand."""
        if self == Of():
            return row["project_id"] is not None
        same = all(
            getattr(self, name) in (None, row[name]) for name in ("project_id", "lot_id", "issuance_id")
        )
        return same and (not self.holder or self._is_whose(row))

    def _is_whose(self, row: Row) -> bool:
        if self.is_beginning:
            return str(row["holder"]).startswith(str(self.holder))
        return self.holder in (row["holder"], row["sender"])


def indexed() -> int:
    """How many records of the log the index holds."""
    return int(db.session.execute(select(func.coalesce(func.max(Movement.idx), -1) + 1)).scalar_one())


def movements(of: Of, before: str | None = None, limit: int = 50) -> list[MovementView]:
    """Newest first; ``before`` is the cursor of the last one above. What waits for its place is not here."""
    query = _MOVEMENTS.where(*of.conditions()).order_by(Movement.idx.desc(), Movement.part.desc())
    if found := re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,9})", before or ""):
        idx, part = int(found[1]), int(found[2])
        # A bound and a remainder: the index is walked from there, not from the newest.
        same = and_(Movement.idx == idx, Movement.part < part)
        query = query.where(Movement.idx <= idx, or_(Movement.idx < idx, same))
    return [_view(row) for row in db.session.execute(query.limit(limit))]


def every(of: Of, page: int = 1_000) -> Iterator[MovementView]:
    """All of them, newest first, those that wait for their place before the others.

    Read in parts, each a glance of its own: whoever downloads slowly holds no snapshot of the database.
    """
    look_at_one_moment()  # what waits and what has its place, without a record in both or in neither
    yield from (rows := [*waiting(of, limit=None), *movements(of, limit=page)])
    while rows and rows[-1].cursor:
        before = rows[-1].cursor
        db.session.rollback()
        yield from (rows := movements(of, before, page))


def waiting(of: Of, limit: int | None = WAITING_SHOWN) -> list[MovementView]:
    """Movements whose records the index does not hold yet, newest first: a second's worth as a rule."""
    rows = [row for row in rows_of(_unindexed(limit)) if of.holds(row)]
    projects = _names(Project.id, Project.code, (row["project_id"] for row in rows))
    lots = _names(PoolLot.id, PoolLot.code, (row["lot_id"] for row in rows))
    serials = _names(Issuance.id, Issuance.source_serial, (row["issuance_id"] for row in rows))
    retired = {row["retirement_id"] for row in rows}
    void = _names(RetirementVoid.retirement_id, RetirementVoid.because, retired)
    purposes = _names(Retirement.id, Retirement.purpose, retired)
    return [
        MovementView(
            idx=row["idx"], kind=row["kind"], at=row["at"], project_code=projects.get(row["project_id"]),
            lot_code=lots.get(row["lot_id"]), serial=serials.get(row["issuance_id"]),
            first_g=row["first_g"], last_g=row["last_g"],
            mass=Mass(row["mass_g"]) if row["mass_g"] else None, holder=row["holder"],
            retirement_id=row["retirement_id"], purpose=purposes.get(row["retirement_id"], ""),
            test=row["is_test"], is_void=row["retirement_id"] in void, cursor="",
        )
        for row in rows
    ]  # fmt: skip


def _unindexed(limit: int | None) -> list[Any]:
    """Records beyond the index, newest first: those that wait for a place, then those just placed."""
    columns = (Record.kind, Record.body, Record.at)
    pending = db.session.execute(
        select(null().label("idx"), *columns)
        .join(Pending, Pending.record_id == Record.id)
        .order_by(Pending.seq.desc())
        .limit(limit)
    ).all()
    placed = db.session.execute(
        select(Entry.idx, *columns)
        .join(Record, Record.id == Entry.record_id)
        .where(Entry.idx >= indexed())
        .order_by(Entry.idx.desc())
        .limit(limit)
    ).all()
    return [*pending, *placed][:limit]


def _names(own: Any, name: Any, wanted: Iterable[str | None]) -> dict[str | None, str]:
    return {row[0]: row[1] for row in named(select(own, name), own, set(wanted))}


_MOVEMENTS = (
    select(
        Movement, Project.code.label("project_code"), PoolLot.code.label("lot_code"),
        Issuance.source_serial, Retirement.purpose, RetirementVoid.retirement_id.label("void"),
    )
    .outerjoin(Project, Project.id == Movement.project_id)
    .outerjoin(PoolLot, PoolLot.id == Movement.lot_id)
    .outerjoin(Issuance, Issuance.id == Movement.issuance_id)
    .outerjoin(Retirement, Retirement.id == Movement.retirement_id)
    .outerjoin(RetirementVoid, RetirementVoid.retirement_id == Movement.retirement_id)
)  # fmt: skip


def _view(row: Any) -> MovementView:
    moved: Movement = row.Movement
    return MovementView(
        idx=moved.idx, kind=moved.kind, at=moved.at, project_code=row.project_code, lot_code=row.lot_code,
        serial=row.source_serial, first_g=moved.first_g, last_g=moved.last_g,
        mass=Mass(moved.mass_g) if moved.mass_g else None, holder=moved.holder,
        retirement_id=moved.retirement_id, purpose=row.purpose or "", test=moved.is_test,
        is_void=row.void is not None, cursor=f"{moved.idx}.{moved.part}",
    )  # fmt: skip
