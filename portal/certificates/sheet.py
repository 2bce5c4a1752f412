"""The sheet: a certificate laid out as HTML for the press, in both languages at once."""

import json

import segno
from flask import current_app, render_template

from portal.certificates.credentials import badge_of
from portal.certificates.queries import CertificateView
from portal.certificates.rules import claims, paper
from portal.certificates.rules.claims import CertificateType
from portal.certificates.rules.lines import COMPETENCE, lines, objectives
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import CITY, text_of
from portal.registry.queries.log import LogProof
from portal.web.i18n import speak
from portal.web.press import Attachment

WITHHELD = Bilingual("持有人（未公开姓名）", "a holder who is not named here")
# Trying all eight masks takes three quarters of the time of a code, and readers take any of them.
_QR_MASK = 3
FORGOTTEN = Bilingual("持有人（姓名已应要求删除）", "a holder whose name was erased on request")


def holder_of(certificate: CertificateView, with_name: bool) -> Bilingual:
    """The holder's name, or what stands for it."""
    if certificate.holder_name is None:
        return FORGOTTEN
    return Bilingual(certificate.holder_name, certificate.holder_name) if with_name else WITHHELD


def address_of(certificate: CertificateView, with_key: bool) -> str:
    """Where the QR code leads: with the key to the holder's name, without it to the public facts."""
    base = f"{current_app.config['PORTAL'].base_url}/c/{certificate.number}"
    return f"{base}/{certificate.key}" if with_key else base


def lay_out(certificate: CertificateView, variant: str, proof: LogProof) -> str:
    """The HTML of the ``named`` or the ``withheld`` document, in the buyer's language first."""
    speak(certificate.lang)
    with_name = variant == "named"
    address = address_of(certificate, with_name)
    wording = claims.WORDINGS[certificate.type]
    holder = holder_of(certificate, with_name)
    return render_template(
        "certificates/pdf_certificate.html",
        certificate=certificate,
        wording=wording,
        says=paper.filled(certificate.says, holder),
        holder=holder,
        is_named=with_name,
        title=certificate.purpose_title if with_name else None,
        notes=paper.notes(certificate.type, certificate.content),
        lines=lines(certificate.type, certificate.content),
        competence=COMPETENCE,
        objectives=objectives(certificate.content),
        sources=paper.sources(certificate.ranges),
        vintage=paper.vintage,
        registry=paper.registry_name,
        effects=claims.EFFECTS,
        project_types=claims.PROJECT_TYPES,
        effect_of=claims.EFFECT_OF,
        beijing=lambda at: at.astimezone(CITY).strftime("%Y-%m-%d %H:%M"),
        at=text_of(certificate.issued_at),
        address=address,
        # One pixel per square, which the style sheet enlarges: quicker to lay out than a path, and as sharp.
        qr=segno.make(address, error="m", mask=_QR_MASK).png_data_uri(scale=1, border=0),
        proof=proof,
    )


def attachments(certificate: CertificateView, variant: str, proof: LogProof) -> list[Attachment]:
    """What the paper carries inside: its canonical text, the proof, for the holder the salt of the name."""
    number = certificate.number
    files = [
        Attachment(f"{number}.json", "Canonical text of the certificate", certificate.payload.encode()),
        Attachment(
            f"{number}.tlog-proof", "Proof of its place in the log", proof.text.encode(), "Supplement"
        ),
    ]
    if certificate.type is CertificateType.COURSE:
        badge = json.dumps(badge_of(certificate, proof, variant == "named"), ensure_ascii=False, indent=1)
        files.append(
            Attachment(
                f"{number}-badge.json", "Open Badge, a signed credential", badge.encode(), "Supplement"
            )
        )
    if variant == "named" and certificate.holder_salt is not None:
        opening = {
            "name": certificate.holder_name,
            "organisation": certificate.organisation_id,
            "salt": certificate.holder_salt.hex(),
            "commitment": certificate.commitment,
            "method": "SHA-256(salt ‖ name in NFC, UTF-8 ‖ organisation)",
        } | ({"trainer": certificate.trainer} if certificate.trainer else {})
        content = json.dumps(opening, ensure_ascii=False, indent=2).encode()
        files.append(
            Attachment(f"{number}-holder.json", "Opens the holder’s commitment", content, "Supplement")
        )
    return files
