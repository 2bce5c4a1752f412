"""A person's data are given back, and forgotten after seven days, wholly or not at all."""

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError
from stdnum.cn import uscc

from portal import jobs
from portal.accounts import queries as people
from portal.accounts.commands import organisations
from portal.audit import AuditEntry
from portal.certificates import queries as papers
from portal.certificates.rules import paper as paper_rules
from portal.db import Base, db, transaction
from portal.footprint.models import FootprintRecord
from portal.jobs import Outbox
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.pledges.models.promise import PledgeRecord
from portal.privacy import jobs as privacy_jobs
from portal.privacy import packing
from portal.privacy.commands import consenting, copies, erasing, retaining
from portal.privacy.models import Consent, DataCopy, Erasure, Look
from portal.privacy.queries import copies as known
from portal.privacy.queries import erasures
from portal.privacy.queries.consents import standing
from portal.privacy.queries.subjects import plan_of, subject_of
from portal.privacy.rules.copies import CopyIsOnItsWay, CopyState, NoSuchCopy
from portal.privacy.rules.erasure import ErasureIsOver, ErasureState, Fate, HandOverFirst, NoSuchErasure
from portal.privacy.rules.retention import periods
from portal.shop.models.orders import Order, OrderBuyer
from portal.shop.rules.leaving import OrdersAreOpen
from tests.factories import accounts, shop
from tests.factories.guards import without_guards
from tests.factories.privacy import EMAIL, NAME, a_learner, a_life
from tests.factories.registry import make_lot

Letters = Callable[[], list[EmailMessage]]
KEEPER = Actor.system("tests")
OTHER = Actor("usr_of_somebody_else")


def packed(person: Actor) -> zipfile.ZipFile:
    copy_id = copies.ask(person, person.id, "", "zh", clock.now())
    jobs.drain()
    return zipfile.ZipFile(packing.file_of(copy_id))


def database_text() -> str:
    """Every value of every table, as one text."""
    found = []
    for table in Base.metadata.sorted_tables:
        found += [str(tuple(row)) for row in db.session.execute(select(table))]
    return "\n".join(found)


# --- the copy ---------------------------------------------------------------------------------------


def test_a_copy_holds_what_every_room_knows_and_explains_it(any_app: Flask, sent_letters: Letters):
    life = a_life()
    a_learner(life.who)
    archive = packed(life.who.actor)
    names = archive.namelist()
    read = {
        name: json.loads(archive.read(name))
        for name in names
        if name.endswith(".json") and "cert" not in name
    }
    assert read["account/person.json"][0]["email"] == EMAIL
    assert "password_hash" not in read["account/person.json"][0]
    assert read["orders/order_buyer.json"] == [
        {"order_id": life.order_id, "name": NAME, "email": EMAIL, "is_public": True}
    ]
    assert {row["id"] for row in read["footprints/footprint.json"]} >= {life.footprint_id}
    assert read["pledges/pledge.json"][0]["motive"] == f"{NAME}：少开车"
    assert read["training/training_learner.json"][0]["name"] == NAME
    assert f"certificates/{life.certificate}/link.txt" in names
    assert 'href="orders/orders.csv"' in archive.read("index.html").decode()
    rows = list(csv.reader(io.StringIO(archive.read("orders/orders.csv").decode("utf-8-sig"))))
    assert rows[1][rows[0].index("mass_g")] == "100000"
    said = archive.read("README.txt").decode()
    assert "您的资料副本" in said
    for name in names:
        if name.endswith(".csv"):
            assert name.removesuffix(".csv") in said, name
    letter = sent_letters()[-1]
    assert letter["To"] == EMAIL
    assert "/zh/account/privacy" in letter.get_content()


def test_somebody_elses_copy_is_as_if_it_were_not_there(app: Flask):
    life = a_life()
    packed(life.who.actor)
    (copy,) = known.copies_of(life.who.id)
    assert copy.done == copy.total
    assert known.copy(life.who.actor, copy.id).state is CopyState.READY
    for stranger in (OTHER, Actor.guest(copy.id), Actor("usr_admin", frozenset({Role.ADMIN}))):
        with pytest.raises(NoSuchCopy):
            known.copy(stranger, copy.id)
    with pytest.raises(NotAllowed):
        copies.ask(OTHER, life.who.id, "", "zh", clock.now())


