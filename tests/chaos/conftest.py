"""The portal with the payment stand-in as its provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.certificates import signature
from portal.web import press
from tests.conftest import driver_url, portal_on
from tests.factories.chaos import KEY, SECRET, Bank
from tests.factories.registry import make_lot


class QuickPress:
    """Paper without ink: how a page is laid out and signed is not what these steps are about."""

    def print(self, html: str, at: object, attachments: object = ()) -> bytes:
        return b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def bank() -> Iterator[Bank]:
    with Bank() as bank:
        yield bank


@pytest.fixture
def portal(any_url: str, tmp_path: Path, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The portal with the stand-in as its provider, and a lot of 50 t."""
    paper = QuickPress()
    monkeypatch.setattr(press, "shared", lambda: paper)
    monkeypatch.setattr(signature, "sign", lambda pdf: pdf)
    settings = {"stripe_secret_key": KEY, "stripe_webhook_secrets": (SECRET,), "stripe_api_base": bank.url}
    with portal_on(driver_url(any_url), tmp_path, **settings) as app:
        make_lot(50)
        yield app
