"""For operators: check every model."""

import click
from flask.cli import AppGroup

from portal.footprint.rules import library
from portal.footprint.rules.checks import findings
from portal.footprint.rules.errors import ModelFault
from portal.kernel import clock

footprint = AppGroup("footprint", help="Footprint models.")
commands = (footprint,)


@footprint.command("check")
@click.option("--rounds", default=10_000, show_default=True, help="Random answer sets per model.")
def check(rounds: int) -> None:
    """Run all checks of every released model version. Exit 0: all hold, 1: something is wrong."""
    wrong = 0
    for name in library.lock():
        click.echo(name)
        wrong += _report(name, rounds)
    click.echo("All checks hold." if not wrong else f"{wrong} checks failed.")
    raise SystemExit(1 if wrong else 0)


def _report(name: str, rounds: int) -> int:
    model_id, _, version = name.partition("/")
    try:
        model = library.model(model_id, version)
    except ModelFault as fault:
        click.echo("  refused: " + "\n           ".join(fault.faults))
        return 1
    found = findings(model, clock.today(), rounds)
    for finding in found:
        click.echo(f"  {'FAIL' if finding.faults else 'ok  '} {finding.check}")
        for line in finding.faults:
            click.echo(f"       {line}")
    return sum(bool(finding.faults) for finding in found)
