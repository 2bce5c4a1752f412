"""Units of others are cancelled by two of the registry; a holder's own by the holder alone."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.proposals import queries
from portal.proposals.commands import decide
from portal.proposals.rules import ProposedAlready, SecondPersonNeeded, Verdict
from portal.registry.commands import cancelling, giving_up, reversals
from portal.registry.models import Cancellation
from portal.registry.queries import accounts as read
from portal.registry.rules.accounts import CancelReason, Cause, NotThisReason, ReasonMissing
from portal.registry.rules.ledger import NotEnoughCredits
from tests.factories.units import CHECKER, HASH, MAKER, PINE, account_id, approved, given, issued, project

NOW = clock.now
ERROR = CancelReason.ERROR


def proposed(tonnes: int, why: str = "counted twice") -> str:
    return giving_up.propose_cancellation(MAKER, account_id("developer"), Mass.t(tonnes), ERROR, why, NOW())


def held() -> Mass:
    return read.account(account_id("developer")).held


def test_a_developers_units_are_cancelled_by_two(any_app: Flask) -> None:
    issued(80)
    proposal_id = proposed(5)
    assert held() == Mass.t(80)  # the rehearsal has left nothing
    with pytest.raises(SecondPersonNeeded):
        decide(MAKER, proposal_id, Verdict.ACCEPTED, "", NOW())
    decide(CHECKER, proposal_id, Verdict.ACCEPTED, "", NOW())
    assert held() == Mass.t(75)
    (kept,) = db.session.scalars(select(Cancellation))
    assert (kept.actor_id, kept.reason, kept.explanation) == (CHECKER.id, "error", "counted twice")


ALONE = (MAKER, replace(MAKER, proposer=MAKER.id), replace(PINE, proposer="usr_x"))


@pytest.mark.parametrize("alone", ALONE)
def test_one_person_alone_cancels_nothing_of_others(app: Flask, alone: Actor) -> None:
    issued(80)
    with pytest.raises(NotAllowed):
        cancelling.cancel(alone, account_id("developer"), Mass.t(1), ERROR, "a mistake", NOW())


def test_who_holds_units_gives_them_up_alone_but_for_no_reason_of_the_registry(app: Flask) -> None:
    issued(80)
    pine = given(30)
    both = replace(PINE, roles=frozenset({Role.REGISTRY}))
    with pytest.raises(NotThisReason):
        cancelling.cancel(both, pine, Mass.t(1), ERROR, "a mistake", NOW())
    cancelling.cancel(both, pine, Mass.t(1), CancelReason.VOLUNTARY, "for the forest", NOW())
    assert read.account(pine).held == Mass.t(29)


def test_what_could_not_be_cancelled_is_refused_when_it_is_proposed(app: Flask) -> None:
    issued(80)
    with pytest.raises(NotEnoughCredits):
        proposed(81)
    with pytest.raises(ReasonMissing):
        proposed(1, "x")
    with pytest.raises(NotThisReason):
        giving_up.propose_cancellation(
            MAKER, account_id("developer"), Mass.t(1), CancelReason.REVERSAL, "a fire", NOW()
        )
    proposed(1)
    with pytest.raises(ProposedAlready):
        proposed(2)


def test_units_that_are_gone_meanwhile_leave_the_proposal_open(app: Flask) -> None:
    issued(80)
    proposal_id = proposed(80)
    given(30)
    with pytest.raises(NotEnoughCredits):
        decide(CHECKER, proposal_id, Verdict.ACCEPTED, "", NOW())
    assert queries.proposal(proposal_id).verdict is None
    decide(CHECKER, proposal_id, Verdict.DECLINED, "less is left", NOW())
    assert held() == Mass.t(50)


def test_the_debt_of_a_reversal_is_paid_by_two(any_app: Flask) -> None:
    issued(30, record=approved(project(), verified=100, buffer=20))
    case = reversals.report_reversal(MAKER, "HLYC-0001", Cause.FIRE, clock.today(), "a fire", HASH, NOW())
    reversals.size_reversal(CHECKER, case, Mass.t(25), "measured", NOW())
    developer = account_id("developer")
    for alone in ALONE:
        with pytest.raises(NotAllowed):
            reversals.compensate(alone, case, developer, Mass.t(5), NOW())
    proposal_id = giving_up.propose_compensation(
        MAKER, case, developer, Mass.t(5), "as the contract says", NOW()
    )
    with pytest.raises(SecondPersonNeeded):
        decide(MAKER, proposal_id, Verdict.ACCEPTED, "", NOW())
    assert read.reversal(case).owed == Mass.t(5)
    decide(CHECKER, proposal_id, Verdict.ACCEPTED, "", NOW())
    assert (read.reversal(case).owed, held()) == (Mass(0), Mass.t(25))
