"""What is done to emit less, and the files that show that it was done."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.registry.papers import Kept
from portal.statements import policy
from portal.statements.commands.keeping import alone_with, check_words
from portal.statements.models import ActionRecord, EvidenceRecord
from portal.statements.queries import StatementView
from portal.statements.rules.plans import (
    MOST_ACTIONS,
    MOST_EVIDENCE,
    DayNotYet,
    NotOpen,
    TooManyActions,
    TooMuchEvidence,
    UnknownAction,
    check_action,
)


def add(actor: Actor, statement_id: str, text: Bilingual, now: datetime) -> str:
    """One more thing that is done to emit less; returns its ``act_…``.

    Raises UnknownStatement, NotOpen, ActionMissing, TooLong, TooManyActions, ClaimRefused, NotAboutThisEvent.
    """
    with transaction() as session:
        found = _worked_on(session, actor, statement_id)
        check_action(text)
        check_words({"zh": text.zh, "en": text.en})
        (action_id,) = add_rows(session, actor, statement_id, len(found.actions) + 1, [text], now)
        audit.record(actor, "statement.action_added", statement_id, now, action=action_id)
    return action_id


def show(actor: Actor, action_id: str, done_on: date, file: Kept, is_public: bool, now: datetime) -> None:
    """Lay a file beside an action: it was carried out. The same file again changes nothing.

    Raises UnknownAction, NotOpen, DayNotYet, TooMuchEvidence.
    """
    with transaction() as session:
        statement_id = session.scalar(select(ActionRecord.statement_id).where(ActionRecord.id == action_id))
        if statement_id is None:
            raise UnknownAction()
        found = _worked_on(session, actor, statement_id)
        if done_on > clock.day_of(now):
            raise DayNotYet()
        files = {(action.id, each.sha256) for action in found.actions for each in action.evidence}
        if (action_id, file.sha256) in files:
            return
        if len(files) >= MOST_EVIDENCE:
            raise TooMuchEvidence(most=MOST_EVIDENCE)
        session.execute(
            insert(EvidenceRecord).values(
                id=new_id("evd"), action_id=action_id, done_on=done_on, sha256=file.sha256,
                media_type=file.media_type, is_public=is_public, actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        audit.record(
            actor, "statement.evidence_shown", statement_id, now, action=action_id, sha256=file.sha256
        )


def add_rows(
    session: Session, actor: Actor, statement_id: str, first: int, texts: Sequence[Bilingual], now: datetime
) -> list[str]:
    """Actions numbered from ``first``; their ids. Raises TooManyActions."""
    if first + len(texts) - 1 > MOST_ACTIONS:
        raise TooManyActions(most=MOST_ACTIONS)
    rows = [
        {
            "id": new_id("act"), "statement_id": statement_id, "number": first + n, "text_zh": text.zh,
            "text_en": text.en, "actor_id": actor.id, "at": now,
        }
        for n, text in enumerate(texts)
    ]  # fmt: skip
    session.execute(insert(ActionRecord), rows)
    return [str(row["id"]) for row in rows]


def _worked_on(session: Session, actor: Actor, statement_id: str) -> StatementView:
    found = alone_with(session, statement_id)
    if not policy.may_work(actor, found):
        raise NotAllowed()
    if not found.is_open:
        raise NotOpen()
    return found
