"""The download of a certificate: its text, its proof, the log's keys, the paper, and what checks them."""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from portal.certificates.queries import CertificateView
from portal.certificates.sheet import address_of, attachments
from portal.kernel.cells import neutral
from portal.kernel.clock import CITY
from portal.kernel.errors import N_
from portal.registry import verifiers
from portal.registry.jobs import signer
from portal.registry.queries.log import LogProof
from portal.registry.rules.checkpoint import write_keys
from portal.web.catalogues import texts
from portal.web.i18n import LANGS

READ_ME = (
    N_("Certificate %(number)s"),
    N_("Everything here can be checked without a network and without trusting the portal that issued it."),
    N_("Open verify.html in a browser and choose all files of this folder, or the ZIP as it is."),
    N_("Or run, with Python 3.8 or newer: python3 verify_certificate.py"),
    N_("Compare the public key in log-keys.txt with the one on the portal’s page about the log."),
    N_("Whether the certificate was withdrawn since is said at %(address)s"),
)


def files_of(
    certificate: CertificateView, variant: str, proof: LogProof, paper: Path | None
) -> dict[str, bytes]:
    """What the download holds, by name. ``variant`` decides whether the holder's name is opened in it."""
    files = {file.name: file.content for file in attachments(certificate, variant, proof)}
    files["log-keys.txt"] = write_keys(signer().trusted, proof.witnesses).encode()
    files[verifiers.PYTHON], files[verifiers.PAGE] = verifiers.program(), verifiers.page()
    files["README.txt"] = _read_me(certificate).encode()
    if paper is not None and paper.is_file():
        files[f"{certificate.number}.pdf"] = paper.read_bytes()
    return files


def pack(certificate: CertificateView, variant: str, proof: LogProof, paper: Path | None) -> bytes:
    """The ZIP, the same bytes each time."""
    files = files_of(certificate, variant, proof, paper)
    made, day = BytesIO(), certificate.issued_at.astimezone(CITY).timetuple()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, day[:6]), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


LIST: Final = ("number", "type", "holder", "grams", "address", "file")


def pack_batch(made: BinaryIO, certificates: Iterable[CertificateView], at: datetime, papers: Path) -> None:
    """The documents of many certificates with a list of them, written to ``made`` one after the other.

    The list is CSV that spreadsheets read: what a cell says is text to them, never a formula.
    """
    moment = at.astimezone(CITY).timetuple()[:6]
    rows = io.StringIO(newline="")
    table = csv.writer(rows, lineterminator="\r\n")
    table.writerow(LIST)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for certificate in certificates:
            name = f"{certificate.printed_number}.pdf"
            document = papers / certificate.documents[certificate.main_variant]
            archive.writestr(zipfile.ZipInfo(name, moment), document.read_bytes())
            cells = (
                certificate.printed_number, certificate.type.value, certificate.holder_name or "",
                certificate.mass.grams, address_of(certificate, with_key=True), name,
            )  # fmt: skip
            table.writerow([neutral(cell) for cell in cells])
        archive.writestr(zipfile.ZipInfo("certificates.csv", moment), "\ufeff" + rows.getvalue())


def _read_me(certificate: CertificateView) -> str:
    told = {"number": certificate.printed_number, "address": address_of(certificate, with_key=False)}
    parts = ("\n".join(texts(lang).gettext(line) % told for line in READ_ME) for lang in LANGS)
    return "\n\n".join(parts) + "\n"
