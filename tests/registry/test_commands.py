"""Grams on their way: is the promise kept, or wholly not? On both databases."""

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.registry.commands import imports, lots, stock
from portal.registry.jobs import sequence_and_sign, signer
from portal.registry.queries import log, movements, register, verify
from portal.registry.queries.movements import Of
from portal.registry.rules import checkpoint
from portal.registry.rules.errors import NotEnoughAtSource, RetirementRecordUsed
from portal.registry.rules.facts import RetireLine, Want
from portal.registry.rules.ledger import NotEnoughCredits, UnlawfulStep
from tests.factories.guards import without_guards
from tests.factories.registry import GUEST, HOLDER, STAFF, hold, lot_draft, make_lot, retire

pytestmark = pytest.mark.usefixtures("any_app")


def faults() -> list[object]:
    sequence_and_sign()
    hand = signer()
    return [
        *verify.bodies(),
        *verify.checkpoints(hand.origin, [hand.public_key]),
        *verify.tables(),
        *verify.source(),
    ]


def test_a_reservation_takes_the_lowest_free_grams() -> None:
    make_lot(10)
    retired = retire(hold(250))
    (part,) = retired.ranges
    assert (part.first_g, part.last_g) == (1, 250_000)
    assert part.full_serial == "HLYC-0001-ARR-2024-1-1-10/g1-250000"
    assert register.lot("LOT-A").free == Mass.kg(9_750)
    assert register.lot("LOT-A").attributed == Mass.kg(250)
    assert faults() == []


def test_released_grams_are_the_first_to_be_sold_again() -> None:
    make_lot(10)
    first, _second = hold(100), hold(200)
    stock.release(GUEST, first, "cancelled", clock.now())
    retired = retire(hold(150))
    assert [(part.first_g, part.last_g) for part in retired.ranges] == [(1, 100_000), (300_001, 350_000)]
    assert faults() == []


def test_more_than_there_is_is_refused_with_what_is_left_and_nothing_is_kept() -> None:
    make_lot(1)
    hold(900)
    with pytest.raises(NotEnoughCredits) as refused:
        hold(101)
    assert refused.value.params["left"] == Mass.kg(100)
    assert register.lot("LOT-A").free == Mass.kg(100)
    hold(100)
    assert faults() == []


def test_two_lines_of_one_lot_are_summed_and_refused_whole() -> None:
    make_lot(1)
    now = clock.now()
    wants = [Want("a", ("LOT-A",), Mass.kg(600)), Want("b", ("LOT-A",), Mass.kg(600))]
    with pytest.raises(NotEnoughCredits):
        stock.reserve(GUEST, new_id("ord"), wants, now + timedelta(minutes=41), now)
    assert register.lot("LOT-A").free == Mass.t(1)


def test_two_lines_share_one_block_without_a_gap() -> None:
    make_lot(1)
    now, order = clock.now(), new_id("ord")
    wants = [Want("a", ("LOT-A",), Mass.kg(300)), Want("b", ("LOT-A",), Mass.kg(700))]
    stock.reserve(GUEST, order, wants, now + timedelta(minutes=41), now)
    stock.allocate(GUEST, order, now)
    both = stock.retire(
        GUEST, order, [RetireLine("a", HOLDER, "", True), RetireLine("b", HOLDER, "", True)], now
    )
    assert [(r.ranges[0].first_g, r.ranges[0].last_g) for r in both] == [(1, 300_000), (300_001, 1_000_000)]
    assert faults() == []


def test_an_order_that_spills_into_a_second_lot_keeps_both_ranges() -> None:
    make_lot(1, "LOT-A")
    make_lot(2, "LOT-B", batch=2)
    retired = retire(hold(1_500, "LOT-A", "LOT-B"))
    assert [(part.lot_code, part.mass) for part in retired.ranges] == [
        ("LOT-A", Mass.t(1)),
        ("LOT-B", Mass.kg(500)),
    ]
    assert retired.mass == Mass.kg(1_500)
    assert faults() == []


def test_every_move_may_be_repeated_without_a_second_effect() -> None:
    make_lot(10)
    order, now = hold(250), clock.now()
    for _ in range(3):
        stock.allocate(GUEST, order, now)
    line = RetireLine(f"{order}/1", HOLDER, "", True)
    results = [stock.retire(GUEST, order, [line], now) for _ in range(3)]
    assert results[0][0].retirement_id == results[2][0].retirement_id
    assert register.lot("LOT-A").attributed == Mass.kg(250)
    other = hold(50)
    for _ in range(3):
        stock.release(GUEST, other, "cancelled", now)
    assert register.lot("LOT-A").free == Mass.kg(9_750)
    assert faults() == []


def test_nothing_retires_while_a_refund_is_pending_and_nothing_is_refunded_after() -> None:
    make_lot(10)
    order, now = hold(250), clock.now()
    stock.allocate(GUEST, order, now)
    stock.begin_refund(GUEST, order)
    with pytest.raises(UnlawfulStep):
        stock.retire(GUEST, order, [RetireLine(f"{order}/1", HOLDER, "", True)], now)
    stock.release(GUEST, order, "refunded", now)
    assert register.lot("LOT-A").free == Mass.t(10)
    gone = hold(250)
    retire(gone)
    with pytest.raises(UnlawfulStep):
        stock.begin_refund(GUEST, gone)
    with pytest.raises(UnlawfulStep):
        stock.release(GUEST, gone, "refunded", now)


