"""Reading what was printed: text, fonts, attachments and pages of a PDF."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from portal.web import press
from tests.conftest import missing


def needs_pango() -> None:
    if not press.has_pango():
        missing(f"Pango ({press.APT_LINE})")


needs_press = pytest.fixture(needs_pango)


def words_of(pdf: bytes) -> str:
    return " ".join("\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def fonts_of(pdf: bytes) -> dict[str, bool]:
    """Fonts by name, and whether the file of each is embedded."""
    found: dict[str, bool] = {}
    for page in PdfReader(BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor: DictionaryObject = descendant["/FontDescriptor"].get_object()
            found[str(descriptor["/FontName"])] = "/FontFile2" in descriptor
    return found


def files_in(pdf: bytes) -> dict[str, bytes]:
    return {name: contents[0] for name, contents in PdfReader(BytesIO(pdf)).attachments.items()}


def pages_of(pdf: bytes) -> int:
    return len(PdfReader(BytesIO(pdf)).pages)


def embedded_bytes(pdf: bytes) -> bytes:
    """Every stream of the PDF, unpacked: where a file that was read would have to show."""
    reader = PdfReader(BytesIO(pdf))
    parts = []
    for number in range(1, reader.trailer["/Size"]):
        try:
            thing = reader.get_object(number)
        except Exception:  # a free object
            continue
        if hasattr(thing, "get_data"):
            parts.append(thing.get_data())
    return b"\n".join([pdf, *parts])
