"""Pictures and sounds of a draft: each with what can be seen and a caption, in both languages."""

from flask import abort, request
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel.errors import PortalError
from portal.training.desk.authoring.pages import (
    AUTHORS,
    Answer,
    at_hand,
    blueprint,
    files,
    given_out,
    kept,
    panel,
    shown,
    told,
)
from portal.training.forms.drafts import MediaForm
from portal.training.queries import drafts
from portal.training.rules.figures import ASKED, drawn
from portal.training.rules.packs import media as rules
from portal.training.rules.packs.pairs import PairedBlock, new_block_id, read_pair, with_block, written_side
from portal.training.rules.pictures import pictures
from portal.web.forms import first_error
from portal.web.guard import staff
from portal.web.i18n import _


@blueprint.route("/author/drafts/<draft_id>/media", methods=["GET", "POST"])
@staff(*AUTHORS)
def media(draft_id: str) -> Answer:
    """All pictures, where they are shown, and a form for another."""
    found, form = at_hand(draft_id), MediaForm()
    pack, _findings = drafts.read(draft_id)
    names = sorted({name for name, _lang in pack.lessons})
    form.lesson.choices = [("", "–"), *((name, name) for name in names)]
    if form.validate_on_submit():
        try:
            name = _taken_in(draft_id, found.language, form)
            return told(_("“%(name)s” is in the draft.", name=name), "author.media", draft_id=draft_id)
        except PortalError as fault:
            form.blame("file", fault)
    shown_in: dict[str, list[str]] = {}
    for (name, lang), lesson in pack.lessons.items():
        for block in lesson.blocks:
            for picture in pictures(block.text, 0):
                shown_in.setdefault(picture.address, []).append(f"{name} ({lang})")
    listed = [each for each in drafts.listing(draft_id) if each.path.startswith("media/")]
    findings = [each for each in panel(draft_id) if each[0].file.startswith("media/")]
    return shown(
        "author/media.html",
        found, 422 if first_error(form) else 200, form=form, listed=listed, shown_in=shown_in,
        findings=findings,
    )  # fmt: skip


def _taken_in(draft_id: str, original: str, form: MediaForm) -> str:
    """Keep the upload, and show it in the lesson that was chosen. Raises what is wrong with it."""
    upload = form.file.data
    data, ending = rules.kept(upload.read(rules.MAX_UPLOAD + 1) if upload else b"")
    taken = {each.path for each in drafts.listing(draft_id)}
    name = rules.name_for(upload.filename or "", ending, taken)
    changes: dict[str, bytes | None] = {f"media/{name}": data}
    revisions: dict[str, int] = {}
    if form.lesson.data:
        sides = {
            lang: drafts.file(draft_id, f"lessons/{form.lesson.data}.{lang}.md") for lang in ("zh", "en")
        }
        pair = read_pair(sides["zh"].data, sides["en"].data, original)
        if pair is None:
            abort(409)
        block = PairedBlock(
            new_block_id((each.id for each in pair.blocks), name.rpartition(".")[0]),
            markdown(name, form.alt_zh.data, form.caption_zh.data),
            markdown(name, form.alt_en.data, form.caption_en.data),
        )
        whole = with_block(pair, block, original)
        for lang, side in sides.items():
            changes[side.path] = written_side(side.data, whole, lang, original)
            revisions[side.path] = side.revision
    kept(draft_id, changes, revisions)
    return name


def markdown(name: str, alt: str, caption: str) -> str:
    """The picture as a lesson shows it."""
    said = alt.replace("\\", "").replace("[", "(").replace("]", ")")
    below = caption.replace("\\", "").replace('"', "”")
    return f'![{said}](media/{name} "{below}")'


@files.get("/author/drafts/<draft_id>/media/<name>")
@staff(*AUTHORS)
def media_file(draft_id: str, name: str) -> AnyResponse:
    """One picture as it is."""
    at_hand(draft_id)
    held = drafts.file(draft_id, f"media/{name}")
    if not held.revision:
        abort(404)
    data = drawn(held.data, request.args.get(ASKED, "")) if name.endswith(".svg") else held.data
    return given_out(data, held.path)
