"""Staff's desk for projects: proposing, filing, entering land, assessing, and steps for two people."""

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput, Refused
from portal.registry import papers, policy
from portal.registry.commands import projects
from portal.registry.forms import projects as forms
from portal.registry.queries import projects as read
from portal.registry.queries.projects import ProjectLife, StepView
from portal.registry.rules import eligibility, lifecycle, parcels
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import Decision, DocumentKind, ProjectState
from portal.web.forms import PortalForm, clean_line
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("registry_projects_desk", __name__)

SHELF = "projects"
PAGE = 50
_READERS = (Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN)
_RUNNERS = (Role.REGISTRY, Role.ADMIN)

Answered = str | Response | tuple[str, int]


@blueprint.get("/desk/projects")
@staff(*_READERS)
def overview() -> str:
    """All projects, what waits for a second person, and pairs that may be one."""
    rows = read.projects_in_life(request.args.get("cursor"), PAGE + 1)
    return render_template(
        "registry/desk_projects.html", page=cut(rows, PAGE, lambda project: project.code),
        waiting=read.waiting_steps(), likenesses=read.likenesses(), form=PortalForm(formdata=None),
        may_tend=policy.may_tend_projects(actor()),
    )  # fmt: skip


@blueprint.post("/desk/projects/screen")
@staff(*_RUNNERS)
def screen() -> Response:
    """Look for projects that may be one."""
    found = projects.screen(actor(), clock.now())
    flash(_("%(count)s new pairs of projects that may be one.", count=found), "success")
    return redirect(url_for(".overview"), 303)


@blueprint.route("/desk/projects/new", methods=["GET", "POST"])
@staff(*_RUNNERS)
def propose() -> Answered:
    """Propose a project."""
    form = forms.ProposalForm()
    if form.validate_on_submit():
        try:
            code = projects.propose_project(actor(), _proposal(form), clock.now())
        except (InvalidInput, Refused) as fault:
            form.blame("ends" if isinstance(fault, parcels.PeriodBackwards) else "number", fault)
        else:
            flash(_("Project %(code)s is proposed.", code=code), "success")
            return redirect(url_for(".project", code=code), 303)
    return _page(_("Propose a project"), form, _("Propose it"))


@blueprint.get("/desk/projects/<code>")
@staff(*_READERS)
def project(code: str) -> str:
    """One project with all that belongs to its life."""
    found = read.life(code)
    step = read.waiting_step(found.id)
    return render_template(
        "registry/desk_project.html", project=found, waiting=step, may_decide=_may_decide(found, step),
        documents=read.documents_of(found.id, with_private=True), parcels=read.parcels_of(found.id),
        assessment=read.newest_assessment(found.id), has_rules=bool(eligibility.rules_of(found.type)),
        steps=read.steps_of(found.id), likenesses=read.likenesses(found.id),
        notices=[(notice, read.comments_of(notice.id, with_hidden=True))
                 for notice in read.notices_of(found.id)],
        next_steps=lifecycle.steps_from(found.type, found.state), now=clock.now(),
        may_tend=policy.may_tend_projects(actor()), form=PortalForm(formdata=None),
    )  # fmt: skip


@blueprint.route("/desk/projects/<code>/documents/new", methods=["GET", "POST"])
@staff(*_RUNNERS)
def file_document(code: str) -> Answered:
    """File a document of a project."""
    found, form = read.life(code), forms.DocumentForm()
    if form.validate_on_submit():
        try:
            kept = papers.keep(form.file.data, SHELF)
        except InvalidInput as fault:
            form.blame("file", fault)
        else:
            paper = projects.Paper(
                kind=DocumentKind(form.kind.data), title=Bilingual(form.title_zh.data, form.title_en.data),
                file_name=clean_line(form.file.data.filename or "")[:120] or "document", sha256=kept.sha256,
                media_type=kept.media_type, bytes=kept.bytes, is_public=form.is_public.data,
            )  # fmt: skip
            projects.file_document(actor(), code, paper, clock.now())
            return _done(_("The document is filed."), code)
    return _page(_("File a document"), form, _("File it"), found)


