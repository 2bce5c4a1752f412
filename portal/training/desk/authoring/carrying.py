"""Questions from and for other systems: a dry run before anything is taken in, and a list of what is left."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from flask import abort, request
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel.errors import InvalidInput, NotFound, PortalError
from portal.training.desk.authoring.bank import bank_names
from portal.training.desk.authoring.pages import (
    AUTHORS,
    Answer,
    at_hand,
    blueprint,
    files,
    given_out,
    kept,
    shown,
    told,
)
from portal.training.forms.drafts import ConfirmImportForm, ImportForm
from portal.training.queries import drafts
from portal.training.rules.formats import FORMATS, MarksRepaired, read_items, scorm, write_items
from portal.training.rules.formats.exchange import MAX_BYTES, FileTooLarge, Reading, Writing
from portal.training.rules.packs import banks
from portal.training.rules.packs.course import Pack
from portal.training.rules.packs.joining import Joining, joined
from portal.web.guard import staff
from portal.web.i18n import _, lang, message
from portal.web.staging import stage, staged

SHELF = "training-imports"


@blueprint.route("/author/drafts/<draft_id>/import", methods=["GET", "POST"])
@staff(*AUTHORS)
def take_in(draft_id: str) -> Answer:
    """Choose a file; each item and each remark is shown with its line before anything is written."""
    found, form = at_hand(draft_id), ImportForm()
    form.bank.choices = [(name, name) for name in bank_names(draft_id)]
    if form.validate_on_submit():
        data = form.file.data.read(MAX_BYTES + 1) if form.file.data else b""
        try:
            return _dry_run(draft_id, form, data)
        except PortalError as fault:
            form.blame("file", fault)
    return shown("author/import.html", found, 422 if form.has_errors else 200, form=form)


def _dry_run(draft_id: str, form: ImportForm, data: bytes) -> Answer:
    """Raises what is wrong with the file as a whole."""
    if len(data) > MAX_BYTES:
        raise FileTooLarge()
    reading = read_items(form.format.data, data, form.language.data, bool(form.repair.data))
    digest = sha256(data).hexdigest()
    stage(SHELF, digest, data)
    confirm = ConfirmImportForm(
        formdata=None, digest=digest, format=form.format.data, language=form.language.data,
        bank=form.bank.data, repair="1" if form.repair.data else "",
    )  # fmt: skip
    again = read_items(form.format.data, data, form.language.data, repair=True)
    may_repair = not form.repair.data and any(isinstance(e.reason, MarksRepaired) for e in again.problems)
    return shown(
        "author/import_report.html", at_hand(draft_id), reading=reading, form=confirm, may_repair=may_repair,
        joining=_joining(draft_id, reading, form.language.data),
        remarks=[(each, message(each.reason)) for each in reading.problems],
    )  # fmt: skip


@blueprint.post("/author/drafts/<draft_id>/import/confirm")
@staff(*AUTHORS)
def confirm(draft_id: str) -> Answer | AnyResponse:
    """Take in what was looked at: all of it in one step, or nothing. With ``repair``, look again first."""
    at_hand(draft_id)
    form = ConfirmImportForm()
    if not form.validate_on_submit() or form.language.data not in ("zh", "en"):
        abort(400)
    waiting = staged(SHELF, form.digest.data or "")
    if not waiting.is_file():
        raise NotFound()
    reading = read_items(
        form.format.data or "", waiting.read_bytes(), form.language.data, bool(form.repair.data)
    )
    if request.form.get("do") == "repair":
        return _repaired(draft_id, form, waiting.read_bytes())
    joining = _joining(draft_id, reading, form.language.data)
    try:
        _kept(draft_id, form.bank.data or "", joining)
    except InvalidInput as fault:
        again = ImportForm(formdata=None, format=form.format.data, language=form.language.data,
                           bank=form.bank.data, repair=bool(form.repair.data))  # fmt: skip
        again.bank.choices = [(name, name) for name in bank_names(draft_id)]
        again.blame("bank", fault)
        return shown("author/import.html", at_hand(draft_id), 422, form=again)
    return told(_("%(count)s items are taken in.", count=len(joining.new) + len(joining.joined)),
                "author.bank", draft_id=draft_id)  # fmt: skip


def _repaired(draft_id: str, form: ConfirmImportForm, data: bytes) -> Answer:
    again = ImportForm(formdata=None, format=form.format.data, language=form.language.data,
                       bank=form.bank.data, repair=True)  # fmt: skip
    return _dry_run(draft_id, again, data)


def _joining(draft_id: str, reading: Reading, language: str) -> Joining:
    held = {each.id: each.value for each in drafts.held(draft_id)}
    return joined(held, reading.items, language)


def _kept(draft_id: str, bank: str, joining: Joining) -> None:
    """New items at the end of the bank; those whose other language was there where they are."""
    pack = drafts.files(draft_id)
    changed: dict[str, bytes] = {}
    for name in banks.banks_of(pack):
        values = {
            each.index: joining.joined[each.id]
            for each in banks.held_in(pack, name)
            if each.id in joining.joined
        }
        changed |= banks.with_values(pack, name, values) if values else {}
    if joining.new:
        changed |= banks.with_new({**pack, **changed}, bank, joining.new)
    revisions = {each.path: each.revision for each in drafts.listing(draft_id)}
    kept(draft_id, changed, revisions)


EXPORTS = (*FORMATS, *scorm.EDITIONS)


@blueprint.get("/author/drafts/<draft_id>/export")
@staff(*AUTHORS)
def give_out(draft_id: str) -> Answer:
    """What a format can hold of the draft's items, and what not; then the file."""
    found = at_hand(draft_id)
    name, language = wanted()
    writing, count = _draft_written_as(draft_id, name, language)
    return shown(
        "author/export.html",
        found, name=name, language=language, count=count, formats=EXPORTS, has_file=bool(writing.data),
        left_out=[(each.item, message(each.reason)) for each in writing.left_out], asked=request.args,
        banks=bank_names(draft_id),
    )  # fmt: skip


