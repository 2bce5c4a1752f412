"""The nightly audit."""

from portal import jobs
from portal.kernel.actor import Actor
from portal.ops.audit import verify_and_keep


@jobs.every(seconds=24 * 3600)
def audit_ledger() -> None:
    """Recompute the whole ledger once a day; a fault stops selling until it is explained."""
    verify_and_keep(Actor.system("audit"))
