"""The bank of questions: a list to search, and a form for every kind of item in both languages.

A GIFT bank is two files, one a language; its questions are edited by the same forms.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel.errors import PortalError, Refused
from portal.training.author_words import word_of
from portal.training.desk.authoring.pages import (
    AUTHORS,
    Answer,
    all_saved_by_itself,
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
    whole_number,
)
from portal.training.forms.records import posted, rearranged
from portal.training.queries import drafts
from portal.training.rules.packs import banks
from portal.training.rules.packs.bank import read_bank
from portal.training.rules.packs.banks import Held
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.pairs import new_block_id
from portal.training.rules.packs.records import written_records
from portal.training.rules.packs.shapes import ITEM_KINDS, item_shape, texts_of
from portal.training.rules.packs.shapes import new_item as blank_item
from portal.training.rules.variants import draw
from portal.web.guard import staff
from portal.web.i18n import _, message
from portal.web.paging import Page

Value = dict[str, Any]
PAGE: Final = 50


@blueprint.get("/author/drafts/<draft_id>/bank")
@staff(*AUTHORS)
def bank(draft_id: str) -> Answer:
    """All items, searched and filtered, part by part."""
    found, asked = at_hand(draft_id), request.args
    every = drafts.held(draft_id)
    listed = [each for each in every if _is_wanted(each, asked)]
    first = whole_number(asked.get("cursor", ""))
    part = listed[first : first + PAGE]
    page = Page(part, str(first + PAGE) if first + PAGE < len(listed) else None)
    wrong = [(finding.file, finding.line) for finding in drafts.findings(draft_id)]
    marks = {(each.bank, each.index): sum(each.has(file, line) for file, line in wrong) for each in part}
    return shown(
        "author/bank.html",
        found, page=page, first=first, fitting=len(listed), count=len(every), banks=bank_names(draft_id),
        kinds=ITEM_KINDS, marks=marks, asked=asked,
        objectives=_all(every, "objective"), categories=_all(every, "category"),
        gift=[each.path for each in drafts.listing(draft_id) if each.path.endswith(".gift")],
    )  # fmt: skip


def bank_names(draft_id: str) -> list[str]:
    return banks.banks_of(each.path for each in drafts.listing(draft_id))


def _all(every: Iterable[Held], key: str) -> list[str]:
    return sorted({str(each.value.get(key, "")) for each in every})


def _is_wanted(found: Held, asked: Any) -> bool:
    wanted = {"bank": found.bank, **{key: found.value.get(key) for key in ("type", "objective", "category")}}
    if any(asked.get(key) and asked[key] != value for key, value in wanted.items()):
        return False
    words = asked.get("q", "").casefold().split()
    said = " ".join(text for _at, text in texts_of(found.value)).casefold()
    return all(word in said for word in words)


@blueprint.get("/author/drafts/<draft_id>/bank/<bank>/<int:index>")
@staff(*AUTHORS)
def item(draft_id: str, bank: str, index: int) -> Answer:
    """One item, field by field, as learners see it beside."""
    return _page(draft_id, bank, index, _item(draft_id, bank, index).value, _stamp(draft_id, bank))


@blueprint.post("/author/drafts/<draft_id>/bank/<bank>/<int:index>")
@staff(*AUTHORS)
def change_item(draft_id: str, bank: str, index: int) -> Answer | AnyResponse:
    """Save it, or do what a button says. Behind the last item it is a new one, of the kind in the form."""
    must_be_sent()
    was = _value_at(draft_id, bank, index)
    parts = item_shape(str(was.get("type", "")))
    value, action = posted(parts, request.form, was), request.form.get("do", "save")
    seen = request.form.get("revision", "")
    if action == "preview":
        return _page(draft_id, bank, index, value, seen)
    if action not in ("save", "autosave"):
        rearranged(parts, value, action)
        return _page(draft_id, bank, index, value, seen)
    try:
        changes = banks.with_values(drafts.files(draft_id), bank, {index: value})
        if saves_itself():
            return all_saved_by_itself(draft_id, changes, _revisions(bank, seen))
        kept(draft_id, changes, _revisions(bank, seen))
    except PortalError as fault:
        if saves_itself():
            return not_saved(fault, 422)
        is_late = isinstance(fault, Refused)
        stamp = _stamp(draft_id, bank) if is_late else seen
        return _page(draft_id, bank, index, value, stamp, message(fault), was if is_late else None)
    return told(_("Saved."), "author.item", draft_id=draft_id, bank=bank, index=index)


@blueprint.post("/author/drafts/<draft_id>/bank/new")
@staff(*AUTHORS)
def new_item(draft_id: str) -> Answer | AnyResponse:
    """An item of the kind that was chosen, at the end of a bank.

    GIFT has no place for a question without a text, so there it is kept once it has one.
    """
    must_be_sent()
    at_hand(draft_id)
    kind, bank = request.form.get("type", ""), request.form.get("bank", "")
    if kind not in ITEM_KINDS:
        abort(404)
    value = blank_item(kind, new_block_id(_ids(draft_id), f"item-{len(_ids(draft_id)) + 1}"))
    if not banks.is_gift(bank):
        return _added(draft_id, bank, value)
    return _page(draft_id, bank, _end(draft_id, bank), value, _stamp(draft_id, bank))


@blueprint.post("/author/drafts/<draft_id>/bank/<bank>/<int:index>/duplicate")
@staff(*AUTHORS)
def duplicate(draft_id: str, bank: str, index: int) -> AnyResponse:
    """The same item under another id, at the end of its bank."""
    must_be_sent()
    found = _item(draft_id, bank, index)
    name = new_block_id(_ids(draft_id), f"{found.id or 'item'}-copy")
    return _added(draft_id, bank, {**found.value, "id": name})


@blueprint.post("/author/drafts/<draft_id>/bank/<bank>/<int:index>/move")
@staff(*AUTHORS)
def move(draft_id: str, bank: str, index: int) -> Answer | AnyResponse:
    """The item goes to the end of another bank, of whichever kind; one step, undone as one."""
    must_be_sent()
    found, to = _item(draft_id, bank, index), request.form.get("to", "")
    if to != bank:
        pack = drafts.files(draft_id)
        try:
            changes = {
                **banks.without_value(pack, bank, index),
                **banks.with_values(pack, to, {_end(draft_id, to): found.value}),
            }
            kept(draft_id, changes, {path: drafts.file(draft_id, path).revision for path in changes})
        except PortalError as fault:
            return _page(draft_id, bank, index, found.value, _stamp(draft_id, bank), message(fault))
    return told(_("The item is moved."), "author.bank", draft_id=draft_id)


@blueprint.post("/author/drafts/<draft_id>/bank/<bank>/<int:index>/take-out")
@staff(*AUTHORS)
def remove(draft_id: str, bank: str, index: int) -> AnyResponse:
    must_be_sent()
    _item(draft_id, bank, index)
    changes = banks.without_value(drafts.files(draft_id), bank, index)
    kept(draft_id, changes, {path: drafts.file(draft_id, path).revision for path in changes})
    return told(_("The item is taken out. The last step can be undone above."),
                "author.bank", draft_id=draft_id)  # fmt: skip


def _ids(draft_id: str) -> list[str]:
    return [each.id for each in drafts.held(draft_id)]


def _end(draft_id: str, bank: str) -> int:
    return len(banks.held_in(drafts.files(draft_id), bank))


def _added(draft_id: str, bank: str, value: Value) -> AnyResponse:
    end = _end(draft_id, bank)
    changes = banks.with_values(drafts.files(draft_id), bank, {end: value})
    kept(draft_id, changes, {path: drafts.file(draft_id, path).revision for path in changes})
    return redirect(url_for("author.item", draft_id=draft_id, bank=bank, index=end), 303)


def _item(draft_id: str, bank: str, index: int) -> Held:
    at_hand(draft_id)
    found = _held(draft_id, bank, index)
    if found is None:
        abort(404)
    return replace(found, value=deepcopy(found.value))  # its record is changed; that in memory stays


def _held(draft_id: str, bank: str, index: int) -> Held | None:
    every = drafts.held(draft_id)
    return next((each for each in every if (each.bank, each.index) == (bank, index)), None)


def _value_at(draft_id: str, bank: str, index: int) -> Value:
    """The record as it is saved; behind the last of a GIFT bank, one that is being made."""
    kind = request.form.get("type", "")
    if banks.is_gift(bank) and index == _end(draft_id, bank) and kind in ITEM_KINDS:
        return {"id": "", "type": kind}
    return _item(draft_id, bank, index).value


def _stamp(draft_id: str, bank: str) -> str:
    """The revisions of the bank's files, for the form: ``3``, of GIFT ``3.5``."""
    return ".".join(str(drafts.file(draft_id, path).revision) for path in banks.paths_of(bank))


