"""The desk of authors: drafts of courses, their lessons, questions and pictures, and what was published."""

from portal.training.desk.authoring import (  # noqa: F401 they hang their pages on the blueprint
    bank,
    carrying,
    drafts,
    figures,
    history,
    lessons,
    media,
    offers,
    plans,
    sources,
    versions,
)
from portal.training.desk.authoring.pages import blueprint, files

blueprints = (blueprint, files)
