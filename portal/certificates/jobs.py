"""Printing: once a certificate stands in a signed checkpoint, its documents are laid out and kept."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BufferedRandom
from pathlib import Path
from typing import Any, cast

from flask import current_app

from portal import jobs
from portal.certificates import bundle, queries, sheet, signature
from portal.certificates.commands import drop_named, pack_done, render_done
from portal.certificates.queries import CertificateView
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, Unavailable
from portal.registry.queries.log import LogProof
from portal.web import press

PRINTER = Actor.system("certificates-render")
PAUSE = timedelta(seconds=2)
PATIENT_ROUNDS = 30
PACKING_PAUSE = timedelta(seconds=5)
PACKING_ROUNDS = 720


class NotInTheLogYet(Unavailable):
    """The sequencer has been silent for a minute: let the outbox wait longer each time, and show it."""


class DocumentMissing(Unavailable):
    message = N_("The document of this certificate cannot be read at the moment.")


class StillPrinting(Unavailable):
    """An hour has passed and a document of the batch is still missing: look again less often, and show it."""


@jobs.handles("certificates.render")
def render(payload: dict[str, Any]) -> None:
    """Print a document of this certificate, the holder's unless ``variant`` names another.

    ``payload``: ``id``, and perhaps ``variant``, ``round``, and ``anew`` to print what is printed once more.

    Raises NoPango, PrintingFailed, PrintingTookTooLong, NotInTheLogYet; all are worth another try.
    """
    certificate = queries.by_id(payload["id"])
    proof = queries.log_proof(certificate.id)
    if proof is None:
        _come_back(payload)
        return
    variant = payload.get("variant", certificate.main_variant)
    anew = payload.get("anew", False)
    if (anew or variant not in certificate.documents) and (variant == "withheld" or certificate.holder_name):
        _print(certificate, variant, proof, anew=anew)
    if certificate.holder_name is None and "named" in certificate.documents:
        (folder() / certificate.documents["named"]).unlink(missing_ok=True)
        drop_named(PRINTER, certificate.id)


def _print(certificate: CertificateView, variant: str, proof: LogProof, *, anew: bool) -> None:
    printed = press.shared().print(
        sheet.lay_out(certificate, variant, proof),
        certificate.issued_at,
        sheet.attachments(certificate, variant, proof),
    )
    pdf = signature.sign(printed)
    file = f"{certificate.number}.pdf" if variant == "named" else f"{certificate.number}-withheld.pdf"
    keep(folder() / file, pdf)
    render_done(
        PRINTER, certificate.id, variant, file, hashlib.sha256(pdf).hexdigest(), clock.now(), anew=anew
    )


def document_of(certificate: CertificateView, proof: LogProof) -> Path:
    """The holder's document; printed now where it was not yet.

    Raises NoPango, PrintingFailed, PrintingTookTooLong.
    """
    variant = certificate.main_variant
    if variant not in certificate.documents:
        _print(certificate, variant, proof, anew=False)
        certificate = queries.by_id(certificate.id)
    return folder() / certificate.documents[variant]


@jobs.handles("certificates.pack")
def pack(payload: dict[str, Any]) -> None:
    """Put all documents of a batch into one ZIP once they are printed. ``payload``: ``id``, ``round``.

    Raises StillPrinting after the rounds of an hour, to be tried again later.
    """
    batch = queries.batch(payload["id"])
    if batch.progress.is_done:
        return
    if not batch.progress.is_printed:
        _wait_for_documents(payload)
        return
    file = f"{batch.id}.zip"
    with draft_of(folder() / file) as draft:
        bundle.pack_batch(draft, queries.certificates_in(batch.id), batch.made_at, folder())
        draft.seek(0)
        sha256 = hashlib.file_digest(draft, "sha256").hexdigest()
    pack_done(PRINTER, batch.id, file, sha256, clock.now())


def _wait_for_documents(payload: dict[str, Any]) -> None:
    done = payload.get("round", 1)
    if done >= PACKING_ROUNDS:
        raise StillPrinting()
    now = clock.now()
    jobs.enqueue(
        "certificates.pack",
        payload | {"round": done + 1},
        key=f"certificates.pack:{payload['id']}:{done + 1}",
        now=now,
        due=now + PACKING_PAUSE,
    )


def folder() -> Path:
    """Where documents are kept."""
    documents: Path = current_app.config["PORTAL"].documents
    return documents / "certificates"


def keep(file: Path, content: bytes) -> None:
    """Write a file wholly or not at all."""
    with draft_of(file) as draft:
        draft.write(content)


@contextmanager
def draft_of(file: Path) -> Iterator[BufferedRandom]:
    """A draft that becomes the file when it was written to its end, and is gone when it was not."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as draft:
        try:
            yield cast(BufferedRandom, draft.file)
            draft.flush()
            os.fsync(draft.fileno())
            os.replace(draft.name, file)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


def _come_back(payload: dict[str, Any]) -> None:
    """Ask again in two seconds: the sequencer places and signs about that often."""
    done = payload.get("round", 1)
    if done >= PATIENT_ROUNDS:
        raise NotInTheLogYet()
    now = clock.now()
    which = ":".join(filter(None, (payload["id"], payload.get("variant"))))
    jobs.enqueue(
        "certificates.render",
        payload | {"round": done + 1},
        key=f"certificates.render:{which}:{done + 1}",
        now=now,
        due=now + PAUSE,
    )
