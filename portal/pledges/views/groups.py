"""Groups: opening one, its page, joining it with a pledge and leaving it."""

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.checked import is_valid, plain, printed
from portal.kernel.errors import NotFound, Refused
from portal.pledges import policy
from portal.pledges.commands import together as commands
from portal.pledges.forms.promise import ActionForm
from portal.pledges.forms.together import GroupForm, JoinForm
from portal.pledges.queries import together
from portal.pledges.rules.together import CODE_LENGTH, GroupDraft, GroupKind, UnknownGroup
from portal.pledges.views.pages import (
    Answer,
    back_to,
    blueprint,
    drafted,
    key_of,
    new_draft,
    owned,
    signed_organisations,
)
from portal.pledges.words import promise_of
from portal.web import limits
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import _, lang


@blueprint.get("/account/pledge-groups")
@signed_in
def groups() -> Answer:
    """The groups and challenges that the reader runs."""
    return render_template(
        "pledges/groups.html", groups=together.groups_of(actor()), challenges=together.challenges_of(actor())
    )


@blueprint.route("/account/pledge-groups/new", methods=["GET", "POST"])
@signed_in
def new_group() -> Answer:
    form = GroupForm()
    form.offer(signed_organisations())
    if form.validate_on_submit():
        organisation_id = (form.organisation.data or "") if "organisation" in form else ""
        draft = GroupDraft(
            drafted(form.draft.data or "", "pgr"), GroupKind(form.kind.data), form.name.data,
            (form.about.data or "").strip(), form.county.data or "", organisation_id,
        )  # fmt: skip
        made = commands.open_group(actor(), draft, clock.now())
        flash(_("The group is open. Give people its code."), "success")
        return redirect(url_for("pledges.group", group_id=made), 303)
    form.draft.data = form.draft.data or new_draft("pgr")
    return render_template("pledges/new_group.html", form=form), 422 if form.has_errors else 200


@blueprint.get("/pledge-groups/<group_id>")
@open_to_all
def group(group_id: str) -> Answer:
    """What a group promises together, and who of it shows a name."""
    found, today = together.group(group_id), clock.today()
    may_run = policy.may_run_group(actor(), found)
    base = current_app.config["PORTAL"].base_url
    return render_template(
        "pledges/group.html", group=found, figures=together.figures(group_id, today),
        named=together.named_pledges(group_id), challenges=together.challenges_of_group(group_id),
        code=printed(found.code) if may_run else "", may_run=may_run, form=ActionForm(formdata=None),
        address=f"{base}/{lang()}/pledge-groups/{group_id}",
    )  # fmt: skip


@blueprint.post("/pledge-groups/<group_id>/close")
@signed_in
def close_group(group_id: str) -> Response:
    commands.close_group(actor(), group_id, clock.now())
    flash(_("The group takes no more pledges."), "success")
    return redirect(url_for("pledges.group", group_id=group_id), 303)


@blueprint.route("/pledges/<pledge_id>/groups/join", methods=["GET", "POST"])
@open_to_all
@limits.limited("60/hour")
def join_group(pledge_id: str) -> Answer:
    """Join a group with one's pledge, by the group's code."""
    found, form = owned(pledge_id), JoinForm()
    if request.method == "GET":
        form.code.data = request.args.get("code", "")
    if form.validate_on_submit():
        try:
            joined = commands.join_group(actor(), pledge_id, _code(form.code.data), clock.now())
            flash(_("Your pledge is in the group “%(name)s”.", name=together.group(joined).name), "success")
            return back_to(pledge_id, "own")
        except (Refused, NotFound) as error:
            form.blame("code", error)
    page = render_template(
        "pledges/join_group.html", pledge=found, form=form, key=key_of(pledge_id),
        promise=promise_of(found, with_name=True),
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


@blueprint.post("/pledges/<pledge_id>/groups/<group_id>/leave")
@open_to_all
def leave_group(pledge_id: str, group_id: str) -> Response:
    commands.leave_group(actor(), pledge_id, group_id, clock.now())
    flash(_("Your pledge has left the group."), "success")
    return back_to(pledge_id, "own")


def _code(typed: str) -> str:
    """The plain code in what was typed. Raises UnknownGroup before anything is looked up."""
    code = plain(typed)
    if not is_valid(code, CODE_LENGTH):
        raise UnknownGroup()
    return code
