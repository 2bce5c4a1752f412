"""Checking certificates: by number, by QR code, by file; and the documents themselves."""

import re
from collections.abc import Hashable
from hashlib import sha256
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, send_file, url_for

from portal.certificates import badges, bundle, commands, policy, possessions, queries
from portal.certificates.credentials import differences
from portal.certificates.forms import NameForm, NumberForm, PaperForm
from portal.certificates.jobs import DocumentMissing, folder
from portal.certificates.lookup import find, missed
from portal.certificates.queries import CertificateView, Change
from portal.certificates.rules import claims, credential, numbers, paper, states, tokens
from portal.certificates.rules.claims import CertificateType
from portal.certificates.rules.inspection import Handed
from portal.certificates.rules.lines import COMPETENCE, lines, objectives
from portal.certificates.rules.openbadge import audience_of
from portal.certificates.sheet import holder_of
from portal.certificates.words import event_words
from portal.kernel import clock
from portal.kernel.errors import N_, NotFound, PortalError, Refused
from portal.registry.queries import log
from portal.registry.queries.log import Standing
from portal.registry.queries.trace import trace
from portal.registry.rules.counties import county_name
from portal.registry.rules.maps import draw
from portal.registry.rules.records import CertificateIssued
from portal.web import press
from portal.web.frame import page_for
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _
from portal.web.page import page_blueprint, plain_blueprint

pages = page_blueprint("certificates", __name__)
links = plain_blueprint("certificate_links", __name__)
blueprints = (pages, links, possessions.blueprint, *badges.blueprints)

LARGEST_FILE = 1_000_000


class Withdrawn(Refused):
    message = N_("This certificate is no longer valid, so its document is not given out any more.")


class NothingToFollow(NotFound):
    message = N_("Only certificates of retired credits have kilograms that can be followed.")


@pages.get("/certificates")
@open_to_all
def check() -> Any:
    """Enter a number or hand in a file; a number that is known leads to its page."""
    form = NumberForm(request.args if "number" in request.args else None)
    if "number" not in request.args or not form.validate():
        return _check_page(form), 422 if form.errors else 200
    typed = form.number.data or ""
    try:
        certificate = find(typed)
    except NotFound as refusal:
        form.blame("number", refusal)
        return _check_page(form), 404
    key = numbers.pasted_key(typed)
    return redirect(url_for("certificates.certificate", number=certificate.number, key=key))


@pages.post("/certificates")
@open_to_all
def check_file() -> Any:
    """Compare a certificate file with what was issued."""
    form = PaperForm()
    if not form.validate_on_submit():
        return _check_page(NumberForm(None), form), 422
    raw = form.file.data.stream.read(LARGEST_FILE)
    is_pdf = raw.startswith(b"%PDF-")
    try:
        certificate, altered = _compared_inside(raw) if is_pdf else _compared(raw)
    except PortalError as refusal:
        form.blame("file", refusal)
        return _check_page(NumberForm(None), form), 404 if isinstance(refusal, NotFound) else 422
    is_kept = not is_pdf or queries.is_printed(certificate.id, sha256(raw).hexdigest())
    return _check_page(NumberForm(None), form, checked=certificate, altered=altered, is_kept=is_kept)


@pages.get("/certificates/<number>")
@open_to_all
def certificate(number: str) -> Response:
    """All facts of one certificate; with ``?key=`` the holder's name too."""
    return _facts(find(number), request.args.get("key"))


@pages.post("/certificates/<number>/name")
@open_to_all
def show_name(number: str) -> Response:
    """Whoever has the key of the paper shows the holder's name to everybody, or hides it again."""
    found, form = find(number), NameForm()
    key = form.key.data or ""
    if form.validate_on_submit():
        commands.show_name(actor(), found.number, key, form.shown.data == "yes", clock.now())
        is_shown = form.shown.data == "yes"
        flash(_("Everybody can see the name now.") if is_shown else _("The name is hidden now."), "success")
    return redirect(url_for("certificates.certificate", number=found.number, key=key), 303)  # type: ignore[return-value]


@pages.get("/certificates/<number>/kilogram")
@open_to_all
def follow(number: str) -> str:
    """One kilogram of a certificate, back through every step to the land it grew on."""
    found = find(number)
    if found.type is not CertificateType.RETIRED:
        raise NothingToFollow()
    typed = request.args.get("kg", "1")
    kilogram = int(typed) if re.fullmatch(r"[0-9]{1,12}", typed) else 0
    way = trace(found.subject_id, kilogram)
    return render_template(
        "certificates/follow.html",
        certificate=found,
        trace=way,
        drawn=draw((parcel.code, parcel.geojson) for parcel in way.parcels),
        county_name=county_name,
        place=log.place_of(CertificateIssued.kind, found.id),
        reason=states.REASONS[found.reason] if found.reason else None,
    )


@links.get("/c/<number>")
@open_to_all
def short(number: str) -> Response:
    """What stands on the paper, in the reader's language: the public facts."""
    return _facts(find(number), None)


@links.get("/c/<number>/<key>")
@open_to_all
def named(number: str, key: str) -> Response:
    """Where the QR code leads. A key that does not fit is no certificate."""
    found = find(number)
    if not numbers.opens(key, found.key):
        missed()
        raise queries.NoSuchCertificate(number=found.printed_number)
    return _facts(found, key)


