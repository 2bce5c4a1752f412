"""Operator's commands: the demonstration, the worker, and the audit of the ledger."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from flask_migrate import upgrade

from portal import jobs
from portal.accounts.commands.demo import DemoSignIn, seed_demo_people
from portal.accounts.keys import Keys
from portal.config import Config
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.ops import audit, seed
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
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    jobs.work(current_app._get_current_object(), stop)  # type: ignore[attr-defined]


@demo.command("seed")
def seed_demo() -> None:
    """Put demonstration data in, once, and print how to sign in."""
    _print(_seed())


@demo.command("serve")
def serve() -> None:
    """Schema, demonstration data, worker and server in one go, until Ctrl-C."""
    config: Config = current_app.config["PORTAL"]
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "5000")
    if _answers(host, port):
        raise click.ClickException(f"Port {port} is taken. Choose another one: PORT=5001 ./run demo")
    upgrade()
    _print(_seed())
    db.session.remove()
    db.engine.dispose()
    env = os.environ | {"GRANIAN_LOG_LEVEL": "warning"}
    python = [sys.executable, "-m"]
    worker = [*python, "flask", "--app", "app", "worker"]
    server = [*python, "granian", "--interface", "wsgi", "--host", host, "--port", port, "--workers", "1",
              "--blocking-threads", "4", "--no-ws", "--factory", "app:create_app"]  # fmt: skip
    children = [subprocess.Popen(command, env=env) for command in (worker, server)]  # noqa: S603  our own
    _wait(children, lambda: _answers(host, port), f"\nThe portal is at {config.base_url} (Ctrl-C stops it).")


def _answers(host: str, port: str) -> bool:
    """Whether somebody listens there."""
    near = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  what the operator asked for
    try:
        with socket.create_connection((near, int(port)), timeout=1):
            return True
    except (OSError, ValueError):
        return False


def _wait(children: list[subprocess.Popen[bytes]], is_ready: Callable[[], bool], greeting: str) -> None:
    """Until one child ends or we are asked to stop; then end all of them, so that no process stays behind."""
    greeted = False
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    while not stop.wait(0.2) and all(child.poll() is None for child in children):
        if not greeted and is_ready():
            greeted = True
            click.echo(greeting)
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()


def _seed() -> list[DemoSignIn]:
    config: Config = current_app.config["PORTAL"]
    if not config.is_demo:
        raise click.ClickException("Demonstration data is for PORTAL_ENV=demo only.")
    now = clock.now()
    seed.seed(config.documents, now)
    return seed_demo_people(Actor.system("demo"), now, Keys(config.secret_keys), is_demo=True)


def _print(people: list[DemoSignIn]) -> None:
    click.echo("Demonstration sign-ins (never use them in production):")
    for person in people:
        factor = f"  TOTP secret {person.totp_secret}" if person.totp_secret else ""
        click.echo(f"  {person.email:<26} password {person.password}{factor}")
    click.echo("  The current code of a second factor: flask --app app account otp EMAIL")


commands = (demo, ledger, worker)
