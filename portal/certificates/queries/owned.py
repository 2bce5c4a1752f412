"""Certificates about things that somebody owns; whose they are, rooms above know."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from portal.certificates.models import Certificate
from portal.certificates.queries.papers import CertificateView, of_ids
from portal.db import db

MOST_THINGS = 5_000  # more than one person has; a company's yearly statement lists the rest


def about(things: Collection[str], after: str, limit: int) -> list[CertificateView]:
    """Of these orders, subjects or numbers, the newest first, made before the certificate id ``after``."""
    if not things:
        return []
    wanted = select(Certificate.id).where(_is_about(things)).order_by(Certificate.id.desc()).limit(limit)
    return of_ids(wanted.where(Certificate.id < after) if after else wanted)


def count_about(things: Collection[str]) -> tuple[int, datetime | None]:
    """How many there are, and when the last was issued."""
    if not things:
        return 0, None
    found = select(func.count(), func.max(Certificate.issued_at)).where(_is_about(things))
    count, last = db.session.execute(found).one()
    return count, last


def _is_about(things: Collection[str]) -> ColumnElement[bool]:
    some = list(things)[:MOST_THINGS]
    return or_(Certificate.order_id.in_(some), Certificate.subject_id.in_(some), Certificate.number.in_(some))
