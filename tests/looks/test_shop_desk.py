"""The shop's desk in a real browser, with something in its lists: it fits, and axe-core finds nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.shop.commands import counter, owners, payout_accounts, substitutes
from portal.shop.rules.origins import Origin, OriginKind
from portal.shop.rules.owners import OwnerShare
from portal.shop.rules.terms import PaymentKind
from tests.factories import payouts, shop
from tests.factories.planting import make_planting, seedlings_quote
from tests.factories.registry import make_lot
from tests.looks.chromium import ADDRESS, answered_by, look

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = (
    "/desk/orders", "/desk/payouts", "/desk/payouts/accounts", "/desk/payouts/shares", "/desk/fapiao",
    "/desk/named", "/desk/gifts", "/desk/requests", "/desk/planting", "/desk/proposals",
)  # fmt: skip


@pytest.fixture
def busy_desk(app: Flask) -> list[str]:
    """Orders in several states, pay-outs recorded and confirmed, and an account that waits; their pages."""
    now = clock.now()
    make_lot()
    make_lot(code="LOT-B", project="0002")
    make_planting()
    paid, waiting = shop.paid(quote=seedlings_quote(10, 250)), shop.paid(100, consent=False)
    transfer = shop.placed(250, payment=PaymentKind.TRANSFER)
    teller = Actor("usr_first", frozenset({Role.FINANCE}))
    substitutes.offer(teller, waiting, "LOT-B", Bilingual("项目冻结。", "The project is frozen."), now)
    counter.propose_transfer(teller, transfer, "B-17", shop.seen(transfer).total, now)
    payouts.named()
    halves = [
        OwnerShare(payee, Bilingual(zh, en), 5000)
        for payee, zh, en in (
            ("farm", "示范林场", "Demonstration farm"),
            ("village", "示范村集体", "Collective"),
        )
    ]
    owners.name_shares(payouts.BOTH, payouts.FOREST, halves, now)
    shop.paid(100)
    payouts.confirm(payouts.recorded("10.00"))
    payouts.recorded("6.00", "B-2")
    other = Origin(OriginKind.PLANTING, "TEST-2027")
    payout_accounts.propose_account(teller, other, payouts.COLLECTIVE, "Contract 7", now)
    app.extensions["portal.person"] = lambda: Actor(
        "usr_teller", frozenset({Role.FINANCE, Role.REGISTRY, Role.ADMIN})
    )
    orders = [f"/desk/orders/{order_id}" for order_id in (paid, waiting, transfer)]
    return [*orders, f"{orders[1]}/corrections"]


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 360), ("en", 1440)])
def test_every_page_of_the_shops_desk_can_be_read(
    app: Flask, busy_desk: list[str], visit: Callable[..., "Page"], lang: str, width: int
) -> None:
    page = visit(lang, width)
    page.route("**/*", answered_by(app.test_client()))
    for path in (*PAGES, *busy_desk, "/money"):
        page.goto(f"{ADDRESS}/{lang}{path}")
        assert page.url.endswith(path)
        look(page, f"shop-desk-{path.rsplit('/', 1)[-1][:8]}-{lang}-{width}")
