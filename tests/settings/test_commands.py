"""A setting is proposed, confirmed and in force: once, by the right people, and never rewritten."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import DatabaseError

from portal.audit import AuditEntry
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.settings import commands, queries
from portal.settings.rules import versions
from portal.settings.rules.versions import Verdict
from portal.shop.queries.terms import terms_at
from portal.shop.rules.terms import TERMS
from tests.factories import shop
from tests.factories.registry import make_lot
from tests.factories.settings import ADMIN, EDITOR, REASON, TELLER, confirm, fees, proposed, set_to

BOTH = {"zh": "铁力森林", "en": "Tieli Forest"}


def test_a_change_is_in_force_once_it_is_confirmed(any_app: Flask):
    now = clock.now()
    change_id = proposed("names", {"site": BOTH})
    assert queries.book().at("names", now) is None
    assert [each.id for each in queries.waiting(ADMIN)] == [change_id]
    confirm(change_id, actor=EDITOR, now=now)
    found = queries.book().at("names", now)
    assert found is not None
    assert (found.number, found.values["site"]) == (1, BOTH)
    assert queries.waiting(ADMIN) == []
    said = db.session.execute(select(AuditEntry.verb, AuditEntry.facts).order_by(AuditEntry.id)).all()
    assert [row.verb for row in said] == ["setting.propose", "setting.confirmed"]
    assert said[0].facts["reason"] == REASON


def test_a_change_may_wait_for_its_day(app: Flask):
    now = clock.now()
    day = now + timedelta(days=3)
    set_to("names", {"site": BOTH}, from_at=day, now=now)
    assert queries.book().at("names", day - timedelta(seconds=1)) is None
    assert queries.book().at("names", day) is not None


def test_what_is_confirmed_late_does_not_reach_back(app: Flask):
    now = clock.now()
    change_id = proposed("names", {"site": BOTH}, from_at=now + timedelta(hours=1), now=now)
    confirm(change_id, actor=ADMIN, now=now + timedelta(hours=5))
    found = queries.book().at("names", now + timedelta(hours=5))
    assert found is not None
    assert found.since == now + timedelta(hours=5)


STRANGERS = (Actor("usr_1", frozenset({Role.AUDITOR})), Actor("usr_1"), Actor.guest())


def test_who_may_change_what(app: Flask):
    """Texts the editor, money the till, both the administrator; nobody else either."""
    for sheet, values, may in (("names", {}, (EDITOR, ADMIN)), ("sale", fees(card=1), (TELLER, ADMIN))):
        for actor in (EDITOR, TELLER, ADMIN, *STRANGERS):
            change_id = proposed(sheet, values)
            if actor.id in {each.id for each in may}:
                assert proposed(sheet, values, actor=actor)
                commands.decide(actor, change_id, Verdict.REFUSED, "", clock.now())
                continue
            with pytest.raises(NotAllowed):
                proposed(sheet, values, actor=actor)
            with pytest.raises(NotAllowed):
                commands.decide(actor, change_id, Verdict.REFUSED, "", clock.now())


def test_a_decision_is_made_once_and_on_what_was_seen(app: Flask):
    first, second = proposed("names", {"site": BOTH}), proposed("names", {})
    confirm(first, actor=ADMIN)
    with pytest.raises(versions.ChangeDecided):
        confirm(first, actor=ADMIN)
    with pytest.raises(versions.ChangedMeanwhile):
        confirm(second, actor=ADMIN)
    with pytest.raises(versions.ChangedMeanwhile):
        commands.propose(ADMIN, "names", {}, REASON, None, 0, clock.now())
    with pytest.raises(versions.NothingChanged):
        proposed("names", queries.change(ADMIN, first).content)
    with pytest.raises(versions.ReasonWanted):
        commands.propose(ADMIN, "names", {}, "  x ", None, 1, clock.now())


def test_money_takes_two(app: Flask):
    change_id = proposed("sale", fees(card=20_000))
    with pytest.raises(versions.SecondPersonWanted):
        confirm(change_id, actor=ADMIN)
    assert terms_at(clock.now()) is TERMS
    confirm(change_id)
    assert terms_at(clock.now()).version == f"{TERMS.version}.1"


def test_a_changed_fee_never_alters_a_placed_order(any_app: Flask):
    make_lot()
    order_id = shop.opened(100)
    before = shop.seen(order_id)
    set_to("sale", fees(card=100_000, owner=500_000, registry_CNY=5_000))
    shop.pay(order_id)
    after = shop.seen(order_id)
    assert after.paid_at is not None
    assert (after.total, after.fees) == (before.total, before.fees)
    terms = db.session.execute(text("SELECT terms_version, split FROM orders")).one()
    assert terms.terms_version == TERMS.version


ATTACKS = {
    "setting_change rows are never edited": "UPDATE setting_change SET reason = 'because so'",
    "setting_change rows are never deleted": "DELETE FROM setting_change",
    "setting_verdict rows are never edited": "UPDATE setting_verdict SET note = 'so'",
    "setting_verdict rows are never deleted": "DELETE FROM setting_verdict",
    "a setting that moves money needs two persons":
        "INSERT INTO setting_change SELECT 'set_x', sheet, content, needs_two IS NULL, from_at, reason, "
        "based_on, proposed_by, proposed_at FROM setting_change WHERE sheet = 'sale'",
    "a setting that moves money is confirmed by somebody else":
        "INSERT INTO setting_verdict SELECT c.id, 9, 'confirmed', v.takes_effect_at, '', c.proposed_by, "
        "v.decided_at FROM setting_change c, setting_verdict v WHERE c.sheet = 'sale'",
    "a_setting_never_takes_effect_in_the_past":
        "INSERT INTO setting_verdict SELECT c.id, 9, 'confirmed', c.proposed_at, '', 'usr_2', "
        "v.decided_at FROM setting_change c, setting_verdict v WHERE c.sheet = 'sale'",
}  # fmt: skip


def test_the_database_refuses_what_no_command_would_do(any_app: Flask):
    now = clock.now()
    set_to("names", {"site": BOTH}, now=now + timedelta(seconds=1))
    proposed("sale", fees(card=1), now=now)
    for sentence, attack in ATTACKS.items():
        if "IS NULL" in attack and db.engine.dialect.name == "sqlite":
            attack = attack.replace("needs_two IS NULL", "0")
        with pytest.raises(DatabaseError, match=sentence), transaction() as session:
            session.execute(text(attack))
    with transaction() as session:  # the control: what is lawful passes
        session.execute(
            text("INSERT INTO setting_verdict SELECT c.id, 9, 'confirmed', v.decided_at, '', 'usr_2', "
                 "v.decided_at FROM setting_change c, setting_verdict v WHERE c.sheet = 'sale'")
        )  # fmt: skip


def test_reading_is_one_look_while_nothing_changes(app: Flask):
    set_to("names", {"site": BOTH})
    queries.book()
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *row: asked.append(row[2]))
    queries.book()
    assert len(asked) == 1
    plan = db.session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + asked[0], (1, 0)).all()
    assert "INDEX" in str(plan)
    change_id = proposed("names", {})
    confirm(change_id, actor=ADMIN)
    found = queries.book().at("names", clock.now())
    assert found is not None
    assert found.number == 2, "another process sees it at its next look"
