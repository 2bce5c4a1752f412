"""Organisations that ask to be verified."""

from typing import Final

from flask import Response, abort, flash, redirect, render_template, request, url_for

from portal.accounts import bodies, papers, policy, queries
from portal.accounts.bodies import CheckState
from portal.accounts.commands import verifying
from portal.accounts.forms import KindForm, RefusalForm, kind_names
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import InvalidInput, Refused
from portal.web import paging
from portal.web.guard import actor, staff
from portal.web.i18n import _, message
from portal.web.looks import LISTS, Shown, has_shown, looks_at
from portal.web.page import page_blueprint

blueprint = page_blueprint("organisations_desk", __name__)

READERS = (Role.REGISTRY, Role.FINANCE, Role.ADMIN, Role.AUDITOR)
VERIFIERS = (Role.REGISTRY, Role.FINANCE, Role.ADMIN)
PAGE: Final = 50


def state_names() -> dict[str, str]:
    return {
        CheckState.ASKED: _("To be checked"),
        CheckState.VERIFIED: _("Identity verified"),
        CheckState.REFUSED: _("Refused"),
    }


@blueprint.get("/desk/organisations")
@staff(*READERS)
def overview() -> str:
    """The queue, the longest waiting first; ``state`` shows what is decided, ``q`` finds."""
    asked = request.args.get("state", CheckState.ASKED)
    state = CheckState(asked) if asked in set(CheckState) else None
    text = request.args.get("q", "").strip()[:100]
    rows = queries.checks(actor(), state, PAGE + 1, after=request.args.get("cursor", ""), text=text)
    page = paging.cut(rows, PAGE, lambda each: each.id)
    has_shown(Shown.ORGANISATION, (each.id for each in page.items), LISTS)
    return render_template(
        "accounts/desk_organisations.html", page=page, state=asked,
        states=state_names(), text=text, now=clock.now(),
    )  # fmt: skip


@blueprint.get("/desk/organisations/<check_id>")
@looks_at(Shown.ORGANISATION, "check_id", "organisations")
@staff(*READERS)
def check(check_id: str) -> str:
    return _page(check_id, KindForm(formdata=None), RefusalForm(formdata=None))


@blueprint.post("/desk/organisations/<check_id>/verify")
@staff(*VERIFIERS)
def verify(check_id: str) -> Response | tuple[str, int]:
    form = KindForm()
    if not form.validate_on_submit():
        return _page(check_id, form, RefusalForm(formdata=None)), 422
    try:
        verifying.verify(actor(), check_id, bodies.checked_kind(form.kind.data), clock.now())
        flash(_("The organisation is verified, and its owners are told."), "success")
    except Refused as error:
        flash(message(error), "error")
    return _next(check_id)


@blueprint.post("/desk/organisations/<check_id>/refuse")
@staff(*VERIFIERS)
def refuse(check_id: str) -> Response | tuple[str, int]:
    form = RefusalForm()
    if not form.validate_on_submit():
        return _page(check_id, KindForm(formdata=None), form), 422
    try:
        verifying.refuse(actor(), check_id, form.reason.data or "", clock.now())
        flash(_("The organisation is told why it is not verified."), "success")
    except InvalidInput as error:
        form.blame("reason", error)
        return _page(check_id, KindForm(formdata=None), form), 422
    except Refused as error:
        flash(message(error), "error")
    return _next(check_id)


@blueprint.get("/desk/organisations/<check_id>/papers/<int:position>")
@looks_at(Shown.DOCUMENT, "check_id", "organisations")
@staff(*READERS)
def paper(check_id: str, position: int) -> Response:
    """One document, as a download."""
    queries.check(actor(), check_id)
    given = queries.papers_of(check_id)
    if not 1 <= position <= len(given):
        abort(404)
    return papers.given_out(given[position - 1], f"{check_id}-{position}")


def _page(check_id: str, kind_form: KindForm, form: RefusalForm) -> str:
    found = queries.check(actor(), check_id)
    if found.claimed and not kind_form.kind.data:
        kind_form.kind.data = found.claimed
    return render_template(
        "accounts/desk_organisation.html", check=found, papers=queries.papers_of(check_id),
        earlier=[each for each in queries.checks_of(found.organisation_id) if each.id != check_id],
        may_decide=policy.may_verify(actor(), found.organisation_id), states=state_names(), form=form,
        kind_form=kind_form, kind_names=kind_names(), now=clock.now(), following=_following(check_id),
    )  # fmt: skip


def _following(check_id: str) -> str:
    """The id of the next that waits; empty after the last."""
    rest = queries.checks(actor(), CheckState.ASKED, 1, after=check_id)
    return rest[0].id if rest else ""


def _next(check_id: str) -> Response:
    """On to the next in the queue, or back to it when none is left."""
    if following := _following(check_id):
        return redirect(url_for("organisations_desk.check", check_id=following), 303)  # type: ignore[return-value]
    return redirect(url_for("organisations_desk.overview"), 303)  # type: ignore[return-value]
