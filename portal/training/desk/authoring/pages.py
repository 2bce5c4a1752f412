"""The blueprint of the desk, and what its pages share: the draft at hand, its findings, its files."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts.naming import named_here
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import PortalError
from portal.kernel.numbers import whole
from portal.training.author_words import label_of, word_of
from portal.training.commands.drafting import Changes, save
from portal.training.forms.drafts import ActionForm
from portal.training.queries import drafts
from portal.training.queries.drafts import DraftView
from portal.training.rules.figures import ASKED
from portal.training.rules.items import Markup
from portal.training.rules.markup import to_words
from portal.training.rules.packs.banks import Held
from portal.training.rules.packs.course import LESSON
from portal.training.rules.packs.faults import Finding
from portal.web.forms import clean_line
from portal.web.guard import actor
from portal.web.i18n import message
from portal.web.page import page_blueprint, plain_blueprint

blueprint = page_blueprint("author", "portal.training.desk.authoring")
files = plain_blueprint("author_files", "portal.training.desk.authoring")

AUTHORS = (Role.AUTHOR, Role.EDITOR)
Answer = str | AnyResponse | tuple[str, int]
_TYPES = {
    "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp",
    "mp3": "audio/mpeg",
}  # fmt: skip


@blueprint.context_processor
def shared() -> dict[str, Any]:
    return {
        "word_of": word_of, "label_of": label_of, "name_of": name_of, "words_of": words_of,
        "action": ActionForm(formdata=None),
    }  # fmt: skip


def name_of(person_id: str) -> str:
    """What somebody is called; operators and those who left by their id."""
    return named_here([person_id]).get(person_id, person_id)


def words_of(text: str, markup: str) -> str:
    """The words of a text for a list; a markup that nobody knows is taken for Markdown."""
    return to_words(text, Markup(markup) if markup in set(Markup) else Markup.MARKDOWN)


def shown(template: str, draft: DraftView, status: int = 200, **values: Any) -> Answer:
    """A page of a draft, with its last step so that it can be undone from anywhere."""
    last = drafts.changes(draft.id, limit=1)
    page = render_template(template, draft=draft, last=last[0] if last else None, **values)
    return page, status


def at_hand(draft_id: str) -> DraftView:
    """The draft. Raises NotAllowed, UnknownDraft."""
    return drafts.draft(actor(), draft_id)


def kept(
    draft_id: str, changes: Changes, revisions: Mapping[str, int], *, by_itself: bool = False
) -> None:  # fmt: skip
    """Save, and say so where something has changed. Raises what ``save`` raises."""
    save(actor(), draft_id, changes, revisions, clock.now(), by_itself=by_itself)


def saves_itself() -> bool:
    """Whether the page's program sends what stands in the form, and not its reader."""
    return request.form.get("do") == "autosave"


def saved_by_itself(draft_id: str, data: bytes, path: str, seen: int) -> AnyResponse:
    """For the program in the page: what its field of the revision holds from now on, or why it cannot be."""
    return all_saved_by_itself(draft_id, {path: data}, {path: seen})


def all_saved_by_itself(draft_id: str, changes: Changes, seen: Mapping[str, int]) -> AnyResponse:
    """The same for files that are changed together; their revisions with a dot between them."""
    try:
        kept(draft_id, changes, seen, by_itself=True)
    except PortalError as fault:
        return not_saved(fault)
    now = [drafts.file(draft_id, path).revision for path in changes]
    answer: AnyResponse = jsonify(revision=".".join(map(str, now)) if len(now) > 1 else now[0])
    return answer


def not_saved(fault: PortalError, status: int = 409) -> AnyResponse:
    """409 ends the saving by itself until the button is pressed; after 422 the next change is tried."""
    return Response(message(fault), status=status, mimetype="text/plain")


def told(text: str, endpoint: str, **values: Any) -> AnyResponse:
    """On to another page, with a word about what was done."""
    flash(text, "success")
    return redirect(url_for(endpoint, **values), 303)


def must_be_sent() -> None:
    """A button's form carries its token; without it nothing is done."""
    if not ActionForm().validate_on_submit():
        abort(400)


def given_out(data: bytes, path: str, *, download: bool = False) -> AnyResponse:
    """A file of a pack as it is: a picture to be shown and nothing more, anything else to be kept."""
    ending = path.rpartition(".")[2]
    answer = Response(data, mimetype=_TYPES.get(ending, "application/octet-stream"))
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    if download or ending not in _TYPES:
        answer.headers.set("Content-Disposition", "attachment", filename=clean_line(path.rpartition("/")[2]))
    return answer


def place_of(
    draft_id: str, finding: Finding, pack: Mapping[str, bytes], held: Mapping[tuple[str, int], Held]
) -> str:
    """The address of the field that a finding is about: block, item, form or file.

    ``held`` has the item that stands at a line of a file.
    """
    path, line = finding.file, finding.line
    data = pack.get(path, b"")
    if found := LESSON.fullmatch(path):
        lines = data.decode("utf-8", "replace").splitlines()[:line] if line else []
        mark = next((each for each in reversed(lines) if each.strip().startswith("<!-- #")), "")
        block = mark.strip()[6:].split()[0] if mark else ""
        anchor = f"block-{block}" if block else None
        return url_for("author.lesson", draft_id=draft_id, name=found[1], _anchor=anchor)
    if path in ("course.yml", "track.yml"):
        if not data:
            return url_for("author.source", draft_id=draft_id, path=path)
        return url_for("author.plan", draft_id=draft_id, name=path.removesuffix(".yml"))
    if item := held.get((path, line)):
        return url_for("author.item", draft_id=draft_id, bank=item.bank, index=item.index)
    if path.startswith("media/"):
        return url_for("author.media", draft_id=draft_id)
    return url_for("author.source", draft_id=draft_id, path=path, line=line or None)


def panel(draft_id: str, path: str = "") -> list[tuple[Finding, str, str]]:
    """Findings of a draft or of one of its files, each with its words and the way to its field."""
    pack, found = drafts.read(draft_id)
    held = by_line(drafts.held(draft_id))
    return [
        (each, message(each.reason), place_of(draft_id, each, pack.files, held))
        for each in found
        if not path or each.file == path
    ]


def by_line(held: Iterable[Held]) -> dict[tuple[str, int], Held]:
    """Which item stands at a line of a file, so that no finding has to look through all items."""
    return {
        (file, line): each
        for each in held
        for file, (first, last) in each.lines.items()
        for line in range(first, last + 1)
    }


def whole_number(text: str) -> int:
    """A number that our own form carried; 0 for anything else."""
    return whole(text, 0)


def media_url_of(draft_id: str) -> Callable[[str], str]:
    """The address of a picture of this draft by its name in the pack, ``media/tree.svg``."""

    def address(name: str) -> str:
        path, _mark, asked = name.removeprefix("media/").partition(f"?{ASKED}=")
        return url_for("author_files.media_file", draft_id=draft_id, name=path, drawn=asked or None)

    return address
