"""Keep the outcome of an audit: while the newest one failed, nothing is sold or issued."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.registry import policy
from portal.registry.models import LedgerAudit
from portal.registry.queries import standing
from portal.registry.rules.audit import Fault

KEPT_FAULTS = 100


def keep_audit(
    actor: Actor,
    faults: Sequence[Fault],
    now: datetime,
    *,
    size: int | None = None,
    root: bytes | None = None,
) -> None:
    """Record what ``ledger verify`` found in the log of this size; no faults opens selling again."""
    if not policy.may_tend_log(actor):
        raise NotAllowed()
    with transaction() as session:
        session.execute(
            insert(LedgerAudit).values(
                id=new_id("adt"),
                at=now,
                ok=not faults,
                faults=[asdict(fault) for fault in faults[:KEPT_FAULTS]],
                size=size,
                root=root,
            )
        )
    standing.forget()
