"""Keeping a filter under a name, and forgetting it."""

from urllib.parse import parse_qsl, urlencode

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from portal.desk import filters
from portal.desk.opening import may_open
from portal.kernel import clock
from portal.kernel.actor import STAFF
from portal.kernel.errors import NotFound, PortalError
from portal.web.guard import actor, staff
from portal.web.i18n import _, message
from portal.web.page import page_blueprint

blueprint = page_blueprint("desk_filters", __name__)
_NOT_KEPT = ("cursor", "queue", "lang")


@blueprint.post("/desk/filters/<listing>")
@staff(*sorted(STAFF))
def save(listing: str) -> Response:
    """Keep what is asked of this list."""
    if listing not in LISTS or not may_open(listing):
        raise NotFound()
    typed = parse_qsl(request.form.get("query", ""))
    asked = urlencode({name: value for name, value in typed if name not in _NOT_KEPT})
    try:
        filters.save(actor(), request.form.get("name", ""), listing, asked, clock.now())
    except PortalError as error:
        flash(message(error), "error")
    else:
        flash(_("The filter is kept. It stands at the side of every page of the desk."), "success")
    return redirect(f"{url_for(listing)}?{asked}", 303)


@blueprint.post("/desk/filters/<filter_id>/forget")
@staff(*sorted(STAFF))
def forget(filter_id: str) -> Response:
    filters.forget(actor(), filter_id)
    flash(_("The filter is forgotten."), "success")
    return redirect(url_for("desk.home"), 303)


def kept() -> list[tuple[filters.FilterView, str]]:
    """One's own filters with the address of each, for the side of the page."""
    return [
        (each, f"{url_for(each.endpoint)}?{each.query}")
        for each in filters.filters_of(actor())
        if may_open(each.endpoint)
    ]


def can_be_kept() -> bool:
    """Whether the page is a list of which something is asked."""
    asked = {name for name, value in request.args.items() if value} - set(_NOT_KEPT)
    return request.endpoint in LISTS and bool(asked)


LISTS = frozenset(
    {
        "shop_desk.orders", "shop_fapiao_desk.waiting", "shop_gifts_desk.gifts", "shop_gifts_desk.requests",
        "certificates_desk.certificates", "accounts_desk.people", "desk_audit.trail",
        "registry_projects_desk.overview",
    }
)  # fmt: skip
