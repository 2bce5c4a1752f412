"""The nightly audit, and the one that staff ask for."""

from typing import Any

from portal import jobs
from portal.kernel.actor import Actor
from portal.ops.audit import verify_and_keep


@jobs.every(seconds=24 * 3600)
def audit_ledger() -> None:
    """Recompute the whole ledger once a day; a fault stops selling until it is explained."""
    verify_and_keep(Actor.system("audit"))


@jobs.handles("ledger.verify")
def audit_now(_payload: dict[str, Any]) -> None:
    audit_ledger()
