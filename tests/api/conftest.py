"""A portal with something of everything that the API can be asked for."""

from collections.abc import Iterable
from contextvars import Context
from itertools import count
from typing import Any

import pytest
from flask import Flask

from portal.registry.jobs import sequence_and_sign
from tests.factories import shop
from tests.factories.registry import make_lot


@pytest.fixture
def order_id(app: Flask) -> str:
    """A fulfilled order of a lot, signed into the log."""
    make_lot()
    made = shop.paid(100)
    sequence_and_sign()
    return made


class ManyNetworks:
    """The portal as programs from many networks call it, each without the test's own context."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._numbers = count()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        number = next(self._numbers)
        environ["REMOTE_ADDR"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return Context().run(self.app.wsgi_app, environ, start_response)
