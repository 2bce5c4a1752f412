"""Fixtures every test may ask for; docs/house.md says which kind of test lives where."""

import contextvars
import email
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import default as letter_policy
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import time_machine
from flask import Flask, current_app
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import create_app, jobs
from portal.config import Config
from portal.db import db
from portal.kernel import clock
from portal.web import press
from tests import kept, postgres
from tests.browser import Browser
from tests.looks.chromium import chromium, chromium_page, visit
from tests.patience import patient_press
from tests.server import LiveServer

UNDER_CI = os.environ.get("CI") == "true"

# How long an example takes says how busy the machine is. Under CI it is not asked anyway.
if not UNDER_CI:
    hypothesis.settings.register_profile("patient", deadline=None)
    hypothesis.settings.load_profile("patient")


def missing(what: str) -> None:
    """Skip for want of ``what`` on somebody's own machine; where it counts, nothing is skipped."""
    if UNDER_CI:
        pytest.fail(f"missing: {what}", pytrace=False)
    pytest.skip(f"missing: {what}")


# --- The session -------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    kept.share_dialects()
    kept.share_routes()
    press.shared = patient_press
    if not hasattr(config, "workerinput"):  # the first process; its workers inherit the environment
        config.stash[_SESSION] = postgres.open_session()
        if memory := postgres.roomy_memory():
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))  # where tmp_path lies


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests go first, so that no process is left with one when the others are done."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for garbage is half of what a test would cost."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure(config: pytest.Config) -> None:
    if folder := config.stash.get(_SESSION, None):
        postgres.drop_template()
        postgres.close_session(folder)


_SESSION = pytest.StashKey[Path]()


def migrate(database_url: str) -> None:
    """Bring a database to head with the operator's own command."""
    app = create_app(Config.for_tests(database_url, postgres.session_folder() / "migrating"))
    done = app.test_cli_runner().invoke(args=["db", "upgrade"])
    if done.exit_code:
        raise RuntimeError(f"db upgrade failed:\n{done.output}") from done.exception
    with app.app_context():
        db.engine.dispose()


def sqlite_copy(folder: Path) -> str:
    """URL of a SQLite file at head: a copy of one that was migrated once in this session."""
    with postgres.once("template.sqlite") as template:
        if not template.exists():
            draft = template.with_suffix(".draft")
            migrate(f"sqlite:///{draft}")
            draft.rename(template)
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{shutil.copy(template, folder / 'portal.sqlite')}"


# --- The portal on a database ------------------------------------------------------------------------


class IsolatedClient(FlaskClient):
    """Requests see nothing of the test's own application context, and the test sees what they wrote.

    Flask lends an open application context to a request, and with it ``g`` and the database session:
    a visitor would inherit the test's identity and language.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response: TestResponse = contextvars.Context().run(super().open, *args, **kwargs)
        if current_app and not db.session().info.get("promise"):
            db.session.rollback()  # ends the snapshot that was read before the request
        return response


@contextmanager
def portal_on(database_url: str, instance: Path, **changes: Any) -> Iterator[Flask]:
    """The portal with an application context open, so that a test may call commands and queries."""
    app = create_app(Config.for_tests(database_url, instance, **changes))
    app.test_client_class = IsolatedClient
    with app.app_context():
        kept.lend(app)
        yield app
        db.session.remove()
        db.engine.dispose()
    clock.set_to(None)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The portal on a SQLite file of its own."""
    with portal_on(sqlite_copy(tmp_path), tmp_path) as portal:
        yield portal


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database of this test's own, at head."""
    if not postgres.is_available():
        missing("PostgreSQL (apt-get install postgresql)")
    url = postgres.new_database(migrate)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file of this test's own, at head."""
    return sqlite_copy(tmp_path)


@pytest.fixture
def pg_app(postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The portal on PostgreSQL."""
    with portal_on(driver_url(postgres_url), tmp_path) as portal:
        yield portal


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest) -> str:
    """Each database in turn, for what must hold on both."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def any_app(any_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The portal on each database in turn."""
    with portal_on(driver_url(any_url), tmp_path) as portal:
        yield portal


def driver_url(url: str) -> str:
    """The URL as SQLAlchemy wants it; ``Config.from_env`` does the same for operators."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Each database in turn, at head and one for all tests of a file, where its scene is dear to set."""
    if request.param == "sqlite":
        yield sqlite_copy(tmp_path_factory.mktemp("shared"))
        return
    if not postgres.is_available():
        missing("PostgreSQL (apt-get install postgresql)")
    url = postgres.new_database(migrate)
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="module")
def shared_app(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The portal on each database in turn, one for all tests of a file."""
    with portal_on(driver_url(shared_url), tmp_path_factory.mktemp("portal")) as portal:
        yield portal


# --- Visitors ----------------------------------------------------------------------------------------


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A visitor of ``app`` who reads pages and fills in forms: see tests/browser.py."""
    return Browser(app.test_client())


@pytest.fixture
def any_browser(any_app: Flask) -> Browser:
    return Browser(any_app.test_client())


@pytest.fixture
def live_server(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Starts the real server: ``live_server(postgres_url, workers=2, STRIPE_SECRET_KEY=…)``."""
    running: list[LiveServer] = []

    def start(database_url: str, *, workers: int = 1, **environment: str) -> LiveServer:
        server = LiveServer(database_url, tmp_path, workers=workers, **environment)
        running.append(server)
        return server.__enter__()

    yield start
    for server in reversed(running):
        server.stop()


# --- Time and letters --------------------------------------------------------------------------------


@pytest.fixture
def at() -> Iterator[Callable[[str], datetime]]:
    """Stops the clock: ``now = at("2026-12-31T23:59:59+08:00")``; again to move it."""
    stopped: list[Any] = []

    def stop(instant: str) -> datetime:
        if stopped:
            stopped.pop().stop()
        traveller = time_machine.travel(datetime.fromisoformat(instant), tick=False)
        traveller.start()
        stopped.append(traveller)
        return clock.now()

    yield stop
    for traveller in stopped:
        traveller.stop()


class Letter(EmailMessage):
    """A letter as its reader has it: ``get_content()`` is its text, ``html`` the same words with links."""

    def get_content(self, *args: Any, **named: Any) -> Any:
        text = self.get_body(("plain",)) if self.is_multipart() else None
        return text.get_content() if text else super().get_content(*args, **named)

    @property
    def html(self) -> str:
        part = self.get_body(("html",))
        assert part is not None
        return str(part.get_content())


LETTERS = letter_policy.clone(message_factory=Letter)


@pytest.fixture
def sent_letters() -> Callable[[], list[EmailMessage]]:
    """``sent_letters()``: does the waiting work, then gives every letter that was sent, oldest first."""

    def read() -> list[EmailMessage]:
        jobs.drain()
        folder = current_app.config["PORTAL"].instance / "mail"
        files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        return [email.message_from_bytes(file.read_bytes(), policy=LETTERS) for file in files]

    return read


__all__ = ["chromium", "chromium_page", "driver_url", "missing", "portal_on", "sqlite_copy", "visit"]
