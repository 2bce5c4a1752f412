"""What came before projects were told apart is shared out among them, as the portal does from there on."""

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.mass import Mass
from portal.ops.audit import faults
from portal.shop.commands import refunds
from portal.shop.models.origins import CashPart
from portal.shop.queries import orders
from portal.shop.rules.quotes import make_quote
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from tests.factories import shop
from tests.factories.planting import make_planting, seedlings_quote
from tests.factories.registry import make_lot

BOTH = Actor("usr_second", frozenset({Role.FINANCE}), proposer="usr_first")


def flask(*arguments: str) -> None:
    db.session.remove()
    done = current_app.test_cli_runner().invoke(args=["db", *arguments])
    assert done.exit_code == 0, f"{arguments}: {done.output}\n{done.exception!r}"


def parts() -> list[tuple[str, str, int]]:
    rows = select(CashPart.cause_id, CashPart.origin, CashPart.amount_minor)
    return sorted((row.cause_id, row.origin, row.amount_minor) for row in db.session.execute(rows))


@pytest.mark.timeout(300)
def test_money_that_came_before_is_shared_out_alike(any_app: Flask) -> None:
    make_lot()
    make_lot(code="LOT-B", project="0002")
    make_planting()
    offers = [(orders.offer_of(lot), Mass.kg(kg)) for lot, kg in (("LOT-A", 33), ("LOT-B", 67))]
    shop.paid(quote=make_quote(offers, PaymentKind.CARD))
    shop.paid(quote=seedlings_quote(3, 250))
    undone = shop.paid(quote=make_quote(offers, PaymentKind.CARD), consent=False)
    refunds.request_refund(BOTH, undone, "by staff", clock.now())
    till().heal([undone], clock.now())
    before = parts()
    assert len(before) == 8
    flask("downgrade", "0030")
    flask("upgrade")
    assert parts() == before
    assert [str(fault) for fault in faults()] == []
