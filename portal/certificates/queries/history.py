"""What happened to a certificate since its issue: every change with its date and reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, literal_column, select

from portal.audit import AuditEntry
from portal.certificates.models import Certificate
from portal.certificates.rules.states import Reason
from portal.db import db

SHOWN: Final = ("issue", "doubt", "clear", "revoke", "replace", "forget_holder")
_VERB: Final = "certificate."
# Built once: putting a statement together costs more than having it done.
_papers, _entries = Certificate.__table__, AuditEntry.__table__
_PREDECESSOR = select(_papers.c.number).where(_papers.c.replaced_by == bindparam("number")).scalar_subquery()
_CHANGES = (
    select(
        _entries.c.at, _entries.c.verb, _entries.c.facts, _entries.c.actor_id, _PREDECESSOR.label("before")
    )
    .where(
        _entries.c.subject_id == bindparam("certificate_id"),
        _entries.c.verb.in_([literal_column(f"'{_VERB}{each}'") for each in SHOWN]),
    )
    .order_by(_entries.c.at, _entries.c.id)
)


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
    wanted = {"certificate_id": certificate_id, "number": number}
    rows = db.session.connection().execute(_CHANGES, wanted)
    return [
        Change(
            at=row.at,
            event=row.verb.removeprefix(_VERB),
            reason=Reason(row.facts["reason"]) if "reason" in row.facts else None,
            other=row.before if row.verb == _VERB + "issue" else row.facts.get("replaced_by"),
            actor_id=row.actor_id,
        )
        for row in rows
    ]
