"""The list of drafts, how one begins, and one draft as a whole."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput
from portal.training import policy
from portal.training.commands.drafting import begin, put_away, take_out
from portal.training.desk.authoring.pages import (
    AUTHORS,
    Answer,
    at_hand,
    blueprint,
    files,
    given_out,
    must_be_sent,
    panel,
    shown,
    told,
)
from portal.training.forms.drafts import BeginForm, LessonForm, OfferForm, ReturnForm, UploadForm
from portal.training.queries import courses, drafts
from portal.training.queries.behind import lessons_behind
from portal.training.queries.rechecking import items_to_recheck
from portal.training.rules.drafts import check_path, first_files, without_folder
from portal.training.rules.packs.course import files_of_zip, zip_of_files
from portal.training.rules.packs.records import mapping_of
from portal.web.forms import first_error
from portal.web.guard import actor, staff
from portal.web.i18n import _


@blueprint.get("/author")
@staff(*AUTHORS)
def home() -> str:
    """My drafts, those of others, what waits for a second person, and what was published."""
    open_drafts = drafts.drafts(actor())
    mine = [each for each in open_drafts if actor().id in (each.made_by, each.changed_by)]
    return render_template(
        "author/home.html", mine=mine, others=[each for each in open_drafts if each not in mine],
        waiting=[each for each in open_drafts if each.is_offered],
        put_away=drafts.drafts(actor(), closed=True), behind=lessons_behind(actor()),
        courses=courses.catalogue(), may_publish=policy.may_publish(actor()), rechecks=items_to_recheck(),
    )  # fmt: skip


@blueprint.route("/author/new", methods=["GET", "POST"])
@staff(*AUTHORS)
def new() -> Answer:
    """Begin a course from nothing."""
    form = BeginForm()
    if form.validate_on_submit():
        try:
            check_path(f"bank/{form.course.data}.yml")
        except InvalidInput:
            form.course.errors = [*form.course.errors, _("Use small letters, digits and hyphens.")]
        else:
            title = Bilingual(form.title_zh.data, form.title_en.data)
            first = first_files(form.course.data, title, form.audience.data, form.language.data)
            draft_id = begin(actor(), form.course.data, first, clock.now())
            return told(_("The draft has begun. The list of findings says what it needs."),
                        "author.draft", draft_id=draft_id)  # fmt: skip
    return render_template("author/new.html", form=form), 422 if first_error(form) else 200


@blueprint.post("/author/from/<version_id>")
@staff(*AUTHORS)
def from_version(version_id: str) -> AnyResponse:
    """Begin from what was published: byte for byte the same, until something changes."""
    must_be_sent()
    version = courses.version(version_id)
    pack = files_of_zip(courses.pack_of(version_id))
    draft_id = begin(actor(), version.course, pack, clock.now(), based_on=version_id)
    return told(_("The draft begins as version %(version)s. Give it a higher one.", version=version.version),
                "author.plan", draft_id=draft_id, name="course")  # fmt: skip


@blueprint.route("/author/upload", methods=["GET", "POST"])
@staff(*AUTHORS)
def upload() -> Answer:
    """Begin from a ZIP file that was written elsewhere."""
    form = UploadForm()
    if form.validate_on_submit():
        try:
            return redirect(url_for("author.draft", draft_id=_uploaded(form)), 303)
        except InvalidInput as fault:
            form.blame("file", fault)
    return render_template("author/upload.html", form=form), 422 if form.has_errors else 200


def _uploaded(form: UploadForm) -> str:
    """Raises what is wrong with the file as a whole; what is wrong inside is for the lint to say."""
    pack = without_folder(files_of_zip(form.file.data.read() if form.file.data else b""))
    course = (mapping_of(pack.get("course.yml", b"")) or {}).get("id", "")
    name = course if isinstance(course, str) and course else "course"
    held = [each for each in courses.catalogue() if each.course == name]
    return begin(actor(), name[:60], pack, clock.now(), based_on=held[0].id if held else None)


@blueprint.get("/author/drafts/<draft_id>")
@staff(*AUTHORS)
def draft(draft_id: str) -> Answer:
    """One draft: what it holds, what the lint finds, and what may be done with it."""
    found = at_hand(draft_id)
    pack, _findings = drafts.read(draft_id)
    listed = drafts.listing(draft_id)
    names = sorted({name for name, _lang in pack.lessons} | {
        each.path[8:].partition(".")[0] for each in listed if each.path.startswith("lessons/")
    })  # fmt: skip
    lesson_form = LessonForm(formdata=None)
    lesson_form.module.choices = [(m.id, m.id) for m in pack.course.modules] if pack.course else []
    return shown(
        "author/draft.html", found, pack=pack, listed=listed, names=names, findings=panel(draft_id),
        lesson_form=lesson_form,
        offer_form=OfferForm(formdata=None), return_form=ReturnForm(formdata=None),
        may_publish=policy.may_publish(actor()),
        is_mine=bool(found.offer and found.offer.asked_by == actor().id),
    )  # fmt: skip


@blueprint.post("/author/drafts/<draft_id>/put-away")
@staff(*AUTHORS)
def put_draft_away(draft_id: str) -> AnyResponse:
    must_be_sent()
    put_away(actor(), draft_id, clock.now())
    return told(_("The draft is put away; below it can be taken out again."), "author.home")


@blueprint.post("/author/drafts/<draft_id>/take-out")
@staff(*AUTHORS)
def take_draft_out(draft_id: str) -> AnyResponse:
    must_be_sent()
    take_out(actor(), draft_id, clock.now())
    return told(_("The draft goes on."), "author.draft", draft_id=draft_id)


@files.get("/author/drafts/<draft_id>/pack.zip")
@staff(*AUTHORS)
def pack_file(draft_id: str) -> AnyResponse:
    """The draft as a ZIP file, the same bytes for the same files."""
    found = at_hand(draft_id)
    name = f"{found.course}-{found.version or 'draft'}.zip"
    return given_out(zip_of_files(drafts.files(draft_id)), name, download=True)
