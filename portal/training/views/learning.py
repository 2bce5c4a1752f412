"""Taking a course: what is done and what is missing, lesson by lesson."""

from flask import flash, redirect, render_template, url_for

from portal.certificates.queries import NoSuchCertificate
from portal.certificates.rules.numbers import MistypedNumber
from portal.consents import AFTER_CLASS
from portal.kernel import clock
from portal.training.commands import enrolling
from portal.training.commands.reading import finish_lesson, open_lesson
from portal.training.forms.joining import PledgeForm
from portal.training.queries import attempts, courses, learners
from portal.training.queries.feedback import open_form
from portal.training.queries.following import standing_of
from portal.training.queries.nudges import nudges_of
from portal.training.queries.progress import progress_of
from portal.training.rules.courses import UnknownLesson
from portal.training.rules.learners import NotAPledge
from portal.training.rules.progress import QuestionsMissing, Requirement
from portal.training.rules.quizzes import LESSON
from portal.training.views.lessons import Place, lesson_page
from portal.training.views.pages import Answer, blueprint, own
from portal.web.forms import PortalForm
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _


@blueprint.get("/learn/<enrolment_id>")
@open_to_all
def progress(enrolment_id: str) -> Answer:
    """Everything the course asks, what is met, and why the rest is not."""
    enrolled = own(enrolment_id)
    content = courses.content(enrolled.version_id)
    found = progress_of(enrolment_id)
    return render_template(
        "training/progress.html", enrolled=enrolled, content=content, form=PortalForm(), progress=found,
        listed=courses.version(enrolled.version_id), by_key={each.key: each for each in found.requirements},
        quizzes=content.quizzes, also=courses.read_with(content),
        tried=attempts.attempts_of(enrolment_id),
        class_of=learners.class_of(enrolled.cohort_id) if enrolled.cohort_id else None,
        onward=next((each.key.removeprefix(LESSON) for each in found.lessons if not each.is_met), None),
        nudges=nudges_of(enrolment_id), later=standing_of(enrolled, clock.day_of(clock.now(), enrolled.zone)),
        question=_(AFTER_CLASS.words),
        asked=open_form(enrolled.cohort_id, enrolment_id, clock.now()) if enrolled.cohort_id else None,
    )  # fmt: skip


@blueprint.get("/learn/<enrolment_id>/lessons/<lesson>")
@open_to_all
def lesson(enrolment_id: str, lesson: str) -> Answer:
    """A lesson of a course that one takes."""
    return _lesson(enrolment_id, lesson, PledgeForm(formdata=None))


def _lesson(enrolment_id: str, lesson: str, form: PledgeForm) -> Answer:
    enrolled = own(enrolment_id)
    content = courses.content(enrolled.version_id)
    if (lesson, "zh") not in content.lessons:
        raise UnknownLesson()
    open_lesson(actor(), enrolment_id, lesson, clock.now())

    def address(name: str) -> str:
        return url_for("training.lesson", enrolment_id=enrolment_id, lesson=name)

    above = (content.course.title, url_for("training.progress", enrolment_id=enrolment_id))
    place = Place(enrolled.version_id, content, lesson, address, above)
    return lesson_page(place, enrolled, _asked(enrolment_id, lesson), form)


@blueprint.post("/learn/<enrolment_id>/lessons/<lesson>")
@open_to_all
def finish(enrolment_id: str, lesson: str) -> Answer:
    """The lesson is read; one that asks for a pledge wants the number of its certificate."""
    form = PledgeForm()
    try:
        finish_lesson(actor(), enrolment_id, lesson, clock.now(), form.number.data)
    except (MistypedNumber, NoSuchCertificate, NotAPledge) as fault:
        form.blame("number", fault)
        return _lesson(enrolment_id, lesson, form)
    return _onward(enrolment_id, lesson)


def _onward(enrolment_id: str, lesson: str) -> Answer:
    """To the questions of the lesson, to the next one, or to what is missing."""
    if isinstance(_asked(enrolment_id, lesson).why, QuestionsMissing):
        questions = url_for("training.quiz", enrolment_id=enrolment_id, quiz=LESSON + lesson)
        return redirect(questions, 303)
    content = courses.content(own(enrolment_id).version_id)
    order = [name for module in content.course.modules for name in module.lessons]
    rest = order[order.index(lesson) + 1 :]
    if rest:
        return redirect(url_for("training.lesson", enrolment_id=enrolment_id, lesson=rest[0]), 303)
    flash(_("That was the last lesson."), "success")
    return redirect(url_for("training.progress", enrolment_id=enrolment_id), 303)


def _asked(enrolment_id: str, lesson: str) -> Requirement:
    found = progress_of(enrolment_id).lessons
    return next(each for each in found if each.key == LESSON + lesson)


@blueprint.post("/learn/<enrolment_id>/leave")
@open_to_all
def leave(enrolment_id: str) -> Answer:
    """Stop taking a course; beginning it again goes on where it was left."""
    enrolling.leave(actor(), enrolment_id, clock.now())
    flash(_("You have left the course. What you did is kept: begin it again to go on."), "success")
    return redirect(url_for("training.mine"), 303)
