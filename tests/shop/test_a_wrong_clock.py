"""A clock that is a day off, and is then put right: no time is negative, no year wrong, nothing is lost."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from portal.certificates import queries as papers
from portal.kernel.clock import CITY
from portal.kernel.mass import Mass
from portal.registry.queries import register
from portal.shop import jobs as shop_jobs
from portal.shop.queries import orders as queries
from portal.shop.rules.states import OrderState
from portal.web.links import key_for
from tests.browser import Browser
from tests.factories import shop
from tests.factories.registry import make_lot
from tests.shop.test_delivery import books_balance

AHEAD, RIGHT = "2027-01-01T23:59:59+08:00", "2026-12-31T23:59:59+08:00"


@pytest.mark.parametrize("times", [(AHEAD, RIGHT), (RIGHT, AHEAD)], ids=["put back", "put forward"])
def test_an_order_lives_through_a_clock_that_is_put_right(
    app: Flask, at: Callable[[str], datetime], times: tuple[str, str]
):
    ordered, paid = times
    at(ordered)
    make_lot(1)
    order_id = shop.opened(250)
    at(paid)
    shop_jobs.sweep()
    if shop.seen(order_id).state is OrderState.AWAITING_PAYMENT:
        shop.pay(order_id)
    is_sold = shop.seen(order_id).state is OrderState.RETIRED
    assert is_sold == (ordered == AHEAD), "a day later the time to pay was over, a day earlier it was not"
    assert register.lot("LOT-A").free == Mass.kg(750 if is_sold else 1_000)
    books_balance()
    told = queries.history(order_id)
    assert [line.from_state for line in told[1:]] == [line.to_state for line in told[:-1]], "in their order"
    for certificate in papers.for_order(order_id):
        assert certificate.issued_at.astimezone(CITY).year == 2026
    page = Browser(app.test_client()).open(f"/en/orders/{order_id}?k={key_for(order_id)}")
    assert "-1 " not in page.main
    assert "2026-12-31 23:59" in page.main
