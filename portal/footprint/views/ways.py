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


class Questions:
    """The address of every question, all answers travelling along; what was not asked, in the form that does.

    One for a page: which questions a form asks is looked up once.
    """

    def __init__(self, footprint: Footprint, model: Model) -> None:
        self._model, self._sheet = model, Sheet.of(Journey.of(footprint), model)
        self._asked = {question.key for step in self._sheet.steps for question in step}

    def url(self, key: str) -> str:
        if key in self._asked:
            return url_of(self._sheet, key)
        return url_of(self._sheet.but(form="expert" if self._model.questions[key].expert else "full"), key)


def copy_url(footprint: Footprint) -> str:
    """The calculator with these answers filled in: for next year, or for somebody else."""
    query: dict[str, Any] = {"from": footprint.id, "k": key_for(footprint.id)}
    return url_for("footprint.ask", model_id=footprint.model_id, **query)