@blueprint.post("/desk/projects/<code>/documents/<document_id>/<any(show,hide):what>")
@staff(*_RUNNERS)
def show_document(code: str, document_id: str, what: str) -> Response:
    """Show a document to the public, or take it from them."""
    projects.set_document_public(actor(), document_id, what == "show", clock.now())
    done = _("The document is public.") if what == "show" else _("The document is not public any more.")
    return _done(done, code)


@blueprint.get("/desk/projects/<code>/documents/<document_id>")
@staff(*_READERS)
def document(code: str, document_id: str) -> Response:
    """A document as it was filed, public or not."""
    found = read.document(document_id, with_private=True)
    if found.project_id != read.life(code).id:
        raise lifecycle.UnknownDocument()
    return papers.given_out(found.sha256, found.media_type, SHELF, f"{code}-{found.kind}")


@blueprint.route("/desk/projects/<code>/parcels/new", methods=["GET", "POST"])
@staff(*_RUNNERS)
def enter_parcels(code: str) -> Answered:
    """Enter the parcels of a GeoJSON file: all, or none."""
    found = read.life(code)
    form = forms.ParcelsForm(county=found.county_code, begins=found.crediting_start, ends=found.crediting_end)
    form.offer(forms.documents_for_tenure(read.documents_of(found.id, with_private=True)))
    if form.validate_on_submit():
        ground = projects.Ground(
            county_code=form.county.data, village=form.village.data or "", tenure=forms.tenure_of(form),
            valid_from=form.begins.data, valid_to=form.ends.data, document_id=form.document.data or None,
        )  # fmt: skip
        try:
            drawn = parcels.read(form.file.data.stream.read(parcels.MOST_BYTES + 1))
            codes = projects.enter_parcels(actor(), code, ground, drawn, clock.now())
        except (InvalidInput, Refused) as fault:
            form.blame("ends" if isinstance(fault, parcels.PeriodBackwards) else "file", fault)
        else:
            return _done(_("%(count)s parcels are entered.", count=len(codes)), code)
    return _page(_("Enter parcels"), form, _("Enter them"), found)


@blueprint.route("/desk/projects/<code>/parcels/<parcel_id>/withdraw", methods=["GET", "POST"])
@staff(*_RUNNERS)
def withdraw_parcel(code: str, parcel_id: str) -> Answered:
    """Take a parcel out of its project; it stays in the register with the reason."""
    found, form = read.life(code), forms.ReasonForm()
    if form.validate_on_submit():
        projects.withdraw_parcel(actor(), parcel_id, form.because.data, clock.now())
        return _done(_("The parcel is withdrawn."), code)
    return _page(_("Withdraw a parcel"), form, _("Withdraw the parcel"), found)


@blueprint.route("/desk/projects/<code>/assessment", methods=["GET", "POST"])
@staff(*_RUNNERS)
def assess(code: str) -> Answered:
    """Hold a project against the eligibility rules of its type."""
    found = read.life(code)
    rules = eligibility.rules_for(found.type)
    form = forms.assessment_form(rules, read.documents_of(found.id, with_private=True))
    if form.validate_on_submit():
        projects.assess(actor(), code, form.answers, clock.now())
        return _done(_("The assessment is kept."), code)
    known = eligibility.answers_of_land(rules, read.land_of(found.id))
    page = render_template(
        "registry/desk_assessment.html", project=found, form=form, rules=rules, known=known
    )
    return page, 422 if request.method == "POST" else 200


