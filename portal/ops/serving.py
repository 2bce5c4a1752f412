"""Server and worker of a demonstration, forks of one process: what is slow to import is imported once."""

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from typing import Final

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from portal import jobs

# Granian's workers do not hear a stop while they start: then they are ended.
_SECONDS_TO_END: Final = 5


def serve_until_stopped(portal: Flask, host: str, port: int, greeting: str) -> None:
    """Answer requests and do background work until Ctrl-C; ``greeting`` is said when it answers.

    No database connection may be open: each fork makes its own.
    """
    fork = multiprocessing.get_context("fork")
    children = [
        fork.Process(target=_apart, args=(work_until_stopped, portal)),
        fork.Process(target=_apart, args=(_answer, portal, host, port)),
    ]
    for child in children:
        child.start()
    _wait(children, lambda: is_taken(host, port), greeting)


def is_taken(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    near = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  what the operator asked for
    try:
        with socket.create_connection((near, port), timeout=1):
            return True
    except OSError:
        return False


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
        log_level=LogLevels.warning, workers_kill_timeout=_SECONDS_TO_END,
    )  # fmt: skip
    server.serve(target_loader=lambda _target: portal)


def _stop_asked() -> threading.Event:
    """An event that SIGINT and SIGTERM set from now on."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    return stop


def _wait(children: Sequence[BaseProcess], is_ready: Callable[[], bool], greeting: str) -> None:
    """Until one child ends or we are asked to stop; then end all of them, so that no process stays behind."""
    stop = _stop_asked()
    greeted = False
    while not stop.wait(0.2) and all(child.is_alive() for child in children):
        if not greeted and is_ready():
            greeted = True
            click.echo(greeting)
    for child in children:
        child.terminate()
    for child in children:
        child.join(10)
        if child.is_alive():
            child.kill()