def _revisions(bank: str, stamp: str) -> Mapping[str, int]:
    """What ``_stamp`` said, by path; 0 for what no form of ours carried."""
    numbers = [whole_number(each) for each in stamp.split(".")]
    paths = banks.paths_of(bank)
    return dict(zip(paths, [*numbers, *(0 for _path in paths)], strict=False))


def _page(
    draft_id: str, bank: str, index: int, value: Value, stamp: str, fault: str = "",
    theirs: Value | None = None,
) -> Answer:  # fmt: skip
    """``value`` as it stands in the form; findings are those of the item as it is saved, if it is.

    A ``fault`` without ``theirs`` is one of what was typed.
    """
    held = _held(draft_id, bank, index)
    findings = [each for each in panel(draft_id) if held and held.has(each[0].file, each[0].line)]
    pack, _findings = drafts.read(draft_id)
    objectives = [(each.id, each.text) for each in pack.course.objectives] if pack.course else []
    status = (409 if theirs is not None else 422) if fault else 200
    return shown(
        "author/item.html", at_hand(draft_id), status, bank=bank, index=index, record=value,
        parts=item_shape(str(value.get("type", ""))), kind=word_of(str(value.get("type", ""))),
        revision=stamp, findings=findings, fault=fault, theirs=theirs, banks=bank_names(draft_id),
        objectives=objectives, preview=_preview(value), media_url=media_url_of(draft_id),
        is_saved=held is not None,
    )  # fmt: skip


def _preview(value: Value) -> Any:
    """The item as one learner may see it, if it can be asked already; numbers of a variant are drawn."""
    found = read_bank(written_records([{"objective": "preview", **value, "id": "preview"}]), Notes(""))
    try:
        return draw(found[0][0], "preview").item if found else None
    except PortalError:
        return None
