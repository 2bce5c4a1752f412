"""PostgreSQL servers that a test may kill: a primary of its own, and a replica that streams from it."""

import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from tests import postgres
from tests.cable import Cable
from tests.patience import PATIENCE


class Database:
    """A server on a socket of its own. Its files lie in ``folder``, which it owns.

    ``cable`` is what a portal reaches it by.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.mkdir(parents=True)
        folder.chmod(0o755)  # the portal may be another user
        self.folder = folder
        self.run_as = postgres.server_user(folder)
        found = postgres.find_binaries()
        assert found, "PostgreSQL"
        self.binaries = postgres.readable(found, folder, self.run_as)
        self.settings = {
            "listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off",
            "max_connections": "100", "max_wal_size": "128MB",
        } | settings  # fmt: skip
        self.cable = Cable(folder)
        self._server: subprocess.Popen[bytes] | None = None

    def made(self) -> Self:
        """Empty, and its own."""
        self._tool("initdb", "-D", "data", "--username=portal", "--auth=trust", "--encoding=UTF8",
                   "--locale=C", "--no-instructions")  # fmt: skip
        return self

    def do(self, line: str) -> None:
        """One of PostgreSQL's own commands as an operator types it, about the server in this folder."""
        name, *arguments = shlex.split(line)
        self._tool(name, *arguments)

    def copied(self, primary: "Database") -> Self:
        """A replica, made as the runbook says it, of whatever was here before."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        self._tool("pg_basebackup", "-D", "data", "-R", "-X", "stream", "-c", "fast", "-d",
                   f"host={primary.folder} user=portal")  # fmt: skip
        return self

    def url(self, name: str = "portal") -> str:
        return f"postgresql://portal@/{name}?host={self.folder}"

    def start(self) -> None:
        with open(self.folder / "log", "ab") as log:
            self._server = subprocess.Popen(
                [self.binaries / "postgres", "-D", "data", *(f"--{k}={v}" for k, v in self.settings.items())],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                **self.run_as,
            )  # fmt: skip
        url = self.url("postgres")
        postgres.wait_until(lambda: postgres.answers(url), self._server, self.folder / "log")

    def kill(self) -> None:
        """``kill -9`` of the server and of everything that it has started, as a power cut would."""
        assert self._server
        family = [psutil.Process(self._server.pid), *psutil.Process(self._server.pid).children()]
        for process in family:
            process.kill()
        psutil.wait_procs(family[1:], PATIENCE)
        self._server.wait(PATIENCE)

    def stop(self) -> None:
        if self._server and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)  # clients are cut off
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def ask(self, statement: str, name: str = "portal") -> Any:
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchone() if found.description else None

    def _tool(self, name: str, *arguments: str) -> None:
        tool = self.binaries / name
        subprocess.run([tool, *arguments], check=True, cwd=self.folder, capture_output=True,
                       env=os.environ | {"PGAPPNAME": name}, **self.run_as)  # fmt: skip
