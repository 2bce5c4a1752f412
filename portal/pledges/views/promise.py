"""One pledge: its page, and what its owner does with the promise itself."""

from flask import render_template, request

from portal.certificates import queries as certificates
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput, Refused
from portal.kernel.mass import Mass
from portal.pledges import policy
from portal.pledges.commands import promise as commands
from portal.pledges.commands.paper import give_certificate
from portal.pledges.forms.promise import ActionForm, CertificateForm, WithdrawalForm
from portal.pledges.links import badge_url, pledge_url, public_url
from portal.pledges.queries import course, letters, together
from portal.pledges.queries import promise as queries
from portal.pledges.queries.promise import PledgeView
from portal.pledges.rules import course as rules
from portal.pledges.rules.promise import WordsMissing
from portal.pledges.views.making import model_title
from portal.pledges.views.pages import Answer, back_to, blueprint, key_of, owned
from portal.pledges.views.plans import title_of
from portal.pledges.words import promise_of
from portal.web.forms import clean_line
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import lang
from portal.web.looks import Shown, has_shown

COVER_AT_ONCE = Mass.kg(100)  # what the button suggests; any amount can be typed there


@blueprint.get("/pledges/<pledge_id>")
@open_to_all
def pledge(pledge_id: str) -> Answer:
    """Baseline, target and plan, what was reported, what remains, and what is retired for it."""
    found = queries.pledge(actor(), pledge_id)
    progress, owns = queries.progress(found), policy.owns(actor(), found)
    if not (found.is_public or owns):
        has_shown(Shown.PLEDGE, [found.id], "pledges")
    stands = course.standpoint(found, clock.today())
    return render_template(
        "pledges/pledge.html", pledge=found, progress=progress, promise=promise_of(found, with_name=owns),
        title=title_of_baseline(found), form=ActionForm(formdata=None), stands=stands,
        plan=[(each, title_of(found, each)) for each in course.plan(found.id)],
        withdrawal=queries.withdrawal(found.id), groups=together.groups_of_pledge(found.id) if owns else [],
        letters=letters.subscription_of(found.id) if owns else None, key=key_of(found.id),
        certificate=certificates.for_subject(found.id) if owns else None,
        link=pledge_url(found.id, lang()), address=public_url(found.id, lang()),
        badge=badge_url(found.id, lang()), owns=owns, may_tend=policy.may_tend(actor(), found),
        may_withdraw=policy.may_withdraw(actor(), found), may_claim=policy.may_claim(actor(), found),
        cover_kg=min(progress.open, COVER_AT_ONCE).kg_up, path=path_of(found),
    )  # fmt: skip


@blueprint.route("/pledges/<pledge_id>/withdraw", methods=["GET", "POST"])
@open_to_all
def withdraw(pledge_id: str) -> Answer:
    """Take it back, with a reason; it stays to be seen as withdrawn."""
    found, form = owned(pledge_id), WithdrawalForm()
    if form.validate_on_submit():
        words = "\n".join(clean_line(line) for line in (form.words.data or "").splitlines()).strip()
        try:
            commands.withdraw_pledge(actor(), pledge_id, form.chosen, words, clock.now())
            return back_to(pledge_id)
        except WordsMissing as error:
            form.blame("words", error)
    page = render_template(
        "pledges/withdraw.html", pledge=found, form=form, promise=promise_of(found, with_name=True),
        key=key_of(pledge_id), may_withdraw=policy.may_withdraw(actor(), found),
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


@blueprint.post("/pledges/<pledge_id>/claim")
@signed_in
def claim(pledge_id: str) -> Answer:
    """Keep a guest's pledge in one's account."""
    commands.claim(actor(), pledge_id, clock.now())
    return back_to(pledge_id)


@blueprint.post("/pledges/<pledge_id>/name/<any(show,hide):what>")
@open_to_all
def show_name(pledge_id: str, what: str) -> Answer:
    """Show the name to others, or hide it."""
    commands.show_name(actor(), pledge_id, what == "show", clock.now())
    return back_to(pledge_id, "own")


@blueprint.route("/pledges/<pledge_id>/certificate", methods=["GET", "POST"])
@open_to_all
def certificate(pledge_id: str) -> Answer:
    """The paper of the promise, C0: asked for by its owner, with the name they choose."""
    found, form = owned(pledge_id), CertificateForm()
    if form.validate_on_submit():
        try:
            give_certificate(actor(), pledge_id, form.name.data, bool(form.is_public.data), clock.now())
            return back_to(pledge_id, "own")
        except (InvalidInput, Refused) as error:
            form.blame("name", error)
    elif request.method == "GET":
        form.name.data = found.name
    page = render_template(
        "pledges/ask_certificate.html", pledge=found, form=form, key=key_of(pledge_id),
        promise=promise_of(found, with_name=True),
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


def title_of_baseline(found: PledgeView) -> Bilingual | None:
    """What kind of footprint it starts from; None where it starts from a document."""
    return None if found.is_from_paper else model_title(found.model_id, found.model_version)


def path_of(found: PledgeView) -> list[tuple[int, Mass]]:
    """What may be emitted in each year that is to be reported."""
    return [(year, rules.allowed(found.course, year)) for year in rules.due_years(found.course)]
