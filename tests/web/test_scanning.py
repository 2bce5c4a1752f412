"""Files of others meet the virus scanner before any page reads them; a small clamd of our own stands in."""

import io
import re
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, g
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from portal.web import scanning
from portal.web.scanning import NotScanned, threat_in
from tests.conftest import portal_on

# The file of the European Institute for Computer Antivirus Research, which every scanner calls malware.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd(socketserver.StreamRequestHandler):
    """INSTREAM as clamd's manual has it: pieces with their length before them, and one of no length."""

    def handle(self) -> None:
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        data = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            data += self.rfile.read(length)
            if len(data) > 1024 * 1024:  # clamd hangs up at once, whatever is still coming
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in data else b"stream: OK\0")


class Silent(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.read(1)
        threading.Event().wait(1)


@contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    with server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield
        server.shutdown()


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[str]:
    place = str(tmp_path / "clamd.ctl")
    with running(socketserver.ThreadingUnixStreamServer(place, Clamd)):
        yield place


@pytest.fixture
def scanned(sqlite_url: str, tmp_path: Path, clamd: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    with portal_on(sqlite_url, tmp_path, scanner=clamd) as app:
        trust_posts(app, monkeypatch)
        yield app


def trust_posts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    csrf = app.extensions["portal.csrf"]
    monkeypatch.setattr(csrf, "protect", lambda **_: setattr(g, "csrf_valid", True))


def handed_in(app: Flask, data: bytes, path: str = "/en/certificates", came_from: str = "") -> TestResponse:
    form, headers = {"file": (io.BytesIO(data), "papers <1>.pdf")}, {"Referer": came_from}
    return app.test_client().post(path, data=form, content_type="multipart/form-data", headers=headers)


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "The virus scanner found malware in the file"), ("zh", "病毒扫描程序在文件")]
)
def test_malware_is_refused_in_the_readers_language(scanned: Flask, lang: str, words: str) -> None:
    answer = handed_in(scanned, b"%PDF-1.7 " + EICAR, f"/{lang}/certificates")
    assert answer.status_code == 422
    assert words in answer.text
    assert "papers &lt;1&gt;.pdf" in answer.text


def test_the_refusal_leads_back_to_the_form(scanned: Flask) -> None:
    """And to no page of others that the browser may have come from."""
    form = "http://localhost/en/certificates?of=mine"
    assert f'href="{form}"' in _main(handed_in(scanned, EICAR, came_from=form).text)
    for other in ("", "http://localhost.example.org/", "//localhost/", "javascript:alert(1)"):
        page = _main(handed_in(scanned, EICAR, came_from=other).text)
        assert "Back to the page before" not in page
        assert "Go to the home page" in page


def test_a_clean_file_is_read_whole(scanned: Flask) -> None:
    """It comes to its page from its first byte on: the page says of it what it says without a scanner."""
    assert "malware" not in handed_in(scanned, b"no certificate").text
    whole = handed_in(scanned, b'{"no": "certificate"}').text
    scanned.before_request_funcs[None] = [
        each for each in scanned.before_request_funcs[None] if each.__module__ != scanning.__name__
    ]
    assert _main(handed_in(scanned, b'{"no": "certificate"}').text) == _main(whole)


def _main(page: str) -> str:
    return re.sub(r"<input[^>]*csrf_token[^>]*>", "", page.partition("<main")[2].partition("</main>")[0])


def test_every_address_that_takes_a_post_is_behind_it(scanned: Flask) -> None:
    adapter, wrong = scanned.url_map.bind("localhost"), []
    posts = [rule for rule in scanned.url_map.iter_rules() if "POST" in (rule.methods or ())]
    for rule in posts:
        if not rule.arguments - {"lang"}:
            path = adapter.build(rule.endpoint, {"lang": "en"} if rule.arguments else {}, method="POST")
            if handed_in(scanned, EICAR, path).status_code != 422:
                wrong.append(path)
    assert len(posts) > 100
    assert not wrong


def test_without_a_scanner_it_goes_on_to_its_page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it is the scanner that refuses, and nobody has to run one."""
    trust_posts(app, monkeypatch)
    assert "malware" not in handed_in(app, EICAR).text


def test_while_the_scanner_is_away_nothing_is_taken(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with portal_on(sqlite_url, tmp_path, scanner=str(tmp_path / "nobody.ctl")) as app:
        trust_posts(app, monkeypatch)
        answer = handed_in(app, b"clean")
        assert answer.status_code == 503
        assert "the scanner does not answer" in answer.text
        assert app.test_client().get("/en/about").status_code == 200


def test_what_is_no_clear_answer_is_no_pass(app: Flask, clamd: str, tmp_path: Path) -> None:
    with capture_logs() as lines, pytest.raises(NotScanned):
        threat_in(io.BytesIO(bytes(8 * 1024 * 1024)), clamd)
    assert [line["fault"] for line in lines] == ["INSTREAM size limit exceeded. ERROR"]
    silent = str(tmp_path / "silent.ctl")
    with running(socketserver.ThreadingUnixStreamServer(silent, Silent)), pytest.raises(NotScanned):
        threat_in(io.BytesIO(b"clean"), silent, seconds=0.2)


def test_it_is_reached_over_a_network_too(app: Flask) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        place = f"127.0.0.1:{server.server_address[1]}"
        assert threat_in(io.BytesIO(EICAR), place) == "Eicar-Test-Signature"
        assert threat_in(io.BytesIO(b"clean"), place) == ""
        server.shutdown()
