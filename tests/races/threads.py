"""The same thing done by several threads at the same moment, each with a database session of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from flask import Flask

from portal.db import db
from tests.patience import PATIENCE

T = TypeVar("T")


def at_once(app: Flask, count: int, do: Callable[[int], T]) -> list[T | Exception]:
    """What each ``do(n)`` returned or raised."""
    gate = Barrier(count)

    def one(number: int) -> T | Exception:
        with app.app_context():
            try:
                gate.wait(PATIENCE)
                return do(number)
            except Exception as fault:
                return fault
            finally:
                db.session.remove()

    with ThreadPoolExecutor(count) as pool:
        results = list(pool.map(one, range(count)))
    db.session.rollback()
    return results
