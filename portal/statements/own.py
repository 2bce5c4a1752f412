"""What statements of events hold about a person: those of events that they organise under their own name."""

from typing import Any

from sqlalchemy import select

from portal.holdings import Holding, Subject, of_person, under
from portal.statements.models import (
    ActionRecord,
    EvidenceRecord,
    ShareBatchRecord,
    StatementRecord,
    VersionRecord,
)


def _statements(subject: Subject) -> Any:
    return select(StatementRecord.id).where(of_person(StatementRecord.owner_id)(subject))


def _actions(subject: Subject) -> Any:
    return select(ActionRecord.id).where(ActionRecord.statement_id.in_(_statements(subject)))


HOLDINGS = (
    Holding(StatementRecord, of_person(StatementRecord.owner_id)),
    Holding(VersionRecord, under(VersionRecord.statement_id, _statements)),
    Holding(ActionRecord, under(ActionRecord.statement_id, _statements)),
    Holding(EvidenceRecord, under(EvidenceRecord.action_id, _actions)),
    Holding(ShareBatchRecord, under(ShareBatchRecord.statement_id, _statements)),
)
