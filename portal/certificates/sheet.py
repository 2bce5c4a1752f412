"""The sheet: what a certificate says on paper and carries inside, in both languages at once."""

import json
from datetime import datetime
from typing import Any

import segno
from flask import current_app

from portal.certificates.credentials import badge_of
from portal.certificates.queries import CertificateView
from portal.certificates.rules import claims, paper
from portal.certificates.rules.claims import CertificateType
from portal.certificates.rules.lines import lines
from portal.certificates.rules.paper import Source
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import CITY
from portal.registry.queries.log import LogProof
from portal.web.press import Attachment

WITHHELD = Bilingual("持有人（未公开姓名）", "a holder who is not named here")
# Trying all eight masks takes three quarters of the time of a code, and readers take any of them.
_QR_MASK = 3
_WHITE = 255
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


def facts_of(certificate: CertificateView, variant: str, proof: LogProof) -> dict[str, Any]:
    """What the ``named`` or the ``withheld`` document says: texts, and both languages where they differ.

    ``pdf_certificate.typ`` puts them on the paper, in the buyer's language first.
    """
    with_name = variant == "named"
    address = address_of(certificate, with_name)
    wording = claims.WORDINGS[certificate.type]
    holder = holder_of(certificate, with_name)
    config = current_app.config["PORTAL"]
    # No quiet zone: the paper leaves one.
    code = segno.make(address, error="m", mask=_QR_MASK).matrix
    title = certificate.purpose_title if with_name else None
    return {
        "lang": certificate.lang,
        "number": certificate.printed_number,
        "site": _pair(config.site_name),
        "title": _pair(wording.title),
        "is_test": certificate.is_test,
        "is_demo": certificate.is_demo,
        "address": address,
        "checked_at": f"{config.base_url}/{certificate.lang}/certificates",
        "code": [_WHITE * (1 - dark) for row in code for dark in row],
        "code_side": len(code),
        "amounts": [
            {"kg": f"{mass.kg_down:,}", "effect": _pair(claims.EFFECTS[effect])}
            for effect, mass in certificate.by_effect.items()
        ],
        "holder": _pair(holder),
        "says": _pair(paper.filled(certificate.says, holder)),
        "retired_at": _beijing(certificate.retired_at) if certificate.retired_at else None,
        "issued_at": _beijing(certificate.issued_at),
        "purpose": certificate.purpose,
        "purpose_title": _pair(title) if title else None,
        "lines": [
            {"label": _pair(line.label), "value": _pair(line.value)}
            for line in lines(certificate.type, certificate.content)
        ],
        "trainer": certificate.trainer if with_name else "",
        "notes": [_pair(note) for note in paper.notes(certificate.type, certificate.content)],
        "sources": [_source(each) for each in paper.sources(certificate.ranges)],
        "silence": [_pair(words) for words in wording.silence],
        "sha256": certificate.payload_sha256,
        "log": {"idx": str(proof.idx), "size": str(proof.size), "root": proof.root_hex},
    }


def _source(source: Source) -> dict[str, Any]:
    origin = source.origin
    return {
        "project": _pair(origin.project_name),
        "code": origin.project_code,
        "country": origin.country,
        "kind": _pair(origin.kind),
        "effect": _pair(origin.effect),
        "vintage": origin.vintage,
        "lot": origin.lot_code,
        "registry": origin.registry,
        "methodology": origin.methodology,
        "record": origin.retirement_reference,
        "ranges": [[part.full_serial, f"{part.mass.grams:,}"] for part in source.ranges],
    }


def _pair(words: Bilingual) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _beijing(at: datetime) -> str:
    return at.astimezone(CITY).strftime("%Y-%m-%d %H:%M")


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
