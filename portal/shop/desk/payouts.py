"""The desk of pay-outs: what is held for whom, recording a transfer, and the second person's word."""

from collections.abc import Iterator

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotFound, PortalError, Refused
from portal.proposals.words import shown
from portal.registry import papers
from portal.shop import policy
from portal.shop.commands import payout_accounts, payouts
from portal.shop.desk.orders import READERS, TELLERS
from portal.shop.forms.payouts import AccountForm, PayoutForm, VerdictForm
from portal.shop.queries import money as queries
from portal.shop.queries import origins, owners
from portal.shop.rules.origins import Origin
from portal.shop.rules.payouts import (
    BadAccount,
    BadMonth,
    BadReference,
    NoAccountNamed,
    PayoutDraft,
    PayoutVerdictKind,
    Proof,
    ProofMissing,
    ReferenceUsed,
    by_project,
)
from portal.shop.till import till
from portal.shop.words.orders import party_words, payout_words
from portal.web.exports import Cell, streamed
from portal.web.guard import actor, staff
from portal.web.i18n import _, lang, message
from portal.web.page import page_blueprint

blueprint = page_blueprint("shop_payouts_desk", __name__)
Answer = Response | tuple[str, int]

FOLDER = "payouts"
OWED = (
    "month", "for", "code", "currency", "came_in_minor", "paid_out_minor", "owed_minor", "holder", "test",
    "payee",
)  # fmt: skip
_FIELDS: dict[type[PortalError], str] = {
    BadMonth: "period",
    BadReference: "reference",
    ReferenceUsed: "reference",
    NoAccountNamed: "to",
    ProofMissing: "proof",
    papers.PaperNotAccepted: "proof",
}


@blueprint.get("/desk/payouts")
@staff(*READERS)
def overview() -> Answer:
    """What is held for each party and project, what waits for a second person, and what was paid out."""
    return _page(PayoutForm(formdata=None, period=f"{clock.today():%Y-%m}"))


def _page(form: PayoutForm, status: int = 200) -> Answer:
    test = till().provider.test
    recorded = queries.payouts(actor(), test)
    balances = origins.balances(test, clock.now())
    names = origin_names({each.origin for each in balances if each.origin})
    accounts, rows = origins.accounts(actor()), by_project(balances)  # rows name what payees share, too
    page = render_template(
        "shop/desk_payouts.html",
        accounts=queries.accounts(test, clock.now()),
        rows=rows,
        owed=[each for each in origins.months(test, clock.now()) if each.is_owed],
        names=names,
        names_bi=origins.names_of(
            {each.origin for each, _row in rows if each.origin}
            | {each.origin for each in recorded if each.origin}
        ),
        account_of=accounts,
        account_by_id=origins.accounts_by_id(actor()),
        waiting=[each for each in recorded if each.verdict is None],
        decided=[each for each in recorded if each.verdict is not None],
        form=form.offer({each: name for each, name in names.items() if each in accounts}),
        nameless=[each for each in names if each not in accounts],
        verdict=VerdictForm(formdata=None),
        party_words=party_words(),
        payout_words=payout_words(),
        may_pay=policy.may_run_till(actor()),
        me=actor().id,
        is_test=test,
    )
    return page, status


def origin_names(known: set[Origin]) -> dict[Origin, str]:
    """By name in the reader's language, with the code by which it is found elsewhere."""
    found = origins.names_of(known).items()
    told = {each: f"{name.in_(lang()) or each.code} ({each.code})" for each, name in found}
    return dict(sorted(told.items(), key=lambda item: item[1]))


@blueprint.post("/desk/payouts")
@staff(*TELLERS)
def record() -> Answer:
    """A transfer was sent."""
    form = PayoutForm().offer(origin_names(set(origins.accounts(actor()))))
    try:
        proof = _proof(form)
    except InvalidInput as error:
        form.validate()
        form.blame("proof", error)
        return _page(form, 422)
    if not form.validate():
        return _page(form, 422)
    party, origin = form.payee
    draft = PayoutDraft(
        party, form.period.data or "", form.money, form.reference.data or "", till().provider.test,
        origin, proof,
    )  # fmt: skip
    try:
        payouts.record_payout(actor(), draft, clock.now())
    except (InvalidInput, Refused) as error:
        form.blame(_FIELDS.get(type(error), "amount"), error)
        return _page(form, 422 if isinstance(error, InvalidInput) else 409)
    flash(_("Recorded. It counts once another person has confirmed it."), "success")
    return redirect(url_for("shop_payouts_desk.overview"), 303)


