"""The portal with several workers, up at once, on either database."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil
import pytest

from tests.server import LiveServer

WARM = "tests.races.warm:create_app"


class NursedServer(LiveServer):
    """Server and background worker, started again when they die. ``program`` makes the application."""

    def __init__(
        self, database_url: str, instance: Path, *, workers: int = 4, program: str = "app:create_app",
        background: bool = True, **environment: str,
    ) -> None:  # fmt: skip
        super().__init__(database_url, instance, workers=workers, **environment)
        self.program = program
        self.background = background

    def __enter__(self) -> Self:
        self.instance.mkdir(parents=True, exist_ok=True)
        server = (
            "granian", "--interface", "wsgi", "--factory", WARM, "--no-ws", "--host", "127.0.0.1",
            "--port", str(self.port), "--workers", str(self.workers), "--respawn-failed-workers",
            "--workers-kill-timeout", "1",
        )  # fmt: skip
        worker = ("--", "flask", "--app", WARM, "worker") if self.background else ()
        self._run("tests.races.nursery", str(self.instance), self.program, "--", *server, *worker)
        self.wait_until_ready()
        return self

    def pid_of(self, module: str) -> int | None:
        """``granian`` is the server's supervisor, ``flask`` the background worker."""
        with suppress(OSError, ValueError):
            return int((self.instance / f"{module}.pid").read_text())
        return None

    def worker_pids(self) -> list[int]:
        """The server's worker processes, the youngest last."""
        supervisor = self.pid_of("granian")
        if supervisor is None:
            return []
        with suppress(psutil.NoSuchProcess):
            children = psutil.Process(supervisor).children()
            return [child.pid for child in sorted(children, key=lambda child: child.create_time())]
        return []


@pytest.fixture
def nursed(tmp_path: Path) -> Iterator[Callable[..., NursedServer]]:
    """Starts the real server: ``nursed(url, workers=4, STRIPE_SECRET_KEY=…)``."""
    running: list[NursedServer] = []

    def start(database_url: str, **options: object) -> NursedServer:
        server = NursedServer(database_url, tmp_path, **options)  # type: ignore[arg-type]
        running.append(server)
        return server.__enter__()

    yield start
    for server in reversed(running):
        server.stop()
