"""Asking again who somebody is, before a sensitive change, without losing what they were about to send."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for

from portal.accounts import destination, visit
from portal.accounts.commands import proving
from portal.accounts.forms import ProofForm
from portal.accounts.rules import (
    LinkIsStale,
    TooManyTries,
    Visit,
    WrongCode,
    WrongCredentials,
    WrongPasskey,
    WrongPassword,
)
from portal.accounts.views.own import here
from portal.accounts.views.passkeys import party
from portal.accounts.views.place import Answer, blueprint
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import PortalError
from portal.web.guard import actor, signed_in

_OURS: Final = "proof_"  # how fields of the proof itself begin
_LONGEST: Final = 1_000
_SECRET: Final = {"password", "present", "code", "answer"}  # never written into a page, not even hidden


def wanted() -> Answer | None:
    """What is answered instead of the page when the last proof is too old; None when it is recent enough."""
    if visit.is_fresh(clock.now()):
        return None
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("accounts.prove", next=request.full_path))
    deed = _signed(destination.local_deed(request.full_path))
    is_kept = bool(deed) and not request.files and not _SECRET.intersection(request.form)
    back = destination.local_page(request.full_path) or _page_before()
    where: dict[str, str | None] = {"deed": deed} if is_kept else {"next": back or None}
    return _page(_form(here(), blank=True), where, 403, is_lost=not is_kept)


def step_that_wakes(roles: Sequence[Role]) -> str:
    """Where one of these roles, granted but asleep, is woken; empty when the person has none of them."""
    found = visit.current()
    if not found or found.awaits_code or not found.granted.intersection(roles):
        return ""
    missing = "accounts.password" if found.password_is_temporary else "accounts.second_factor_setup"
    return url_for(missing, next=request.full_path)


def step_to_second_factor() -> str:
    """Where a second factor is set up, and from there back here; empty for who has one."""
    found = visit.current()
    if not found or found.has_second_factor:
        return ""
    return url_for("accounts.second_factor_setup", next=request.full_path)


@blueprint.route("/account/prove", methods=["GET", "POST"])
@signed_in
def prove() -> Answer:
    """Password and second factor once more; then on to what was wanted, with what was posted."""
    form = _form(here())
    if not form.validate_on_submit():
        return _page(form, _where(), 422 if form.has_errors else 200)
    code = form.proof_code.data if form.proof_code else ""
    try:
        sid = proving.prove(
            actor(), here(), form.proof_password.data, code, visit.visitor(), visit.keys(), clock.now()
        )
    except (WrongPassword, WrongCredentials, TooManyTries) as error:
        return _refused(form, "proof_password", error)
    except WrongCode as error:
        return _refused(form, "proof_code", error)
    return _go_on(sid)


@blueprint.post("/account/prove/passkey")
@signed_in
def prove_with_passkey() -> Answer:
    answer = request.form.get("answer", "")
    try:
        sid = proving.prove_with_passkey(actor(), here(), answer, party(), visit.visitor(), clock.now())
    except (WrongPasskey, TooManyTries) as error:
        return _refused(_form(here(), blank=True), "proof_password", error)
    return _go_on(sid)


def _form(of: Visit, *, blank: bool = False) -> ProofForm:
    form = ProofForm(formdata=None) if blank else ProofForm()
    if not of.has_second_factor:
        del form.proof_code
    return form


def _page(form: ProofForm, where: dict[str, str | None], status: int, *, is_lost: bool = False) -> Answer:
    """``where``: the deed that goes on after the proof, with what was posted, or else the page."""
    posted = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "answer") and not name.startswith(_OURS)
    ]
    page = render_template(
        "accounts/prove.html", form=form, visit=here(), where=where, is_lost=is_lost,
        posted=posted if "deed" in where else [],
    )  # fmt: skip
    return page, status


def _refused(form: ProofForm, field: str, error: PortalError) -> Answer:
    form.blame(field, error)
    return _page(form, _where(), 429 if isinstance(error, TooManyTries) else 422)


def _where() -> dict[str, str | None]:
    deed = request.args.get("deed", "")
    return {"deed": deed} if _deed(deed) else {"next": destination.wanted() or None}


def _signed(path: str) -> str:
    """A deed as it stands in the address of the proof: signed for this session.

    Otherwise a link of somebody else's could have any form of ours sent by whoever answers the question.
    """
    token = visit.keys().token("deed", here().session_id, path) if path else ""
    return token if len(token) <= _LONGEST else ""


def _deed(token: str) -> str:
    """The address that ``_signed`` has signed for this session; empty for anything else."""
    try:
        session_id, path = visit.keys().facts("deed", token)
    except (LinkIsStale, ValueError):
        return ""
    return destination.local_deed(str(path)) if session_id == here().session_id else ""


def _go_on(sid: str) -> Answer:
    deed = _deed(request.args.get("deed", ""))
    visit.renew(sid)
    if deed:
        return redirect(deed, 307)  # the browser posts the same fields again, this time to where they belong
    return redirect(destination.wanted() or url_for("accounts.overview"))


def _page_before() -> str:
    """The page whose form was sent, as far as the browser says."""
    before = urlsplit(request.referrer or "")
    return destination.local_page(before.path + (f"?{before.query}" if before.query else ""))
