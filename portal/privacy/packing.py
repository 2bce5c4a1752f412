"""The copy of somebody's data: a ZIP with a folder for each room, and words that explain every file.

Each table is there twice: as JSON, which loses nothing, and as CSV, which spreadsheets open without taking a
text for a formula. Certificates come with their PDF, canonical text, proof and signed credential, and with
the program that checks them without us. ``index.html`` leads through it, and README.txt says the same.
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
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from flask import current_app, render_template

from portal.certificates import queries as papers
from portal.certificates.bundle import files_of
from portal.certificates.credentials import credential_of
from portal.certificates.jobs import document_of
from portal.certificates.queries import CertificateView, NoSuchCertificate
from portal.certificates.sheet import address_of
from portal.holdings import Holding, Subject
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.cells import neutral
from portal.kernel.errors import N_, Unavailable
from portal.privacy.queries.subjects import ROOMS
from portal.web.catalogues import texts
from portal.web.i18n import speak

Told = Callable[[int, int], None]

_DRAFT: Final = "draft-"
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
    "A folder for each certificate: the PDF, its exact text, the proof of its place in the public log, what "
    "opens the holder’s name, and the signed credential. Open verify.html in it to check the certificate "
    "without this portal. A PDF that is missing could not be printed: ask for another copy later."
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


def sweep(now: datetime) -> None:
    """Remove the drafts of workers that were killed; one who still writes after a day writes for nobody."""
    for draft in folder().glob(f"{_DRAFT}*"):
        if draft.stat().st_mtime < (now - timedelta(days=1)).timestamp():
            draft.unlink(missing_ok=True)


def pack(copy_id: str, subject: Subject, lang: str, at: datetime, told: Told) -> Packed:
    """Write the ZIP wholly or not at all. ``told`` hears after each part how many of how many are done."""
    total = sum(len(held) for _, held in ROOMS) + len(subject.certificates)
    done = 0
    with tempfile.NamedTemporaryFile(dir=folder(), prefix=_DRAFT, delete=False) as draft:
        try:
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
                lines = _Explained(lang, at)
                for room, held in ROOMS:
                    _room(archive, room, held, subject, lines)
                    done += len(held)
                    told(done, total)
                for number in subject.certificates:
                    lines.certify(number, _certificate(archive, number))
                    done += 1
                    told(done, total)
                archive.writestr("README.txt", lines.text())
                archive.writestr("index.html", lines.page())
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


def _certificate(archive: zipfile.ZipFile, number: str) -> list[str]:
    """The names of its files, in its own folder."""
    try:
        certificate = papers.by_number(number)
    except NoSuchCertificate:
        return []
    names = []
    for name, content in _papers(certificate):
        archive.writestr(f"certificates/{number}/{name}", content)
        names.append(name)
    return names


def _papers(certificate: CertificateView) -> Iterator[tuple[str, bytes]]:
    """What the certificate's own download holds, with its credential and the address that shows the name."""
    variant = certificate.main_variant
    yield "link.txt", f"{address_of(certificate, with_key=True)}\n".encode()
    proof = papers.log_proof(certificate.id)
    if proof is None:
        yield f"{certificate.number}.json", certificate.payload.encode()
        return
    document = None
    with suppress(Unavailable):  # without Pango, for example: the README says what to do
        document = document_of(certificate, proof)
    yield from files_of(certificate, variant, proof, document).items()
    credential = credential_of(certificate, proof, with_name=variant == "named")
    yield "credential.json", json.dumps(credential, ensure_ascii=False, indent=1).encode()


@cache
def explanations() -> dict[str, Bilingual]:
    """What each table holds, by its name."""
    text = (files("portal.privacy") / "data" / "files.toml").read_text("utf-8")
    return {name: Bilingual(each["zh"], each["en"]) for name, each in tomllib.loads(text).items()}


@dataclass(frozen=True, slots=True)
class _File:
    """One table of the copy, with what is left out of it and why."""

    name: str
    rows: int
    words: str
    withheld: tuple[tuple[str, str], ...]


class _Explained:
    """What the copy holds while it is packed, told twice: as a text and as a page."""

    def __init__(self, lang: str, at: datetime) -> None:
        self._lang, self._at = lang, at
        self._say = texts(lang).gettext
        self._there: list[_File] = []
        self._empty: list[str] = []
        self._certificates: dict[str, list[str]] = {}

    def add(self, room: str, held: Holding, rows: int) -> None:
        words = explanations()[held.table.name].in_(self._lang)
        if not rows:
            self._empty.append(words)
            return
        withheld = tuple((column, self._say(why)) for column, why in held.withheld.items())
        self._there.append(_File(f"{room}/{held.table.name}", rows, words, withheld))

    def certify(self, number: str, files: list[str]) -> None:
        self._certificates[number] = files

    def _head(self) -> list[str]:
        return [self._say(line) % {"at": clock.text_of(self._at)} for line in _HEAD]

    def text(self) -> str:
        there = []
        for file in self._there:
            there.append(f"{file.name}  ({file.rows})\n    {file.words}")
            there += [f"    {self._say(_WITHHELD)} {column} – {why}" for column, why in file.withheld]
        if self._certificates:
            there.append(f"certificates/*/\n    {self._say(_CERTIFICATES)}")
        nothing = [self._say(_EMPTY), *(f"- {words}" for words in self._empty)] if self._empty else []
        parts = ["\n\n".join(self._head()), "\n".join(there), "\n".join(nothing)]
        return "\n\n".join(parts).replace("\n", "\r\n") + "\r\n"

    def page(self) -> str:
        """The same for a browser, with links to the files. It needs no network."""
        speak(self._lang)
        return render_template(
            "privacy/copy.html", lang=self._lang, head=self._head(), files=self._there, empty=self._empty,
            certificates=self._certificates, about_certificates=self._say(_CERTIFICATES),
        )  # fmt: skip
