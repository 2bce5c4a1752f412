"""How the questions did, by version and language, and what may be taken away for research."""

from decimal import Decimal

from flask import Response as FlaskResponse
from flask import request

from portal.kernel import clock
from portal.training.desk.classroom.following import percent
from portal.training.desk.classroom.pages import READERS, Answer, blueprint, shown, the_cohort
from portal.training.queries.figures import AskedItem, figures_of
from portal.training.queries.following import figures_after
from portal.training.queries.research import research_rows
from portal.training.rules.feedback import SHOWN_FROM
from portal.training.rules.items import Item, Multiple, Option, Single
from portal.training.rules.markup import to_words
from portal.training.rules.research import HEAD, SMALLEST_GROUP
from portal.web.exports import streamed
from portal.web.guard import staff
from portal.web.i18n import lang


@blueprint.get("/teach/<cohort_id>/questions")
@staff(*READERS)
def figures(cohort_id: str) -> Answer:
    """Of this class, or of all classes of the same version."""
    cohort = the_cohort(cohort_id)
    is_all = request.args.get("all") == "1"
    found = figures_of(cohort.version_id, None if is_all else cohort_id)
    return shown(
        "training/teach/figures.html",
        cohort, found=found, is_all=is_all, words=_words, options=_options, figure=_figure,
        names={"zh": "中文", "en": "English"}, smallest=SMALLEST_GROUP,
        figures=figures_after(cohort, clock.today()), percent=percent, shown_from=SHOWN_FROM,
    )  # fmt: skip


def _words(item: Item) -> str:
    return to_words(item.stem.in_(lang()) or item.stem.zh or item.stem.en, item.markup)


def _figure(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _options(asked: AskedItem) -> list[tuple[str, bool, tuple[int, int, int]]]:
    """Options that were shown, whether they are right, and who took them by thirds from weak to strong."""
    task = asked.item.task
    if asked.figures is None or not isinstance(task, Single | Multiple):
        return []
    return [
        (_text(option, asked), option.is_right, asked.figures.taken.get(at, (0, 0, 0)))
        for at, option in enumerate(task.options)
    ]


def _text(option: Option, asked: AskedItem) -> str:
    return to_words(option.text.in_(asked.lang) or option.text.zh, asked.item.markup)


@blueprint.get("/teach/<cohort_id>/research.<any(csv, xlsx, jsonl):kind>")
@staff(*READERS)
def research(cohort_id: str, kind: str) -> FlaskResponse:
    """Answers without people, of all classes of this version; groups below the minimum are left out."""
    cohort = the_cohort(cohort_id)
    return streamed(kind, f"research-{cohort.course_version}", HEAD, research_rows(cohort.version_id))
