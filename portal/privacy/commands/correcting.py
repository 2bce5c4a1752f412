"""Corrections of what a person cannot change: asked for, answered by the desk with a letter."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from portal import audit, jobs
from portal.accounts import queries as people
from portal.certificates import commands as certificates
from portal.certificates import queries as papers
from portal.certificates.rules.states import Reason
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.privacy import policy
from portal.privacy.models import Correction
from portal.privacy.queries.correctables import correctables
from portal.privacy.queries.subjects import subject_of
from portal.privacy.rules.corrections import (
    OPEN_MAX,
    AnswerIsMissing,
    CorrectionIsAnswered,
    CorrectionState,
    Matter,
    NoSuchCorrection,
    NothingChosen,
    TooManyOpen,
    WordsAreMissing,
    checked_words,
)
from portal.shop.commands.naming import rename_buyer
from portal.training.commands import renaming

_HAND: Final = Actor.system("privacy")


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


def put_right(
    actor: Actor, correction_id: str, name: str, things: Collection[str], now: datetime
) -> list[str]:
    """Write the person's name as it should be on these things; certificates are replaced by new ones.

    Returns the things that were changed. ``things`` are those of ``correctables``; all are changed or none.
    Raises NotAllowed, NoSuchCorrection, CorrectionIsAnswered, NothingChosen, and what is wrong with
    the name where it stands (InvalidInput).
    """
    if not policy.may_answer(actor):
        raise NotAllowed()
    with transaction() as session:
        row = session.get(Correction, correction_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NoSuchCorrection()
        if row.state != CorrectionState.ASKED:
            raise CorrectionIsAnswered()
        there = {each.thing for each in correctables(subject_of(row.person_id))}
        chosen = sorted(there & set(things))
        if not chosen:
            raise NothingChosen()
        for thing in chosen:
            _rename(thing, name, now)
            audit.record(actor, "privacy.name_put_right", thing, now, correction=correction_id)
        return chosen


def _rename(thing: str, name: str, now: datetime) -> None:
    if thing.startswith("lrn_"):
        renaming.rename(_HAND, thing, name, now)
    elif thing.startswith("ord_"):
        rename_buyer(_HAND, thing, name, now)
    else:
        facts = replace(papers.retirement_facts(thing), holder_name=name)
        certificates.replace(_HAND, thing, facts, Reason.ERROR, now)


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
