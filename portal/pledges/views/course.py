"""What an owner adds over the years: reports, and documents behind the numbers."""

import re

from flask import Response, flash, render_template, request

from portal.footprint import queries as footprints
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotFound, Refused
from portal.pledges.commands import evidence as commands
from portal.pledges.commands.evidence import ReportDraft
from portal.pledges.forms.course import PaperReportForm, ReportForm
from portal.pledges.forms.papers import PaperForm
from portal.pledges.queries import course
from portal.pledges.queries.promise import PledgeView
from portal.pledges.rules.course import ReportTooEarly, ReportYearOutOfRange
from portal.pledges.rules.evidence import UnknownEvidence, UnknownReport, VerifierIsMaker
from portal.pledges.views import papers
from portal.pledges.views.pages import Answer, back_to, blueprint, drafted, key_of, new_draft, owned
from portal.pledges.words import promise_of
from portal.registry.papers import given_out
from portal.web.guard import actor, open_to_all, opened_now
from portal.web.i18n import _
from portal.web.links import opens

_LINK = re.compile(r"(fpr_\w{26})[?]k=(\w+)")


@blueprint.route("/pledges/<pledge_id>/report", methods=["GET", "POST"])
@open_to_all
def report(pledge_id: str) -> Answer:
    """Report a year: by a footprint where the pledge starts from one, else by a number with its document."""
    found = owned(pledge_id)
    form = PaperReportForm() if found.is_from_paper else _footprints_offered(ReportForm(), found)
    if request.method == "POST" and _is_complete(form) and _reported(found, form):
        flash(_("The report is added."), "success")
        return back_to(pledge_id, "reports")
    if request.method == "GET":
        form.year.data = str(_awaited(found))
    form.draft.data = form.draft.data or new_draft("rpt")
    page = render_template(
        "pledges/report.html", pledge=found, form=form, key=key_of(pledge_id),
        promise=promise_of(found, with_name=True),
        paper_name=papers.name_of(form) if isinstance(form, PaperReportForm) else "",
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


@blueprint.route("/pledges/<pledge_id>/documents/new", methods=["GET", "POST"])
@open_to_all
def give_paper(pledge_id: str) -> Answer:
    """Give a document for the baseline, or for the report named in the address."""
    found, form, report_id = owned(pledge_id), PaperForm(), request.values.get("report", "")
    about = next(
        (each for each in course.standpoint(found, clock.today()).reports if each.id == report_id), None
    )
    if report_id and about is None:
        raise UnknownReport()
    if request.method == "POST" and _is_complete(form):
        try:
            paper = papers.paper_of(form, report_id, form.note.data or "")
            commands.give_paper(actor(), pledge_id, paper, clock.now())
            flash(_("The document is added. Staff will look at it."), "success")
            return back_to(pledge_id, "reports")
        except (InvalidInput, Refused) as error:
            form.blame("verifier" if isinstance(error, VerifierIsMaker) else "file", error)
    page = render_template(
        "pledges/give_paper.html", pledge=found, form=form, key=key_of(pledge_id), about=about,
        promise=promise_of(found, with_name=True), paper_name=papers.name_of(form),
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


@blueprint.get("/pledges/<pledge_id>/documents/<evidence_id>")
@open_to_all
def paper(pledge_id: str, evidence_id: str) -> Response:
    """A document, for its owner."""
    found = course.paper(actor(), evidence_id)
    if found.pledge_id != pledge_id:
        raise UnknownEvidence()
    return given_out(found.sha256, found.media_type, papers.SHELF, found.id)


def _is_complete(form: ReportForm | PaperReportForm | PaperForm) -> bool:
    """Whether all is there; the file, if there is one, is kept either way."""
    if isinstance(form, ReportForm):
        return bool(form.validate())
    papers.take_in(form)
    refused = list(form.file.errors)
    is_valid = form.validate()
    form.file.errors = [*form.file.errors, *refused]
    return papers.is_there(form) and is_valid


def _reported(found: PledgeView, form: ReportForm | PaperReportForm) -> bool:
    """Whether it is done; where not, the form says why."""
    report_id = drafted(form.draft.data or "", "rpt")
    about, note = form.year.value, form.note.data or ""
    try:
        if isinstance(form, PaperReportForm):
            paper = papers.paper_of(form, report_id)
            draft = ReportDraft(report_id, about, emissions=form.emissions.value, paper=paper, note=note)
        else:
            draft = ReportDraft(report_id, about, footprint_id=_chosen(form), note=note)
        commands.report_year(actor(), found.id, draft, clock.now())
    except (ReportTooEarly, ReportYearOutOfRange) as error:
        form.blame("year", error)
    except VerifierIsMaker as error:
        form.blame("verifier", error)
    except (InvalidInput, Refused, NotFound) as error:
        form.blame("emissions" if isinstance(form, PaperReportForm) else "link", error)
    else:
        return True
    return False


def _footprints_offered(form: ReportForm, found: PledgeView) -> ReportForm:
    """One's own footprints of the same kind; a guest has none, and is only asked for a link."""
    own = [
        each for each in footprints.footprints_of(actor())
        if each.model_id == found.model_id and each.id != found.footprint_id
    ]  # fmt: skip
    if not own:
        del form.footprint
        return form
    choices = [
        (each.id, f"{clock.day_of(each.created_at)} · {each.total.kg_up} kg CO₂e {each.label}")
        for each in own
    ]
    form.footprint.choices = [("", _("None of these")), *choices]
    return form


def _chosen(form: ReportForm) -> str:
    """The footprint that was chosen, or whose whole link was pasted; empty for neither."""
    if "footprint" in form and form.footprint.data:
        return str(form.footprint.data)
    pasted = _LINK.search(form.link.data or "")
    if pasted and opens(pasted[2], pasted[1]):
        opened_now(pasted[1])
        return pasted[1]
    return ""


def _awaited(found: PledgeView) -> int:
    """The year that is most likely reported now: the last one that is over, or this one."""
    this_year = clock.today().year
    return max(this_year - 1, min(found.course.baseline_year + 1, this_year))
