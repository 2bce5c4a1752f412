"""The tools of the tests themselves: what they catch, and that they do what a browser does."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask, g, redirect, request

from portal.config import ROOT
from portal.db import db
from portal.kernel import clock
from tests import postgres
from tests.browser import Browser, PageFault, faults

SOUND = (
    '<!doctype html><html lang="en"><head><title>Offset</title></head><body><main><h1>Offset</h1>'
    '<form method="post"><label for="kg">Kilograms</label><input id="kg" name="kg" value="1">'
    "<button>Buy</button></form></main></body></html>"
)

PAGE_FAULTS = {
    "two headings": ("</h1>", "</h1><h1>Again</h1>", "one h1"),
    "an empty heading": (">Offset</h1>", "></h1>", "the h1 is empty"),
    "no title": ("<title>Offset</title>", "<title></title>", "title is empty"),
    "no language": (' lang="en"', "", "no lang"),
    "the other language": ('lang="en"', 'lang="zh-CN"', "the address says en"),
    "no label": ("<label", "<p", "no label"),
    "a doubled id": ("<button>", '<b id="kg">x</b><button>', "occurs 2 times"),
    "a label for nothing": ('for="kg"', 'for="mass"', "points nowhere"),
    "a broken tag": ("</form>", "</div></form>", "HTML at"),
    "a wordless button": (">Buy<", "><", "a button has no words"),
    "a wordless link": ("<form", '<a href="/"></a><form', "has no words"),
    "an image without alt": ("<form", '<img src="x"><form', "no alt"),
    "a test bracket": ("Offset</h1>", "⟦Offset⟧</h1>", "bracket"),
    "an inline style": ("<h1>", '<h1 style="x">', "inline style"),
    "an inline script": ("<h1>", "<script>x</script><h1>", "inline script"),
    "an event handler": ("<button>", '<button onclick="x">', "onclick"),
    "a javascript link": ("<form", '<a href=" JavaScript:x">go</a><form', "javascript"),
}


def test_a_sound_page_is_not_blamed():
    assert faults(SOUND, "en") == []


@pytest.mark.parametrize("fault", PAGE_FAULTS)
def test_a_page_fault_is_found(fault: str):
    old, new, complaint = PAGE_FAULTS[fault]
    assert old in SOUND
    assert any(complaint in found for found in faults(SOUND.replace(old, new), "en"))


FORM = """<!doctype html><html lang="en"><head><title>t</title></head><body><main><h1>Form</h1>
<p>Hello <b>you</b></p><a href="/en/next?x=1#part">Next page</a>
<form method="post" action="/en/echo"><input type="hidden" name="token" value="t1">
<label for="name">Name</label><input id="name" name="name" value="old">
<label for="note">Note</label><textarea id="note" name="note">
kept</textarea>
<label><input type="checkbox" name="agree" value="yes"> I agree</label>
<label><input type="radio" name="pay" value="card" checked> Card</label>
<label><input type="radio" name="pay" value="transfer"> Transfer</label>
<label for="lot">Lot</label>
<select id="lot" name="lot"><option value="1">One</option><option value="2">Two</option></select>
<button name="do" value="save">Save</button><button name="do" value="drop">Drop</button></form>
<table><caption>Rows</caption><tr><th>Lot</th><th>kg</th></tr><tr><td>A</td><td>250</td></tr></table>
</main></body></html>"""


@pytest.fixture
def small() -> Browser:
    """A visitor of a site with one form, which is echoed."""
    site = Flask("small")
    site.add_url_rule("/en/", view_func=lambda: FORM, endpoint="form")
    site.add_url_rule("/en/away", view_func=lambda: redirect("https://pay.example/x"), endpoint="away")
    site.add_url_rule("/en/old", view_func=lambda: redirect("/en/"), endpoint="old")
    site.add_url_rule("/en/wrong", view_func=lambda: FORM.replace("<h1>", "<h2>").replace("</h1>", "</h2>"))

    @site.post("/en/echo")
    def echo() -> str:
        return FORM.replace("Hello", " ".join(f"{k}={v}" for k, v in sorted(request.form.items(multi=True))))

    return Browser(site.test_client())


def test_the_page_object_reads(small: Browser):
    page = small.open("/en/old")
    assert (page.h1, page.title, page.lang, page.url) == ("Form", "t", "en", "/en/")
    assert "Hello you" in page.text
    assert page.links == {"Next page": "/en/next?x=1#part"}
    assert page.buttons == ["Save", "Drop"]
    assert page.table("Rows") == [{"Lot": "A", "kg": "250"}]
    assert page.value("Note") == "kept"


def test_the_page_object_sends_what_a_browser_would(small: Browser):
    page = (
        small.open("/en/")
        .fill("Name", "林")
        .tick("I agree")
        .choose("Transfer")
        .choose("Lot", "Two")
        .submit("Drop")
    )
    assert "agree=yes do=drop lot=2 name=林 note=kept pay=transfer token=t1 you" in page.text
    untouched = small.open("/en/").submit("Save")
    assert "do=save lot=1 name=old note=kept pay=card token=t1 you" in untouched.text


def test_the_page_object_stops_at_another_site(small: Browser):
    assert small.open("/en/away").location == "https://pay.example/x"


def test_the_page_object_refuses_faulty_pages_and_other_answers(small: Browser):
    with pytest.raises(PageFault, match="one h1"):
        small.open("/en/wrong")
    with pytest.raises(PageFault, match="answered 404"):
        small.open("/en/nowhere")
    with pytest.raises(LookupError, match="no single field"):
        small.open("/en/").fill("Surname", "x")


def test_a_visitor_inherits_nothing_from_the_test(app: Flask):
    """Flask lends an open application context to requests; ours must start from an empty one."""
    app.add_url_rule("/leak", view_func=lambda: str(g.get("secret")), endpoint="leak")
    g.secret = "of the test"
    assert app.test_client().get("/leak").text == "None"
    assert g.secret == "of the test"


def test_both_databases_are_at_head(any_app: Flask):
    with db.engine.connect() as connection:
        assert db.inspect(connection).has_table("outbox")


def test_the_server_of_the_tests_commits_before_it_answers_and_is_private(postgres_url: str):
    """A client that is killed after its commit finds it again; only a machine that loses power would not."""
    names = ("synchronous_commit", "listen_addresses")
    with psycopg.connect(postgres_url) as connection:
        settings = {n: connection.execute(f"SHOW {n}").fetchone()[0] for n in names}
    if not os.environ.get("TEST_DATABASE_URL"):
        assert settings == {"synchronous_commit": "on", "listen_addresses": ""}


def test_what_a_killed_session_left_is_cleared(tmp_path: Path):
    """A session that is killed outright cannot stop its server; the next session does."""
    program = (
        "import os, signal\nfrom tests import postgres\npostgres.open_session()\n"
        "print(postgres.server_url(), flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    if not postgres.find_binaries():
        pytest.skip("the server is somebody else's")
    environment = {k: v for k, v in os.environ.items() if k != "TEST_DATABASE_URL"} | {"TMPDIR": "/tmp"}
    killed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    folder = Path(killed.stdout.strip().split("host=")[1]).parent
    server = int((folder / "pg" / "data" / "postmaster.pid").read_text().split()[0])
    postgres._clear_left_behind()
    assert not folder.exists()
    assert not postgres._is_alive(server)


def test_the_clock_can_be_stopped(at: Callable[[str], datetime]):
    now = at("2026-12-31T23:59:59+08:00")
    assert now == datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    assert clock.today().isoformat() == "2026-12-31"
    at("2027-01-01T00:00:00+08:00")
    assert clock.today().isoformat() == "2027-01-01"


def test_no_test_reaches_beyond_this_machine():
    with pytest.raises(Exception, match=r"192\.0\.2\.1"), pytest.warns(UserWarning, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_the_real_server_answers(live_server: Callable[..., object], sqlite_url: str):
    server = live_server(sqlite_url, workers=2)
    assert len(server.worker_pids()) == 2  # type: ignore[attr-defined]
