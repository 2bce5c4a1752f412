"""The desk of prices: propose one, and be the second person for a colleague's."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import InvalidInput, NotFound, PortalError, Refused
from portal.registry import policy
from portal.registry.commands import prices
from portal.registry.forms.prices import DecisionForm, PriceForm
from portal.registry.queries import prices as read
from portal.registry.queries import register
from portal.registry.rules.prices import PriceDraft, PriceInThePast, PriceWithoutReason, Verdict
from portal.web.guard import actor, staff
from portal.web.i18n import _, message
from portal.web.page import page_blueprint

blueprint = page_blueprint("registry_prices_desk", __name__)
Answer = Response | tuple[str, int]

_FIELDS: dict[type[PortalError], str] = {PriceInThePast: "from_day", PriceWithoutReason: "reason"}


@blueprint.get("/desk/prices")
@staff(Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN)
def overview() -> Answer:
    """What every open lot costs, and prices that wait for a second person or for their day."""
    return _page(_form(formdata=None, from_day=clock.today()))


def _form(**made_of: object) -> PriceForm:
    form = PriceForm(**made_of)
    form.lot.choices = [SelectChoice(lot.code, lot.code) for lot in register.open_lots()]
    return form


def _page(form: PriceForm, status: int = 200) -> Answer:
    page = render_template(
        "registry/desk_prices.html",
        now=[each for each in read.history() if each.until_at is None],
        proposals=read.proposals(actor()),
        form=form,
        decision=DecisionForm(formdata=None),
        may_set=policy.may_set_prices(actor()),
        me=actor().id,
    )
    return page, status


@blueprint.post("/desk/prices")
@staff(Role.FINANCE, Role.ADMIN)
def propose() -> Answer:
    """Put a price before a colleague."""
    form = _form()
    if not form.validate():
        return _page(form, 422)
    draft = PriceDraft(form.lot.data, form.money, form.from_day.data, form.reason.data or "")
    try:
        prices.propose(actor(), draft, clock.now())
    except (InvalidInput, Refused) as error:
        form.blame(_FIELDS.get(type(error), "price"), error)
        return _page(form, 422 if isinstance(error, InvalidInput) else 409)
    flash(_("Proposed. It applies once another person has accepted it."), "success")
    return redirect(url_for("registry_prices_desk.overview"), 303)


@blueprint.post("/desk/prices/<proposal_id>/<any(accepted, declined, withdrawn):verdict>")
@staff(Role.FINANCE, Role.ADMIN)
def decide(proposal_id: str, verdict: str) -> Answer:
    """The second person's word, or taking back one's own proposal."""
    form = DecisionForm()
    if form.validate():
        try:
            prices.decide(actor(), proposal_id, Verdict(verdict), "", clock.now())
        except (NotFound, Refused) as error:
            flash(message(error), "error")
        else:
            flash(_("Your decision is recorded."), "success")
    return redirect(url_for("registry_prices_desk.overview"), 303)
