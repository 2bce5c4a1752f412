"""Corrections of what a person cannot change: asked for, answered by the desk with a letter."""

from datetime import datetime

from sqlalchemy import func, select

from portal import audit, jobs
from portal.accounts import queries as people
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.privacy import policy
from portal.privacy.models import Correction
from portal.privacy.rules.corrections import (
    OPEN_MAX,
    AnswerIsMissing,
    CorrectionIsAnswered,
    CorrectionState,
    Matter,
    NoSuchCorrection,
    TooManyOpen,
    WordsAreMissing,
    checked_words,
)


def ask(actor: Actor, matter: Matter, words: str, now: datetime) -> str:
    """Say what is wrong; the id. Raises WordsAreMissing, WordsAreTooLong, TooManyOpen."""
    if not actor.is_person:
        raise NotAllowed()
    words = checked_words(words, WordsAreMissing)
    with transaction() as session:
        waiting = select(func.count()).where(
            Correction.person_id == actor.id, Correction.state == CorrectionState.ASKED
        )
        if session.execute(waiting).scalar_one() >= OPEN_MAX:
            raise TooManyOpen()
        correction_id = new_id("cor")
        session.add(
            Correction(
                id=correction_id, person_id=actor.id, matter=matter, words=words,
                state=CorrectionState.ASKED, answer="", asked_at=now,
            )
        )  # fmt: skip
        audit.record(actor, "privacy.correction_asked", correction_id, now, matter=matter.value)
    return correction_id


def answer(actor: Actor, correction_id: str, is_done: bool, words: str, now: datetime) -> None:
    """Tell the person what was done, or why not; they get a letter.

    Raises NotAllowed, NoSuchCorrection, CorrectionIsAnswered, AnswerIsMissing, WordsAreTooLong.
    """
    if not policy.may_answer(actor):
        raise NotAllowed()
    words = checked_words(words, AnswerIsMissing)
    with transaction() as session:
        row = session.get(Correction, correction_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NoSuchCorrection()
        if row.state != CorrectionState.ASKED:
            raise CorrectionIsAnswered()
        row.state = CorrectionState.DONE if is_done else CorrectionState.REFUSED
        row.answer, row.answered_by, row.answered_at = words, actor.id, now
        audit.record(actor, "privacy.correction_answered", correction_id, now, state=row.state)
        asker = people.person(row.person_id)
        if asker.email:
            letter = {
                "id": f"correction.{correction_id}", "to": asker.email, "lang": asker.lang,
                "template": "privacy/letter_correction", "facts": {"is_done": is_done, "answer": words},
            }  # fmt: skip
            jobs.enqueue("letter", letter, key=f"letter:correction:{correction_id}", now=now)
