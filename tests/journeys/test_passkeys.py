"""Somebody adds a passkey and signs in with it: a real browser with a device in software."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import portal_on
from tests.factories import accounts
from tests.looks.chromium import follow, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 360), ("en", 1280)])
def test_a_passkey_is_added_and_signs_in(
    sqlite_url: str, tmp_path: Path, visit: Callable[..., "Page"], lang: str, width: int
) -> None:
    with portal_on(sqlite_url, tmp_path):
        who = accounts.person()
    server = LiveServer(sqlite_url, tmp_path)
    # Browsers make no passkeys for an address that is a number.
    server.environment["BASE_URL"] = url = f"http://localhost:{server.port}"
    page = visit(lang, width)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    with server:
        page.goto(f"{url}/{lang}/account/sign-in?next=/{lang}/account/passkeys")
        page.fill("[name=email]", who.email)
        page.fill("[name=password]", who.password)
        follow(page, "main form:not([data-passkey]) button")
        look(page, f"passkeys-{lang}-{width}-none")
        page.fill("[name=name]", "手机")
        follow(page, "form[data-passkey=make] button")
        assert page.locator(".recovery-codes code").count() == 10
        page.goto(f"{url}/{lang}/account/passkeys")
        look(page, f"passkeys-{lang}-{width}-one")
        page.goto(f"{url}/{lang}/account")
        follow(page, "form[action$='/account/sign-out'] button")
        look(page, f"passkeys-{lang}-{width}-sign-in")
        follow(page, "form[data-passkey=use] button")
        assert page.url.removeprefix(url) == f"/{lang}/account"
