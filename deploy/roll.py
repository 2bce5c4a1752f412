#!/usr/bin/env python3
"""Restart the web processes behind nginx one after the other, so that no visitor notices.

    deploy/roll.py /etc/nginx/servers.conf

For each line of the file: nginx is told to send nothing more there, what is under way is waited for, the
process is restarted and asked until it answers, and nginx is told to use it again. Stops at the first process
that does not come back, while the others go on serving. Needs nothing but Python's standard library.
"""

import argparse
import re
import shlex
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ESTABLISHED = "01"  # as /proc/net/tcp says it


def main() -> int:
    asked = parser().parse_args()
    for address in re.findall(r"^\s*server ([^\s;]+)", asked.servers.read_text(), re.MULTILINE):
        name, _, port = address.rpartition(":")
        _mark(asked, address, is_down=True)
        time.sleep(asked.pause)
        _wait(lambda port=port: not _connections(int(port)), asked.patience)
        _run(asked.restart, name=name, port=port)
        if not _wait(lambda address=address: _is_well(asked.health, address), asked.patience):
            print(f"{address} does not come back; the others go on.", file=sys.stderr)
            return 1
        _mark(asked, address, is_down=False)
        print(f"{address} restarted")
    return 0


def parser() -> argparse.ArgumentParser:
    """What it takes."""
    said = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    said.add_argument("servers", type=Path, help="the file that nginx.conf includes")
    said.add_argument("--reload", default="nginx -s reload", help="how nginx is told")
    said.add_argument(
        "--restart", default="systemctl restart portal-web@{port}", help="with {name} and {port} of the line"
    )
    said.add_argument("--health", default="http://{address}/healthz", help="what is asked until it answers")
    said.add_argument("--pause", type=float, default=2, help="seconds until nginx has heard it for certain")
    said.add_argument("--patience", type=float, default=90, help="seconds that one step may take")
    return said


def _mark(asked: argparse.Namespace, address: str, *, is_down: bool) -> None:
    lines = asked.servers.read_text().splitlines()
    for n, line in enumerate(lines):
        if line.split()[:2] in (["server", address], ["server", f"{address};"]):
            lines[n] = line.replace(" down;", ";").replace(";", " down;" if is_down else ";")
    asked.servers.write_text("\n".join(lines) + "\n")
    _run(asked.reload)


def _run(command: str, **about: str) -> None:
    subprocess.run([part.format(**about) for part in shlex.split(command)], check=True)  # noqa: S603


def _connections(port: int) -> int:
    """How many connections of this machine lead to that port."""
    found = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:] if Path(table).exists() else ():
            _, _here, there, state, *_ = line.split()
            found += state == ESTABLISHED and int(there.rsplit(":", 1)[1], 16) == port
    return found


def _is_well(health: str, address: str) -> bool:
    try:
        with urllib.request.urlopen(health.format(address=address), timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def _wait(is_so, seconds: float) -> bool:  # type: ignore[no-untyped-def]
    until = time.monotonic() + seconds
    while not (so := is_so()) and time.monotonic() < until:
        time.sleep(0.2)
    return bool(so)


if __name__ == "__main__":
    sys.exit(main())
