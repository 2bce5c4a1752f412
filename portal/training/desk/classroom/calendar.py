"""The sessions of a class as a calendar that programs subscribe to."""

from urllib.parse import urlsplit

from flask import Response, request

from portal.kernel import clock
from portal.kernel.errors import NotFound
from portal.training.calendars import feed
from portal.training.desk.classroom.addresses import base
from portal.training.desk.classroom.pages import attending
from portal.training.queries.cohorts import cohort_by_id
from portal.training.queries.meetings import Meeting
from portal.training.queries.sessions import sessions_of
from portal.training.rules.attendance import SessionView
from portal.training.rules.classes import CohortView
from portal.web.guard import open_to_all
from portal.web.links import opens


@attending.get("/classes/<cohort_id>/sessions.ics")
@open_to_all
def cohort_calendar(cohort_id: str) -> Response:
    """For who has the secret address: calendar programs sign in nowhere. Raises NotFound for anybody else."""
    if not opens(request.args.get("k", ""), cohort_id):
        raise NotFound()
    cohort = cohort_by_id(cohort_id)
    meetings = [_meeting(cohort, each) for each in sessions_of(cohort_id)]
    host = urlsplit(base()).hostname or "localhost"
    answer = Response(
        feed(cohort.name, meetings, host, clock.now()), content_type="text/calendar; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = 'inline; filename="sessions.ics"'
    return answer


def _meeting(cohort: CohortView, session: SessionView) -> Meeting:
    return Meeting(
        session.id, "", cohort.course, cohort.name, session.number, session.title,
        session.place or cohort.place, session.starts_at, session.ends_at, not session.is_held, None,
        session.zone,
    )  # fmt: skip
