"""What waits for a second person or for a registry stands on the desk's first page."""

from datetime import timedelta

from flask import Flask

from portal.desk import queries
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.money import Money
from portal.registry.commands import prices
from portal.registry.rules.prices import PriceDraft
from portal.shop.rules.terms import TERMS
from tests.factories.registry import make_lot
from tests.shop.test_delivery import named

FINANCE = Actor("usr_01M825M1YS7CEW2ABDHNHW73N4", roles=frozenset({Role.FINANCE}))
EDITOR = Actor("usr_01M825M1YS7CEW2ABDHNHW73N7", roles=frozenset({Role.EDITOR}))


def test_a_proposed_price_waits_for_another_person(app: Flask) -> None:
    make_lot()
    now = clock.now()
    draft = PriceDraft("LOT-A", Money.cny("90.00"), clock.day_of(now), "a demonstration")
    prices.propose(FINANCE, draft, now)
    (waiting,) = queries.today(FINANCE, now).proposals
    assert waiting.lot_code == "LOT-A"
    assert queries.today(EDITOR, now).proposals == []


def test_a_retirement_in_a_buyers_name_is_shown_from_a_week_before_it_is_due(app: Flask) -> None:
    make_lot()
    order_id, now = named(1), clock.now()
    due = now + TERMS.named_retirement
    assert queries.today(FINANCE, due - timedelta(days=8)).named == []
    for later in (due - timedelta(days=6), due + timedelta(days=1)):
        today = queries.today(FINANCE, later)
        assert [each.order_id for each in today.named] == [order_id]
        assert not today.is_calm
    assert queries.today(EDITOR, due).named == []
