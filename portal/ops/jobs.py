"""The nightly audit, and the one that staff ask for."""

from typing import Any

from portal import jobs
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.ops.audit import verify_and_keep
from portal.ops.sealing import ledger_tables
from portal.registry.commands import digests


@jobs.every(seconds=3600)
def digest_state() -> None:
    """Put the day's balances on record once a day, and seal what is new every hour."""
    digests.take(Actor.system("digest"), ledger_tables(), clock.now())


@jobs.every(seconds=24 * 3600)
def audit_ledger() -> None:
    """Recompute the whole ledger once a day; a fault stops selling until it is explained."""
    verify_and_keep(Actor.system("audit"))


@jobs.handles("ledger.verify")
def audit_now(_payload: dict[str, Any]) -> None:
    audit_ledger()
