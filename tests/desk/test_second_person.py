"""What moves money, credits or roles is proposed by one person and done when another accepts it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal.accounts import queries as accounts_queries
from portal.accounts.commands import raising, roles
from portal.accounts.rules import LastAdministrator, NotOnOneself, RoleNotHeld
from portal.audit import AuditEntry
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed, NotFound, Refused
from portal.kernel.mass import ZERO, Mass
from portal.kernel.money import Money
from portal.proposals import queries
from portal.proposals.commands import all_kinds, decide
from portal.proposals.rules import (
    NotYourProposal,
    ProposalDecided,
    ProposalReasonMissing,
    ProposedAlready,
    SecondPersonNeeded,
    Verdict,
)
from portal.registry.commands import lots, offering_lots
from portal.registry.commands.lots import VerificationDraft, open_lot
from portal.registry.queries import register
from portal.registry.rules.errors import RetirementRecordUsed
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.serials import own_serial
from portal.shop.commands import counter, owners, payout_accounts, proofs, refunds, settlement
from portal.shop.queries import orders
from portal.shop.rules.delivery import RegistryProof
from portal.shop.rules.orders import NoSuchOrder
from portal.shop.rules.states import OrderState as S
from portal.shop.rules.terms import PaymentKind
from tests.factories import accounts, shop
from tests.factories.guards import without_guards
from tests.factories.registry import STAFF, lot_draft, make_lot

FIRST = Actor("usr_first", frozenset({Role.FINANCE}))
SECOND = Actor("usr_second", frozenset({Role.FINANCE}))
ADMIN = Actor("usr_admin", frozenset({Role.ADMIN}))
OTHER = Actor("usr_other", frozenset({Role.ADMIN}))


def state(order_id: str) -> S:
    return orders.order(FIRST, order_id).state


def paid() -> str:
    make_lot()
    return str(shop.paid(250))


# --- money ---------------------------------------------------------------------------------------------


def test_a_refund_is_made_by_two(any_app: Flask) -> None:
    order_id = paid()
    proposal_id = counter.propose_refund(FIRST, order_id, "goodwill", clock.now())
    assert state(order_id) is S.FULFILLED or state(order_id) is S.RETIRED
    assert orders.refunds(order_id) == []  # the rehearsal has left nothing
    with pytest.raises(SecondPersonNeeded):
        decide(FIRST, proposal_id, Verdict.ACCEPTED, "", clock.now())
    decide(SECOND, proposal_id, Verdict.ACCEPTED, "", clock.now())
    assert state(order_id) is S.REFUND_AFTER_RETIREMENT
    (refund,) = orders.refunds(order_id)
    assert refund.reason == "goodwill"
    assert {each.actor_id for each in orders.history(order_id) if each.note == "goodwill"} == {SECOND.id}
    with pytest.raises(ProposalDecided):
        decide(SECOND, proposal_id, Verdict.ACCEPTED, "", clock.now())


def test_a_transfer_is_booked_by_two(app: Flask) -> None:
    make_lot()
    order_id = shop.placed(250, payment=PaymentKind.TRANSFER)
    total = orders.order(FIRST, order_id).total
    proposal_id = counter.propose_transfer(FIRST, order_id, "B-17", total, clock.now())
    assert (state(order_id), orders.transfers(order_id)) == (S.AWAITING_TRANSFER, [])
    decide(SECOND, proposal_id, Verdict.ACCEPTED, "", clock.now())
    assert state(order_id) is S.RETIRED
    assert orders.transfers(order_id)[0].amount == total


PROOF = RegistryProof("RET-1", date(2026, 11, 1), (), "0" * 64, "")
MOVES: dict[str, Callable[[Actor, str], object]] = {
    counter.REFUND: lambda who, it: refunds.request_refund(who, it, "alone", clock.now()),
    counter.TRANSFER: lambda who, it: settlement.confirm_transfer(
        who, it, "B-1", Money.cny("20"), clock.now()
    ),
    counter.REFUND_SENT: lambda who, it: refunds.confirm_refund(who, it, "rfd_1", "B-1", clock.now()),
    counter.SENT_OTHERWISE: lambda who, it: refunds.send_otherwise(who, it, "B-1", clock.now()),
    counter.NAMED_PROVED: lambda who, it: proofs.prove(who, it, PROOF, clock.now()),
    counter.NAMED_REFUSED: lambda who, it: proofs.refuse(who, it, "alone", clock.now()),
}


@pytest.mark.parametrize("kind", MOVES)
def test_one_person_alone_moves_no_money(app: Flask, kind: str) -> None:
    order_id = paid()
    one = Actor("usr_first", frozenset({Role.FINANCE, Role.REGISTRY, Role.ADMIN}))
    for alone in (one, replace(one, proposer=one.id)):  # nor does anybody stand behind themselves
        with pytest.raises(NotAllowed):
            MOVES[kind](alone, order_id)
    with suppress(Refused, NotFound):  # the control: two are heard, and asked whether it can be done
        MOVES[kind](replace(one, proposer=SECOND.id), order_id)


def test_every_kind_of_the_till_is_tried_alone(app: Flask) -> None:
    by_another_test = {owners.SHARES, payout_accounts.ACCOUNT}  # shop/test_owners.py, shop/test_origins.py
    assert {kind for kind in all_kinds() if kind.startswith("shop.")} == {*MOVES, *by_another_test}


def test_what_could_not_be_done_is_refused_when_it_is_proposed(app: Flask) -> None:
    with pytest.raises(NoSuchOrder):
        counter.propose_refund(FIRST, "ord_01M825M1YS7CEW2ABDHNHW73N4", "goodwill", clock.now())
    order_id = paid()
    with pytest.raises(ProposalReasonMissing):
        counter.propose_refund(FIRST, order_id, "  ", clock.now())
    counter.propose_refund(FIRST, order_id, "goodwill", clock.now())
    with pytest.raises(ProposedAlready):
        counter.propose_refund(SECOND, order_id, "again", clock.now())


def test_a_proposal_is_declined_by_another_and_withdrawn_by_its_own(app: Flask) -> None:
    order_id = paid()
    first = counter.propose_refund(FIRST, order_id, "goodwill", clock.now())
    with pytest.raises(NotYourProposal):
        decide(SECOND, first, Verdict.WITHDRAWN, "", clock.now())
    decide(SECOND, first, Verdict.DECLINED, "ask the buyer first", clock.now())
    second = counter.propose_refund(FIRST, order_id, "they asked", clock.now())
    decide(FIRST, second, Verdict.WITHDRAWN, "", clock.now())
    assert [each.verdict for each in queries.about(order_id)] == [Verdict.WITHDRAWN, Verdict.DECLINED]
    assert orders.refunds(order_id) == []
    verbs = db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == order_id)).all()
    assert {"proposal.made", "proposal.declined", "proposal.withdrawn"} <= set(verbs)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.FINANCE, Role.ADMIN}))
def test_others_neither_propose_nor_accept(app: Flask, role: Role) -> None:
    order_id = paid()
    proposal_id = counter.propose_refund(FIRST, order_id, "goodwill", clock.now())
    other = Actor("usr_else", frozenset({role}))
    with pytest.raises(NotAllowed):
        counter.propose_refund(other, order_id, "me too", clock.now())
    for verdict in Verdict:
        with pytest.raises(NotAllowed):
            decide(other, proposal_id, verdict, "", clock.now())


# --- credits -------------------------------------------------------------------------------------------


def test_a_lot_is_opened_by_two(app: Flask) -> None:
    one, two = (replace(each, roles=frozenset({Role.REGISTRY})) for each in (FIRST, SECOND))
    make_lot(2)
    lots.issue(
        STAFF, "HLYC-0001",
        VerificationDraft(
            date(2020, 1, 1), date(2024, 12, 31), "a verifier", Mass.t(5), ZERO, "", "0" * 64, True
        ),
        own_serial("0001", ProjectType.ARR, 2024, 2, 1, 5), date(2025, 6, 1), clock.now(),
    )  # fmt: skip
    project, serial, _left = register.held_serials()[0]
    draft = lot_draft("LOT-TWO", project, serial, 1)
    with pytest.raises(NotAllowed):
        open_lot(one, draft, clock.now())
    proposal_id = offering_lots.propose_lot(one, draft, "stock for spring", clock.now())
    with pytest.raises(NotFound):
        register.lot("LOT-TWO")
    same_record = lot_draft("LOT-THREE", project, serial, 1, draft.retirement_reference)
    with pytest.raises(ProposedAlready):
        offering_lots.propose_lot(one, same_record, "stock for summer", clock.now())
    decide(two, proposal_id, Verdict.ACCEPTED, "", clock.now())
    assert register.lot("LOT-TWO").price_per_t == draft.price_per_t
    with pytest.raises(RetirementRecordUsed):
        offering_lots.propose_lot(one, same_record, "stock for summer", clock.now())
    other_record = lot_draft("LOT-THREE", project, serial, 1)
    assert offering_lots.propose_lot(one, other_record, "stock for summer", clock.now()), "the control"


def test_what_can_be_had_once_is_proposed_once(app: Flask) -> None:
    """A bank's number is one transfer, whichever order it is proposed for."""
    make_lot()
    one, other = (shop.placed(250, payment=PaymentKind.TRANSFER) for _ in range(2))
    total = orders.order(FIRST, one).total
    first = counter.propose_transfer(FIRST, one, "B-17", total, clock.now())
    with pytest.raises(ProposedAlready):
        counter.propose_transfer(SECOND, other, "B-17", total, clock.now())
    counter.propose_transfer(SECOND, other, "B-18", total, clock.now())
    decide(FIRST, first, Verdict.WITHDRAWN, "", clock.now())
    assert counter.propose_transfer(SECOND, one, "B-17", total, clock.now()), (
        "what is withdrawn is free again"
    )


