"""Somebody with something in many rooms, for tests of what is known about people."""

from dataclasses import dataclass

from sqlalchemy import select, update

from portal.db import db, transaction
from portal.shop.models.orders import OrderLine
from portal.shop.rules.orders import Buyer
from portal.training.models.learners import Learner
from tests.factories import accounts, pledges, shop, training
from tests.factories.accounts import Somebody
from tests.factories.footprint import a_footprint
from tests.factories.registry import make_lot

NAME = "周小禾"
EMAIL = "zhou.xiaohe@example.cn"


@dataclass(frozen=True)
class Life:
    """What somebody has done, by the ids of the things."""

    who: Somebody
    order_id: str
    certificate: str
    footprint_id: str
    pledge_id: str


def a_life(email: str = EMAIL, name: str = NAME) -> Life:
    """An account, a paid order with its certificate, a footprint without and one with a pledge on it."""
    who = accounts.person(email)
    make_lot()
    order_id = shop.paid(100, actor=who.actor, buyer=Buyer(name, email, is_public=True))
    alone = a_footprint(who.actor)
    pledge_id = pledges.a_pledge(who.actor, name=name, motive=f"{name}：少开车", wants_letters=True)
    return Life(who, order_id, certificate_of(order_id), alone, pledge_id)


def certificate_of(order_id: str) -> str:
    wanted = select(OrderLine.certificate).where(OrderLine.order_id == order_id)
    return str(db.session.scalars(wanted).one())


def a_learner(who: Somebody, name: str = NAME) -> str:
    """The person on a list of a class, under their address; the enrolment's id."""
    version_id = training.a_version()
    with transaction() as session:
        enrolment_id = training.an_enrolment(session, version_id, name=name)
        session.execute(update(Learner).values(email=who.email))
    return enrolment_id
