"""A declaration rests on facts of one moment, stays to be seen, and ends when its ground is gone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.certificates import queries as papers
from portal.certificates.rules.claims import CertificateType
from portal.certificates.rules.states import Reason
from portal.certificates.rules.states import State as PaperState
from portal.db import db
from portal.jobs import Outbox
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.registry.commands import stock
from portal.statements import queries
from portal.statements.commands import declaring, plans
from portal.statements.rules.plans import (
    EvaluationMissing,
    NotBalanced,
    NotDeclared,
    NotFrozenYet,
    NotHeldYet,
    NothingChanged,
    NothingCut,
    NotOpen,
    ReasonMissing,
    State,
    TooLate,
)
from portal.statements.rules.wording import ClaimRefused
from tests.factories.accounts import person
from tests.factories.events import ORGANISER, STRANGER
from tests.factories.registry import STAFF, make_lot
from tests.factories.statements import (
    AFTER,
    BEFORE,
    CLAIM,
    KEEPER,
    LAST_MOMENT,
    PLAN,
    TOO_LATE,
    TRAINS,
    a_declared_statement,
    a_plan,
    a_ready_statement,
    carried_out,
    frozen,
    retired,
)


@pytest.fixture(autouse=True)
def on(any_app):
    return any_app


def test_all_facts_of_the_rooms_become_one_certificate():
    statement_id = a_ready_statement()
    number = declaring.declare(ORGANISER, statement_id, CLAIM, AFTER)
    found, paper = queries.statement(statement_id), papers.by_number(number)
    inventory = queries.inventory_of(found.event_id)
    assert inventory
    assert (found.state, found.declared.certificate) == (State.DECLARED, number)
    assert (paper.type, paper.holder_name, paper.is_public) == (CertificateType.EVENT, PLAN.organiser, True)
    content = paper.content
    assert content["gross_g"] == inventory.gross.grams == found.declared.gross.grams
    assert content["inventory_sha256"] == found.declared.facts["digest"] == inventory.digest
    assert found.declared.facts["reductions"] == [{"zh": TRAINS.zh, "en": TRAINS.en}]
    named = found.declared.facts["retirements"]
    assert sum(each["grams"] for each in named) >= inventory.gross.grams
    assert sum(row["grams"] for row in found.declared.facts["classes"]) == inventory.gross.grams
    assert "balanced by retired credits" in paper.says.en
    assert declaring.declare(ORGANISER, statement_id, CLAIM, AFTER) == number  # twice is once
    assert len(queries.statement(statement_id).declarations) == 1


def test_each_missing_fact_stops_the_declaration():
    statement_id = a_plan()

    def refusal(now=AFTER, claim=CLAIM):
        with pytest.raises(Exception) as fault:
            declaring.declare(ORGANISER, statement_id, claim, now)
        assert queries.statement(statement_id).declared is None
        return fault.type

    assert refusal(BEFORE) is NotHeldYet
    assert refusal() is NothingCut
    carried_out(statement_id)
    assert refusal() is NotFrozenYet
    gross = frozen(statement_id)
    assert refusal() is NotBalanced
    make_lot(200)
    retired(statement_id, gross.kg_up)
    assert refusal(TOO_LATE) is TooLate
    assert refusal(claim=replace(CLAIM, evaluator="核查机构")) is EvaluationMissing
    assert (
        refusal(claim=replace(CLAIM, exclusions=Bilingual("", "nothing: we are c-a-r-b-o-n neutral")))
        is ClaimRefused
    )
    with pytest.raises(NotAllowed):
        declaring.declare(STRANGER, statement_id, CLAIM, AFTER)
    declaring.declare(ORGANISER, statement_id, CLAIM, LAST_MOMENT)


def test_what_was_never_declared_lapses_with_its_year():
    statement_id, other = a_plan(), a_declared_statement()
    assert declaring.lapse_overdue(KEEPER, LAST_MOMENT) == []
    with pytest.raises(NotAllowed):
        declaring.lapse_overdue(ORGANISER, TOO_LATE)
    assert declaring.lapse_overdue(KEEPER, TOO_LATE) == [statement_id]
    assert declaring.lapse_overdue(KEEPER, TOO_LATE) == []
    assert queries.statement(statement_id).state is State.LAPSED
    assert queries.statement(other).state is State.DECLARED
    with pytest.raises(NotOpen):
        declaring.declare(ORGANISER, statement_id, CLAIM, BEFORE)


def test_a_correction_leaves_the_old_statement_and_its_certificate_to_be_read():
    statement_id = a_declared_statement()
    before = queries.statement(statement_id).declared
    changed = replace(PLAN, name=Bilingual("伊春林业碳汇年会", PLAN.name.en))
    with pytest.raises(NothingChanged):
        declaring.correct(ORGANISER, statement_id, PLAN, CLAIM, "再看一次", AFTER)
    with pytest.raises(ReasonMissing):
        declaring.correct(ORGANISER, statement_id, changed, CLAIM, "", AFTER)
    with pytest.raises(ClaimRefused):
        declaring.correct(ORGANISER, statement_id, replace(PLAN, organiser="净零协会"), CLAIM, "更名", AFTER)
    number = declaring.correct(ORGANISER, statement_id, changed, CLAIM, "名称有误", AFTER)
    found = queries.statement(statement_id)
    assert [each.certificate for each in found.declarations] == [before.certificate, number]
    assert (found.declarations[0].plan.name, found.declared.plan.name) == (PLAN.name, changed.name)
    assert found.declared.reason == "名称有误"
    old = papers.by_number(before.certificate)
    assert (old.state, old.replaced_by, old.reason) == (PaperState.REPLACED, number, Reason.ERROR)
    assert papers.by_number(number).content["version"] == 2
    with pytest.raises(NotDeclared):
        declaring.correct(ORGANISER, a_plan(), PLAN, CLAIM, "x", AFTER)


def test_a_withdrawn_statement_takes_its_certificate_with_it():
    statement_id = a_declared_statement()
    plans.withdraw(ORGANISER, statement_id, AFTER)
    found = queries.statement(statement_id)
    paper = papers.by_number(found.declared.certificate)
    assert (found.state, paper.state, paper.reason) == (State.WITHDRAWN, PaperState.REVOKED, Reason.REQUESTED)


def state_of(statement_id: str) -> tuple[State, PaperState]:
    found = queries.statement(statement_id)
    return found.state, papers.by_number(found.declared.certificate).state


def take_back(statement_id: str) -> None:
    for each in queries.statement(statement_id).declared.facts["retirements"]:
        stock.void_retirement(STAFF, each["retirement"], "refund", AFTER)


def test_credits_that_are_taken_back_put_the_statement_under_review_until_it_is_made_good():
    statement_id = a_declared_statement()
    declaring.watch(KEEPER, AFTER)
    assert state_of(statement_id) == (State.DECLARED, PaperState.VALID)
    take_back(statement_id)
    declaring.watch(KEEPER, AFTER)
    declaring.watch(KEEPER, AFTER)
    assert state_of(statement_id) == (State.DECLARED, PaperState.UNDER_REVIEW)
    with pytest.raises(NotBalanced):
        declaring.correct(ORGANISER, statement_id, PLAN, CLAIM, "补足", AFTER)
    retired(statement_id, queries.statement(statement_id).declared.gross.kg_up)
    declaring.correct(ORGANISER, statement_id, PLAN, CLAIM, "重新注销", AFTER)
    declaring.watch(KEEPER, AFTER)
    assert state_of(statement_id) == (State.DECLARED, PaperState.VALID)


def test_what_is_not_made_good_within_the_year_lapses():
    statement_id = a_declared_statement()
    take_back(statement_id)
    declaring.watch(KEEPER, TOO_LATE)
    assert state_of(statement_id) == (State.LAPSED, PaperState.REVOKED)


def test_a_statement_that_cannot_be_moved_keeps_no_other_waiting(monkeypatch):
    first, second = a_plan(), a_plan()
    move = declaring.move

    def breaks(session, statement_id, *told):
        if statement_id == first:
            raise RuntimeError("poison")
        move(session, statement_id, *told)

    with monkeypatch.context() as poisoned:
        poisoned.setattr(declaring, "move", breaks)
        assert declaring.lapse_overdue(KEEPER, TOO_LATE) == [second]
    assert queries.statement(first).state is State.PUBLISHED
    assert declaring.lapse_overdue(KEEPER, TOO_LATE) == [first]


def test_watching_locks_nothing_while_nothing_changed(monkeypatch):
    statement_id = a_declared_statement()
    locked, alone_with = list[str](), declaring.alone_with

    def counted(session, each):
        locked.append(each)
        return alone_with(session, each)

    monkeypatch.setattr(declaring, "alone_with", counted)
    declaring.watch(KEEPER, AFTER)
    assert locked == []
    take_back(statement_id)
    declaring.watch(KEEPER, AFTER)
    assert locked == [statement_id]
    declaring.watch(KEEPER, AFTER)
    assert locked == [statement_id], "under review already"


def letters() -> list[str]:
    query = select(Outbox.payload).where(Outbox.kind == "letter")
    return sorted(
        payload["template"] for payload in db.session.scalars(query) if "statements/" in payload["template"]
    )


def test_the_organiser_is_told_once_of_each_turn(sent_letters, at):
    organiser = person().actor
    statement_id = a_plan(organiser)
    assert declaring.remind(KEEPER, AFTER) == []
    for turn in range(2):
        looked_at = declaring.remind(KEEPER, LAST_MOMENT - timedelta(30))
        assert looked_at == [statement_id][turn:], "the second time nothing is locked for it"
        declaring.lapse_overdue(KEEPER, TOO_LATE)
    assert letters() == ["statements/letter_lapsed", "statements/letter_soon"]
    at(TOO_LATE.isoformat())
    told = [letter.get_content() for letter in sent_letters() if "2027-11-25" in letter.get_content()]
    assert len(told) == 2
    assert all(f"/zh/statements/{statement_id}" in text for text in told)


def test_retired_for_one_event_counts_for_no_other():
    first = a_ready_statement()
    second = a_plan()
    assert queries.standing(queries.statement(second)).retired == Mass(0)
    assert queries.standing(queries.statement(first)).retired > Mass(0)