def test_a_copy_is_asked_for_once_an_hour_and_gone_after_a_week(app: Flask, at: Callable[[str], object]):
    at("2026-11-26T10:00:00+08:00")
    life = a_life()
    packed(life.who.actor)
    with pytest.raises(CopyIsOnItsWay):
        copies.ask(life.who.actor, life.who.id, "", "zh", clock.now())
    (copy,) = known.copies_of(life.who.id)
    at("2026-12-03T10:00:00+08:00")
    assert not copy.is_there(clock.now())
    privacy_jobs.forget_who_asked()
    assert not packing.file_of(copy.id).exists()
    assert known.copies_of(life.who.id)[0].state is CopyState.GONE


def test_what_a_killed_worker_left_half_packed_is_gone_after_a_day(app: Flask):
    left, new = (packing.folder() / f"{packing._DRAFT}{name}" for name in ("left", "new"))
    for draft in (left, new):
        draft.write_text(NAME)
    long_ago = (clock.now() - timedelta(days=1, minutes=1)).timestamp()
    os.utime(left, (long_ago, long_ago))
    privacy_jobs.forget_who_asked()
    assert not left.exists()
    assert new.exists()


# --- being forgotten --------------------------------------------------------------------------------


def test_who_is_forgotten_is_nowhere_and_the_proofs_hold(
    any_app: Flask, sent_letters: Letters, at: Callable[[str], object]
):
    at("2026-11-26T10:00:00+08:00")
    life = a_life()
    a_learner(life.who)
    accounts.sign_in(life.who)
    sent_letters()
    assert NAME in database_text()
    before = papers.by_number(life.certificate)
    erasure_id = erasing.ask(life.who.actor, life.who.id, "", "zh", clock.now())
    assert erasing.ask(life.who.actor, life.who.id, "", "zh", clock.now()) == erasure_id
    letter = sent_letters()[-1]
    assert f"/zh/privacy/erasures/{erasure_id}?k=" in letter.get_content()
    assert not erasing.carry_out(KEEPER, erasure_id, clock.now())

    at("2026-12-03T10:00:00+08:00")
    privacy_jobs.forget_who_asked()
    sent_letters()
    assert erasures.erasure(KEEPER, erasure_id).state is ErasureState.DONE
    left = database_text()
    for trace in (NAME, EMAIL, before.holder_salt.hex() if before.holder_salt else "?"):
        assert trace not in left
    after = papers.by_number(life.certificate)
    assert (after.holder_name, after.holder_salt) == (None, None)
    assert (after.payload, after.state) == (before.payload, before.state)
    assert paper_rules.is_intact(after.payload, after.payload_sha256)
    assert shop.seen(life.order_id).buyer is None
    assert db.session.get(FootprintRecord, life.footprint_id) is None
    pledge = db.session.get_one(PledgeRecord, life.pledge_id)
    assert (pledge.owner_id, pledge.name, pledge.is_public) == (None, "", False)
    assert db.session.get_one(FootprintRecord, pledge.footprint_id).owner_id is None
    # The address is free again, and the old password opens nothing.
    assert people.credentials(EMAIL) is None
    accounts.person(EMAIL)


def test_an_erasure_is_taken_back_by_the_letters_link(app: Flask):
    life = a_life()
    erasure_id = erasing.ask(life.who.actor, life.who.id, "", "zh", clock.now())
    with pytest.raises(NoSuchErasure):
        erasing.undo(OTHER, erasure_id, clock.now())
    erasing.undo(Actor.guest(erasure_id), erasure_id, clock.now())
    erasing.undo(Actor.guest(erasure_id), erasure_id, clock.now())
    assert not erasing.carry_out(KEEPER, erasure_id, clock.now() + timedelta(days=8))
    assert people.person(life.who.id).email == EMAIL


def test_what_is_done_cannot_be_taken_back(app: Flask, at: Callable[[str], object]):
    at("2026-11-26T10:00:00+08:00")
    who = accounts.person()
    erasure_id = erasing.ask(who.actor, who.id, "", "zh", clock.now())
    at("2026-12-04T10:00:00+08:00")
    assert erasing.carry_out(KEEPER, erasure_id, clock.now())
    with pytest.raises(ErasureIsOver):
        erasing.undo(Actor.guest(erasure_id), erasure_id, clock.now())


