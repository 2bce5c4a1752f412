"""One certificate of one subject, however many ask for it at the same moment."""

from flask import Flask
from sqlalchemy import func, insert, select, text

from portal.certificates import commands
from portal.certificates.commands import issuing
from portal.certificates.models import Certificate
from portal.certificates.rules.states import LIVE
from portal.db import db, transaction
from tests.factories.certificates import ACTOR, NOW, course, pledge
from tests.races.threads import at_once

THREADS = 8
PAPERS = Certificate.__table__


def live(subject_id: str) -> int:
    db.session.rollback()
    mine = (Certificate.subject_id == subject_id, Certificate.state.in_(LIVE))
    return int(db.session.scalar(select(func.count()).where(*mine)) or 0)


def test_eight_who_ask_at_once_get_one_number(any_app: Flask):
    told = course()
    numbers = at_once(any_app, THREADS, lambda n: commands.issue(ACTOR, told, NOW))
    assert len(set(numbers)) == 1, numbers
    assert not isinstance(numbers[0], Exception)
    assert live(told.subject_id) == 1


def test_without_the_index_the_same_eight_get_several(pg_app: Flask, monkeypatch):
    """The control: read whether there is one, then write. Everybody reads that there is none."""
    with transaction() as session:
        session.execute(text("DROP INDEX a_subject_has_one_live_certificate"))
    monkeypatch.setattr(issuing, "_WRITE", {"postgresql": insert(PAPERS).returning(PAPERS.c.id)})
    told = pledge()
    numbers = at_once(pg_app, THREADS, lambda n: commands.issue(ACTOR, told, NOW))
    assert live(told.subject_id) > 1, numbers
