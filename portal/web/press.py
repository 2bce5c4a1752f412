"""The press: one printer process, kept running within a limit of time and memory, replaced when it fails.

Why a process of its own: text of users is laid out there. Whatever it manages to do, it does without
our database, keys and environment, within ten seconds and one gigabyte, and others are not affected.
"""

import atexit
import base64
import ctypes.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from portal.db import assert_no_transaction
from portal.kernel.errors import N_, Unavailable
from portal.web.pdf import CERTIFICATE, FONTS, receive, send

SECONDS: Final = 10.0
MEMORY: Final = 1 << 30
APT_LINE: Final = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
PRINTER: Final = (sys.executable, "-I", str(Path(__file__).with_name("pdf.py")))


class NoPango(Unavailable):
    message = N_("PDF needs the Pango library, which is missing on this machine. To install it: %(line)s")

    def __init__(self) -> None:
        super().__init__(line=APT_LINE)


class PrintingFailed(Unavailable):
    message = N_("The document could not be printed: %(why)s")


class PrintingTookTooLong(Unavailable):
    message = N_("The document could not be printed within %(seconds)s seconds.")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF. ``relationship`` as PDF/A-3 names it: Data, Source, Supplement …"""

    name: str
    description: str
    content: bytes
    relationship: str = "Data"


class Press:
    """One printer process, started when first needed. Safe to share between threads."""

    def __init__(
        self, seconds: float = SECONDS, memory: int = MEMORY, printer: Sequence[str] = PRINTER
    ) -> None:
        self._seconds = seconds
        self._memory = memory
        self._command = tuple(printer)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._starter = 0

    def print(
        self,
        html: str,
        at: datetime,
        attachments: Sequence[Attachment] = (),
        design: str = CERTIFICATE,
        seconds: float | None = None,
    ) -> bytes:
        """The PDF/A-3a of this HTML, all its dates being ``at``; the same order gives the same bytes.

        ``design`` names the style sheets of pdf.DESIGNS; ``seconds`` allows a long document more than usual.

        Raises NoPango, PrintingTookTooLong, PrintingFailed. The printer that failed is ended, the next
        order gets a fresh one.
        """
        assert_no_transaction()
        order = json.dumps(
            {
                "html": html,
                "at": at.isoformat(),
                "design": design,
                "attachments": [
                    {
                        "name": part.name,
                        "description": part.description,
                        "relationship": part.relationship,
                        "content": base64.b64encode(part.content).decode(),
                    }
                    for part in attachments
                ],
            }
        )
        with self._lock:
            answer = self._ask(order.encode(), seconds or self._seconds)
        if not answer.startswith(b"+"):
            raise PrintingFailed(why=answer[1:].decode("utf-8", "replace"))
        return answer[1:]

    @property
    def pid(self) -> int | None:
        """The printer's process id, while it lives."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def close(self) -> None:
        """End the printer."""
        if self._process and self._starter == os.getpid():
            self._process.kill()
            self._process.wait()
        if self._line:
            self._line.close()
        self._process = self._line = None

    def _ask(self, order: bytes, seconds: float) -> bytes:
        # That is for all of it, a fresh printer's start included.
        deadline = time.monotonic() + seconds
        try:
            if self.pid is None or self._starter != os.getpid():
                self._start(deadline)
            answer = self._tell(order, deadline)
        except TimeoutError:
            self.close()
            raise PrintingTookTooLong(seconds=round(seconds)) from None
        except OSError as fault:
            self.close()
            raise PrintingFailed(why=str(fault)) from None
        except NoPango:
            self.close()
            raise
        if answer is None:
            self.close()
            raise PrintingFailed(why="the printer stopped")
        return answer

    def _tell(self, order: bytes, deadline: float) -> bytes | None:
        if self._line is None:
            return None
        self._line.settimeout(_left(deadline))
        send(self._line, order)
        return _before(deadline, self._line)

    def _start(self, deadline: float) -> None:
        self.close()
        self._line, far = socket.socketpair()
        self._starter = os.getpid()
        # Nothing of our environment crosses over. What goes wrong comes back as an answer; the rest is
        # fontconfig's wish for a cache of two files.
        environment = {"FONTCONFIG_FILE": str(FONTS / "fonts.conf"), "LC_ALL": "C.UTF-8"}
        with far:
            self._process = subprocess.Popen(  # noqa: S603 - our own file, two numbers
                [*self._command, str(far.fileno()), str(self._memory)],
                pass_fds=[far.fileno()], env=environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        greeting = _before(deadline, self._line)
        if greeting is None or not greeting.startswith(b"!"):
            raise (
                NoPango() if greeting and greeting.startswith(b"?") else OSError("the printer did not start")
            )


def _before(deadline: float, line: socket.socket) -> bytes | None:
    """The next message, waiting no longer than until the deadline for each part of it."""
    line.settimeout(_left(deadline))
    return receive(line)


def _left(deadline: float) -> float:
    """Seconds until the deadline; never zero, which would mean not waiting at all."""
    return max(0.001, deadline - time.monotonic())


@cache
def has_pango() -> bool:
    """Whether this machine can print, asked without loading anything."""
    return all(ctypes.util.find_library(name) for name in ("pango-1.0", "pangoft2-1.0"))


@cache
def shared() -> Press:
    """This process's press."""
    press = Press()
    atexit.register(press.close)
    return press
