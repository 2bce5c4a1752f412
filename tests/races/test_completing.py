"""One certificate of one completed course, however many requests say at once that it is completed."""

from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from portal.certificates.models import Certificate
from portal.db import db, transaction
from portal.training.commands import completing
from portal.training.models.learners import Learner
from portal.training.models.outcomes import Completion
from tests.factories.training import NOW, a_version, an_enrolment
from tests.races.threads import at_once

MANY = 50


@pytest.fixture
def enrolment_id(pg_app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(completing, "progress_of", lambda _id: SimpleNamespace(is_complete=True))
    version_id = a_version()
    with transaction() as session:
        made = an_enrolment(session, version_id)
    completing.content(version_id)  # read once, so that the threads meet where it matters
    return made


def rush(app: Flask, enrolment_id: str) -> list[object]:
    return at_once(app, MANY, lambda _n: completing.complete_if_met(enrolment_id, NOW))


def certificates() -> int:
    return int(db.session.scalar(select(func.count()).select_from(Certificate)) or 0)


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        completing, "alone_with", lambda session, learner_id: session.get_one(Learner, learner_id)
    )


def test_fifty_at_once_get_one_certificate(pg_app: Flask, enrolment_id: str):
    numbers = rush(pg_app, enrolment_id)
    assert len(set(numbers)) == 1, numbers
    assert not isinstance(numbers[0], Exception)
    assert certificates() == 1
    assert db.session.scalar(select(func.count()).select_from(Completion)) == 1


def test_without_the_lock_the_database_still_holds(
    pg_app: Flask, enrolment_id: str, monkeypatch: pytest.MonkeyPatch
):
    """The second belt: whoever comes second loses, certificate and all."""
    unlocked(monkeypatch)
    numbers = rush(pg_app, enrolment_id)
    assert len({each for each in numbers if isinstance(each, str)}) == 1, numbers
    assert certificates() == 1


def test_without_lock_and_constraint_there_are_several(
    pg_app: Flask, enrolment_id: str, monkeypatch: pytest.MonkeyPatch
):
    """The control."""
    unlocked(monkeypatch)
    with transaction() as session:
        session.execute(text("ALTER TABLE training_completion DROP CONSTRAINT a_course_is_completed_once"))
    rush(pg_app, enrolment_id)
    assert certificates() > 1
