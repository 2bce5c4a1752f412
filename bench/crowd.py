"""Catalogue, order and certificate pages among a hundred thousand orders and a million certificates.

The baseline is the limit that is promised: 150 ms for 95 of 100 readers. In process, each page of another
order or certificate; the limit is on time, the columns of milliseconds are CPU.
"""

import random
from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from bench.checkout import fill, unguarded
from bench.measure import Figure
from bench.site import fresh_portal, waited_for
from portal.certificates.rules import numbers
from portal.db import db
from portal.registry.rules.records import CertificateIssued
from portal.web.links import key_for
from tests.factories.registry import make_lot

ORDERS = 100_000
CERTIFICATES = 1_000_000
ASKED = 200
WARM_UP = 10
_TOGETHER = 10_000


def run() -> list[Figure]:
    chance = random.Random(1)
    with fresh_portal() as app:
        with app.app_context():
            make_lot(1_000)
            fill(ORDERS)
            certificates = _certificates(CERTIFICATES - ORDERS, chance)
            orders = list(db.session.scalars(text("SELECT id FROM orders ORDER BY random() LIMIT 210")))
            with app.test_request_context("/"):
                orders = [f"/zh/orders/{each}?k={key_for(each)}" for each in orders]
        return [
            waited_for(app, "crowd: catalogue", ["/zh/offset"] * (ASKED + WARM_UP), WARM_UP),
            waited_for(app, "crowd: order", orders, WARM_UP),
            waited_for(
                app, "crowd: certificate", [f"/zh/certificates/{each}" for each in certificates], WARM_UP
            ),
        ]


def _certificates(count: int, chance: random.Random) -> list[str]:
    """Copies of one certificate that all stand in the log; returns the numbers of some."""
    made: list[str] = []
    with unguarded() as connection:
        paper = connection.execute(text("SELECT * FROM certificate ORDER BY id LIMIT 1")).mappings().one()
        holder = connection.execute(
            text("SELECT * FROM certificate_holder WHERE certificate_id = :id"), {"id": paper["id"]}
        )
        person = holder.mappings().one()
        driver: Any = connection.connection.driver_connection
        for start in range(0, count, _TOGETHER):
            rows = list(_rows(paper, start, min(start + _TOGETHER, count)))
            _insert(driver, "certificate", rows)
            _insert(driver, "certificate_holder", [dict(person, certificate_id=row["id"]) for row in rows])
            _insert(driver, "record", [_record(row) for row in rows])
            _insert(driver, "entry", [_entry(row, start + n) for n, row in enumerate(rows)])
            made += [row["number"] for row in chance.sample(rows, 3)]
        _insert(
            driver, "checkpoint", [{"size": count, "root": bytes(32), "note": "", "at": paper["issued_at"]}]
        )
    return chance.sample(made, ASKED + WARM_UP)


def _rows(paper: Any, start: int, end: int) -> Iterator[dict[str, Any]]:
    for n in range(start, end):
        own = f"{n:07d}"
        yield dict(
            paper, id=paper["id"][:-7] + own, number=numbers.new_number(), key=paper["key"][:-7] + own,
            retirement_id=paper["retirement_id"][:-7] + own,
        )  # fmt: skip


def _record(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"rec_{row['id']}",
        "kind": CertificateIssued.kind,
        "subject_id": row["id"],
        "body": row["payload_sha256"],
        "at": row["issued_at"],
    }


def _entry(row: dict[str, Any], idx: int) -> dict[str, Any]:
    return {"idx": idx, "record_id": f"rec_{row['id']}", "leaf_hash": bytes(32)}


def _insert(driver: Any, table: str, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    places = ", ".join("?" * len(names))
    driver.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})",
        [tuple(row.values()) for row in rows],
    )