def test_the_last_owner_hands_over_first(app: Flask):
    who = accounts.person()
    code = _valid_code("91230700MA1B2C3D4")
    organisations.create_organisation(who.actor, Bilingual("演示林场", ""), code, clock.now())
    with pytest.raises(HandOverFirst) as refusal:
        erasing.ask(who.actor, who.id, "", "zh", clock.now())
    assert refusal.value.params["name"] == "演示林场"


def _valid_code(code: str) -> str:
    return code + uscc.calc_check_digit(code)


def test_what_stands_in_the_way_holds_the_whole_erasure(app: Flask, at: Callable[[str], object]):
    """An order that was begun in the seven days: nothing is lost by half, and it is tried again."""
    at("2026-11-26T10:00:00+08:00")
    life = a_life()
    erasure_id = erasing.ask(life.who.actor, life.who.id, "", "zh", clock.now())
    at("2026-12-03T10:00:00+08:00")
    open_order = shop.placed(50, actor=life.who.actor)
    with pytest.raises(OrdersAreOpen):
        erasing.check(life.who.id, "")
    assert not erasing.carry_out(KEEPER, erasure_id, clock.now())
    found = erasures.erasure(KEEPER, erasure_id)
    assert (found.state, found.held) == (ErasureState.WAITING, "OrdersAreOpen")
    assert found.due_at == clock.now() + timedelta(days=1)
    assert shop.seen(life.order_id).buyer is not None
    assert shop.seen(open_order).buyer is not None


def test_a_guest_has_the_same_rights_by_the_orders_link(app: Flask, at: Callable[[str], object]):
    at("2026-11-26T10:00:00+08:00")
    make_lot()
    order_id, neighbour = shop.paid(10), shop.paid(20)
    holder = Actor.guest(order_id)
    with pytest.raises(NotAllowed):
        erasing.ask(Actor.guest(neighbour), "", order_id, "en", clock.now())
    copy_id = copies.ask(holder, "", order_id, "en", clock.now())
    erasure_id = erasing.ask(holder, "", order_id, "en", clock.now())
    jobs.drain()
    rows = json.loads(zipfile.ZipFile(packing.file_of(copy_id)).read("orders/orders.json"))
    assert [row["id"] for row in rows] == [order_id]
    assert erasing.carry_out(KEEPER, erasure_id, clock.now() + timedelta(days=7))
    assert shop.seen(order_id).buyer is None
    assert shop.seen(neighbour).buyer is not None


def test_the_plan_says_what_goes_and_what_stays_with_numbers(app: Flask):
    life = a_life()
    plan = {each.outcome.id: each for each in plan_of(subject_of(life.who.id))}
    assert plan["footprints"].outcome.fate is Fate.GOES
    assert plan["footprints"].rows == 2
    assert plan["money"].outcome.fate is Fate.NAMELESS
    assert "会计法" in plan["money"].outcome.because.zh
    assert "papers" not in plan  # no invoice was asked for


# --- consents ---------------------------------------------------------------------------------------


def test_a_consent_is_withdrawn_for_everything_at_once_and_written_down(any_app: Flask):
    life = a_life()
    given = {each.purpose.id: each.things for each in standing(subject_of(life.who.id))}
    assert set(given["public_name"]) == {life.certificate, life.pledge_id}
    assert len(given["follow_up"]) == 1
    assert consenting.withdraw(life.who.actor, "public_name", clock.now()) == 2
    assert consenting.withdraw(life.who.actor, "follow_up", clock.now()) == 1
    assert not any(each.is_given for each in standing(subject_of(life.who.id)))
    assert papers.by_number(life.certificate).is_public is False
    rows = db.session.scalars(select(Consent).order_by(Consent.id)).all()
    assert [(row.purpose, row.is_given, row.text_version) for row in rows] == [
        ("public_name", False, "2026-11"), ("follow_up", False, "2026-11"),
    ]  # fmt: skip


def applied(now: datetime) -> list[retaining.Applied]:
    return [retaining.apply(KEEPER, period, now, batch=2) for period in periods()]


# --- periods ----------------------------------------------------------------------------------------


