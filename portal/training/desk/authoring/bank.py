"""The bank of questions: a list to search, and a form for every kind of item in both languages."""

from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel.errors import PortalError
from portal.training.author_words import word_of
from portal.training.desk.authoring.pages import (
    AUTHORS,
    Answer,
    at_hand,
    blueprint,
    kept,
    media_url_of,
    must_be_sent,
    panel,
    saved_by_itself,
    saves_itself,
    shown,
    told,
    whole_number,
)
from portal.training.forms.records import posted, rearranged
from portal.training.queries import drafts
from portal.training.queries.drafts import FileView
from portal.training.rules.packs.bank import read_bank
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.pairs import new_block_id
from portal.training.rules.packs.records import (
    Record,
    records_of,
    with_record,
    without_record,
    written_records,
)
from portal.training.rules.packs.shapes import ITEM_KINDS, item_shape, texts_of
from portal.training.rules.packs.shapes import new_item as blank_item
from portal.web.guard import staff
from portal.web.i18n import _, message

Found = tuple[str, int, Record]  # the bank's name, the place in it, the item


@blueprint.get("/author/drafts/<draft_id>/bank")
@staff(*AUTHORS)
def bank(draft_id: str) -> Answer:
    """All items, searched and filtered."""
    found, asked = at_hand(draft_id), request.args
    every = items_of(draft_id)
    listed = [each for each in every if _is_wanted(each, asked)]
    wrong = {(each.file, each.line) for each, _text, _href in panel(draft_id)}
    marks = {
        (name, index): sum(file == f"bank/{name}.yml" and record.first_line <= line <= record.last_line
                           for file, line in wrong)
        for name, index, record in listed
    }  # fmt: skip
    return shown(
        "author/bank.html",
        found, items=listed, count=len(every), banks=bank_names(draft_id), kinds=ITEM_KINDS,
        marks=marks, asked=asked,
        objectives=sorted({str(record.value.get("objective", "")) for _name, _index, record in every}),
        gift=[e.path for e in drafts.listing(draft_id) if e.path.endswith(".gift")],
    )  # fmt: skip


def items_of(draft_id: str) -> list[Found]:
    """Every item of the draft's YAML banks, sound or not."""
    pack = drafts.files(draft_id)
    return [
        (path[5:-4], index, record)
        for path, data in pack.items()
        if path.startswith("bank/") and path.endswith(".yml")
        for index, record in enumerate(records_of(data) or ())
    ]


def bank_names(draft_id: str) -> list[str]:
    listed = (each.path for each in drafts.listing(draft_id))
    return [path[5:-4] for path in listed if path.startswith("bank/") and path.endswith(".yml")] or ["items"]


def _is_wanted(found: Found, asked: Any) -> bool:
    name, _index, record = found
    wanted = {"bank": name, "type": record.value.get("type"), "objective": record.value.get("objective")}
    if any(asked.get(key) and asked[key] != value for key, value in wanted.items()):
        return False
    words = asked.get("q", "").casefold().split()
    said = " ".join(text for _at, text in texts_of(record.value)).casefold()
    return all(word in said for word in words)


@blueprint.get("/author/drafts/<draft_id>/bank/<bank>/<int:index>")
@staff(*AUTHORS)
def item(draft_id: str, bank: str, index: int) -> Answer:
    """One item, field by field, as learners see it beside."""
    held, record = _item(draft_id, bank, index)
    return _page(draft_id, bank, index, record.value, held.revision)


@blueprint.post("/author/drafts/<draft_id>/bank/<bank>/<int:index>")
@staff(*AUTHORS)
def change_item(draft_id: str, bank: str, index: int) -> Answer | AnyResponse:
    """Save it, or do what a button says."""
    must_be_sent()
    held, record = _item(draft_id, bank, index)
    parts = item_shape(str(record.value.get("type", "")))
    value, action = posted(parts, request.form, record.value), request.form.get("do", "save")
    seen = whole_number(request.form.get("revision", ""))
    if saves_itself():
        return saved_by_itself(draft_id, with_record(held.data, index, value), held.path, seen)
    if action == "preview":
        return _page(draft_id, bank, index, value, seen)
    if action != "save":
        rearranged(parts, value, action)
        return _page(draft_id, bank, index, value, seen)
    try:
        kept(draft_id, {held.path: with_record(held.data, index, value)}, {held.path: seen})
    except PortalError as fault:
        return _page(draft_id, bank, index, value, held.revision, message(fault), record.value)
    return told(_("Saved."), "author.item", draft_id=draft_id, bank=bank, index=index)


