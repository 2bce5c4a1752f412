"""A sheet typed in wrongly is corrected with a reason; what stood before stays and counts no more."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.db import db, transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed, PortalError
from portal.training.commands.overriding import ReasonNeeded
from portal.training.commands.papers import Sheet, correct_sheet, record_sheets
from portal.training.models.outcomes import Completion
from portal.training.queries.attempts import attempts_of
from portal.training.queries.figures import figures_of
from portal.training.queries.papers import corrections, items_of, recorded, sheet_of
from portal.training.queries.progress import progress_of
from portal.training.rules.papers import CertifiedBySheet, SameSheet, SheetMissing, read_answer, typed_of
from portal.training.rules.responses import read_response
from portal.training.rules.solutions import right_response
from tests.browser import Browser
from tests.factories.training import NOW, TRAINER, a_cohort, a_version, an_enrolment

LATER = NOW + timedelta(hours=1)
WHY = "第 4 题录错了"


class Room:
    def __init__(self) -> None:
        self.version_id = a_version()
        with transaction() as session:
            self.cohort_id = a_cohort(session, self.version_id)
            self.enrolment_id = an_enrolment(session, self.version_id, self.cohort_id, name="李雷")
        self.items = items_of(self.version_id, self.cohort_id, "A")

    def sheet(self, right: int) -> Sheet:
        """With so many right answers, from the top; the others are left open."""
        answers = [right_response(item, "zh") for item in self.items]
        kept = [answer if number < right else None for number, answer in enumerate(answers)]
        return Sheet(self.enrolment_id, "李雷", tuple(kept))

    def record(self, right: int) -> None:
        record_sheets(TRAINER, self.cohort_id, "A", "zh", [self.sheet(right)], NOW)

    def correct(self, right: int, who: Actor = TRAINER, why: str = WHY) -> bool:
        return correct_sheet(who, self.cohort_id, "A", "zh", self.sheet(right), why, LATER)


def test_the_corrected_sheet_counts_and_the_other_stays(any_app: Flask):
    room = Room()
    room.record(3)
    assert room.correct(len(room.items))
    done = recorded(room.cohort_id, "A")[room.enrolment_id]
    assert (done.earned, done.passed) == (len(room.items), True)
    assert progress_of(room.enrolment_id).final.is_met
    assert [(each.number, each.corrected, each.passed) for each in attempts_of(room.enrolment_id)] == [
        (1, WHY, False), (2, "", True),
    ]  # fmt: skip
    assert [(each.name, each.reason) for each in corrections(room.cohort_id, "A")] == [("李雷", WHY)]
    whole = figures_of(room.version_id, room.cohort_id).whole["zh"]
    assert whole.n == 1  # one sitting, the one that counts
    assert not room.correct(2)  # and once more
    assert not progress_of(room.enrolment_id).final.is_met


@pytest.mark.parametrize(
    ("who", "right", "why", "refused"),
    [
        (Actor("usr_of_another", frozenset({Role.TRAINER})), 9, WHY, NotAllowed),
        (TRAINER, 9, "?", ReasonNeeded),
        (TRAINER, 3, WHY, SameSheet),
    ],
)
def test_a_correction_is_refused(app: Flask, who: Actor, right: int, why: str, refused: type[PortalError]):
    room = Room()
    with pytest.raises(SheetMissing):
        room.correct(3)
    room.record(3)
    with pytest.raises(refused):
        room.correct(right, who, why)
    assert [each.number for each in attempts_of(room.enrolment_id)] == [1]


def test_a_certificate_is_not_left_standing_on_a_sheet_that_fails(app: Flask):
    room = Room()
    room.record(len(room.items))
    with transaction() as session:
        learner = session.execute(text("SELECT id FROM training_learner")).scalar_one()
        session.add(
            Completion(
                id="cmp_1", enrolment_id=room.enrolment_id, learner_id=learner, version_id=room.version_id,
                award="completion", certificate="X", completed_at=NOW,
            )
        )  # fmt: skip
    with pytest.raises(CertifiedBySheet):
        room.correct(2)
    assert room.correct(len(room.items) - 1)  # the control: it still passes


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE training_paper_correction SET reason = 'other'",
        "DELETE FROM training_paper_correction",
        "INSERT INTO training_paper_correction SELECT by_attempt_id, attempt_id, 'back', 'x', at"
        " FROM training_paper_correction",
    ],
)
def test_the_database_keeps_what_was_corrected(any_app: Flask, statement: str):
    room = Room()
    room.record(3)
    room.correct(5)
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(statement))
    db.session.rollback()
    assert len(corrections(room.cohort_id, "A")) == 1


def test_what_is_typed_for_a_response_gives_it_back(app: Flask):
    room = Room()
    for number, item in enumerate(room.items, start=1):
        right = right_response(item, "zh")
        assert read_answer(item, typed_of(item, right), number) == right
    assert typed_of(room.items[0], None) == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_trainer_corrects_it_on_its_page(app: Flask, lang: str):
    room = Room()
    room.record(3)
    app.extensions["portal.person"] = lambda: TRAINER
    browser = Browser(app.test_client())
    listed = browser.open(f"/{lang}/teach/{room.cohort_id}/paper/A/sheets")
    assert "李雷" in listed.main
    page = browser.open(f"/{lang}/teach/{room.cohort_id}/paper/A/sheets/{room.enrolment_id}")
    cells = [each for each in page.root.iter("input") if each.get("name", "").startswith(room.enrolment_id)]
    assert len(cells) == len(room.items)
    held = sheet_of(room.cohort_id, "A", room.enrolment_id)[1]
    for item, cell in zip(room.items, cells, strict=True):
        known = read_response(item, held[item.id]) if item.id in held else None
        assert cell.get("value", "") == typed_of(item, known)
        page._typed[id(cell)] = [typed_of(item, right_response(item, "zh"))]
    button = {"zh": "更正答卷", "en": "Correct the sheet"}[lang]
    page.submit(button, expect=422)  # without a reason
    (reason,) = (each for each in page.root.iter("input") if each.get("name") == "reason")
    page._typed[id(reason)] = [WHY]
    after = page.submit(button)
    assert WHY in after.main
    assert recorded(room.cohort_id, "A")[room.enrolment_id].passed
