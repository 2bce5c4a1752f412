"""What ISO 19005-3 (PDF/A-3) level A demands of a document, read clause by clause with pypdf.

No validator comes as a package of ours, so the clauses a printed certificate could break are written here;
their numbers are those of ISO 19005-3:2012. Each gives a sentence about what is wrong.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PdfReadError
from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject, IndirectObject, StreamObject

ACTIONS_OUT = {
    "/Launch",
    "/Sound",
    "/Movie",
    "/ResetForm",
    "/ImportData",
    "/JavaScript",
    "/Hide",
    "/SetOCGState",
}
RELATIONSHIPS = {"/Source", "/Data", "/Alternative", "/Supplement", "/Unspecified"}


def faults(pdf: bytes) -> list[str]:
    """Everything in ``pdf`` that PDF/A-3a does not allow; empty when nothing is wrong."""
    reader = PdfReader(BytesIO(pdf))
    root = reader.trailer["/Root"].get_object()
    things = list(_dictionaries(reader))
    return [
        *_file(pdf, reader),
        *_metadata(root),
        *_colour(root),
        *_structure(root),
        *_attachments(root, things),
        *(fault for thing in things for fault in _thing(thing)),
        *(fault for page in reader.pages for fault in _fonts(page)),
    ]


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary of the file, also those that stand inside others."""
    for number in range(1, reader.trailer["/Size"]):
        try:
            yield from _inside(reader.get_object(IndirectObject(number, 0, reader)))
        except PdfReadError:  # a free object
            continue


def _inside(thing: Any) -> Iterator[DictionaryObject]:
    if isinstance(thing, DictionaryObject):
        yield thing
    for part in thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ():
        if not isinstance(part, IndirectObject):
            yield from _inside(part)


def _file(pdf: bytes, reader: PdfReader) -> Iterator[str]:
    if not re.match(rb"%PDF-1\.[4-7]\r?\n%[\x80-\xff]{4}", pdf):
        yield "6.1.2: no header of four bytes above 127 after %PDF-1.n"
    if "/Encrypt" in reader.trailer:
        yield "6.1.3: encrypted"
    if "/ID" not in reader.trailer:
        yield "6.1.3: no file identifier"
    if not pdf.rstrip(b"\r\n").endswith(b"%%EOF"):
        yield "6.1.3: something follows the end"


def _metadata(root: DictionaryObject) -> Iterator[str]:
    if "/Metadata" not in root:
        yield "6.6.2: no XMP metadata"
        return
    stream = root["/Metadata"].get_object()
    said = stream.get_data().decode()
    if not re.search(r"pdfaid:part(=\"|>)3\b", said) or not re.search(r"pdfaid:conformance(=\"|>)A\b", said):
        yield "6.6.4: the metadata do not say PDF/A-3a"


def _colour(root: DictionaryObject) -> Iterator[str]:
    intents = [intent.get_object() for intent in root.get("/OutputIntents", ArrayObject())]
    if not any(i.get("/S") == "/GTS_PDFA1" and "/DestOutputProfile" in i for i in intents):
        yield "6.2.3: no output intent with a colour profile"


def _structure(root: DictionaryObject) -> Iterator[str]:
    if root.get("/MarkInfo", DictionaryObject()).get_object().get("/Marked") != BooleanObject(True):
        yield "6.7.2.2: not marked as tagged"
    if "/StructTreeRoot" not in root:
        yield "6.7.3.3: no structure tree"
    if not root.get("/Lang"):
        yield "6.7.4: no language"
    if "/AA" in root:
        yield "6.5.2: the document starts actions of its own"


def _attachments(root: DictionaryObject, things: list[DictionaryObject]) -> Iterator[str]:
    specifications = [thing for thing in things if thing.get("/Type") == "/Filespec"]
    associated = {ref.idnum for ref in root.get("/AF", ArrayObject()) if isinstance(ref, IndirectObject)}
    if len(associated) < len(specifications):
        yield "6.8: an embedded file is not associated with the document"
    for each in specifications:
        if not each.get("/F") or not each.get("/UF"):
            yield "6.8: an embedded file without both of its names"
        if each.get("/AFRelationship") not in RELATIONSHIPS:
            yield "6.8: an embedded file without a relationship"
        if not each["/EF"].get_object()["/F"].get_object().get("/Subtype"):
            yield "6.8: an embedded file without a media type"


def _thing(thing: DictionaryObject) -> Iterator[str]:
    if thing.get("/S") in ACTIONS_OUT:
        yield f"6.5.1: action {thing['/S']}"
    if "/LZWDecode" in str(thing.get("/Filter", "")):
        yield "6.1.7.2: LZW compression"
    if isinstance(thing, StreamObject) and "/F" in thing and thing.get("/Type") != "/EmbeddedFile":
        yield "6.1.7.1: a stream that lies in another file"
    if (
        thing.get("/Type") == "/Annot"
        and thing.get("/Subtype") == "/Link"
        and not int(thing.get("/F", 0)) & 4
    ):
        yield "6.3.2: an annotation that is not printed"
    if thing.get("/Interpolate") == BooleanObject(True):
        yield "6.2.8.1: an interpolated image"


def _fonts(page: Any) -> Iterator[str]:
    for name, reference in page["/Resources"].get("/Font", DictionaryObject()).items():
        font = reference.get_object()
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        descriptor = inner.get("/FontDescriptor", DictionaryObject()).get_object()
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
            yield f"6.2.11.4: font {name} is not embedded"
        if "/ToUnicode" not in font:
            yield f"6.2.11.7.2: font {name} does not say what its glyphs mean"