# --- roles ---------------------------------------------------------------------------------------------


def test_a_role_is_given_and_taken_by_two_and_the_person_is_told(app: Flask, sent_letters: Any) -> None:
    who = accounts.person("wang@example.cn")
    accounts.person("first@example.cn", Role.ADMIN)
    sid = accounts.sign_in(who)
    given = raising.propose_role(ADMIN, who.id, Role.FINANCE, "joins the till", clock.now())
    assert accounts_queries.grants_of(who.id) == []
    decide(OTHER, given, Verdict.ACCEPTED, "", clock.now())
    (grant,) = accounts_queries.grants_of(who.id)
    assert (grant.role, grant.granted_by) == (Role.FINANCE, OTHER.id)
    assert accounts.visit(sid) is None  # signed out, so that the role is live after a second factor only
    taken = raising.propose_revocation(ADMIN, who.id, Role.FINANCE, "leaves", clock.now())
    decide(OTHER, taken, Verdict.ACCEPTED, "", clock.now())
    assert accounts_queries.grants_of(who.id) == []
    told = [letter["Subject"] for letter in sent_letters() if letter["To"] == "wang@example.cn"]
    assert len(told) == 2


def test_nobody_decides_about_themselves(app: Flask) -> None:
    me = accounts.person("me@example.cn")
    myself = Actor(me.id, frozenset({Role.ADMIN}))
    with pytest.raises(NotOnOneself):
        raising.propose_role(myself, me.id, Role.FINANCE, "I need it", clock.now())
    proposal_id = raising.propose_role(ADMIN, me.id, Role.FINANCE, "joins the till", clock.now())
    with pytest.raises(NotOnOneself):
        decide(myself, proposal_id, Verdict.ACCEPTED, "", clock.now())
    assert queries.proposal(proposal_id).verdict is None


