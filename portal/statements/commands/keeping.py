"""What every command on a statement needs: to be alone with it, and to write its next version."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.statements import policy
from portal.statements.models import StatementRecord, VersionRecord
from portal.statements.queries import StatementView, statement
from portal.statements.rules import wording
from portal.statements.rules.plans import Plan, State


def alone_with(session: Session, statement_id: str) -> StatementView:
    """The statement as it is now, with nobody else at work on it until the transaction ends."""
    session.execute(select(StatementRecord.id).where(StatementRecord.id == statement_id).with_for_update())
    return statement(statement_id)


def spoken_for(session: Session, actor: Actor, statement_id: str) -> StatementView:
    """As ``alone_with``, for somebody who may speak for the event. Raises UnknownStatement, NotAllowed."""
    found = alone_with(session, statement_id)
    if not policy.may_speak(actor, found):
        raise NotAllowed()
    return found


def check_words(typed: dict[str, str]) -> None:
    """Raises ClaimRefused, NotAboutThisEvent for the first text that may not stand."""
    for text in typed.values():
        wording.check(text)


def append(
    session: Session, actor: Actor, statement_id: str, number: int, plan: Plan, days: tuple[date, date],
    reason: str, now: datetime, **declared: Any,
) -> None:  # fmt: skip
    """The next version; ``declared`` are ``certificate``, ``gross`` and ``facts`` of a declaration."""
    session.execute(
        insert(VersionRecord).values(
            statement_id=statement_id, number=number, name_zh=plan.name.zh, name_en=plan.name.en,
            venue_zh=plan.venue.zh, venue_en=plan.venue.en, organiser=plan.organiser, notes_zh=plan.notes.zh,
            notes_en=plan.notes.en, first_day=days[0], last_day=days[1], reason=reason,
            actor_id=actor.id, at=now, **declared,
        )
    )  # fmt: skip


def move(session: Session, statement_id: str, state: State, now: datetime) -> None:
    session.execute(
        update(StatementRecord).where(StatementRecord.id == statement_id).values(state=state, state_at=now)
    )
