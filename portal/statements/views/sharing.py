"""Shares of an event's certificate: made by the organiser, printed as cards, opened by attendees."""

import segno
from flask import Response, flash, redirect, render_template, request, url_for
from markupsafe import Markup

from portal.certificates.queries import by_number
from portal.certificates.rules import numbers
from portal.kernel import clock
from portal.kernel.errors import NotAllowed, NotFound, PortalError
from portal.kernel.ids import is_id, new_id
from portal.kernel.numbers import whole
from portal.statements import policy, queries
from portal.statements.commands.sharing import share_out
from portal.statements.forms import CodeForm, SharesForm
from portal.statements.links import share_url
from portal.statements.queries import StatementView
from portal.statements.rules import shares
from portal.statements.rules.shares import Batch, UnknownShare
from portal.statements.views.pages import Answer, blueprint, links
from portal.web.exports import streamed
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import _, preferred_lang
from portal.web.limits import limited

CARDS = 60  # on one page to print
RATE = "60/minute"


@blueprint.route("/statements/<statement_id>/shares", methods=["GET", "POST"])
@signed_in
def share_list(statement_id: str) -> Answer:
    """What was shared out, and the form for more."""
    found = _spoken_for(statement_id)
    if not found.declared:
        return redirect(url_for("statements.statement", statement_id=statement_id), 303)
    form = SharesForm()
    if form.validate_on_submit():
        batch = form.batch.data or ""
        try:
            if not is_id(batch, "shb"):
                raise NotFound()
            count, each = form.count.value, form.each.value
            share_out(actor(), statement_id, batch, count, each, form.label.data or "", clock.now())
        except PortalError as fault:
            form.blame("count", fault)
        else:
            flash(_("The shares are made."), "success")
            return redirect(url_for("statements.share_list", statement_id=statement_id), 303)
    if request.method == "GET":
        form.batch.data = new_id("shb")
    made = queries.batches(statement_id)
    gross = found.newest.gross
    page = render_template(
        "statements/shares.html", statement=found, form=form, batches=made,
        left=shares.left(gross, made) if gross else None,
    )  # fmt: skip
    return page, 422 if request.method == "POST" else 200


@blueprint.get("/statements/<statement_id>/shares/<batch_id>.<any(csv, xlsx):kind>")
@signed_in
def share_file(statement_id: str, batch_id: str, kind: str) -> Response:
    """Numbers, codes and addresses of a batch, for a mail program or a badge printer."""
    batch = _batch(_spoken_for(statement_id), batch_id)
    rows = (
        (number, shares.printed(code), batch.each.grams, share_url(code))
        for number, code in queries.codes(batch.id)
    )
    return streamed(kind, f"shares-{batch.id}", ("number", "code", "grams", "address"), rows)


@blueprint.get("/statements/<statement_id>/shares/<batch_id>/cards")
@signed_in
def cards(statement_id: str, batch_id: str) -> Answer:
    """Cards to print and cut, with a code each."""
    found = _spoken_for(statement_id)
    batch = _batch(found, batch_id)
    start = whole(request.args.get("after", ""), 0)
    rows = queries.codes(batch.id, start, CARDS + 1)
    return render_template(
        "statements/cards.html", statement=found, batch=batch,
        cards=[(number, shares.printed(code), _drawn(code)) for number, code in rows[:CARDS]],
        next=rows[CARDS - 1][0] if len(rows) > CARDS else None, start=start,
    )  # fmt: skip


@blueprint.get("/statements/shares")
@open_to_all
@limited(RATE)
def find_share() -> Answer:
    """Enter the code that stands on a card."""
    form = CodeForm(request.args if "code" in request.args else None)
    if "code" not in request.args or not form.validate():
        return render_template("statements/find_share.html", form=form), 422 if form.errors else 200
    try:
        found = queries.share(shares.read_code(form.code.data))
    except UnknownShare as fault:
        form.blame("code", fault)
        return render_template("statements/find_share.html", form=form), 404
    return redirect(url_for("statements.share", code=found.code))


@blueprint.get("/statements/shares/<code>")
@open_to_all
@limited(RATE)
def share(code: str) -> Answer:
    """One attendee's share: what it is a part of, and that it makes no claim of its own."""
    found = queries.share(shares.read_code(code))
    declared = found.statement.declared
    certificate = by_number(declared.certificate) if declared and declared.certificate else None
    return render_template(
        "statements/share.html", share=found, statement=found.statement, certificate=certificate,
        printed=numbers.printed, code=shares.printed(found.code), drawn=_drawn(found.code),
    )  # fmt: skip


@links.get("/s/<code>")
@open_to_all
def share_link(code: str) -> Answer:
    """From the card to the share, in the language of the phone."""
    answer = redirect(url_for("statements.share", code=code, lang=preferred_lang()))
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


def _drawn(code: str) -> Markup:
    drawn = segno.make(share_url(code), error="m", micro=False).svg_inline(
        border=2, omitsize=True, svgclass="share-code", lineclass=None
    )
    return Markup(drawn)  # noqa: S704  drawn by segno from modules, no text in it


def _batch(found: StatementView, batch_id: str) -> Batch:
    batch = next((each for each in queries.batches(found.id) if each.id == batch_id), None)
    if batch is None:
        raise NotFound()
    return batch


def _spoken_for(statement_id: str) -> StatementView:
    found = queries.statement(statement_id)
    if not policy.may_speak(actor(), found):
        raise NotAllowed()
    return found
