"""Operator commands of the shop."""

import json

import click
from flask.cli import AppGroup

from portal.kernel import clock
from portal.shop.queries import orders as queries
from portal.shop.till import till
from portal.web.operating import changes

shop = AppGroup("shop", help="Orders and payments.")
commands = (shop,)


@shop.command("reconcile")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
@changes
def reconcile(as_json: bool) -> None:
    """Ask the payment provider about every unfinished order, heal what can be healed, and report.

    Exit code 0 also when some orders were quarantined: they are listed, and the others are healed.
    """
    now = clock.now()
    ids = list(dict.fromkeys([*queries.unfinished(), *queries.watched(now, limit=None)]))
    report = till().heal(ids, now)
    left = queries.unsettled()
    if as_json:
        click.echo(
            json.dumps(
                {
                    "looked_at": report.looked_at,
                    "moved": report.moved,
                    "quarantined": report.quarantined,
                    "unreachable": report.unreachable,
                    "unsettled": left,
                }
            )
        )
        return
    click.echo(
        f"{report.looked_at} orders looked at, {len(report.moved)} moved on, {len(left)} still on their way."
    )
    for order_id in report.unreachable:
        click.echo(f"not now (provider or database away): {order_id}")
    for order_id in report.quarantined:
        click.echo(f"quarantined, needs attention: {order_id}")
