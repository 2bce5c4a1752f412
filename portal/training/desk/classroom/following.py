"""What became of a class, six and twelve months later."""

from collections.abc import Iterator
from fractions import Fraction

from flask import Response as FlaskResponse

from portal.kernel import clock
from portal.registry.sheets import Row
from portal.training.desk.classroom.pages import READERS, Answer, blueprint, sheet, shown, the_cohort
from portal.training.queries.following import StageFigures, agreed, figures_after
from portal.training.rules.feedback import SHOWN_FROM
from portal.training.rules.following import Kept, stages_of
from portal.web.guard import staff

HEAD = (
    "months", "asked_from", "asked_until", "asked", "answered", *(each.value for each in Kept),
    "footprint_pairs", "footprint_before_g", "footprint_now_g",
)  # fmt: skip


@blueprint.get("/teach/<cohort_id>/follow-up")
@staff(*READERS)
def later(cohort_id: str) -> Answer:
    """When the class is asked, how many answered, and, once it is closed, what they told together."""
    cohort = the_cohort(cohort_id)
    return shown(
        "training/teach/follow_up.html",
        cohort, stages=stages_of(cohort.last_day), agreed=agreed(cohort_id), figures=figures_of(cohort_id),
        shown_from=SHOWN_FROM, percent=percent,
    )  # fmt: skip


@blueprint.get("/teach/<cohort_id>/follow-up.<any(csv, xlsx):kind>")
@staff(*READERS)
def later_file(cohort_id: str, kind: str) -> FlaskResponse:
    """The same to take away: what is not shown is empty."""
    rows: list[Row] = [HEAD, *(tuple(_row(each)) for each in figures_of(cohort_id))]
    return sheet(rows, f"follow-up-{cohort_id[-6:].lower()}", kind)


def figures_of(cohort_id: str) -> list[StageFigures]:
    cohort = the_cohort(cohort_id)
    return figures_after(cohort, clock.day_of(clock.now(), cohort.zone))


def percent(share: Fraction) -> int:
    """In whole per cent, rounded down: what is not the whole is never shown as the whole."""
    return int(share * 100)


def _row(found: StageFigures) -> Iterator[str | int]:
    """What is not shown is left empty."""
    stage, sums = found.stage, found.sums
    yield from (
        stage.months,
        stage.opens.isoformat(),
        stage.last_day.isoformat(),
        found.asked,
        found.answered,
    )
    yield from ((sums.pledges[kind] if sums else "") for kind in Kept)
    yield sums.pairs if sums else ""
    for mass in (sums.before, sums.now) if sums else (None, None):
        yield mass.grams if mass else ""
