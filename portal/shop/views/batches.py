"""Pages of gifts for many: a list with its dry run, the one order that pays for it, and how far it is."""

from hashlib import sha256

from flask import Response as FlaskResponse
from flask import flash, make_response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from portal.accounts import queries as accounts
from portal.certificates.rules.claims import ForbiddenClaim
from portal.kernel import clock, numbers
from portal.kernel.errors import InvalidInput, NotFound, PortalError
from portal.kernel.ids import is_id, new_id
from portal.registry.queries import register
from portal.registry.rules.errors import NotConfirmed
from portal.registry.rules.ledger import NotEnoughCredits
from portal.registry.sheets import XLSX, Limits, Row, csv_file, rows_of, xlsx_file
from portal.shop import cards, policy
from portal.shop.commands import batches as commands
from portal.shop.commands import cards as card_commands
from portal.shop.commands import ordering
from portal.shop.commands import requests as asking
from portal.shop.conditions import conditions
from portal.shop.forms.companies import CODES, FILE, BatchBuyForm, BatchForm, lot_choices
from portal.shop.links import claim_url
from portal.shop.provider import ProviderRefused, ProviderUnavailable
from portal.shop.queries import batches as queries
from portal.shop.queries import gifts
from portal.shop.queries import orders as orders
from portal.shop.queries.batches import BatchView
from portal.shop.queries.gifts import GiftView
from portal.shop.rules.basket import Basket, BasketLine
from portal.shop.rules.batches import (
    CELL_MAX,
    COLUMNS,
    MOST,
    BatchWishes,
    ListReport,
    NoFile,
    NoSuchBatch,
    TooManyRecipients,
    read_list,
    whole,
)
from portal.shop.rules.gifts import DayOutOfRange
from portal.shop.rules.orders import Buyer, OrderContentsDiffer
from portal.shop.rules.quotes import PriceChanged, Quote, check_minimum, make_quote
from portal.shop.rules.requests import Ask
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.shop.views.buying import pay_page, payment_of, provider_of
from portal.shop.views.paying import credits_bought
from portal.shop.views.reading import batch_here
from portal.shop.words.orders import fee_words, gift_words, party_words, words_of
from portal.web.forms import clean_line
from portal.web.guard import actor, opened_now, signed_in
from portal.web.i18n import _, lang, message
from portal.web.links import key_for
from portal.web.looks import FILES
from portal.web.page import page_blueprint
from portal.web.paging import cut
from portal.web.staging import stage, staged

blueprint = page_blueprint("batches", __name__)

SHELF = "staged-recipients"
LIMITS = Limits(rows=MOST, cell=CELL_MAX)
SHOWN = 200
PAGE = 50
Answer = str | Response | tuple[str, int]


@blueprint.get("/account/gift-batches")
@signed_in
def index() -> Answer:
    rows = queries.batches_of(actor(), request.args.get("cursor", ""), 25)
    return render_template(
        "shop/batches.html", page=cut(rows, 25, lambda row: row.id), words_of=words_of,
        names=dict(_payers()),
    )  # fmt: skip


@blueprint.route("/account/gift-batches/new", methods=["GET", "POST"])
@signed_in
def new() -> Answer:
    """The list, and what every row of it would become; nothing is kept yet."""
    form = _form()
    if request.method == "GET":
        return render_template("shop/batch_new.html", form=form, most=MOST)
    if not form.validate():
        return render_template("shop/batch_new.html", form=form, most=MOST), 422
    try:
        report = _looked_at(form)
        whole(form.each, len(report.rows))
    except InvalidInput as error:
        form.blame(_blamed(form, error), error)
        return render_template("shop/batch_new.html", form=form, most=MOST), 422
    return _preview(form, report)


@blueprint.post("/account/gift-batches/keep")
@signed_in
def keep() -> Answer:
    """Keep the list that was looked at: all of it, or nothing."""
    form = _form()
    if not form.validate():
        return render_template("shop/batch_new.html", form=form, most=MOST), 422
    try:
        report = _looked_at(form)
        if report.encoding == "gb18030" and not form.readable.data:
            form.blame("readable", NotConfirmed())
            return _preview(form, report, 422)
        batch_id = commands.open_batch(
            actor(), form.batch.data or "", _wishes(form), report.recipients,
            form.token.data or None, clock.today(), clock.now(),
        )  # fmt: skip
    except (InvalidInput, ForbiddenClaim) as error:
        form.blame(_blamed(form, error), error)
        return render_template("shop/batch_new.html", form=form, most=MOST), 422
    return redirect(url_for("batches.batch", batch_id=batch_id), 303)


def _payers() -> list[tuple[str, str]]:
    """The organisations of this person; a batch can also be their own."""
    return [
        (each.id, each.name.in_(lang()) or each.name.zh or each.name.en)
        for each in accounts.organisations_of(actor())
    ]


