"""The runbook is true: every command in it exists, and the site is brought back by what it says alone."""

import argparse
import re
import shlex
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import click
import pytest
from flask import Flask

from portal.config import ROOT
from tests import postgres

BOOK = (ROOT / "docs/runbook.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", BOOK, re.DOTALL)
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", BOOK, flags=re.DOTALL))
# What comes with Debian, systemd, git and containers is not ours to hold.
OF_OTHERS = {
    "adduser", "alias", "apt-get", "cd", "cp", "df", "git", "grep", "install", "journalctl", "nginx",
    "podman", "python3", "rm", "sed", "set", "systemctl",
}  # fmt: skip
OF_POSTGRES = {"createdb", "createuser", "pg_basebackup", "psql"}


def lines() -> Iterator[str]:
    for block in BLOCKS:
        for line in block.splitlines():
            yield from (part.strip() for part in re.split(r"&&|\|", line))
    yield from (
        span for span in SPANS if span.startswith(("flask ", "granian ", "systemctl ", "deploy/roll"))
    )


def told(app: Flask) -> list[list[str]]:
    """Every command, as words; in tables and sentences the portal's own are named without their beginning."""
    whole = [shlex.split(line) for line in lines() if line]
    short = [span.split() for span in SPANS if span.split()[0] in app.cli.commands and " " in span]
    return whole + [["flask", "--app", "app", *words] for words in short]


def click_command(app: Flask, words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that is meant and what it is given. Raises LookupError."""
    command: click.Command = app.cli
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0]) if words else None
        if found is None:
            raise LookupError(f"no command {words}")
        command, words = found, words[1:]
    return command, words


def check(app: Flask, words: list[str]) -> None:
    """Raises LookupError for what does not exist, and click's error for what is not understood."""
    if words[:3] == ["runuser", "-u", "postgres"]:
        check(app, words[4:])
    elif words[:3] == ["flask", "--app", "app"]:
        command, given = click_command(app, words[3:])
        options = {name for each in command.params for name in each.opts}
        for word in given:
            if word.startswith("--") and word not in options:
                raise LookupError(f"{command.name} has no {word}")
        needed = sum(isinstance(each, click.Argument) and each.required for each in command.params)
        if len([word for word in given if not word.startswith("-")]) < needed:
            raise LookupError(f"{command.name} wants more than {given}")
    elif words[0].startswith("deploy/"):
        check_file(words)
    elif words[0] in OF_POSTGRES:
        binaries = postgres.find_binaries()
        if binaries and not (binaries / words[0]).exists():
            raise LookupError(words[0])
    elif words[0] not in OF_OTHERS | {"granian", "."}:
        raise LookupError(f"who knows {words[0]}?")


def check_file(words: list[str]) -> None:
    if not (ROOT / words[0]).is_file():
        raise LookupError(words[0])
    if words[0].endswith("roll.py"):
        known = roll().parser()
        known.exit_on_error = False
        known.error = _raise  # type: ignore[method-assign]
        known.parse_args(words[1:])


def _raise(message: str) -> None:
    raise LookupError(message)


def roll() -> ModuleType:
    spec = spec_from_file_location("roll", ROOT / "deploy/roll.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_exists(app: Flask):
    commands = told(app)
    assert len(commands) > 40
    for words in commands:
        check(app, words)


@pytest.mark.parametrize(
    "wrong",
    [
        "flask --app app ledger prove",
        "flask --app app backup",
        "flask --app app backup DIR --forever 3",
        "deploy/roll.sh",
        "deploy/roll.py servers.conf --quietly",
        "redeploy now",
        "runuser -u postgres -- createbase portal",
    ],
)
def test_a_command_that_does_not_is_found(app: Flask, wrong: str):
    with pytest.raises((LookupError, argparse.ArgumentError)):
        check(app, shlex.split(wrong))


def test_every_unit_and_file_that_is_named_is_there(app: Flask):
    units = {word for words in told(app) if words[0] == "systemctl" for word in words if "portal-" in word}
    assert units
    for unit in units:
        name, dot, kind = unit.partition(".")
        name = re.sub(r"@.*", "@", name)
        assert (ROOT / "deploy" / f"{name}.{kind if dot else 'service'}").is_file(), unit
    for file in re.findall(r"deploy/[\w@.-]*\w", BOOK):
        assert (ROOT / file).exists(), file
    rows = re.search(r"\| File \| For \|\n(.*?)\n\n", BOOK, re.DOTALL)
    assert rows
    named = {name for row in rows[1].splitlines() for name in re.findall(r"`([\w@.-]+)`", row.split("|")[1])}
    assert named == {file.name for file in (ROOT / "deploy").iterdir() if file.is_file()}
