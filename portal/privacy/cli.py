"""Privacy without a browser: ``flask --app app privacy …``."""

import click
from flask.cli import AppGroup

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.privacy.commands import retaining
from portal.privacy.rules.retention import periods
from portal.web.operating import changes

privacy = AppGroup("privacy", help="What is kept about people, and for how long.")
commands = (privacy,)

_OPERATOR = Actor.system("privacy-cli")


@privacy.command()
@click.option("--dry-run", is_flag=True, help="Only say how much has had its time; change nothing.")
@changes
def retention(dry_run: bool) -> None:
    """Delete or empty what has had its time, period by period."""
    now = clock.now()
    found = retaining.overdue(now) if dry_run else (retaining.apply(_OPERATOR, one, now) for one in periods())
    for each in found:
        click.echo(f"{each.period.id:24} {each.period.days:6} days  {each.period.deed.value:7} {each.rows:8}")
    click.echo("Nothing was changed." if dry_run else "Done.")
