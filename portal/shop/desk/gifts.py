"""The desk of gifts and of purchases that wait for an approver: find one, look, help whoever gave it."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal import audit
from portal.accounts.naming import named_here
from portal.accounts.queries import organisation_names
from portal.audit import Wanted
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.shop import policy
from portal.shop.commands import gift_help
from portal.shop.desk.orders import READERS, TELLERS
from portal.shop.forms.orders import ActionForm, ReasonForm
from portal.shop.queries import finding
from portal.shop.queries import gifts as queries
from portal.shop.queries import requests as asked
from portal.shop.rules.requests import RequestState
from portal.shop.words.orders import gift_words, kind_of_purchase, request_words
from portal.web.forms import PortalForm
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.looks import LISTS, Shown, has_shown, looks_at
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("shop_gifts_desk", __name__)
Answer = str | Response | tuple[str, int]
PAGE = 50


@blueprint.get("/desk/gifts")
@staff(*READERS)
def gifts() -> str:
    """The newest gifts, or those that are looked for by code, name or address."""
    search = request.args.get("search", "").strip()[:100]
    if search:
        rows = [queries.of_id(hit.key) for hit in finding.gifts(actor(), search, PAGE)]
    else:
        rows = queries.gifts_at_desk(actor(), request.args.get("cursor", ""), PAGE)
    page = cut(rows, PAGE, lambda row: row.id)
    has_shown(Shown.GIFT, (row.id for row in page.items), LISTS)
    return render_template("shop/desk_gifts.html", page=page, search=search, words_of=gift_words)


@blueprint.get("/desk/gifts/<gift_id>")
@looks_at(Shown.GIFT, "gift_id", "gifts")
@staff(*READERS)
def gift(gift_id: str) -> Answer:
    return _page(gift_id)


def _page(gift_id: str, form: PortalForm | None = None, status: int = 200) -> Answer:
    found, trail = queries.gift_at_desk(actor(), gift_id), audit.traces(Wanted(subject_id=gift_id))
    page = render_template(
        "shop/desk_gift.html",
        gift=found,
        words=gift_words(found.state),
        block=queries.block_of(found.code),
        certificates=queries.certificates_of(found),
        trail=trail,
        names=named_here(line.actor_id for line in trail),
        can_act=policy.may_run_till(actor()) and found.claimed_at is None,
        action=ActionForm(formdata=None),
        reason=form if isinstance(form, ReasonForm) else ReasonForm(formdata=None),
    )
    return page, status


@blueprint.post("/desk/gifts/<gift_id>/block")
@staff(*TELLERS)
def block(gift_id: str) -> Answer:
    """Block the code: it was stolen, or seen by somebody it is not for."""
    form = ReasonForm()
    queries.gift_at_desk(actor(), gift_id)
    if not form.validate():
        return _page(gift_id, form, 422)
    try:
        gift_help.block_code(actor(), gift_id, form.reason.data or "", clock.now())
    except PortalError as error:
        form.blame("reason", error)
        return _page(gift_id, form, 409)
    flash(
        _("The code is blocked. Write to the giver with another one when you know who they are."), "success"
    )
    return _back(gift_id)


@blueprint.post("/desk/gifts/<gift_id>/<any(again, renew):how>")
@staff(*TELLERS)
def write(gift_id: str, how: str) -> Answer:
    """Write to the giver where their card is, with the same code or another one."""
    queries.gift_at_desk(actor(), gift_id)
    form = ReasonForm(formdata=None)
    try:
        gift_help.write_again(actor(), gift_id, how == "renew", clock.now())
    except PortalError as error:
        form.blame("reason", error)
        return _page(gift_id, form, 409)
    flash(_("The giver gets a letter that leads to their card."), "success")
    return _back(gift_id)


def _back(gift_id: str) -> Response:
    return redirect(url_for("shop_gifts_desk.gift", gift_id=gift_id), 303)


# -- requests ----------------------------------------------------------------------------------


@blueprint.get("/desk/requests")
@staff(*READERS)
def requests() -> str:
    """Purchases that were asked for inside organisations, newest first."""
    state = request.args.get("state", "")
    state = state if state in set(RequestState) else ""
    rows = asked.requests_at_desk(actor(), state, request.args.get("cursor", ""), PAGE)
    page = cut(rows, PAGE, lambda row: row.id)
    has_shown(Shown.REQUEST, (row.id for row in page.items), LISTS)
    return render_template(
        "shop/desk_requests.html", page=page, state=state,
        states=[(each.value, request_words(each).label) for each in RequestState], words_of=request_words,
        organisations=organisation_names(row.organisation_id for row in rows),
    )  # fmt: skip


@blueprint.get("/desk/requests/<request_id>")
@looks_at(Shown.REQUEST, "request_id", "orders")
@staff(*READERS)
def request_page(request_id: str) -> str:
    """How one stands, who asked and who answered."""
    found, trail = asked.request_at_desk(actor(), request_id), audit.traces(Wanted(subject_id=request_id))
    people = [found.person_id, found.decided_by or "", *(line.actor_id for line in trail)]
    return render_template(
        "shop/desk_request.html", asked=found, words=request_words(found.state),
        kind=kind_of_purchase(bool(found.basket.lines), bool(found.seedlings)),
        organisations=organisation_names([found.organisation_id]),
        names=named_here(people), trail=trail,
    )  # fmt: skip
