"""Taking a quiz: what it asks, its questions, saved one by one, and a result to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from flask import flash, redirect, render_template, request, url_for

from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.kernel.numbers import whole
from portal.training.commands import attempting
from portal.training.forms.responses import response_from
from portal.training.queries import attempts, courses
from portal.training.queries.attempts import AttemptView, Given
from portal.training.queries.courses import Content
from portal.training.rules.attempts import AttemptClosed, NotAsked, Policy, share
from portal.training.rules.grading import Mark, Response, grade
from portal.training.rules.items import Item
from portal.training.rules.progress import percent
from portal.training.rules.quizzes import LESSON, UnknownQuiz
from portal.training.rules.responses import read_response, stored
from portal.training.views.pages import Answer, blueprint, media_url_of, own
from portal.web.forms import PortalForm
from portal.web.guard import actor, open_to_all
from portal.web.i18n import lang, message

ALL = "all"


@dataclass(frozen=True, slots=True)
class Shown:
    """A question on the page: its number, its answer so far, and what was typed that could not be taken."""

    number: int
    item: Item
    prefix: str
    response: Response | None
    edition: int
    fault: PortalError | None = None
    mark: Mark | None = None


@blueprint.get("/learn/<enrolment_id>/quizzes/<quiz>")
@open_to_all
def quiz(enrolment_id: str, quiz: str) -> Answer:
    """What this quiz asks, what was tried, and when the next attempt may begin."""
    enrolled = own(enrolment_id)
    content = courses.content(enrolled.version_id)
    found = next((q for q in content.quizzes if q.id == quiz), None)
    if found is None:
        raise UnknownQuiz()
    tried = [each for each in attempts.attempts_of(enrolment_id) if each.quiz == quiz]
    rule = Policy.of(content.course, quiz)
    next_at = rule.next_at([each.submitted_at for each in tried if each.submitted_at and not each.corrected])
    return render_template(
        "training/quiz.html", enrolled=enrolled, content=content, quiz=found, rule=rule, tried=tried,
        next_at=next_at if next_at and next_at > clock.now() else None, form=PortalForm(),
        is_passed=any(each.passed for each in tried), percent_of=_percent_of,
        is_open=any(each.submitted_at is None for each in tried), is_asked=_is_asked(content, quiz),
    )  # fmt: skip


@blueprint.post("/learn/<enrolment_id>/quizzes/<quiz>")
@open_to_all
def begin_attempt(enrolment_id: str, quiz: str) -> Answer:
    """Begin an attempt, or go on with the one that is open."""
    try:
        attempt_id = attempting.start(actor(), enrolment_id, quiz, lang(), clock.now())
    except PortalError as fault:
        if isinstance(fault, UnknownQuiz):
            raise
        own(enrolment_id)  # somebody else's is not found, whatever its rule says
        flash(message(fault), "error")
        return redirect(url_for("training.quiz", enrolment_id=enrolment_id, quiz=quiz), 303)
    return redirect(url_for("training.attempt", attempt_id=attempt_id), 303)


@blueprint.get("/learn/attempts/<attempt_id>")
@open_to_all
def attempt(attempt_id: str) -> Answer:
    """The questions, or the result once the attempt is handed in. ``?q=3`` shows one question by itself."""
    found = attempts.attempt(actor(), attempt_id)
    if found.submitted_at is not None:
        return _result(found)
    return _questions(found, {})


@blueprint.post("/learn/attempts/<attempt_id>")
@open_to_all
def save_answers(attempt_id: str) -> Answer:
    """Keep what was answered: every question on the page that has changed, whichever button was pressed."""
    found = attempts.attempt(actor(), attempt_id)
    if found.submitted_at is not None:
        flash(message(AttemptClosed()), "error")
        return redirect(url_for("training.attempt", attempt_id=attempt_id), 303)
    faults: dict[str, PortalError] = {}
    for number, item in _asked(found):
        if f"e{number}" in request.form:
            try:
                _save(found, number, item)
            except PortalError as fault:
                faults[item.id] = fault
    if faults:
        return _questions(attempts.attempt(actor(), attempt_id), faults), 422
    return redirect(_onward(attempt_id, request.form.get("save", ALL)), 303)


@blueprint.post("/learn/attempts/<attempt_id>/answers/<int:number>")
@open_to_all
def save_answer(attempt_id: str, number: int) -> Answer:
    """Keep one answer, for the page's own program: the edition that is kept, or why it cannot be."""
    found = attempts.attempt(actor(), attempt_id)
    item = dict(_asked(found)).get(number)
    if item is None:
        raise NotAsked()
    try:
        edition = _save(found, number, item)
    except PortalError as fault:
        return {"error": message(fault)}, 409 if isinstance(fault, AttemptClosed) else 422  # type: ignore[return-value]
    held = attempts.attempt(actor(), attempt_id).answers.get(item.id)
    response = response_from(item, request.form, f"q{number}")
    is_kept = (_content(held) if held else None) == (None if response is None else stored(response))
    return {"edition": edition, "kept": is_kept}  # type: ignore[return-value]


