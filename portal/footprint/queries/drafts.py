"""Reads: answers on their way, by their link or by their code."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from portal.db import db
from portal.footprint import policy
from portal.footprint.models import DraftRecord
from portal.footprint.rules import drafts
from portal.footprint.rules.drafts import Draft, Journey, UnknownDraft
from portal.kernel.actor import Actor


def draft(actor: Actor, draft_id: str, now: datetime) -> Draft:
    """The draft that a signed link opens. Raises UnknownDraft, also where it has expired."""
    if not policy.may_open_draft(actor, draft_id):
        raise UnknownDraft()
    return _found(DraftRecord.id == draft_id, now)


def draft_by_code(code: str, now: datetime) -> Draft:
    """The draft with this code, however it was typed. Raises MistypedCode, UnknownDraft."""
    return _found(DraftRecord.code_hash == drafts.code_hash(drafts.parse_code(code)), now)


def _found(wanted: ColumnElement[bool], now: datetime) -> Draft:
    row = db.session.scalars(select(DraftRecord).where(wanted, DraftRecord.expires_at > now)).one_or_none()
    if row is None:
        raise UnknownDraft()
    journey = Journey(
        model_id=row.model_id,
        version=row.version,
        form=row.form,
        region=row.region,
        year=row.year,
        audience=row.audience,
        answers=row.answers,
        own=row.own,
        previous_id=row.previous_id,
    )
    return Draft(row.id, journey, row.lang, row.created_at, row.expires_at)
