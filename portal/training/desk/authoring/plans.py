"""course.yml and track.yml as forms: titles, objectives, modules, and the rule of passing."""

from typing import Any

from flask import abort, request

from portal.kernel.errors import PortalError
from portal.training.desk.authoring.pages import (
    AUTHORS,
    Answer,
    at_hand,
    blueprint,
    kept,
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
from portal.training.rules.packs.records import mapping_of, with_mapping
from portal.training.rules.packs.shapes import COURSE, TRACK
from portal.web.guard import staff
from portal.web.i18n import _, message

SHAPES = {"course": COURSE, "track": TRACK}


@blueprint.get("/author/drafts/<draft_id>/plan/<name>")
@staff(*AUTHORS)
def plan(draft_id: str, name: str) -> Answer:
    """The course or its track, field by field."""
    held = _held(draft_id, name)
    return _page(draft_id, name, mapping_of(held.data) or {}, held.revision)


@blueprint.post("/author/drafts/<draft_id>/plan/<name>")
@staff(*AUTHORS)
def change_plan(draft_id: str, name: str) -> Answer:
    """Save the form, or add, move and take out what one of its buttons says."""
    must_be_sent()
    held = _held(draft_id, name)
    before = mapping_of(held.data) or {}
    record, action = posted(SHAPES[name], request.form, before), request.form.get("do", "save")
    seen = whole_number(request.form.get("revision", ""))
    if saves_itself():
        return saved_by_itself(draft_id, with_mapping(held.data, record), held.path, seen)
    if action != "save":
        rearranged(SHAPES[name], record, action)
        return _page(draft_id, name, record, seen)
    try:
        kept(draft_id, {held.path: with_mapping(held.data, record)}, {held.path: seen})
    except PortalError as fault:
        return _page(draft_id, name, record, held.revision, fault=message(fault), theirs=before)
    return told(_("Saved."), "author.plan", draft_id=draft_id, name=name)


def _held(draft_id: str, name: str) -> FileView:
    if name not in SHAPES:
        abort(404)
    at_hand(draft_id)
    return drafts.file(draft_id, f"{name}.yml")


def _page(
    draft_id: str, name: str, record: dict[str, Any], revision: int, *, fault: str = "",
    theirs: dict[str, Any] | None = None,
) -> Answer:  # fmt: skip
    return shown(
        "author/plan.html",
        at_hand(draft_id), 409 if fault else 200, name=name, path=f"{name}.yml", parts=SHAPES[name],
        record=record, revision=revision, findings=panel(draft_id, f"{name}.yml"), fault=fault, theirs=theirs,
    )  # fmt: skip
