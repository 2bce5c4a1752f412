"""Offering a draft, and the second person's answer."""

from flask import redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.training.commands import offering
from portal.training.desk.authoring.pages import AUTHORS, blueprint, must_be_sent, told
from portal.training.forms.drafts import OfferForm, ReturnForm
from portal.web.guard import actor, staff
from portal.web.i18n import _


@blueprint.post("/author/drafts/<draft_id>/offer")
@staff(*AUTHORS)
def offer(draft_id: str) -> AnyResponse:
    form = OfferForm()
    if not form.validate_on_submit():
        return redirect(url_for("author.draft", draft_id=draft_id), 303)
    offering.offer(actor(), draft_id, (form.note.data or "").strip(), clock.now())
    return told(_("The draft is offered. An editor looks at it now."), "author.draft", draft_id=draft_id)


@blueprint.post("/author/drafts/<draft_id>/take-back")
@staff(*AUTHORS)
def take_back(draft_id: str) -> AnyResponse:
    must_be_sent()
    offering.take_back(actor(), draft_id, clock.now())
    return told(_("The draft is offered no longer."), "author.draft", draft_id=draft_id)


@blueprint.post("/author/drafts/<draft_id>/publish")
@staff(Role.EDITOR)
def publish(draft_id: str) -> AnyResponse:
    must_be_sent()
    version_id = offering.accept(actor(), draft_id, clock.now())
    return told(_("The course is published."), "author.version", version_id=version_id)


@blueprint.post("/author/drafts/<draft_id>/return")
@staff(Role.EDITOR)
def return_it(draft_id: str) -> AnyResponse:
    form = ReturnForm()
    if form.validate_on_submit():
        offering.return_it(actor(), draft_id, (form.reason.data or "").strip(), clock.now())
    return told(_("The draft goes back to its author."), "author.draft", draft_id=draft_id)
