"""One of each thing that has an address, of one person and her organisation, for those who try the doors."""

from dataclasses import dataclass

from sqlalchemy import select
from stdnum.cn import uscc

from portal.accounts.bodies import Kind
from portal.accounts.commands.notices import notify
from portal.accounts.models import Notification
from portal.accounts.rules import Part
from portal.db import db, transaction
from portal.footprint.commands import save_draft
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.privacy.commands import copies, pupils
from portal.shop.commands import giving
from portal.shop.commands import requests as purchases
from portal.shop.rules.basket import Basket, BasketLine
from portal.shop.rules.batches import Recipient
from portal.shop.rules.requests import Ask
from portal.training.commands.attempting import start
from portal.training.commands.enrolling import enrol
from tests.factories import (
    accounts,
    companies,
    drafts,
    events,
    footprint,
    gifts,
    groups,
    pledges,
    shop,
    statements,
    training,
    units,
)
from tests.factories.registry import make_lot
from tests.footprint.test_commands_drafts import HOME as JOURNEY

SCHOOL = "12230700MB1B2C3D4"  # a public body, without its check character
OTHER_CREDIT_CODE = "91230700MA0000001P"


@dataclass(frozen=True)
class Estate:
    """``owner`` owns all of it, herself or as owner of her organisation; ``rival`` owns another one.

    ``things`` maps the name of a part of an address to the value that stands there for a thing of hers.
    """

    owner: Actor
    rival: Actor
    member: Actor
    trainer: Actor
    things: dict[str, str]


def an_estate() -> Estate:
    """Made by the rooms' own commands in an application that is at head and empty."""
    make_lot(200)
    people = [accounts.person(f"{name}@example.cn") for name in ("owner", "rival", "member")]
    mine = companies.organisation(
        people[0], (people[2], Part.MEMBER), credit_code=companies.CREDIT_CODE
    )  # fmt: skip
    theirs = companies.organisation(people[1], credit_code=OTHER_CREDIT_CODE)
    school = companies.organisation(people[0], credit_code=SCHOOL + uscc.calc_check_digit(SCHOOL))
    owner, rival, member = (
        Actor(person.id, frozenset({Role.CITIZEN}), organisations=parts)
        for person, parts in zip(
            people,
            ({mine: Part.OWNER, school: Part.OWNER}, {theirs: Part.OWNER}, {mine: Part.MEMBER}),
            strict=True,
        )
    )
    things = {"organisation_id": mine, "person_id": member.id}
    things |= _bought(owner, member, mine) | _counted(owner) | _promised(owner) | _learned(owner)
    things |= _kept(owner, school)
    units.issued()
    things["account_code"] = units.holder(Actor(owner.id, organisations={mine: Part.OWNER}))
    return Estate(owner, rival, member, training.TRAINER, things)


def _bought(owner: Actor, member: Actor, company: str) -> dict[str, str]:
    now = clock.now()
    basket = Basket((BasketLine("LOT-A", Mass.kg(100)),))
    ask = Ask(company, basket, shop.quoted(100), "Forest Sea", False, "For the fair", "en")
    return {
        "order_id": shop.paid(actor=owner),
        "gift_id": gifts.drafted(actor=owner),
        "batch_id": companies.opened(owner, [Recipient()], organisation_id=company),
        "request_id": purchases.ask(member, new_id("prq"), ask, now),
        "giving_id": giving.begin_giving(
            owner, "LOT-A", Mass.kg("100"), 5, shop.BUYER, purpose="", lang="en", test=True, now=now
        ),
    }


def _kept(owner: Actor, school: str) -> dict[str, str]:
    """What the account room and that of privacy keep for her."""
    now = clock.now()
    browser = {"agent": "Chrome · Windows", "network": "198.51.100.0/24"}
    notify(owner.id, "sign_in.new_browser", browser, now, "estate")
    accounts.found_to_be(Kind.SCHOOL, school, owner)
    told = db.session.scalars(select(Notification.id).where(Notification.person_id == owner.id)).first()
    return {
        "notification_id": str(told),
        "copy_id": copies.ask(owner, owner.id, "", "en", now),
        "class_id": pupils.open_class(owner, school, "三年级二班", 3, True, "zh", now),
    }


def _counted(owner: Actor) -> dict[str, str]:
    return {
        "footprint_id": footprint.a_footprint(owner),
        "event_id": events.an_estimated_event(owner),
        "campaign_id": groups.a_campaign(owner),
        "statement_id": statements.a_plan(owner),
        "draft_of_answers": save_draft(Actor.guest(), JOURNEY, footprint.SAVED_AT, "zh")[0],
    }


def _promised(owner: Actor) -> dict[str, str]:
    return {
        "pledge_id": pledges.a_pledge(owner, is_public=False),
        "group_id": pledges.a_group(owner).id,
    }


def _learned(owner: Actor) -> dict[str, str]:
    version_id, now = training.a_version(), clock.now()
    with transaction() as session:
        cohort_id = training.a_cohort(session, version_id)
        in_class = training.an_enrolment(session, version_id, cohort_id)
        training.followed_up(session, cohort_id, in_class)
    enrolment_id = enrol(owner, version_id, "zh", now)
    return {
        "version_id": version_id,
        "cohort_id": cohort_id,
        "learner_in_class": in_class,
        "enrolment_id": enrolment_id,
        "course_draft": drafts.a_draft(),
        "attempt_id": start(owner, enrolment_id, "final", "zh", now),
    }
