"""Whether the ledger stands: the outcome of its last audit."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from portal.db import db
from portal.registry.models import LedgerAudit
from portal.registry.rules.errors import SellingStopped

KEPT_SECONDS = 2.0
_kept: WeakKeyDictionary[Engine, tuple[float, bool]] = WeakKeyDictionary()

_audit = LedgerAudit.__table__
# Built once: putting a statement together costs more than having it done.
_NEWEST = (
    select(_audit.c.at, _audit.c.ok, _audit.c.faults, _audit.c.size, _audit.c.root)
    .order_by(_audit.c.at.desc())
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Audit:
    at: datetime
    ok: bool
    faults: list[Any]
    size: int | None = None
    root: bytes | None = None


def last_audit() -> Audit | None:
    return next(iter(audits(1)), None)


def audits(limit: int) -> list[Audit]:
    """The last audits, newest first."""
    rows = db.session.connection().execute(_NEWEST, {"limit": limit})
    return [Audit(row.at, row.ok, row.faults, row.size, row.root) for row in rows]


def is_stopped() -> bool:
    """Whether the last audit failed; asked on every page, so kept for two seconds per process.

    While the database cannot be asked the last answer stands, because the page that says so asks as well.
    """
    until, stopped = _kept.get(db.engine, (0.0, False))
    if time.monotonic() > until:
        try:
            audit = last_audit()
            stopped = audit is not None and not audit.ok
        except SQLAlchemyError:
            db.session.remove()
        _kept[db.engine] = (time.monotonic() + KEPT_SECONDS, stopped)
    return stopped


def forget() -> None:
    """Look afresh next time: after an audit in this process, and in tests."""
    _kept.clear()


def check_selling() -> None:
    """Raises SellingStopped while the last audit's failure stands."""
    if is_stopped():
        raise SellingStopped()
