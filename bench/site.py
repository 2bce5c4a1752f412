"""A portal to measure: on a database of its own that goes when the measuring is done."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.test import EnvironBuilder

from bench.measure import Figure, figure
from portal import create_app
from portal.config import Config
from portal.db import db
from tests import postgres

LIMIT = 0.150  # what 95 of 100 readers wait at most, in seconds: promised for public pages and the desk


@contextmanager
def fresh_portal(database_url: str = "") -> Iterator[Flask]:
    """The portal at the head of its migrations, on SQLite unless another database is named.

    Fill it in an application context, measure outside of one.
    """
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        folder = Path(name)
        url = database_url or f"sqlite:///{folder / 'portal.sqlite'}"
        app = create_app(Config.for_tests(url, folder, testing=False))
        done = app.test_cli_runner().invoke(args=["db", "upgrade"])
        if done.exit_code:
            raise RuntimeError(done.output) from done.exception
        yield app
        with app.app_context():
            db.engine.dispose()


@contextmanager
def fresh_postgres() -> Iterator[str]:
    """URL of an empty database on a PostgreSQL that ends with the block."""
    folder = postgres.open_session()
    try:
        url = postgres.empty_database()
        yield url.replace("postgresql:", "postgresql+psycopg:", 1)
        postgres.drop_database(url)
    finally:
        postgres.close_session(folder)


def get(app: Flask, path: str, try_first: bool = True) -> tuple[Callable[[], bytes], int]:
    """A call that asks the WSGI application for ``path`` as a server would, and the size of its answer.

    Without ``try_first`` nothing is asked yet, and no size known.
    """

    def call() -> bytes:
        status: list[str] = []
        environ = EnvironBuilder(path, headers={"Accept-Language": "zh-CN,zh;q=0.9"}).get_environ()
        parts = app.wsgi_app(environ, lambda line, *_: status.append(line))  # type: ignore[arg-type,return-value]
        try:
            body = b"".join(parts)
        finally:
            if close := getattr(parts, "close", None):
                close()
        if not status[0].startswith("200"):
            raise RuntimeError(f"{path} answered {status[0]}")
        return body

    return call, len(call()) if try_first else 0


def waited_for(app: Flask, name: str, paths: Iterable[str], warm_up: int) -> Figure:
    """What 95 of 100 wait at most beside the limit, in process, each page once; milliseconds of it are CPU.

    The first ``warm_up`` pages are not counted. Raises RuntimeError for a page that is no page.
    """
    waited, worked = [], []
    for path in paths:
        call = get(app, path, try_first=False)[0]
        began, cpu = time.perf_counter(), time.thread_time()
        call()
        waited.append(time.perf_counter() - began)
        worked.append(time.thread_time() - cpu)
    waited, worked = waited[warm_up:], worked[warm_up:]
    worst = sorted(waited)[int(len(waited) * 0.95)]
    return figure(
        name, value=worst * 1000, baseline=LIMIT * 1000, ratio=LIMIT / worst,
        unit="ms p95 (limit)", seconds=worked, n=len(waited),
    )  # fmt: skip
