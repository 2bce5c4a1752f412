"""Every command of operators says whether it changes something, and while the site is read-only none does."""

from collections.abc import Iterator

import click
import pytest
from flask import Flask

from portal.web.operating import changes

# What comes with Flask: the server, a shell, and the schema, which holds no record of anything.
OF_FLASK = {"run", "shell", "routes", "db"}
ONLY_LOOK = {
    "account otp", "backup", "footprint changes", "footprint check", "ledger export", "ledger publish",
    "ledger witness list", "registry layouts", "training export", "training import", "training lint",
    "training pack", "training recheck", "training stamp",
}  # fmt: skip
# They look by themselves whether they may: the audit says what it finds, the worker pauses, a backup goes
# into an empty site, and the demonstration serves what there is.
LOOK_FOR_THEMSELVES = {"ledger verify", "worker", "restore", "demo serve"}


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if not before and name in OF_FLASK:
            continue
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def changing(group: click.Group) -> dict[str, click.Command]:
    return {name: each for name, each in commands(group) if hasattr(each.callback, "__changes__")}


def test_every_command_says_whether_it_changes_something(app: Flask):
    marked = {*changing(app.cli)}
    assert len(marked) > 15
    assert {name for name, _ in commands(app.cli)} - marked == ONLY_LOOK | LOOK_FOR_THEMSELVES


def test_what_changes_something_is_refused_while_the_site_is_read_only(
    app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.extensions, "portal.read_only", lambda: True)
    for command in changing(app.cli).values():
        with (
            click.Context(command).scope(),
            pytest.raises(click.ClickException, match="Nothing is changed"),
        ):
            command.callback()  # type: ignore[misc]


def test_it_is_done_when_the_site_is_not(app: Flask):
    """The control."""
    done = []
    changes(lambda: done.append(1))()
    assert done == [1]
