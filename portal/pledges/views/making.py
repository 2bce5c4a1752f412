"""Making a pledge: from a footprint, or from a number with a document."""

from typing import Any

from flask import redirect, render_template, request, url_for

from portal.accounts.queries import organisation
from portal.footprint import queries as footprints
from portal.footprint.rules import library
from portal.footprint.rules.stored import Footprint
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotFound, PortalError
from portal.pledges.commands.promise import make_pledge
from portal.pledges.forms.promise import KILOGRAMS, PaperPledgeForm, PledgeForm
from portal.pledges.rules.drafts import Draft, OwnBaseline
from portal.pledges.rules.evidence import VerifierIsMaker
from portal.pledges.rules.makers import BaselineYearOutOfRange, UnknownCounty, UnknownSector
from portal.pledges.rules.promise import (
    MOTIVE_MAX,
    NAME_MAX,
    NothingToReduce,
    PercentOutOfRange,
    ReductionOutOfRange,
    YearOutOfRange,
    years,
)
from portal.pledges.views import papers
from portal.pledges.views.pages import Answer, blueprint, drafted, new_draft, signed_organisations
from portal.web import limits
from portal.web.forms import clean_line
from portal.web.guard import actor, open_to_all, opened_now
from portal.web.i18n import _, lang
from portal.web.links import key_for

_FIELDS: dict[type[PortalError], str] = {
    PercentOutOfRange: "percent", ReductionOutOfRange: "kg", NothingToReduce: "by", YearOutOfRange: "year",
    BaselineYearOutOfRange: "baseline_year", UnknownCounty: "county", UnknownSector: "sector",
    VerifierIsMaker: "verifier",
}  # fmt: skip


@blueprint.get("/pledges/new")
@open_to_all
def new() -> Answer:
    """The form for a footprint; without one, where to get it."""
    footprint = _footprint()
    if footprint is None:
        own = footprints.footprints_of(actor())
        saved = [(each, model_title(each.model_id, each.version)) for each in own]
        return render_template("pledges/choose.html", saved=saved)
    return _form_page(_offered(PledgeForm(formdata=None, data=_suggested(footprint))), footprint)


@blueprint.post("/pledges/new")
@open_to_all
@limits.limited("20/hour")
def make() -> Answer:
    """Make the pledge."""
    footprint = _footprint()
    if footprint is None:
        raise NotFound()
    form = _offered(PledgeForm())
    if not form.validate_on_submit():
        return _form_page(form, footprint, 422)
    return _made(form, footprint) or _form_page(form, footprint, 422)


@blueprint.route("/pledges/new/document", methods=["GET", "POST"])
@open_to_all
@limits.limited("40/hour")
def new_with_document() -> Answer:
    """For who has a number of their own, mostly an organisation: the form, and making the pledge."""
    form = _offered(PaperPledgeForm())
    if request.method == "GET":
        return _paper_page(form)
    papers.take_in(form)
    refused = list(form.file.errors)
    is_valid = form.validate_on_submit()
    form.file.errors = [*form.file.errors, *refused]
    if not is_valid or not papers.is_there(form):
        return _paper_page(form, 422)
    return _made(form, None) or _paper_page(form, 422)


def model_title(model_id: str, version: str) -> Bilingual:
    return library.model(model_id, version).title


def _made(form: PledgeForm, footprint: Footprint | None) -> Answer | None:
    """The way to the pledge that was made; None where the form now says why it was not."""
    pledge_id = drafted(form.draft.data or "", "plg")
    opened_now(pledge_id)
    try:
        make_pledge(actor(), _draft(form, pledge_id, footprint), clock.now())
    except tuple(_FIELDS) as error:
        name = _FIELDS[type(error)]
        form.blame(name if name in form else "by", error)
        return None
    return redirect(url_for("pledges.pledge", pledge_id=pledge_id, k=key_for(pledge_id)), 303)


def _footprint() -> Footprint | None:
    """The footprint in the address. Raises UnknownFootprint, also where this visitor may not see it."""
    footprint_id = request.values.get("footprint", "")
    return footprints.footprint(actor(), footprint_id) if footprint_id else None


def _suggested(footprint: Footprint) -> dict[str, object]:
    """What the page before proposes: kilograms to cut, by when, and how. What makes no sense is left out."""
    asked, found = request.args, dict[str, object]()
    kilograms, year = asked.get("kg", ""), asked.get("year", "")
    if kilograms.isascii() and kilograms.isdigit() and 0 < int(kilograms[:9]) <= footprint.total.kg_up:
        found |= {"by": KILOGRAMS, "kg": kilograms[:9]}
    first, last = years(clock.today())
    if year.isascii() and year.isdigit() and first <= int(year[:4]) <= last:
        found["year"] = year[:4]
    if found and asked.get("motive"):
        found["motive"] = asked["motive"][:MOTIVE_MAX]
    return found | {"baseline_year": str(clock.day_of(footprint.created_at).year)}


def _offered(form: Any) -> Any:
    form.offer(signed_organisations())
    if actor().is_person:
        del form.email
    return form


def _form_page(form: PledgeForm, footprint: Footprint, status: int = 200) -> Answer:
    form.draft.data = form.draft.data or new_draft("plg")
    page = render_template(
        "pledges/new.html", form=form, footprint=footprint, key=request.values.get("k", ""),
        title=model_title(footprint.model_id, footprint.version),
    )  # fmt: skip
    return page, status


def _paper_page(form: PaperPledgeForm, status: int = 200) -> Answer:
    form.draft.data = form.draft.data or new_draft("plg")
    return render_template(
        "pledges/new_with_document.html", form=form, paper_name=papers.name_of(form)
    ), status


def _draft(form: PledgeForm, pledge_id: str, footprint: Footprint | None) -> Draft:
    motive = "\n".join(clean_line(line) for line in (form.motive.data or "").splitlines()).strip()
    own = None
    if isinstance(form, PaperPledgeForm):
        own = OwnBaseline(form.emissions.value, papers.paper_of(form, note=_("Document of the baseline")))
    return Draft(
        pledge_id, footprint.id if footprint else "", form.aim or 0, form.year.value,
        bool(form.is_public.data), _name(form), motive[:MOTIVE_MAX],
        (form.email.data or "") if "email" in form else "", lang(), form.profile, own,
        bool(form.wants_letters.data),
    )  # fmt: skip


def _name(form: PledgeForm) -> str:
    """As typed; of an organisation its own name, which it cannot choose anew."""
    if not form.organisation_id:
        return form.name.data or ""
    name = organisation(actor(), form.organisation_id).name
    return (name.in_(lang()) or name.zh or name.en)[:NAME_MAX]
