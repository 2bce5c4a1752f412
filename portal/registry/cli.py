"""Operator's commands of the registry: import a source registry's export."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click
from flask.cli import AppGroup

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import PortalError
from portal.registry.commands import imports, movements
from portal.registry.queries.imports import layout_of, mappings
from portal.registry.rules.imports import LAYOUTS, ImportReport, RowReport
from portal.web.i18n import message, speak
from portal.web.operating import changes

registry = AppGroup("registry", help="Projects, credits and lots.")
commands = (registry,)
OPERATOR = Actor.system("cli")


@registry.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--registry",
    "name",
    required=True,
    help=f"Whose export this is: {', '.join(LAYOUTS)}, or a saved column mapping's name.",
)
@click.option("--apply", "is_real", is_flag=True, help="Import it; without this nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="One object a row, last a summary.")
@click.option("--lang", default="en", type=click.Choice(["zh", "en"]), help="The language of the remarks.")
@click.option("--only-refused", is_flag=True, help="Leave out the rows that are accepted or unchanged.")
@changes
def import_file(file: Path, name: str, is_real: bool, as_json: bool, lang: str, only_refused: bool) -> None:
    """Import FILE (CSV or XLSX): a dry run with a line per row, or with --apply all of it or nothing.

    Exit code 0: every row is accepted or unchanged. 1: one is refused. 2: the file cannot be read.
    """
    speak(lang)
    try:
        report = imports.read(OPERATOR, name, file.read_bytes(), _progress("read"))
        report = imports.judged(OPERATOR, report)
    except PortalError as fault:
        click.echo(message(fault), err=True)
        sys.exit(2)
    for row in report.rows:
        if row.problem or not only_refused:
            click.echo(json.dumps(_row(row), ensure_ascii=False) if as_json else _line(row))
    if is_real and report.is_applicable:
        imports.enter(OPERATOR, report, file.name, clock.now(), progress=_progress("imported"))
    click.echo(json.dumps(_summary(report)) if as_json else _closing(report, is_real))
    sys.exit(0 if report.is_applicable else 1)


@registry.command("layouts")
def list_layouts() -> None:
    """List what --registry may name: known registries and saved column mappings."""
    for name in (*LAYOUTS, *(saved.name for saved in mappings())):
        layout = layout_of(name)
        columns = ", ".join(f"{role.value}={names[0]}" for role, names in layout.columns.items())
        click.echo(f"{name:<20} {layout.registry:<20} {columns}")


def _progress(what: str) -> Callable[[int], None]:
    """Tells on the terminal how far it is; nothing when nobody looks."""

    def show(rows: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{rows:>9,} rows {what}", nl=False, err=True)

    return show


@registry.command("reindex")
@changes
def reindex() -> None:
    """Build what the register is searched by again, from the log and the projects."""
    click.echo(f"{movements.rebuild(OPERATOR)} records indexed.")


def _row(row: RowReport) -> dict[str, object]:
    return {
        "row": row.row,
        "verdict": row.verdict.value,
        "serial": row.issued.serial.text if row.issued else None,
        "tonnes": row.issued.tonnes if row.issued else None,
        "type": row.issued.type.value if row.issued else None,
        "retired": row.issued.retirement is not None if row.issued else None,
        "state": row.issued.state.value if row.issued else None,
        "problem": message(row.problem) if row.problem else None,
        "warnings": [message(warning) for warning in row.warnings],
    }


def _line(row: RowReport) -> str:
    told = [message(fault) for fault in (row.problem, *row.warnings) if fault]
    if row.issued:
        state = row.issued.state.value
        told = [
            f"{row.issued.type.value:<5} {row.issued.tonnes:>8} t  {state:<9}  {row.issued.serial.text}",
            *told,
        ]
    return f"{row.row:>6}  {row.verdict.value:<9}  {'  '.join(told)}"


def _summary(report: ImportReport) -> dict[str, int]:
    return {
        "accepted": report.accepted,
        "refused": report.refused,
        "unchanged": report.unchanged,
        "warnings": report.warnings,
    }


def _closing(report: ImportReport, is_real: bool) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in _summary(report).items())
    if not report.is_applicable:
        return f"{counts}. Nothing was imported: correct the refused rows and try again."
    return f"{counts}. " + (
        "Imported." if is_real else "Dry run: nothing was written. Add --apply to import."
    )
