"""Reports of months and years: on the page, on paper, and as tables."""

from collections.abc import Iterator
from datetime import datetime

from flask import Response as FlaskResponse
from flask import render_template
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import STAFF
from portal.office import queries
from portal.office.queries import Report
from portal.office.rules.reports import MEASURES, Line, NoSuchPeriod, Period, Section, course
from portal.office.words import amount_words, chart_words, key_words, measure_words, section_words
from portal.shop.till import till
from portal.web import press
from portal.web.exports import Cell, streamed
from portal.web.guard import staff
from portal.web.page import page_blueprint
from portal.web.pdf import REPORT

blueprint = page_blueprint("office_reports", __name__)
READERS = tuple(sorted(STAFF))

# What is drawn month by month: a measure and its unit.
DRAWN = (("grams", "g"), ("retired", "g"), ("completed", ""), ("footprints", ""))
HEAD = (
    "period", "section", "figure", "of", "unit", "amount", "to_date", "year_before", "year_before_to_date",
)  # fmt: skip


@blueprint.get("/desk/reports")
@staff(*READERS)
def overview() -> str:
    """Every month and year there is something to report of."""
    now = clock.now()
    today, first = clock.day_of(now), queries.first_day(_is_test())
    years = range(today.year, (first or today).year - 1, -1)
    months = [
        Period(year, month)
        for year in years
        for month in range(12, 0, -1)
        if first and first.replace(day=1) <= Period(year, month).first <= today
    ]
    return render_template(
        "office/reports.html",
        years=[Period(year) for year in years] if first else [], months=months,
        written=queries.all_written(), today=today, is_test=_is_test(),
    )  # fmt: skip


@blueprint.get("/desk/reports/<period>")
@staff(*READERS)
def report(period: str) -> str:
    """All figures of a month or a year, beside the year before."""
    found = _report(period, clock.now())
    return render_template("office/report.html", **_words(found))


@blueprint.get("/desk/reports/<period>.<any(csv, xlsx, jsonl):kind>")
@staff(*READERS)
def table(period: str, kind: str) -> Response:
    """The figures as a table, in the units they are counted in."""
    found = _report(period, clock.now())
    return streamed(kind, f"report-{found.period}", HEAD, _rows(found))


def _rows(found: Report) -> Iterator[tuple[Cell, ...]]:
    for line in found.lines:
        of = line.of
        yield (
            str(found.period), line.section.value, of.measure, of.key, of.unit, line.amount, line.to_date,
            line.before, line.before_to_date,
        )  # fmt: skip


@blueprint.get("/desk/reports/<period>.pdf")
@staff(*READERS)
def paper(period: str) -> FlaskResponse:
    """The report on paper. Raises NoPango and its kin."""
    now = clock.now()
    found = _report(period, now)
    html = render_template("office/pdf_report.html", at=now, **_words(found))
    answer = FlaskResponse(
        press.shared().print(html, now, design=REPORT, seconds=30), content_type="application/pdf"
    )
    answer.headers["Content-Disposition"] = f'inline; filename="report-{found.period}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _report(period: str, now: datetime) -> Report:
    wanted, first = Period.read(period), queries.first_day(_is_test())
    if first is None or wanted.end <= first or wanted.first > clock.day_of(now):
        raise NoSuchPeriod()
    return queries.report(wanted, _is_test(), now)


def _words(found: Report) -> dict[str, object]:
    measures = {measure.key: measure.section for measure in MEASURES}
    by_section: dict[Section, dict[str, list[Line]]] = {section: {} for section in Section}
    for line in found.lines:
        by_section[measures[line.of.measure]].setdefault(line.of.measure, []).append(line)
    return {
        "report": found, "sections": by_section, "section_words": section_words(),
        "measure_words": measure_words(), "key_words": key_words, "amount_words": amount_words,
        "is_test": _is_test(), "charts": _charts(found), "chart_words": chart_words(),
    }  # fmt: skip


def _charts(found: Report) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """Measures that were not zero all year: measure, unit and the months."""
    drawn = [
        (measure, unit, course(found.months, found.period.year, measure, unit)) for measure, unit in DRAWN
    ]
    return [chart for chart in drawn if any(amount for _month, amount in chart[2])]


def _is_test() -> bool:
    return till().provider.test
