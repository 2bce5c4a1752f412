"""The editor of a lesson: both languages block by block, what has fallen behind, and how it will look."""

from dataclasses import replace
from typing import Any

from flask import abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.desk.authoring.pages import (
    AUTHORS,
    Answer,
    at_hand,
    blueprint,
    kept,
    media_url_of,
    must_be_sent,
    not_saved,
    panel,
    saves_itself,
    shown,
    told,
)
from portal.training.forms.drafts import LessonForm
from portal.training.forms.lessons import LessonSheet
from portal.training.queries import drafts
from portal.training.queries.drafts import DraftView, FileView
from portal.training.rules.drafts import FileChanged
from portal.training.rules.markup import to_html
from portal.training.rules.packs.lessons import COMPLETION
from portal.training.rules.packs.pairs import (
    PairedBlock,
    PairedLesson,
    Standing,
    edited,
    read_pair,
    written_side,
)
from portal.training.rules.packs.records import mapping_of, with_mapping
from portal.web.guard import staff
from portal.web.i18n import _, message

LANGS = ("zh", "en")
Files = dict[str, FileView]


@blueprint.url_value_preprocessor
def let_long_lessons_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A lesson or an item has many fields: each block comes in two languages."""
    request.max_form_parts = 5_000


@blueprint.get("/author/drafts/<draft_id>/lessons/<name>")
@staff(*AUTHORS)
def lesson(draft_id: str, name: str) -> Answer:
    """One lesson, both languages side by side."""
    found, files = at_hand(draft_id), _files(draft_id, name)
    pair = _pair(found, files)
    if pair is None:  # what cannot be read as a lesson can be mended as a text
        path = next((each.path for each in files.values() if each.revision), "")
        if not path:
            abort(404)
        return redirect(url_for("author.source", draft_id=draft_id, path=path), 303)
    sheet = LessonSheet.of(pair, {lang: file.revision for lang, file in files.items()})
    return _page(found, name, sheet)


@blueprint.post("/author/drafts/<draft_id>/lessons/<name>")
@staff(*AUTHORS)
def change_lesson(draft_id: str, name: str) -> Answer | AnyResponse:
    """Save it, show it, or do what a block's button says."""
    must_be_sent()
    found, files = at_hand(draft_id), _files(draft_id, name)
    sheet, action = LessonSheet.sent(request.form), request.form.get("do", "save")
    if action == "live":
        return render_template("author/_preview.html", **_preview(found, sheet))
    if action == "preview":
        return _page(found, name, sheet, is_previewed=True)
    if saves_itself():
        return _autosaved(found, files, sheet)
    if action != "save":
        return _page(found, name, sheet, touched=sheet.rearrange(action))
    try:
        _saved(found, files, sheet)
    except FileChanged as fault:
        sheet.revisions = {lang: file.revision for lang, file in files.items()}
        return _page(found, name, sheet, 409, fault=message(fault), theirs=_pair(found, files))
    except PortalError as fault:
        return _page(found, name, sheet, 422, fault=message(fault))
    return told(_("Saved."), "author.lesson", draft_id=draft_id, name=name)


def _files(draft_id: str, name: str) -> Files:
    return {lang: drafts.file(draft_id, f"lessons/{name}.{lang}.md") for lang in LANGS}


def _pair(draft: DraftView, files: Files) -> PairedLesson | None:
    return read_pair(files["zh"].data, files["en"].data, draft.language)


def _saved(draft: DraftView, files: Files, sheet: LessonSheet, *, by_itself: bool = False) -> None:
    """Raises what ``save`` raises."""
    before = _pair(draft, files)
    if before is None:
        abort(409)
    blocks = edited(before.blocks, ((row.was, row.block, row.is_fresh) for row in sheet.rows), draft.language)
    after = replace(
        before, title=sheet.title, minutes=sheet.minutes, completion=sheet.completion, blocks=blocks
    )
    changes = {
        file.path: written_side(file.data, after, lang, draft.language) for lang, file in files.items()
    }
    seen = {file.path: sheet.revisions[lang] for lang, file in files.items()}
    kept(draft.id, changes, seen, by_itself=by_itself)


def _autosaved(draft: DraftView, files: Files, sheet: LessonSheet) -> Answer | AnyResponse:
    """For the program in the page: its fields of the revisions from now on, or what stands in the way."""
    try:
        _saved(draft, files, sheet, by_itself=True)
    except PortalError as fault:
        return not_saved(fault)
    now = _files(draft.id, files["zh"].path.removeprefix("lessons/").removesuffix(".zh.md"))
    answer: AnyResponse = jsonify({f"revision-{lang}": file.revision for lang, file in now.items()})
    return answer


