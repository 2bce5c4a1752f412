"""A result by e-mail: a page of its own, so that the result itself needs no form and no cookie."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from portal.footprint import queries
from portal.footprint.commands import send_result
from portal.footprint.forms import SendForm
from portal.footprint.rules.stored import Footprint
from portal.footprint.views.pages import blueprint
from portal.footprint.views.results import model_of
from portal.kernel import clock
from portal.web import limits
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang
from portal.web.links import key_for


@blueprint.get("/footprints/<footprint_id>/send")
@open_to_all
def send(footprint_id: str) -> str:
    return _page(queries.footprint(actor(), footprint_id), SendForm(formdata=None))


@blueprint.post("/footprints/<footprint_id>/send")
@open_to_all
@limits.limited("10/hour")
def sent(footprint_id: str) -> Answer | tuple[str, int]:
    footprint, form = queries.footprint(actor(), footprint_id), SendForm()
    if not form.validate_on_submit():
        return _page(footprint, form), 422
    send_result(actor(), footprint.id, form.email.data, lang(), clock.now())
    flash(_("The letter is on its way to %(to)s.", to=form.email.data), "success")
    return redirect(url_for("footprint.result", footprint_id=footprint.id, k=key_for(footprint.id)), 303)


def _page(footprint: Footprint, form: SendForm) -> str:
    return render_template(
        "footprint/send.html",
        footprint=footprint,
        model=model_of(footprint),
        key=key_for(footprint.id),
        form=form,
    )
