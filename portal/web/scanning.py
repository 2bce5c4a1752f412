"""What others hand in is shown to a virus scanner before any page reads it, where the operator runs one.

clamd is told by INSTREAM (its manual, "COMMANDS"): each file goes to its socket in pieces and nothing is
written on the way. What it does not call clean is refused, also while it says nothing.
"""

import socket
import struct
from collections.abc import Iterator
from itertools import chain
from typing import IO, Final

import structlog
from flask import Flask, request

from portal.db import assert_no_transaction
from portal.kernel.errors import N_, InvalidInput, Unavailable

SECONDS: Final = 20.0  # for 20 MiB on a small machine
_PIECE: Final = 64 * 1024
log = structlog.get_logger("web")


class Infected(InvalidInput):
    message = N_(
        "The virus scanner found malware in the file “%(name)s”, so nothing of this form was taken. "
        "Please scan the device it comes from, and send the form again with a clean file."
    )


class NotScanned(Unavailable):
    message = N_(
        "Files are checked for viruses, and the scanner does not answer. Nothing was taken. Please send the "
        "form again in a few minutes."
    )


def install(app: Flask) -> None:
    """Nothing where no scanner is named."""
    place: str = app.config["PORTAL"].scanner
    if not place:
        return

    @app.before_request
    def scan_files() -> None:
        for upload in chain.from_iterable(request.files.listvalues()):
            if threat := threat_in(upload.stream, place):
                log.warning("infected", threat=threat, path=request.path)
                raise Infected(name=(upload.filename or "")[:120])
            upload.stream.seek(0)


def threat_in(file: IO[bytes], place: str, seconds: float = SECONDS) -> str:
    """What the scanner calls it; empty for a clean file. Raises NotScanned.

    ``place``: a path, or a host and port. ``seconds``: how long it may say nothing.
    """
    assert_no_transaction()
    try:
        with _connected(place, seconds) as scanner:
            try:
                _hand_over(file, scanner)
            except ConnectionError as fault:  # one that has had enough says so and hangs up
                raise ConnectionError(_answer(scanner)[:200]) from fault
            answer = _answer(scanner)
    except OSError as fault:
        log.error("not scanned", fault=str(fault))
        raise NotScanned() from fault
    if answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    if answer != "stream: OK":
        log.error("not scanned", answer=answer[:200])
        raise NotScanned()
    return ""


def _connected(place: str, seconds: float) -> socket.socket:
    if place.startswith("/"):
        scanner = socket.socket(socket.AF_UNIX)
        scanner.settimeout(seconds)
        scanner.connect(place)
        return scanner
    host, _colon, port = place.rpartition(":")
    return socket.create_connection((host, int(port)), seconds)


def _hand_over(file: IO[bytes], scanner: socket.socket) -> None:
    scanner.sendall(b"zINSTREAM\0")
    for piece in _pieces(file):
        scanner.sendall(struct.pack(">I", len(piece)) + piece)
    scanner.sendall(struct.pack(">I", 0))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(_PIECE), b"")


def _answer(scanner: socket.socket) -> str:
    told = b""
    while not told.endswith(b"\0") and (more := scanner.recv(4096)):
        told += more
        if len(told) > _PIECE:
            break
    return told.rstrip(b"\0\n").decode(errors="replace")
