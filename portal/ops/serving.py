"""Server and worker of a demonstration, forks of one process: what is slow to import is imported once."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from portal import jobs


def serve_until_stopped(portal: Flask, host: str, port: int) -> None:
    """Answer requests and do background work until Ctrl-C. No database connection may be open."""
    fork = multiprocessing.get_context("fork")
    children = [
        fork.Process(target=_apart, args=(work_until_stopped, portal)),
        fork.Process(target=_apart, args=(_answer, portal, host, port)),
    ]
    for child in children:
        child.start()
    _wait(children)


def work_until_stopped(portal: Flask) -> None:
    """The background worker, until SIGINT or SIGTERM."""
    jobs.work(portal, _stop_asked())


def _apart(do: Callable[..., None], *arguments: object) -> None:
    # A session of its own: Ctrl-C reaches the parent only, which then ends each child once. Granian's worker
    # hangs when a second signal comes while it handles the first.
    os.setsid()
    do(*arguments)


def _answer(portal: Flask, host: str, port: int) -> None:
    server = Granian(
        "app:create_app", host, port, interface=Interfaces.WSGI, blocking_threads=4, websockets=False,
        log_level=LogLevels.warning,
    )  # fmt: skip
    server.serve(target_loader=lambda _target: portal)


def _stop_asked() -> threading.Event:
    """An event that SIGINT and SIGTERM set from now on."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    return stop


def _wait(children: Sequence[BaseProcess]) -> None:
    """Until one child ends or we are asked to stop; then end all of them, so that no process stays behind."""
    stop = _stop_asked()
    while not stop.wait(0.2) and all(child.is_alive() for child in children):
        pass
    for child in children:
        child.terminate()
    for child in children:
        child.join(10)
        if child.is_alive():
            child.kill()
