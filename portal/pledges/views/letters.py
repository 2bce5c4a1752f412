"""Letters about a pledge: wanted or not, by the link in each of them."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.pledges.commands import letters as commands
from portal.pledges.forms.promise import ActionForm
from portal.pledges.queries import letters, promise
from portal.pledges.rules.letters import UnknownSubscription
from portal.pledges.views.pages import Answer, back_to, blueprint, key_of
from portal.pledges.words import promise_of
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _


@blueprint.get("/pledge-letters/<thing_id>")
@open_to_all
def subscription(thing_id: str) -> Answer:
    """Confirm letters, or end them. Opening the page does neither: programs open links too."""
    found = letters.subscription(thing_id)
    if not actor().holds(thing_id):
        raise UnknownSubscription()
    pledge = promise.pledge(Actor.system("letters"), found.pledge_id)
    return render_template(
        "pledges/subscription.html", letters=found, promise=promise_of(pledge, with_name=True), pledge=pledge,
        form=ActionForm(formdata=None), key=key_of(thing_id),
    )  # fmt: skip


@blueprint.post("/pledge-letters/<thing_id>/<any(confirm,end):what>")
@open_to_all
def set_subscription(thing_id: str, what: str) -> Response:
    """Yes or no to letters."""
    settle = commands.confirm if what == "confirm" else commands.unsubscribe
    settle(actor(), thing_id, clock.now())
    flash(_("We will write to you.") if what == "confirm" else _("You will get no more letters."), "success")
    return redirect(url_for("pledges.subscription", thing_id=thing_id, k=key_of(thing_id) or None), 303)


@blueprint.post("/pledges/<pledge_id>/letters/end")
@open_to_all
def end_letters(pledge_id: str) -> Response:
    """No more letters, from the page of one's own pledge."""
    promise.pledge(actor(), pledge_id)
    found = letters.subscription_of(pledge_id)
    if found is None:
        raise UnknownSubscription()
    commands.unsubscribe(actor(), found.id, clock.now())
    flash(_("You will get no more letters."), "success")
    return back_to(pledge_id, "own")
