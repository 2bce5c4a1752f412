"""What a person cannot change: the desk puts the name right where it was ticked, everywhere or nowhere."""

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from portal.certificates import queries as papers
from portal.certificates.rules.states import Reason, State
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import InvalidInput, NotAllowed
from portal.privacy.commands import correcting
from portal.privacy.queries.correctables import correctables
from portal.privacy.queries.subjects import subject_of
from portal.privacy.rules.corrections import CorrectionIsAnswered, Matter, NothingChosen
from portal.shop.rules.orders import Buyer
from portal.training.models.learners import Enrolment, Learner
from tests.browser import Browser
from tests.factories import shop
from tests.factories.privacy import NAME, Life, a_learner, a_life
from tests.privacy.test_views import at_the_desk

ADMIN = Actor("usr_admin", frozenset({Role.ADMIN}))
RIGHT = "周晓禾"


@dataclass
class Asked:
    life: Life
    correction_id: str
    order_id: str
    learner_id: str


@pytest.fixture
def asked(any_app: Flask) -> Asked:
    """Somebody whose name is wrong on a certificate, on an order on its way, and on a list of a class."""
    life = a_life()
    order_id = shop.opened(100, actor=life.who.actor, buyer=Buyer(NAME, life.who.email))
    enrolment_id = a_learner(life.who)
    learner_id = str(
        db.session.scalars(select(Enrolment.learner_id).where(Enrolment.id == enrolment_id)).one()
    )
    words = "晓，不是小"
    return Asked(life, correcting.ask(life.who.actor, Matter.NAME, words, clock.now()), order_id, learner_id)


def test_the_name_is_put_right_where_it_was_ticked(asked: Asked):
    life = asked.life
    there = {each.thing: each.name for each in correctables(subject_of(life.who.id))}
    assert there == {life.certificate: NAME, asked.order_id: NAME, asked.learner_id: NAME}
    done = correcting.put_right(ADMIN, asked.correction_id, RIGHT, list(there), clock.now())
    assert set(done) == set(there)
    old = papers.by_number(life.certificate)
    assert (old.state, old.reason, old.holder_name) == (State.REPLACED, Reason.ERROR, NAME)
    assert papers.by_number(str(old.replaced_by)).holder_name == RIGHT
    assert db.session.get_one(Learner, asked.learner_id, populate_existing=True).name == RIGHT
    shop.pay(asked.order_id)
    names = {each.name for each in correctables(subject_of(life.who.id))}
    assert names == {RIGHT}, "what is certified later bears it as well"


def test_all_or_nothing_and_only_what_is_the_persons_own(asked: Asked):
    life, now = asked.life, clock.now()
    things = [life.certificate, asked.learner_id]
    with pytest.raises(InvalidInput):
        correcting.put_right(ADMIN, asked.correction_id, "", [life.certificate], now)
    with pytest.raises(NothingChosen):
        correcting.put_right(ADMIN, asked.correction_id, RIGHT, ["ord_of_somebody_else"], now)
    for stranger in (life.who.actor, Actor("usr_auditor", frozenset({Role.AUDITOR}))):
        with pytest.raises(NotAllowed):
            correcting.put_right(stranger, asked.correction_id, RIGHT, things, now)
    with pytest.raises(InvalidInput):
        correcting.put_right(ADMIN, asked.correction_id, " ", [*things, asked.order_id], now)
    assert {each.name for each in correctables(subject_of(life.who.id))} == {NAME}
    correcting.answer(ADMIN, asked.correction_id, True, "改好了", now)
    with pytest.raises(CorrectionIsAnswered):
        correcting.put_right(ADMIN, asked.correction_id, RIGHT, things, now)


def test_the_desk_ticks_where(app: Flask, browser: Browser):
    life = a_life()
    asked = correcting.ask(life.who.actor, Matter.CERTIFICATE, "晓，不是小", clock.now())
    at_the_desk(browser, Role.ADMIN)
    page = browser.open(f"/en/desk/privacy/corrections/{asked}")
    refused = page.fill("The name as it should be", RIGHT).submit("Put it right", expect=422)
    assert "Tick where the name is to be put right." in refused.main
    label = f"a certificate …{life.certificate[-6:]}: {NAME}"
    page = refused.fill("The name as it should be", RIGHT).tick(label).submit("Put it right")
    assert "The name was put right in 1 place." in page.text
    assert papers.by_number(life.certificate).replaced_by
    page = page.choose("Corrected").fill("What the person is told", "改好了").submit("Send the answer")
    assert "The answer is on its way." in page.text
