"""What the database refuses about credits: each sentence is attacked by SQL, with its guard and without."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db import Base, transaction
from portal.kernel import clock
from portal.kernel.ids import new_id
from portal.kernel.mass import ZERO, Mass
from portal.registry import guards
from portal.registry.commands import imports, lots, standing, stock
from portal.registry.commands.lots import VerificationDraft
from portal.registry.jobs import sequence_and_sign
from portal.registry.rules import serials
from portal.registry.rules.ledger import ProjectType
from tests.factories.guards import without_guards
from tests.factories.monitoring import confirm_the_report, make_two_inventories_and_a_report
from tests.factories.registry import GUEST, STAFF, hold, make_lot, retire

EXPORT = Path(__file__).parents[1] / "data" / "verra-transactions.csv"
A_DAY = "'2026-01-01T00:00:00.000000Z'"


@dataclass(frozen=True)
class Attack:
    """Statements of which the last breaks the sentence; those before it are lawful and set the scene."""

    sentence: str
    statements: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.sentence}: {self.statements[-1][:40]}"


def attack(sentence: str, *statements: str) -> Attack:
    return Attack(sentence, statements)


# --- the scene: something in every state and every table


@pytest.fixture(scope="module")
def world(shared_app: Flask) -> Flask:
    _set_the_scene()
    return shared_app


def _set_the_scene() -> None:
    now = clock.now()
    make_lot(10, "LOT-A", "0001")
    make_lot(10, "LOT-B", "0002")
    verified = VerificationDraft(
        date(2020, 1, 1), date(2024, 12, 31), "a verifier", Mass.t(5), ZERO, "positive", "0" * 64, True
    )
    serial = serials.own_serial("0001", ProjectType.ARR, 2023, 1, 1, 5)
    lots.issue(STAFF, "HLYC-0001", verified, serial, date(2025, 6, 1), now)
    imports.apply(STAFF, "verra", EXPORT.read_bytes(), EXPORT.name, now, is_demo=True)
    hold(100, hold_id="ord_reserved")
    stock.allocate(GUEST, hold(200, hold_id="ord_allocated"), now)
    stock.release(GUEST, hold(300, hold_id="ord_released"), "cancelled", now)
    retired = retire(hold(400, hold_id="ord_retired"))
    stock.void_retirement(STAFF, retired.retirement_id, "refunded", now)
    sequence_and_sign()
    standing.keep_audit(STAFF, [], now)
    make_two_inventories_and_a_report("HLYC-0007")
    make_two_inventories_and_a_report("HLYC-0008")
    confirm_the_report("HLYC-0007")


# --- the attacks

OURS = "issuance_id IN (SELECT id FROM issuance WHERE source_serial LIKE 'HLYC-%')"
HELD = f"state = 'held' AND lot_id IS NULL AND {OURS}"
SPLIT = f"UPDATE block SET state = 'split' WHERE {HELD}"
RETIREMENT = "(SELECT id FROM retirement WHERE hold_id = 'ord_retired')"
TO_RETIRED = "UPDATE hold SET state = 'retired' WHERE id = 'ord_allocated'"


def forged(table: str, where: str, **changes: str) -> str:
    """A row made by hand: a copy of the first one there, but for the columns that are changed."""
    columns = [column.name for column in Base.metadata.tables[table].columns]
    values = [changes.get(name, name) for name in columns]
    order = next(iter(Base.metadata.tables[table].primary_key.columns)).name
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
        f"FROM {table} WHERE {where} ORDER BY {order} LIMIT 1"
    )


def born(where: str, start: str, **changes: str) -> str:
    """A block of 1,000 g at that place, like another one."""
    place = {"id": "'blk_forged'", "start_g": start, "end_g": f"{start} + 1000"}
    return forged("block", where, **place, **changes)


def issued(where: str, start: str) -> str:
    """An issuance of 1,000 g at that place, like another one."""
    place = {
        "source_serial": "'FORGED'", "serial_group": "'FORGED'", "start_g": start, "end_g": f"{start} + 1000",
    }  # fmt: skip
    return forged("issuance", where, id="'iss_forged'", **place)


def retired(hold_id: str) -> str:
    """A retirement for that hold."""
    return forged("retirement", "TRUE", id="'ret_forged'", line_id="'line_forged'", hold_id=f"'{hold_id}'")


def appended(table: str) -> list[Attack]:
    key = next(iter(Base.metadata.tables[table].primary_key.columns)).name
    return [
        attack(f"{table} rows are never edited", f"UPDATE {table} SET {key} = {key}"),
        attack(f"{table} rows are never deleted", f"DELETE FROM {table}"),
    ]


JOURNALS = (
    "ledger_entry", "retirement", "retirement_range", "retirement_void", "record", "entry", "node",
    "checkpoint", "project_event", "registry_import", "issuance", "verification", "audit_entry",
    "ledger_audit", "inventory", "monitoring_report", "verified_report",
)  # fmt: skip

ATTACKS = [
    *(each for table in JOURNALS for each in appended(table)),
    # blocks keep their grams
    attack(
        "block keeps id, issuance_id, unit_class, parent_id, start_g, end_g",
        f"UPDATE block SET end_g = end_g - 1 WHERE {HELD}",
    ),
    attack(
        "block keeps id, issuance_id, unit_class, parent_id, start_g, end_g",
        f"UPDATE block SET unit_class = 'ex_ante' WHERE {HELD}",
    ),
    attack("block rows are never deleted", f"DELETE FROM block WHERE {HELD}"),
    attack("a final state is final", "UPDATE block SET rank = 7 WHERE state = 'retired'"),
    attack("a final state is final", "UPDATE block SET rank = 7 WHERE state = 'split'"),
    attack(
        "block state moves only by lawful steps",
        "UPDATE block SET state = 'reserved' WHERE hold_id = 'ord_allocated'",
    ),
    # blocks are born lawfully
    attack("a block is born inside its issuance", born(HELD, "start_g + 1000000000000000")),
    attack(
        "a block is born held or reserved, or retired at its source",
        born(HELD, "start_g", state="'split'"),
    ),
    attack(
        "a block is reserved for a hold that is reserved",
        SPLIT,
        born(
            f"state = 'split' AND lot_id IS NULL AND {OURS}",
            "end_g - 1000",
            state="'reserved'",
            hold_id="'ord_released'",
        ),
    ),
    # what is frozen does not move
    *(
        attack("frozen grams do not move", freeze, SPLIT)
        for freeze in (
            f"UPDATE block SET frozen_at = {A_DAY} WHERE {HELD}",
            f"UPDATE account SET frozen_at = {A_DAY}",
            f"UPDATE project SET frozen_at = {A_DAY}",
        )
    ),
    attack(
        "frozen grams do not move",
        f"UPDATE project SET frozen_at = {A_DAY}",
        "UPDATE block SET lot_id = (SELECT id FROM pool_lot WHERE code = 'LOT-A'), "
        f"account_id = (SELECT account_id FROM pool_lot WHERE code = 'LOT-A') WHERE {HELD}",
    ),
    # grams follow their hold
    attack(
        "a block is reserved for a hold that is reserved",
        f"UPDATE block SET state = 'reserved', hold_id = 'ord_released' WHERE {HELD}",
    ),
    attack(
        "grams are allocated when their hold is",
        "UPDATE block SET state = 'allocated' WHERE hold_id = 'ord_reserved'",
    ),
    *(
        attack(
            f"{state} grams are released when their hold is",
            f"UPDATE block SET state = 'held', hold_id = NULL, line_id = NULL WHERE hold_id = 'ord_{state}'",
        )
        for state in ("reserved", "allocated")
    ),
    attack(
        "grams retire when their hold does",
        f"UPDATE block SET state = 'retired', hold_id = NULL, retirement_id = {RETIREMENT} "
        "WHERE hold_id = 'ord_allocated'",
    ),
    attack(
        "retired grams of a lot have a retirement",
        TO_RETIRED,
        "UPDATE block SET state = 'retired', hold_id = NULL WHERE hold_id = 'ord_allocated'",
    ),
    # holds
    attack("hold keeps id, made_at", f"UPDATE hold SET made_at = {A_DAY}"),
    attack("hold rows are never deleted", "DELETE FROM hold WHERE id = 'ord_released'"),
    attack(
        "a hold begins reserved",
        forged("hold", "state = 'reserved'", id="'ord_forged'", state="'allocated'"),
    ),
    attack(
        "hold state moves only by lawful steps",
        "UPDATE hold SET state = 'reserved', because = NULL WHERE id = 'ord_released'",
    ),
    attack(
        "hold state moves only by lawful steps",
        "UPDATE hold SET state = 'allocated' WHERE id = 'ord_retired'",
    ),
    # retirements
    attack("no retirement starts unless its hold retires", retired("ord_allocated")),
    attack("no retirement starts unless its hold retires", retired("ord_reserved")),
    attack(
        "a retired range is a whole block of its retirement",
        "INSERT INTO retirement_range (block_id, retirement_id, start_g, end_g) "
        f"SELECT id, {RETIREMENT}, start_g, end_g FROM block WHERE {HELD}",
    ),
    attack(
        "a retired range is a whole block of its retirement",
        TO_RETIRED,
        retired("ord_allocated"),
        "UPDATE block SET state = 'retired', hold_id = NULL, retirement_id = 'ret_forged' "
        "WHERE hold_id = 'ord_allocated'",
        "INSERT INTO retirement_range (block_id, retirement_id, start_g, end_g) "
        "SELECT id, retirement_id, start_g, end_g - 1 FROM block WHERE retirement_id = 'ret_forged'",
    ),
    # lots
    *(
        attack(
            "pool_lot keeps id, code, project_id, account_id, source_registry, retirement_reference, "
            "retired_g, is_demo",
            f"UPDATE pool_lot SET {change} WHERE code = 'LOT-A'",
        )
        for change in ("retired_g = retired_g + 1000000", "retirement_reference = 'RET-2'", "code = 'LOT-Z'")
    ),
    attack("pool_lot rows are never deleted", "DELETE FROM pool_lot WHERE code = 'LOT-B'"),
    attack(
        "attributed grams never come back",
        "UPDATE pool_lot SET attributed_g = attributed_g - 1 WHERE code = 'LOT-A'",
    ),
    attack(
        "a lot begins unattributed",
        "INSERT INTO account (id, kind, party_id) VALUES ('acc_forged', 'pool', 'lot_forged')",
        forged(
            "pool_lot",
            "code = 'LOT-B'",
            id="'lot_forged'",
            code="'FORGED'",
            account_id="'acc_forged'",
            retirement_reference="'RET-9'",
            free_g="retired_g",
            attributed_g="0",
        ),
    ),
    attack(
        "a block joins a lot once",
        "UPDATE block SET lot_id = (SELECT id FROM pool_lot WHERE code = 'LOT-B') "
        "WHERE state = 'held' AND lot_id = (SELECT id FROM pool_lot WHERE code = 'LOT-A')",
    ),
    attack(
        "a lot takes grams of its own project only",
        f"UPDATE block SET lot_id = (SELECT id FROM pool_lot WHERE code = 'LOT-B') WHERE {HELD}",
    ),
    # issuing
    attack(
        "no more is issued than verified minus buffer",
        issued("verification_id IS NOT NULL", "(SELECT max(end_g) FROM issuance)"),
    ),
    # a gram is in one place
    attack("live blocks never overlap", born(HELD, "start_g + 1")),
    attack("issuances keep apart", issued("import_id IS NOT NULL", "start_g + 1")),
]  # fmt: skip

OF_ANOTHER_PROJECT = "(SELECT id FROM inventory WHERE project_id <> monitoring_report.project_id LIMIT 1)"
REPORT_OF_ANOTHER_PROJECT = (
    "(SELECT r.id FROM monitoring_report r WHERE r.project_id <> monitoring_report.project_id LIMIT 1)"
)


def reported(number: int, **changes: str) -> str:
    """A report of a time that nobody reported yet, like another one."""
    time = {"period_start": f"'20{number}-01-01'", "period_end": f"'20{number}-12-31'"}
    kept = {"id": f"'mrp_{number}'", "number": str(number), **time}
    return forged("monitoring_report", "number = 1", **(kept | changes))


FROM_ITS_OWN = "a report is made from inventories of its project"
CORRECTS_ITS_OWN = "a report corrects an earlier one of its project"
NO_TIME_TWICE = "no time is reported twice, but to correct it"
THEIR_TIME = {"period_start": "period_start", "period_end": "period_end"}
ATTACKS += [
    attack(FROM_ITS_OWN, reported(99, second_id=OF_ANOTHER_PROJECT)),
    attack(FROM_ITS_OWN, reported(99, first_id=OF_ANOTHER_PROJECT)),
    attack(CORRECTS_ITS_OWN, reported(99, corrects_id=REPORT_OF_ANOTHER_PROJECT)),
    attack(CORRECTS_ITS_OWN, reported(99), reported(98, corrects_id="'mrp_99'")),
    attack(NO_TIME_TWICE, reported(99, **THEIR_TIME)),
    attack(
        NO_TIME_TWICE,
        reported(98, **THEIR_TIME, corrects_id="id"),
        reported(99, **THEIR_TIME),
    ),
]

CONFIRMS_ITS_OWN = "a verification confirms a report of its project, and no more than it found"


def confirmed(where: str) -> str:
    """The verification that names no report yet, and a monitoring report."""
    return (
        "INSERT INTO verified_report (verification_id, report_id) "
        f"SELECT v.id, r.id FROM verification v, monitoring_report r WHERE {where} "
        "AND v.id NOT IN (SELECT verification_id FROM verified_report) LIMIT 1"
    )


ATTACKS += [
    attack(CONFIRMS_ITS_OWN, confirmed("r.project_id <> v.project_id")),
    attack(
        CONFIRMS_ITS_OWN,
        forged("verification", "id IN (SELECT verification_id FROM verified_report)", id="'ver_more'",
               verified_g="1000000000000000"),
        confirmed("v.id = 'ver_more' AND r.project_id = v.project_id"),
    ),
]  # fmt: skip

# One sentence has another guard before it, which must be out of the way to reach it.
A_GRAM_IS_RETIRED_ONCE = attack(
    "a gram is retired once",
    forged(
        "retirement_range", "TRUE", block_id=f"(SELECT id FROM block WHERE {HELD})", start_g="start_g + 1"
    ),
)


class Undone(Exception):
    """Ends every attack."""


@contextmanager
def undone() -> Iterator[Session]:
    """A transaction of which nothing stays."""
    with suppress(Undone), transaction() as session:
        yield session
        raise Undone


def carry_out(attack: Attack, *, guarded: bool, past: str = "") -> None:
    """Raises IntegrityError where the database refuses the last statement."""
    with undone() as session:
        if not guarded:
            without_guards(session)
            _drop_exclusions(session)
        if past:
            _drop_guards_of(session, past)
        *scene, last = attack.statements
        for statement in scene:
            session.execute(text(statement))
        assert session.execute(text(last)).rowcount > 0, "the attack touches nothing"


def _drop_exclusions(session: Session) -> None:
    """On PostgreSQL ranges are kept apart by constraints, which no trigger's absence lifts."""
    if session.get_bind().dialect.name == "postgresql":
        for table in ("block", "issuance", "retirement_range"):
            session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {table}_ranges_never_overlap"))


