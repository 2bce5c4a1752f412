"""What was changed in a draft, by whom, and the way back."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel import clock
from portal.training.commands.drafting import put_back, undo
from portal.training.desk.authoring.comparing import compared
from portal.training.desk.authoring.pages import (
    AUTHORS,
    Answer,
    at_hand,
    blueprint,
    must_be_sent,
    shown,
    told,
)
from portal.training.queries import courses, drafts
from portal.training.rules.packs.course import files_of_zip
from portal.web.guard import actor, staff
from portal.web.i18n import _


@blueprint.get("/author/drafts/<draft_id>/history")
@staff(*AUTHORS)
def history(draft_id: str) -> Answer:
    """Every change, newest first; of one file with ``path``."""
    path = request.args.get("path", "")
    return shown("author/history.html", at_hand(draft_id), changes=drafts.changes(draft_id, path), path=path)


@blueprint.get("/author/drafts/<draft_id>/history/<int:revision>/<path:path>")
@staff(*AUTHORS)
def change(draft_id: str, revision: int, path: str) -> Answer:
    """What one change did to one file."""
    before, after = (drafts.file_at(draft_id, path, number) for number in (revision - 1, revision))
    found = compared({path: before} if before else {}, {path: after} if after else {})
    return shown("author/change.html", at_hand(draft_id), path=path, revision=revision, found=found)


@blueprint.post("/author/drafts/<draft_id>/undo/<step>")
@staff(*AUTHORS)
def undo_step(draft_id: str, step: str) -> AnyResponse:
    must_be_sent()
    undo(actor(), draft_id, step, clock.now())
    return told(_("The step is undone. Undoing that brings it back."), "author.history", draft_id=draft_id)


@blueprint.post("/author/drafts/<draft_id>/put-back/<int:revision>/<path:path>")
@staff(*AUTHORS)
def put_file_back(draft_id: str, revision: int, path: str) -> AnyResponse:
    must_be_sent()
    put_back(actor(), draft_id, path, revision, clock.now())
    return redirect(url_for("author.history", draft_id=draft_id, path=path), 303)


@blueprint.get("/author/drafts/<draft_id>/changes")
@staff(*AUTHORS)
def against_base(draft_id: str) -> Answer:
    """The draft beside the version it began as."""
    found = at_hand(draft_id)
    base = files_of_zip(courses.pack_of(found.based_on)) if found.based_on else {}
    return shown("author/against_base.html", found, found=compared(base, drafts.files(draft_id)),
                 base=courses.version(found.based_on) if found.based_on else None)  # fmt: skip
