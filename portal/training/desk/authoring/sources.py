"""A file of a draft as the text that it is, for what no form knows; and taking a file out."""

from flask import request
from werkzeug.wrappers import Response as AnyResponse

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
from portal.training.forms.drafts import SourceForm
from portal.training.queries import drafts
from portal.training.rules.drafts import FileChanged
from portal.web.guard import staff
from portal.web.i18n import _


@blueprint.route("/author/drafts/<draft_id>/files/<path:path>", methods=["GET", "POST"])
@staff(*AUTHORS)
def source(draft_id: str, path: str) -> Answer:
    """The text of a file. Who saves over somebody else's change is shown both."""
    found, held = at_hand(draft_id), drafts.file(draft_id, path)
    form, theirs = SourceForm(), ""
    if form.validate_on_submit():
        data = (form.text.data or "").replace("\r\n", "\n").encode()
        if saves_itself():
            return saved_by_itself(draft_id, data, path, whole_number(form.revision.data or ""))
        try:
            kept(draft_id, {path: data}, {path: whole_number(form.revision.data or "")})
            return told(_("Saved."), "author.source", draft_id=draft_id, path=path)
        except FileChanged as fault:
            form.blame("text", fault)
            theirs, form.revision.data = held.data.decode("utf-8", "replace"), str(held.revision)
        except PortalError as fault:
            form.blame("text", fault)
    elif not form.is_submitted():
        form = SourceForm(
            formdata=None, text=held.data.decode("utf-8", "replace"), revision=str(held.revision)
        )
    lines = held.data.decode("utf-8", "replace").splitlines()
    number = whole_number(request.args.get("line", ""))
    return shown(
        "author/source.html",
        found, 422 if form.has_errors else 200, form=form, path=path, held=held, theirs=theirs,
        findings=panel(draft_id, path), number=number,
        line=lines[number - 1] if 0 < number <= len(lines) else "",
    )  # fmt: skip


@blueprint.post("/author/drafts/<draft_id>/take-out-file/<path:path>")
@staff(*AUTHORS)
def remove_file(draft_id: str, path: str) -> AnyResponse:
    must_be_sent()
    kept(draft_id, {path: None}, {path: drafts.file(draft_id, path).revision})
    return told(_("“%(path)s” is taken out. The last step can be undone above.", path=path),
                "author.draft", draft_id=draft_id)  # fmt: skip
