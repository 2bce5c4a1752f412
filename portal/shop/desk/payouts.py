"""The desk of pay-outs: what is held for whom, recording a transfer, and the second person's word."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.errors import InvalidInput, PortalError, Refused
from portal.shop import policy
from portal.shop.commands import payouts
from portal.shop.desk.orders import READERS, TELLERS
from portal.shop.forms.payouts import PayoutForm, VerdictForm
from portal.shop.queries import money as queries
from portal.shop.rules.payouts import (
    BadMonth,
    BadReference,
    PayoutDraft,
    PayoutVerdictKind,
    ReferenceUsed,
)
from portal.shop.rules.quotes import Party
from portal.shop.till import till
from portal.shop.words.orders import party_words, payout_words
from portal.web.guard import actor, staff
from portal.web.i18n import _, message
from portal.web.page import page_blueprint

blueprint = page_blueprint("shop_payouts_desk", __name__)
Answer = Response | tuple[str, int]

_FIELDS: dict[type[PortalError], str] = {
    BadMonth: "period",
    BadReference: "reference",
    ReferenceUsed: "reference",
}


@blueprint.get("/desk/payouts")
@staff(*READERS)
def overview() -> Answer:
    """What is held for each party, what waits for a second person, and what was paid out."""
    return _page(PayoutForm(formdata=None, period=f"{clock.today():%Y-%m}"))


def _page(form: PayoutForm, status: int = 200) -> Answer:
    test = till().provider.test
    recorded = queries.payouts(actor(), test)
    page = render_template(
        "shop/desk_payouts.html",
        accounts=queries.accounts(test, clock.now()),
        waiting=[each for each in recorded if each.verdict is None],
        decided=[each for each in recorded if each.verdict is not None],
        form=form,
        verdict=VerdictForm(formdata=None),
        party_words=party_words(),
        payout_words=payout_words(),
        may_pay=policy.may_run_till(actor()),
        me=actor().id,
        is_test=test,
    )
    return page, status


@blueprint.post("/desk/payouts")
@staff(*TELLERS)
def record() -> Answer:
    """A transfer was sent."""
    form = PayoutForm()
    if not form.validate():
        return _page(form, 422)
    draft = PayoutDraft(
        Party(form.party.data),
        form.period.data or "",
        form.money,
        form.reference.data or "",
        till().provider.test,
    )
    try:
        payouts.record_payout(actor(), draft, clock.now())
    except (InvalidInput, Refused) as error:
        form.blame(_FIELDS.get(type(error), "amount"), error)
        return _page(form, 422 if isinstance(error, InvalidInput) else 409)
    flash(_("Recorded. It counts once another person has confirmed it."), "success")
    return redirect(url_for("shop_payouts_desk.overview"), 303)


@blueprint.post("/desk/payouts/<payout_id>/<any(confirmed, declined, withdrawn):verdict>")
@staff(*TELLERS)
def decide(payout_id: str, verdict: str) -> Answer:
    """The second person's word, or taking back one's own record."""
    form = VerdictForm()
    if not form.validate():
        return redirect(url_for("shop_payouts_desk.overview"), 303)
    kind = PayoutVerdictKind(verdict)
    try:
        payouts.decide_payout(actor(), payout_id, kind, form.note.data or "", clock.now())
    except Refused as error:
        flash(message(error), "error")
    else:
        flash(payout_words()[kind], "success")
    return redirect(url_for("shop_payouts_desk.overview"), 303)
