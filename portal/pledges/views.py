"""Pages of pledges: the wall, making one, one pledge with what is retired for it, one's own."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.footprint import queries as footprints
from portal.footprint.rules import library
from portal.footprint.rules.stored import Footprint
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, NotFound, PortalError
from portal.kernel.ids import is_id, new_id
from portal.kernel.mass import Mass
from portal.pledges import commands, policy, queries
from portal.pledges.forms import KILOGRAMS, ActionForm, PledgeForm
from portal.pledges.links import pledge_url
from portal.pledges.queries import PledgeView
from portal.pledges.rules import (
    MOTIVE_MAX,
    Draft,
    NothingToReduce,
    PercentOutOfRange,
    ReductionOutOfRange,
    Subject,
    YearOutOfRange,
    years,
)
from portal.web import limits
from portal.web.forms import clean_line
from portal.web.guard import actor, open_to_all, opened_now, signed_in
from portal.web.i18n import _, lang
from portal.web.links import key_for, opens
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("pledges", __name__)

PAGE = 20
COVER_AT_ONCE = Mass.kg(100)  # what the button suggests; any amount can be typed there
_FIELDS: dict[type[PortalError], str] = {
    PercentOutOfRange: "percent", ReductionOutOfRange: "kg", NothingToReduce: "by", YearOutOfRange: "year",
}  # fmt: skip
Answer = str | Response | tuple[str, int]


@blueprint.get("/pledges")
@open_to_all
def index() -> Answer:
    """The public wall: what was pledged, what was withdrawn, newest first."""
    cursor = request.args.get("cursor", "")
    rows = queries.wall(cursor if is_id(cursor, "plg") else "", PAGE + 1)
    page = cut(rows, PAGE, lambda row: row.id)
    return render_template(
        "pledges/index.html", page=page, counts=queries.wall_counts(), promise=promise,
        progress={row.id: queries.progress(row) for row in page.items},
    )  # fmt: skip


@blueprint.get("/pledges/new")
@open_to_all
def new() -> Answer:
    """The form for a footprint; without one, where to get it."""
    footprint = _footprint()
    if footprint is None:
        own = footprints.footprints_of(actor())
        saved = [(each, model_title(each.model_id, each.version)) for each in own]
        return render_template("pledges/choose.html", saved=saved)
    return _form_page(PledgeForm(formdata=None, data=_suggested(footprint)), footprint)


@blueprint.post("/pledges/new")
@open_to_all
@limits.limited("20/hour")
def make() -> Answer:
    """Make the pledge."""
    footprint = _footprint()
    if footprint is None:
        raise NotFound()
    form = PledgeForm()
    if not form.validate_on_submit():
        return _form_page(form, footprint, 422)
    pledge_id = _drafted(form.draft.data or "")
    try:
        commands.make_pledge(actor(), _draft(form, pledge_id, footprint), clock.now())
    except tuple(_FIELDS) as error:
        form.blame(_FIELDS[type(error)], error)
        return _form_page(form, footprint, 422)
    return redirect(url_for("pledges.pledge", pledge_id=pledge_id, k=key_for(pledge_id)), 303)


@blueprint.get("/pledges/<pledge_id>")
@open_to_all
def pledge(pledge_id: str) -> Answer:
    """One pledge: baseline, target, what remains, and what is retired for it in the register."""
    found = queries.pledge(actor(), pledge_id)
    progress = queries.progress(found)
    return render_template(
        "pledges/pledge.html", pledge=found, progress=progress, promise=promise(found),
        title=model_title(found.model_id, found.model_version), form=ActionForm(formdata=None),
        key=request.args.get("k", "") if actor().holds(pledge_id) else "", link=pledge_url(pledge_id, lang()),
        owns=policy.owns(actor(), found), may_withdraw=policy.may_withdraw(actor(), found),
        may_claim=policy.may_claim(actor(), found), cover_kg=min(progress.open, COVER_AT_ONCE).kg_up,
    )  # fmt: skip


@blueprint.post("/pledges/<pledge_id>/withdraw")
@open_to_all
def withdraw(pledge_id: str) -> Answer:
    """Take it back; it stays to be seen as withdrawn."""
    commands.withdraw_pledge(actor(), pledge_id, clock.now())
    return _back(pledge_id)


@blueprint.post("/pledges/<pledge_id>/claim")
@signed_in
def claim(pledge_id: str) -> Answer:
    """Keep a guest's pledge in one's account."""
    commands.claim(actor(), pledge_id, clock.now())
    return _back(pledge_id)


@blueprint.get("/account/pledges")
@signed_in
def mine() -> Answer:
    """My own pledges."""
    rows = queries.pledges_of(actor())
    progress = {row.id: queries.progress(row) for row in rows}
    return render_template("pledges/mine.html", pledges=rows, progress=progress, promise=promise)


def promise(pledge: PledgeView) -> str:
    """The pledge in one sentence: C0, "has pledged to …", and nothing achieved."""
    values = {"name": pledge.name or _("Somebody"), "year": str(pledge.year), "cut": _cut(pledge)}
    yearly = N_("%(name)s has pledged to cut the yearly footprint of a household by %(cut)s by %(year)s")
    once = N_("%(name)s has pledged to cut the footprint of an event by %(cut)s by %(year)s")
    return _(yearly if pledge.subject is Subject.YEAR else once, **values)


def _cut(pledge: PledgeView) -> str:
    if pledge.percent is not None:
        return f"{pledge.percent} %"
    # Not "kg CO₂e less": the sentence must not read as tonnes achieved.
    return _("%(number)s kg", number=pledge.reduction.kg_down)


def model_title(model_id: str, version: str) -> Bilingual:
    return library.model(model_id, version).title


def _footprint() -> Footprint | None:
    """The footprint in the address. Raises UnknownFootprint, also where this visitor may not see it."""
    footprint_id = request.values.get("footprint", "")
    return footprints.footprint(actor(), footprint_id) if footprint_id else None


def _suggested(footprint: Footprint) -> dict[str, object]:
    """What the page before proposes: kilograms to cut, by when, and how. What makes no sense is left out."""
    asked, found = request.args, dict[str, object]()
    kilograms, year = asked.get("kg", ""), asked.get("year", "")
    if kilograms.isascii() and kilograms.isdigit() and 0 < int(kilograms[:9]) <= footprint.total.kg_up:
        found |= {"by": KILOGRAMS, "kg": kilograms[:9]}
    first, last = years(clock.today())
    if year.isascii() and year.isdigit() and first <= int(year[:4]) <= last:
        found["year"] = year[:4]
    if found and asked.get("motive"):
        found["motive"] = asked["motive"][:MOTIVE_MAX]
    return found


def _form_page(form: PledgeForm, footprint: Footprint, status: int = 200) -> Answer:
    if not form.draft.data:
        pledge_id = new_id("plg")
        form.draft.data = f"{pledge_id}.{key_for(pledge_id)}"
    page = render_template(
        "pledges/new.html", form=form, footprint=footprint, key=request.values.get("k", ""),
        title=model_title(footprint.model_id, footprint.version),
    )  # fmt: skip
    return page, status


def _drafted(text: str) -> str:
    """The id that our own form carried, with its key, so that nobody can send another's. Raises NotFound."""
    pledge_id, _dot, key = text.partition(".")
    if not is_id(pledge_id, "plg") or not opens(key, pledge_id):
        raise NotFound()
    opened_now(pledge_id)
    return pledge_id


def _draft(form: PledgeForm, pledge_id: str, footprint: Footprint) -> Draft:
    motive = "\n".join(clean_line(line) for line in (form.motive.data or "").splitlines()).strip()
    return Draft(
        pledge_id, footprint.id, form.aim or 0, form.year.value, bool(form.is_public.data),
        form.name.data or "", motive[:MOTIVE_MAX], form.email.data or "", lang(),
    )  # fmt: skip


def _back(pledge_id: str) -> Response:
    key = request.values.get("k") if actor().holds(pledge_id) else None
    return redirect(url_for("pledges.pledge", pledge_id=pledge_id, k=key), 303)
