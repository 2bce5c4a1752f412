"""Where an auditor begins: what to check and how, a sample to follow, tables, and the pack of a period."""

from flask import Response as FlaskResponse
from flask import current_app, render_template, request, send_file
from werkzeug.wrappers import Response

from portal.db import cells_of, ids_in
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import NotAllowed
from portal.office import packs, queries, tables
from portal.office.rules.reports import NoSuchPeriod, Period
from portal.office.tables import LISTINGS, Listing
from portal.registry.queries import log, standing
from portal.shop.queries.sampling import Sampled, sample
from portal.shop.till import till
from portal.tallies import span
from portal.web.exports import streamed
from portal.web.forms import LineField, PortalForm, WholeField
from portal.web.guard import actor, reads_all, staff
from portal.web.i18n import lazy_gettext
from portal.web.looks import FILES, LISTS, Shown, has_shown
from portal.web.page import page_blueprint

blueprint = page_blueprint("office_auditor", __name__)
READERS = (Role.AUDITOR, Role.ADMIN)
TAKERS = (Role.AUDITOR, Role.ADMIN, Role.FINANCE, Role.REGISTRY, Role.EDITOR)
LARGEST = 200


class SampleForm(PortalForm):
    """Read from the address, so that a sample can be drawn again and shown to others."""

    class Meta(PortalForm.Meta):
        csrf = False

    period = LineField(
        lazy_gettext("Month or year"), max=7, description=lazy_gettext("Such as 2026-11 or 2026.")
    )
    seed = LineField(
        lazy_gettext("Seed"), max=60,
        description=lazy_gettext("Any word of yours. The same word draws the same orders again."),
    )  # fmt: skip
    size = WholeField(lazy_gettext("How many orders"), low=1, high=LARGEST)


@blueprint.get("/desk/auditor")
@staff(*READERS)
def start() -> str | tuple[str, int]:
    """What to check and how."""
    now = clock.now()
    form = SampleForm(request.args, data={"period": f"{clock.day_of(now):%Y-%m}", "size": "10"})
    is_asked = bool(request.args.get("seed"))
    drawn: list[Sampled] = []
    is_wrong = is_asked and not form.validate()
    if is_asked and not is_wrong:
        try:
            period = Period.read(form.period.data or "")
            drawn = sample(actor(), form.seed.data, form.size.value or 10, *span(period.first, period.end))
        except NoSuchPeriod as error:
            form.blame("period", error)
            is_wrong = True
    has_shown(Shown.ORDER, (each.id for each in drawn), LISTS)
    page = render_template(
        "office/auditor.html", form=form, drawn=drawn, is_asked=is_asked and not is_wrong,
        audits=standing.audits(3), head=log.latest_checkpoint(), listings=_takeable(),
        years=_years(), this_month=f"{clock.day_of(now):%Y-%m}",
    )  # fmt: skip
    return page, 422 if is_wrong else 200


def _years() -> list[int]:
    today, first = clock.today(), queries.first_day(till().provider.test)
    return list(range(today.year, (first or today).year - 1, -1))


@blueprint.get("/desk/tables/<name>.<any(csv, jsonl, xlsx):kind>")
@staff(*TAKERS)
def table(name: str, kind: str) -> Response:
    """A list of the desk as a table, for whoever may open the list."""
    found = tables.listing(name)
    if not may_take(found):
        raise NotAllowed()
    has_shown(Shown.PERSON, ids_in(found.wanted, "usr"), FILES)
    head = [str(column.key) for column in found.wanted.selected_columns]
    return streamed(kind, found.name, head, cells_of(found.wanted))


@blueprint.get("/desk/auditor/pack/<period>.zip")
@staff(*READERS)
def pack(period: str) -> FlaskResponse:
    """Everything of a period in one file."""
    found = Period.read(period)
    now = clock.now()
    has_shown(Shown.PERSON, packs.people(found), FILES)
    file = packs.write(actor(), found, till().provider.test, now)
    answer = send_file(
        file, mimetype="application/zip", as_attachment=True, download_name=f"audit-{found}.zip"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def may_take(found: Listing) -> bool:
    """Whether the reader may open the page that the table belongs to."""
    view = current_app.view_functions.get(found.page)
    return view is not None and (actor().has(*getattr(view, "__roles__", ())) or reads_all())


def _takeable() -> list[Listing]:
    return [each for each in LISTINGS.values() if may_take(each)]
