"""Printing: once a certificate stands in a signed checkpoint, its documents are laid out and kept."""

import hashlib
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from portal import jobs
from portal.certificates import queries, sheet
from portal.certificates.commands import drop_named, render_done
from portal.certificates.queries import CertificateView
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import Unavailable
from portal.web import press

PRINTER = Actor.system("certificates-render")
PAUSE = timedelta(seconds=2)
PATIENT_ROUNDS = 30


class NotInTheLogYet(Unavailable):
    """The sequencer has been silent for a minute: let the outbox wait longer each time, and show it."""


@jobs.handles("certificates.render")
def render(payload: dict[str, Any]) -> None:
    """Print what is still to be printed of this certificate. ``payload``: ``id``, ``round``.

    Raises NoPango, PrintingFailed, PrintingTookTooLong, NotInTheLogYet; all are worth another try.
    """
    certificate = queries.by_id(payload["id"])
    proof = queries.log_proof(certificate.id)
    if proof is None:
        _come_back(certificate, payload.get("round", 1))
        return
    for variant in certificate.variants:
        if variant not in certificate.documents:
            pdf = press.shared().print(
                sheet.lay_out(certificate, variant, proof),
                certificate.issued_at,
                sheet.attachments(certificate, variant, proof),
            )
            file = f"{certificate.number}.pdf" if variant == "named" else f"{certificate.number}-withheld.pdf"
            keep(folder() / file, pdf)
            sha256 = hashlib.sha256(pdf).hexdigest()
            render_done(PRINTER, certificate.id, variant, file, sha256, clock.now())
    if certificate.holder_name is None and "named" in certificate.documents:
        (folder() / certificate.documents["named"]).unlink(missing_ok=True)
        drop_named(PRINTER, certificate.id)


def folder() -> Path:
    """Where documents are kept."""
    documents: Path = current_app.config["PORTAL"].documents
    return documents / "certificates"


def keep(file: Path, content: bytes) -> None:
    """Write a file wholly or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    os.replace(draft.name, file)


def _come_back(certificate: CertificateView, done: int) -> None:
    """Ask again in two seconds: the sequencer places and signs about that often."""
    if done >= PATIENT_ROUNDS:
        raise NotInTheLogYet()
    now = clock.now()
    jobs.enqueue(
        "certificates.render",
        {"id": certificate.id, "round": done + 1},
        key=f"certificates.render:{certificate.id}:{done + 1}",
        now=now,
        due=now + PAUSE,
    )
