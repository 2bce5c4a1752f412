"""How the questions did, by version and language, and what may be taken away for research."""

from flask import Response as FlaskResponse
from flask import current_app, request, stream_with_context

from portal.kernel import clock
from portal.training.desk import asked
from portal.training.desk.classroom.following import percent
from portal.training.desk.classroom.pages import READERS, Answer, blueprint, shown, the_cohort
from portal.training.queries.figures import figures_of
from portal.training.queries.following import figures_after
from portal.training.queries.research import research_rows
from portal.training.queries.statements import may_leave, records
from portal.training.rules.feedback import SHOWN_FROM
from portal.training.rules.formats import xapi
from portal.training.rules.research import HEAD, SMALLEST_GROUP
from portal.web.exports import streamed
from portal.web.guard import staff
from portal.web.links import key_for


@blueprint.get("/teach/<cohort_id>/questions")
@staff(*READERS)
def figures(cohort_id: str) -> Answer:
    """Of this class, or of all classes of the same version."""
    cohort = the_cohort(cohort_id)
    is_all = request.args.get("all") == "1"
    found = figures_of(cohort.version_id, None if is_all else cohort_id)
    return shown(
        "training/teach/figures.html",
        cohort, found=found, is_all=is_all, asked_words=asked, smallest=SMALLEST_GROUP,
        figures=figures_after(cohort, clock.day_of(clock.now(), cohort.zone)),
        percent=percent, shown_from=SHOWN_FROM,
        has_statements=may_leave(cohort_id),
    )  # fmt: skip


@blueprint.get("/teach/<cohort_id>/research.<any(csv, xlsx, jsonl):kind>")
@staff(*READERS)
def research(cohort_id: str, kind: str) -> FlaskResponse:
    """Answers without people, of all classes of this version; groups below the minimum are left out."""
    cohort = the_cohort(cohort_id)
    return streamed(kind, f"research-{cohort.course_version}", HEAD, research_rows(cohort.version_id))


@blueprint.get("/teach/<cohort_id>/statements.jsonl")
@staff(*READERS)
def statements(cohort_id: str) -> FlaskResponse:
    """xAPI statements of a class, for a learning record store; learners go by names made for this class."""
    cohort, site = the_cohort(cohort_id), current_app.config["PORTAL"].base_url

    def pseudonym(learner_id: str) -> str:
        return key_for(f"statements:{cohort_id}:{learner_id}")[:24]

    found = records(cohort, site, pseudonym)
    answer = FlaskResponse(stream_with_context(xapi.lines(found)), mimetype="application/x-ndjson")
    name = f"statements-{cohort_id[-6:].lower()}.jsonl"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
