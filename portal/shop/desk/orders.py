"""The till's desk: orders, what needs attention, transfers, refunds."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.naming import named_here
from portal.certificates import queries as papers
from portal.certificates.words import state_words as certificate_words
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import PortalError
from portal.proposals.words import shown
from portal.shop import policy
from portal.shop.commands import care, counter, refunds
from portal.shop.forms.orders import ActionForm, ReasonForm, ReferenceForm, TransferForm
from portal.shop.queries import orders as queries
from portal.shop.queries import planting as plantings
from portal.shop.rules.batches import is_shared
from portal.shop.rules.cash import balances
from portal.shop.rules.quotes import Share
from portal.shop.rules.states import OrderEvent, OrderState, may_step
from portal.shop.till import till
from portal.shop.words.desk import code_words, next_at_desk, state_label
from portal.shop.words.orders import attention_words, event_words, party_words, words_of
from portal.shop.words.planting import planting_event_words, planting_words_of, words_of_order
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.looks import LISTS, Shown, has_shown, looks_at
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("shop_desk", __name__)

READERS = (Role.FINANCE, Role.ADMIN, Role.AUDITOR)
TELLERS = (Role.FINANCE, Role.ADMIN)
Answer = str | Response | tuple[str, int]


@blueprint.get("/desk/orders")
@staff(*READERS)
def orders() -> Answer:
    """What needs a person first, then all orders, newest first."""
    state = request.args.get("state", "")
    search = request.args.get("search", "").strip()
    rows = queries.orders_at_desk(
        actor(), state if state in list(OrderState) else "", search, request.args.get("cursor", "")
    )
    page = cut(rows, 50, lambda row: row.id)
    has_shown(Shown.ORDER, (row.id for row in page.items), LISTS)
    is_first = not (state or search or request.args.get("cursor"))
    return render_template(
        "shop/desk_orders.html",
        page=page,
        state=state,
        search=search,
        states=[(each.value, words_of(each).label) for each in OrderState],
        words_of=words_of_order,
        urgent=queries.needs_attention(actor()) if is_first else [],
        parked=queries.parked_events(actor()) if is_first else [],
        attention_words=attention_words,
    )


@blueprint.get("/desk/orders/<order_id>")
@looks_at(Shown.ORDER, "order_id", "orders")
@staff(*READERS)
def order(order_id: str) -> Answer:
    return _page(order_id)


def _page(
    order_id: str, form: TransferForm | ReasonForm | ReferenceForm | None = None, status: int = 200
) -> Answer:
    found = queries.order(actor(), order_id)
    cash = queries.cash_lines(order_id)
    held = balances(
        Share(line.party, line.amount) for line in cash if line.amount.currency == found.total.currency
    )
    can_act = policy.may_run_till(actor())
    said = (words_of, event_words) if found.lines else (planting_words_of, planting_event_words)
    history = queries.history(order_id)
    page = render_template(
        "shop/desk_order.html",
        order=found,
        seedlings=plantings.seedlings_of(order_id),
        words=said[0](found.state),
        next_steps=next_at_desk(found.state),
        code_words=code_words,
        state_label=state_label,
        certificate_words=certificate_words,
        attention_words=attention_words,
        history=[(line, said[1](line.event)) for line in history],
        names=named_here(line.actor_id for line in history),
        cash=cash,
        held=held,
        party_words=party_words(),
        payments=queries.payments(order_id),
        transfers=queries.transfers(order_id),
        refunds=queries.refunds(order_id),
        certificates=[] if is_shared(found.purpose) else papers.for_order(order_id),
        action=ActionForm(formdata=None),
        transfer=form if isinstance(form, TransferForm) else TransferForm(formdata=None),
        reason=form if isinstance(form, ReasonForm) else ReasonForm(formdata=None),
        sent=form if isinstance(form, ReferenceForm) else ReferenceForm(formdata=None),
        waiting=shown(order_id),
        can_act=can_act,
        may_confirm=can_act and found.state is OrderState.AWAITING_TRANSFER,
        may_refund=(can_act and found.paid_at is not None and may_step(found.state, OrderEvent.REFUND_ASKED))
        or (can_act and found.state is OrderState.NEEDS_ATTENTION),
        is_owed=can_act and found.attention == "refund_failed" and found.state in refunds.OWED,
    )
    return page, status


@blueprint.post("/desk/orders/<order_id>/transfer")
@staff(*TELLERS)
def confirm_transfer(order_id: str) -> Answer:
    """A bank transfer arrived: put it before a second person."""
    form = TransferForm()
    form.received.currency = queries.order(actor(), order_id).total.currency
    if not form.validate() or not form.received.value:
        return _page(order_id, form, 422)
    try:
        counter.propose_transfer(
            actor(), order_id, form.reference.data or "", form.received.value, clock.now()
        )
    except PortalError as error:
        form.blame("reference", error)
        return _page(order_id, form, 409)
    return _proposed(order_id)


@blueprint.post("/desk/orders/<order_id>/refund")
@staff(*TELLERS)
def refund(order_id: str) -> Answer:
    """Propose to give all the money back."""
    form = ReasonForm()
    queries.order(actor(), order_id)
    if not form.validate():
        return _page(order_id, form, 422)
    try:
        counter.propose_refund(actor(), order_id, form.reason.data or "", clock.now())
    except PortalError as error:
        form.blame("reason", error)
        return _page(order_id, form, 409)
    return _proposed(order_id)


@blueprint.post("/desk/orders/<order_id>/refunds/<refund_id>")
@staff(*TELLERS)
def confirm_refund(order_id: str, refund_id: str) -> Answer:
    """A refund was sent by bank transfer."""
    form = ReferenceForm()
    queries.order(actor(), order_id)
    if not form.validate():
        return _page(order_id, form, 422)
    try:
        counter.propose_refund_sent(actor(), order_id, refund_id, form.reference.data or "", clock.now())
    except PortalError as error:
        form.blame("reference", error)
        return _page(order_id, form, 409)
    return _proposed(order_id)


@blueprint.post("/desk/orders/<order_id>/otherwise")
@staff(*TELLERS)
def send_otherwise(order_id: str) -> Answer:
    """What a failed refund still owes was sent by bank transfer."""
    form = ReferenceForm()
    queries.order(actor(), order_id)
    if not form.validate():
        return _page(order_id, form, 422)
    try:
        counter.propose_sent_otherwise(actor(), order_id, form.reference.data or "", clock.now())
    except PortalError as error:
        form.blame("reference", error)
        return _page(order_id, form, 409)
    return _proposed(order_id)


@blueprint.post("/desk/orders/<order_id>/retry")
@staff(*TELLERS)
def retry(order_id: str) -> Answer:
    """Ask the provider now, and do what follows."""
    queries.order(actor(), order_id)
    report = till().heal([order_id], clock.now())
    if report.quarantined:
        flash(_("It could not be healed; the history says why."), "error")
    elif report.unreachable:
        flash(
            _("The payment provider does not answer. You can safely try again in a few minutes."), "warning"
        )
    else:
        flash(_("Looked at again."), "success")
    return _back(order_id)


@blueprint.post("/desk/orders/<order_id>/calm")
@staff(*TELLERS)
def calm(order_id: str) -> Answer:
    """Nothing more is to be done about what needed attention."""
    form = ReasonForm()
    if not form.validate():
        return _page(order_id, form, 422)
    care.calm(actor(), order_id, form.reason.data or "", clock.now())
    return _back(order_id)


def _proposed(order_id: str) -> Response:
    flash(_("Proposed. It is done once another person has accepted it."), "success")
    return _back(order_id)


def _back(order_id: str) -> Response:
    return redirect(url_for("shop_desk.order", order_id=order_id), 303)
