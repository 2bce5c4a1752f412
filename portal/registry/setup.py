"""What the registry gives to the application: while its log is behind what was published, nothing is written.

Restoring an old backup forks the log: what would be written now would contradict what others have kept.
"""

import time
from weakref import WeakKeyDictionary

from flask import Flask, request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.commands import dissolving
from portal.db import db, reads_replica, see_afresh
from portal.registry.jobs import is_behind_signer, signer
from portal.registry.queries.accounts import accounts_of
from portal.registry.rules.checkpoint import NotACheckpoint
from portal.registry.rules.errors import ReadOnly

KEPT_SECONDS = 2.0
SAFE = {"GET", "HEAD", "OPTIONS"}
_kept: WeakKeyDictionary[Engine, tuple[float, bool]] = WeakKeyDictionary()


def install(app: Flask) -> None:
    """Refuse what changes anything while read-only. Raises NotACheckpoint for a past key that is none."""
    with app.app_context():
        signer()
    app.extensions["portal.read_only"] = is_read_only

    @app.before_request
    def only_read() -> None:
        if request.method not in SAFE and is_read_only():
            raise ReadOnly()


def is_read_only() -> bool:
    """Whether the database is behind the published log; asked on every page, so kept for two seconds.

    While the database cannot be asked the last answer stands. So it does on a page that is read from a
    replica, which may be some moments old and would look like an old backup.
    """
    until, behind = _kept.get(db.engine, (0.0, False))
    if time.monotonic() > until and not reads_replica():
        try:
            # A page's snapshot from before the log grew looks like an old backup: then look as it stands now.
            # Never on a second connection: pages that each hold one and want another wait for ever.
            behind = is_behind_signer() and (not see_afresh() or is_behind_signer())
        except SQLAlchemyError:
            db.session.remove()
        except NotACheckpoint:
            behind = True  # without the signer's last word nobody can tell
        _kept[db.engine] = (time.monotonic() + KEPT_SECONDS, behind)
    return behind


@dissolving.holdings
def units_of(organisation_id: str) -> list[str]:
    """What an organisation's accounts hold: it does not end before somebody has these units."""
    return [
        f"{account.name}: {(account.held + account.escrow).grams // 1_000_000} t"
        for account in accounts_of([organisation_id])
        if (account.held + account.escrow).grams
    ]


def forget() -> None:
    """Look afresh next time; for tests."""
    _kept.clear()
