"""Pages of gifts: write one, its card and state for the giver, and the code for whoever gets it."""

import segno
from flask import Response as FlaskResponse
from flask import flash, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from portal.certificates import queries as papers
from portal.certificates.queries import CertificateView
from portal.certificates.rules.claims import ForbiddenClaim
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotFound, PortalError
from portal.kernel.ids import is_id, new_id
from portal.shop import cards
from portal.shop.commands import gifts as commands
from portal.shop.forms.gifts import ClaimForm, CodeForm, GiftActionForm, GiftForm, HandOnForm
from portal.shop.links import claim_url, gift_url
from portal.shop.queries import gifts as queries
from portal.shop.queries.gifts import GiftView
from portal.shop.rules.gifts import AddressNeeded, DayOutOfRange, GiftState, Taker, parse_code
from portal.shop.views.gift_in_hand import in_hand, put_down, take_in_hand
from portal.shop.views.reading import gift_here
from portal.shop.words.orders import gift_words
from portal.web import limits
from portal.web.guard import actor, open_to_all, opened_now, signed_in
from portal.web.i18n import _, lang, message
from portal.web.links import key_for, opens
from portal.web.looks import FILES
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("gifts", __name__)

PAGE = 25
Answer = str | Response | tuple[str, int]


# -- the giver ---------------------------------------------------------------------------------


@blueprint.get("/gifts")
@open_to_all
def index() -> Answer:
    """What a gift is; the ways to make one and to claim one."""
    return render_template("shop/gifts.html", code=CodeForm(formdata=None), gift=in_hand())


@blueprint.get("/gifts/new")
@open_to_all
def new() -> Answer:
    form = GiftForm(formdata=None, data={"lang": lang()})
    return _form_page(form)


@blueprint.post("/gifts/new")
@open_to_all
@limits.limited("30/hour")
def make() -> Answer:
    """Keep what was written, and go on to choose how much."""
    form = GiftForm()
    gift_id = _drafted(form.draft.data or "")
    if not form.validate():
        return _form_page(form, status=422)
    try:
        commands.draft_gift(actor(), gift_id, form.wishes, clock.today(), clock.now())
    except (InvalidInput, ForbiddenClaim) as error:
        form.blame(_field_of(error), error)
        return _form_page(form, status=422)
    return take_in_hand(make_response(redirect(_buy_page(gift_id), 303)), gift_id)


def _buy_page(gift_id: str) -> str:
    """Where to choose how much. The key goes along, for a browser that takes no cookie."""
    return url_for("shop.offset", purpose=gift_id, k=key_for(gift_id))


def _drafted(text: str) -> str:
    """The id that our own form carried, with its key. Raises NotFound for one that somebody made up."""
    gift_id, _dot, key = text.partition(".")
    if not is_id(gift_id, "gft") or not opens(key, gift_id):
        raise NotFound()
    opened_now(gift_id)
    return gift_id


def _form_page(form: GiftForm, gift: GiftView | None = None, status: int = 200) -> Answer:
    if not form.draft.data:
        gift_id = new_id("gft")
        form.draft.data = f"{gift_id}.{key_for(gift_id)}"
    return render_template(
        "shop/gift_new.html", form=form, gift=gift, key=request.values.get("k", "")
    ), status


def _field_of(error: PortalError) -> str:
    if isinstance(error, DayOutOfRange):
        return "deliver_on"
    return "email" if isinstance(error, AddressNeeded) else "message"


@blueprint.post("/gifts/put-down")
@open_to_all
def put_down_gift() -> Answer:
    """Buy for oneself after all; what was written stays, with its link."""
    flash(_("What you buy now is for yourself."), "info")
    return put_down(make_response(redirect(url_for("shop.offset"), 303)))


@blueprint.get("/gifts/<gift_id>")
@open_to_all
def gift(gift_id: str) -> Answer:
    """How a gift stands, for its giver: card, code, letter."""
    found = gift_here(gift_id)
    return render_template(
        "shop/gift.html",
        gift=found,
        words=gift_words(found.state),
        code=_drawn(claim_url(found.code, found.lang)),
        claim_url=claim_url(found.code, found.lang),
        link=gift_url(gift_id, lang()),
        key=request.args.get("k", "") if actor().holds(gift_id) else "",
        certificates=queries.certificates_of(found),
        form=GiftActionForm(formdata=None),
        is_ready=found.state is GiftState.READY,
    )


def _drawn(address: str) -> Markup:
    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(scale=5, border=2, svgclass="qr", lineclass="qr-line"))  # noqa: S704 drawn from modules, no text in it


@blueprint.route("/gifts/<gift_id>/edit", methods=["GET", "POST"])
@open_to_all
def edit(gift_id: str) -> Answer:
    found = gift_here(gift_id)
    if request.method == "GET":
        wishes = {name: getattr(found, name) for name in
                  ("giver", "recipient", "email", "dedication", "message", "deliver_on", "lang")}  # fmt: skip
        return _form_page(GiftForm(formdata=None, data=wishes), found)
    form = GiftForm()
    if not form.validate():
        return _form_page(form, found, 422)
    try:
        commands.change_gift(actor(), gift_id, form.wishes, clock.today(), clock.now())
    except (InvalidInput, ForbiddenClaim) as error:
        form.blame(_field_of(error), error)
        return _form_page(form, found, 422)
    flash(_("The gift is changed."), "success")
    return _back(gift_id)


