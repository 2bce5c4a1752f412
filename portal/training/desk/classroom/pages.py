"""The classroom's blueprint and what its pages share."""

from datetime import datetime
from typing import Any

from flask import Response as FlaskResponse
from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.naming import named_here
from portal.kernel.actor import Role
from portal.registry.sheets import XLSX, Row, csv_file, xlsx_file
from portal.training import policy
from portal.training.queries import cohorts as queries
from portal.training.rules.classes import CohortView
from portal.web import press
from portal.web.guard import actor
from portal.web.page import page_blueprint
from portal.web.pdf import CLASSROOM

blueprint = page_blueprint("teach", __name__)
attending = page_blueprint("attending", __name__)

Answer = str | Response | tuple[str, int]
TRAINERS = (Role.TRAINER,)
READERS = (Role.TRAINER, Role.AUDITOR)


def shown(template: str, cohort: CohortView, status: int = 200, **values: object) -> Answer:
    """A page about one class; auditors see it without its buttons."""
    may_run = policy.may_run(actor(), cohort.trainer_ids) and cohort.closed_at is None
    named_here(cohort.trainer_ids)
    page = render_template(template, cohort=cohort, may_run=may_run, **values)
    return page, status


def the_cohort(cohort_id: str) -> CohortView:
    """Raises UnknownCohort."""
    return queries.cohort(actor(), cohort_id)


def back_to(endpoint: str, cohort_id: str, **values: Any) -> Response:
    return redirect(url_for(f"teach.{endpoint}", cohort_id=cohort_id, **values), 303)


def pdf(template: str, name: str, now: datetime, **values: object) -> FlaskResponse:
    """Paper to print. Raises NoPango and its kin."""
    html = render_template(template, at=now.isoformat(), **values)
    content = press.shared().print(html, now, design=CLASSROOM, seconds=30)
    answer = FlaskResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def sheet(rows: list[Row], name: str, kind: str) -> FlaskResponse:
    """A table to take away, as ``csv`` or ``xlsx``."""
    is_csv = kind == "csv"
    answer = FlaskResponse(
        csv_file(rows) if is_csv else xlsx_file([(name, rows)]),
        content_type="text/csv; charset=utf-8" if is_csv else XLSX,
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
