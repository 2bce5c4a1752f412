"""The plan of a pledge: actions the calculator proposes, own ones, done and dropped."""

from flask import flash, render_template
from werkzeug.wrappers import Response

from portal.footprint import queries as footprints
from portal.footprint.rules import library
from portal.footprint.rules.outlook import Basis, offered
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput, NotFound, Refused
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.pledges.commands import plans as commands
from portal.pledges.forms.course import OwnActionForm
from portal.pledges.forms.promise import ActionForm
from portal.pledges.queries import course
from portal.pledges.queries.course import ActionView
from portal.pledges.queries.promise import PledgeView
from portal.pledges.rules.plans import Action, ActionYearOutOfRange
from portal.pledges.views.pages import Answer, back_to, blueprint, drafted, key_of, new_draft, owned
from portal.pledges.words import promise_of
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _

_CALCULATOR = Actor.system("pledge-plan")  # its own footprint says what its owner could change


@blueprint.route("/pledges/<pledge_id>/plan", methods=["GET", "POST"])
@open_to_all
def plan(pledge_id: str) -> Answer:
    """What is planned, what the calculator proposes, and a form for an action of one's own."""
    found, form = owned(pledge_id), OwnActionForm()
    if form.validate_on_submit():
        try:
            action = Action(
                drafted(form.draft.data or "", "act"), title=form.title.data, year=form.year.value
            )
            commands.plan_action(actor(), pledge_id, action, clock.now())
            return back_to(pledge_id, "plan")
        except (InvalidInput, Refused) as error:
            form.blame("year" if isinstance(error, ActionYearOutOfRange) else "title", error)
    form.draft.data = form.draft.data or new_draft("act")
    planned = course.plan(pledge_id)
    page = render_template(
        "pledges/plan.html", pledge=found, form=form, button=ActionForm(formdata=None), key=key_of(pledge_id),
        plan=[(each, title_of(found, each)) for each in planned], promise=promise_of(found, with_name=True),
        proposed=_proposed(found, {each.key for each in planned}),
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


@blueprint.post("/pledges/<pledge_id>/plan/take/<action_key>")
@open_to_all
def take_action(pledge_id: str, action_key: str) -> Response:
    """Take over an action that the calculator proposes."""
    found = owned(pledge_id)
    saves = next((saves for key, _title, saves in _proposed(found, set()) if key == action_key), None)
    if saves is None:
        raise NotFound()
    commands.plan_action(actor(), pledge_id, Action(new_id("act"), key=action_key, saves=saves), clock.now())
    flash(_("The action is in the plan."), "success")
    return back_to(pledge_id, "plan")


@blueprint.post("/pledges/<pledge_id>/plan/<action_id>/<any(done,drop):what>")
@open_to_all
def settle_action(pledge_id: str, action_id: str, what: str) -> Response:
    """Mark an action as done, or take it out."""
    owned(pledge_id)
    settle = commands.finish_action if what == "done" else commands.drop_action
    settle(actor(), pledge_id, action_id, clock.now())
    return back_to(pledge_id, "plan")


def title_of(found: PledgeView, action: ActionView) -> Bilingual:
    """What is to be done: in the calculator's words, or in its maker's own, alike in both languages."""
    if not action.key:
        return Bilingual(action.title, action.title)
    return library.model(found.model_id, found.model_version).actions[action.key].title


def _proposed(found: PledgeView, planned: set[str]) -> list[tuple[str, Bilingual, Mass]]:
    """Actions of the footprint that still save something: key, words, and what each saves by itself."""
    if found.is_from_paper:
        return []
    footprint = footprints.footprint(_CALCULATOR, found.footprint_id)
    model = library.model(footprint.model_id, footprint.version, footprint.audience)
    basis = Basis(model, footprint.region, dict(footprint.answers), footprint.year, footprint.own)
    return [
        (change.action, model.actions[change.action].title, Mass(change.saves_g))
        for change in offered(basis)
        if change.action not in planned
    ]