@blueprint.get("/learn/attempts/<attempt_id>/hand-in")
@open_to_all
def hand_in(attempt_id: str) -> Answer:
    """Before it is handed in: what is not answered yet, and that nothing changes afterwards."""
    found = attempts.attempt(actor(), attempt_id)
    if found.submitted_at is not None:
        return redirect(url_for("training.attempt", attempt_id=attempt_id))
    return render_template("training/hand_in.html", attempt=found, form=PortalForm(), title=_title(found))


@blueprint.post("/learn/attempts/<attempt_id>/hand-in")
@open_to_all
def handed_in(attempt_id: str) -> Answer:
    """Hand it in, once; handed in again it shows the result."""
    attempting.submit(actor(), attempt_id, clock.now())
    return redirect(url_for("training.attempt", attempt_id=attempt_id), 303)


def _save(found: AttemptView, number: int, item: Item) -> int:
    """Keep the answer to one question as it was sent, unless it is the one that is kept already."""
    response = response_from(item, request.form, f"q{number}")
    json = None if response is None else stored(response)
    held = found.answers.get(item.id)
    if (held is None and json is None) or (held and _content(held) == json):
        return held.edition if held else 0
    edition = whole(request.form.get(f"e{number}", ""), 0)
    return attempting.save(actor(), found.id, item.id, json, edition + 1, clock.now())


def _content(held: Given) -> object:
    return held.response if held.is_answer else None


def _asked(found: AttemptView) -> list[tuple[int, Item]]:
    return list(enumerate(found.items, start=1))


def _onward(attempt_id: str, button: str) -> str:
    """Where a button leads: on to handing in, to another question, or back to the one that was saved."""
    if button == ALL:
        return url_for("training.hand_in", attempt_id=attempt_id)
    number = whole(button, 1)
    if request.args.get("q"):
        return url_for("training.attempt", attempt_id=attempt_id, q=number, _anchor=f"q{number}")
    return url_for("training.attempt", attempt_id=attempt_id, _anchor=f"q{number}")


def _questions(found: AttemptView, faults: Mapping[str, PortalError]) -> str:
    asked = [_shown(found, number, item, faults.get(item.id)) for number, item in _asked(found)]
    number = whole(request.args.get("q", ""), 0)
    alone = number if 1 <= number <= len(asked) else None
    return render_template(
        "training/attempt.html", attempt=found, title=_title(found), form=PortalForm(),
        typed=request.form if faults else None,
        asked=asked if alone is None else [asked[alone - 1]], alone=alone, count=len(asked),
        media_url=media_url_of(found.enrolment.version_id), answered=len(asked) - len(found.unanswered),
    )  # fmt: skip


def _shown(found: AttemptView, number: int, item: Item, fault: PortalError | None = None) -> Shown:
    held = found.answers.get(item.id)
    response = read_response(item, held.response) if held and held.is_answer else None
    return Shown(number, item, f"q{number}", response, held.edition if held else 0, fault)


def _result(found: AttemptView) -> str:
    """Solutions are shown when no further attempt depends on them: practised, passed, or waited for."""
    content = courses.content(found.enrolment.version_id)
    tried = [each for each in attempts.attempts_of(found.enrolment.id) if each.quiz == found.quiz]
    handed_in = [each.submitted_at for each in tried if each.submitted_at and not each.corrected]
    next_at = found.policy.next_at(handed_in)
    marked = [(each, _mark(each)) for each in (_shown(found, *asked) for asked in _asked(found))]
    return render_template(
        "training/result.html", attempt=found, marked=marked, title=_title(found), content=content,
        media_url=media_url_of(found.enrolment.version_id), form=PortalForm(),
        reached=_percent_of(found.earned, found.possible), percent_of=_percent_of,
        needed=percent(Fraction(found.policy.pass_percent)),
        shows_solutions=not found.is_final or any(each.passed for each in tried),
        next_at=next_at if next_at and next_at > clock.now() else None,
        left=found.policy.left(len(handed_in)), is_asked=_is_asked(content, found.quiz),
        is_passed=any(each.passed for each in tried),
    )  # fmt: skip


def _mark(shown: Shown) -> Mark | None:
    return grade(shown.item, shown.response) if shown.response is not None else None


def _percent_of(earned: Fraction | None, possible: int) -> object:
    return percent(share(earned or Fraction(0), possible) * 100)


def _is_asked(content: Content, quiz: str) -> bool:
    """Whether a lesson is done only when the questions of this practice were answered."""
    text = content.lessons.get((quiz.removeprefix(LESSON), "zh")) if quiz.startswith(LESSON) else None
    return text is not None and text.asks_questions


def _title(found: AttemptView) -> object:
    content = courses.content(found.enrolment.version_id)
    return next(q.title for q in content.quizzes if q.id == found.quiz)
