"""A portal on several machines, all of them this one: two servers, Redis, nginx, two web processes, a worker.

What runs is what ships: deploy/nginx.conf with its ports and paths put in, granian, ``flask worker``. A
supervisor starts again what ends, as systemd does.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import migrate
from tests.factories.chaos import Bank
from tests.machines.databases import Database
from tests.patience import PATIENCE
from tests.races.visitors import Visitor
from tests.server import ROOT, free_port

DEPLOY = ROOT / "deploy"
RESTART = """#!/bin/sh
pid=$(cat {folder}/$1.pid)
kill -TERM $pid
while kill -0 $pid 2>/dev/null; do sleep 0.1; done
"""


class Supervised:
    """A process that is started again when it ends, until it is told to stop. ``log`` holds what it said.

    PostgreSQL knows its connections by ``name``.
    """

    def __init__(self, name: str, folder: Path, command: list[str], environment: dict[str, str]) -> None:
        self.name, self.command, self.environment = name, command, environment
        self.log, self.pid_file = folder / f"{name}.log", folder / f"{name}.pid"
        self.start()

    def start(self) -> None:
        """For the first time, or again after ``stop``."""
        self.is_over = threading.Event()
        self.process = self._start()
        threading.Thread(target=self._look_after, args=(self.is_over,), daemon=True).start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment | {"PGAPPNAME": self.name},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.pid_file.write_text(str(process.pid))
        return process

    def _look_after(self, is_over: threading.Event) -> None:
        while not is_over.is_set():
            self.process.wait()
            if not is_over.wait(0.2):
                self.process = self._start()

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        self.is_over.set()
        for word, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 15)):
            try:
                os.killpg(self.process.pid, word)
                self.process.wait(patience)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


class Site:
    """``url`` is what people type; ``ports`` are those of the two web processes behind it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o755)
        self.port, self.redis_port = free_port(), free_port()
        self.ports = (free_port(), free_port())
        self.url = f"https://127.0.0.1:{self.port}"
        self.certificate = folder / "tls" / "fullchain.pem"
        self.variables = folder / "portal.env"  # where the databases are: an operator may change it
        self.web: dict[int, Supervised] = {}
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_fault: object) -> None:
        self.stop()

    def _start(self) -> None:
        make_certificate(self.certificate.parent)
        self.primary = Database(self.folder / "primary").made()
        self._ending.callback(self.primary.stop)
        self.primary.start()
        self.primary.ask("CREATE DATABASE portal", "postgres")
        migrate(self.primary.url().replace("postgresql:", "postgresql+psycopg:"))
        self.replica = Database(self.folder / "replica").copied(self.primary)
        self._ending.callback(self.replica.stop)
        self.replica.start()
        # Its events come by TLS too, from a process that believes this certificate.
        with patch.dict(os.environ, SSL_CERT_FILE=str(self.certificate)):
            self.bank = self._ending.enter_context(Bank(f"{self.url}/hooks/stripe"))
        self.variables.write_text(
            f"DATABASE_URL={self.primary.cable.url()}\nDATABASE_REPLICA_URL={self.replica.cable.url()}\n"
        )
        self.environment = {
            **os.environ,
            "PORTAL_ENV": "demo",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "INSTANCE_DIR": str(self.folder / "instance"),
            "BASE_URL": self.url,
            "TRUSTED_PROXIES": "1",
            **self.bank.environment,
        }
        self.read_variables()
        self.redis = self._supervise("redis", [
            "redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", "--dir", str(self.folder),
        ])  # fmt: skip
        for port in self.ports:
            self.web[port] = self._python(str(port), "granian", "--interface", "wsgi", "--factory",
                "app:create_app", "--no-ws", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
                "--blocking-threads", "16", "--workers-kill-timeout", "30")  # fmt: skip
        self.worker = self._python("worker", "flask", "--app", "app", "worker")
        self._start_nginx()
        for port in self.ports:
            wait_for(f"http://127.0.0.1:{port}/healthz")
        wait_for(f"{self.url}/healthz", verify=str(self.certificate))

    def _supervise(self, name: str, command: list[str]) -> Supervised:
        running = Supervised(name, self.folder, command, self.environment)
        self._ending.callback(running.stop)
        return running

    def _python(self, name: str, *arguments: str) -> Supervised:
        return self._supervise(name, [sys.executable, "-m", *arguments])

    def _start_nginx(self) -> None:
        """deploy/nginx.conf itself; what names other machines names this one."""
        conf = rendered(self.folder, self.port, free_port())
        lines = "".join(
            line.replace(name, f"127.0.0.1:{port}") + "\n"
            for line, name, port in zip(
                (DEPLOY / "servers.conf").read_text().splitlines(),
                ("web-a:8000", "web-b:8000"),
                self.ports,
                strict=True,
            )
        )
        (self.folder / "servers.conf").write_text(lines)
        self._supervise("nginx", nginx(conf, "-g", "daemon off;"))
        self.reload = " ".join([*nginx(conf), "-s", "reload"])

    def roll(self) -> "subprocess.CompletedProcess[str]":
        """deploy/roll.py, with a supervisor that is not systemd."""
        script = self.folder / "restart.sh"
        script.write_text(RESTART.format(folder=self.folder))
        return subprocess.run(
            [sys.executable, DEPLOY / "roll.py", self.folder / "servers.conf", "--reload", self.reload,
             "--restart", f"sh {script} {{port}}"],
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    def read_variables(self) -> None:
        """What starts from now on finds the databases where the file of variables says."""
        lines = self.variables.read_text().splitlines()
        self.environment |= dict(line.partition("=")[::2] for line in lines)

    def systemctl(self, deed: str, *units: str) -> None:
        """As the runbook says it to systemd: ``systemctl("stop", "portal-worker")``."""
        by_name = {"portal-worker": self.worker} | {
            f"portal-web@{8000 + n}": self.web[port] for n, port in enumerate(self.ports)
        }
        for unit in units:
            {"stop": Supervised.stop, "start": Supervised.start}[deed](by_name[unit])

    def flask(self, *arguments: str, **variables: str) -> str:
        """What an operator's command prints. Raises CalledProcessError."""
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *arguments],
            cwd=ROOT, env=self.environment | variables, capture_output=True, text=True, timeout=240,
            check=True,
        ).stdout  # fmt: skip

    def visitor(self, lang: str = "zh") -> Visitor:
        """Somebody at a browser. One connection for each request: a browser asks again by itself when a kept
        one was closed before it was used, and this client does not."""
        visitor = Visitor(self.url, lang)
        visitor.http.trust_env = False  # whose certificates the machine believes besides
        visitor.http.verify = str(self.certificate)
        visitor.http.headers.update({"Connection": "close", "Referer": f"{self.url}/"})
        return visitor

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        self._ending.close()


