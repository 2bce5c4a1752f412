"""The desk of what was typed wrongly: the address of an order, whom its invoice and its fapiao are for."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.errors import PortalError, Refused
from portal.shop import policy
from portal.shop.commands import corrections
from portal.shop.desk.orders import READERS, TELLERS
from portal.shop.forms.corrections import AddressForm, FapiaoCorrectionForm, InvoiceCorrectionForm
from portal.shop.queries import billing as papers
from portal.shop.queries import orders as queries
from portal.shop.queries.billing import FapiaoView, PaperView
from portal.shop.rules.billing import FapiaoState
from portal.web.forms import PortalForm
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.looks import Shown, looks_at
from portal.web.page import page_blueprint

blueprint = page_blueprint("shop_corrections_desk", __name__)
Answer = Response | tuple[str, int]


@blueprint.get("/desk/orders/<order_id>/corrections")
@looks_at(Shown.ORDER, "order_id", "orders")
@staff(*READERS)
def page(order_id: str) -> Answer:
    """What can be put right about this order."""
    return _page(order_id)


def _page(order_id: str, form: PortalForm | None = None, status: int = 200) -> Answer:
    order, invoice, fapiao = queries.order(actor(), order_id), _invoice(order_id), _open_fapiao(order_id)
    told = render_template(
        "shop/desk_corrections.html",
        order=order,
        may_correct=policy.may_run_till(actor()),
        number=invoice.number if invoice else "",
        address=_or_filled(form, AddressForm, {"email_address": order.buyer.email} if order.buyer else None),
        invoice=_or_filled(form, InvoiceCorrectionForm, _party(invoice)),
        fapiao=_or_filled(form, FapiaoCorrectionForm, _wish(fapiao)),
        fapiao_id=fapiao.id if fapiao else "",
    )
    return told, status


def _or_filled(
    sent: PortalForm | None, kind: type[PortalForm], known: dict[str, str] | None
) -> PortalForm | None:
    """What was sent, or what stands there now; None where there is nothing to correct."""
    if isinstance(sent, kind):
        return sent
    return kind(formdata=None, data=known) if known else None


def _invoice(order_id: str) -> PaperView | None:
    return next((each for each in papers.papers_of(order_id) if each.kind == "invoice" and each.to), None)


def _party(invoice: PaperView | None) -> dict[str, str] | None:
    if invoice is None or invoice.to is None:
        return None
    to = invoice.to
    return {"title": to.title, "address": to.address, "tax_number": to.tax_number}


def _open_fapiao(order_id: str) -> FapiaoView | None:
    asked = (each for each in papers.fapiao_of(order_id) if each.state is FapiaoState.REQUESTED)
    return next((each for each in asked if each.email), None)


def _wish(fapiao: FapiaoView | None) -> dict[str, str] | None:
    if fapiao is None:
        return None
    return {
        "kind": fapiao.kind or "", "fapiao_title": fapiao.title, "fapiao_tax_number": fapiao.tax_number,
        "email": fapiao.email,
    }  # fmt: skip


@blueprint.post("/desk/orders/<order_id>/corrections/address")
@staff(*TELLERS)
def address(order_id: str) -> Answer:
    """Where letters go."""
    form = AddressForm()
    queries.order(actor(), order_id)
    if not form.validate():
        return _page(order_id, form, 422)
    try:
        corrections.correct_address(
            actor(), order_id, form.email_address.data, form.why_address.data or "", clock.now()
        )
    except PortalError as error:
        return _refused(order_id, form, "email_address", error)
    flash(_("Corrected. Both addresses get a letter."), "success")
    return _back(order_id)


@blueprint.post("/desk/orders/<order_id>/corrections/invoice")
@staff(*TELLERS)
def invoice(order_id: str) -> Answer:
    """Whom the invoice is made out to."""
    form = InvoiceCorrectionForm()
    queries.order(actor(), order_id)
    if not form.validate():
        return _page(order_id, form, 422)
    try:
        corrections.correct_invoice(actor(), order_id, form.bill_to, form.why_invoice.data or "", clock.now())
    except PortalError as error:
        return _refused(order_id, form, "title", error)
    flash(_("Corrected. The buyer gets a letter."), "success")
    return _back(order_id)


@blueprint.post("/desk/orders/<order_id>/corrections/fapiao/<fapiao_id>")
@staff(*TELLERS)
def fapiao(order_id: str, fapiao_id: str) -> Answer:
    """What the fapiao is to bear."""
    form = FapiaoCorrectionForm()
    queries.order(actor(), order_id)
    if not form.validate():
        return _page(order_id, form, 422)
    try:
        corrections.correct_fapiao(actor(), fapiao_id, form.wish, form.why_fapiao.data or "", clock.now())
    except PortalError as error:
        return _refused(order_id, form, "fapiao_title", error)
    flash(_("Corrected. The buyer gets a letter."), "success")
    return _back(order_id)


def _refused(order_id: str, form: PortalForm, field: str, error: PortalError) -> Answer:
    form.blame(field, error)
    return _page(order_id, form, 409 if isinstance(error, Refused) else 422)


def _back(order_id: str) -> Response:
    return redirect(url_for("shop_desk.order", order_id=order_id), 303)
