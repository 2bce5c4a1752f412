"""Checkout: reserving over HTTP beside a bare sale, a whole HTML checkout, and that among 100,000 orders.

The bare sale is what a shop cannot do without: one conditional update and one insert in one transaction, on
the same PostgreSQL, through the same server. Ours also keeps exact gram ranges, a journal, a history, an
idempotency key and the split of the money.

The reserve step is told twice: as it is, with the quote that the buyer has seen, and with that quote made in
the same request.

The clients are as cheap as they can be, because they run on the cores that both sides are measured on. The
CPU of server and database together is told beside the requests per second: it depends neither on the clients
nor on how long a commit takes. The benchmark's own PostgreSQL commits to memory, which favours the bare sale;
``TEST_DATABASE_URL`` names one with a disk.
"""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from werkzeug.test import Client

from bench.measure import Figure, figure, side_by_side
from bench.pages import bare_page
from bench.site import fresh_portal
from portal import create_app
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.shop.commands import ordering
from portal.shop.queries import orders as queries
from portal.shop.rules.orders import Buyer
from portal.shop.rules.quotes import Quote, make_quote
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.web.guard import open_to_all
from tests import postgres
from tests.conftest import migrate
from tests.factories.registry import make_lot
from tests.factories.shop import WAY

CLIENTS = 8
WORKERS = 2  # as many as the machine that is meant has cores
ROUNDS = 6
SECONDS = 2.0
MANY = 100_000
BUYER = Buyer("Bench", "bench@example.com")


def run() -> list[Figure]:
    figures = reserve_over_http() if postgres.is_available() else []
    return [*figures, *whole_checkouts()]


# -- the reserve step over HTTP ----------------------------------------------------------------


def ours() -> Flask:
    """The portal with two more addresses: the reserve step, and the same with its quote."""
    app = create_app()
    seen: list[Quote] = []

    @open_to_all
    def reserve() -> str:
        # The quote is a step of its own: a buyer has seen it on the page before. Its sums are made anew.
        if not seen:
            seen.append(quote_one())
        return reserve_one(replace(seen[0]))

    @open_to_all
    def sale() -> str:
        return reserve_one(quote_one())

    for view in (reserve, sale):
        app.add_url_rule(f"/bench/{view.__name__}", view_func=view, methods=["POST"])
        app.extensions["portal.csrf"].exempt(view)
    return app


def quote_one(kg: int = 1) -> Quote:
    return make_quote([(queries.offer_of("LOT-A"), Mass.kg(kg))], PaymentKind.CARD)


def reserve_one(quote: Quote) -> str:
    order_id = new_id("ord")
    return ordering.place_order(
        Actor.guest(),
        order_id,
        quote,
        BUYER,
        purpose="",
        lang="en",
        consent=True,
        provider="sandbox",
        test=True,
        idempotency_key=order_id,
        now=clock.now(),
    )


def bare() -> Flask:
    """A shop of twenty lines: one conditional update, one insert."""
    app = Flask("bare")
    engine = create_engine(
        os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1), pool_size=8
    )
    take = text("UPDATE bare_stock SET free_g = free_g - 1000 WHERE id = 1 AND free_g >= 1000")
    keep = text("INSERT INTO bare_order (id, name, grams) VALUES (:id, :name, 1000)")

    @app.post("/bench/sale")
    def sale() -> tuple[str, int]:
        with engine.begin() as connection:
            if not connection.execute(take).rowcount:
                return "sold out", 409
            order_id = new_id("ord")
            connection.execute(keep, {"id": order_id, "name": "Bench"})
        return order_id, 200

    return app


