"""What programs and other sites fetch: credentials, the key that signs them, their status, badges."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from flask import Response, current_app, render_template, request

from portal.certificates import policy, queries
from portal.certificates.credentials import credential_of, issuer, status_list
from portal.certificates.lookup import find
from portal.certificates.queries import CertificateView
from portal.certificates.rules import claims, credential, integrity, numbers, tokens
from portal.certificates.rules.credential import Purpose
from portal.certificates.rules.lines import day_of
from portal.kernel import clock
from portal.kernel.errors import N_, NotFound, Unavailable
from portal.registry.queries import log
from portal.web.guard import open_to_all
from portal.web.i18n import speak
from portal.web.page import plain_blueprint

blueprint = plain_blueprint("credentials", __name__)

BADGE_LASTS: Final = timedelta(days=365)
LANGUAGES: Final = ("zh", "en")


class NotLoggedYet(Unavailable):
    message = N_("The record of this certificate is being entered in the log. Please try again in a minute.")


class NoSuchList(NotFound):
    message = N_("There is no such status list.")


@blueprint.get("/certificates/<number>.credential")
@open_to_all
def certificate_credential(number: str) -> Response:
    """The certificate as a W3C Verifiable Credential: with the name by key or consent, else without it."""
    found = find(number)
    return _given(found, _json(_credential(found), "application/vc"), f"{found.number}.credential.json")


@blueprint.get("/certificates/<number>.jwt")
@open_to_all
def certificate_token(number: str) -> Response:
    """The same credential as a token (VC-JWT), for software that reads those."""
    found = find(number)
    token = issuer().token(_credential(found), tokens.CREDENTIAL)
    return _given(found, Response(token, content_type="application/vc+jwt"), f"{found.number}.jwt")


def _credential(found: CertificateView) -> dict[str, Any]:
    proof = queries.log_proof(found.id)
    if proof is None:
        raise NotLoggedYet()
    return credential_of(found, proof, policy.sees_name(found.is_public, _has_key(found)))


def _given(found: CertificateView, answer: Response, name: str) -> Response:
    """A file of one certificate; where it was asked for by key, nobody keeps it or learns the key."""
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    if _has_key(found):
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _has_key(found: CertificateView) -> bool:
    return numbers.opens(request.args.get("key"), found.key)


@blueprint.get("/credentials/status/<purpose>/<int(max=99999):number>")
@open_to_all
def status(purpose: str, number: int) -> Response:
    """Which credentials no longer hold: a signed bit string, a bit for each place in the log."""
    if purpose not in set(Purpose) or number * credential.LIST_BITS > log.size():
        raise NoSuchList()
    answer = _json(status_list(Purpose(purpose), number, clock.now()), "application/vc")
    return _open(answer, seconds=300)


@blueprint.get("/.well-known/did.json")
@open_to_all
def did() -> Response:
    """Who signs: the DID document of did:web."""
    return _open(_json(credential.did_document(issuer()), "application/did+json"), seconds=3600)


@blueprint.get(integrity.OUR_PATH)
@open_to_all
def context() -> Response:
    """What the words of a credential mean, for JSON-LD."""
    text = integrity.context_text(current_app.config["PORTAL"].base_url)
    return _open(Response(text, mimetype="application/ld+json"), seconds=86400)


@blueprint.get("/certificates/<number>.svg")
@open_to_all
def badge(number: str) -> Response:
    """A badge for other sites. It greys out after a year, and at once when the certificate is withdrawn."""
    found = find(number)
    lang = request.args.get("lang", found.lang)
    speak(lang if lang in LANGUAGES else found.lang)
    is_fresh = found.state.is_live and clock.now() < found.issued_at + BADGE_LASTS
    picture = render_template(
        "certificates/badge.svg",
        certificate=found,
        is_fresh=is_fresh,
        title=claims.WORDINGS[found.type].title,
        day=day_of(found.type, found.content),
    )
    return _open(Response(picture, mimetype="image/svg+xml"), seconds=3600)


def _json(document: Mapping[str, Any], mimetype: str) -> Response:
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return Response(text, content_type=f"{mimetype}; charset=utf-8")


def _open(answer: Response, seconds: int) -> Response:
    """Every site may fetch it, and keep it for so long."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    return answer
