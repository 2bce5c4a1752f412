"""For operators: check every model, and see what a new version changes."""

import json
from dataclasses import asdict
from typing import Any

import click
from flask.cli import AppGroup

from portal.footprint.rules import library
from portal.footprint.rules.checks import Finding, findings
from portal.footprint.rules.errors import ModelFault, NotComparable, UnknownModel, UnknownVersion
from portal.footprint.rules.model import Model
from portal.footprint.rules.report import Moved, change_report, review_faults
from portal.kernel import clock

footprint = AppGroup("footprint", help="Footprint models.")
commands = (footprint,)


@footprint.command("check")
@click.option("--rounds", default=10_000, show_default=True, help="Random answer sets per model.")
def check(rounds: int) -> None:
    """Run all checks of every released model version. Exit 0: all hold, 1: something is wrong."""
    wrong = 0
    for name in library.lock():
        wrong += _report(name, rounds)
    click.echo("All checks hold." if not wrong else f"{wrong} checks failed.")
    raise SystemExit(1 if wrong else 0)


def _report(name: str, rounds: int) -> int:
    """Prints the checks of one version, for everybody and for each audience; how many failed."""
    model_id, _, version = name.partition("/")
    click.echo(name)
    try:
        model = library.model(model_id, version)
        wrong = _printed([*findings(model, clock.today(), rounds), *_versions(model)])
        for audience in model.audiences:
            click.echo(f"{name}, {audience}")
            wrong += _printed(findings(library.model(model_id, version, audience), clock.today(), rounds))
    except ModelFault as fault:
        click.echo("  refused: " + "\n           ".join(fault.faults))
        return 1
    return wrong


def _versions(model: Model) -> list[Finding]:
    migration = library.migration(model.id, model.version)
    if migration is None:
        return []
    return [Finding(f"changes since {migration.of} reviewed", tuple(review_faults(model)))]


def _printed(found: list[Finding]) -> int:
    for finding in found:
        note = f": {finding.note}" if finding.note else ""
        click.echo(f"  {'FAIL' if finding.faults else 'ok  '} {finding.check}{note}")
        for line in finding.faults:
            click.echo(f"       {line}")
    return sum(bool(finding.faults) for finding in found)


class _Version(click.ParamType):
    """``household-cn/1.0.0``"""

    name = "MODEL/VERSION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Model:
        model_id, _, version = str(value).partition("/")
        try:
            return library.model(model_id, version)
        except (UnknownModel, UnknownVersion):
            self.fail(f"{value} is none of {', '.join(library.lock())}", param, ctx)
        except ModelFault as fault:
            self.fail(str(fault), param, ctx)


@footprint.command("changes")
@click.argument("old", type=_Version())
@click.argument("new", type=_Version())
@click.option("--json", "as_json", is_flag=True, help="One object per line, last the summary.")
def changes(old: Model, new: Model, as_json: bool) -> None:
    """List every line of a golden case of OLD that NEW moves by more than 5 %, after taking its answers over.

    A reviewer signs by putting the SHA-256 into review.toml beside the new version.
    """
    try:
        report = change_report(old, new)
    except NotComparable:
        raise click.UsageError(
            "the older version first, of one model, with a migration between them"
        ) from None
    for moved in report.moved:
        click.echo(json.dumps(asdict(moved)) if as_json else _row(moved))
    summary = {"model": report.model, "old": report.old, "new": report.new, "moved": len(report.moved)}
    if as_json:
        click.echo(json.dumps(summary | {"sha256": report.digest}))
    else:
        click.echo(f"{len(report.moved)} lines moved by more than 5 %. To sign, write into review.toml:")
        click.echo(f'reviewer = "footprint editor"\ndate = "{clock.today()}"\nreport = "{report.digest}"')


def _row(moved: Moved) -> str:
    part = "from nothing" if moved.percent is None else f"{moved.percent:+.1f} %"
    return f"{moved.case:<28}{moved.rule:<24}{moved.before_g:>16,} g {moved.after_g:>16,} g  {part}"
