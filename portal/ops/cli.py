"""Operator's commands: the demonstration, the worker, and the audit of the ledger."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
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
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.ops import (
    audit,
    backup,
    seed,
    seed_life,
    seed_payouts,
    seed_planting,
    seed_pledges,
    seed_prices,
    seed_statements,
    seed_training,
)
from portal.ops.sealing import ledger_tables
from portal.ops.serving import is_taken, serve_until_stopped, work_until_stopped
from portal.registry.commands import digests, log
from portal.registry.commands import witnesses as watch
from portal.registry.jobs import is_behind_signer, sign_checkpoint, signer
from portal.registry.queries import log as reading
from portal.registry.queries import witnesses as watching
from portal.registry.rules import checkpoint as notes
from portal.registry.rules.tiles import tiles_of
from portal.web.i18n import message, speak
from portal.web.operating import changes, is_read_only

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
@changes
def checkpoint() -> None:
    """Give pending records their places in the log, and sign it."""
    actor = Actor.system("cli")
    placed = log.sequence(actor)
    size = sign_checkpoint(actor)
    click.echo(f"{placed} records placed, {size} in the log, {_signed()}.")


def _signed() -> str:
    """What stands under the newest checkpoint: a log that has not grown since is not signed again."""
    head, keys = reading.latest_checkpoint(), signer().signing
    if head is None:
        return "nothing to sign"
    count = len(notes.signers(head.note, keys))
    if count == len(keys):
        return "signed" if count == 1 else f"signed with all {count} keys"
    return f"signed with {count} of {len(keys)} keys; the next checkpoint, of a longer log, carries all"


@ledger.command("digest")
@changes
def digest() -> None:
    """Put all balances on record now, and seal the rows that have no seal yet."""
    made = digests.take(Actor.system("cli"), ledger_tables(), clock.now())
    click.echo(f"{len(made)} digests made." if made else "Nothing new to seal today.")


@ledger.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write every record of the newest checkpoint to FILE, one a line, and the checkpoint beside it."""
    head = reading.latest_checkpoint()
    if head is None:
        raise click.ClickException("Nothing is signed yet: flask --app app ledger checkpoint")
    with open(file, "w", encoding="utf-8", newline="\n") as out:
        out.writelines(reading.export(head.size))
    note = file.with_suffix(".checkpoint")
    note.write_text(head.note)
    click.echo(f"{head.size} records in {file}, their checkpoint in {note}.")


@ledger.command("publish")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def publish(folder: Path) -> None:
    """Write the log as static files (C2SP tlog-tiles) below FOLDER; only what is new is written."""
    head = reading.latest_checkpoint()
    if head is None:
        raise click.ClickException("Nothing is signed yet: flask --app app ledger checkpoint")
    written = 0
    for tile in tiles_of(head.size):
        file = folder / "tile" / tile.path
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(reading.tile(tile))
            written += 1
    # Last, so that whoever reads it finds all that it promises.
    (folder / "checkpoint").write_text(head.note + "".join(watching.lines_under(head.size)))
    click.echo(f"{written} files written; the checkpoint is of {head.size} records.")


@ledger.group("witness")
def witness() -> None:
    """Who watches the log from outside."""


@witness.command("add")
@click.argument("key")
@click.option("--zh", default="", help="Who it is, in Chinese.")
@click.option("--en", default="", help="Who it is, in English.")
@changes
def add_witness(key: str, zh: str, en: str) -> None:
    """Let the witness with this public KEY (name+id+base64) take part."""
    with _told():
        click.echo(watch.add(Actor.system("cli"), key, Bilingual(zh, en), clock.now()))


@witness.command("leave")
@click.argument("witness_id")
@changes
def witness_leaves(witness_id: str) -> None:
    """Take no more signatures of this witness."""
    with _told():
        watch.leave(Actor.system("cli"), witness_id, clock.now())


