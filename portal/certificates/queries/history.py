"""What happened to a certificate since its issue: every change with its date and reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from portal.audit import AuditEntry
from portal.certificates.models import Certificate
from portal.certificates.rules.states import Reason
from portal.db import db

SHOWN: Final = ("issue", "doubt", "clear", "revoke", "replace", "forget_holder")
_VERB: Final = "certificate."
_papers = Certificate.__table__


@dataclass(frozen=True, slots=True)
class Change:
    """``event`` is one of SHOWN. ``other`` is the successor's number, of an issue the predecessor's."""

    at: datetime
    event: str
    reason: Reason | None
    other: str | None
    actor_id: str


def history(certificate_id: str, number: str) -> list[Change]:
    """The changes of one certificate, oldest first."""
    predecessor = db.session.scalar(select(_papers.c.number).where(_papers.c.replaced_by == number))
    rows = db.session.execute(
        select(AuditEntry.at, AuditEntry.verb, AuditEntry.facts, AuditEntry.actor_id)
        .where(AuditEntry.subject_id == certificate_id, AuditEntry.verb.in_([_VERB + each for each in SHOWN]))
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    return [
        Change(
            at=row.at,
            event=row.verb.removeprefix(_VERB),
            reason=Reason(row.facts["reason"]) if "reason" in row.facts else None,
            other=predecessor if row.verb == _VERB + "issue" else row.facts.get("replaced_by"),
            actor_id=row.actor_id,
        )
        for row in rows
    ]