def _proof(form: PayoutForm) -> Proof | None:
    """The paper that was given, now or with an earlier try. Raises PaperNotAccepted."""
    if form.proof.data:
        kept = papers.keep(form.proof.data, FOLDER)
        form.kept.data = f"{kept.sha256} {kept.media_type}"
        return Proof(kept.sha256, kept.media_type)
    digest, _space, kind = (form.kept.data or "").partition(" ")
    if papers.is_kept(digest, kind, FOLDER):
        return Proof(digest, kind)
    form.kept.data = ""
    return None


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
    except (InvalidInput, Refused) as error:
        flash(message(error), "error")
    else:
        flash(payout_words()[kind], "success")
    return redirect(url_for("shop_payouts_desk.overview"), 303)


@blueprint.get("/desk/payouts/<payout_id>/proof")
@staff(*READERS)
def proof(payout_id: str) -> FlaskResponse:
    """The bank's paper as a download."""
    found = queries.proof_of(actor(), payout_id)
    return papers.given_out(found.sha256, found.media_type, FOLDER, payout_id)


# -- accounts ------------------------------------------------------------------------------------


@blueprint.get("/desk/payouts/accounts")
@staff(*READERS)
def accounts() -> Answer:
    """To whose account each project's money goes, and what is proposed about it."""
    return _accounts_page(AccountForm(formdata=None))


def _payable() -> dict[Origin, str]:
    """Those that money came in for or that share in it, and those that have an account already."""
    owed = {each.origin for each in origins.balances(till().provider.test, clock.now()) if each.origin}
    return origin_names(owed | set(owners.payees()) | set(origins.accounts(actor())))


def _accounts_page(form: AccountForm, status: int = 200) -> Answer:
    found, names = origins.accounts(actor()), _payable()
    page = render_template(
        "shop/desk_payout_accounts.html",
        accounts=found,
        names=names,
        waiting=[each for origin in names for each in shown(str(origin))],
        form=form.offer(names),
        may_pay=policy.may_run_till(actor()),
    )
    return page, status


@blueprint.post("/desk/payouts/accounts")
@staff(*TELLERS)
def propose_account() -> Answer:
    """A project's money shall go to this account."""
    form = AccountForm().offer(_payable())
    if not form.validate():
        return _accounts_page(form, 422)
    origin = Origin.parse(form.origin.data)
    try:
        payout_accounts.propose_account(actor(), origin, form.account, form.reason.data or "", clock.now())
    except (InvalidInput, Refused, NotFound) as error:
        form.blame("last_digits" if isinstance(error, BadAccount) else "holder", error)
        return _accounts_page(form, 422 if isinstance(error, InvalidInput) else 409)
    flash(_("Proposed. It is done once another person has accepted it."), "success")
    return redirect(url_for("shop_payouts_desk.accounts"), 303)


@blueprint.get("/desk/payouts/owed.<any(csv, jsonl, xlsx):kind>")
@staff(*READERS)
def owed(kind: str) -> FlaskResponse:
    """Who is owed what: per month and project or planting, in minor units, with the account's holder."""
    test = till().provider.test
    found = origins.accounts(actor())

    def rows() -> Iterator[tuple[Cell, ...]]:
        for each in origins.months(test, clock.now()):
            origin, came, gone = each.origin, each.came, each.paid_out
            holder = found[origin].account.holder if origin in found else ""
            yield (
                each.period, origin.kind.value, origin.code, came.currency, came.minor, gone.minor,
                each.is_owed.minor, holder, int(test), origin.payee,
            )  # fmt: skip

    return streamed(kind, "owed", OWED, rows())