def reserve_over_http() -> list[Figure]:
    folder = postgres.open_session()
    try:
        url = postgres.new_database(migrate)
        _stock(url, folder)
        database = _own_database(folder)
        with (
            served("bench.checkout:ours", url, folder) as (mine, my_server),
            served("bench.checkout:bare", url, folder) as (theirs, their_server),
        ):
            sides = (
                (mine, "/bench/reserve", [my_server, *database]),
                (mine, "/bench/sale", [my_server, *database]),
                (theirs, "/bench/sale", [their_server, *database]),
            )
            for port, path, _ in sides:
                _hammer(port, path, 0.5)
            turns = [[_load(*side) for side in sides] for _ in range(ROUNDS)]
        postgres.drop_database(url)
    finally:
        postgres.drop_template()
        postgres.close_session(folder)
    reserving, selling, plainly = zip(*turns, strict=True)
    clients = f"over HTTP, PostgreSQL, {CLIENTS} clients"
    figures = [
        _by_time(f"checkout: reserve {clients}", reserving, plainly),
        _by_time(f"checkout: quote and reserve {clients}", selling, plainly),
    ]
    if not database:
        return figures
    return [
        *figures,
        _by_work("checkout: reserve, CPU of server and database", reserving, plainly),
        _by_work("checkout: quote and reserve, CPU of both", selling, plainly),
    ]


def _by_time(name: str, ours: Sequence["Load"], theirs: Sequence["Load"]) -> Figure:
    return figure(
        name,
        value=statistics.median(len(each.taken) / SECONDS for each in ours),
        baseline=statistics.median(len(each.taken) / SECONDS for each in theirs),
        ratio=statistics.median(len(a.taken) / len(b.taken) for a, b in zip(ours, theirs, strict=True)),
        unit="requests/s",
        seconds=[second for each in ours for second in each.taken],
        n=sum(len(each.taken) for each in ours),
    )


def _by_work(name: str, ours: Sequence["Load"], theirs: Sequence["Load"]) -> Figure:
    return figure(
        name,
        value=1 / statistics.median(each.cpu for each in ours),
        baseline=1 / statistics.median(each.cpu for each in theirs),
        ratio=statistics.median(b.cpu / a.cpu for a, b in zip(ours, theirs, strict=True)),
        unit="requests/CPU-s",
        seconds=[each.cpu for each in ours],
        n=sum(len(each.taken) for each in ours),
    )


@dataclass(frozen=True, slots=True)
class Load:
    """Seconds that each sale took, and CPU seconds of one."""

    taken: list[float]
    cpu: float


def _load(port: int, path: str, workers: Iterable[psutil.Process]) -> Load:
    before = _cpu_of(workers)
    taken = _hammer(port, path, SECONDS)
    return Load(taken, (_cpu_of(workers) - before) / len(taken))


def _cpu_of(workers: Iterable[psutil.Process]) -> float:
    """CPU seconds of these processes and all below them, those that have ended included."""
    family = [each for root in workers for each in (root, *root.children(recursive=True))]
    return sum(sum(each.cpu_times()[:4]) for each in family)


def _own_database(folder: Path) -> list[psutil.Process]:
    """The benchmark's own PostgreSQL; none where somebody else's is used, whose work cannot be seen."""
    known = folder / "pg" / "data" / "postmaster.pid"
    return [psutil.Process(int(known.read_text().split()[0]))] if known.exists() else []


def _stock(url: str, folder: Path) -> None:
    from portal.config import Config

    app = create_app(
        Config.for_tests(url.replace("postgresql://", "postgresql+psycopg://", 1), folder / "stock")
    )
    with app.app_context():
        make_lot(1_000)
        with db.engine.begin() as connection:
            connection.execute(
                text("CREATE TABLE bare_stock (id integer PRIMARY KEY, free_g bigint NOT NULL)")
            )
            connection.execute(
                text("CREATE TABLE bare_order (id text PRIMARY KEY, name text, grams bigint NOT NULL)")
            )
            connection.execute(text("INSERT INTO bare_stock VALUES (1, 1000000000)"))
        db.engine.dispose()


