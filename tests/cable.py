"""What lies between a portal and its database, and what may happen to it: cut, dead or mute, and mended.

A dead cable is a network that drops packets without a word. It is made by a filter of the kernel's on the
sockets of one end, which drops what comes in before TCP has seen it, so that nothing is acknowledged.
"""

import ctypes
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_ATTACH, _DETACH = 26, 27  # SO_ATTACH_FILTER, SO_DETACH_FILTER of Linux
_DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))  # one instruction: keep 0 bytes
_FILTER = struct.pack("HL", 1, ctypes.addressof(_DROP_ALL))


class Cable:
    """Passes on what is sent to a port of this machine to a socket in ``folder``, and what is answered."""

    def __init__(self, folder: Path | str) -> None:
        self._server = str(Path(folder) / ".s.PGSQL.5432")
        self._ends: list[socket.socket] = []
        self._passes = threading.Event()
        self._passes.set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._open, args=(self._door,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._passes.set()
        self._hang_up()

    def url(self, name: str = "portal") -> str:
        return f"postgresql://portal@127.0.0.1:{self.port}/{name}"

    @contextmanager
    def dead(self) -> Iterator[None]:
        """Packets are dropped: nobody is let in, nothing that is sent is acknowledged."""
        ends = [self._door, *self._ends]
        for end in ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, _ATTACH, _FILTER)
        yield
        for end in ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, _DETACH, 0)

    @contextmanager
    def mute(self) -> Iterator[None]:
        """Everything is taken and acknowledged, and nothing is answered, as by a server whose disk hangs."""
        self._passes.clear()
        yield
        self._passes.set()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Every connection is reset, and the next one refused."""
        self._hang_up()
        yield
        self._door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._open, args=(self._door,), daemon=True).start()

    def _open(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self._server)
            except OSError:
                near.close()
                far.close()
                continue
            self._ends.append(near)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self._passes.wait()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        for end in (self._door, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()
