"""The page of a lesson: one language or both side by side, and the ways on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from flask import make_response, render_template, request
from markupsafe import Markup

from portal.kernel.bilingual import Bilingual
from portal.training.queries.courses import Content
from portal.training.queries.learners import Enrolled
from portal.training.rules.packs.lessons import Lesson
from portal.training.rules.progress import NotFinished, NotOpened, PledgeMissing, Requirement
from portal.training.rules.quizzes import LESSON
from portal.training.views.pages import Answer, shown
from portal.web.forms import PortalForm
from portal.web.i18n import lang

WAYS: Final = ("zh", "en", "both")
_COOKIE: Final = "reading"
_YEAR: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Place:
    """Which lesson of which version, how to get to the others, and what stands above."""

    version_id: str
    content: Content
    lesson: str
    address: Callable[[str], str]
    above: tuple[Bilingual, str]

    @property
    def order(self) -> list[str]:
        return [lesson for module in self.content.course.modules for lesson in module.lessons]

    @property
    def module_id(self) -> str:
        return next(m.id for m in self.content.course.modules if self.lesson in m.lessons)

    def neighbour(self, step: int) -> str | None:
        at = self.order.index(self.lesson) + step
        return self.order[at] if 0 <= at < len(self.order) else None

    def title(self, lesson: str) -> Bilingual:
        return Bilingual(*(self.content.lessons[lesson, side].title for side in ("zh", "en")))


@dataclass(frozen=True, slots=True)
class Row:
    """A block of the lesson in the languages that are shown; a side that is missing is empty."""

    id: str
    sides: tuple[tuple[str, Markup], ...]


def lesson_page(
    place: Place,
    enrolled: Enrolled | None = None,
    asked: Requirement | None = None,
    form: PortalForm | None = None,
) -> Answer:
    """The lesson in the language of the page, or as the reader has chosen: ``?show=zh|en|both``, kept.

    ``asked`` is how far whoever takes the course is with it, ``form`` the one that finishes the lesson.
    """
    chosen = request.args.get("show", "")
    kept = request.cookies.get(_COOKIE, "")
    way = chosen if chosen in WAYS else kept if kept == "both" else lang()
    sides = (lang(), "en" if lang() == "zh" else "zh") if way == "both" else (way,)
    page = render_template(
        "training/lesson.html", place=place, enrolled=enrolled, asked=asked, way=way, sides=sides,
        rows=list(_rows(place, sides)), lesson=place.content.lessons[place.lesson, sides[0]],
        wants_reading=asked is not None and isinstance(asked.why, NotOpened | NotFinished | PledgeMissing),
        has_questions=any(quiz.id == LESSON + place.lesson for quiz in place.content.quizzes),
        number=place.order.index(place.lesson) + 1, form=form or PortalForm(),
        previous=place.neighbour(-1), next=place.neighbour(1),
    )  # fmt: skip
    answer = make_response(page, 422 if form is not None and form.has_errors else 200)
    if chosen in WAYS:
        answer.set_cookie(_COOKIE, "both" if chosen == "both" else "", max_age=_YEAR, samesite="Lax")
    return answer


def _rows(place: Place, sides: tuple[str, ...]) -> Iterator[Row]:
    texts: list[Lesson] = [place.content.lessons[place.lesson, side] for side in sides]
    for blocks in zip_longest(*(lesson.blocks for lesson in texts)):
        yield Row(
            next(block.id for block in blocks if block),
            tuple(
                (side, shown(block.text, place.version_id) if block else Markup(""))
                for side, block in zip(sides, blocks, strict=True)
            ),
        )
