"""For authors and operators: look over a course pack, and carry items in and out of it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from flask.cli import AppGroup

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import PortalError
from portal.training.commands.publishing import publish
from portal.training.queries.courses import published_factors
from portal.training.queries.rechecking import items_to_recheck
from portal.training.rules.formats import FORMATS, read_items, scorm, write_items
from portal.training.rules.formats.exchange import LeftOut, Problem, Writing
from portal.training.rules.packs.bank import written_bank
from portal.training.rules.packs.course import Pack, files_of_zip, zip_of_files
from portal.training.rules.packs.faults import Finding
from portal.training.rules.packs.lessons import stamped
from portal.training.rules.packs.lint import lint
from portal.training.rules.scenarios import scenario_faults
from portal.web.i18n import message, speak
from portal.web.operating import changes

training = AppGroup("training", help="Course packs and items.")
commands = (training,)
_LANG = click.Choice(["zh", "en"])
T = TypeVar("T")
_HIDDEN = {".git", ".DS_Store", "__MACOSX"}


@training.command("lint")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--lang", default="en", type=_LANG, help="The language of the remarks.")
@click.option("--json", "as_json", is_flag=True, help="One object a finding.")
def lint_pack(path: Path, lang: str, as_json: bool) -> None:
    """Look over the course pack at PATH, a folder or a ZIP file. Exit 0: sound, 1: not, 2: unreadable."""
    speak(lang)
    pack, findings = lint(_files(path), published_factors(), scenario_faults)
    for finding in findings:
        click.echo(json.dumps(_finding(finding), ensure_ascii=False) if as_json else _line(finding))
    if not as_json:
        click.echo(f"{len(findings)} findings, {len(pack.lessons)} lessons, {len(pack.items)} items.")
    sys.exit(1 if findings else 0)


@training.command("import")
@click.argument("name", metavar="FORMAT", type=click.Choice(list(FORMATS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--lang", required=True, type=_LANG, help="The language the file is written in, and of remarks."
)
@click.option("--repair", is_flag=True, help="Mend full-width marks such as ｛＝～＃ and 答案：.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the items here, as a bank."
)
def import_items(name: str, file: Path, lang: str, repair: bool, out: Path | None) -> None:
    """Read items from FILE: a dry run with a line per item and problem, or with --out a bank (YAML).

    Exit 0: all were taken. 1: some were not and are listed. 2: the file cannot be read.
    """
    speak(lang)
    reading = _or_stop(lambda: read_items(name, file.read_bytes(), lang, repair))
    for item in reading.items:
        click.echo(f"{'':>6}  {type(item.task).__name__.lower():<12} {item.id}")
    for problem in reading.problems:
        click.echo(_problem(problem))
    click.echo(f"{len(reading.items)} items, {len(reading.problems)} remarks.")
    if out:
        out.write_bytes(written_bank(reading.items))
    sys.exit(1 if reading.problems else 0)


@training.command("export")
@click.argument("name", metavar="FORMAT", type=click.Choice([*FORMATS, *scorm.EDITIONS]))
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--lang", required=True, type=_LANG, help="The language to write, and of remarks.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
def export_items(name: str, path: Path, lang: str, out: Path) -> None:
    """Write the items of the course pack at PATH in another format, or the whole course as SCORM.

    Exit 0: all were written. 1: some cannot be in this format and are listed. 2: the pack cannot be read, or
    none of its items can be written and there is no file.
    """
    speak(lang)
    pack, _findings = lint(_files(path))
    writing = _or_stop(lambda: _written(name, pack, lang))
    for left in writing.left_out:
        click.echo(_left_out(left))
    out.write_bytes(_or_stop(lambda: writing.file))
    click.echo(f"{len(pack.items) - len(writing.left_out)} items written, {len(writing.left_out)} left out.")
    sys.exit(1 if writing.left_out else 0)


@training.command("pack")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
def pack_files(path: Path, out: Path) -> None:
    """Make a ZIP file of the course pack in folder PATH, or a new folder of the ZIP file PATH."""
    files = _files(path)
    if path.is_dir():
        out.write_bytes(zip_of_files(files))
    else:
        out.mkdir(parents=True)
        for name, data in files.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(data)
    click.echo(f"{len(files)} files.")


@training.command("publish")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@changes
def publish_pack(path: Path) -> None:
    """Publish the course pack at PATH, a folder or a ZIP file. A sound pack that stands already stays."""
    click.echo(_or_stop(lambda: publish(Actor.system("cli"), _files(path), clock.now())))


@training.command("recheck")
def recheck() -> None:
    """List questions whose factor or calculator model changed since. Exit 1: there are some."""
    found = items_to_recheck()
    for each in found:
        where = f"{each.version.course} {each.version.version} {each.item}"
        click.echo(f"{where}: {each.key} {each.then} → {each.now or '–'}")
    click.echo(f"{len(found)} items to look at again.")
    sys.exit(1 if found else 0)


@training.command("stamp")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
def stamp(path: Path) -> None:
    """Mark every translated block in folder PATH as made from its original as it is now."""
    pack, _findings = lint(_files(path))
    original = pack.course.language if pack.course else "zh"
    for (name, lang), lesson in pack.lessons.items():
        file = path / "lessons" / f"{name}.{'en' if lang == 'zh' else 'zh'}.md"
        if lang == original and file.exists():
            file.write_bytes(stamped(file.read_bytes().decode(), lesson).encode())
            click.echo(file.name)


def _files(path: Path) -> dict[str, bytes]:
    """The files of a pack by name; hidden ones of tools are not part of it."""
    if path.is_file():
        return _or_stop(lambda: files_of_zip(path.read_bytes()))
    found = (file for file in sorted(path.rglob("*")) if file.is_file() and not file.is_symlink())
    inside = ((file.relative_to(path), file) for file in found)
    return {
        name.as_posix(): file.read_bytes() for name, file in inside if not _HIDDEN.intersection(name.parts)
    }


def _or_stop(work: Callable[[], T]) -> T:
    try:
        return work()
    except PortalError as fault:
        click.echo(message(fault), err=True)
        sys.exit(2)


def _written(name: str, pack: Pack, lang: str) -> Writing:
    if name in scorm.EDITIONS:
        return scorm.write(pack, lang, scorm.EDITIONS[name])
    return write_items(name, (item for item, _, _ in pack.items), lang)


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "file": finding.file,
        "line": finding.line,
        "code": type(finding.reason).__name__,
        "message": message(finding.reason),
    }


def _line(finding: Finding) -> str:
    return f"{finding.file}:{finding.line}: {message(finding.reason)}"


def _problem(problem: Problem) -> str:
    return f"{problem.line:>6}  {problem.item or '-':<12} {message(problem.reason)}"


def _left_out(left: LeftOut) -> str:
    return f"{left.item}: {message(left.reason)}"
