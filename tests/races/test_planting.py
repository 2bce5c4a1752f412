"""The last places of a planting, wanted by many at one moment: never more are given than there are."""

from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import Connection, select

from portal.kernel import clock
from portal.shop.commands import ordering, seedlings
from portal.shop.commands.seedlings import campaigns
from portal.shop.commands.settlement import Outcome, settle
from portal.shop.provider import PaymentState, Session, SessionState
from portal.shop.queries import planting as queries
from portal.shop.rules.seedlings import NotEnoughPlaces
from tests.factories import shop
from tests.factories.planting import CODE, make_planting, seedlings_quote
from tests.patience import PATIENCE
from tests.races.careless import unguarded
from tests.races.threads import at_once

THREADS = 8


def buyers_at_once(app: Flask) -> list[object]:
    """Eight orders of three seedlings each for the last ten places."""
    make_planting(10)
    quote = seedlings_quote(3)
    return list(at_once(app, THREADS, lambda n: shop.placed(quote=quote)))


def test_the_last_places_are_given_once(any_app: Flask) -> None:
    results = buyers_at_once(any_app)
    refused = [each for each in results if isinstance(each, NotEnoughPlaces)]
    assert (len(refused), queries.campaign(CODE).taken) == (THREADS - 3, 9), results


def test_lapsed_orders_paid_late_do_not_come_back_twice(pg_app: Flask) -> None:
    """Four lapsed orders of five for ten places, all paid late at one moment: two are served."""
    make_planting(10)
    quote, now = seedlings_quote(5), clock.now()
    ids = []
    for _ in range(4):
        ids.append(shop.placed(quote=quote))
        ordering.expire_order(shop.SYSTEM, ids[-1], None, now)
    assert queries.campaign(CODE).taken == 0

    def pay_late(number: int) -> Outcome:
        order = shop.seen(ids[number])
        paid = Session(
            f"sbs_{number}", None, SessionState.COMPLETE, PaymentState.PAID, order.total, f"sbp_{number}",
            order.id, order.quote_hash, order.expires_at, True,
        )  # fmt: skip
        return settle(shop.SYSTEM, order.id, paid, clock.now())

    results = at_once(pg_app, 4, pay_late)
    assert sorted(results) == [Outcome.PAID_TOO_LATE] * 2 + [Outcome.RETIRED] * 2  # type: ignore[type-var]
    assert queries.campaign(CODE).taken == 10


def test_without_the_lock_places_are_oversold(pg_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the campaign is read and not locked, and the database has lost its guards."""
    unguarded(pg_app.extensions["sqlalchemy"].engine)
    monkeypatch.setattr(seedlings, "_locked", _read_only)
    slow_down(monkeypatch)
    results = buyers_at_once(pg_app)
    assert queries.campaign(CODE).taken > 10, results


def _read_only(s: Connection, campaign_id: str) -> object:
    return s.execute(select(campaigns).where(campaigns.c.id == campaign_id)).one()


def slow_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody counts before anybody writes."""
    gate, count = Barrier(THREADS), seedlings.taken

    def counted_together(*args: object, **kwargs: object) -> int:
        number = count(*args, **kwargs)  # type: ignore[arg-type]
        gate.wait(PATIENCE)
        return number

    monkeypatch.setattr(seedlings, "taken", counted_together)
