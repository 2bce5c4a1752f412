"""Attempts as statistics take them: by version and language, of learners alone, final quizzes handed in."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from portal.db import db
from portal.training.models.attempts import Answer, Attempt, PaperCorrection
from portal.training.models.learners import Enrolment
from portal.training.queries import courses
from portal.training.queries.attempts import stands
from portal.training.rules import statistics
from portal.training.rules.items import Item
from portal.training.rules.quizzes import FINAL
from portal.training.rules.statistics import Answered, Figures, ItemFigures, Sitting

_SITTINGS = {"learner": Sitting.LEARNER, "tester": Sitting.TESTER, "staff": Sitting.STAFF}
# So much easier in one language than in the other is more than chance with twenty answers each.
TRANSLATION_GAP = Decimal("0.3")


@dataclass(frozen=True, slots=True)
class AskedItem:
    """An item in one language: of ``n`` attempts that asked it. ``figures`` is None while nobody answered."""

    item: Item
    lang: str
    n: int
    figures: ItemFigures | None
    gap: Decimal | None

    @property
    def is_too_few(self) -> bool:
        return self.n < statistics.TOO_FEW

    @property
    def may_be_translation(self) -> bool:
        """Easy in one language and hard in the other, with enough answers in both."""
        return self.gap is not None and abs(self.gap) >= TRANSLATION_GAP


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """One version: the whole quiz by language, and each item in each language."""

    whole: Mapping[str, Figures]
    items: tuple[AskedItem, ...]

    def from_answers(self, fewest: int) -> "VersionFigures":
        """Without what fewer have answered."""
        return VersionFigures(
            {lang: each for lang, each in self.whole.items() if each.n >= fewest},
            tuple(each for each in self.items if each.n >= fewest),
        )


def figures_of(version_id: str, cohort_id: str | None = None) -> VersionFigures:
    """How the questions of a version did, in one class or in all of them.

    A learner's first attempt counts alone: who has seen the question before says little about it.
    """
    content = courses.content(version_id)
    sat = _sat(version_id, cohort_id)
    asked = {name for _, each in sat for name in each}
    names = [name for name in content.items if name in asked]
    by_lang = {lang: [each for each in sat if each[0].lang == lang] for lang in ("zh", "en")}
    single = {lang: statistics.figures_of_each(found) for lang, found in by_lang.items()}
    gaps = {name: _gap(single["zh"].get(name), single["en"].get(name)) for name in names}
    return VersionFigures(
        {
            lang: statistics.figures((attempt for attempt, _ in found), names)
            for lang, found in by_lang.items()
        },
        tuple(
            _item(content.items[name], lang, found.get(name), gaps[name])
            for lang, found in single.items()
            for name in names
        ),
    )


def _item(
    item: Item, lang: str, found: tuple[int, ItemFigures] | None, gap: Decimal | None
) -> AskedItem:  # fmt: skip
    n, figures = found or (0, None)
    return AskedItem(item, lang, n, figures, gap)


def _sat(version_id: str, cohort_id: str | None) -> list[tuple[statistics.Attempt, list[str]]]:
    """Attempts with what was asked in each, in two questions whatever their number."""
    wanted = [Enrolment.version_id == version_id, *first_sittings()]
    if cohort_id:
        wanted.append(Enrolment.cohort_id == cohort_id)
    rows = db.session.execute(
        select(Attempt.id, Attempt.lang, Attempt.items, Enrolment.standing)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(*wanted)
        .order_by(Attempt.id)
    ).all()
    answers = _answers(wanted)
    return [
        (
            statistics.Attempt(row.lang, answers[row.id], _SITTINGS[row.standing]),
            row.items,
        )
        for row in rows
    ]


def first_sittings() -> tuple[ColumnElement[bool], ...]:
    """Of attempts with their enrolments: final quizzes of learners, handed in, each learner's first."""
    return (
        Attempt.quiz == FINAL, Attempt.submitted_at.is_not(None), stands(), ~_earlier(),
        Enrolment.standing == Sitting.LEARNER.value,
    )  # fmt: skip


def _earlier() -> ColumnElement[bool]:
    """Whether somebody sat this quiz before; a sheet that was corrected is not before its correction."""
    before = aliased(Attempt)
    corrected = select(PaperCorrection.attempt_id)
    return (
        select(before.id)
        .where(
            before.enrolment_id == Attempt.enrolment_id, before.quiz == Attempt.quiz,
            before.number < Attempt.number, before.id.not_in(corrected),
        )
        .exists()
    )  # fmt: skip


def _answers(wanted: list[ColumnElement[bool]]) -> dict[str, dict[str, Answered]]:
    found: dict[str, dict[str, Answered]] = defaultdict(dict)
    rows = db.session.execute(
        select(Answer.attempt_id, Answer.item, Answer.credit, Answer.response)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(*wanted)
    )
    for attempt_id, item, credit, response in rows:
        found[attempt_id][item] = Answered(_credit(credit), _taken(response))
    return found


@lru_cache(maxsize=1024)
def _credit(text: str | None) -> Fraction:
    """Kept, because a class writes the same few thousands of times."""
    return Fraction(text or 0)


def _taken(response: Any) -> frozenset[int]:
    """The options taken, by the author's index, of a response as it is stored."""
    taken = response.get("options") if isinstance(response, dict) else None
    return frozenset(each for each in taken or () if isinstance(each, int))


def _gap(zh: tuple[int, ItemFigures] | None, en: tuple[int, ItemFigures] | None) -> Decimal | None:
    """Facility in Chinese less that in English; None without enough answers in both."""
    if zh is None or en is None or min(zh[0], en[0]) < statistics.TOO_FEW:
        return None
    return zh[1].facility - en[1].facility
