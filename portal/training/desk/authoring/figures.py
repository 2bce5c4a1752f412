"""How a version does where it is taught: its questions, and sums over all classes."""

from flask import render_template

from portal.kernel import clock
from portal.training.desk import asked
from portal.training.desk.authoring.pages import AUTHORS, blueprint
from portal.training.queries import courses
from portal.training.queries.figures import figures_of
from portal.training.queries.sums import FEWEST_TRAINERS, sums_of
from portal.training.rules.feedback import SHOWN_FROM
from portal.web.guard import staff


@blueprint.get("/author/versions/<version_id>/figures")
@staff(*AUTHORS)
def version_figures(version_id: str) -> str:
    """What authors need to better a course, and nothing about anybody: from five answers on."""
    version = courses.version(version_id)
    return render_template(
        "author/version_figures.html", version=version, found=figures_of(version_id).from_answers(SHOWN_FROM),
        sums=sums_of(version_id, clock.now()), asked_words=asked, shown_from=SHOWN_FROM,
        trainers=FEWEST_TRAINERS,
    )  # fmt: skip
