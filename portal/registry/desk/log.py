"""The log for staff: who may witness it, and signatures that came by letter."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput, NotFound, Refused
from portal.registry import policy
from portal.registry.commands import witnesses as watch
from portal.registry.forms.register import CosignedForm, WitnessForm
from portal.registry.queries import log
from portal.registry.queries.witnesses import witnesses
from portal.registry.rules import checkpoint as notes
from portal.web.forms import PortalForm
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint

blueprint = page_blueprint("registry_log_desk", __name__)
REFUSALS = (InvalidInput, NotFound, Refused)


@blueprint.route("/desk/log", methods=["GET", "POST"])
@staff(Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN)
def watching() -> Response | tuple[str, int]:
    """Witnesses and what they have signed; adding one."""
    form = WitnessForm()
    if form.validate_on_submit():
        about = Bilingual(form.about_zh.data or "", form.about_en.data or "")
        try:
            watch.add(actor(), form.key.data or "", about, clock.now())
        except REFUSALS as refusal:
            form.blame("key", refusal)
        else:
            flash(_("The witness may sign from now on."), "success")
            return redirect(url_for("registry_log_desk.watching"), 303)
    return _page(form, CosignedForm(None))


@blueprint.post("/desk/log/cosignatures")
@staff(Role.REGISTRY, Role.ADMIN)
def cosign() -> Response | tuple[str, int]:
    """Keep the witnesses' lines of a checkpoint that was sent in."""
    form = CosignedForm()
    if form.validate_on_submit():
        try:
            kept = _keep_lines((form.note.data or "").replace("\r\n", "\n").strip() + "\n")
        except REFUSALS as refusal:
            form.blame("note", refusal)
        else:
            flash(_("Signatures kept: %(names)s.", names=", ".join(kept)), "success")
            return redirect(url_for("registry_log_desk.watching"), 303)
    return _page(WitnessForm(None), form)


@blueprint.post("/desk/log/witnesses/<witness_id>/leave")
@staff(Role.REGISTRY, Role.ADMIN)
def leave(witness_id: str) -> Response:
    """Take no more signatures of this witness."""
    watch.leave(actor(), witness_id, clock.now())
    flash(_("The witness signs no more; what it has signed stays."), "success")
    return redirect(url_for("registry_log_desk.watching"), 303)


def _keep_lines(note: str) -> list[str]:
    """The names of the witnesses whose lines were kept. Raises what ``watch.cosign`` does."""
    text, lines = notes.read_note(note)
    head = notes.read_text(text)
    return [
        watch.cosign(actor(), head.size, line.text.strip(), clock.now())
        for line in lines
        if line.name != head.origin
    ]


def _page(form: WitnessForm, cosigned: CosignedForm) -> tuple[str, int]:
    page = render_template(
        "registry/desk_log.html", form=form, cosigned=cosigned, empty=PortalForm(formdata=None),
        witnesses=witnesses(), head=log.latest_checkpoint(), may_run=policy.may_run_registry(actor()),
    )  # fmt: skip
    return page, 422 if form.has_errors or cosigned.has_errors else 200
