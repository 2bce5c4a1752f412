"""Badges: a completed course as Open Badges 3.0 for wallets, and the page that checks anybody's."""

import json
from typing import Any, Final

from flask import Response, render_template, request
from markupsafe import escape

from portal.certificates import policy, queries
from portal.certificates.credentials import badge_of, issuer
from portal.certificates.forms import CredentialForm
from portal.certificates.lookup import find
from portal.certificates.queries import CertificateView
from portal.certificates.rules import baking, drawing, inspection, keys, lists, numbers
from portal.certificates.rules.claims import CertificateType
from portal.certificates.rules.content import either, quoted
from portal.certificates.rules.credential import Purpose
from portal.certificates.rules.inspection import Beside, Handed
from portal.certificates.rules.integrity import NotACredential
from portal.certificates.rules.openbadge import audience_of
from portal.certificates.site import NotLoggedYet
from portal.kernel import clock
from portal.kernel.errors import N_, InvalidInput, NotFound, PortalError
from portal.web.guard import open_to_all
from portal.web.page import page_blueprint, plain_blueprint

pages = page_blueprint("badges", __name__)
files = plain_blueprint("badge_files", __name__)
blueprints = (pages, files)

LARGEST_FILE: Final = 1_000_000


class NoBadge(NotFound):
    message = N_("Only certificates of completed courses have a badge.")


class NoStatusList(InvalidInput):
    message = N_("One of these files is no list of withdrawn credentials: hand in its JSON or its token.")


class TooManyLists(InvalidInput):
    message = N_("Hand in at most %(most)s lists at a time.")


@pages.route("/badges/check", methods=["GET", "POST"])
@open_to_all
def check() -> Any:
    """Three answers about a credential that is handed in: signature, dates, whether it was withdrawn."""
    form = CredentialForm()
    if request.method == "GET":
        return _page(CredentialForm(None))
    handed, beside = (_handed(form), _beside(form)) if form.validate_on_submit() else (None, None)
    if handed is None or beside is None:
        return _page(form), 422
    own, now = issuer(), clock.now()
    answers = {
        "signature": inspection.signature(handed, own, beside.keys),
        "period": inspection.period(handed, now),
        "status": inspection.status(handed, own, _is_set, now, beside),
    }
    return _page(
        form,
        handed=handed,
        beside=beside,
        answers=answers,
        is_ours=handed.issuer_id == own.did,
        key_address=inspection.address_of(handed.issuer_id),
    )


@files.get("/certificates/<number>/badge.json")
@open_to_all
def as_json(number: str) -> Response:
    """The signed credential: with the name by key or consent, else without it."""
    found = _course(number)
    text = json.dumps(_credential(found), ensure_ascii=False, indent=1)
    return _file(found, text, "application/vc+ld+json; charset=utf-8", "json")


@files.get("/certificates/<number>/badge.jwt")
@open_to_all
def as_token(number: str) -> Response:
    """The same credential as a token, for wallets that read those."""
    found = _course(number)
    return _file(found, issuer().token(_credential(found)), "application/vc+jwt", "jwt")


@files.get("/certificates/<number>/badge.png")
@open_to_all
def as_png(number: str) -> Response:
    """The badge as a picture with the credential inside."""
    found = _course(number)
    return _file(found, baking.into_png(audience_of(found.content), _credential(found)), "image/png", "png")


@files.get("/certificates/<number>/badge.svg")
@open_to_all
def as_svg(number: str) -> Response:
    """The badge as a drawing with the credential inside."""
    found = _course(number)
    label = str(escape(quoted(either(found.content["course"])).in_(found.lang)))
    drawn = baking.into_svg(audience_of(found.content), label, _credential(found))
    return _file(found, drawn, "image/svg+xml", "svg")


@files.get("/badges/<audience>.png")
@open_to_all
def drawn(audience: str) -> Response:
    """The drawing alone: what a credential names as its picture."""
    if audience not in drawing.BADGES:
        raise NoBadge()
    answer = Response(drawing.png(audience), mimetype="image/png")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


def _course(number: str) -> CertificateView:
    found = find(number)
    if found.type is not CertificateType.COURSE:
        raise NoBadge()
    return found


def _credential(found: CertificateView) -> dict[str, Any]:
    proof = queries.log_proof(found.id)
    if proof is None:
        raise NotLoggedYet()
    has_key = numbers.opens(request.args.get("key"), found.key)
    return badge_of(found, proof, policy.sees_name(found.is_public, has_key))


def _file(found: CertificateView, content: str | bytes, mimetype: str, ending: str) -> Response:
    answer = Response(content, content_type=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.number}-badge.{ending}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _handed(form: CredentialForm) -> Handed | None:
    """The credential, or None with the reason laid beside its field."""
    try:
        return inspection.read(form.file.data.stream.read(LARGEST_FILE))
    except NotACredential as refusal:
        form.blame("file", refusal)
        return None


def _beside(form: CredentialForm) -> Beside | None:
    """The issuer's files beside it, or None with the reason laid beside the field of the one at fault."""
    keys_given, lists_given = form.keys.data, form.lists.data or []
    try:
        found = keys.read(keys_given.stream.read(keys.LARGEST_FILE + 1)) if keys_given else None
    except PortalError as refusal:
        form.blame("keys", refusal)
        return None
    if len(lists_given) > lists.MOST_FILES:
        form.blame("lists", TooManyLists(most=lists.MOST_FILES))
        return None
    try:
        read = [inspection.read_list(each.stream.read(lists.LARGEST_FILE + 1)) for each in lists_given]
    except NotACredential:
        form.blame("lists", NoStatusList())
        return None
    return Beside(found, read)


def _is_set(purpose: Purpose, place: int) -> bool:
    return bool(queries.withdrawn_places(purpose, place, place + 1))


def _page(form: CredentialForm, **result: Any) -> str:
    nothing: dict[str, Any] = {
        "handed": None,
        "beside": None,
        "answers": {},
        "is_ours": False,
        "key_address": None,
    }
    return render_template("badges/check.html", form=form, **(nothing | result))