@witness.command("list")
def list_witnesses() -> None:
    """Every witness, and the newest checkpoint it has signed."""
    for each in watching.witnesses():
        click.echo(
            f"{each.id}  {each.key}  signed {each.size or 0}" + ("  (has left)" if each.left_at else "")
        )


@ledger.command("cosign")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@changes
def cosign(file: Path) -> None:
    """Keep the witnesses' lines of the checkpoint in FILE."""
    with _told():
        text, lines = notes.read_note(file.read_text())
        size, kept = notes.read_text(text).size, 0
        for line in (each for each in lines if each.name != notes.read_text(text).origin):
            click.echo(watch.cosign(Actor.system("cli"), size, line.text.strip(), clock.now()))
            kept += 1
        click.echo(f"{kept} signatures under the checkpoint of {size} records.")


@ledger.command("correct")
@click.argument("record_id")
@click.option("--reason", required=True, help="A word such as wrong_vintage.")
@click.option("--evidence", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@changes
def correct(record_id: str, reason: str, evidence: Path) -> None:
    """Say in the log that record RECORD_ID is wrong; the record stays. The evidence's SHA-256 is logged."""
    with _told():
        digest = sha256(evidence.read_bytes()).hexdigest()
        watch.correct(Actor.system("cli"), record_id, reason, digest, clock.now())


@contextmanager
def _told() -> Iterator[None]:
    """What is refused, in one line and with exit code 1."""
    speak("en")
    try:
        yield
    except PortalError as fault:
        detail = fault.params.get("why", "")
        raise click.ClickException(message(fault) + (f" ({detail})" if detail else "")) from None


@click.command("worker")
def worker() -> None:
    """Do background work until stopped: letters, certificates, the log, expiry, reconciliation."""
    work_until_stopped(current_app._get_current_object())  # type: ignore[attr-defined]


@click.command("backup")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", type=click.IntRange(1), help="DIR holds backups by their time; so many of them stay.")
def make_backup(folder: Path, keep: int | None) -> None:
    """Write the whole site to DIR while it runs: database, documents, the signer's memory. No keys."""
    config: Config = current_app.config["PORTAL"]
    old: list[Path] = []
    with _told():
        if keep is None:
            made = backup.make(config, folder, clock.now())
        else:
            made, old = backup.make_among(config, folder, keep, clock.now())
    for each in old:
        click.echo(f"removed {each}")
    size = sum(each.size for each in made.files)
    click.echo(f"{len(made.files)} files, {size:,} bytes, {made.log_size} records in the log: {folder}")


@click.command("restore")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
def restore_backup(folder: Path) -> None:
    """Fill an empty site from the backup in DIR, bring its schema to head, and look whether it may go on.

    Exit code 1 when it is refused, and when more was published than the backup has: it reads only then.
    """
    with _told():
        found = backup.restore(current_app.config["PORTAL"], folder)
    upgrade()
    click.echo(f"{len(found.files)} files of {found.made_at}, {found.log_size} records in the log.")
    if is_behind_signer():
        raise click.ClickException(
            "More was signed and published than this backup has: the portal reads only (docs/runbook.md, "
            "“An old backup was restored”)."
        )
    click.echo("Now check it: flask --app app ledger verify")


@demo.command("seed")
@changes
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
    if not is_read_only():
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
    seed_payouts.share(now)
    people = seed_demo_people(Actor.system("demo"), now, Keys(config.secret_keys), is_demo=True)
    seed_life.seed(now)
    seed_prices.seed(now)
    seed_planting.seed(now)
    seed_statements.seed(now)
    seed_training.seed(now)
    seed_pledges.seed(now)
    seed_payouts.seed(now)
    return people


def _print(people: list[DemoSignIn]) -> None:
    click.echo("Demonstration sign-ins (never use them in production):")
    for person in people:
        factor = f"  TOTP secret {person.totp_secret}" if person.totp_secret else ""
        click.echo(f"  {person.email:<26} password {person.password}{factor}")
    click.echo("  The current code of a second factor: flask --app app account otp EMAIL")


commands = (demo, ledger, worker, make_backup, restore_backup)