def _form() -> BatchForm:
    form = BatchForm(formdata=request.form if request.method == "POST" else None)
    form.organisation.choices = [*_payers(), ("", _("Myself"))]
    form.lot.choices = lot_choices(register.open_lots())
    if request.method == "GET":
        form.batch.data, form.language.data = new_id("bch"), lang()
    elif not is_id(form.batch.data, "bch"):
        raise NotFound()
    if request.method == "POST":
        form.file.data = request.files.get("file")
    return form


def _looked_at(form: BatchForm) -> ListReport:
    """The rows of the file, of the file that was staged before, or so many codes. Raises InvalidInput."""
    if form.source.data == CODES:
        count = form.count.data or 0
        if not 1 <= count <= MOST:
            raise TooManyRecipients(most=MOST)
        return ListReport.of_codes(count)
    upload = form.file.data
    if upload and upload.filename:
        data = upload.read()
        form.token.data = sha256(data).hexdigest()
        kind, rows = rows_of(data, LIMITS)
        report = read_list(rows, kind, is_named=bool(form.is_named.data))
        stage(SHELF, form.token.data, data)
        return report
    waiting = staged(SHELF, form.token.data) if form.token.data else None
    if waiting is None or not waiting.is_file():
        raise NoFile()
    kind, rows = rows_of(waiting.read_bytes(), LIMITS)
    return read_list(rows, kind, is_named=bool(form.is_named.data))


def _blamed(form: BatchForm, error: PortalError) -> str:
    if isinstance(error, DayOutOfRange):
        return "deliver_on"
    if isinstance(error, ForbiddenClaim):
        return "message"
    if type(error).__name__ in ("TooLittle", "TooMuch", "WholeKilogramsOnly"):
        return "kg"
    return "count" if form.source.data == CODES else "file"


def _preview(form: BatchForm, report: ListReport, status: int = 200) -> Answer:
    rows = sorted(report.rows, key=lambda row: (row.problem is None, row.row))
    page = render_template(
        "shop/batch_preview.html",
        form=form,
        report=report,
        rows=rows[:SHOWN],
        hidden=max(0, len(rows) - SHOWN),
        each=form.each,
        is_list=form.source.data == FILE,
    )
    return page, status


def _wishes(form: BatchForm) -> BatchWishes:
    lines = (clean_line(line) for line in (form.message.data or "").splitlines())
    return BatchWishes(
        organisation_id=form.organisation.data or "",
        lot=form.lot.data,
        each=form.each,
        giver=form.giver.data or "",
        dedication=form.dedication.data or "",
        message="\n".join(lines).strip(),
        deliver_on=form.deliver_on.data,
        lang=form.language.data,
        is_named=bool(form.is_named.data) and form.source.data == FILE,
    )


@blueprint.get("/account/gift-batches/template.<any(csv, xlsx):kind>")
@signed_in
def template(kind: str) -> Answer:
    head: Row = [title.in_(lang()) for title in COLUMNS]
    return _file([head], "recipients", kind)


# -- one batch -----------------------------------------------------------------------------------


@blueprint.get("/account/gift-batches/<batch_id>")
@signed_in
def batch(batch_id: str) -> Answer:
    """Its price and its order, how many certificates there are, and every gift."""
    found = batch_here(batch_id)
    form = BatchBuyForm(formdata=None, order_id=new_id("ord"))
    if found.is_open:
        quote = _quote(found, PaymentKind.CARD)
        form.quote_hash.data = quote.hash
        form.name.data = dict(_payers()).get(found.organisation_id, "")
    return _page(found, form)


def _quote(found: BatchView, payment: PaymentKind) -> Quote:
    made = make_quote([(orders.offer_of(found.lot), found.mass)], payment, conditions())
    return check_minimum(made, till().minimum(made.total.currency), conditions())


def _page(found: BatchView, form: BatchBuyForm, status: int = 200, problem: str = "") -> Answer:
    """It looks again by itself through the Refresh header while certificates or cards are being made."""
    quote = _quote(found, PaymentKind.CARD) if found.is_open else None
    rows = gifts.gifts_in(found.id, numbers.whole(request.args.get("cursor", ""), -1), PAGE)
    printing = queries.cards_of(found.id)
    is_working = found.order_id is not None and not found.is_unpaid and found.certified < found.count
    page = render_template(
        "shop/batch.html",
        batch=found,
        quote=quote,
        form=form,
        problem=problem,
        page=cut(rows, PAGE, lambda row: row.position),
        wishes=queries.wishes_of(found.id),
        order_words=words_of(found.order_state) if found.order_state else None,
        gift_words=gift_words,
        fee_words=fee_words(),
        party_words=party_words(),
        lot=register.lot(found.lot),
        may_buy=policy.may_buy_batch(actor(), found),
        cards=printing,
        is_working=is_working,
    )
    answer = make_response(page, status)
    if request.method == "GET" and (is_working or (printing and not printing.done_at)):
        answer.headers["Refresh"] = "5"
    return answer


