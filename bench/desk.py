"""The back office among a hundred thousand orders: its first page, lists, search, the trail, a queue.

The baseline is the limit that is promised to readers: 150 ms for 95 of 100. In process, on SQLite and then on
PostgreSQL; the limit is on time, the columns of milliseconds are the CPU of the portal.
"""

import itertools
import random
from collections.abc import Callable, Iterator

from sqlalchemy import text

from bench.checkout import fill
from bench.measure import Figure
from bench.site import fresh_portal, fresh_postgres, waited_for
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import STAFF, Actor
from portal.registry.commands.standing import keep_audit
from tests import postgres
from tests.factories import accounts
from tests.factories.registry import make_lot

ORDERS = 100_000
ASKED = 60
WARM_UP = 5

Paths = Iterator[str]


def run() -> list[Figure]:
    figures = _pages("desk")
    if postgres.is_available():
        with fresh_postgres() as url:
            figures += _pages("desk on PostgreSQL", url)
    return figures


def _pages(what: str, database_url: str = "") -> list[Figure]:
    dice = random.Random(1)
    with fresh_portal(database_url) as app:
        with app.app_context():
            make_lot(1_000)
            fill(ORDERS)
            keep_audit(Actor.system("bench"), [], clock.now())
            staff = Actor(accounts.person("staff@example.cn").id, STAFF)
            ids = list(db.session.scalars(text("SELECT id FROM orders ORDER BY random() LIMIT 500")))
            numbers = list(
                db.session.scalars(text("SELECT number FROM certificate ORDER BY random() LIMIT 500"))
            )
        app.extensions["portal.person"] = lambda: staff
        asks = _asks(dice, ids, numbers)
        return [
            waited_for(app, f"{what}: {name}", itertools.islice(paths(), WARM_UP + ASKED), WARM_UP)
            for name, paths in asks.items()
        ]


def _asks(dice: random.Random, ids: list[str], numbers: list[str]) -> dict[str, Callable[[], Paths]]:
    def each(make: Callable[[], str]) -> Callable[[], Paths]:
        return lambda: (make() for _ in itertools.count())

    def one() -> str:
        return dice.choice(ids)

    return {
        "first page": each(lambda: "/zh/desk"),
        "orders": each(lambda: "/zh/desk/orders"),
        "orders in a state": each(lambda: "/zh/desk/orders?state=fulfilled"),
        "orders in a rare state": each(lambda: "/zh/desk/orders?state=disputed"),
        "orders, anywhere": each(lambda: f"/zh/desk/orders?cursor={one()}"),
        "an order in its queue": each(lambda: f"/zh/desk/orders/{one()}?queue=orders"),
        "many orders": each(lambda: "/zh/desk/many/orders"),
        "certificates": each(lambda: "/zh/desk/certificates"),
        "a certificate in its queue": each(
            lambda: f"/zh/desk/certificates/{dice.choice(numbers)}?queue=certificates"
        ),
        "search: the end of a number": each(lambda: f"/zh/desk/search?q={one()[-8:]}"),
        "search: an address": each(lambda: f"/zh/desk/search?q=buyer{dice.randrange(10**6)}@"),
        "search: a name": each(lambda: f"/zh/desk/search?q=王{dice.randrange(10**6)}"),
        "search: a name that all have": each(lambda: "/zh/desk/search?q=Li"),
        "search: an amount": each(lambda: f"/zh/desk/search?q={dice.randrange(1, 999)}.00"),
        "trail": each(lambda: "/zh/desk/audit"),
        "trail of one thing": each(lambda: f"/zh/desk/audit?what={one()}"),
        "trail of people": each(lambda: "/zh/desk/audit?people=1"),
        "trail of a rare verb": each(lambda: "/zh/desk/audit?verb=desk."),
        "trail of a day long ago": each(lambda: "/zh/desk/audit?since=2020-01-01&until=2020-01-02"),
    }
