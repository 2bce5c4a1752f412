"""What imports ask: which units are here already, which mappings are saved, how far a file has come."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, literal, select

from portal.db import Str, db
from portal.kernel.errors import NotFound, PortalError
from portal.registry.models import ImportMapping, ImportRun, Issuance
from portal.registry.rules.imports import Known, Layout, Registered, UnknownLayout, shared
from portal.registry.rules.imports.layouts import LAYOUTS, from_json
from portal.registry.rules.imports.runs import RunState, fault_of
from portal.registry.rules.serials import Serial

STREAM = 2_000
AT_ONCE = 1_000  # groups or serials in one statement

# Both databases read a key of a JSON column so.
_retired = Issuance.source_facts.op("->>", return_type=Str())(literal("retired_on", Str())).is_not(None)


def known_of(registry: str, new: Iterable[Serial]) -> Known:
    """What the register has of these units, by this registry or under another's name.

    A few statements for the whole file, not one a row; the blocks are streamed past the rows.
    """
    serials = list(new)
    return Known(shared(serials, _registered(registry, serials)), _elsewhere(registry, serials))


def _registered(registry: str, serials: Sequence[Serial]) -> Iterator[Registered]:
    """Registered blocks in the stretch of these, group by group in the order of their units."""
    ends: dict[str, tuple[int, int]] = {}
    for serial in serials:
        low, high = ends.get(serial.group, (serial.first, serial.last))
        ends[serial.group] = min(low, serial.first), max(high, serial.last)
    for groups in _at_once(list(ends)):
        query = (
            select(
                Issuance.serial_group,
                Issuance.first_unit,
                Issuance.last_unit,
                Issuance.source_serial,
                _retired.label("retired"),
            )
            .where(
                Issuance.source_registry == registry,
                Issuance.serial_group.in_(groups),
                Issuance.first_unit <= max(ends[group][1] for group in groups),
                Issuance.last_unit >= min(ends[group][0] for group in groups),
            )
            .order_by(Issuance.serial_group, Issuance.first_unit)
            .execution_options(yield_per=STREAM)
        )
        for row in db.session.execute(query):
            yield Registered(registry, *row)


def _elsewhere(registry: str, serials: Sequence[Serial]) -> dict[str, str]:
    """The other registry under which a serial of the same text is here."""
    found: dict[str, str] = {}
    for texts in _at_once([serial.text for serial in serials]):
        query = select(Issuance.source_serial, Issuance.source_registry).where(
            Issuance.source_serial.in_(texts), Issuance.source_registry != registry
        )
        found.update((row.source_serial, row.source_registry) for row in db.session.execute(query))
    return found


def _at_once(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


# ── layouts ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MappingView:
    """A saved mapping of columns, as it stands now."""

    layout: Layout
    version: int
    actor_id: str
    at: datetime

    @property
    def name(self) -> str:
        return self.layout.name


def layout_of(name: str) -> Layout:
    """A known registry's columns or a saved mapping's. Raises UnknownLayout."""
    return LAYOUTS.get(name) or mapping(name).layout


def mapping(name: str) -> MappingView:
    """The newest version of a saved mapping. Raises UnknownLayout."""
    row = db.session.execute(
        select(ImportMapping)
        .where(ImportMapping.name == name)
        .order_by(ImportMapping.version.desc())
        .limit(1)
    ).scalar_one_or_none()
    if row is None:
        raise UnknownLayout(name=name[:40])
    return _mapping(row)


def mappings() -> list[MappingView]:
    """Saved mappings by name, each in its newest version."""
    rows = db.session.scalars(select(ImportMapping).order_by(ImportMapping.name, ImportMapping.version))
    newest = {row.name: row for row in rows}
    return [_mapping(row) for row in newest.values()]


def _mapping(row: ImportMapping) -> MappingView:
    return MappingView(from_json(row.name, row.layout), row.version, row.actor_id, row.at)


# ── runs ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RunView:
    """A file on its way. ``outcome`` counts its rows once it was judged; ``fault`` says why it failed."""

    id: str
    layout: str
    file_name: str
    file_sha256: str
    state: RunState
    outcome: dict[str, Any]
    fault: PortalError | None
    at: datetime

    @property
    def is_applicable(self) -> bool:
        return self.state is RunState.JUDGED and not self.outcome["refused"]


def run(run_id: str) -> RunView:
    """Raises NotFound."""
    row = db.session.execute(_RUN.where(ImportRun.id == run_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _run(row)


def runs(limit: int = 20) -> list[RunView]:
    """Files that were given, newest first."""
    return [_run(row) for row in db.session.execute(_RUN.order_by(ImportRun.at.desc()).limit(limit))]


_RUN = select(
    ImportRun.id, ImportRun.layout, ImportRun.file_name, ImportRun.file_sha256, ImportRun.state,
    ImportRun.outcome, ImportRun.fault, ImportRun.at,
)  # fmt: skip


def _run(row: Row[*tuple[Any, ...]]) -> RunView:
    return RunView(
        row.id, row.layout, row.file_name, row.file_sha256, RunState(row.state), row.outcome,
        fault_of(json.loads(row.fault)) if row.fault else None, row.at,
    )  # fmt: skip