def nginx(conf: Path, *more: str) -> list[str]:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program
    return [program, "-p", str(conf.parent), "-c", str(conf), "-e", str(conf.parent / "nginx.err"), *more]


def rendered(folder: Path, port: int, plain_port: int) -> Path:
    """The shipped configuration for this machine: its ports, its certificate, its folders."""
    text = (DEPLOY / "nginx.conf").read_text()
    for there, here in (
        ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/nginx/tls/", f"{folder}/tls/"),
        ("root /etc/nginx;", f"root {folder};"),
        ("error_log /var/log/nginx/error.log warn;", f"error_log {folder}/nginx.err warn;"),
        ("access_log /var/log/nginx/access.log short;", f"access_log {folder}/nginx.access short;"),
        ("Host $host;", "Host $http_host;"),  # with its port, which is another than 443
        ("worker_processes auto;", f"worker_processes 2; pid {folder}/nginx-master.pid;"),
    ):
        assert text.count(there) >= 1, there
        text = text.replace(there, here)
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        text = text.replace("http {", f"http {{ {kind}_temp_path {folder}/{kind};", 1)
    shutil.copy(DEPLOY / "away.html", folder)
    as_we_are = "user root;\n" if os.geteuid() == 0 else ""  # else it may not read what is ours
    conf = folder / "nginx.conf"
    conf.write_text(as_we_are + text)
    return conf


def make_certificate(folder: Path) -> None:
    """TLS for 127.0.0.1."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "fullchain.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8
    plain = key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(plain)


def wait_for(url: str, verify: bool | str = True, seconds: float = PATIENCE) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with requests.Session() as client:
                client.trust_env = False
                if client.get(url, verify=verify, timeout=20).status_code == 200:
                    return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{urlsplit(url).netloc} does not answer")