@blueprint.post("/author/drafts/<draft_id>/bank/new")
@staff(*AUTHORS)
def new_item(draft_id: str) -> AnyResponse:
    """An item of the kind that was chosen, at the end of a bank."""
    must_be_sent()
    at_hand(draft_id)
    kind, bank = request.form.get("type", ""), request.form.get("bank", "")
    if kind not in ITEM_KINDS:
        abort(404)
    name = new_block_id(_ids(draft_id), f"item-{len(_ids(draft_id)) + 1}")
    return _added(draft_id, bank, blank_item(kind, name))


@blueprint.post("/author/drafts/<draft_id>/bank/<bank>/<int:index>/duplicate")
@staff(*AUTHORS)
def duplicate(draft_id: str, bank: str, index: int) -> AnyResponse:
    """The same item under another id, at the end of its bank."""
    must_be_sent()
    _held, record = _item(draft_id, bank, index)
    name = new_block_id(_ids(draft_id), f"{record.value.get('id', 'item')}-copy")
    return _added(draft_id, bank, {**record.value, "id": name})


@blueprint.post("/author/drafts/<draft_id>/bank/<bank>/<int:index>/move")
@staff(*AUTHORS)
def move(draft_id: str, bank: str, index: int) -> AnyResponse:
    """The item goes to the end of another bank; one step, undone as one."""
    must_be_sent()
    held, record = _item(draft_id, bank, index)
    there = drafts.file(draft_id, f"bank/{request.form.get('to', '')}.yml")
    if there.path != held.path:
        end = len(records_of(there.data) or ())
        changes = {
            held.path: without_record(held.data, index),
            there.path: with_record(there.data, end, record.value),
        }  # fmt: skip
        kept(draft_id, changes, {held.path: held.revision, there.path: there.revision})
    return told(_("The item is moved."), "author.bank", draft_id=draft_id)


@blueprint.post("/author/drafts/<draft_id>/bank/<bank>/<int:index>/take-out")
@staff(*AUTHORS)
def remove(draft_id: str, bank: str, index: int) -> AnyResponse:
    must_be_sent()
    held, _record = _item(draft_id, bank, index)
    kept(draft_id, {held.path: without_record(held.data, index)}, {held.path: held.revision})
    return told(_("The item is taken out. The last step can be undone above."),
                "author.bank", draft_id=draft_id)  # fmt: skip


def _ids(draft_id: str) -> list[str]:
    return [str(record.value.get("id", "")) for _name, _index, record in items_of(draft_id)]


def _added(draft_id: str, bank: str, value: dict[str, Any]) -> AnyResponse:
    held = drafts.file(draft_id, f"bank/{bank}.yml")
    end = len(records_of(held.data) or ())
    kept(draft_id, {held.path: with_record(held.data, end, value)}, {held.path: held.revision})
    return redirect(url_for("author.item", draft_id=draft_id, bank=bank, index=end), 303)


def _item(draft_id: str, bank: str, index: int) -> tuple[FileView, Record]:
    at_hand(draft_id)
    held = drafts.file(draft_id, f"bank/{bank}.yml")
    records = records_of(held.data) or []
    if index >= len(records):
        abort(404)
    return held, records[index]


def _page(
    draft_id: str, bank: str, index: int, value: dict[str, Any], revision: int, fault: str = "",
    theirs: dict[str, Any] | None = None,
) -> Answer:  # fmt: skip
    """``value`` as it stands in the form; findings are those of the item as it is saved."""
    held, record = _item(draft_id, bank, index)
    findings = [
        each for each in panel(draft_id, held.path)
        if record.first_line <= each[0].line <= record.last_line
    ]  # fmt: skip
    pack, _findings = drafts.read(draft_id)
    objectives = [(each.id, each.text) for each in pack.course.objectives] if pack.course else []
    return shown(
        "author/item.html", at_hand(draft_id), 409 if fault else 200, bank=bank, index=index, record=value,
        parts=item_shape(str(value.get("type", ""))), kind=word_of(str(value.get("type", ""))),
        revision=revision, findings=findings, fault=fault, theirs=theirs, banks=bank_names(draft_id),
        objectives=objectives, preview=_preview(value), media_url=media_url_of(draft_id),
    )  # fmt: skip


def _preview(value: dict[str, Any]) -> Any:
    """The item, if it can be asked already."""
    found = read_bank(written_records([value]), Notes(""))
    return found[0][0] if found else None
