"""The commands people type: ./run says what it does, serves the demonstration, and stops when asked."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from portal.config import ROOT
from tests.patience import PATIENCE
from tests.server import free_port


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [ROOT / "run", *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def test_help_names_every_command():
    done = run("help")
    assert done.returncode == 0
    assert all(f"./run {command}" in done.stdout for command in ("demo", "test", "check", "bench", "help"))


def test_an_unknown_command_is_refused_with_the_list():
    done = run("fly")
    assert done.returncode == 2
    assert "./run demo" in done.stderr


def test_it_is_plain_posix_shell():
    assert subprocess.run(["dash", "-n", ROOT / "run"], check=False).returncode == 0


def test_the_demonstration_starts_answers_and_stops_on_ctrl_c(tmp_path: Path):
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "INSTANCE_DIR": str(tmp_path / "instance")}
    environment.pop("DATABASE_URL", None)
    with open(tmp_path / "log", "w+") as log:
        # In a process group of its own, so that the signal below reaches whom Ctrl-C would reach.
        demo = subprocess.Popen(
            [ROOT / "run", "demo"], env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            status = first_answer(f"http://127.0.0.1:{port}/en/", demo, seconds=PATIENCE)
            family = psutil.Process(demo.pid).children(recursive=True) if status else []
            demo.poll() is None and os.killpg(demo.pid, signal.SIGINT)
            code = demo.wait(PATIENCE)
        finally:
            demo.poll() is None and os.killpg(demo.pid, signal.SIGKILL)
        said = (tmp_path / "log").read_text()
    assert status == 200, said
    assert code == 0, said
    assert "citizen@demo.example" in said
    assert [child for child in family if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []


def first_answer(url: str, server: "subprocess.Popen[bytes]", seconds: float) -> int:
    """Status of the first answer, or 0 when the server ends or stays silent."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE / 2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as fault:
            return fault.code
        except OSError:
            time.sleep(0.1)
    return 0
