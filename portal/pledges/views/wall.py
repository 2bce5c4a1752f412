"""The public wall: search, filters, its file; and one's own pledges."""

from collections.abc import Iterator, Sequence

from flask import Response, render_template, request
from wtforms import Form

from portal.kernel import clock
from portal.kernel.ids import is_id
from portal.pledges.queries import course, promise
from portal.pledges.queries.promise import PledgeView, Wanted
from portal.pledges.rules.makers import SECTORS, Maker
from portal.pledges.views.pages import Answer, blueprint
from portal.pledges.words import MAKERS
from portal.registry.rules.counties import CITY, COUNTIES, county_name
from portal.registry.rules.search import MAX_TEXT
from portal.web.exports import KINDS, Cell, streamed
from portal.web.forms import LineField, SelectField
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import _, lang, lazy_gettext
from portal.web.paging import cut

PAGE = 20
_BATCH = 500
_HEAD = (
    "pledge_id", "made_on", "state", "standing", "level", "maker", "name", "sector", "county",
    "baseline_year", "baseline_g", "promised_cut_g", "target_year", "newest_report_year", "newest_report_g",
    "retired_g", "withdrawn_on",
)  # fmt: skip


class WallForm(Form):
    """Words and filters of the wall; sent by GET, so that a search can be linked."""

    q = LineField(lazy_gettext("Search"), max=MAX_TEXT)
    maker = SelectField(lazy_gettext("Whose pledge"), default="", validate_choice=False)
    sector = SelectField(lazy_gettext("Sector"), default="", validate_choice=False)
    county = SelectField(lazy_gettext("County or district"), default="", validate_choice=False)

    def offer(self) -> None:
        everybody = ("", _("All"))
        self.maker.choices = [everybody, *((maker.value, str(words)) for maker, words in MAKERS.items())]
        self.sector.choices = [everybody, *((code, name.in_(lang())) for code, name in SECTORS.items())]
        places = ((code, county_name(code).in_(lang())) for code in (CITY, *COUNTIES))
        self.county.choices = [everybody, *places]

    @property
    def wanted(self) -> Wanted:
        """What is asked for; a value that no list has asks for nothing."""
        maker, sector, county = self.maker.data or "", self.sector.data or "", self.county.data or ""
        return Wanted(
            words=(self.q.data or "")[:MAX_TEXT],
            maker=maker if maker in list(Maker) else "",
            sector=sector if sector in SECTORS else "",
            county=county if county in (CITY, *COUNTIES) else "",
        )


@blueprint.get("/pledges")
@open_to_all
def index() -> Answer:
    """What was pledged, how it stands, what was withdrawn, newest first."""
    form = _wall_form()
    cursor = request.args.get("cursor", "")
    rows = promise.wall(cursor if is_id(cursor, "plg") else "", PAGE + 1, form.wanted)
    page = cut(rows, PAGE, lambda row: row.id)
    query = {name: value for name, value in form.data.items() if value}
    return render_template(
        "pledges/index.html", page=page, form=form, is_all=form.wanted.is_all, query=query,
        counts=promise.wall_counts(), progress={row.id: promise.progress(row) for row in page.items},
        stands=course.standpoints(page.items, clock.today()), kinds=KINDS,
    )  # fmt: skip


@blueprint.get("/pledges/wall.<any(csv,jsonl,xlsx):kind>")
@open_to_all
def wall_file(kind: str) -> Response:
    """What the wall shows, all of it, as a file."""
    return streamed(kind, "pledges", _HEAD, _rows(_wall_form().wanted))


@blueprint.get("/account/pledges")
@signed_in
def mine() -> Answer:
    """My own pledges, and those of organisations I sign for."""
    rows = promise.pledges_of(actor())
    return render_template(
        "pledges/mine.html", pledges=rows, progress={row.id: promise.progress(row) for row in rows},
        stands=course.standpoints(rows, clock.today()),
    )  # fmt: skip


def _wall_form() -> WallForm:
    form = WallForm(request.args)
    form.offer()
    return form


def _rows(wanted: Wanted) -> Iterator[list[Cell]]:
    cursor = ""
    while batch := promise.wall(cursor, _BATCH, wanted):
        yield from _rows_of(batch)
        cursor = batch[-1].id


def _rows_of(batch: Sequence[PledgeView]) -> Iterator[list[Cell]]:
    stands = course.standpoints(batch, clock.today())
    for each in batch:
        stand = stands[each.id]
        newest = stand.newest
        yield [
            each.id, clock.day_of(each.made_at).isoformat(), each.state.value, stand.standing.value,
            stand.level.value, each.maker.value, each.shown_name, each.sector, each.county,
            each.baseline_year, each.baseline.grams, each.reduction.grams, each.year,
            newest.year if newest else None, newest.emissions.grams if newest else None,
            promise.progress(each).retired.grams,
            clock.day_of(each.withdrawn_at).isoformat() if each.withdrawn_at else None,
        ]  # fmt: skip
