"""What the database refuses about units between accounts: each sentence attacked by SQL, guarded and not."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from portal.kernel import clock
from portal.kernel.mass import Mass
from portal.registry import guards
from portal.registry.commands import cancelling, freezing, imports, lots, reversals, transfers
from portal.registry.queries import register
from portal.registry.rules.accounts import CancelReason, Cause, FreezeKind
from tests.factories.registry import STAFF, lot_draft
from tests.factories.units import (
    BIRCH,
    CHECKER,
    HASH,
    MAKER,
    PINE,
    account_id,
    approved,
    holder,
    issued,
    project,
    recorded,
    validated,
)
from tests.registry.test_guards import EXPORT, Attack, attack, carry_out, forged

A_DAY = "'2026-01-01T00:00:00.000000Z'"
LATE = "'2099-01-01T00:00:00.000000Z'"


@pytest.fixture(scope="module")
def world(shared_app: Flask) -> Flask:
    _set_the_scene()
    return shared_app


def _set_the_scene() -> None:
    """Two projects, expected and verified units, holders, an offer of each ending, a fire, a freeze."""
    at = clock.now()
    imports.apply(STAFF, "verra", EXPORT.read_bytes(), EXPORT.name, at, is_demo=True)
    project("0002")
    recorded("HLYC-0002", 50, 10)
    issued(40, record=approved("HLYC-0002", 50, 10))
    project()
    issued(10, record=validated(expected=10))
    record = approved(verified=100, buffer=20)
    issued(60, 2023, record)
    pine = _give(30)
    birch = holder(BIRCH)
    week = at + timedelta(days=7)
    for end in (None, transfers.decline, transfers.accept):
        transfer = transfers.offer(PINE, pine, birch, Mass.t(2), week, "", at)
        if end:
            end(BIRCH, transfer, at)
    cancelling.cancel(PINE, pine, Mass.t(1), CancelReason.VOLUNTARY, "a gift", at)
    case = reversals.report_reversal(MAKER, "HLYC-0001", Cause.FIRE, clock.today(), "a fire", HASH, at)
    reversals.size_reversal(CHECKER, case, Mass.t(5), "a survey", at)
    serial = "HLYC-0001-ARR-2023-2-1-60"
    lots.open_lot(STAFF, lot_draft("LOT-A", "HLYC-0001", serial, 5), at)
    ended = freezing.freeze(MAKER, FreezeKind.ACCOUNT, birch_id(), "a question", at)
    freezing.ask_to_thaw(MAKER, ended, "answered", at)
    freezing.thaw(CHECKER, ended, at)


def _give(tonnes: int) -> str:
    """Verified tonnes of the first project to Pine."""
    code, at = holder(), clock.now()
    serial = "HLYC-0001-ARR-2023-2-1-60"
    developer = account_id("developer", _project_id("HLYC-0001"))
    week = at + timedelta(days=7)
    transfer = transfers.offer(MAKER, developer, code, Mass.t(tonnes), week, "", at, serial)
    transfers.accept(PINE, transfer, at)
    return account_id("holding", "org_pine")


def _project_id(code: str) -> str:
    return register.project(code).id


def birch_id() -> str:
    return account_id("holding", "org_birch")


# --- the attacks

ACCOUNT = "(SELECT id FROM account WHERE kind = '{}' AND party_id = {})"
PINES = ACCOUNT.format("holding", "'org_pine'")
BIRCHES = ACCOUNT.format("holding", "'org_birch'")
FIRST = "(SELECT id FROM project WHERE code = 'HLYC-0001')"
SECOND = "(SELECT id FROM project WHERE code = 'HLYC-0002')"
DEVELOPERS = ACCOUNT.format("developer", FIRST)
BUFFER = ACCOUNT.format("buffer", FIRST)
OPEN = "(SELECT id FROM transfer WHERE state = 'offered')"
CASE = "(SELECT id FROM reversal_case)"
VERIFIED = f"project_id = {FIRST} AND kind = 'verification'"
UNCHECKED = (
    f"(SELECT id FROM verification v WHERE project_id = {SECOND} AND NOT EXISTS "
    "(SELECT 1 FROM verification_check c WHERE c.verification_id = v.id))"
)
APPROVED = f"(SELECT verification_id FROM issuance WHERE NOT for_buffer AND project_id = {SECOND})"
IMPORTED = (
    "(SELECT min(b.id) FROM block b JOIN issuance i ON i.id = b.issuance_id "
    "WHERE b.state = 'held' AND i.import_id IS NOT NULL)"
)
IMPORTER = f"(SELECT account_id FROM block WHERE id = {IMPORTED})"
PINES_BLOCK = f"(SELECT min(id) FROM block WHERE state = 'held' AND account_id = {PINES})"


def held(account: str) -> str:
    return f"state = 'held' AND lot_id IS NULL AND account_id = {account}"


def new_issuance(where: str, grams: int = 1000, **changes: str) -> str:
    """An issuance beyond all others, like another one."""
    place = {
        "start_g": "(SELECT max(end_g) FROM issuance)",
        "end_g": f"(SELECT max(end_g) FROM issuance) + {grams}",
        "source_serial": "'FORGED'",
        "serial_group": "'HLYC-FORGED-1'",
    }
    return forged("issuance", where, id="'iss_forged'", **(place | changes))


def new_verification(**changes: str) -> str:
    return forged("verification", VERIFIED, id="'ver_forged'", **changes)


def check_of(verification: str, checker: str = "'usr_checker'") -> str:
    return (
        "INSERT INTO verification_check (verification_id, decision, note, checker_id, at) "
        f"VALUES ({verification}, 'approved', '', {checker}, {A_DAY})"
    )


def new_cancellation(grams: int = 1_000_000, **changes: str) -> str:
    voluntary = "reason = 'voluntary'"
    return forged("cancellation", voluntary, id="'cnl_forged'", mass_g=str(grams), **changes)


def cancelled_range(block: str, end: str = "end_g") -> str:
    return (
        "INSERT INTO cancellation_range (block_id, cancellation_id, start_g, end_g) "
        f"SELECT id, 'cnl_forged', start_g, {end} FROM block WHERE id = {block}"
    )


def whole(block: str) -> str:
    return f"(SELECT end_g - start_g FROM block WHERE id = {block})"


def new_transfer(**changes: str) -> str:
    return forged("transfer", "state = 'offered'", id="'trf_forged'", **changes)


def accepted(transfer: str = OPEN) -> str:
    return f"UPDATE transfer SET state = 'accepted', decided_at = {A_DAY} WHERE id = {transfer}"


def append_only(*tables: str) -> Iterator[Attack]:
    keys = {"cancellation": "id", "cancellation_range": "block_id", "verification_check": "verification_id"}
    for table in tables:
        key = keys[table]
        yield attack(f"{table} rows are never edited", f"UPDATE {table} SET {key} = {key}")
        yield attack(f"{table} rows are never deleted", f"DELETE FROM {table}")


UNSIZED = forged(
    "reversal_case", "TRUE", id="'rvc_forged'", size_g="NULL", basis="NULL", sized_by="NULL", sized_at="NULL"
)
OWN_UNITS = "NOT for_buffer AND unit_class = 'ex_post'"
THAWED = "UPDATE {} SET frozen_at = NULL WHERE frozen_at IS NOT NULL"
FREEZE_PINE = (
    "INSERT INTO freezing (id, kind, target_id, reason, frozen_by, frozen_at) "
    f"SELECT 'frz_forged', 'account', {PINES}, 'a reason', 'usr_maker', {A_DAY}"
)

ATTACKS = [
    *append_only("verification_check", "cancellation", "cancellation_range"),
    # verification and its check
    attack("a verification names who recorded it", new_verification(entered_by="''")),
    attack(
        "a record is of a verification or a validation", new_verification(kind="'estimate'")
    ),
    attack(
        "who checks a verification did not record it", check_of(UNCHECKED, "'usr_maker'")
    ),
    # issuing
    attack(
        "own units come from an approved verification",
        new_verification(buffer_g="0"),
        new_issuance(f"{OWN_UNITS} AND project_id = {FIRST}", verification_id="'ver_forged'"),
    ),
    attack(
        "own units come from an approved verification",
        new_verification(buffer_g="0"),
        "INSERT INTO verification_check (verification_id, decision, note, checker_id, at) "
        f"VALUES ('ver_forged', 'refused', '', 'usr_checker', {A_DAY})",
        new_issuance(f"{OWN_UNITS} AND project_id = {FIRST}", verification_id="'ver_forged'"),
    ),
    attack(
        "units are of their verification, its project and its kind",
        new_verification(buffer_g="0"),
        check_of("'ver_forged'"),
        new_issuance(f"project_id = {SECOND} AND NOT for_buffer", verification_id="'ver_forged'"),
    ),
    attack(
        "units are of their verification, its project and its kind",
        new_verification(buffer_g="0"),
        check_of("'ver_forged'"),
        new_issuance("unit_class = 'ex_ante'", verification_id="'ver_forged'"),
    ),
    attack(
        "units are of their verification, its project and its kind",
        new_verification(buffer_g="0", kind="'validation'"),
        check_of("'ver_forged'"),
        new_issuance(
            f"unit_class = 'ex_post' AND NOT for_buffer AND project_id = {FIRST}",
            verification_id="'ver_forged'",
        ),
    ),
    attack(
        "no more goes to the buffer than the verification says",
        new_issuance(f"project_id = {SECOND} AND for_buffer"),
    ),
    attack(
        "the buffer is issued before anything else",
        new_verification(),
        check_of("'ver_forged'"),
        new_issuance(f"project_id = {FIRST} AND NOT for_buffer AND unit_class = 'ex_post'",
                     verification_id="'ver_forged'"),
    ),
    *(
        attack(
            "nothing is issued while a reversal is not covered",
            new_verification(buffer_g="0"),
            check_of("'ver_forged'"),
            UNSIZED,
            *sized,
            new_issuance(f"project_id = {FIRST} AND NOT for_buffer AND unit_class = 'ex_post'",
                         verification_id="'ver_forged'"),
        )
        for sized in (
            (),
            ("UPDATE reversal_case SET size_g = 1000000, basis = 'a survey', sized_by = 'usr_checker', "
             f"sized_at = {A_DAY} WHERE id = 'rvc_forged'",),
        )
    ),
    # where units may go
    *(
        attack(
            "a lot takes verified units of a developer only",
            "UPDATE block SET lot_id = (SELECT id FROM pool_lot), "
            f"account_id = (SELECT account_id FROM pool_lot) WHERE {where}",
        )
        for where in (
            held(PINES),
            f"state = 'held' AND account_id = {BUFFER}",
            f"{held(DEVELOPERS)} AND unit_class = 'ex_ante'",
        )
    ),
    *(
        attack(
            "units change hands only by a transfer, a lot or a retirement",
            f"UPDATE block SET account_id = {PINES}{more} WHERE {held(account)}",
        )
        for account, more in ((BIRCHES, ""), (BUFFER, ", state = 'split'"))
    ),
    attack(
        "units change hands only by a transfer, a lot or a retirement",
        f"UPDATE block SET account_id = {BIRCHES} WHERE state = 'escrow'",
    ),
    *(
        attack(
            "units in escrow belong to an open offer of their holder",
            f"UPDATE block SET state = 'escrow', transfer_id = {transfer} WHERE {held(account)}",
        )
        for transfer, account in (
            (OPEN, BIRCHES),
            ("(SELECT id FROM transfer WHERE state = 'declined')", PINES),
            ("'trf_of_nobody'", PINES),
        )
    ),
    attack(
        "units of other registers are neither offered nor cancelled here",
        new_transfer(from_account_id=IMPORTER),
        f"UPDATE block SET state = 'escrow', transfer_id = 'trf_forged' WHERE id = {IMPORTED}",
    ),
    attack(
        "units of other registers are neither offered nor cancelled here",
        new_cancellation(10**14, account_id=IMPORTER),
        cancelled_range(IMPORTED),
        f"UPDATE block SET state = 'cancelled' WHERE id = {IMPORTED}",
    ),
    attack(
        "units in escrow keep their offer",
        f"UPDATE block SET transfer_id = {OPEN} WHERE {held(PINES)}",
    ),
    attack(
        "units in escrow keep their offer",
        new_transfer(),
        "UPDATE block SET transfer_id = 'trf_forged' WHERE state = 'escrow'",
    ),
    attack(
        "units leave escrow as their offer ends",
        "UPDATE block SET state = 'held', transfer_id = NULL WHERE state = 'escrow'",
    ),
    attack(
        "units leave escrow as their offer ends",
        accepted(),
        "UPDATE block SET state = 'held', transfer_id = NULL WHERE state = 'escrow'",
    ),
    attack(
        "units leave escrow as their offer ends",
        accepted(),
        f"UPDATE block SET state = 'held', transfer_id = NULL, account_id = {DEVELOPERS} "
        "WHERE state = 'escrow'",
    ),
    attack(
        "units leave escrow as their offer ends",
        f"UPDATE transfer SET state = 'withdrawn', decided_at = {A_DAY} WHERE id = {OPEN}",
        f"UPDATE block SET state = 'held', transfer_id = NULL, account_id = {BIRCHES} "
        "WHERE state = 'escrow'",
    ),
    attack(
        "a frozen account receives nothing",
        f"UPDATE account SET frozen_at = {A_DAY} WHERE id = {BIRCHES}",
        accepted(),
        f"UPDATE block SET state = 'held', transfer_id = NULL, account_id = {BIRCHES} "
        "WHERE state = 'escrow'",
    ),
    # offers
    attack("an offer begins open", new_transfer(state="'accepted'", decided_at=A_DAY)),
    *(
        attack("an offer goes from one holder to another", new_transfer(**ends))
        for ends in ({"from_account_id": BUFFER}, {"to_account_id": BUFFER}, {"to_account_id": DEVELOPERS})
    ),
    *(
        attack(
            "transfer keeps id, from_account_id, to_account_id, mass_g, note, offered_by, offered_at, "
            "expires_at",
            f"UPDATE transfer SET {change} WHERE state = 'offered'",
        )
        for change in ("mass_g = mass_g + 1000000", f"to_account_id = {DEVELOPERS}", f"expires_at = {LATE}")
    ),
    attack(
        "an offer is accepted in its time",
        f"UPDATE transfer SET state = 'accepted', decided_at = {LATE} WHERE state = 'offered'",
    ),
    attack("an ended offer is final", f"UPDATE transfer SET decided_at = {LATE} WHERE state = 'declined'"),
    attack("transfer rows are never deleted", "DELETE FROM transfer WHERE state = 'declined'"),
    # cancellations
    attack(
        "units are cancelled by a cancellation on record",
        f"UPDATE block SET state = 'cancelled' WHERE id = {PINES_BLOCK}",
    ),
    *(
        attack(
            "a cancelled range is a whole held block of its account",
            new_cancellation(100_000_000, account_id=account),
            cancelled_range(block, end),
        )
        for account, block, end in (
            (BIRCHES, PINES_BLOCK, "end_g"),
            (PINES, PINES_BLOCK, "end_g - 1"),
            (PINES, "(SELECT id FROM block WHERE state = 'escrow')", "end_g"),
        )
    ),
    attack(
        "no more is cancelled than the cancellation says",
        new_cancellation(),
        cancelled_range(PINES_BLOCK),
    ),
    *(
        attack(
            "expected units are converted into verified ones of their project",
            new_cancellation(
                10_000_000, reason="'converted'", account_id=account,
                issuance_id=f"coalesce((SELECT id FROM issuance WHERE NOT for_buffer AND {post}), '')",
            ),
            cancelled_range(block),
        )
        for account, post, block in (
            (DEVELOPERS, f"project_id = {SECOND}",
             f"(SELECT id FROM block WHERE {held(DEVELOPERS)} AND unit_class = 'ex_ante')"),
            (BIRCHES, f"project_id = {FIRST} AND unit_class = 'ex_post'",
             f"(SELECT min(id) FROM block WHERE {held(BIRCHES)})"),
        )
    ),
    attack(
        "no more is converted than was issued",
        new_cancellation(
            61_000_000, reason="'converted'",
            issuance_id=f"(SELECT id FROM issuance WHERE project_id = {FIRST} AND unit_class = 'ex_post' "
            "AND NOT for_buffer)",
        ),
    ),
    attack(
        "no more is cancelled for a reversal than its size",
        new_cancellation(reason="'compensation'", case_id=CASE),
    ),
    # reversals
    attack(
        "a reversal is reported before it is sized", forged("reversal_case", "TRUE", id="'rvc_forged'")
    ),
    attack(
        "reversal_case keeps id, project_id, cause, happened_on, story, report_sha256, reported_by, "
        "reported_at",
        UNSIZED,
        f"UPDATE reversal_case SET project_id = {SECOND} WHERE id = 'rvc_forged'",
    ),
    attack("a reversal is sized once", "UPDATE reversal_case SET size_g = 1000000"),
    attack("reversal_case rows are never deleted", "DELETE FROM reversal_case"),
    # freezes
    *(
        attack(
            f"a frozen {table} is unfrozen by two people",
            f"UPDATE {table} SET frozen_at = {A_DAY} WHERE {where}",
            THAWED.format(table),
        )
        for table, where in (
            ("account", f"id = {PINES}"), ("project", "code = 'HLYC-0002'"), ("block", f"id = {PINES_BLOCK}"),
        )
    ),
    attack(
        "a frozen account is unfrozen by two people",
        FREEZE_PINE,
        f"UPDATE account SET frozen_at = {A_DAY} WHERE id = {PINES}",
        f"UPDATE freezing SET asked_by = 'usr_maker', asked_at = {A_DAY}, because = 'why' "
        "WHERE id = 'frz_forged'",
        THAWED.format("account"),
    ),
    attack(
        "a freeze begins without an end",
        forged("freezing", "TRUE", id="'frz_forged'"),
    ),
    attack(
        "freezing keeps id, kind, target_id, reason, frozen_by, frozen_at",
        FREEZE_PINE,
        f"UPDATE freezing SET target_id = {BIRCHES} WHERE id = 'frz_forged'",
    ),
    attack("an ended freeze is final", f"UPDATE freezing SET thawed_at = {LATE}"),
    attack("freezing rows are never deleted", "DELETE FROM freezing"),
    # accounts
    attack(
        "account keeps id, kind, party_id, code", f"UPDATE account SET party_id = 'org_x' WHERE id = {PINES}"
    ),
    attack("account rows are never deleted", f"DELETE FROM account WHERE id = {PINES}"),
]  # fmt: skip

# What a constraint of the table itself refuses: by name, on both databases.
CONSTRAINED = [
    attack("a_cancellation_is_whole_tonnes", new_cancellation(1_500_000)),
    attack("a_cancellation_is_explained", new_cancellation(explanation="''")),
    attack("a_cancellation_has_a_known_reason", new_cancellation(reason="'lost'")),
    attack("a_reversal_is_paid_by_cancellations_of_its_case", new_cancellation(reason="'reversal'")),
    attack("a_conversion_names_what_it_became", new_cancellation(reason="'converted'")),
    attack("a_transfer_is_whole_tonnes", new_transfer(mass_g="1")),
    attack("a_transfer_has_two_ends", new_transfer(from_account_id=BIRCHES)),
    attack("an_offer_stands_for_a_while", new_transfer(expires_at="offered_at")),
    attack(
        "who_sizes_a_reversal_did_not_report_it",
        UNSIZED,
        "UPDATE reversal_case SET size_g = 0, basis = 'a survey', sized_by = 'usr_maker', "
        f"sized_at = {A_DAY} WHERE id = 'rvc_forged'",
    ),
    attack(
        "two_people_end_a_freeze",
        FREEZE_PINE,
        f"UPDATE freezing SET thawed_by = 'usr_maker', thawed_at = {A_DAY} WHERE id = 'frz_forged'",
    ),
    attack(
        "two_people_end_a_freeze",
        FREEZE_PINE,
        f"UPDATE freezing SET asked_by = 'usr_maker', asked_at = {A_DAY}, because = 'why', "
        f"thawed_by = 'usr_maker', thawed_at = {A_DAY} WHERE id = 'frz_forged'",
    ),
]  # fmt: skip


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("attack", [*ATTACKS, *CONSTRAINED], ids=str)
def test_the_database_refuses(attack: Attack):
    with pytest.raises(IntegrityError, match=re.escape(attack.sentence)):
        carry_out(attack, guarded=True)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_without_its_guards_the_attack_succeeds(attack: Attack):
    carry_out(attack, guarded=False)


def test_every_sentence_is_attacked():
    ours = [each for each in guards.ddl("sqlite") if "TRIGGER registry_accounts_" in each]
    said = set(re.findall(r"RAISE\(ABORT, '([^']+)'\)", "\n".join(ours)))
    assert said == {each.sentence for each in ATTACKS}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    "statements",
    [
        # a batch of our own register has one number
        (new_issuance("import_id IS NOT NULL", source_registry="'HLYC'", serial_group=(
            f"(SELECT serial_group FROM issuance WHERE project_id = {SECOND} AND NOT for_buffer)")),),
        # one freeze of a thing at a time
        (FREEZE_PINE, FREEZE_PINE.replace("frz_forged", "frz_again")),
    ],
    ids=["batch", "freeze"],
)  # fmt: skip
def test_what_is_there_once_is_not_there_twice(statements: tuple[str, ...]):
    with pytest.raises(IntegrityError, match=re.compile("unique", re.IGNORECASE)):
        carry_out(Attack("", statements), guarded=False)
