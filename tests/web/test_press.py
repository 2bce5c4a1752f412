"""The press: what it prints, what it never fetches, and how long it may take."""

import http.server
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pydyf
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import StreamObject

from portal.db import InsideTransaction, transaction
from portal.web import press
from portal.web.pdf import FONTS, PICTURES, Printer, spell_once
from portal.web.press import Attachment, NoPango, Press, PrintingFailed, PrintingTookTooLong
from tests.patience import PATIENCE
from tests.web.printing import (
    embedded_bytes,
    files_in,
    fonts_of,
    needs_press,
    words_of,
)

__all__ = ["needs_press"]
pytestmark = pytest.mark.usefixtures("needs_press", "app")
AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def page(body: str) -> str:
    return f'<!doctype html><html lang="zh-CN"><head><title>x</title></head><body>{body}</body></html>'


@pytest.fixture(scope="module")
def running() -> Iterator[Press]:
    one = Press(seconds=PATIENCE)
    yield one
    one.close()


def test_the_typeface_is_really_in_the_document(running: Press):
    pdf = running.print(page("<p>已代李明注销 250 kg CO₂e</p>"), AT)
    assert [name.split("+")[1] for name in fonts_of(pdf)] == ["Noto-Sans-SC"]
    assert all(fonts_of(pdf).values())
    assert "已代李明注销 250 kg CO2e" in words_of(pdf)


def test_a_document_without_the_typeface_would_be_noticed():
    """The control: the same page with no typeface to be had has none embedded."""
    bare = Press(PATIENCE, printer=(*press.PRINTER[:1], "-c", _WITHOUT_FONTS, *press.PRINTER[1:]))
    try:
        fonts = [name.split("+")[1] for name in fonts_of(bare.print(page("<p>李明</p>"), AT))]
    except PrintingFailed:
        fonts = []  # a machine with no typeface at all
    finally:
        bare.close()
    assert fonts != ["Noto-Sans-SC"]


_WITHOUT_FONTS = """
import os, runpy, sys
os.environ["FONTCONFIG_FILE"] = os.devnull
sys.argv = [sys.argv[2], *sys.argv[3:]]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_the_same_order_gives_the_same_bytes_also_from_a_fresh_printer(running: Press):
    order = (page("<p>李明 250 kg</p>"), AT, [Attachment("a.json", "text", b"{}")])
    first = running.print(*order)
    assert running.print(*order) == first
    running.close()
    assert running.print(*order) == first


def test_attachments_come_out_as_they_went_in(running: Press):
    content = json.dumps({"名": "李明"}, ensure_ascii=False).encode()
    assert files_in(running.print(page("<p>x</p>"), AT, [Attachment("7K3M.json", "text", content)])) == {
        "7K3M.json": content
    }


# ── nothing is fetched ─────────────────────────────────────────────────────────────────────────

SECRET = "a line that must never be printed 4711"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret.txt"
    file.write_text(SECRET)
    return file


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server that notes every request, and answers with a redirect to a file."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


TRAPS = [
    '<img src="{url}">',
    '<link rel="stylesheet" href="{url}">',
    '<link rel="attachment" href="{url}">',
    '<a rel="attachment" href="{url}">x</a>',
    '<p style="background: url({url})">x</p>',
    "<style>@import url({url}); p {{ font: 9pt f }}</style><p>x</p>",
    "<style>@font-face {{ font-family: f; src: url({url}) }} p {{ font: 9pt f }}</style><p>x</p>",
    '<style>p::before {{ content: url("{url}") }}</style><p>x</p>',
    '<object data="{url}"></object><embed src="{url}">',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}" width="9" height="9"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><use href="{url}#a"/></svg>',
    "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
    "<image href='{url}' width='9' height='9'/></svg>\">",
]


@pytest.mark.parametrize("trap", TRAPS)
def test_no_file_is_read_whatever_the_page_asks(running: Press, secret_file: Path, trap: str):
    paths = (str(secret_file), os.path.relpath(secret_file), "bundled:../../app.py")
    for url in (secret_file.as_uri(), *paths):
        try:
            pdf = running.print(page(trap.format(url=url)), AT)
        except PrintingFailed:
            continue  # a font or a sheet from nowhere may fail the whole page
        assert SECRET.encode() not in embedded_bytes(pdf)
        assert not files_in(pdf)


@pytest.mark.parametrize("trap", TRAPS)
def test_no_server_is_asked(running: Press, listener: tuple[str, list[str]], trap: str):
    url, asked = listener
    running.print(page(trap.format(url=f"{url}/x.png")), AT)
    assert asked == []


def test_an_open_printer_would_read_and_ask(secret_file: Path, listener: tuple[str, list[str]]):
    """The control: WeasyPrint as it comes embeds the file and asks the server."""
    weasyprint = pytest.importorskip("weasyprint")
    url, asked = listener
    trap = f'<link rel="attachment" href="{secret_file.as_uri()}"><img src="{url}/x.png">'
    pdf = weasyprint.HTML(string=page(trap)).write_pdf()
    assert SECRET.encode() in embedded_bytes(pdf)
    assert asked == ["/x.png"]


def test_the_pictures_that_are_bundled_exist():
    assert all(file.is_file() for file in PICTURES.values())


# ── limits ─────────────────────────────────────────────────────────────────────────────────────

# A table like this keeps the layout busy for minutes.
ENDLESS = page(
    "<table>" + "<tr>" + "<td>x</td>" * 60 + "</tr>" + "<tr><td colspan=1000>y</td></tr>" * 4000 + "</table>"
)


def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_is_printed():
    one = Press(seconds=PATIENCE)
    try:
        one.print(page("<p>warm</p>"), AT)
        stuck = one.pid
        with pytest.raises(PrintingTookTooLong) as late:
            one.print(ENDLESS, AT, seconds=1)
        assert late.value.params == {"seconds": 1}
        assert one.print(page("<p>李明</p>"), AT).startswith(b"%PDF")
        assert one.pid != stuck
        assert not Path(f"/proc/{stuck}").exists(), "the stuck printer is gone, not left to itself"
    finally:
        one.close()


def test_without_the_limit_it_would_go_on():
    """The control: the same page is not done a good while after the limit."""
    one = Press(seconds=PATIENCE)
    try:
        one.print(page("<p>warm</p>"), AT)
        with pytest.raises(PrintingTookTooLong):
            one.print(ENDLESS, AT, seconds=4)
    finally:
        one.close()


def test_a_page_that_takes_too_much_memory_fails_alone():
    one = Press(PATIENCE, memory=400 << 20)
    try:
        with pytest.raises((PrintingFailed, PrintingTookTooLong)):
            one.print(page("<p>" + "森林" * 8_000_000), AT)
        assert one.print(page("<p>李明</p>"), AT).startswith(b"%PDF")
    finally:
        one.close()


def test_a_printer_that_was_killed_is_replaced(running: Press):
    running.print(page("<p>x</p>"), AT)
    killed = running.pid
    assert killed
    os.kill(killed, 9)
    time.sleep(0.05)
    assert running.print(page("<p>x</p>"), AT).startswith(b"%PDF")
    assert running.pid != killed


def test_a_fatal_fetch_error_is_answered_and_survived():
    """WeasyPrint's fatal fetch error is no Exception: it would end a process that catches only those."""
    source = (
        Path(press.PRINTER[-1])
        .read_text()
        .replace("allow_redirects=False", "allow_redirects=False, fail_on_errors=True")
    )
    source = source.replace("Path(__file__)", f"Path({press.PRINTER[-1]!r})")
    one = Press(
        PATIENCE,
        printer=(sys.executable, "-c", "import sys; sys.argv[1:] = sys.argv[1:]; exec(" + repr(source) + ")"),
    )
    try:
        with pytest.raises(PrintingFailed) as failure:
            one.print(page('<img src="file:///etc/passwd">'), AT)
        assert "FatalURLFetchingError" in str(failure.value.params["why"])
        first = one.pid
        assert one.print(page("<p>x</p>"), AT).startswith(b"%PDF")
        assert one.pid == first
    finally:
        one.close()