def _page(
    draft: DraftView, name: str, sheet: LessonSheet, status: int = 200, *, is_previewed: bool = False,
    touched: int | None = None, fault: str = "", theirs: PairedLesson | None = None,
) -> Answer:  # fmt: skip
    held = {block.id: block for block in theirs.blocks} if theirs else {}
    saved = _pair(draft, _files(draft.id, name))
    stamps = {block.id: block.made_from for block in saved.blocks} if saved else {}
    rows = [
        (row, _standing(row.block, stamps.get(row.was, ""), draft.language), _other(row.block, held))
        for row in sheet.rows
    ]
    behind = sum(standing is not Standing.FRESH for _row, standing, _theirs in rows)
    findings = [each for lang in LANGS for each in panel(draft.id, f"lessons/{name}.{lang}.md")]
    preview = _preview(draft, sheet) if is_previewed else None
    return shown(
        "author/lesson.html",
        draft, status, name=name, sheet=sheet, rows=rows, findings=findings, behind=behind,
        preview=preview, touched=touched, fault=fault, completions=COMPLETION, translation=_other_of(draft),
    )  # fmt: skip


def _standing(block: PairedBlock, stamp: str, original: str) -> Standing:
    return replace(block, made_from=stamp).standing(original)


def _other(block: PairedBlock, theirs: dict[str, PairedBlock]) -> PairedBlock | None:
    """What somebody else saved for this block, where it is another text."""
    there = theirs.get(block.id)
    return there if there and (there.zh, there.en) != (block.zh, block.en) else None


def _other_of(draft: DraftView) -> str:
    return "en" if draft.language == "zh" else "zh"


def _preview(draft: DraftView, sheet: LessonSheet) -> dict[str, Any]:
    """The lesson as learners see it, in both languages."""
    media_url = media_url_of(draft.id)
    texts = {
        lang: [to_html(row.block.text(lang), media_url=media_url) for row in sheet.rows] for lang in LANGS
    }
    return {"title": sheet.title, "texts": texts}


@blueprint.post("/author/drafts/<draft_id>/lessons")
@staff(*AUTHORS)
def new_lesson(draft_id: str) -> Answer | AnyResponse:
    """A lesson with one empty block, behind the others, in the module that was chosen."""
    found, form = at_hand(draft_id), LessonForm()
    plan = drafts.file(draft_id, "course.yml")
    record = mapping_of(plan.data) or {}
    modules = [each for each in record.get("modules", []) if isinstance(each, dict)]
    form.module.choices = [(str(each.get("id")), str(each.get("id"))) for each in modules] or [("", "–")]
    if not form.validate_on_submit():
        return told(_("Give the lesson an id and both titles."), "author.draft", draft_id=draft_id)
    listed = [each.path for each in drafts.listing(draft_id) if each.path.startswith("lessons/")]
    number = max((int(path[8:10]) for path in listed if path[8:10].isdigit()), default=0) + 1
    name = f"{number:02d}-{form.slug.data}"
    title = Bilingual(form.title_zh.data, form.title_en.data)
    starts = PairedLesson(form.slug.data, title, "15", "read", (PairedBlock("opening", "……", "…"),))
    changes: dict[str, bytes | None] = {
        f"lessons/{name}.{lang}.md": written_side(b"", starts, lang, found.language) for lang in LANGS
    }
    revisions = {}
    for module in modules:
        if str(module.get("id")) == form.module.data:
            module["lessons"] = [*module.get("lessons", []), form.slug.data]
            changes["course.yml"], revisions["course.yml"] = with_mapping(plan.data, record), plan.revision
    kept(draft_id, changes, revisions)
    return redirect(url_for("author.lesson", draft_id=draft_id, name=name), 303)


@blueprint.post("/author/drafts/<draft_id>/lessons/<name>/take-out")
@staff(*AUTHORS)
def remove_lesson(draft_id: str, name: str) -> AnyResponse:
    """Both languages leave the draft, and the lesson its module; one step, undone as one."""
    must_be_sent()
    found, files = at_hand(draft_id), _files(draft_id, name)
    there = [file for file in files.values() if file.revision]
    changes: dict[str, bytes | None] = {file.path: None for file in there}
    revisions = {file.path: file.revision for file in there}
    pair, plan = _pair(found, files), drafts.file(draft_id, "course.yml")
    record = mapping_of(plan.data)
    if pair and record and isinstance(record.get("modules"), list):
        for module in record["modules"]:
            if isinstance(module, dict) and isinstance(module.get("lessons"), list):
                module["lessons"] = [each for each in module["lessons"] if each != pair.id]
        changes["course.yml"], revisions["course.yml"] = with_mapping(plan.data, record), plan.revision
    kept(draft_id, changes, revisions)
    return told(_("The lesson is taken out. The last step can be undone above."),
                "author.draft", draft_id=draft_id)  # fmt: skip
