"""The desk of plantings: open one, change its places, close it, report on it with photos."""

from flask import current_app as portal
from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import PortalError
from portal.shop import policy
from portal.shop.commands import planting as commands
from portal.shop.forms.orders import ActionForm
from portal.shop.forms.planting import PHOTOS, CampaignForm, PlacesForm, ReportForm
from portal.shop.queries import planting as queries
from portal.shop.rules.seedlings import (
    BadDates,
    CampaignCodeTaken,
    Photo,
    ReportDraft,
    ReportKind,
    VisitBeforePlanting,
    VisitInTheFuture,
)
from portal.shop.views.planting import PHOTO_FOLDER
from portal.web import photos
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint

blueprint = page_blueprint("planting_desk", __name__)

READERS = (Role.REGISTRY, Role.FINANCE, Role.ADMIN, Role.AUDITOR)
PLANTERS = (Role.REGISTRY, Role.ADMIN)
Answer = str | Response | tuple[str, int]


@blueprint.get("/desk/planting")
@staff(*READERS)
def campaigns() -> Answer:
    """All plantings with what is funded, planted and alive."""
    return render_template(
        "shop/desk_planting.html",
        campaigns=queries.campaigns(),
        today=clock.today(),
        may_act=policy.may_run_planting(actor()),
    )


@blueprint.route("/desk/planting/new", methods=["GET", "POST"])
@staff(*PLANTERS)
def new() -> Answer:
    """Open a planting."""
    form = CampaignForm()
    if not form.is_submitted():
        return render_template("shop/desk_planting_new.html", form=form)
    if form.validate():
        try:
            commands.open_campaign(actor(), form.draft(is_demo=portal.config["PORTAL"].is_demo), clock.now())
        except PortalError as error:
            form.blame(_BESIDE.get(type(error), "about_zh"), error)
        else:
            flash(_("The planting takes contributions from now on."), "success")
            return redirect(url_for("planting_desk.campaign", code=form.code.data), 303)
    return render_template("shop/desk_planting_new.html", form=form), 422


_BESIDE: dict[type[PortalError], str] = {
    CampaignCodeTaken: "code",
    BadDates: "planting_until",
    VisitInTheFuture: "visited_on",
    VisitBeforePlanting: "visited_on",
}


@blueprint.get("/desk/planting/<code>")
@staff(*READERS)
def campaign(code: str) -> Answer:
    return _page(code)


def _page(
    code: str, report: ReportForm | None = None, places: PlacesForm | None = None, status: int = 200
) -> Answer:
    found = queries.campaign(code)
    page = render_template(
        "shop/desk_planting_campaign.html",
        campaign=found,
        reports=queries.reports(found.id),
        report=report or ReportForm(formdata=None),
        places=places or PlacesForm(formdata=None, places=found.places),
        photo_numbers=PHOTOS,
        action=ActionForm(formdata=None),
        may_act=policy.may_run_planting(actor()),
        is_open=found.is_open(clock.today()),
    )
    return page, status


@blueprint.post("/desk/planting/<code>/places")
@staff(*PLANTERS)
def places(code: str) -> Answer:
    """How many seedlings can be planted after all."""
    found, form = queries.campaign(code), PlacesForm()
    if form.validate():
        try:
            commands.change_places(actor(), found.id, form.places.value, clock.now())
        except PortalError as error:
            form.blame("places", error)
            return _page(code, places=form, status=409)
        flash(_("The number of places is changed."), "success")
        return redirect(url_for("planting_desk.campaign", code=code), 303)
    return _page(code, places=form, status=422)


@blueprint.post("/desk/planting/<code>/close")
@staff(*PLANTERS)
def close(code: str) -> Answer:
    """Take no more contributions."""
    commands.close_campaign(actor(), queries.campaign(code).id, clock.now())
    flash(_("Contributions are no longer taken."), "success")
    return redirect(url_for("planting_desk.campaign", code=code), 303)


@blueprint.post("/desk/planting/<code>/reports")
@staff(*PLANTERS)
def report(code: str) -> Answer:
    """Publish what was counted on a visit."""
    found, form = queries.campaign(code), ReportForm()
    if not form.validate():
        return _page(code, form, status=422)
    try:
        commands.report(actor(), found.id, _draft(form), clock.now())
    except PortalError as error:
        if not form.errors:
            form.blame(_BESIDE.get(type(error), "count"), error)
        return _page(code, form, status=422)
    flash(_("The report is published, and the contributors are written to."), "success")
    return redirect(url_for("shop.planting_campaign", code=code), 303)


def _draft(form: ReportForm) -> ReportDraft:
    """Raises PhotoNotAccepted, with the reason beside its field."""
    return ReportDraft(
        ReportKind(form.kind.data),
        form.visited_on.data or clock.today(),
        form.count.value,
        form.note,
        tuple(_kept(form, number) for number in PHOTOS if form[f"photo_{number}"].data),
    )


def _kept(form: ReportForm, number: int) -> Photo:
    field = form[f"photo_{number}"]
    try:
        kept = photos.keep(field.data.stream.read(photos.MOST_BYTES + 1), PHOTO_FOLDER)
    except photos.PhotoNotAccepted as error:
        form.blame(field.name, error)
        raise
    return Photo(kept.sha256, kept.width, kept.height, form.alt(number))
