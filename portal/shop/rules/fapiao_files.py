"""The file of a fapiao as the tax office's system gives it out: PDF, OFD (GB/T 33190) or XML."""

import io
import zipfile
from typing import Final
from xml.parsers import expat

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

MOST_BYTES: Final = 2 * 1024 * 1024
_MOST_UNPACKED: Final = 20 * MOST_BYTES
_MOST_PARTS: Final = 1_000


class FapiaoFileNotAccepted(InvalidInput):
    message = N_("Give the fapiao as PDF, OFD or XML, of at most 2 MB, as the tax office’s system made it.")


class FapiaoNotOut(Refused):
    message = N_("There is no file before the fapiao is issued.")


class FapiaoFileKnown(Refused):
    message = N_("This very file is attached already.")


class NoSuchFapiaoFile(NotFound):
    message = N_("We could not find what you asked for.")


def kind_of(data: bytes) -> str:
    """``pdf``, ``ofd`` or ``xml``, told by what is in it. Raises FapiaoFileNotAccepted."""
    if not 0 < len(data) <= MOST_BYTES:
        raise FapiaoFileNotAccepted()
    for kind, is_one in (("pdf", _is_pdf), ("ofd", _is_ofd), ("xml", _is_xml)):
        if is_one(data):
            return kind
    raise FapiaoFileNotAccepted()


def _is_pdf(data: bytes) -> bool:
    return data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:]


def _is_ofd(data: bytes) -> bool:
    """A ZIP with the document's root, that unpacks to no more than a fapiao can be."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    is_small = len(parts) <= _MOST_PARTS and sum(part.file_size for part in parts) <= _MOST_UNPACKED
    return is_small and any(part.filename == "OFD.xml" for part in parts)


def _is_xml(data: bytes) -> bool:
    """Well-formed, and no document type: what has one could name files and grow without end.

    What a browser would take for a page or a drawing is none.
    """
    roots: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, _attributes: roots.append(name.rpartition(":")[2].lower())
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, FapiaoFileNotAccepted, LookupError, ValueError):  # the last two: encodings
        return False
    return roots[0] not in ("html", "svg") and "script" not in roots


def _refuse(*_: object) -> None:
    raise FapiaoFileNotAccepted()