@blueprint.post("/account/gift-batches/<batch_id>/buy")
@signed_in
def buy(batch_id: str) -> Answer:
    """One order for all of them: at once, or a question to who may spend for the organisation."""
    found, form = batch_here(batch_id), BatchBuyForm()
    if not found.is_open:
        return redirect(url_for("batches.batch", batch_id=batch_id), 303)
    if not form.validate():
        return _page(found, form, 422)
    seen = _quote(found, PaymentKind.CARD)
    if form.quote_hash.data != seen.hash:
        form.quote_hash.data = seen.hash
        return _page(found, form, 409, message(PriceChanged()))
    payment = payment_of(form.payment.data)
    if not policy.may_buy_batch(actor(), found):
        return _ask(found, form, payment)
    return _place(found, form, payment)


def _ask(found: BatchView, form: BatchBuyForm, payment: PaymentKind) -> Answer:
    ask = Ask(
        organisation_id=found.organisation_id, basket=Basket((BasketLine(found.lot, found.mass),)),
        quote=_quote(found, payment),
        name=form.name.data or "", is_public=False, note=form.note.data or "", lang=lang(),
        batch_id=found.id,
    )  # fmt: skip
    made = asking.ask(actor(), new_id("prq"), ask, clock.now())
    flash(_("Your question is on its way to those who may approve it."), "success")
    return redirect(url_for("requests.show", request_id=made), 303)


def _place(found: BatchView, form: BatchBuyForm, payment: PaymentKind) -> Answer:
    order_id, now = form.order_id.data or "", clock.now()
    buyer = Buyer(form.name.data or "", accounts.person(actor().id).email, False, found.organisation_id)
    opened_now(found.id)
    try:
        ordering.place_order(
            actor(), order_id, _quote(found, payment), buyer,
            purpose=found.id, lang=lang(), consent=True, provider=provider_of(payment),
            test=till().provider.test, idempotency_key=order_id, now=now,
        )  # fmt: skip
    except (InvalidInput, NotEnoughCredits, OrderContentsDiffer) as error:
        form.order_id.data = new_id("ord")
        return _page(found, form, 409, message(error))
    opened_now(order_id)
    try:
        return redirect(pay_page(order_id, payment, credits_bought(found.mass), now), 303)
    except (ProviderUnavailable, ProviderRefused) as error:
        till().give_up(order_id, now)
        form.order_id.data = new_id("ord")
        status = 503 if isinstance(error, ProviderUnavailable) else 409
        return _page(queries.batch(actor(), found.id), form, status, message(error))


@blueprint.get("/account/gift-batches/<batch_id>/codes.<any(csv, xlsx):kind>")
@signed_in
def codes(batch_id: str, kind: str) -> Answer:
    """Every gift with its code, its address and its certificate, to be handed out or kept."""
    found = batch_here(batch_id, FILES)
    rows: list[Row] = [
        [
            _("No."), _("Name"), _("E-mail"), _("Gift code"), _("Address"), _("Certificate"), _("State"),
        ]
    ]  # fmt: skip
    rows += [_code_row(gift) for gift in gifts.gifts_in(found.id, size=MOST)]
    return _file(rows, f"gifts-{found.id[-6:]}", kind)


def _code_row(gift: GiftView) -> Row:
    code = ("", "") if gift.is_named else (gift.printed_code, claim_url(gift.code, gift.lang))
    place = (gift.position or 0) + 1
    state = gift_words(gift.state).label
    return [place, gift.recipient, gift.email, *code, gift.certificate or "", state]


def _file(rows: list[Row], name: str, kind: str) -> FlaskResponse:
    is_csv = kind == "csv"
    answer = FlaskResponse(
        csv_file(rows) if is_csv else xlsx_file([(name, rows)]),
        content_type="text/csv; charset=utf-8" if is_csv else XLSX,
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


@blueprint.get("/account/gift-batches/<batch_id>/gifts/<int:position>")
@signed_in
def card(batch_id: str, position: int) -> Answer:
    """One gift of the batch, with its card."""
    found = queries.batch(actor(), batch_id)
    rows = gifts.gifts_in(found.id, position - 1, 1)
    if not rows or rows[0].position != position:
        raise NotFound()
    gift_id = rows[0].id
    return redirect(url_for("gifts.gift", gift_id=gift_id, k=key_for(gift_id)), 303)


@blueprint.post("/account/gift-batches/<batch_id>/cards")
@signed_in
def ask_for_cards(batch_id: str) -> Answer:
    """Have all cards printed."""
    card_commands.ask_for_cards(actor(), batch_id, clock.now())
    return redirect(url_for("batches.batch", batch_id=batch_id), 303)


@blueprint.get("/account/gift-batches/<batch_id>/cards.zip")
@signed_in
def cards_zip(batch_id: str) -> Answer:
    """All cards as PDF, once they are printed."""
    found = batch_here(batch_id, FILES)
    asked, file = queries.cards_of(found.id), cards.archive_of(found.id)
    if asked is None or asked.done_at is None or not file.is_file():
        raise NoSuchBatch()
    return send_file(file, mimetype="application/zip", as_attachment=True, download_name=f"{found.id}.zip")