@blueprint.post("/gifts/<gift_id>/new-code")
@open_to_all
def renew_code(gift_id: str) -> Answer:
    """For a card that was lost."""
    commands.renew_code(actor(), gift_id, clock.now())
    flash(_("The card has a new code; the old one opens nothing any more."), "success")
    return _back(gift_id)


def _back(gift_id: str) -> Response:
    key = request.values.get("k") if actor().holds(gift_id) else None
    return redirect(url_for("gifts.gift", gift_id=gift_id, k=key or None), 303)


@blueprint.get("/gifts/<gift_id>/card.pdf")
@open_to_all
@limits.limited("60/hour")
def card(gift_id: str) -> Answer:
    """The card to print and fold, in the language it was made in."""
    found = gift_here(gift_id, FILES)
    answer = FlaskResponse(cards.printed(found), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="gift-{found.id[-6:]}.pdf"'
    return answer


@blueprint.get("/account/gifts")
@signed_in
def mine() -> Answer:
    rows = queries.gifts_of(actor(), request.args.get("cursor", ""), PAGE)
    return render_template(
        "shop/gifts_mine.html", page=cut(rows, PAGE, lambda row: row.id), words_of=gift_words
    )


# -- whoever gets it ---------------------------------------------------------------------------


@blueprint.get("/gifts/claim")
@open_to_all
@limits.limited("60/hour")
def enter_code() -> Answer:
    """Type the code of a card."""
    form = CodeForm(formdata=request.args or None)
    if not request.args:
        return render_template("shop/gift_code.html", form=form)
    try:
        if not form.validate():
            return render_template("shop/gift_code.html", form=form), 422
        found = queries.by_code(parse_code(form.code.data))
    except NotFound as error:
        form.blame("code", error)
        return render_template("shop/gift_code.html", form=form), 404
    return redirect(url_for("gifts.unwrap", code=found.code), 303)


@blueprint.get("/gifts/claim/<code>")
@open_to_all
@limits.limited("120/hour")
def unwrap(code: str) -> Answer:
    """The card on screen, and the form that puts the certificate in one's own name."""
    found = queries.by_code(parse_code(code))
    return _unwrap_page(found, ClaimForm(formdata=None, data={"name": found.recipient}))


def _unwrap_page(found: GiftView, form: ClaimForm, status: int = 200, problem: str = "") -> Answer:
    page = render_template(
        "shop/gift_unwrap.html",
        gift=found,
        form=form,
        problem=problem,
        is_ready=found.state is GiftState.READY,
        is_claimed=found.state is GiftState.CLAIMED,
        is_withdrawn=found.state is GiftState.WITHDRAWN,
        certificates=queries.certificates_of(found),
    )
    return page, status


@blueprint.post("/gifts/claim/<code>")
@open_to_all
@limits.limited("60/hour")
def claim(code: str) -> Answer:
    found, form = queries.by_code(parse_code(code)), ClaimForm()
    if not form.validate():
        return _unwrap_page(found, form, 422)
    taker = Taker(form.name.data or "", form.email.data or "", bool(form.is_public.data), lang())
    try:
        commands.claim_gift(actor(), found.code, taker, clock.now())
    except InvalidInput as error:
        form.blame("name", error)
        return _unwrap_page(found, form, 422)
    except PortalError as error:
        return _unwrap_page(queries.by_code(found.code), form, 409, message(error))
    # Shown once, to whoever claimed: the giver knows the code as well, but the keys are the holder's alone.
    claimed = queries.by_code(found.code)
    return render_template(
        "shop/gift_claimed.html",
        gift=claimed,
        certificates=queries.certificates_of(claimed),
        is_handed_on=False,
        sent_to="",
    )


# -- handing it on -----------------------------------------------------------------------------


@blueprint.get("/gifts/<gift_id>/hand-on/<number>/<key>")
@open_to_all
@limits.limited("60/hour")
def hand_on(gift_id: str, number: str, key: str) -> Answer:
    """Who shall have the certificate instead; its link is the proof that it is one's own."""
    found, held = queries.held(gift_id, number, key)
    return _hand_on_page(found, held, HandOnForm(formdata=None))


def _hand_on_page(
    found: GiftView, held: list[CertificateView], form: HandOnForm, status: int = 200, problem: str = ""
) -> Answer:
    page = render_template(
        "shop/gift_hand_on.html", gift=found, certificates=held, form=form, problem=problem
    )
    return page, status


@blueprint.post("/gifts/<gift_id>/hand-on/<number>/<key>")
@open_to_all
@limits.limited("60/hour")
def handed_on(gift_id: str, number: str, key: str) -> Answer:
    form = HandOnForm()
    found, held = queries.held(gift_id, number, key)
    if not form.validate():
        return _hand_on_page(found, held, form, 422)
    taker = Taker(form.name.data or "", form.email.data or "", bool(form.is_public.data), lang())
    try:
        numbers = commands.hand_on(actor(), gift_id, number, key, taker, clock.now())
    except InvalidInput as error:
        form.blame("name", error)
        return _hand_on_page(found, held, form, 422)
    except PortalError as error:
        return _hand_on_page(found, held, form, 409, message(error))
    made = [papers.by_number(each) for each in numbers]
    # Who has the key can hand it on again: once a letter carries it, it is the new holder's alone.
    return render_template(
        "shop/gift_claimed.html", gift=found, certificates=made, is_handed_on=True, sent_to=taker.email
    )
