"""The desk of orders that wait: a source registry's proof to be entered, other credits to be offered."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import PortalError
from portal.proposals.words import shown
from portal.registry import papers
from portal.registry.queries import register
from portal.registry.rules.errors import RetirementRecordUsed
from portal.shop import policy
from portal.shop.commands import counter, substitutes
from portal.shop.forms.orders import ReasonForm
from portal.shop.forms.planting import OfferForm, ProofForm
from portal.shop.queries import delivery, orders
from portal.shop.queries.orders import OrderView
from portal.shop.rules.delivery import RegistryProof
from portal.shop.rules.states import OrderState
from portal.web.guard import actor, staff
from portal.web.i18n import _, lang
from portal.web.looks import LISTS, Shown, has_shown, looks_at
from portal.web.page import page_blueprint

blueprint = page_blueprint("delivery_desk", __name__)

READERS = (Role.REGISTRY, Role.FINANCE, Role.ADMIN, Role.AUDITOR)
REGISTRARS = (Role.REGISTRY, Role.ADMIN)
TELLERS = (Role.FINANCE, Role.ADMIN)
Answer = str | Response | tuple[str, int]


@blueprint.get("/desk/named")
@staff(*READERS)
def named() -> Answer:
    """Retirements in buyers' names that a source registry has still to prove, those due first."""
    waiting = delivery.waiting_for_registry(actor())
    has_shown(Shown.ORDER, (each.order_id for each in waiting), LISTS)
    return render_template("shop/desk_named.html", waiting=waiting, now=clock.now())


@blueprint.get("/desk/named/<order_id>")
@looks_at(Shown.ORDER, "order_id", "orders")
@staff(*REGISTRARS)
def proof(order_id: str) -> Answer:
    return _proof_page(order_id)


def _proof_page(
    order_id: str, form: ProofForm | None = None, reason: ReasonForm | None = None, status: int = 200
) -> Answer:
    found = next((each for each in delivery.waiting_for_registry(actor()) if each.order_id == order_id), None)
    if found is None:
        flash(_("This order waits for no proof of a source registry."), "info")
        return redirect(url_for("delivery_desk.named"), 303)
    lot = register.lot(found.lot_code)
    page = render_template(
        "shop/desk_proof.html",
        waiting=found,
        asked=shown(order_id),
        lot=lot,
        held=[each for each in register.held_serials() if each[0] == lot.project.code],
        form=form or ProofForm(formdata=None),
        reason=reason or ReasonForm(formdata=None),
        now=clock.now(),
    )
    return page, status


@blueprint.post("/desk/named/<order_id>")
@staff(*REGISTRARS)
def prove(order_id: str) -> Answer:
    """The source registry has done it: enter its record."""
    form = ProofForm()
    if not form.validate():
        return _proof_page(order_id, form, status=422)
    try:
        kept = papers.keep(form.proof.data, "evidence")
        file = papers.path_of(kept.sha256, kept.media_type, "evidence").name
        record = RegistryProof(
            form.reference.data, form.retired_on.data or clock.today(), form.listed, kept.sha256, file
        )
        counter.propose_proof(actor(), order_id, record, clock.now())
    except papers.PaperNotAccepted as error:
        form.blame("proof", error)
        return _proof_page(order_id, form, status=422)
    except PortalError as error:
        form.blame("reference" if isinstance(error, RetirementRecordUsed) else "serials", error)
        return _proof_page(order_id, form, status=409)
    flash(_("Proposed. It is done once another person has accepted it."), "success")
    return redirect(url_for("delivery_desk.named"), 303)


@blueprint.post("/desk/named/<order_id>/refuse")
@staff(*REGISTRARS)
def refuse(order_id: str) -> Answer:
    """The source registry will not do it: the money goes back."""
    form = ReasonForm()
    if not form.validate():
        return _proof_page(order_id, reason=form, status=422)
    try:
        counter.propose_refusal(actor(), order_id, form.reason.data, clock.now())
    except PortalError as error:
        form.blame("reason", error)
        return _proof_page(order_id, reason=form, status=409)
    flash(_("Proposed. It is done once another person has accepted it."), "success")
    return redirect(url_for("delivery_desk.named"), 303)


@blueprint.get("/desk/orders/<order_id>/substitute")
@looks_at(Shown.ORDER, "order_id", "orders")
@staff(*TELLERS)
def offer(order_id: str) -> Answer:
    """Other credits for an order that cannot be delivered."""
    order = orders.order(actor(), order_id)
    return _offer_page(order, _offer_form(order))


def _offer_form(order: OrderView) -> OfferForm:
    """With the lots that would do: of the same type, with enough left."""
    form = OfferForm()
    ordered = {code for line in order.lines for code in line.lots}
    kinds = {register.lot(code).project_type for code in ordered}
    form.lot.choices = [
        SelectChoice(lot.code, f"{lot.project.name.in_(lang()) or lot.project.name.en} · {lot.code}")
        for lot in register.open_lots()
        if lot.code not in ordered and {lot.project_type} == kinds and lot.free >= order.mass
    ]
    return form


def _offer_page(order: OrderView, form: OfferForm, status: int = 200) -> Answer:
    page = render_template(
        "shop/desk_substitute.html",
        order=order,
        form=form,
        offers=delivery.offers_of(order.id),
        may_offer=policy.may_run_till(actor()) and order.state is OrderState.PAID and bool(order.lines),
    )
    return page, status


@blueprint.post("/desk/orders/<order_id>/substitute")
@staff(*TELLERS)
def make_offer(order_id: str) -> Answer:
    order = orders.order(actor(), order_id)
    form = _offer_form(order)
    if not form.validate():
        return _offer_page(order, form, 422)
    try:
        substitutes.offer(actor(), order_id, form.lot.data, form.reason, clock.now())
    except PortalError as error:
        form.blame("lot", error)
        return _offer_page(order, form, 409)
    flash(_("The buyer is asked. The credits are kept for the answer."), "success")
    return redirect(url_for("shop_desk.order", order_id=order_id), 303)
