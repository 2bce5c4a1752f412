"""The portal as it ships: granian with its worker processes, and the background worker, on loopback."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Self

import psutil

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent


class LiveServer:
    """A running portal. ``url`` is where it answers; ``log`` holds what it said."""

    def __init__(self, database_url: str, instance: Path, *, workers: int = 1, **environment: str) -> None:
        self.database_url = database_url
        self.instance = instance
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.workers = workers
        self.log = instance / f"server-{self.port}.log"
        self.environment = {
            **os.environ,
            "PORTAL_ENV": "demo",
            "DATABASE_URL": database_url,
            "INSTANCE_DIR": str(instance),
            "BASE_URL": self.url,
            **environment,
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.instance.mkdir(parents=True, exist_ok=True)
        # One second to end: a worker that still starts hears nothing, and by then its test is over.
        self._run(
            "granian", "--interface", "wsgi", "--factory", "app:create_app", "--no-ws",
            "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", str(self.workers), "--respawn-failed-workers", "--workers-kill-timeout", "1",
        )  # fmt: skip
        self.wait_until_ready()
        return self

    def __exit__(self, *_fault: object) -> None:
        self.stop()

    def start_worker(self) -> "subprocess.Popen[bytes]":
        """Start a background worker beside the server; it ends with it."""
        return self._run("flask", "--app", "app", "worker")

    def flask(self, *arguments: str, expect: int = 0) -> str:
        """Run a ``flask --app app`` command against the same database and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == expect, f"{arguments} exited {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def worker_pids(self) -> list[int]:
        """The server's own worker processes (not the supervisor)."""
        supervisor = psutil.Process(self._processes[0].pid)
        return [child.pid for child in supervisor.children(recursive=True) if "python" in child.name().lower()
                or "granian" in child.name().lower()]  # fmt: skip

    def kill_a_worker(self, random: Random) -> int | None:
        """``kill -9`` one server worker, as a crash would; the supervisor starts another."""
        pids = self.worker_pids()
        if not pids:
            return None
        victim = random.choice(pids)
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return None
        return victim

    def wait_until_ready(self, path: str = "/healthz", seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._processes[0].poll() is not None:
                break
            try:
                # Long enough for the first answer of a busy machine: who gives up and asks anew waits longer.
                with urllib.request.urlopen(self.url + path, timeout=PATIENCE / 2):
                    return
            except urllib.error.HTTPError:
                return  # it answers; whether well is for the test to say
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> None:
        """Ask every process to end, the newest first, and insist after ten seconds."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                _end_tree(process)
        self._processes.clear()

    def _run(self, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # Ctrl-C in the tests ends it through stop(), once
            )  # fmt: skip
        self._processes.append(process)
        return process


def free_port() -> int:
    """A port that nobody listens on, below those that the kernel lends to outgoing connections.

    Whoever asks a server that has not started yet could else be lent its port, and be answered by himself.
    """
    while True:
        port = 12_000 + secrets.randbelow(20_000)  # not by ``random``: every worker is seeded alike
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _end_tree(process: "subprocess.Popen[bytes]") -> None:
    for child in psutil.Process(process.pid).children(recursive=True):
        child.kill()
    process.kill()
    process.wait()
