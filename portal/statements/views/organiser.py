"""What an organiser does: publish the plan, show what was done, declare, correct, withdraw."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from portal.accounts.queries import organisations_of, person
from portal.footprint.queries.events import event as event_file
from portal.footprint.rules.events import Event
from portal.kernel import clock
from portal.kernel.errors import NotAllowed, PortalError
from portal.registry.papers import Kept, PaperNotAccepted, keep
from portal.statements import policy, queries
from portal.statements.commands import actions, declaring, plans
from portal.statements.forms import (
    ActionForm,
    ChangeForm,
    ClaimForm,
    CorrectForm,
    EvidenceForm,
    NewPlanForm,
    PlanForm,
)
from portal.statements.queries import StatementView
from portal.statements.rules.plans import (
    SHELF,
    ActionMissing,
    DayNotYet,
    EvaluationMissing,
    EvaluatorMissing,
    NameMissing,
    NotConfirmed,
    ReasonMissing,
    UnknownAction,
)
from portal.statements.views.pages import Answer, blueprint
from portal.web.forms import PortalForm
from portal.web.guard import actor, signed_in
from portal.web.i18n import _, lang

_FIELDS: dict[type[PortalError], str] = {
    NameMissing: "name_zh", ActionMissing: "actions_zh", EvaluationMissing: "evaluation",
    EvaluatorMissing: "evaluator", PaperNotAccepted: "evaluation", ReasonMissing: "reason",
    NotConfirmed: "confirmed", DayNotYet: "done_on",
}  # fmt: skip


@blueprint.route("/events/<event_id>/statement/plan", methods=["GET", "POST"])
@signed_in
def plan(event_id: str) -> Answer:
    """Publish the plan of an event with what is to be done to emit less."""
    event = event_file(actor(), event_id)
    if found := queries.statement_of(event_id):
        return redirect(url_for("statements.statement", statement_id=found.id))
    form = NewPlanForm(data=_known(event) if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            made = plans.publish(actor(), event_id, form.plan, form.actions, lang(), clock.now())
        except PortalError as fault:
            _blame(form, fault)
        else:
            flash(_("The plan is published."), "success")
            return _to(made)
    page = render_template(
        "statements/plan.html", form=form, event=event, statement=None,
        may_speak=policy.may_speak(actor(), event),
    )  # fmt: skip
    return page, _status()


@blueprint.route("/statements/<statement_id>/edit", methods=["GET", "POST"])
@signed_in
def change(statement_id: str) -> Answer:
    """Publish a new version of the plan."""
    found = _spoken_for(statement_id)
    if not found.is_open or clock.today() > found.newest.last_day:
        return _to(statement_id)
    form = ChangeForm(data=found.newest.plan.typed if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            plans.change(actor(), statement_id, form.plan, form.reason.data, clock.now())
        except PortalError as fault:
            _blame(form, fault)
        else:
            flash(_("The new version is published."), "success")
            return _to(statement_id)
    event = event_file(actor(), found.event_id)
    page = render_template("statements/plan.html", form=form, event=event, statement=found, may_speak=True)
    return page, _status()


@blueprint.route("/statements/<statement_id>/actions/new", methods=["GET", "POST"])
@signed_in
def new_action(statement_id: str) -> Answer:
    """One more thing that is done to emit less."""
    found, form = _worked_on(statement_id), ActionForm()
    if not found.is_open:
        return _to(statement_id)
    if form.validate_on_submit():
        try:
            actions.add(actor(), statement_id, form.text, clock.now())
        except PortalError as fault:
            form.blame("text_zh", fault)
        else:
            flash(_("The action is added."), "success")
            return _to(statement_id)
    return render_template("statements/action.html", form=form, statement=found), _status()


@blueprint.route("/statements/<statement_id>/actions/<action_id>", methods=["GET", "POST"])
@signed_in
def evidence(statement_id: str, action_id: str) -> Answer:
    """Show that an action was carried out."""
    found = _worked_on(statement_id)
    action = next((each for each in found.actions if each.id == action_id), None)
    if action is None:
        raise UnknownAction()
    if not found.is_open:
        return _to(statement_id)
    form = EvidenceForm(data={"done_on": clock.today()} if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            kept = keep(form.file.data, SHELF)
            actions.show(actor(), action_id, form.done_on.data, kept, form.is_public.data, clock.now())
        except PortalError as fault:
            form.blame("done_on" if isinstance(fault, DayNotYet) else "file", fault)
        else:
            flash(_("The evidence is kept."), "success")
            return _to(statement_id)
    page = render_template("statements/evidence.html", form=form, statement=found, action=action)
    return page, _status()


@blueprint.route("/statements/<statement_id>/declare", methods=["GET", "POST"])
@signed_in
def declare(statement_id: str) -> Answer:
    """Look at all that will be said, and declare it."""
    found = _spoken_for(statement_id)
    inventory = queries.inventory_of(found.event_id)
    if inventory is None or not found.is_open:
        return _to(statement_id)
    known = {f"exclusions_{lang()}": inventory.exclusions, "evaluator": inventory.evaluator}
    form = ClaimForm(data=known if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            _confirmed(form)
            claim = form.claim(*_evaluation(form.evaluation.data))
            declaring.declare(actor(), statement_id, claim, clock.now())
        except PortalError as fault:
            _blame(form, fault)
        else:
            flash(_("The event is declared."), "success")
            return _to(statement_id)
    page = render_template(
        "statements/declare.html", form=form, statement=found, inventory=inventory,
        standing=queries.standing(found), papers=queries.certified(found.event_id),
    )  # fmt: skip
    return page, _status()


@blueprint.route("/statements/<statement_id>/correct", methods=["GET", "POST"])
@signed_in
def correct(statement_id: str) -> Answer:
    """Replace a declaration by a corrected one; the old one stays."""
    found = _spoken_for(statement_id)
    if not found.declared or found.state.value != "declared":
        return _to(statement_id)
    facts = found.declared.facts
    typed = {f"exclusions_{side}": text for side, text in facts["exclusions_typed"].items()}
    known = found.declared.plan.typed | typed | {"evaluator": facts["evaluator"]}
    form = CorrectForm(data=known if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            _confirmed(form)
            before = facts["evaluation"] if form.evaluator.data == facts["evaluator"] else None
            claim = form.claim(*_evaluation(form.evaluation.data, before))
            declaring.correct(actor(), statement_id, form.plan, claim, form.reason.data, clock.now())
        except PortalError as fault:
            _blame(form, fault)
        else:
            flash(_("The corrected statement is declared. The one before it stays to be read."), "success")
            return _to(statement_id)
    return render_template("statements/correct.html", form=form, statement=found), _status()


@blueprint.post("/statements/<statement_id>/withdraw")
@signed_in
def withdraw(statement_id: str) -> Answer:
    """Take it back for good; it stays to be seen."""
    plans.withdraw(actor(), statement_id, clock.now())
    flash(_("It is withdrawn."), "success")
    return _to(statement_id)


@blueprint.get("/account/statements")
@signed_in
def mine() -> Answer:
    """The statements of this person and of their organisations."""
    return render_template("statements/mine.html", rows=queries.statements_of(actor()))


# ---- what they share


def _known(event: Event) -> dict[str, str]:
    """What the portal knows of the event already."""
    names = {each.id: each.name for each in organisations_of(actor())}
    name = names.get(event.organisation_id or "")
    organiser = (name.in_(lang()) or name.zh or name.en) if name else person(actor().id).name
    return {f"name_{lang()}": event.title, "organiser": organiser}


def _spoken_for(statement_id: str) -> StatementView:
    found = queries.statement(statement_id)
    if not policy.may_speak(actor(), found):
        raise NotAllowed()
    return found


def _worked_on(statement_id: str) -> StatementView:
    found = queries.statement(statement_id)
    if not policy.may_work(actor(), found):
        raise NotAllowed()
    return found


def _confirmed(form: ClaimForm) -> None:
    if not form.confirmed.data:
        raise NotConfirmed()


def _evaluation(upload: FileStorage | None, before: dict[str, str] | None = None) -> tuple[str, str]:
    """Digest and type of what the evaluator has signed: what is handed in, or what was there before."""
    if upload and upload.filename:
        kept: Kept = keep(upload, SHELF)
        return kept.sha256, kept.media_type
    return (before["sha256"], before["media_type"]) if before else ("", "")


def _blame(form: PortalForm, fault: PortalError) -> None:
    """Beside the field that caused it, or else beside the first one."""
    name = _FIELDS.get(type(fault), "")
    form.blame(name if name in form else _first(form), fault)


def _first(form: PortalForm) -> str:
    return "confirmed" if isinstance(form, ClaimForm) else "name_zh" if isinstance(form, PlanForm) else "file"


def _to(statement_id: str) -> Response:
    return redirect(url_for("statements.statement", statement_id=statement_id), 303)


def _status() -> int:
    return 422 if request.method == "POST" else 200
