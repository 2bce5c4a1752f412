"""The copy of somebody's data: a ZIP with a folder for each room, and words that explain every file.

Each table is there twice: as JSON, which loses nothing, and as CSV, which spreadsheets open without taking a
text for a formula. Certificates come with their PDF, canonical text, proof and signed credential.
"""

import csv
import hashlib
import io
import json
import os
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from flask import current_app

from portal.certificates import queries as papers
from portal.certificates.credentials import credential_of
from portal.certificates.jobs import folder as printed
from portal.certificates.queries import CertificateView, NoSuchCertificate
from portal.certificates.sheet import address_of, attachments
from portal.holdings import Holding, Subject
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.cells import neutral
from portal.kernel.errors import N_
from portal.privacy.queries.subjects import ROOMS
from portal.web.catalogues import texts

Told = Callable[[int, int], None]

_HEAD: Final = (
    N_("A copy of your data"),
    N_(
        "Everything that the portal holds about you, as it stood at %(at)s. Times are in UTC, masses in "
        "grams of CO₂e, amounts in the smallest unit of the currency."
    ),
    N_("Each table is there as JSON, which loses nothing, and as CSV for spreadsheets."),
)
_EMPTY: Final = N_("Nothing is held about you there:")
_WITHHELD: Final = N_("left out:")
_CERTIFICATES: Final = N_(
    "Certificates with their PDF, text, proof and credential. A PDF that is missing was not printed yet."
)


@dataclass(frozen=True, slots=True)
class Packed:
    size: int
    sha256: str


def folder() -> Path:
    """Where copies wait to be fetched; nobody else's programs read it."""
    documents: Path = current_app.config["PORTAL"].documents
    made = documents / "copies"
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made


def file_of(copy_id: str) -> Path:
    return folder() / f"{copy_id}.zip"


def pack(copy_id: str, subject: Subject, lang: str, at: datetime, told: Told) -> Packed:
    """Write the ZIP wholly or not at all. ``told`` hears after each part how many of how many are done."""
    total = sum(len(held) for _, held in ROOMS) + len(subject.certificates)
    done = 0
    with tempfile.NamedTemporaryFile(dir=folder(), delete=False) as draft:
        try:
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
                lines = _Explained(lang, at)
                for room, held in ROOMS:
                    _room(archive, room, held, subject, lines)
                    done += len(held)
                    told(done, total)
                for number in subject.certificates:
                    _certificate(archive, number)
                    done += 1
                    told(done, total)
                archive.writestr("README.txt", lines.text(bool(subject.certificates)))
            draft.flush()
            os.fsync(draft.fileno())
            os.replace(draft.name, file_of(copy_id))
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    with open(file_of(copy_id), "rb") as made:
        return Packed(file_of(copy_id).stat().st_size, hashlib.file_digest(made, "sha256").hexdigest())


def _room(
    archive: zipfile.ZipFile, room: str, held: Sequence[Holding], subject: Subject, lines: "_Explained"
) -> None:
    for each in held:
        rows = list(each.rows(subject))
        lines.add(room, each, len(rows))
        if rows:
            name = f"{room}/{each.table.name}"
            archive.writestr(f"{name}.json", json.dumps(rows, ensure_ascii=False, indent=1))
            archive.writestr(f"{name}.csv", _table(each.columns, rows))


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO(newline="")
    text.write("\ufeff")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[_cell(row[name]) for name in columns] for row in rows])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return "" if value is None else neutral(value)


def _certificate(archive: zipfile.ZipFile, number: str) -> None:
    try:
        certificate = papers.by_number(number)
    except NoSuchCertificate:
        return
    for name, content in _papers(certificate):
        archive.writestr(f"certificates/{number}/{name}", content)


def _papers(certificate: CertificateView) -> Iterator[tuple[str, bytes]]:
    variant = certificate.main_variant
    yield "link.txt", f"{address_of(certificate, with_key=True)}\n".encode()
    proof = papers.log_proof(certificate.id)
    if proof is None:
        yield f"{certificate.number}.json", certificate.payload.encode()
        return
    for part in attachments(certificate, variant, proof):
        yield part.name, part.content
    credential = credential_of(certificate, proof, with_name=variant == "named")
    yield "credential.json", json.dumps(credential, ensure_ascii=False, indent=1).encode()
    if document := certificate.documents.get(variant):
        paper = printed() / document
        if paper.is_file():
            yield f"{certificate.number}.pdf", paper.read_bytes()


@cache
def explanations() -> dict[str, Bilingual]:
    """What each table holds, by its name."""
    text = (files("portal.privacy") / "data" / "files.toml").read_text("utf-8")
    return {name: Bilingual(each["zh"], each["en"]) for name, each in tomllib.loads(text).items()}


class _Explained:
    """The README while it is written: a line for each file, with what is left out of it and why."""

    def __init__(self, lang: str, at: datetime) -> None:
        self._lang, self._at = lang, at
        self._say = texts(lang).gettext
        self._there: list[str] = []
        self._empty: list[str] = []

    def add(self, room: str, held: Holding, rows: int) -> None:
        words = explanations()[held.table.name].in_(self._lang)
        if not rows:
            self._empty.append(f"- {words}")
            return
        self._there.append(f"{room}/{held.table.name}  ({rows})\n    {words}")
        for column, why in held.withheld.items():
            self._there.append(f"    {self._say(_WITHHELD)} {column} – {self._say(why)}")

    def text(self, has_certificates: bool) -> str:
        head = "\n\n".join(self._say(line) % {"at": clock.text_of(self._at)} for line in _HEAD)
        papers_line = [f"certificates/*/\n    {self._say(_CERTIFICATES)}"] if has_certificates else []
        there = "\n".join([*self._there, *papers_line])
        nothing = "\n".join([self._say(_EMPTY), *self._empty]) if self._empty else ""
        return f"{head}\n\n{there}\n\n{nothing}\n".replace("\n", "\r\n")
