"""Seedlings in orders: never more than there are places, every way out frees them, no word of carbon."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal import jobs
from portal.certificates import queries as papers
from portal.certificates.rules.claims import CertificateType
from portal.certificates.rules.states import State
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.money import Money
from portal.ops.audit import faults
from portal.registry.queries import register
from portal.shop.commands import ordering, planting, refunds, settlement
from portal.shop.provider import PaymentState, SessionState
from portal.shop.queries import orders
from portal.shop.queries import planting as queries
from portal.shop.rules.contributions import contribution, least_seedlings
from portal.shop.rules.orders import OrderContentsDiffer
from portal.shop.rules.quotes import FeeKind, Party
from portal.shop.rules.seedlings import (
    BadDates,
    BothLanguages,
    CampaignCodeTaken,
    FewerPlacesThanFunded,
    MoreThanPlanted,
    NotEnoughPlaces,
    NotPlantedYet,
    PlantingIsOver,
    ReportKind,
    VisitInTheFuture,
)
from portal.shop.rules.states import OrderState
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.web.links import key_for
from tests.factories import shop
from tests.factories.certificates import sequence_and_sign
from tests.factories.guards import without_guards
from tests.factories.planting import CODE, counted, draft, make_planting, seedlings_quote
from tests.factories.registry import make_lot
from tests.factories.shop import SYSTEM

FORESTER = Actor("usr_01M825M1YS7CEW2ABDHNHW73N6", roles=frozenset({Role.REGISTRY}))
S = OrderState


def funded(seedlings: int = 10, kg: int = 0, **changes: object) -> str:
    """An order of seedlings, paid with test money and final."""
    return shop.paid(quote=seedlings_quote(seedlings, kg), **changes)


def left() -> int:
    return queries.campaign(CODE).left


def state(order_id: str) -> OrderState:
    return shop.seen(order_id).state


def books_balance() -> None:
    sequence_and_sign()
    assert [str(fault) for fault in faults()] == []


# -- price -------------------------------------------------------------------------------------


def test_the_price_adds_up_and_no_registry_fee_is_taken_for_seedlings(app: Flask) -> None:
    make_planting()
    quote = seedlings_quote(10)
    assert quote.planting == Money.cny("120.00")
    assert {fee.kind: fee.amount.minor for fee in quote.fees} == {FeeKind.REGISTRY: 0, FeeKind.PAYMENT: 120}
    assert quote.total == Money.cny("121.20")
    split = {share.party: share.amount.minor for share in quote.split}
    assert split[Party.FOREST_OWNER] == 10_800
    assert sum(split.values()) == quote.total.minor


def test_credits_beside_seedlings_cost_what_they_cost_alone(app: Flask) -> None:
    make_lot()
    make_planting()
    alone, beside = shop.quoted(250), seedlings_quote(10, 250)
    assert beside.credits == alone.credits
    assert beside.mass == alone.mass
    assert sum(share.amount.minor for share in beside.split) == beside.total.minor
    assert beside.hash not in (alone.hash, seedlings_quote(10).hash)


def test_the_least_that_can_be_charged_is_told_in_seedlings(app: Flask) -> None:
    line = make_planting(price="1.50").line(1)
    least = least_seedlings(line, Money.cny("4.00"))
    assert least == 3
    assert contribution([replace(line, seedlings=least)], [], PaymentKind.CARD).total >= Money.cny("4.00")
    assert contribution([replace(line, seedlings=least - 1)], [], PaymentKind.CARD).total < Money.cny("4.00")


# -- an order ----------------------------------------------------------------------------------


def test_seedlings_alone_end_in_a_certificate_without_a_kilogram(any_app: Flask) -> None:
    make_planting()
    order_id = funded(10)
    assert state(order_id) is S.RETIRED
    (paper,) = papers.for_order(order_id)
    assert paper.type is CertificateType.PLANTING
    assert not paper.mass.grams
    (line,) = queries.seedlings_of(order_id)
    assert (line.seedlings, line.certificate) == (10, paper.number)
    assert (left(), queries.campaign(CODE).funded) == (90, 10)
    books_balance()


def test_seedlings_and_credits_in_one_order_get_a_certificate_each(any_app: Flask) -> None:
    make_lot()
    make_planting()
    order_id = funded(10, 250)
    assert {paper.type for paper in papers.for_order(order_id)} == {
        CertificateType.PLANTING,
        CertificateType.RETIRED,
    }
    assert register.lot("LOT-A").attributed.kg_down == 250
    books_balance()


def test_the_same_page_twice_is_the_same_order(app: Flask) -> None:
    make_planting()
    order_id = shop.placed(quote=seedlings_quote(10))
    assert shop.placed(quote=seedlings_quote(10), order_id=order_id) == order_id
    with pytest.raises(OrderContentsDiffer):
        shop.placed(quote=seedlings_quote(11), order_id=order_id)
    assert left() == 90


def test_more_than_there_are_places_is_refused_with_what_is_left(any_app: Flask) -> None:
    make_planting(100)
    funded(95)
    with pytest.raises(NotEnoughPlaces) as caught:
        shop.placed(quote=seedlings_quote(6))
    assert caught.value.params == {"left": 5}
    assert left() == 5
    funded(5)
    assert left() == 0


def test_nothing_is_kept_of_an_order_whose_credits_are_gone(app: Flask) -> None:
    make_lot(1)
    make_planting()
    with pytest.raises(Exception, match="NotEnough"):
        shop.placed(quote=seedlings_quote(10, 1_001))
    assert left() == 100


def test_a_closed_or_past_planting_takes_nothing(app: Flask) -> None:
    campaign = make_planting()
    quote = seedlings_quote(1)
    planting.close_campaign(FORESTER, campaign.id, clock.now())
    with pytest.raises(PlantingIsOver):
        shop.placed(quote=quote)
    planting.open_campaign(SYSTEM, draft(code="LATE"), clock.now())
    late = contribution([queries.campaign("LATE").line(1)], [], PaymentKind.CARD)
    with pytest.raises(PlantingIsOver):
        shop.placed(quote=late, now=clock.now() + timedelta(days=102))


# -- ways out ----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["cancel", "lapse", "withdraw", "refund", "dispute"])
def test_every_way_out_frees_the_places(app: Flask, way: str) -> None:
    make_planting()
    now = clock.now()
    if way == "cancel":
        order_id = shop.opened(quote=seedlings_quote(10))
        till().cancel(order_id, now)
    elif way == "lapse":
        order_id = shop.placed(quote=seedlings_quote(10))
        till().give_up(order_id, now)
    else:
        order_id = shop.paid(quote=seedlings_quote(10), consent=way != "withdraw")
        assert left() == 90
        refunds.request_refund(SYSTEM, order_id, way, now)
        jobs.drain()
    assert left() == 100
    assert state(order_id) in (S.CANCELLED, S.EXPIRED, S.REFUNDED, S.REFUNDED_VOID)
    books_balance()


def test_a_refund_withdraws_the_certificate(app: Flask) -> None:
    make_planting()
    order_id = funded(10)
    refunds.request_refund(SYSTEM, order_id, "asked", clock.now())
    jobs.drain()
    assert state(order_id) is S.REFUNDED_VOID
    assert [paper.state for paper in papers.for_order(order_id)] == [State.REVOKED]
    assert not sum(line.amount.minor for line in orders.cash_lines(order_id))


def late_money(order_id: str) -> settlement.Outcome:
    """The provider says only now that this order was paid in time."""
    order = shop.seen(order_id)
    session = till().sandbox.session(str(order.session_id))
    paid = replace(
        session, state=SessionState.COMPLETE, payment_state=PaymentState.PAID, payment_id="sbp_late", url=None
    )
    return settlement.settle(SYSTEM, order_id, paid, clock.now())


@pytest.mark.parametrize("is_free", [True, False])
def test_late_money_is_served_while_there_are_places_and_goes_back_otherwise(
    any_app: Flask, is_free: bool
) -> None:
    make_planting(10)
    order_id = shop.opened(quote=seedlings_quote(10))
    ended = till().sandbox.expire(str(shop.seen(order_id).session_id))
    ordering.expire_order(SYSTEM, order_id, ended, clock.now())
    if not is_free:
        funded(1)
    outcome = late_money(order_id)
    if is_free:
        assert (outcome, state(order_id), left()) == (settlement.Outcome.RETIRED, S.RETIRED, 0)
    else:
        assert (outcome, state(order_id)) == (settlement.Outcome.PAID_TOO_LATE, S.REFUND_PENDING)
        assert left() == 9, "what is on its way back takes no place"


# -- campaigns and reports ---------------------------------------------------------------------


def test_only_registry_staff_open_and_report(app: Flask) -> None:
    campaign = make_planting()
    for actor in (Actor.guest(), Actor("usr_01M825M1YS7CEW2ABDHNHW73N5", roles=frozenset({Role.FINANCE}))):
        with pytest.raises(NotAllowed):
            planting.open_campaign(actor, draft(code="OTHER"), clock.now())
        with pytest.raises(NotAllowed):
            planting.report(actor, campaign.id, counted(ReportKind.PLANTED, 1), clock.now())


def test_what_cannot_be_opened_says_why(app: Flask) -> None:
    make_planting()
    with pytest.raises(CampaignCodeTaken):
        planting.open_campaign(FORESTER, draft(), clock.now())
    with pytest.raises(BothLanguages):
        planting.open_campaign(
            FORESTER, replace(draft(code="B"), about=Bilingual("只有中文", "")), clock.now()
        )
    wrong = replace(draft(code="C"), planting_until=clock.today() - timedelta(days=1))
    with pytest.raises(BadDates):
        planting.open_campaign(FORESTER, wrong, clock.now())


def test_places_never_fall_below_what_is_funded(any_app: Flask) -> None:
    campaign = make_planting(100)
    funded(40)
    with pytest.raises(FewerPlacesThanFunded):
        planting.change_places(FORESTER, campaign.id, 39, clock.now())
    planting.change_places(FORESTER, campaign.id, 40, clock.now())
    assert left() == 0


def test_counts_follow_the_newest_reports(app: Flask) -> None:
    campaign, now = make_planting(), clock.now()
    with pytest.raises(NotPlantedYet):
        planting.report(FORESTER, campaign.id, counted(ReportKind.SURVIVAL, 1), now)
    planting.report(FORESTER, campaign.id, counted(ReportKind.PLANTED, 90), now)
    with pytest.raises(MoreThanPlanted):
        planting.report(FORESTER, campaign.id, counted(ReportKind.SURVIVAL, 91), now)
    planting.report(FORESTER, campaign.id, counted(ReportKind.SURVIVAL, 77), now)
    tomorrow = clock.today() + timedelta(days=1)
    with pytest.raises(VisitInTheFuture):
        planting.report(FORESTER, campaign.id, counted(ReportKind.SURVIVAL, 70, tomorrow), now)
    counts = queries.campaign(CODE).counts
    assert (counts.planted, counts.alive, counts.alive_percent) == (90, 77, 85)
    planting.report(FORESTER, campaign.id, counted(ReportKind.PLANTED, 88), now + timedelta(minutes=1))
    assert queries.campaign(CODE).counts.planted == 88, "a later report corrects the first"
    assert len(queries.reports(campaign.id)) == 3, "and both can be read"


def test_contributors_are_written_to_once_in_their_language(app: Flask, sent_letters) -> None:  # type: ignore[no-untyped-def]
    campaign = make_planting()
    funded(10, lang="zh")
    funded(5, lang="en")
    shop.opened(quote=seedlings_quote(3))  # not paid: not written to
    report_id = planting.report(FORESTER, campaign.id, counted(ReportKind.PLANTED, 80), clock.now())
    subjects = [letter["Subject"] for letter in sent_letters()]
    told = [subject for subject in subjects if "80" in subject]
    assert len(told) == 2
    assert "80 seedlings were planted: Demonstration parcel seven" in told
    planting.write_to_contributors(SYSTEM, report_id, clock.now())
    assert len(sent_letters()) == len(subjects), "none is sent twice"


# -- the last belt -----------------------------------------------------------------------------

_ADD = (
    "INSERT INTO seedling_line (id, order_id, campaign_id, position, seedlings, minor_each, amount_minor) "
    "SELECT 'sdl_x', o.id, c.id, 9, {values} FROM orders o, planting_campaign c WHERE o.state = '{state}'"
)
ATTACKS = {
    "no more seedlings are promised than there are places": _ADD.format(values="96, 1, 96", state="reserved"),
    "seedlings are added to an order that is not paid yet": _ADD.format(values="1, 1, 1", state="retired"),
    "seedlings_cost_what_one_costs_each": _ADD.format(values="2, 1, 1", state="reserved"),
    "seedling_line keeps": "UPDATE seedling_line SET seedlings = 1, amount_minor = minor_each",
    "seedling_line rows are never deleted": "DELETE FROM seedling_line",
    "a contribution is certified once": "UPDATE seedling_line SET certificate = 'X' WHERE certificate > ''",
    "a planting keeps the places that are funded": "UPDATE planting_campaign SET places = 3",
    "planting_campaign keeps": "UPDATE planting_campaign SET minor_each = 1",
    "planting_report rows are never edited": "UPDATE planting_report SET seedlings = 100",
    "planting_report rows are never deleted": "DELETE FROM planting_report",
    "an order that comes back finds its places free": (
        "INSERT INTO payment "
        "(id, order_id, kind, provider, provider_payment_id, amount_minor, currency, test, at) "
        "SELECT 'pay_x', id, 'order', 'sandbox', 'p', amount_minor, currency, test, created_at FROM orders "
        "WHERE state = 'expired'; UPDATE orders SET state = 'paid' WHERE state = 'expired'"
    ),
}


def _scene() -> None:
    campaign = make_planting(100)
    lapsed = shop.placed(quote=seedlings_quote(95))
    till().give_up(lapsed, clock.now())
    funded(4)
    shop.placed(quote=seedlings_quote(3))
    planting.report(SYSTEM, campaign.id, counted(ReportKind.PLANTED, 4), clock.now())


def attack(sentence: str) -> int:
    """How many rows its last statement changed."""
    done = 0
    for statement in ATTACKS[sentence].split("; "):
        done = db.session.execute(text(statement)).rowcount  # type: ignore[attr-defined]
    return done


@pytest.mark.parametrize("sentence", ATTACKS)
def test_the_database_refuses(any_app: Flask, sentence: str) -> None:
    _scene()
    with pytest.raises(IntegrityError, match=sentence), transaction():
        attack(sentence)
    if sentence == "seedlings_cost_what_one_costs_each":
        return  # a check of the table, for which no trigger stands
    with transaction() as session:  # the control: without the guards it is done
        without_guards(session)
        assert attack(sentence)
        session.rollback()


def test_the_audit_finds_what_the_guards_would_have_refused(app: Flask) -> None:
    make_planting(10)
    funded(10)
    assert list(queries.faults()) == []
    with transaction() as session:
        without_guards(session)
        session.execute(text("UPDATE planting_campaign SET places = 9"))
        session.execute(text("UPDATE seedling_line SET certificate = NULL"))
    found = [fault.what for fault in queries.faults()]
    assert found == ["10 seedlings are promised for 9 places", "counted as final without a certificate"]


def test_programs_see_seedlings_apart_from_credits(app: Flask, client: FlaskClient) -> None:
    make_planting()
    order_id = funded(10)
    answer = client.get(
        f"/api/v1/orders/{order_id}", headers={"Authorization": f"Bearer {key_for(order_id)}"}
    )
    shown = answer.get_json()
    assert (shown["lines"], shown["seedlings"][0]["seedlings"]) == ([], 10)
    assert shown["certificates"] == [shown["seedlings"][0]["certificate"]]
    (planting_shown,) = client.get("/api/v1/planting").get_json()["plantings"]
    assert (planting_shown["left"], planting_shown["funded"], planting_shown["alive"]) == (90, 10, None)
