"""Where a stored footprint leads: its own page, the question behind an answer, a copy of its answers."""

from flask import current_app, url_for

from portal.footprint.forms import Sheet, step_of
from portal.footprint.rules.model import Model
from portal.footprint.rules.stored import Footprint
from portal.web.i18n import lang
from portal.web.links import key_for


def result_url(footprint_id: str) -> str:
    return url_for("footprint.result", footprint_id=footprint_id, k=key_for(footprint_id))


def public_url(footprint_id: str) -> str:
    """With the configured base URL, never the Host header: for paper, letters and keeping."""
    path = url_for("footprint.result", footprint_id=footprint_id, _external=False)
    return f"{current_app.config['PORTAL'].base_url}{path}?k={key_for(footprint_id)}"


def question_url(footprint: Footprint, model: Model, key: str) -> str:
    """The question with all answers travelling along; in the full form, where every question is asked."""
    sheet = Sheet(model, footprint.region, {}, dict(footprint.answers), None)
    at = step_of(model, key)
    return url_for("footprint.ask", model_id=model.id, at=at, region=footprint.region, **sheet.query())  # type: ignore[arg-type]


def copy_url(footprint: Footprint) -> str:
    """The calculator with these answers filled in: for next year, or for somebody else."""
    query = {"from": footprint.id, "k": key_for(footprint.id)}
    return url_for("footprint.ask", model_id=footprint.model_id, lang=lang(), **query)  # type: ignore[arg-type]
