"""Tables as files that stream: CSV, JSON Lines and XLSX of any length, in constant memory.

A row is written when it is asked for, so the first bytes leave at once, and nobody's memory holds a table.
openpyxl finishes a workbook before its first byte can be sent, so these sheets are written here: plain rows
of numbers and inline text, which no program takes for a formula.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import IO, Final
from xml.sax.saxutils import escape, quoteattr

from flask import Response, stream_with_context

from portal.kernel.cells import neutral

Cell = str | int | None
Rows = Iterable[Sequence[Cell]]

KINDS: Final = ("csv", "jsonl", "xlsx")
SHEET_ROWS: Final = 1_048_576  # what a sheet holds; a longer table goes on in the next one
CHUNK: Final = 64 * 1024
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def streamed(kind: str, name: str, head: Sequence[str], rows: Rows) -> Response:
    """The table as a download ``<name>.<kind>``; ``head`` names its columns, alike in every language."""
    mimetype, write = _WRITERS[kind]
    answer = Response(stream_with_context(write(head, rows)), mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def _csv(head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """UTF-8 with the mark by which Excel knows it; lines end as RFC 4180 says."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if cell is None else neutral(cell) for cell in row])
        if text.tell() > CHUNK:
            yield _emptied(text)
    yield _emptied(text)


def _json_lines(head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    text = io.StringIO()
    for row in rows:
        text.write(json.dumps(dict(zip(head, row, strict=True)), ensure_ascii=False, separators=(",", ":")))
        text.write("\n")
        if text.tell() > CHUNK:
            yield _emptied(text)
    yield _emptied(text)


def _emptied(text: io.StringIO) -> bytes:
    said = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return said


# -- XLSX (ECMA-376): a zip of a few small parts and the sheets, which are written as they come -------------

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATED = "application/vnd.openxmlformats-package.relationships+xml"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class _Outbox(io.RawIOBase):
    """What the zip writes, until it is sent on. It cannot be sought in, so the zip never looks back."""

    def __init__(self) -> None:
        self.kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.kept += data
        return len(data)

    def taken(self) -> bytes:
        said = bytes(self.kept)
        self.kept.clear()
        return said


def _xlsx(head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    outbox, left, count = _Outbox(), iter(rows), 0
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        more = True
        while more:
            count += 1
            with book.open(f"xl/worksheets/sheet{count}.xml", "w") as sheet:
                sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}">{_FROZEN}<sheetData>'.encode())
                sheet.write(_row(head))
                more = yield from _sheet(left, sheet, outbox)
                sheet.write(b"</sheetData></worksheet>")
        for name, text in _around(count):
            book.writestr(name, _HEAD + text)
    yield outbox.taken()


_FROZEN = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
    'state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
)


def _sheet(rows: Iterator[Sequence[Cell]], sheet: IO[bytes], outbox: _Outbox) -> Generator[bytes, None, bool]:
    """Rows as far as a sheet holds them; returns whether there may be more."""
    for written, row in enumerate(rows, start=2):
        sheet.write(_row(row))
        if len(outbox.kept) > CHUNK:
            yield outbox.taken()
        if written == SHEET_ROWS:
            return True
    return False


def _row(cells: Sequence[Cell]) -> bytes:
    return f"<row>{''.join([_cell(cell) for cell in cells])}</row>".encode()


def _cell(value: Cell) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, int):
        return f"<c><v>{int(value)}</v></c>"
    text = escape(_NOT_IN_XML.sub("\ufffd", str(neutral(value))))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _around(count: int) -> Iterator[tuple[str, str]]:
    """The parts that say what the sheets are."""
    numbers = range(1, count + 1)
    sheets = "".join(f'<sheet name={quoteattr(str(n))} sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "xl/workbook.xml",
        (f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{sheets}</sheets></workbook>'),
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        (f'<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>'),
    )
    yield (
        "_rels/.rels",
        (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
    )
    yield (
        "[Content_Types].xml",
        (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="{_RELATED}"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{types}</Types>'
        ),
    )


_WRITERS: dict[str, tuple[str, Callable[[Sequence[str], Rows], Iterator[bytes]]]] = {
    "csv": ("text/csv", _csv),
    "jsonl": ("application/x-ndjson", _json_lines),
    "xlsx": (f"{_TYPE}.sheet", _xlsx),
}