@links.get("/certificates/<number>.pdf")
@open_to_all
def pdf(number: str) -> Any:
    """The printed certificate: with the name by key or consent, else without it. 202 until it is printed."""
    found = find(number)
    if not found.state.is_live:
        raise Withdrawn()
    variant = _variant(found, request.args.get("key"))
    file = found.documents.get(variant)
    if file is None:
        if not press.has_pango():
            raise press.NoPango()
        commands.want(actor(), found.id, variant, clock.now())
        return _being_prepared(found)
    path = folder() / file
    if not path.is_file():
        raise DocumentMissing()
    answer = send_file(path, mimetype="application/pdf", download_name=f"{found.printed_number}.pdf")
    answer.headers["Cache-Control"] = "no-store"
    return _unlisted(answer)


@links.get("/certificates/<number>.json")
@open_to_all
def text(number: str) -> Response:
    """The canonical text, byte for byte: its SHA-256 is the one in the log."""
    found = find(number)
    return _download(found.payload, "application/json", f"{found.number}.json")


@links.get("/certificates/<number>.proof")
@open_to_all
def proof(number: str) -> Any:
    """The C2SP tlog-proof of the record of issue. 202 until a checkpoint is signed over it."""
    found = find(number)
    place = queries.log_proof(found.id)
    if place is None:
        return _being_prepared(found)
    return _download(place.text, "text/plain; charset=utf-8", f"{found.number}.tlog-proof")


def _compared(raw: bytes) -> tuple[CertificateView, list[str]]:
    """The certificate that a file is of, and the names of what differs in the file."""
    token = tokens.found_in(raw)
    content = token.credential if token else paper.read_file(raw)
    if token or "credentialSubject" in content:
        certificate = find(credential.number_in(content))
        place = queries.log_proof(certificate.id)
        return certificate, differences(Handed(content, token), certificate, place) if place else ["evidence"]
    certificate = find(content["number"])
    return certificate, paper.differences(content, certificate.payload)


def _compared_inside(pdf: bytes) -> tuple[CertificateView, list[str]]:
    """The same of the text that is attached to a PDF."""
    content = paper.text_attached(pdf)
    certificate = find(content["number"])
    return certificate, paper.differences(content, certificate.payload)


@links.get("/certificates/<number>.zip")
@open_to_all
def whole(number: str) -> Any:
    """All that is needed to check it offline: text, proof, keys, paper, two programs. 202 until signed."""
    found = find(number)
    place = queries.log_proof(found.id)
    if place is None:
        return _being_prepared(found)
    variant = _variant(found, request.args.get("key"))
    paper_file = found.documents.get(variant) if found.state.is_live else None
    content = bundle.pack(found, variant, place, folder() / paper_file if paper_file else None)
    answer = _download(content, "application/zip", f"{found.number}.zip")
    answer.headers["Cache-Control"] = "no-store"
    return _unlisted(answer)


def _check_page(form: NumberForm, paper_form: PaperForm | None = None, **result: Any) -> str:
    return render_template(
        "certificates/check.html",
        form=form,
        paper_form=paper_form or PaperForm(None),
        **({"checked": None, "altered": [], "is_kept": True} | result),
    )


def _facts(found: CertificateView, key: str | None) -> Response:
    has_key = numbers.opens(key, found.key)
    keyed: dict[str, Any] = {"key": found.key} if has_key else {}
    standing, told = queries.log_standing(found.id), tuple(queries.history(found.id, found.number))
    # All that the page says follows from these; what a key opens is for one reader and is not kept.
    facts = None if has_key else (found, standing, told)
    page = page_for(facts, lambda: _page(found, standing, told, keyed, facts))
    answer = make_response(page)
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return _unlisted(answer) if has_key else answer


def _page(
    found: CertificateView,
    standing: Standing | None,
    told: tuple[Change, ...],
    keyed: dict[str, Any],
    facts: Hashable | None,
) -> str:
    with_name = policy.sees_name(found.is_public, bool(keyed))
    return render_template(
        "certificates/certificate.html",
        certificate=found,
        with_name=with_name and found.holder_name is not None,
        is_forgotten=found.holder_name is None,
        said=lambda: _said(found, with_name),
        wording=claims.WORDINGS[found.type],
        effects=claims.EFFECTS,
        reason=states.REASONS[found.reason] if found.reason else None,
        successor=numbers.printed(found.replaced_by) if found.replaced_by else None,
        facts=facts,
        proof=standing,
        history=told,
        event_words=event_words,
        reasons=states.REASONS,
        printed=numbers.printed,
        badge=audience_of(found.content) if found.type is CertificateType.COURSE else None,
        name_form=NameForm(formdata=None) if keyed and found.holder_name is not None else None,
        keyed=keyed,
        # The short address has no language; its twin is the same page under one.
        twin_url=lambda language: url_for(
            "certificates.certificate", number=found.number, lang=language, **keyed
        ),
    )


def _said(found: CertificateView, with_name: bool) -> dict[str, Any]:
    """What the page works out of the certificate's text."""
    holder = holder_of(found, with_name)
    return {
        "holder": holder,
        "says": paper.filled(found.says, holder),
        "notes": paper.notes(found.type, found.content),
        "lines": lines(found.type, found.content),
        "competence": COMPETENCE,
        "objectives": objectives(found.content),
        "sources": paper.sources(found.ranges),
    }


def _variant(found: CertificateView, key: str | None) -> str:
    may_see = policy.sees_name(found.is_public, numbers.opens(key, found.key))
    return "named" if may_see and found.holder_name is not None else "withheld"


def _being_prepared(found: CertificateView) -> Response:
    answer = make_response(render_template("certificates/preparing.html", certificate=found), 202)
    answer.headers["Retry-After"] = "2"
    answer.headers["Refresh"] = "3"
    return answer


def _download(content: str | bytes, mimetype: str, name: str) -> Response:
    answer = Response(content, content_type=mimetype)
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _unlisted(answer: Response) -> Response:
    """A key in the address must not travel to another site or into a search engine."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