@contextmanager
def served(target: str, url: str, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """granian as it ships, on a free port; its port and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "INSTANCE_DIR": str(folder / "bench"),
        "PORTAL_ENV": "demo",
    }
    how = f"--interface wsgi --factory --no-ws --port {port} --workers {WORKERS}".split()
    # Granian's workers do not hear a stop while they start, and without a limit they are waited for forever.
    how += ["--workers-kill-timeout", "5"]
    threads = ["--blocking-threads", str(CLIENTS // WORKERS)]
    command = [sys.executable, "-m", "granian", *how, *threads, target]
    with open(folder / f"{port}.log", "wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(port, server)
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(120)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(6000):  # on a machine that is busy otherwise a portal takes minutes to start
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if server.poll() is not None:
                raise RuntimeError("the server did not start") from None
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")


def _hammer(port: int, path: str, seconds: float) -> list[float]:
    """Seconds that each sale took, all clients together; raises when one was not sold."""
    taken: list[float] = []
    asking = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n".encode()
    ends = time.perf_counter() + seconds

    def buy() -> None:
        with socket.create_connection(("127.0.0.1", port), 120) as connection:
            while (began := time.perf_counter()) < ends:
                connection.sendall(asking)
                _read(connection)
                taken.append(time.perf_counter() - began)

    with ThreadPoolExecutor(CLIENTS) as clients:
        for each in [clients.submit(buy) for _ in range(CLIENTS)]:
            each.result()
    return taken


_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


def _read(connection: socket.socket) -> None:
    """Take one whole answer off the line; raises when it does not say that something was sold."""
    answer = b""
    while (head := answer.find(b"\r\n\r\n")) < 0 or len(answer) < head + 4 + _length(answer):
        part = connection.recv(65_536)
        if not part:
            raise RuntimeError("the server hung up")
        answer += part
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(repr(answer[:400]))


def _length(answer: bytes) -> int:
    found = _LENGTH.search(answer)
    return int(found[1]) if found else 0


# -- a whole checkout --------------------------------------------------------------------------


def whole_checkouts() -> list[Figure]:
    """CPU of the six pages from choosing to the certificate's number (its PDF is another benchmark's)."""
    with ExitStack() as stack:
        empty, full = (stack.enter_context(fresh_portal()) for _ in range(2))
        for app in (empty, full):
            with app.app_context():
                make_lot(1_000)
        with full.app_context():
            fill(MANY)
        page, _size = _bare_pages(6)
        return [
            side_by_side(
                "checkout: whole, HTML (6 bare pages)",
                _checkout(empty),
                page,
                unit="orders/CPU-s",
                rounds=20,
                calls=3,
            ),
            side_by_side(
                f"checkout: whole, among {MANY:,} orders (empty)",
                _checkout(full),
                _checkout(empty),
                unit="orders/CPU-s",
                rounds=20,
                calls=3,
            ),
        ]


def _bare_pages(count: int) -> tuple[Callable[[], object], int]:
    client = Client(bare_page(12_000, None).wsgi_app)

    def call() -> None:
        for _ in range(count):
            client.get("/page").get_data()

    return call, count


def _checkout(app: Flask) -> Callable[[], str]:
    """A visitor who chooses 250 kg, fills in the form, pays with test money and sees the certificate."""

    def call() -> str:
        client = Client(app.wsgi_app)
        client.get("/en/offset").get_data()
        page = client.get("/en/offset/quote?kg=250&lot=LOT-A").get_data(as_text=True)
        form = _hidden(page) | {
            "name": "Bench",
            "email": "bench@example.com",
            "payment": "card",
            "consent": "y",
        }
        paying = client.post("/en/offset/quote", data=form).headers["Location"]
        token = _hidden(client.get(paying).get_data(as_text=True))["csrf_token"]
        back = client.post(paying, data={"outcome": "paid", "csrf_token": token}).headers["Location"]
        done = client.get(back).get_data(as_text=True)
        if "Your credits are retired" not in done:
            raise RuntimeError(done[:2000])
        return done

    return call


def _hidden(page: str) -> dict[str, str]:
    """Name and value of the hidden fields of the page's form."""
    fields = re.findall(r'<input[^>]*type="hidden"[^>]*>', page[page.index('<form method="post"') :])
    return {
        re.search(r'name="([^"]*)"', field)[1]: re.search(r'value="([^"]*)"', field)[1]  # type: ignore[index]
        for field in fields
    }