def _drop_guards_of(session: Session, table: str) -> None:
    """The triggers of a room on one table, but not what keeps its ranges apart."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    triggers = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    for name in session.scalars(triggers, {"table": table}).all():
        if "_guard_" in name:
            session.execute(text(f"DROP TRIGGER {name}"))


def refusal_of(sentence: str, dialect: str) -> str:
    """What stands in the database's answer: the sentence, or the name of the constraint that keeps it."""
    table = {"live blocks never overlap": "block", "issuances keep apart": "issuance",
             "a gram is retired once": "retirement_range"}.get(sentence)  # fmt: skip
    return f"{table}_ranges_never_overlap" if table and dialect == "postgresql" else sentence


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_the_database_refuses(world: Flask, attack: Attack):
    dialect = "postgresql" if "postgresql" in world.config["SQLALCHEMY_DATABASE_URI"] else "sqlite"
    with pytest.raises(IntegrityError, match=re.escape(refusal_of(attack.sentence, dialect))):
        carry_out(attack, guarded=True)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_without_its_guards_the_attack_succeeds(attack: Attack):
    carry_out(attack, guarded=False)


def test_a_gram_is_retired_once(world: Flask):
    dialect = "postgresql" if "postgresql" in world.config["SQLALCHEMY_DATABASE_URI"] else "sqlite"
    refusal = refusal_of(A_GRAM_IS_RETIRED_ONCE.sentence, dialect)
    with pytest.raises(IntegrityError, match=refusal):
        carry_out(A_GRAM_IS_RETIRED_ONCE, guarded=True, past="retirement_range")
    carry_out(A_GRAM_IS_RETIRED_ONCE, guarded=False)


