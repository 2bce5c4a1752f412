"""Challenges between groups: the list, setting one, its page with the ranking, taking part."""

from flask import flash, redirect, render_template, url_for

from portal.kernel import clock
from portal.kernel.errors import InvalidInput, Refused
from portal.pledges import policy
from portal.pledges.commands import together as commands
from portal.pledges.forms.together import ChallengeForm, EnterForm
from portal.pledges.queries import together
from portal.pledges.rules.together import ChallengeDraft, Goal, GoalOutOfRange
from portal.pledges.views.pages import Answer, blueprint, drafted, new_draft
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import _


@blueprint.get("/pledge-challenges")
@open_to_all
def challenges() -> Answer:
    """Those of the city."""
    today = clock.today()
    return render_template(
        "pledges/challenges.html", challenges=together.listed_challenges(today), today=today
    )


@blueprint.route("/account/pledge-challenges/new", methods=["GET", "POST"])
@signed_in
def new_challenge() -> Answer:
    form = ChallengeForm()
    if form.validate_on_submit():
        draft = ChallengeDraft(
            drafted(form.draft.data or "", "pch"), form.name.data, (form.about.data or "").strip(),
            form.first_day.data, form.last_day.data, Goal(form.goal.data), form.aim.value,
        )  # fmt: skip
        try:
            made = commands.open_challenge(actor(), draft, clock.now())
            flash(_("The challenge is set. Give other groups its address."), "success")
            return redirect(url_for("pledges.challenge", challenge_id=made), 303)
        except InvalidInput as error:
            form.blame("aim" if isinstance(error, GoalOutOfRange) else "last_day", error)
    form.draft.data = form.draft.data or new_draft("pch")
    page = render_template(
        "pledges/new_challenge.html", form=form, is_listed=policy.may_list_challenge(actor())
    )
    return page, 422 if form.has_errors else 200


@blueprint.route("/pledge-challenges/<challenge_id>", methods=["GET", "POST"])
@open_to_all
def challenge(challenge_id: str) -> Answer:
    """Goal, how far it is, who is in front; and taking part with a group one runs."""
    found, today, form = together.challenge(challenge_id), clock.today(), EnterForm()
    taking_part = together.entered(challenge_id)
    known = {each.id for each in taking_part}
    mine = [each for each in together.groups_of(actor()) if each.id not in known]
    form.group.choices = [(each.id, each.name) for each in mine]
    if form.validate_on_submit():
        try:
            commands.enter_challenge(actor(), challenge_id, form.group.data, clock.now())
            flash(_("Your group takes part."), "success")
            return redirect(url_for("pledges.challenge", challenge_id=challenge_id), 303)
        except Refused as error:
            form.blame("group", error)
    page = render_template(
        "pledges/challenge.html", challenge=found, today=today, form=form,
        ranking=together.ranking(found, today), has_groups=bool(mine), taking_part=len(taking_part),
    )  # fmt: skip
    return page, 422 if form.has_errors else 200
