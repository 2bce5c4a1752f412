"""The quiz on paper: printed in one language or both, with its key, and typed in from the keyboard."""

import base64
import mimetypes
from collections.abc import Sequence

from flask import Response as FlaskResponse
from flask import flash, request
from markupsafe import Markup

from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotFound, PortalError
from portal.training.commands.papers import Sheet, record_sheets
from portal.training.desk.classroom.pages import (
    READERS,
    TRAINERS,
    Answer,
    back_to,
    blueprint,
    pdf,
    shown,
    the_cohort,
)
from portal.training.forms.cohorts import PressForm
from portal.training.queries import courses
from portal.training.queries.cohorts import Member, members
from portal.training.queries.papers import items_of, recorded
from portal.training.rules import papers
from portal.training.rules.attempts import Policy
from portal.training.rules.classes import CohortView
from portal.training.rules.figures import ASKED, drawn
from portal.training.rules.grading import Response, rule_of
from portal.training.rules.items import Item
from portal.training.rules.markup import to_html
from portal.training.rules.quizzes import FINAL
from portal.web.guard import actor, staff
from portal.web.i18n import _, gettext, message, ngettext
from portal.web.looks import Shown, looks_at

AT_ONCE = 30
_LANGS = {"zh": ("zh",), "en": ("en",), "both": ("zh", "en")}


@blueprint.get("/teach/<cohort_id>/paper")
@staff(*READERS)
def paper(cohort_id: str) -> Answer:
    """Two papers of the same quiz, so that neighbours have different ones."""
    cohort = the_cohort(cohort_id)
    return shown(
        "training/teach/paper.html", cohort,
        papers=[(each, len(items_of(cohort.version_id, cohort_id, each)), len(recorded(cohort_id, each)))
                for each in papers.PAPERS],
    )  # fmt: skip


@blueprint.get("/teach/<cohort_id>/paper/<paper>/<any(zh, en, both):langs>.pdf")
@staff(*READERS)
def paper_pdf(cohort_id: str, paper: str, langs: str) -> FlaskResponse:
    """The sheets, and on a page of its own the key for the trainer."""
    cohort = the_cohort(cohort_id)
    items = items_of(cohort.version_id, cohort_id, paper)
    with_key = request.args.get("key") == "1"
    return pdf(
        "training/teach/pdf_paper.html",
        f"paper-{paper}-{langs}", clock.now(), cohort=cohort, paper=paper, langs=_LANGS[langs],
        questions=[_printed(cohort, item, _LANGS[langs]) for item in items], with_key=with_key,
        keys=[papers.key_of(item) for item in items],
    )  # fmt: skip


def _printed(cohort: CohortView, item: Item, langs: Sequence[str]) -> dict[str, object]:
    """One question as it is printed: its texts in the languages asked for, letters for its parts."""

    def said(text: Bilingual) -> Markup:
        texts = {text.in_(each) or text.zh or text.en: each for each in reversed(langs)}
        return Markup("").join(
            Markup('<div lang="{}">{}</div>').format(each, _html(cohort, item, words))
            for words, each in reversed(texts.items())
        )

    return {
        "stem": said(item.stem),
        "parts": [(papers.LETTERS[at], said(part)) for at, part in enumerate(papers.parts(item))],
        "prompts": [said(each) for each in papers.prompts(item)],
        "kind": type(item.task).__name__,
        "rule": gettext(rule_of(item.task)),
        "unit": getattr(item.task, "unit", ""),
    }


def _html(cohort: CohortView, item: Item, text: str) -> Markup:
    """Safe HTML whose pictures lie inside it: the printer fetches nothing."""

    def inside(name: str) -> str:
        path, _mark, asked = name.removeprefix("media/").partition(f"?{ASKED}=")
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        data = drawn(courses.media(cohort.version_id, path), asked)
        return f"data:{kind};base64,{base64.b64encode(data).decode()}"

    return Markup(to_html(text, item.markup, inside))  # noqa: S704  sanitised by the rules


@blueprint.route("/teach/<cohort_id>/paper/<paper>/entry", methods=["GET", "POST"])
@looks_at(Shown.LEARNER, "cohort_id", "classes", daily=True)
@staff(*TRAINERS)
def paper_entry(cohort_id: str, paper: str) -> Answer:
    """The grid: a row a learner, a cell a question. First every sheet is marked and shown, then recorded."""
    cohort, form = the_cohort(cohort_id), PressForm()
    items, done = items_of(cohort.version_id, cohort_id, paper), recorded(cohort_id, paper)
    waiting = [each for each in members(cohort_id) if each.enrolment_id not in done]
    at_once = waiting[:AT_ONCE]
    read = read_sheets(items, at_once) if form.validate_on_submit() else _Typed()
    language = request.form.get("sheet_lang", cohort.lang)
    if language not in ("zh", "en"):
        raise NotFound()
    if read.sheets and not read.faults and "record" in request.form:
        try:
            passed = record_sheets(actor(), cohort_id, paper, language, read.sheets, clock.now())
        except PortalError as error:
            read.faults.append(message(error))
        else:
            flash(ngettext("One sheet is recorded.", "%(num)s sheets are recorded.", len(passed)), "success")
            flash(
                _("%(passed)s of %(all)s have passed.", passed=sum(passed.values()), all=len(passed)), "info"
            )
            return back_to("paper_entry", cohort_id, paper=paper)
    policy = Policy.of(courses.content(cohort.version_id).course, FINAL)
    marks = {each.enrolment_id: papers.earned(items, each.responses) for each in read.sheets}
    return shown(
        "training/teach/paper_entry.html",
        cohort, 422 if read.faults else 200, paper=paper, items=items, people=at_once,
        more=len(waiting) - len(at_once), typed=read.typed, wrong=read.wrong, faults=read.faults,
        form=form, language=language, done=len(done),
        marks={known: (f"{float(mark):g}", policy.passes(mark, len(items))) for known, mark in marks.items()},
    )  # fmt: skip


class _Typed:
    """What was typed into the grid: texts by cell, cells that cannot be read, whole sheets."""

    def __init__(self) -> None:
        self.typed: dict[str, str] = {}
        self.wrong: set[str] = set()
        self.faults: list[str] = []
        self.sheets: list[Sheet] = []


def read_sheets(items: Sequence[Item], people: Sequence[Member]) -> _Typed:
    """What was typed of these people, cell by cell."""
    found = _Typed()
    for person in people:
        responses: list[Response | None] = []
        for number, item in enumerate(items, start=1):
            cell = f"{person.enrolment_id}-{number}"
            found.typed[cell] = text = request.form.get(cell, "")[: papers.ANSWER_MAX]
            try:
                responses.append(papers.read_answer(item, text, number))
            except PortalError as error:
                responses.append(None)
                found.wrong.add(cell)
                found.faults.append(f"{person.name}: {message(error)}")
        if any(each is not None for each in responses):
            found.sheets.append(Sheet(person.enrolment_id, person.name, tuple(responses)))
    return found
