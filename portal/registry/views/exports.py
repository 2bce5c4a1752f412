"""The register as files: every table whole, or of one project or lot, as CSV, JSON Lines or XLSX.

Columns have the same names in every language and in every form; numbers are grams and whole tonnes. They are
a promise to whoever reads them by program (``TABLES`` is what the open data page shows of them).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response

from portal.kernel.clock import text_of
from portal.registry.queries import movements as journal
from portal.registry.queries import register as read
from portal.registry.queries.movements import MovementView, Of
from portal.registry.queries.register import LotView, ProjectView, SerialView
from portal.registry.rules.ledger import BlockState
from portal.web.exports import Cell, streamed
from portal.web.guard import open_to_all
from portal.web.limits import limited
from portal.web.page import plain_blueprint

tables = plain_blueprint("registry_tables", __name__)

STEP = 500

PROJECTS = (
    "code", "name_zh", "name_en", "type", "methodology", "country", "registry", "source_id", "state", "demo",
)  # fmt: skip
SERIALS = (
    "id", "serial", "registry", "project", "vintage_start", "vintage_end", "issued_on", "tonnes",
    "held_g", "reserved_g", "allocated_g", "retired_g", "cancelled_g", "escrow_g", "lots",
    "retired_at_source", "demo",
)  # fmt: skip
LOTS = (
    "code", "project", "registry", "retirement_reference", "retired_on", "vintage_start", "vintage_end",
    "retired_t", "attributed_g", "free_g", "price_minor_per_t", "currency", "evidence_sha256", "opened_at",
    "closed_at", "demo",
)  # fmt: skip
MOVEMENTS = (
    "log_idx", "at", "kind", "project", "lot", "serial", "first_g", "last_g", "grams", "holder",
    "retirement", "test", "void",
)  # fmt: skip
ATTRIBUTIONS = ("retirement", "part", "grams", "holder_commitment", "purpose", "at", "test", "void")
TABLES = {"projects": PROJECTS, "serials": SERIALS, "lots": LOTS, "movements": MOVEMENTS}

ANY = "<any(csv, jsonl, xlsx):kind>"


@tables.get(f"/register/projects.{ANY}")
@open_to_all
@limited("60/hour")
def projects(kind: str) -> Response:
    """Every project."""
    return streamed(kind, "projects", PROJECTS, map(_project, _every(_projects_after, "code", None)))


@tables.get(f"/register/serials.{ANY}")
@open_to_all
@limited("60/hour")
def serials(kind: str) -> Response:
    """Every serial block, with what became of its grams."""
    return streamed(kind, "serials", SERIALS, map(_serial, _every(read.serials_after, "cursor", -1)))


@tables.get(f"/register/lots.{ANY}")
@open_to_all
@limited("60/hour")
def lots(kind: str) -> Response:
    """Every lot, closed ones too."""
    return streamed(kind, "lots", LOTS, map(_lot, _every(_lots_after, "code", None)))


@tables.get(f"/register/movements.{ANY}")
@open_to_all
@limited("60/hour")
def movements(kind: str) -> Response:
    """Everything that moved, newest first."""
    return streamed(kind, "movements", MOVEMENTS, map(_moved, journal.every(Of())))


@tables.get(f"/projects/<code>/serials.{ANY}")
@open_to_all
def project_serials(code: str, kind: str) -> Response:
    """The serial blocks of one project."""
    found = read.project(code)

    def after(cursor: Any, limit: int) -> Sequence[SerialView]:
        return read.serials_of(found.code, cursor, limit)

    return streamed(kind, f"{found.code}-serials", SERIALS, map(_serial, _every(after, "cursor", -1)))


@tables.get(f"/projects/<code>/movements.{ANY}")
@open_to_all
def project_movements(code: str, kind: str) -> Response:
    """Everything that moved of one project, newest first."""
    found = read.project(code)
    rows = map(_moved, journal.every(Of(project_id=found.id)))
    return streamed(kind, f"{found.code}-movements", MOVEMENTS, rows)


@tables.get(f"/lots/<code>/attributions.{ANY}")
@open_to_all
def attributions(code: str, kind: str) -> Response:
    """Every attribution of a lot, newest first: for whoever wants to add them up."""
    found = read.lot(code)
    rows = (row for row in journal.every(Of(lot_id=found.id)) if row.kind == "attribution")
    return streamed(kind, f"{found.code}-attributions", ATTRIBUTIONS, map(_attributed, rows))


def _every(read_after: Callable[[Any, int], Sequence[Any]], cursor: str, start: Any) -> Iterator[Any]:
    """All rows of a list that is read in parts, each after the cursor of the last."""
    while rows := read_after(start, STEP):
        yield from rows
        start = getattr(rows[-1], cursor)


def _projects_after(code: Any, limit: int) -> Sequence[ProjectView]:
    return read.projects(after=code, limit=limit)


def _lots_after(code: Any, limit: int) -> Sequence[LotView]:
    return read.lots(after=code, limit=limit)


def _project(row: ProjectView) -> list[Cell]:
    return [row.code, row.name.zh, row.name.en, row.type.value, row.methodology, row.country, row.registry,
            row.source_id, row.state, int(row.is_demo)]  # fmt: skip


def _serial(row: SerialView) -> list[Cell]:
    by_state = [row.by_state[state].grams if state in row.by_state else 0 for state in _STATES]
    return [row.id, row.serial, row.registry, row.project.code, row.vintage_start.isoformat(),
            row.vintage_end.isoformat(), row.issued_on.isoformat() if row.issued_on else None, row.tonnes,
            *by_state, " ".join(row.lots), int(row.retired_at_source), int(row.is_demo)]  # fmt: skip


_STATES = (
    BlockState.HELD, BlockState.RESERVED, BlockState.ALLOCATED, BlockState.RETIRED, BlockState.CANCELLED,
    BlockState.ESCROW,
)  # fmt: skip


def _lot(row: LotView) -> list[Cell]:
    return [row.code, row.project.code, row.registry, row.retirement_reference, row.retired_on.isoformat(),
            row.vintage_start.isoformat(), row.vintage_end.isoformat(), row.retired.grams // 1_000_000,
            row.attributed.grams, row.free.grams, row.price_per_t.minor, row.price_per_t.currency,
            row.evidence_sha256, text_of(row.opened_at), text_of(row.closed_at) if row.closed_at else None,
            int(row.is_demo)]  # fmt: skip


def _moved(row: MovementView) -> list[Cell]:
    return [row.idx, text_of(row.at), row.kind, row.project_code, row.lot_code, row.serial, row.first_g,
            row.last_g, row.mass.grams if row.mass else None, row.holder, row.retirement_id, int(row.test),
            int(row.is_void)]  # fmt: skip


def _attributed(row: MovementView) -> list[Cell]:
    return [row.retirement_id, row.part, row.mass.grams if row.mass else None, row.holder, row.purpose,
            text_of(row.at), int(row.test), int(row.is_void)]  # fmt: skip
