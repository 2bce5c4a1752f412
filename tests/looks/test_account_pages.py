"""Pages of an account and of its organisation, on a phone and a desk, in both languages."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portal.accounts.bodies import Kind
from portal.accounts.commands import joining, organisations, verifying
from portal.accounts.queries import PaperView
from portal.accounts.rules import Visitor
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from tests.conftest import portal_on
from tests.factories import accounts as make
from tests.looks.chromium import follow, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def portal_with_organisation(
    live_server: Callable[..., LiveServer], sqlite_url: str, tmp_path: Path
) -> tuple[str, str]:
    """The address of a portal and the path of an organisation with codes, joiners and a check."""
    with portal_on(sqlite_url, tmp_path):
        now = clock.now()
        owner = make.person("owner@example.cn")
        name = Bilingual("演示林业", "Demonstration Forestry")
        place = organisations.create_organisation(owner.actor, name, "91110000600037341L", now)
        acting = Actor(owner.id, frozenset({Role.CITIZEN}), organisations={place: "owner"})
        code = joining.make_join_code(acting, place, 20, 7, True, now)
        joining.join(make.person("mei@example.cn").actor, code, make.HOME, now)
        verifying.ask_for_check(acting, place, Kind.COMPANY, [PaperView("a" * 64, "application/pdf")], now)
        make.sign_in(owner, Visitor("198.51.100.0/24", "Chrome · Windows"))
    return live_server(sqlite_url).url, f"/account/organisations/{place}"


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 360), ("en", 1440)])
def test_the_pages_of_an_account_are_readable(
    portal_with_organisation: tuple[str, str], visit: Callable[..., "Page"], lang: str, width: int
) -> None:
    address, place = portal_with_organisation
    page = visit(lang, width)
    page.goto(f"{address}/{lang}/account/sign-in")
    page.fill("input[name=email]", "owner@example.cn")
    page.fill("input[name=password]", make.PASSWORD)
    follow(page, "main form button.button-primary")
    for path in (
        "/account", "/account/notifications", "/account/notifications/choices", place, f"{place}/codes",
        f"{place}/verification", f"{place}/billing", "/account/prove", "/account/certificates",
    ):  # fmt: skip
        page.goto(f"{address}/{lang}{path}")
        look(page, f"account-{path.rsplit('/', 1)[-1]}-{lang}-{width}")
