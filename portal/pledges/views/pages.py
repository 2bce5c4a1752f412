"""The blueprint of the room, and what its pages share."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.queries import organisations_of
from portal.kernel.errors import NotAllowed, NotFound
from portal.kernel.ids import is_id, new_id
from portal.pledges import policy
from portal.pledges.queries import promise
from portal.pledges.queries.promise import PledgeView
from portal.web.guard import actor
from portal.web.i18n import lang
from portal.web.links import key_for, opens
from portal.web.page import page_blueprint

blueprint = page_blueprint("pledges", "portal.pledges.views")

Answer = str | Response | tuple[str, int]


def key_of(thing_id: str) -> str:
    """The key in the address, to be carried on; empty where it opens nothing."""
    return str(request.values.get("k", "")) if actor().holds(thing_id) else ""


def back_to(pledge_id: str, anchor: str = "") -> Response:
    """To the pledge's page, with the key if the visitor came with it."""
    key = key_of(pledge_id) or None
    return redirect(url_for("pledges.pledge", pledge_id=pledge_id, k=key, _anchor=anchor or None), 303)


def owned(pledge_id: str) -> PledgeView:
    """The pledge, for its owner. Raises UnknownPledge, NotAllowed."""
    found = promise.pledge(actor(), pledge_id)
    if not policy.owns(actor(), found):
        raise NotAllowed()
    return found


def new_draft(prefix: str) -> str:
    """The id of a thing to be, with its key: sent twice it makes one thing, and nobody sends another's."""
    made = new_id(prefix)
    return f"{made}.{key_for(made)}"


def drafted(text: str, prefix: str) -> str:
    """The id that our own form carried. Raises NotFound."""
    made, _dot, key = text.partition(".")
    if not is_id(made, prefix) or not opens(key, made):
        raise NotFound()
    return made


def signed_organisations() -> list[tuple[str, str]]:
    """Id and name of the organisations that the visitor signs for."""
    mine = [each for each in organisations_of(actor()) if policy.signs_for(actor(), each.id)]
    return [(each.id, each.name.in_(lang()) or each.name.zh or each.name.en) for each in mine]
