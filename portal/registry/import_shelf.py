"""What lies beside a file while it is looked at: its report row by row, and how far the work is.

Working papers, not records: they are on disk for a week, and what counts stands in the database.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from flask import current_app

from portal.kernel import clock
from portal.kernel.errors import NotFound, PortalError
from portal.kernel.ids import is_id
from portal.registry.rules.imports import ImportReport, RowReport, Verdict
from portal.registry.rules.imports.runs import fault_of, told

KEPT_SECONDS = 7 * 24 * 3600
# One letter before each line, so that a kind of row is found without reading what it says.
_KINDS = {"refused": "r", "warned": "w", "accepted": "a", "unchanged": "u"}
KINDS = tuple(_KINDS)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a report as pages show it."""

    row: int
    verdict: Verdict
    serial: str
    project: str
    tonnes: int | None
    type: str
    state: str
    problem: PortalError | None
    warnings: tuple[PortalError, ...]


def keep(run_id: str, report: ImportReport) -> None:
    """Keep the report: refused rows first, then those with a warning, then the rest in their order."""
    file = _file(run_id, "report")
    for old in file.parent.iterdir():
        if old.stat().st_mtime < clock.now().timestamp() - KEPT_SECONDS:
            old.unlink(missing_ok=True)
    with file.open("w", encoding="utf-8") as out:
        for row in sorted(report.rows, key=lambda row: list(_KINDS).index(_kind(row))):
            out.write(f"{_KINDS[_kind(row)]}{json.dumps(_told(row), ensure_ascii=False)}\n")


def rows(run_id: str, kind: str = "", after: int = 0, limit: int = 200) -> list[tuple[int, ShownRow]]:
    """Rows of a kept report with their cursors, from behind the cursor ``after``; none once it is gone."""
    return list(islice(all_rows(run_id, kind, after), limit))


def all_rows(run_id: str, kind: str = "", after: int = 0) -> Iterator[tuple[int, ShownRow]]:
    file, letter = _file(run_id, "report"), _KINDS.get(kind, "")
    if not file.is_file():
        return
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if number > after and line.startswith(letter):
                yield number, _shown(json.loads(line[1:]))


def is_kept(run_id: str) -> bool:
    return _file(run_id, "report").is_file()


def tell(run_id: str, done: int, of: int) -> None:
    """How many rows are done, of how many (0: not known yet)."""
    _file(run_id, "progress").write_text(f"{done} {of}")


def progress(run_id: str) -> tuple[int, int]:
    """What ``tell`` said last."""
    try:
        done, of = _file(run_id, "progress").read_text().split()
        return int(done), int(of)
    except (OSError, ValueError):  # not begun, or just being written
        return 0, 0


def _file(run_id: str, what: str) -> Path:
    if not is_id(run_id, "irn"):
        raise NotFound()
    folder = Path(current_app.config["PORTAL"].instance) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{run_id}.{what}"


def _kind(row: RowReport) -> str:
    if row.verdict is Verdict.REFUSED:
        return "refused"
    return "warned" if row.warnings else row.verdict.value


def _told(row: RowReport) -> Sequence[Any]:
    issued = row.issued
    return [
        row.row, row.verdict.value,
        *((issued.serial.text, issued.project_name, issued.tonnes, issued.type.value, issued.state.value)
          if issued else ("", "", None, "", "")),
        told(row.problem) if row.problem else None, [told(warning) for warning in row.warnings],
    ]  # fmt: skip


def _shown(kept: list[Any]) -> ShownRow:
    *what, problem, warnings = kept
    row, verdict, serial, project, tonnes, kind, state = what
    return ShownRow(
        row, Verdict(verdict), serial, project, tonnes, kind, state,
        fault_of(problem) if problem else None, tuple(map(fault_of, warnings)),
    )  # fmt: skip