def test_a_claim_that_is_taken_back_leaves_the_grams_retired() -> None:
    make_lot(10)
    retired = retire(hold(250), purpose := new_id("plg"))
    assert register.retired_for(purpose) == Mass.kg(250)
    stock.void_retirement(STAFF, retired.retirement_id, "refunded", clock.now())
    stock.void_retirement(STAFF, retired.retirement_id, "refunded", clock.now())
    assert register.retired_for(purpose) == Mass(0)
    assert register.lot("LOT-A").attributed == Mass.kg(250)
    shown = next(row for row in movements.waiting(Of()) if row.kind == "attribution")
    assert shown.is_void
    assert faults() == []


def test_a_retirement_is_on_record_with_a_proof_that_holds_offline() -> None:
    make_lot(10)
    retired = retire(hold(250))
    assert log.proof_for("attribution", retired.retirement_id) is None
    sequence_and_sign()
    proof = log.proof_for("attribution", retired.retirement_id)
    assert proof is not None
    hand = signer()
    head = checkpoint.verify_proof(proof.text, proof.body.encode(), hand.origin, [hand.public_key])
    assert head.size == proof.size
    with pytest.raises(checkpoint.NotAProof):
        checkpoint.verify_proof(
            proof.text, proof.body.replace("250000", "250001").encode(), hand.origin, [hand.public_key]
        )


def test_a_retirement_record_backs_one_lot() -> None:
    make_lot(1, "LOT-A")
    with pytest.raises(RetirementRecordUsed):
        lots.open_lot(
            STAFF, lot_draft("LOT-B", "HLYC-0001", "HLYC-0001-ARR-2024-1-1-1", 1, "RET-1-LOT-A"), clock.now()
        )


def test_a_lot_takes_only_what_is_held() -> None:
    make_lot(1, "LOT-A")
    with pytest.raises(NotEnoughAtSource):
        lots.open_lot(STAFF, lot_draft("LOT-B", "HLYC-0001", "HLYC-0001-ARR-2024-1-1-1", 1), clock.now())


def test_only_registry_staff_open_lots_and_import() -> None:
    for actor in (
        GUEST,
        Actor("usr_X"),
        Actor("usr_X", frozenset({Role.FINANCE})),
        Actor("usr_X", frozenset({Role.AUDITOR})),
    ):
        with pytest.raises(NotAllowed):
            lots.open_lot(actor, lot_draft("L", "HLYC-0001", "x", 1), clock.now())
        with pytest.raises(NotAllowed):
            imports.apply(actor, "verra", b"", "x.csv", clock.now())


def test_the_real_export_is_imported_once_and_whole(export: bytes) -> None:
    report = imports.apply(STAFF, "verra", export, "verra-transactions.csv", clock.now())
    assert (report.accepted, report.refused, report.unchanged) == (200, 0, 0)
    again = imports.apply(STAFF, "verra", export, "verra-transactions.csv", clock.now())
    assert (again.accepted, again.unchanged) == (0, 200)
    (retired,) = register.find("19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1")
    assert retired.retired_at_source
    assert retired.lots == ()
    (inside,) = register.find("940602845")
    assert inside.serial.startswith("19368-940602844-")
    assert faults() == []


def test_a_row_retired_for_somebody_else_never_feeds_a_lot(export: bytes) -> None:
    imports.apply(STAFF, "verra", export, "verra-transactions.csv", clock.now())
    theirs = "19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1"
    with pytest.raises(NotEnoughAtSource):
        lots.open_lot(STAFF, lot_draft("LOT-X", "VCS-1340", theirs, 1), clock.now())


@pytest.fixture
def export(request: pytest.FixtureRequest) -> bytes:
    file = request.config.rootpath / "tests" / "data" / "verra-transactions.csv"
    return file.read_bytes()


EDITS = [
    "UPDATE retirement SET mass_g = mass_g + 1000",
    "UPDATE pool_lot SET attributed_g = attributed_g + 1000, free_g = free_g - 1000",
    "UPDATE record SET body = replace(body, '250000', '350000') WHERE kind = 'attribution'",
    "DELETE FROM record WHERE kind = 'attribution'",
    "DELETE FROM node WHERE level = 1",
    "UPDATE block SET state = 'held', retirement_id = NULL WHERE state = 'retired'",
    "UPDATE checkpoint SET note = replace(note, '—', '-')",
]


class _Undone(Exception):
    """Leaves the promise undone, so that the edit is gone again."""


@pytest.mark.parametrize("edit", EDITS)
def test_what_somebody_edits_behind_the_guards_is_found(edit: str) -> None:
    make_lot(10)
    retire(hold(250))
    assert faults() == []
    with suppress(_Undone), transaction() as session:
        without_guards(session)
        session.execute(text(edit))
        hand = signer()
        found = [
            *verify.bodies(),
            *verify.checkpoints(hand.origin, [hand.public_key]),
            *verify.tables(),
            *verify.source(),
        ]
        assert found, edit
        raise _Undone