def test_without_pango_it_says_what_to_install():
    missing = "import sys; sys.modules['weasyprint'] = None; import runpy; f = sys.argv[2]; "
    missing += "sys.argv = [f, *sys.argv[3:]]; runpy.run_path(f, run_name='__main__')"
    one = Press(PATIENCE, printer=(press.PRINTER[0], "-c", missing, *press.PRINTER[1:]))
    with pytest.raises(NoPango) as refusal:
        one.print(page("<p>x</p>"), AT)
    assert refusal.value.params["line"] == press.APT_LINE


def test_the_printer_is_told_nothing_about_us(running: Press, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_KEY", SECRET)
    running.close()
    running.print(page("<p>x</p>"), AT)
    assert SECRET not in Path(f"/proc/{running.pid}/environ").read_text()


def test_nothing_is_printed_inside_a_transaction(running: Press, app: Flask):
    with pytest.raises(InsideTransaction), transaction():
        running.print(page("<p>x</p>"), AT)


# ── types the typeface lacks ───────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def printer() -> Printer:
    os.environ.setdefault("FONTCONFIG_FILE", str(FONTS / "fonts.conf"))
    return Printer()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_no_text_is_ever_printed_as_empty_boxes(printer: Printer, text: str):
    lacking = [c for c in printer.set(text) if ord(c) not in printer._types and not c.isspace()]
    assert lacking == []


def test_a_missing_type_is_shown_as_such_and_explained(printer: Printer):
    assert printer.set("<body>한글 李明 CO₂") == '<body class="lacks-types">〓〓 李明 CO<sub>2</sub>'
    assert printer.set("<body>李明") == "<body>李明"


def test_what_is_compressed_once_is_the_same_inside():
    def written(finish: bool) -> bytes:
        pdf, out = pydyf.PDF(), BytesIO()
        for stream in ([b"BT", 1.5, "ET"] * 400, [bytes(300_000)], ["stream", b"\nendstream\n"]):
            pdf.add_object(pydyf.Stream(stream, {"Kind": "/Test"}, compress=True))
        pdf.add_object(pydyf.Stream(["plain"]))
        if finish:
            spell_once(None, pdf)
        pdf.write(out, b"1.7", identifier=True, compress=True)
        return out.getvalue()

    ours, plain = (PdfReader(BytesIO(written(finish))) for finish in (True, False))
    inside = [
        [each.get_data() for n in range(1, 7) if isinstance(each := file.get_object(n), StreamObject)]
        for file in (ours, plain)
    ]
    assert inside[0] == inside[1]
    assert max(len(each) for each in inside[0]) == 300_000
    assert written(True) == written(True)
