"""Operator's commands: the demonstration, the worker, and the audit of the ledger."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from flask_migrate import upgrade

from portal.accounts.commands.demo import DemoSignIn, seed_demo_people
from portal.accounts.keys import Keys
from portal.config import Config
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.ops import audit, seed, seed_life
from portal.ops.serving import is_taken, serve_until_stopped, work_until_stopped
from portal.registry.commands import log
from portal.registry.jobs import sign_checkpoint

demo = AppGroup("demo", help="A demonstration with data to try the portal with.")
ledger = AppGroup("ledger", help="The ledger and its transparency log.")


@ledger.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every fault.")
@click.option("--checkpoint", "note", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A signed checkpoint kept elsewhere that this log must continue.")  # fmt: skip
def verify(as_json: bool, note: Path | None) -> None:
    """Recompute the whole ledger: bodies, checkpoints, tables, cash, source.

    Exit code 0: all hold. 1: something is wrong; the first wrong row is named and selling stops.
    2: could not check.
    """
    try:
        found = audit.verify_and_keep(Actor.system("cli"), note.read_text() if note else None)
    except Exception as fault:
        click.echo(f"could not check: {type(fault).__name__}: {fault}", err=True)
        sys.exit(2)
    if as_json:
        click.echo(
            json.dumps({"ok": not found, "faults": [asdict(each) for each in found]}, ensure_ascii=False)
        )
    elif found:
        for each in found:
            click.echo(f"{each.check}: {each.row}: {each.what}")
        click.echo(f"{len(found)} faults. The first wrong row: {found[0].row}. Selling is stopped.", err=True)
    else:
        click.echo("All five checks hold: bodies, checkpoints, tables, cash, source.")
    sys.exit(1 if found else 0)


@ledger.command("checkpoint")
def checkpoint() -> None:
    """Give pending records their places in the log, and sign it."""
    actor = Actor.system("cli")
    placed = log.sequence(actor)
    size = sign_checkpoint(actor)
    click.echo(f"{placed} records placed, {size} in the log, signed.")


@click.command("worker")
def worker() -> None:
    """Do background work until stopped: letters, certificates, the log, expiry, reconciliation."""
    work_until_stopped(current_app._get_current_object())  # type: ignore[attr-defined]


@demo.command("seed")
def seed_demo() -> None:
    """Put demonstration data in, once, and print how to sign in."""
    _print(_seed())


@demo.command("serve")
def serve() -> None:
    """Schema, demonstration data, worker and server in one go, until Ctrl-C."""
    config: Config = current_app.config["PORTAL"]
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "5000"))
    if is_taken(host, port):
        raise click.ClickException(f"Port {port} is taken. Choose another one: PORT=5001 ./run demo")
    upgrade()
    _print(_seed())
    db.session.remove()
    db.engine.dispose()
    greeting = f"\nThe portal is at {config.base_url} (Ctrl-C stops it)."
    portal = current_app._get_current_object()  # type: ignore[attr-defined]
    serve_until_stopped(portal, host, port, greeting)


def _seed() -> list[DemoSignIn]:
    config: Config = current_app.config["PORTAL"]
    if not config.is_demo:
        raise click.ClickException("Demonstration data is for PORTAL_ENV=demo only.")
    now = clock.now()
    seed.seed(config.documents, now)
    people = seed_demo_people(Actor.system("demo"), now, Keys(config.secret_keys), is_demo=True)
    seed_life.seed(now)
    return people


def _print(people: list[DemoSignIn]) -> None:
    click.echo("Demonstration sign-ins (never use them in production):")
    for person in people:
        factor = f"  TOTP secret {person.totp_secret}" if person.totp_secret else ""
        click.echo(f"  {person.email:<26} password {person.password}{factor}")
    click.echo("  The current code of a second factor: flask --app app account otp EMAIL")


commands = (demo, ledger, worker)
