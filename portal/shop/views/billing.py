"""Papers of an order: receipt, invoice, credit notes, and the fapiao."""

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts import queries as accounts
from portal.accounts.bodies import Billing
from portal.kernel import clock
from portal.kernel.clock import text_of
from portal.kernel.errors import NotFound, PortalError
from portal.registry.queries import register
from portal.shop import fapiao_shelf
from portal.shop.commands import billing
from portal.shop.forms.billing import FapiaoForm, InvoiceForm
from portal.shop.forms.orders import ActionForm
from portal.shop.links import order_url
from portal.shop.queries import billing as papers
from portal.shop.queries import orders as queries
from portal.shop.queries import planting as plantings
from portal.shop.queries.billing import PaperView
from portal.shop.queries.orders import OrderView, PaymentView
from portal.shop.rules.billing import NothingToBill
from portal.shop.rules.fapiao_files import NoSuchFapiaoFile
from portal.shop.views.reading import order_here
from portal.shop.words.orders import fapiao_words, fee_words
from portal.web import limits, press
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang
from portal.web.looks import FILES
from portal.web.page import page_blueprint
from portal.web.pdf import PAPER

blueprint = page_blueprint("shop_papers", __name__)
Answer = str | Response | tuple[str, int]


@blueprint.get("/orders/<order_id>/papers")
@open_to_all
def papers_page(order_id: str) -> Answer:
    """What papers there are of this order, and which can be asked for."""
    return _page(order_here(order_id))


def _page(
    order: OrderView, invoice: InvoiceForm | None = None, wish: FapiaoForm | None = None, status: int = 200
) -> Answer:
    known = _billing(order)
    asked = papers.fapiao_of(order.id)
    page = render_template(
        "shop/papers.html",
        order=order,
        is_paid=_payment(order) is not None,
        papers=papers.papers_of(order.id),
        asked=[(each, fapiao_words(each.state)) for each in asked],
        files={each.id: papers.files_of(each.id) for each in asked},
        may_ask=_payment(order) is not None and all(each.is_over for each in asked),
        invoice=invoice or _invoice(order, known),
        wish=wish or _wish(order, known),
        is_prefilled=known is not None,
        action=ActionForm(formdata=None),
        key=request.values.get("k", ""),
    )
    return page, status


def _billing(order: OrderView) -> Billing | None:
    """What the organisation that bought has written for its invoices, for who may spend for it."""
    try:
        return accounts.billing(actor(), order.organisation_id) if order.organisation_id else None
    except NotFound:
        return None


def _invoice(order: OrderView, known: Billing | None) -> InvoiceForm:
    if known:
        given = {"title": known.title, "address": known.address, "tax_number": known.tax_number}
        return InvoiceForm(formdata=None, **given)
    return InvoiceForm(formdata=None, title=order.buyer.name if order.buyer else "")


def _wish(order: OrderView, known: Billing | None) -> FapiaoForm:
    given = {"fapiao_title": known.title, "fapiao_tax_number": known.tax_number} if known else {}
    return FapiaoForm(formdata=None, email=order.buyer.email if order.buyer else "", **given)


def _payment(order: OrderView) -> PaymentView | None:
    return next((each for each in queries.payments(order.id) if each.kind == "order"), None)


@blueprint.post("/orders/<order_id>/invoices")
@open_to_all
def invoice(order_id: str) -> Answer:
    """Have the invoice made out."""
    order, form = order_here(order_id), InvoiceForm()
    if not form.validate():
        return _page(order, invoice=form, status=422)
    try:
        billing.issue_invoice(actor(), order_id, form.bill_to, clock.now())
    except PortalError as error:
        form.blame("tax_number" if form.tax_number.data else "title", error)
        return _page(order, invoice=form, status=409 if isinstance(error, NothingToBill) else 422)
    return _back(order_id)


@blueprint.post("/orders/<order_id>/fapiao")
@open_to_all
def fapiao(order_id: str) -> Answer:
    """Ask for a fapiao."""
    order, form = order_here(order_id), FapiaoForm()
    if not form.validate():
        return _page(order, wish=form, status=422)
    try:
        billing.request_fapiao(actor(), order_id, form.wish, lang(), clock.now())
    except PortalError as error:
        form.blame("fapiao_tax_number", error)
        return _page(order, wish=form, status=422)
    flash(_("The fapiao is asked for. We write to you when it is issued."), "success")
    return _back(order_id)


@blueprint.post("/orders/<order_id>/fapiao/<fapiao_id>/withdraw")
@open_to_all
def withdraw(order_id: str, fapiao_id: str) -> Answer:
    """Take the request back, before it is issued."""
    billing.withdraw_fapiao(actor(), order_id, fapiao_id, clock.now())
    flash(_("The request is withdrawn."), "success")
    return _back(order_id)


@blueprint.get("/orders/<order_id>/fapiao/<fapiao_id>/files/<file_id>")
@open_to_all
def fapiao_file(order_id: str, fapiao_id: str, file_id: str) -> Answer:
    """The fapiao as the tax office's system made it. Raises NoSuchOrder, NoSuchFapiaoFile."""
    order = order_here(order_id, FILES)
    one = next((each for each in papers.fapiao_of(order.id) if each.id == fapiao_id), None)
    if one is None:
        raise NoSuchFapiaoFile()
    return fapiao_shelf.given_out(papers.fapiao_file(one.id, file_id), one.number or one.id)


def _back(order_id: str) -> Response:
    return redirect(
        url_for("shop_papers.papers_page", order_id=order_id, k=request.values.get("k") or None), 303
    )


# -- PDF ---------------------------------------------------------------------------------------


@blueprint.get("/orders/<order_id>/receipt.pdf")
@open_to_all
@limits.limited("30/hour")
def receipt(order_id: str) -> FlaskResponse:
    """What was paid and what was given back. Raises NothingToBill, NoPango and its kin."""
    order = order_here(order_id, FILES)
    payment = _payment(order)
    if payment is None:
        raise NothingToBill()
    html = render_template("shop/pdf_receipt.html", payment=payment, **_facts(order, text_of(payment.at)))
    return _pdf(press.shared().print(html, payment.at, design=PAPER), f"receipt-{order.id[-8:]}")


@blueprint.get("/orders/<order_id>/papers/<number>.pdf")
@open_to_all
@limits.limited("30/hour")
def paper(order_id: str, number: str) -> FlaskResponse:
    """An invoice or credit note. Raises NoSuchPaper, NoPango and its kin."""
    order = order_here(order_id, FILES)
    found: PaperView = papers.paper(order_id, number)
    corrected = [line.at for line in queries.history(order_id) if line.event == "invoice_corrected"]
    html = render_template(
        "shop/pdf_invoice.html",
        paper=found,
        corrected_at=corrected[-1] if corrected else None,
        **_facts(order, text_of(found.issued_at)),
    )
    return _pdf(press.shared().print(html, found.issued_at, design=PAPER), found.number)


def _facts(order: OrderView, at: str) -> dict[str, object]:
    return {
        "order": order,
        "lots": {code: register.lot(code) for line in order.lines for code in line.lots},
        "seedlings": plantings.seedlings_of(order.id),
        "refunds": [each for each in queries.refunds(order.id) if each.state == "succeeded"],
        "fee_words": fee_words(),
        "address": order_url(order.id, lang()).partition("?")[0],
        "at": at,
    }


def _pdf(content: bytes, name: str) -> FlaskResponse:
    answer = FlaskResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
