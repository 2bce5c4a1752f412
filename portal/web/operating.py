"""What operators' commands have in common: none changes anything while the site is read-only."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import current_app


def changes(command: Callable[..., None]) -> Callable[..., None]:
    """Mark a command that writes: while the database is older than what was published it is refused.

    What it would write would contradict what others have kept; exit code 1, and the runbook is named.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        if is_read_only():
            raise click.ClickException(
                "Nothing is changed: more was signed and published than this database has "
                "(docs/runbook.md, “An old backup was restored”)."
            )
        command(*args, **kwargs)

    run.__changes__ = True  # type: ignore[attr-defined]
    return run


def is_read_only() -> bool:
    """Whether the database is older than what was published."""
    ask = current_app.extensions.get("portal.read_only")
    return bool(ask and ask())
