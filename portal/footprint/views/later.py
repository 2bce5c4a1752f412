"""Going on later: answers kept under a link and a code, and taken up again by link, code or file."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.footprint import queries
from portal.footprint.commands import save_draft
from portal.footprint.forms import CodeForm, FileForm, SaveForm, Sheet
from portal.footprint.links import draft_url
from portal.footprint.rules import answers_file, library
from portal.footprint.rules.drafts import Draft, Journey, UnknownDraft
from portal.footprint.rules.errors import BadAnswer, UnknownAnswer
from portal.footprint.views.addresses import first_open, review_url, sheet_of, url_of
from portal.footprint.views.pages import blueprint
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.checked import printed
from portal.kernel.errors import PortalError
from portal.web import limits
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang, message, word
from portal.web.links import key_for

Answer = str | Response | tuple[str, int]


@blueprint.get("/calculator/<model_id>/later")
@open_to_all
def later(model_id: str) -> Answer:
    """What "save and go on later" does, before it does it."""
    return _later_page(sheet_of(model_id, request.args.items()), SaveForm(formdata=None))


@blueprint.post("/calculator/<model_id>/later")
@open_to_all
@limits.limited("300/hour")
def keep_for_later(model_id: str) -> Answer:
    sheet = sheet_of(model_id, request.form.items())
    form = SaveForm()
    if not form.validate_on_submit():
        return _later_page(sheet, form), 422
    if fault := sheet.fault or sheet.own_fault:
        raise fault
    email = form.email.data or ""
    if email:
        limits.count("20/hour", "footprint.letter")  # who is sent letters did not ask us for them
    draft_id, code = save_draft(actor(), sheet.journey, clock.now(), lang(), email=email)
    sent = "1" if email else None
    there = url_for("footprint.kept", thing_id=draft_id, k=key_for(draft_id), code=code, sent=sent)
    return redirect(there, 303)


@blueprint.get("/calculator/drafts/<thing_id>/kept")
@open_to_all
def kept(thing_id: str) -> Answer:
    """The code and the link, to be noted down. ``thing_id``: what the key of a signed link opens."""
    now = clock.now()
    draft = queries.draft(actor(), thing_id, now)
    code = request.args.get("code", "")
    if queries.draft_by_code(code, now).id != draft.id:
        raise UnknownDraft()
    return render_template(
        "footprint/kept.html",
        draft=draft,
        code=printed(code),
        link=draft_url(draft.id, lang()),
        href=_way_on(draft),
        is_sent=request.args.get("sent") == "1",
    )


@blueprint.get("/calculator/drafts/<thing_id>")
@open_to_all
def open_draft(thing_id: str) -> Answer:
    """Where somebody stopped."""
    return redirect(_way_on(queries.draft(actor(), thing_id, clock.now())), 303)


@blueprint.get("/calculator/resume")
@open_to_all
def resume() -> Answer:
    return _resume_page(CodeForm(formdata=None), FileForm(formdata=None))


@blueprint.post("/calculator/resume")
@open_to_all
@limits.limited(
    "60/hour"
)  # a code has 40 random bits: guessing one of ten thousand takes a network centuries
def resume_by_code() -> Answer:
    form = CodeForm()
    if form.validate_on_submit():
        try:
            return redirect(_way_on(queries.draft_by_code(form.code.data, clock.now())), 303)
        except UnknownDraft as error:
            form.blame("code", error)
    return _resume_page(form, FileForm(formdata=None)), 422


@blueprint.post("/calculator/resume/file")
@open_to_all
@limits.limited("300/hour")
def resume_by_file() -> Answer:
    """Read a file whole or not at all; what is in it is shown before it is used."""
    form = FileForm()
    if form.validate_on_submit():
        try:
            journey = answers_file.read(form.file.data.stream.read(answers_file.MOST_BYTES + 1))
            return redirect(review_url(_sheet(journey)), 303)
        except PortalError as error:
            form.file.errors = [_said(error)]
    return _resume_page(CodeForm(formdata=None), form), 422


def _said(error: PortalError) -> str:
    """What is wrong with a file; an answer is named by its question."""
    if isinstance(error, BadAnswer) and not isinstance(error, UnknownAnswer) and "question" in error.params:
        return _("%(field)s: %(error)s", field=word(error.params["question"]), error=message(error))
    return message(error)


def _sheet(journey: Journey) -> Sheet:
    return Sheet.of(journey, library.model(journey.model_id, journey.version, journey.audience))


def _way_on(draft: Draft) -> str:
    """The first step without an answer; of an older version of the model first what changes."""
    sheet = _sheet(draft.journey).but(previous=_previous(draft.journey.previous_id))
    is_newest = sheet.model.version == library.versions(sheet.model.id)[0]
    return url_of(sheet, first_open(sheet)) if is_newest else review_url(sheet)


def _previous(footprint_id: str | None) -> tuple[str, str]:
    """The footprint that the answers were copied from, with its key.

    One without an owner is opened by its link alone, which whoever kept the draft had; one that belongs to
    somebody stays theirs.
    """
    if not footprint_id:
        return "", ""
    owner = queries.footprint(Actor.guest(footprint_id), footprint_id).owner_id
    if owner is None:
        return footprint_id, key_for(footprint_id)
    return (footprint_id, "") if owner == actor().id else ("", "")


def _later_page(sheet: Sheet, form: SaveForm) -> str:
    return render_template(
        "footprint/later.html",
        model=sheet.model,
        form=form,
        travelling=sheet.everything(),
        back=url_of(sheet, first_open(sheet)),
        answered=len(sheet.given),
    )


def _resume_page(code: CodeForm, file: FileForm) -> str:
    return render_template("footprint/resume.html", code=code, file=file)
