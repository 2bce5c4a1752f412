"""What was agreed where it was asked is kept with its words, shown in one place, and withdrawn there."""

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from portal import consents
from portal.certificates import queries as papers
from portal.consents import Agreement, said
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.seen import Seen
from portal.privacy.commands import consenting
from portal.privacy.commands.looking import record
from portal.privacy.queries.consents import changes, standing
from portal.privacy.queries.subjects import subject_of, subject_of_order
from portal.privacy.rules.purposes import UnknownPurpose
from portal.shop.models.orders import OrderBuyer
from portal.shop.rules.orders import Buyer
from portal.web.links import key_for
from tests.browser import Browser
from tests.factories import accounts, shop
from tests.factories.guards import without_guards
from tests.factories.privacy import a_life, certificate_of
from tests.factories.registry import make_lot


def given(subject) -> dict[str, set[str]]:  # type: ignore[no-untyped-def]
    return {each.purpose.id: set(each.things) for each in standing(subject)}


def is_shown_on(order_id: str) -> bool:
    return db.session.scalars(select(OrderBuyer.is_public).where(OrderBuyer.order_id == order_id)).one()


def test_a_yes_is_kept_with_the_words_that_were_asked_and_each_is_taken_back_alone(any_app: Flask):
    life = a_life()
    me, subject = life.who.actor, subject_of(life.who.id)
    places = {place.thing: place for each in standing(subject) for place in each.places}
    assert places[life.certificate].words == consents.NAME_ON_CERTIFICATE.words, "the yes to its order"
    assert places[life.pledge_id].words == consents.NAME_ON_WALL.words
    assert {each.words for each in changes(subject)} == {
        consents.NAME_ON_CERTIFICATE.words, consents.NAME_ON_WALL.words, consents.LETTERS.words,
    }  # fmt: skip
    assert consenting.withdraw(me, "public_name", clock.now(), thing=life.certificate) == 1
    assert given(subject)["public_name"] == {life.pledge_id}
    assert papers.by_number(life.certificate).is_public is False
    assert not is_shown_on(life.order_id), "nor on what would be certified of the order later"
    last = changes(subject)[0]
    assert (last.thing, last.is_given, last.words) == (
        life.certificate, False, consents.NAME_TO_EVERYBODY.words,
    )  # fmt: skip
    with pytest.raises(UnknownPurpose):
        consenting.withdraw(me, "public_name", clock.now(), thing=life.certificate)


def test_an_order_on_its_way_is_certified_without_the_name_after_a_withdrawal(any_app: Flask):
    who = accounts.person()
    make_lot()
    now = clock.now()
    order_id = shop.opened(100, actor=who.actor, buyer=Buyer("周小禾", who.email, is_public=True))
    subject = subject_of(who.id)
    assert given(subject)["public_name"] == {order_id}
    assert consenting.withdraw(who.actor, "public_name", now) == 1
    assert given(subject)["public_name"] == set()
    shop.pay(order_id)
    assert papers.by_number(certificate_of(order_id)).is_public is False


def test_a_guest_withdraws_with_the_orders_link_and_sees_who_looked(app: Flask, browser: Browser):
    make_lot()
    order_id = shop.paid(100, buyer=Buyer("周小禾", "zhou@example.cn", is_public=True))
    number, clerk = certificate_of(order_id), accounts.person("clerk@example.cn")
    record(clerk.actor, [Seen("order", order_id, "orders")], clock.now())
    record(clerk.actor, [Seen("certificate", number, "certificates")], clock.now())
    record(clerk.actor, [Seen("order", "ord_of_somebody_else", "orders")], clock.now())
    page = browser.open(f"/en/orders/{order_id}/privacy?k={key_for(order_id)}")
    looked_at = [row["What was looked at"] for row in page.table("Looks of staff")]
    assert looked_at == ["a certificate", "an order"]
    assert clerk.id not in page.main
    page = page.submit("Withdraw everywhere: Showing your name")
    assert "Your consent is withdrawn." in page.text
    assert papers.by_number(number).is_public is False
    assert [each.is_given for each in said("", [number, order_id])] == [False, True]
    with pytest.raises(NotAllowed):
        consenting.withdraw(Actor.guest(), "public_name", clock.now(), order_id=order_id)
    assert given(subject_of_order(order_id))["public_name"] == set()


def test_what_was_agreed_is_not_rewritten(any_app: Flask):
    consents.record(Actor("usr_a"), consents.LETTERS, "plt_a", True, clock.now())
    consents.record(Actor.system("letters"), consents.LETTERS, "plt_b", True, clock.now())
    assert [each.thing_id for each in said("usr_a")] == ["plt_a"], "the portal itself agrees to nothing"
    for statement in ("UPDATE agreement SET is_given = NOT is_given", "DELETE FROM agreement"):
        with pytest.raises(DBAPIError, match="agreement rows are never"), transaction() as session:
            session.execute(text(statement))
    unheard = {
        consents.Question("public_name", ""): "an_agreement_keeps_its_words",
        consents.Question("", "?"): "an_agreement_is_for_something",
    }
    for question, sentence in unheard.items():
        with pytest.raises(DBAPIError, match=sentence):
            consents.record(Actor("usr_a"), question, "plt_a", True, clock.now())
    with transaction() as session:  # the control
        without_guards(session, "agreement")
        session.execute(update(Agreement).values(is_given=False))


def test_how_a_yes_came_about_is_told_however_much_was_said_since(app: Flask):
    who, now = accounts.person(), clock.now()
    consents.record(who.actor, consents.LETTERS, "plt_first", True, now)
    for number in range(201):
        consents.record(who.actor, consents.LETTERS, "plt_second", number % 2 == 0, now)
    found = consents.last_yes(["plt_first", "plt_second", "plt_third"])
    assert {thing: yes.at for thing, yes in found.items()} == {"plt_first": now, "plt_second": now}