@files.get("/author/drafts/<draft_id>/export-file")
@staff(*AUTHORS)
def exported(draft_id: str) -> AnyResponse:
    """The file itself."""
    found = at_hand(draft_id)
    name, language = wanted()
    writing, _count = _draft_written_as(draft_id, name, language)
    part = request.args.get("item") or request.args.get("bank") or found.course
    return given_out(writing.file, file_name(part, name, language), download=True)


def wanted() -> tuple[str, str]:
    """The format and the language that were asked for."""
    name, language = request.args.get("format", "gift"), request.args.get("language") or lang()
    if name not in EXPORTS or language not in ("zh", "en"):
        abort(404)
    return name, language


def file_name(part: str, name: str, language: str) -> str:
    return f"{part}-{name}.{language}.{FORMATS[name].ending if name in FORMATS else 'zip'}"


def written_as(pack: Pack, name: str, language: str) -> tuple[Writing, int]:
    """The items of the pack that were asked for in this format, and how many they were."""
    if name in scorm.EDITIONS:
        try:
            return scorm.write(pack, language, scorm.EDITIONS[name]), len(pack.items)
        except InvalidInput:
            abort(404)
    chosen = [item for item, file, _line in pack.items if _is_chosen(item.id, banks.bank_of(file))]
    return write_items(name, chosen, language), len(chosen)


def _draft_written_as(draft_id: str, name: str, language: str) -> tuple[Writing, int]:
    """The same of a draft, whose items count as they stand: most of what came in waits for a translation."""
    if name in scorm.EDITIONS:
        return written_as(drafts.read(draft_id)[0], name, language)
    chosen = [each for each in drafts.held(draft_id) if _is_chosen(each.id, each.bank)]
    items, misshapen = banks.as_they_stand(chosen)
    writing = write_items(name, items, language)
    return replace(writing, left_out=(*misshapen, *writing.left_out)), len(chosen)


def _is_chosen(item: str, bank: str) -> bool:
    wanted: dict[str, Any] = {"item": item, "bank": bank}
    return all(not request.args.get(key) or request.args[key] == value for key, value in wanted.items())
