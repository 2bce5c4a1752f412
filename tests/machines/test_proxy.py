"""deploy/nginx.conf before two servers of which one dies: what changes something is never sent twice."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import missing
from tests.machines.site import make_certificate, nginx, rendered, wait_for
from tests.patience import PATIENCE
from tests.server import free_port

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwell"


class Upstream:
    """Answers every request, or takes it and dies. ``heard`` are the first lines of what it was sent."""

    def __init__(self, *, dies: bool) -> None:
        self.dies, self.heard = dies, list[str]()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                asked, _ = self._socket.accept()
            except OSError:
                return
            with asked:
                line = asked.recv(65536).decode().splitlines()[0]
                if "/healthz" not in line:
                    self.heard.append(line)
                if not self.dies or "/healthz" in line:
                    asked.sendall(ANSWER)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Front:
    def __init__(self, folder: Path, upstreams: list[Upstream]) -> None:
        make_certificate(folder / "tls")
        self.url = f"https://127.0.0.1:{(port := free_port())}"
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(folder / "tls" / "fullchain.pem")
        (folder / "servers.conf").write_text(
            "".join(f"server 127.0.0.1:{each.port} max_fails=0;\n" for each in upstreams)
        )
        folder.chmod(0o755)
        conf = rendered(folder, port, free_port())
        self.process = subprocess.Popen(nginx(conf, "-g", "daemon off;"), stdin=subprocess.DEVNULL)
        wait_for(f"{self.url}/healthz", verify=str(self.http.verify))

    def ask(self, method: str, path: str) -> requests.Response:
        return self.http.request(method, self.url + path, data=b"x" if method == "POST" else None, timeout=60)


@pytest.fixture
def upstreams() -> Iterator[list[Upstream]]:
    made = [Upstream(dies=True), Upstream(dies=False)]
    yield made
    for each in made:
        each.close()


@pytest.fixture
def front(tmp_path: Path, upstreams: list[Upstream]) -> Iterator[Front]:
    if not shutil.which("nginx", path="/usr/local/bin:/usr/bin:/usr/sbin"):
        missing("nginx (apt-get install nginx)")
    front = Front(tmp_path, upstreams)
    yield front
    front.process.terminate()
    front.process.wait(PATIENCE)


def test_a_page_is_asked_for_again_and_a_form_is_not_sent_again(front: Front, upstreams: list[Upstream]):
    dying, living = upstreams
    pages = [front.ask("GET", f"/page{n}") for n in range(6)]
    assert [answer.text for answer in pages] == ["well"] * 6
    assert dying.heard, "the control: some were asked of the one that dies"
    assert {line.split()[1] for line in living.heard} == {f"/page{n}" for n in range(6)}

    forms = [front.ask("POST", f"/form{n}") for n in range(6)]
    sent = [line.split()[1] for each in upstreams for line in each.heard if line.startswith("POST")]
    assert sorted(sent) == [f"/form{n}" for n in range(6)], "each once, wherever it went"
    lost = [answer for answer in forms if answer.status_code != 200]
    assert lost
    for answer in lost:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert answer.headers["Cache-Control"] == "no-store"
        answer.encoding = "utf-8"
        assert "请稍后再试" in answer.text
        assert "look at your orders" in answer.text.replace("\n", " ")


def test_figures_are_not_for_the_world(front: Front):
    assert front.ask("GET", "/metrics").status_code == 404