@blueprint.route("/desk/projects/<code>/steps/new", methods=["GET", "POST"])
@staff(*_RUNNERS)
def propose_step(code: str) -> Answered:
    """Propose where a project goes next."""
    found, form = read.life(code), forms.StepForm()
    form.offer(lifecycle.steps_from(found.type, found.state), read.documents_of(found.id))
    if form.validate_on_submit():
        try:
            projects.propose_step(
                actor(), code, ProjectState(form.target.data), form.document.data, form.note.data or "",
                clock.now(),
            )  # fmt: skip
        except Refused as fault:
            form.blame("document" if isinstance(fault, lifecycle.DocumentMissing) else "target", fault)
        else:
            return _done(_("The step is proposed. A second person decides it."), code)
    return _page(_("Propose a step"), form, _("Propose it"), found)


@blueprint.route("/desk/projects/<code>/steps/<step_id>", methods=["GET", "POST"])
@staff(*_RUNNERS)
def decide_step(code: str, step_id: str) -> Answered:
    """Take or refuse a step that another person proposed."""
    found, step, form = read.life(code), read.step(step_id), forms.DecisionForm()
    if step.project != code:
        raise lifecycle.UnknownStep()
    if form.validate_on_submit():
        try:
            projects.decide_step(
                actor(), step_id, Decision(form.decision.data), form.reason.data or "", clock.now()
            )
        except (InvalidInput, Refused) as fault:
            form.blame("reason" if isinstance(fault, InvalidInput) else "decision", fault)
        else:
            return _done(_("The step is taken.") if form.is_approval else _("The step is refused."), code)
    status = 422 if request.method == "POST" else 200
    may_decide = _may_decide(found, step)
    page = render_template(
        "registry/desk_step.html", project=found, step=step, form=form, may_decide=may_decide
    )
    return page, status


@blueprint.route("/desk/likenesses/<likeness_id>", methods=["GET", "POST"])
@staff(*_RUNNERS)
def clear_likeness(likeness_id: str) -> Answered:
    """Say why two projects that look alike are two."""
    form = forms.ReasonForm()
    if form.validate_on_submit():
        projects.clear_likeness(actor(), likeness_id, form.because.data, clock.now())
        flash(_("The pair is cleared."), "success")
        return redirect(url_for(".overview"), 303)
    return _page(_("Why are these two projects?"), form, _("They are two"))


@blueprint.route("/desk/comments/<comment_id>", methods=["GET", "POST"])
@staff(*_RUNNERS)
def answer_comment(comment_id: str) -> Answered:
    """Answer a comment on a notice, and show it or keep it back."""
    comment, notice = read.comment(comment_id)
    form = forms.AnswerForm()
    if form.validate_on_submit():
        projects.answer_comment(actor(), comment_id, form.answer.data, form.is_shown.data, clock.now())
        return _done(_("The comment is answered."), notice.project.code)
    return _page(_("Answer a comment"), form, _("Answer it"), notice.project, quoted=comment.body)


def _page(
    title: str, form: PortalForm, button: str, of: ProjectLife | None = None, quoted: str = ""
) -> tuple[str, int]:
    page = render_template(
        "registry/desk_project_form.html", title=title, form=form, button=button, project=of, quoted=quoted
    )
    return page, 422 if request.method == "POST" else 200


def _done(said: str, code: str) -> Response:
    flash(said, "success")
    return redirect(url_for(".project", code=code), 303)


def _may_decide(found: ProjectLife, step: StepView | None) -> bool:
    if step is None or step.decision:
        return False
    wanted = lifecycle.step_between(found.type, step.source, step.target)
    return policy.may_decide_step(actor(), wanted, step.proposed_by)


def _proposal(form: forms.ProposalForm) -> projects.Proposal:
    return projects.Proposal(
        registry=form.registry.data, source_id=form.number.data or "",
        name=Bilingual(form.name_zh.data, form.name_en.data),
        about=Bilingual(form.about_zh.data or "", form.about_en.data or ""),
        type=ProjectType(form.type.data), methodology=form.methodology.data, country=form.country.data,
        county_code=form.county.data, crediting_start=form.begins.data, crediting_end=form.ends.data,
        is_demo=current_app.config["PORTAL"].is_demo,
    )  # fmt: skip