def test_every_sentence_is_attacked():
    said = set(re.findall(r"RAISE\(ABORT, '([^']+)'\)", "\n".join(guards.credits_ddl("sqlite"))))
    assert said == {each.sentence for each in [*ATTACKS, A_GRAM_IS_RETIRED_ONCE]}


def test_both_databases_hold_the_same_sentences():
    said = {
        "sqlite": set(re.findall(r"RAISE\(ABORT, '([^']+)'\)", "\n".join(guards.credits_ddl("sqlite")))),
        "postgresql": set(
            re.findall(r"RAISE EXCEPTION '([^']+)'", "\n".join(guards.credits_ddl("postgresql")))
        ),
    }
    by_constraint = {"live blocks never overlap", "issuances keep apart", "a gram is retired once"}
    assert said["sqlite"] - said["postgresql"] == by_constraint
    assert len(re.findall("EXCLUDE USING gist", "\n".join(guards.credits_ddl("postgresql")))) == len(
        by_constraint
    )


def test_what_retires_is_counted_by_the_database_itself(world: Flask):
    """The effect: a lot's attributed grams follow its blocks, whoever moves them."""
    attributed = text("SELECT attributed_g FROM pool_lot WHERE code = 'LOT-A'")
    with undone() as session:
        before = session.execute(attributed).scalar_one()
        session.execute(text(TO_RETIRED))
        session.execute(text(retired("ord_allocated")))
        to_retired = "UPDATE block SET state = 'retired', hold_id = NULL, retirement_id = 'ret_forged' "
        session.execute(text(f"{to_retired} WHERE hold_id = 'ord_allocated'"))
        assert session.execute(attributed).scalar_one() - before == 200_000


@pytest.mark.usefixtures("world")
def test_lawful_work_is_not_in_the_way_of_any_guard():
    order = hold(50, "LOT-B", hold_id=new_id("ord"))
    stock.extend(GUEST, order, clock.now() + timedelta(hours=1))
    assert retire(order).mass == Mass.kg(50)
