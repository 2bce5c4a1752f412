"""What anybody may see: the catalogue, a course, and its lessons to read without taking it."""

import mimetypes
from hashlib import sha256

from flask import Response, flash, redirect, render_template, request, url_for

from portal.kernel import clock
from portal.training import policy
from portal.training.commands.enrolling import enrol
from portal.training.queries import courses, learners
from portal.training.queries.courses import Content, Listed
from portal.training.rules.courses import UnknownLesson
from portal.training.rules.figures import ASKED, drawn
from portal.training.rules.packs.course import AUDIENCES
from portal.training.views.lessons import Place, lesson_page
from portal.training.views.pages import Answer, blueprint, files
from portal.web.forms import PortalForm
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang


@blueprint.get("/training")
@open_to_all
def catalogue() -> Answer:
    """All that can be learned, by audience, with what the reader takes already."""
    found = sorted(courses.catalogue(), key=lambda each: AUDIENCES.index(each.audience))
    shelf = [(each, courses.outline(each)) for each in found]
    taken = {each.version_id: each for each in learners.enrolments_of(actor()) if each.left_at is None}
    return render_template("training/catalogue.html", shelf=shelf, taken=taken)


@blueprint.get("/training/<course>")
@open_to_all
def course(course: str) -> Answer:
    """What a course teaches, how long it takes, and what completing it asks."""
    listed = courses.newest_version(course)
    content = courses.content(listed.id)
    return render_template(
        "training/course.html", listed=listed, content=content, form=PortalForm(),
        quizzes=content.quizzes, taken=_taken(course), also=courses.read_with(content),
        may_begin=policy.may_enrol(actor()),
    )  # fmt: skip


@blueprint.post("/training/<course>/begin")
@open_to_all
def begin(course: str) -> Answer:
    """Take the course alone; a guest signs in first and comes back to it."""
    if not policy.may_enrol(actor()):
        flash(_("Please sign in to take a course alone, or join a class with its code."), "info")
        back = url_for("training.course", course=course)
        return redirect(url_for("accounts.sign_in", next=back), 303)
    enrolment_id = enrol(actor(), courses.newest_version(course).id, lang(), clock.now())
    flash(_("The course has begun. Come back whenever you like: it goes on where you left it."), "success")
    return redirect(url_for("training.progress", enrolment_id=enrolment_id), 303)


@blueprint.get("/training/<course>/lessons/<lesson>")
@open_to_all
def read(course: str, lesson: str) -> Answer:
    """A lesson, for whoever likes to read it; who takes the course reads it there."""
    taken = _taken(course)
    if taken and (lesson, "zh") in courses.content(taken.version_id).lessons:
        return redirect(url_for("training.lesson", enrolment_id=taken.id, lesson=lesson))
    listed = courses.newest_version(course)
    content = courses.content(listed.id)
    if (lesson, "zh") not in content.lessons:
        raise UnknownLesson()
    return lesson_page(_place(listed, content, lesson))


def _place(listed: Listed, content: Content, lesson: str) -> Place:
    def address(name: str) -> str:
        return url_for("training.read", course=listed.course, lesson=name)

    return Place(
        listed.id, content, lesson, address, (listed.title, url_for("training.course", course=listed.course))
    )  # fmt: skip


@files.get("/training-media/<version_id>/<path:name>")
@open_to_all
def media(version_id: str, name: str) -> Response:
    """A picture of a version, with a variant's numbers in it. It never changes, so it is kept for ever."""
    data, asked = courses.media(version_id, name), request.args.get(ASKED, "")
    if name.endswith(".svg"):
        data = drawn(data, asked)
    answer = Response(data, mimetype=mimetypes.guess_type(name)[0] or "application/octet-stream")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    # A drawing opened by itself must not run what somebody may have hidden in it.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    answer.set_etag(sha256(data).hexdigest()[:32])
    return answer.make_conditional(request)  # type: ignore[return-value]


def _taken(course: str) -> learners.Enrolled | None:
    return learners.enrolment_in(actor(), [each.id for each in courses.versions(course)])
