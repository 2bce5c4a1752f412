"""The printer: HTML in, PDF/A-3a out. With standing.py, which it loads, the one module that holds WeasyPrint.

It is run as a process of its own (see press.py): it loads nothing else of the portal, is given no
environment, and can fetch nothing but the pictures named here and ``data:``. One font configuration
and style sheets parsed once serve the whole life of the process: a new one each time was measured to
grow memory from 95 to 328 MB in 200 certificates.

Called as ``python -I pdf.py <socket> <memory limit in bytes>``. Messages on the socket are a 4-byte length
and a body. Orders are JSON; answers begin with one byte: ``+`` and the PDF, ``-`` and what went wrong,
``?`` and why WeasyPrint cannot be loaded, ``!`` when ready.
"""

import base64
import importlib.util
import json
import logging
import resource
import socket
import struct
import sys
import unicodedata
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any, Final

STATIC: Final = Path(__file__).resolve().parents[2] / "static"
FONTS: Final = STATIC / "fonts"
CERTIFICATE: Final = "certificate"
FOOTPRINT: Final = "footprint"
GIFT: Final = "gift"
STATEMENT: Final = "statement"
PAPER: Final = "paper"
CLASSROOM: Final = "classroom"
REPORT: Final = "report"
# Style sheets by the kind of document; another kind adds its own here.
DESIGNS: Final = {
    CERTIFICATE: (STATIC / "css" / "document.css", STATIC / "css" / "pdf.css"),
    FOOTPRINT: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-footprint.css"),
    GIFT: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-gift.css"),
    STATEMENT: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-statement.css"),
    PAPER: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-paper.css"),
    CLASSROOM: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-classroom.css"),
    REPORT: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-report.css"),
}
# Designs that come in hundreds which differ in few lines; see standing.py.
STANDS: Final = frozenset({CERTIFICATE})
STANDING: Final = Path(__file__).with_name("standing.py")
VARIANT: Final = "pdf/a-3a"
# Pictures a document may show, by the address it uses; there is no other way to a file.
PICTURES: Final = {
    f"bundled:{name}": STATIC / "img" / name
    for name in ("logo.svg", "type-arr.svg", "type-ifm.svg", "type-redd.svg")
}
_SMALL: Final = {ord(low): f"<sub>{figure}</sub>" for figure, low in enumerate("₀₁₂₃₄₅₆₇₈₉")}
MISSING_TYPE: Final = "〓"  # the printer's mark for a type the case does not hold
_LEVEL: Final = 6  # of zlib
_LENGTH: Final = struct.Struct(">I")


