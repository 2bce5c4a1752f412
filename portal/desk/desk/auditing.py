"""The trail: who did what, to what, when and why; searched, followed and taken along as a file."""

import json
from datetime import date, datetime, time, timedelta

from flask import Response as FlaskResponse
from flask import render_template, request

from portal import audit
from portal.accounts.naming import named_here
from portal.audit import Trace, Wanted
from portal.desk.places import place_of
from portal.desk.rules import plain
from portal.kernel.actor import Role
from portal.kernel.clock import CITY, is_of_our_time
from portal.web.exports import streamed
from portal.web.guard import staff
from portal.web.looks import FILES, Shown, has_shown
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("desk_audit", __name__)

READERS = (Role.ADMIN, Role.AUDITOR)
FILTERS = ("who", "verb", "what", "since", "until", "people")


@blueprint.get("/desk/audit")
@staff(*READERS)
def trail() -> str:
    """The newest lines, or those that were asked for."""
    page = cut(audit.traces(_wanted(), request.args.get("cursor", "")), 50, lambda row: row.id)
    asked = {name: plain(request.args.get(name, "")) for name in FILTERS}
    return render_template(
        "desk/audit.html", page=page, asked=asked,
        names=named_here(each for row in page.items for each in (row.actor_id, row.subject_id)),
        place_of=place_of, why=_why,
    )  # fmt: skip


@blueprint.get("/desk/audit.<any(csv, xlsx, jsonl):kind>")
@staff(*READERS)
def export(kind: str) -> FlaskResponse:
    """The same lines as a file of any length."""
    has_shown(Shown.PERSON, audit.people_in(_wanted()), FILES)
    head = ("id", "at", "actor", "verb", "subject", "facts")
    rows = (
        (row.id, row.at.isoformat(), row.actor_id, row.verb, row.subject_id, _why(row))
        for row in audit.all_traces(_wanted())
    )
    return streamed(kind, "audit", head, rows)


def _wanted() -> Wanted:
    asked = {name: plain(request.args.get(name, "")) for name in FILTERS}
    until = _day(asked["until"])
    return Wanted(
        asked["who"], asked["verb"], asked["what"], _day(asked["since"]),
        until + timedelta(days=1) if until else None, by_people=bool(asked["people"]),
    )  # fmt: skip


def _day(text: str) -> datetime | None:
    """The beginning of a civil day in the city; what is no day of our time is not asked for."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time(), CITY) if is_of_our_time(day) else None


def _why(trace: Trace) -> str:
    """The facts of a line as they are kept: ids, amounts, states, a reason."""
    return json.dumps(trace.facts, ensure_ascii=False, sort_keys=True) if trace.facts else ""
