"""The audit pack: everything of a period in one ZIP, written some rows at a time."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy import Select

from portal.certificates.queries import tables as certificates
from portal.db import cells_of, ids_in, look_at_one_moment
from portal.kernel import site
from portal.kernel.actor import Actor
from portal.kernel.cells import neutral
from portal.kernel.clock import text_of
from portal.kernel.errors import NotAllowed
from portal.office import policy, queries, tables
from portal.office.rules.packs import read_me
from portal.office.rules.reports import Period, stored_rows
from portal.registry import verifiers
from portal.registry.queries import log
from portal.registry.queries import tables as registry
from portal.shop.queries import tables as shop
from portal.tallies import span

Wanted = Select[*tuple[Any, ...]]


def write(actor: Actor, period: Period, test: bool, now: datetime) -> IO[bytes]:
    """The ZIP as an open file at its beginning. Raises NotAllowed."""
    if not policy.may_take_pack(actor):
        raise NotAllowed()
    look_at_one_moment()
    first, end = span(period.first, period.end)
    file = TemporaryFile()  # noqa: SIM115  handed on open
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        pack = _Pack(book)
        name = site.name()
        pack.add("README.txt", [read_me(str(period), name.zh, name.en, text_of(now))])
        for table, wanted in _tables(first, end).items():
            pack.table(table, wanted)
        pack.add("report.json", [_report(period, test, now)])
        head = log.latest_checkpoint()
        pack.add("log.jsonl", log.export(head.size) if head else [])
        pack.add("log.checkpoint", [head.note] if head else [])
        pack.add("verify_certificate.py", [verifiers.program().decode()])
        pack.sums()
    file.seek(0)
    return file


def people(period: Period) -> list[str]:
    """Ids of everybody whose id stands in the tables of a pack."""
    tables_of_it = _tables(*span(period.first, period.end)).values()
    return sorted({each for wanted in tables_of_it for each in ids_in(wanted, "usr")})


def _tables(first: datetime, end: datetime) -> dict[str, Wanted]:
    """The tables of a pack, in their order, by the names of their files."""
    return {
        "orders.csv": shop.orders(first, end),
        "order-lines.csv": shop.order_lines(first, end),
        "order-seedlings.csv": shop.order_seedlings(first, end),
        "cash-journal.csv": shop.journal(first, end),
        "retirements.csv": registry.retirements(first, end),
        "certificates.csv": certificates.certificates(first, end),
        "audit.csv": tables.audit(first, end),
        "settings.csv": tables.settings(),
    }


class _Pack:
    """A ZIP that knows the digest of each of its files."""

    def __init__(self, book: zipfile.ZipFile) -> None:
        self._book = book
        self._digests: dict[str, str] = {}

    def add(self, name: str, parts: Iterable[str]) -> None:
        digest = hashlib.sha256()
        with self._book.open(name, "w") as out:
            for part in parts:
                data = part.encode()
                digest.update(data)
                out.write(data)
        self._digests[name] = digest.hexdigest()

    def table(self, name: str, wanted: Wanted) -> None:
        self.add(name, _lines(wanted))

    def sums(self) -> None:
        """The file that ``sha256sum -c`` reads."""
        self.add("SHA256SUMS", [f"{digest}  {name}\n" for name, digest in self._digests.items()])


def _lines(wanted: Wanted) -> Iterator[str]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.key for column in wanted.selected_columns])
    for row in cells_of(wanted):
        writer.writerow(["" if cell is None else neutral(cell) for cell in row])
        if text.tell() > 64 * 1024:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _report(period: Period, test: bool, now: datetime) -> str:
    found = queries.report(period, test, now)
    known = queries.all_written()
    months = {
        month: {
            "sha256": known[month].sha256 if month in known else None,
            "figures": stored_rows(found.months.get(month, {})),
        }
        for month in period.months
    }
    return json.dumps({"v": 1, "period": str(period), "months": months}, ensure_ascii=False, indent=1)
