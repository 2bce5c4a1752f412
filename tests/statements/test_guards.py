"""The database itself refuses to rewrite what was said, and to share out more than there was."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.db import db, transaction
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.statements import queries
from portal.statements.commands import plans
from portal.statements.commands.sharing import share_out
from portal.statements.rules.plans import NotDeclared
from portal.statements.rules.shares import SharesExceedTotal, UnknownShare
from tests.factories.events import ORGANISER
from tests.factories.guards import without_guards
from tests.factories.statements import AFTER, BEFORE, a_declared_statement, a_plan, carried_out

TABLES = (
    "event_statement", "event_statement_version", "event_statement_action", "event_statement_evidence",
    "event_share_batch", "event_share",
)  # fmt: skip
_VERSION = (
    "INSERT INTO event_statement_version (statement_id, number, name_zh, name_en, venue_zh, venue_en, "
    "organiser, notes_zh, notes_en, first_day, last_day, reason, certificate, gross_g, facts, actor_id, at) "
    "SELECT statement_id, {number}, name_zh, name_en, venue_zh, venue_en, organiser, notes_zh, notes_en, "
    "first_day, last_day, reason, {certificate}, {gross}, {facts}, actor_id, at "
    "FROM event_statement_version WHERE statement_id = :id AND number = 2"
)
_BATCH = (
    "INSERT INTO event_share_batch (id, statement_id, count, each_g, label, actor_id, at) "
    "SELECT 'shb_x', id, 1, {each}, '', owner_id, created_at FROM event_statement WHERE id = {of}"
)
# What a hand at the database may try: on a declared statement (:id) and on a plan (:plan).
ATTACKS = {
    "rewrite the name": "UPDATE event_statement_version SET name_zh = 'x' WHERE statement_id = :id",
    "rewrite the figure": "UPDATE event_statement_version SET gross_g = 1 WHERE number = 2",
    "unsay a version": "DELETE FROM event_statement_version WHERE statement_id = :id AND number = 2",
    "leave out a version": _VERSION.format(number=9, certificate="'x'", gross="gross_g", facts="facts"),
    "another figure": _VERSION.format(number=3, certificate="'x'", gross="gross_g - 1", facts="facts"),
    "a plan after it": _VERSION.format(number=3, certificate="NULL", gross="NULL", facts="NULL"),
    "rewrite an action": "UPDATE event_statement_action SET text_zh = 'x' WHERE statement_id = :id",
    "forget an action": "DELETE FROM event_statement_action WHERE statement_id = :plan",
    "another file": "UPDATE event_statement_evidence SET media_type = 'x'",
    "forget evidence": "DELETE FROM event_statement_evidence",
    "an action afterwards": "INSERT INTO event_statement_action "
    "SELECT 'act_x', statement_id, 9, 'x', '', actor_id, at FROM event_statement_action "
    "WHERE statement_id = :id",
    "evidence afterwards": "INSERT INTO event_statement_evidence "
    f"SELECT 'evd_x', e.action_id, e.done_on, '{'0' * 64}', e.media_type, e.is_public, e.actor_id, e.at "
    "FROM event_statement_evidence e JOIN event_statement_action a ON a.id = e.action_id "
    "WHERE a.statement_id = :id",
    "declare a plan": "UPDATE event_statement SET state = 'declared' WHERE id = :plan",
    "begin declared": "INSERT INTO event_statement SELECT 'sta_x', 'evt_x', owner_id, organisation_id, "
    "lang, state, state_at, created_at FROM event_statement WHERE id = :id",
    "undeclare": "UPDATE event_statement SET state = 'published' WHERE id = :id",
    "of another event": "UPDATE event_statement SET event_id = 'evt_x' WHERE id = :id",
    "take it over": "UPDATE event_statement SET owner_id = 'usr_x' WHERE id = :id",
    "share out a plan": _BATCH.format(each=1, of=":plan"),
    "share out too much": _BATCH.format(each=10**9, of=":id"),
    "one share more": "INSERT INTO event_share SELECT id, 4, 'CODE' FROM event_share_batch "
    "WHERE statement_id = :id",
    "larger shares": "UPDATE event_share_batch SET each_g = each_g + 1 WHERE statement_id = :id",
    "another code": "UPDATE event_share SET code = 'x' WHERE number = 1",
    "take a share away": "DELETE FROM event_share WHERE number = 1",
}  # fmt: skip


@pytest.fixture
def ids(any_app) -> dict[str, str]:
    statement_id, plan = a_declared_statement(), a_plan()
    carried_out(plan)
    share_out(ORGANISER, statement_id, new_id("shb"), 3, Mass.kg(1), "", AFTER)
    return {"id": statement_id, "plan": plan}


def attacked(session, attack: str, ids: dict[str, str]) -> int:
    wanted = {name: value for name, value in ids.items() if f":{name}" in ATTACKS[attack]}
    return session.execute(text(ATTACKS[attack]), wanted).rowcount


def test_the_database_refuses_every_attack(ids):
    for attack in ATTACKS:
        with pytest.raises(DBAPIError), transaction() as session:
            assert attacked(session, attack, ids) >= 1, f"{attack} hit nothing"


def test_without_the_guards_the_attacks_succeed(ids):
    """The control: it is the guards that hold, not the shape of the statements."""
    for attack in ATTACKS:
        db.session.rollback()
        session = db.session()
        without_guards(session, *TABLES)
        assert attacked(session, attack, ids) >= 1, attack
    db.session.rollback()


def test_shares_never_come_to_more_than_the_event_emitted(any_app):
    statement_id = a_declared_statement()
    gross = queries.statement(statement_id).declared.gross
    first = new_id("shb")
    each = share_out(ORGANISER, statement_id, first, 280, None, "来宾", AFTER)
    assert each == Mass(gross.grams // 280)
    assert share_out(ORGANISER, statement_id, first, 280, None, "来宾", AFTER) == each  # the same form again
    (batch,) = queries.batches(statement_id)
    left = gross - batch.mass
    with pytest.raises(SharesExceedTotal):
        share_out(ORGANISER, statement_id, new_id("shb"), 1, left + Mass(1), "", AFTER)
    if left:
        share_out(ORGANISER, statement_id, new_id("shb"), 1, left, "", AFTER)
    with pytest.raises(SharesExceedTotal):
        share_out(ORGANISER, statement_id, new_id("shb"), 1, Mass(1), "", AFTER)
    number, code = queries.codes(batch.id)[-1]
    found = queries.share(code)
    assert (number, found.number, found.mass, found.statement.id) == (280, 280, each, statement_id)
    with pytest.raises(UnknownShare):
        queries.share("AAAABBBBCCCC")


def test_a_plan_and_a_withdrawn_statement_are_not_shared_out(any_app):
    plan, statement_id = a_plan(), a_declared_statement()
    plans.withdraw(ORGANISER, statement_id, BEFORE)
    for each in (plan, statement_id):
        with pytest.raises(NotDeclared):
            share_out(ORGANISER, each, new_id("shb"), 1, Mass(1), "", AFTER)