def test_periods_delete_and_empty_what_has_had_its_time_in_batches(any_app: Flask, sent_letters: Letters):
    life = a_life()
    guests = [shop.placed(1) for _ in range(3)]
    sent_letters()
    long_ago = clock.now() - timedelta(days=1200)
    with transaction() as session:
        without_guards(session, "orders", "footprint")
        session.execute(
            update(Order).where(Order.id.in_(guests)).values(state="expired", created_at=long_ago)
        )
        session.execute(
            update(Order).where(Order.id == life.order_id).values(paid_at=long_ago, state="fulfilled")
        )
        session.execute(update(Outbox).values(done_at=long_ago))
        session.execute(update(FootprintRecord).values(owner_id=None, created_at=long_ago))
    now = clock.now()
    foreseen = {each.period.id: each.rows for each in retaining.overdue(now)}
    assert foreseen["unpaid-buyers"] == 3
    assert foreseen["buyers"] == 1
    assert foreseen["guests-footprints"] == 1  # the other one has a pledge on it
    assert foreseen["sent-letters"] > 0
    done = {each.period.id: each.rows for each in applied(now)}
    assert done == foreseen
    assert db.session.scalars(select(OrderBuyer.order_id)).all() == []
    assert all(
        payload == {} for payload in db.session.scalars(select(Outbox.payload).where(Outbox.state == "done"))
    )
    assert not any(each.rows for each in applied(now))
    emptied = select(AuditEntry.facts).where(AuditEntry.subject_id == "unpaid-buyers").order_by(AuditEntry.id)
    assert [line["rows"] for line in db.session.scalars(emptied)] == [2, 1]


def test_the_command_says_what_it_would_do_and_does_nothing(app: Flask):
    a_life()
    with transaction() as session:
        without_guards(session, "orders")
        session.execute(update(Order).values(paid_at=clock.now() - timedelta(days=2000), state="fulfilled"))
    said = app.test_cli_runner().invoke(args=["privacy", "retention", "--dry-run"]).output
    assert "buyers" in said
    assert "Nothing was changed." in said
    db.session.rollback()
    assert db.session.scalars(select(OrderBuyer.order_id)).all()
    assert "Done." in app.test_cli_runner().invoke(args=["privacy", "retention"]).output
    db.session.rollback()
    assert not db.session.scalars(select(OrderBuyer.order_id)).all()


# --- the database itself ----------------------------------------------------------------------------

FORBIDDEN = [
    ("UPDATE consent SET purpose = 'x'", "consent rows are never edited"),
    ("DELETE FROM consent", "consent rows are never deleted"),
    ("UPDATE look SET why = 'x'", "look rows are never edited"),
    ("UPDATE erasure SET person_id = 'usr_x'", "erasure keeps id, person_id, order_id, asked_at"),
    ("DELETE FROM erasure", "erasure rows are never deleted"),
    ("UPDATE erasure SET state = 'done', settled_at = asked_at", "an erasure is not done before its days"),
    ("UPDATE data_copy SET person_id = 'usr_x'", "data_copy keeps id, person_id, order_id, asked_at"),
]  # fmt: skip


@pytest.mark.parametrize("guarded", [True, False])
def test_the_database_refuses_to_rewrite_what_was_agreed_and_seen(any_app: Flask, guarded: bool):
    who, now = accounts.person(), clock.now()
    consenting.withdraw(who.actor, "public_name", now)
    copies.ask(who.actor, who.id, "", "zh", now)
    erasing.ask(who.actor, who.id, "", "zh", now)
    with transaction() as session:
        session.add(
            Look(id="lok_1", at=now, actor_id="usr_s", kind="order", thing_id="o", person_id="", why="w")
        )
    if not guarded:
        with transaction() as session:
            without_guards(session, "consent", "look", "erasure", "data_copy")
    for statement, sentence in FORBIDDEN:
        if guarded:
            with pytest.raises(DBAPIError, match=sentence), transaction() as session:
                session.execute(text(statement))
        else:
            with db.engine.connect() as connection:
                connection.execute(text(statement))
                connection.rollback()


def test_one_erasure_of_a_person_waits_at_a_time(app: Flask):
    who, now = accounts.person(), clock.now()
    erasing.ask(who.actor, who.id, "", "zh", now)
    again = {"person_id": who.id, "order_id": "", "lang": "zh", "state": "waiting", "held": "", "outcome": {}}
    second = insert(Erasure).values(id="era_2", asked_at=now, due_at=now + timedelta(days=7), **again)
    with pytest.raises(DBAPIError, match=r"UNIQUE"), transaction() as session:
        session.execute(second)
    assert db.session.scalars(select(DataCopy.id)).all() == []
