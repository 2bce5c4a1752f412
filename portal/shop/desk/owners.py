"""The desk of who shares a project's money: what is in force, what was before, and what is proposed."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotFound, Refused
from portal.proposals.words import shown
from portal.shop import policy
from portal.shop.commands.owners import propose_shares
from portal.shop.desk.orders import READERS, TELLERS
from portal.shop.desk.payouts import origin_names
from portal.shop.forms.owners import SharesForm
from portal.shop.queries import origins, owners
from portal.shop.rules.origins import Origin
from portal.shop.till import till
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint

blueprint = page_blueprint("shop_owners_desk", __name__)
Answer = Response | tuple[str, int]


@blueprint.get("/desk/payouts/shares")
@staff(*READERS)
def shares() -> Answer:
    """Who shares what, and the form to change it, filled with what is in force."""
    origin = request.args.get("origin", "")
    in_force = {str(each): split for each, split in owners.splits_in_force(clock.now()).items()}
    return _page(SharesForm.of(origin, in_force[origin].shares if origin in in_force else ()))


def _page(form: SharesForm, status: int = 200) -> Answer:
    in_force, names = owners.splits_in_force(clock.now()), _shareable()
    page = render_template(
        "shop/desk_owner_shares.html",
        splits=in_force,
        former=[each for each in reversed(owners.splits()) if each not in in_force.values()],
        names=origins.names_of(set(in_force) | {each.origin for each in owners.splits()}),
        waiting=[each for origin in names for each in shown(str(origin))],
        form=form.offer(names),
        can_choose=bool(names),
        may_pay=policy.may_run_till(actor()),
    )
    return page, status


def _shareable() -> dict[Origin, str]:
    """Projects and plantings that money came in for, that have an account or are shared already."""
    came = {each.origin for each in origins.balances(till().provider.test, clock.now()) if each.origin}
    known = came | set(origins.accounts(actor())) | set(owners.splits_in_force(clock.now()))
    return origin_names({each.whole for each in known})


@blueprint.post("/desk/payouts/shares")
@staff(*TELLERS)
def propose() -> Answer:
    """A project's money shall be shared so."""
    form = SharesForm().offer(_shareable())
    if not form.validate():
        return _page(form, 422)
    origin = Origin.parse(form.origin.data)
    try:
        propose_shares(actor(), origin, form.shares, form.reason.data or "", clock.now())
    except (InvalidInput, Refused, NotFound) as error:
        form.blame("payee_1", error)
        return _page(form, 422 if isinstance(error, InvalidInput) else 409)
    flash(_("Proposed. It is done once another person has accepted it."), "success")
    return redirect(url_for("shop_owners_desk.shares"), 303)