class Printer:
    """WeasyPrint, our typefaces and style sheets, loaded once. OSError or ImportError without Pango.

    ``stands``: whether pages are kept, so that the next one like it is set quickly.
    """

    def __init__(self, *, stands: bool = True) -> None:
        # Imported here, not above: without Pango the import itself fails, and that is to be answered.
        import weasyprint
        from fontTools.ttLib import TTFont
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse

        class BundledOnly(URLFetcher):
            """Serves the pictures above and ``data:``; everything else is refused before it is touched."""

            def fetch(self, url: str, headers: Any = None) -> Any:
                if picture := PICTURES.get(url):
                    return URLFetcherResponse(url, picture.read_bytes(), {"Content-Type": "image/svg+xml"})
                return super().fetch(url, headers)

        logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
        self._weasyprint = weasyprint
        self._fetcher = BundledOnly(allowed_protocols=("data",), allow_redirects=False)
        self._fonts = FontConfiguration()
        self._sheets: dict[str, list[Any]] = {}
        self._standing = _loaded(STANDING).Standing() if stands else None
        self._types = frozenset(TTFont(FONTS / "NotoSansSC-Regular.ttf", lazy=True).getBestCmap())

    def print(self, order: dict[str, Any]) -> bytes:
        """The PDF of ``order``: ``html``, ``at`` (ISO instant of all its dates), ``attachments``, ``design``.

        The same order gives the same bytes.
        """
        at = datetime.fromisoformat(order["at"])
        attachments = [
            self._weasyprint.Attachment(
                string=base64.b64decode(part["content"]), name=part["name"], description=part["description"],
                created=at, modified=at, relationship=part["relationship"], url_fetcher=self._fetcher,
            )
            # The tree of names in the file has to be in order, and WeasyPrint keeps the order it is given.
            for part in sorted(order["attachments"], key=lambda part: str(part["name"]))
        ]  # fmt: skip
        document = self.laid_out(self.set(order["html"]), order["design"])
        pdf: bytes = document.write_pdf(pdf_variant=VARIANT, attachments=attachments, finisher=spell_once)
        return pdf

    def laid_out(self, html: str, design: str) -> Any:
        """The document, set but not written; of standing type where there is some."""
        how = {"font_config": self._fonts, "stylesheets": self.sheets(design), "pdf_variant": VARIANT}
        if self._standing and design in STANDS:
            return self._standing.laid_out(html, self._fetcher, **how)
        return self._weasyprint.HTML(string=html, url_fetcher=self._fetcher).render(**how)

    def forget(self) -> None:
        """Keep none of the pages that stand."""
        if self._standing:
            self._standing.forget()

    def sheets(self, design: str) -> list[Any]:
        """The style sheets of a design, parsed when first wanted."""
        if design not in self._sheets:
            self._sheets[design] = [
                self._weasyprint.CSS(
                    string=sheet.read_text(), font_config=self._fonts, url_fetcher=self._fetcher
                )
                for sheet in DESIGNS[design]
            ]
        return self._sheets[design]

    def set(self, html: str) -> str:
        """The text in types the typeface holds: ₂ as a small 2, what is missing as 〓, with a note."""
        html = unicodedata.normalize("NFC", html).translate(_SMALL)
        lacking = {c for c in set(html) if ord(c) not in self._types and not c.isspace()}
        if not lacking:
            return html
        marked = html.translate({ord(c): MISSING_TYPE for c in lacking})
        return marked.replace("<body", '<body class="lacks-types"', 1)


def _loaded(file: Path) -> Any:
    """The module in this file: the printer's process knows no package to import it from."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(str(file))
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module  # where its dataclasses look for it
    spec.loader.exec_module(module)
    return module


def spell_once(_document: Any, pdf: Any) -> None:
    """Spell and compress the parts of the file once: its writer would do so twice, the first time for a hash.

    It would also take double the time, at the highest level, to save one byte in a hundred.
    """
    for n, part in enumerate(pdf.objects):
        if getattr(part, "compress", False):
            part.compress = False
            # The part as it would be written: what describes it, a line "stream", the stream, "endstream".
            stream = part.data.split(b"\nstream\n", 1)[1].removesuffix(b"\nendstream")
            part.stream = [zlib.compress(stream, _LEVEL)]
            part.extra["Filter"] = "/FlateDecode"
        elif part.free == "n" and part.compressible:
            pdf.objects[n] = _Spelled(part)
    # What a signature adds to: standing by itself, it is read without unpacking all the others.
    for n in (pdf.catalog.number, pdf.pages.number, *pdf.pages["Kids"][::3]):
        pdf.objects[n].compressible = False


class _Spelled:
    """A part of the file as it is written; what it refers to no longer changes."""

    free = "n"
    generation = 0
    compressible = True

    def __init__(self, part: Any) -> None:
        self.number, self.data, self.indirect = part.number, part.data, part.indirect


def receive(line: socket.socket) -> bytes | None:
    """One message; None at the end of the line."""
    head = _exactly(line, _LENGTH.size)
    return None if head is None else _exactly(line, _LENGTH.unpack(head)[0])


def send(line: socket.socket, body: bytes) -> None:
    line.sendall(_LENGTH.pack(len(body)) + body)


def _exactly(line: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = line.recv(min(count - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


def serve(line: socket.socket) -> None:
    """Print until the line ends. A failed order is answered and forgotten, with all pages that stand."""
    try:
        printer = Printer()
    except (ImportError, OSError) as fault:
        send(line, f"?{fault}".encode())
        return
    send(line, b"!")
    while (body := receive(line)) is not None:
        try:
            answer = b"+" + printer.print(json.loads(body))
        except BaseException as fault:  # WeasyPrint's fatal fetch error is no Exception
            printer.forget()
            answer = f"-{type(fault).__name__}: {fault}"[:500].encode()
        send(line, answer)


if __name__ == "__main__":
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(socket.socket(fileno=int(sys.argv[1])))