# -- a hundred thousand orders -----------------------------------------------------------------

_OWN_ID = re.compile(r"\b(ord|lin|pay|oev|csh|csp|ret|crt|job|aud|sbs|sbp|blk|rfd)_[0-9A-HJKMNP-TV-Z]{26}\b")
_MARK = "@@@@@@"
_TABLES = (
    "orders",
    "order_line",
    "order_buyer",
    "order_event",
    "payment",
    "cash_line",
    "cash_part",
    "hold",
    "retirement",
    "block",
    "retirement_range",
    "certificate",
    "certificate_holder",
    "ledger_entry",
    "sandbox_session",
    "audit_entry",
    "outbox",
)


def fill(count: int) -> None:
    """Copies of one real, paid and retired order of a kilogram, each with grams and ids of its own."""
    order_id = reserve_one(quote_one())
    till().open_payment(order_id, WAY, clock.now())
    till().play(str(queries.order(Actor.system("bench"), order_id).session_id), "paid", clock.now())
    with unguarded() as connection:
        connection.execute(
            text("UPDATE block SET start_g = start_g + :g WHERE state = 'held'"), {"g": count * 1000}
        )
        for table in _TABLES:
            _copy(connection, table, count)
        connection.execute(
            text("UPDATE pool_lot SET free_g = free_g - :g, attributed_g = attributed_g + :g"),
            {"g": count * 1000},
        )


@contextmanager
def unguarded() -> Iterator[Connection]:
    """A connection whose rows no guard looks at; they stand again at the end, when all is counted."""
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
            yield connection
            connection.execute(text("SET session_replication_role = DEFAULT"))
            connection.execute(text("ANALYZE"))
            connection.commit()
            return
        triggers = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        ).all()
        for name, _sql in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        yield connection
        for _name, sql in triggers:
            connection.execute(text(sql.replace(":", r"\:")))
        connection.execute(text("ANALYZE"))
        connection.commit()


def _copy(connection: Connection, table: str, count: int) -> None:
    rows = connection.execute(text(f"SELECT * FROM {table}")).mappings().all()
    for row in rows:
        if table == "block" and row["state"] != "retired":
            continue
        pattern = {
            name: _marked(value) for name, value in row.items() if (table, name) != ("ledger_entry", "seq")
        }
        if table == "order_line":
            pattern["certificate"] = f"{row['certificate'][:6]}{_MARK}"
        if table == "certificate":
            pattern["number"] = f"{row['number'][:6]}{_MARK}"
            pattern["key"] = f"{row['key'][:-6]}{_MARK}"
        if _MARK not in str(pattern.get("key" if table == "ledger_entry" else "order_id", _MARK)):
            continue  # of the lot, not of the order
        columns = ", ".join(pattern)
        place = "%s" if connection.dialect.name == "postgresql" else "?"
        places = ", ".join([place] * len(pattern))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"
        driver: Any = connection.connection.driver_connection
        driver.cursor().executemany(statement, _rows(pattern, count))


def _marked(value: Any) -> Any:
    if isinstance(value, dict | list):  # PostgreSQL reads JSON; SQLite gives its text
        value = json.dumps(value)
    return _OWN_ID.sub(lambda found: found[0][:-6] + _MARK, value) if isinstance(value, str) else value


def _rows(pattern: dict[str, Any], count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(count):
        digits, shift = f"{n:06d}", (n + 1) * 1000
        yield tuple(
            value.replace(_MARK, digits)
            if isinstance(value, str)
            else value + shift
            if name in ("start_g", "end_g")
            else value
            for name, value in pattern.items()
        )


if __name__ == "__main__":
    for line in run():
        print(json.dumps(line))
