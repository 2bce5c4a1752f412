"""Things within things of an estate's owner, and a neighbour whose things of the same kinds are empty."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from portal.accounts.commands.joining import make_join_code
from portal.accounts.models import JoinCode
from portal.db import db, transaction
from portal.footprint.commands import activities
from portal.footprint.models import ActivityImport
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.pledges.commands.evidence import give_paper
from portal.pledges.commands.plans import plan_action
from portal.pledges.rules.plans import Action
from portal.shop.commands import billing, fapiao_files
from portal.shop.commands.fapiao_files import Given
from portal.shop.rules.billing import BillTo, FapiaoWish, TitleKind
from portal.statements import queries as statements_read
from portal.training.commands import cohorts, feedback, rosters, sessions
from portal.training.rules.attendance import SessionDraft
from portal.training.rules.feedback import USUAL
from portal.training.rules.rosters import Entry
from tests.factories import events, gifts, pledges, shop, statements, training
from tests.factories.estate import Estate

TILL = Actor("usr_of_the_till", frozenset({Role.FINANCE}))
NEIGHBOUR = Actor("usr_of_another_trainer", frozenset({Role.TRAINER}))
NIGHTS = ("nights", "301", "间夜", "11月24日", "票据")
FAPIAO = FapiaoWish(TitleKind.PERSON, "林", "", "lin@example.cn")


def insides(estate: Estate) -> dict[str, str]:
    """By the part of an address that names it; where two rooms use one word, ``room.part``."""
    owner, things, now = estate.owner, estate.things, clock.now()
    make_join_code(owner, things["organisation_id"], 5, 7, True, now)
    activities.apply(owner, things["event_id"], events.table(NIGHTS), "a.csv", now)
    found = {
        "code_id": db.session.scalars(select(JoinCode.id)).one(),
        "import_id": db.session.scalars(select(ActivityImport.id)).one(),
        "batch_id": things["batch_id"],
        "accounts.person_id": estate.member.id,
        "statements.action_id": statements_read.statement(things["statement_id"]).actions[0].id,
    }
    return found | _papers(owner, things["order_id"]) | _pledged(owner, things["pledge_id"]) | _taught(estate)


def _papers(owner: Actor, order_id: str) -> dict[str, str]:
    now = clock.now()
    fapiao_id = billing.request_fapiao(owner, order_id, FAPIAO, "zh", now)
    billing.issue_fapiao(TILL, fapiao_id, "24442000000012345678", clock.today(), now)
    number = billing.issue_invoice(owner, order_id, BillTo("林", "", ""), now)
    return {
        "fapiao_id": fapiao_id,
        "file_id": fapiao_files.attach(TILL, fapiao_id, Given("pdf", "1" * 64, 10), now),
        "shop_papers.number": number,
    }


def _pledged(owner: Actor, pledge_id: str) -> dict[str, str]:
    action, paper = Action(new_id("pac"), title="骑车上班"), replace(pledges.a_paper(), verifier="")
    plan_action(owner, pledge_id, action, clock.now())
    give_paper(owner, pledge_id, paper, clock.now())
    return {"pledges.action_id": action.id, "evidence_id": paper.id}


def _taught(estate: Estate) -> dict[str, str]:
    cohort_id, now = estate.things["cohort_id"], clock.now()
    roster = rosters.RosterFile("名单.xlsx", "0" * 64)
    roster_id = new_id("ros")
    rosters.take_roster(training.TRAINER, cohort_id, roster_id, roster, [Entry("王芳", "", "zh")], now)
    cohorts.add_trainer(training.TRAINER, cohort_id, estate.member.id, True, now)
    draft = SessionDraft("开班", "", now, now + timedelta(hours=2))
    week = now + timedelta(days=7)
    return {
        "form_id": feedback.ask_class(training.TRAINER, cohort_id, new_id("fbf"), "反馈", USUAL, now, week),
        "session_id": sessions.add_session(training.TRAINER, cohort_id, new_id("ses"), draft, now),
        "roster_id": roster_id,
        "teach.enrolment_id": estate.things["learner_in_class"],
        "teach.person_id": estate.member.id,
    }


def empty_things(rival: Actor, version_id: str) -> dict[str, str]:
    """Things of the same kinds that are a rival's (a class: ``NEIGHBOUR``'s), empty."""
    (organisation_id,) = rival.organisations
    with transaction() as session:
        cohort_id = training.a_cohort(session, version_id, trainer=NEIGHBOUR.id)
    return {
        "organisation_id": organisation_id,
        "order_id": shop.paid(actor=rival),
        "gift_id": gifts.drafted(actor=rival),
        "event_id": events.an_estimated_event(rival),
        "statement_id": statements.a_plan(rival),
        "pledge_id": pledges.a_pledge(rival, is_public=False),
        "cohort_id": cohort_id,
    }
