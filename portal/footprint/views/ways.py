"""Where a stored footprint leads: its own page, the question behind an answer, a copy of its answers."""

from typing import Any

from flask import url_for

from portal.footprint.forms import Sheet
from portal.footprint.rules.drafts import Journey
from portal.footprint.rules.model import Model
from portal.footprint.rules.stored import Footprint
from portal.footprint.views.addresses import url_of
from portal.web.links import key_for


def result_url(footprint_id: str) -> str:
    return url_for("footprint.result", footprint_id=footprint_id, k=key_for(footprint_id))


def question_url(footprint: Footprint, model: Model, key: str) -> str:
    """The question with all answers travelling along; what the form did not ask, in the form that does."""
    sheet = Sheet.of(Journey.of(footprint), model)
    asked = {question.key for step in sheet.steps for question in step}
    if key not in asked:
        sheet = sheet.but(form="expert" if model.questions[key].expert else "full")
    return url_of(sheet, key)


def copy_url(footprint: Footprint) -> str:
    """The calculator with these answers filled in: for next year, or for somebody else."""
    query: dict[str, Any] = {"from": footprint.id, "k": key_for(footprint.id)}
    return url_for("footprint.ask", model_id=footprint.model_id, **query)
