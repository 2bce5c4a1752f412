"""The printer: HTML, or a form and its facts, in; PDF/A-3a out. The one module with WeasyPrint and Typst.

It is run as a process of its own (see press.py): it loads nothing else of the portal, is given no
environment, and can fetch nothing but the pictures named here and ``data:``. One font configuration
and style sheets parsed once serve the whole life of the process: a new one each time was measured to
grow memory from 95 to 328 MB in 200 certificates.

Papers of which there is one at a time are HTML, which everybody can write (WeasyPrint). Papers that come in
hundreds are forms, set by Typst in a tenth of the time. Each of the two is loaded when first wanted.

Called as ``python -I pdf.py <socket> <memory limit in bytes>``. Messages on the socket are a 4-byte length
and a body. Orders are JSON; answers begin with one byte: ``+`` and the PDF, ``-`` and what went wrong,
``?`` and why WeasyPrint cannot be loaded, ``!`` when ready.
"""

import base64
import json
import logging
import resource
import socket
import struct
import sys
import unicodedata
import zlib
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final, cast

ROOT: Final = Path(__file__).resolve().parents[2]
STATIC: Final = ROOT / "static"
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
    FOOTPRINT: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-footprint.css"),
    GIFT: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-gift.css"),
    STATEMENT: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-statement.css"),
    PAPER: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-paper.css"),
    CLASSROOM: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-classroom.css"),
    REPORT: (STATIC / "css" / "document.css", STATIC / "css" / "pdf-report.css"),
}
# Forms by the kind of paper, for Typst.
FORMS: Final = {CERTIFICATE: ROOT / "templates" / "certificates/pdf_certificate.typ"}
# Pictures a document may show, by the address it uses; there is no other way to a file.
PICTURES: Final = {
    f"bundled:{name}": STATIC / "img" / name
    for name in ("logo.svg", "type-arr.svg", "type-ifm.svg", "type-redd.svg")
}
MISSING_TYPE: Final = "〓"  # the printer's mark for a type the case does not hold
_LEVEL: Final = 6  # of zlib
_LENGTH: Final = struct.Struct(">I")


class Printer:
    """WeasyPrint, our typefaces and style sheets, loaded once. OSError or ImportError without Pango."""

    def __init__(self) -> None:
        # Imported here, not above: without Pango the import itself fails, and that is to be answered.
        import weasyprint
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
        html = self._weasyprint.HTML(string=self.set(order["html"]), url_fetcher=self._fetcher)
        pdf: bytes = html.write_pdf(
            stylesheets=self.sheets(order["design"]),
            font_config=self._fonts,
            pdf_variant="pdf/a-3a",
            attachments=attachments,
            finisher=compress_once,
        )
        return pdf

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
        html, lacks_types = in_types(html.replace("₂", "<sub>2</sub>"))
        return html.replace("<body", '<body class="lacks-types"', 1) if lacks_types else html


class Typesetter:
    """Typst with our typefaces, loaded once. ImportError without it.

    A form is a file of ours; what differs from paper to paper comes beside it as facts, which are text
    wherever they stand. A form may open the pictures of static/img and no other file, and imports nothing.
    """

    def __init__(self) -> None:
        import pikepdf
        import typst

        self._pikepdf = pikepdf
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
        self._compiler = typst.Compiler(root=STATIC / "img", font_paths=fonts)
        self._forms = {name: file.read_bytes() for name, file in FORMS.items()}

    def print(self, order: dict[str, Any]) -> bytes:
        """The PDF of ``order``: ``form``, ``facts`` for it, ``at`` and ``attachments`` (texts) as for HTML.

        The same order gives the same bytes. CO₂ is left to the form; what the typeface lacks is marked here.
        """
        files = [
            {
                "name": part["name"],
                "description": part["description"],
                "relationship": part["relationship"].lower(),
                "mime_type": "application/json" if part["name"].endswith(".json") else "text/plain",
                "content": base64.b64decode(part["content"]).decode(),
            }
            for part in order["attachments"]
        ]
        facts, lacks_types = in_types(json.dumps(order["facts"], ensure_ascii=False), besides="₂")
        told = {"facts": json.loads(facts), "files": files, "lacks_types": lacks_types}
        pdf = self._compiler.compile(
            self._forms[order["form"]],
            format="pdf",
            sys_inputs={"order": json.dumps(told, ensure_ascii=False)},
            pdf_standards="a-3a",
            timestamp=datetime.fromisoformat(order["at"]),
        )
        return self._packed(cast(bytes, pdf))

    def _packed(self, pdf: bytes) -> bytes:
        """The same document with its many small parts compressed together: a tenth less for poor networks."""
        packed = BytesIO()
        together = self._pikepdf.ObjectStreamMode.generate
        with self._pikepdf.open(BytesIO(pdf)) as document:
            document.save(packed, object_stream_mode=together, deterministic_id=True)
        return packed.getvalue()


def in_types(text: str, besides: str = "") -> tuple[str, bool]:
    """The text with 〓 for what the typeface lacks, and whether there was any."""
    text = unicodedata.normalize("NFC", text)
    held = types()
    lacking = {c for c in set(text) if ord(c) not in held and not c.isspace() and c not in besides}
    return text.translate({ord(c): MISSING_TYPE for c in lacking}), bool(lacking)


@cache
def types() -> frozenset[int]:
    """The characters that the typeface holds."""
    from fontTools.ttLib import TTFont

    return frozenset(TTFont(FONTS / "NotoSansSC-Regular.ttf", lazy=True).getBestCmap())


def compress_once(_document: Any, pdf: Any) -> None:
    """Compress the parts of the file once: its writer would do so twice, the first time for their hash.

    It would also take double the time, at the highest level, to save one byte in a hundred.
    """
    for part in pdf.objects:
        if getattr(part, "compress", False):
            part.compress = False
            # The part as it would be written: what describes it, a line "stream", the stream, "endstream".
            stream = part.data.split(b"\nstream\n", 1)[1].removesuffix(b"\nendstream")
            part.stream = [zlib.compress(stream, _LEVEL)]
            part.extra["Filter"] = "/FlateDecode"


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
    """Print until the line ends. A failed order is answered and forgotten."""
    send(line, b"!")
    while (body := receive(line)) is not None:
        send(line, answer(body))


def answer(body: bytes) -> bytes:
    """What is said to one order."""
    try:
        order = json.loads(body)
        if "form" in order:
            return b"+" + typesetter().print(order)
        try:
            ready = printer()
        except (ImportError, OSError) as fault:
            return f"?{fault}".encode()
        return b"+" + ready.print(order)
    except BaseException as fault:  # WeasyPrint's fatal fetch error is no Exception
        return f"-{type(fault).__name__}: {fault}"[:500].encode()


printer: Final = cache(Printer)
typesetter: Final = cache(Typesetter)


if __name__ == "__main__":
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(socket.socket(fileno=int(sys.argv[1])))
