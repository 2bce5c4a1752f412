"""What can be done at the desk itself: try failed work again, have the ledger checked now."""

from datetime import datetime

from portal import audit, jobs
from portal.db import transaction
from portal.desk import policy
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, NotAllowed, NotFound


class NoSuchFailedJob(NotFound):
    message = N_("This piece of work is not among the failed ones any more.")


def retry_job(actor: Actor, job_id: str, now: datetime) -> None:
    """Put failed work back in the queue, due at once. Raises NoSuchFailedJob."""
    if not policy.may_tend(actor):
        raise NotAllowed()
    with transaction():
        if not jobs.retry(job_id, now):
            raise NoSuchFailedJob()
        audit.record(actor, "desk.retry", job_id, now)


def check_ledger(actor: Actor, now: datetime) -> None:
    """Have the worker run ``ledger verify``; asked for twice within a minute, it runs once."""
    if not policy.may_tend(actor):
        raise NotAllowed()
    minute = f"{now:%Y-%m-%dT%H:%M}"
    with transaction():
        jobs.enqueue("ledger.verify", {}, key=f"ledger.verify:{minute}", now=now)
        audit.record(actor, "desk.check", "ledger", now)