def test_the_last_administrator_stays(any_app: Flask) -> None:
    last = accounts.person("last@example.cn", Role.ADMIN)
    with pytest.raises(LastAdministrator):
        raising.propose_revocation(ADMIN, last.id, Role.ADMIN, "leaves", clock.now())
    accounts.person("next@example.cn", Role.ADMIN)
    roles.revoke_role(accounts.OPERATOR, last.id, Role.ADMIN, clock.now())
    with pytest.raises(RoleNotHeld):
        roles.revoke_role(accounts.OPERATOR, last.id, Role.FINANCE, clock.now())


def test_a_second_factor_is_reset_by_two(app: Flask) -> None:
    who = accounts.person("lost@example.cn", second_factor=True)
    proposal_id = raising.propose_reset(ADMIN, who.id, "came with an identity card", clock.now())
    assert accounts_queries.person(who.id).has_second_factor
    decide(OTHER, proposal_id, Verdict.ACCEPTED, "", clock.now())
    assert not accounts_queries.person(who.id).has_second_factor


# --- the list of docs/decisions/0080 -------------------------------------------------------------------


def test_what_two_decide_is_what_the_decision_says(app: Flask) -> None:
    words = (Path(app.root_path) / "docs" / "decisions" / "0080-two-people-at-the-desk.md").read_text()
    assert [kind for kind in all_kinds() if f"`{kind}`" not in words] == []


# --- the last belt -------------------------------------------------------------------------------------

ATTACKS = [
    ("a_proposal_is_decided_by_a_second_person",
     "UPDATE proposal SET verdict = 'accepted', decided_by = proposed_by, decided_at = proposed_at"),
    ("a_proposal_is_withdrawn_by_who_made_it",
     "UPDATE proposal SET verdict = 'withdrawn', decided_by = 'usr_x', decided_at = proposed_at"),
    ("a_proposal_is_decided_by_somebody_at_some_time", "UPDATE proposal SET verdict = 'accepted'"),
    ("proposal keeps", "UPDATE proposal SET reason = 'another'"),
    ("proposal rows are never deleted", "DELETE FROM proposal"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "attack"), ATTACKS)
def test_the_database_holds_it_too(any_app: Flask, sentence: str, attack: str) -> None:
    who = accounts.person("wang@example.cn")
    raising.propose_role(ADMIN, who.id, Role.FINANCE, "joins the till", clock.now())
    with pytest.raises(IntegrityError, match=sentence), transaction() as session:
        session.execute(text(attack))
    if "keeps" in sentence or "deleted" in sentence:  # the control
        with transaction() as session:
            without_guards(session, "proposal")
            assert session.execute(text(attack)).rowcount == 1  # type: ignore[attr-defined]


def test_what_is_decided_stays(any_app: Flask) -> None:
    who = accounts.person("wang@example.cn")
    proposal_id = raising.propose_role(ADMIN, who.id, Role.FINANCE, "joins the till", clock.now())
    decide(OTHER, proposal_id, Verdict.DECLINED, "", clock.now())
    again = "UPDATE proposal SET verdict = 'accepted'"
    with pytest.raises(IntegrityError, match="a decided proposal stays as it is"), transaction() as session:
        session.execute(text(again))
    with transaction() as session:
        without_guards(session, "proposal")
        assert session.execute(text(again)).rowcount == 1  # type: ignore[attr-defined]
