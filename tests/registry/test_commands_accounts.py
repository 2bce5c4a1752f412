"""Units between accounts: each promise is kept, or wholly not, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text

from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass, NegativeMass
from portal.registry.commands import (
    cancelling,
    freezing,
    holdings,
    issuing,
    lots,
    reversals,
    standing,
    stock,
    transfers,
)
from portal.registry.models import Block, Cancellation, Issuance, PoolLot, Record
from portal.registry.queries import verify, verify_accounts
from portal.registry.rules import accounts, records
from portal.registry.rules.accounts import CancelReason, Cause, Decision, FreezeKind, VerificationKind
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.errors import NotEnoughAtSource, SellingStopped
from portal.registry.rules.ledger import BlockState, MoreThanVerified, NotEnoughCredits, ProjectType
from tests.factories.guards import without_guards
from tests.factories.registry import STAFF, hold, lot_draft
from tests.factories.units import (
    BIRCH,
    CHECKER,
    HASH,
    MAKER,
    PINE,
    REPORT,
    TWO,
    account_id,
    approved,
    given,
    holder,
    issued,
    offered,
    project,
    recorded,
    validated,
)
from tests.registry.test_guards import undone

NOW = clock.now


@pytest.fixture(autouse=True)
def books(any_app: object) -> Iterator[None]:
    """After each story the books add up, whatever happened in it."""
    yield
    db.session.rollback()
    assert [str(fault) for fault in (*verify.tables(), *verify_accounts.accounts(), *verify.source())] == []


def grams(account: str, state: BlockState = BlockState.HELD, unit_class: str | None = None) -> int:
    """Tonnes of an account outside lots."""
    db.session.rollback()
    query = select(func.coalesce(func.sum(Block.end_g - Block.start_g), 0)).where(
        Block.account_id == account, Block.state == state, Block.lot_id.is_(None)
    )
    if unit_class:
        query = query.where(Block.unit_class == unit_class)
    return int(db.session.scalar(query) or 0) // 1_000_000


def serials() -> list[str]:
    return list(db.session.scalars(select(Issuance.source_serial).order_by(Issuance.source_serial)))


def on_record(kind: str) -> list[records.Facts]:
    bodies = db.session.scalars(select(Record.body).where(Record.kind == kind).order_by(Record.id))
    return [records.read(body.encode()).facts for body in bodies]


# -- issuing -----------------------------------------------------------------------------------


def test_units_are_issued_from_an_approved_verification_and_the_buffer_gets_its_share():
    issued(80)
    assert serials() == ["HLYC-0001-ARR-2024-1-1-80", "HLYC-0001-ARR-2024-2-1-20"]
    assert (grams(account_id("developer")), grams(account_id("buffer"))) == (80, 20)
    facts = on_record("issuance")
    assert [(fact.serial, fact.tonnes, fact.for_buffer) for fact in facts] == [  # type: ignore[union-attr]
        ("HLYC-0001-ARR-2024-2-1-20", 20, True),
        ("HLYC-0001-ARR-2024-1-1-80", 80, False),
    ]


def test_batches_are_numbered_by_the_portal_and_the_buffer_is_issued_once():
    record = approved(project())
    for tonnes in (30, 50):
        issued(tonnes, record=record)
    assert serials() == [
        "HLYC-0001-ARR-2024-1-1-30", "HLYC-0001-ARR-2024-2-1-20", "HLYC-0001-ARR-2024-3-1-50",
    ]  # fmt: skip
    with pytest.raises(MoreThanVerified) as refused:
        issued(1, record=record)
    assert refused.value.params["left"] == Mass(0)


def test_what_is_verified_in_grams_is_issued_in_whole_tonnes_rounded_down():
    project()
    draft = replace(REPORT, verified=Mass(100_999_999), buffer=Mass(20_700_000))
    record = issuing.record_verification(MAKER, "HLYC-0001", VerificationKind.VERIFICATION, draft, NOW())
    issuing.check_verification(CHECKER, record, Decision.APPROVED, "", NOW())
    assert accounts.issuable(draft.verified, draft.buffer, Mass(0)) == Mass.t(80)
    with pytest.raises(accounts.NotWholeTonnes):
        issuing.issue(CHECKER, record, 2024, Mass(80_299_999), NOW())
    issued(80, record=record)
    assert grams(account_id("buffer")) == 20


def test_whoever_recorded_a_verification_does_not_approve_it():
    record = recorded(project())
    with pytest.raises(accounts.SameHand):
        issuing.check_verification(MAKER, record, Decision.APPROVED, "", NOW())
    with pytest.raises(accounts.NotApproved):
        issuing.issue(CHECKER, record, 2024, Mass.t(1), NOW())


def test_a_refused_verification_issues_nothing_and_stays_refused():
    record = recorded(project())
    issuing.check_verification(CHECKER, record, Decision.REFUSED, "the report is of another forest", NOW())
    with pytest.raises(accounts.NotApproved):
        issuing.issue(CHECKER, record, 2024, Mass.t(1), NOW())
    with pytest.raises(accounts.AlreadyDecided):
        issuing.check_verification(CHECKER, record, Decision.APPROVED, "", NOW())


def test_what_cannot_be_verified_is_not_recorded():
    project()
    for draft, fault in (
        (replace(REPORT, period_end=date(2019, 12, 31)), accounts.PeriodBackwards),
        (replace(REPORT, buffer=Mass.t(100)), accounts.BufferTooLarge),
        (replace(REPORT, verified=Mass(0)), NegativeMass),
    ):
        with pytest.raises(fault):
            issuing.record_verification(MAKER, "HLYC-0001", VerificationKind.VERIFICATION, draft, NOW())
    with pytest.raises(accounts.BufferTooLarge):
        issuing.record_verification(MAKER, "HLYC-0001", VerificationKind.VALIDATION, REPORT, NOW())


def test_a_vintage_outside_the_monitoring_period_is_refused():
    record = approved(project())
    for vintage in (2019, 2025):
        with pytest.raises(accounts.VintageOutside):
            issued(1, vintage, record)


def test_units_of_other_registers_and_types_are_not_issued_here():
    other = replace(_draft("VCS-9"), registry="verra")
    lots.add_project(MAKER, other, "a document", NOW())
    with pytest.raises(accounts.NotOurRegister):
        issued(1, record=approved("VCS-9"))
    with pytest.raises(accounts.NoSerialsForType):
        issued(1, record=approved(project("0009", ProjectType.OTHER)))


def _draft(code: str) -> lots.ProjectDraft:
    from portal.kernel.bilingual import Bilingual

    nothing = Bilingual("", "")
    return lots.ProjectDraft(
        code, "HLYC", code[-4:], Bilingual("林", "Forest"), nothing, ProjectType.ARR, "M", "China", True
    )


def test_nothing_is_issued_while_the_audit_stands_against_it():
    record = approved(project())
    standing.keep_audit(STAFF, [Fault(Check.SOURCE, "lot LOT-A", "is wrong")], NOW())
    with pytest.raises(SellingStopped):
        issued(1, record=record)
    standing.keep_audit(STAFF, [], NOW())


@pytest.mark.parametrize("who", [Actor.guest(), PINE, Actor("usr_x", frozenset({Role.FINANCE, Role.EDITOR}))])
def test_only_registry_staff_issue_freeze_and_size(who: Actor):
    record = recorded(project())
    now = NOW()
    for attempt in (
        lambda: issuing.record_verification(who, "HLYC-0001", VerificationKind.VERIFICATION, REPORT, now),
        lambda: issuing.check_verification(who, record, Decision.APPROVED, "", now),
        lambda: issuing.issue(who, record, 2024, Mass.t(1), now),
        lambda: freezing.freeze(who, FreezeKind.PROJECT, "prj", "a reason", now),
        lambda: freezing.ask_to_thaw(who, "frz", "a reason", now),
        lambda: freezing.thaw(who, "frz", now),
        lambda: reversals.report_reversal(who, "HLYC-0001", Cause.FIRE, now.date(), "it burnt", HASH, now),
        lambda: reversals.size_reversal(who, "rvc", Mass.t(1), "a survey", now),
        lambda: reversals.draw_on_buffer(who, "rvc", now),
        lambda: transfers.expire_offers(who, now),
        lambda: lots.issue(who, "HLYC-0001", REPORT, None, now.date(), now),  # type: ignore[arg-type]
    ):
        with pytest.raises(NotAllowed):
            attempt()


# -- expected units ----------------------------------------------------------------------------


def expected_units(tonnes: int) -> None:
    """Expected units of a new project, all given to Pine."""
    project()
    issued(tonnes, record=validated(expected=tonnes))
    given(tonnes)


def test_expected_units_become_verified_ones_of_the_same_holder():
    expected_units(30)
    pine = account_id("holding", "org_pine")
    assert grams(pine, unit_class="ex_ante") == 30
    main = issued(80, record=approved())
    assert (grams(pine, unit_class="ex_ante"), grams(pine, unit_class="ex_post")) == (0, 30)
    assert grams(pine, BlockState.CANCELLED, "ex_ante") == 30
    assert grams(account_id("developer"), unit_class="ex_post") == 50
    (gone,) = db.session.scalars(select(Cancellation)).all()
    assert (gone.reason, gone.issuance_id, gone.mass_g) == ("converted", main, 30_000_000)


def test_expected_units_that_did_not_grow_stay_expected():
    expected_units(100)
    pine = account_id("holding", "org_pine")
    issued(80, record=approved())
    assert (grams(pine, unit_class="ex_ante"), grams(pine, unit_class="ex_post")) == (20, 80)


def test_expected_units_of_another_vintage_are_not_converted():
    expected_units(30)
    issued(80, vintage=2023, record=approved())
    assert grams(account_id("holding", "org_pine"), unit_class="ex_ante") == 30


def test_expected_units_are_not_sold():
    project()
    issued(30, record=validated(expected=30))
    with pytest.raises(NotEnoughAtSource):
        lots.open_lot(STAFF, lot_draft("LOT-A", "HLYC-0001", "HLYC-0001-ARR-2024-1-1-30", None), NOW())


def test_the_buffer_is_not_sold():
    issued(80)
    with pytest.raises(NotEnoughAtSource):
        lots.open_lot(STAFF, lot_draft("LOT-A", "HLYC-0001", "HLYC-0001-ARR-2024-2-1-20", None), NOW())


def test_what_belongs_to_a_holder_is_not_put_into_a_lot():
    issued(80)
    given(30)
    lots.open_lot(STAFF, lot_draft("LOT-A", "HLYC-0001", "HLYC-0001-ARR-2024-1-1-80", None), NOW())
    assert db.session.scalar(select(PoolLot.retired_g)) == 50_000_000
    assert grams(account_id("holding")) == 30


# -- transfers ---------------------------------------------------------------------------------


def test_an_offer_is_accepted_once_and_the_units_change_hands():
    issued(80)
    code, developer = holder(), account_id("developer")
    transfer = offered(30, code)
    assert (grams(developer), grams(developer, BlockState.ESCROW)) == (50, 30)
    transfers.accept(PINE, transfer, NOW())
    pine = account_id("holding")
    assert (grams(developer), grams(developer, BlockState.ESCROW), grams(pine)) == (50, 0, 30)
    for again in (transfers.accept, transfers.decline):
        with pytest.raises(accounts.OfferEnded):
            again(PINE, transfer, NOW())
    with pytest.raises(accounts.OfferEnded):
        transfers.withdraw(MAKER, transfer, NOW())
    (fact,) = on_record("transfer")
    assert isinstance(fact, records.UnitsTransferred)
    assert (fact.sender, fact.receiver, fact.grams) == (developer, pine, 30_000_000)
    assert fact.ranges == (records.SerialPart("HLYC-0001-ARR-2024-1-1-80", 1, 30_000_000),)


@pytest.mark.parametrize(("who", "end"), [(PINE, transfers.decline), (MAKER, transfers.withdraw)])
def test_an_offer_that_is_declined_or_withdrawn_gives_the_units_back(who: Actor, end: object):
    issued(80)
    transfer = offered(30, holder())
    end(who, transfer, NOW())  # type: ignore[operator]
    assert grams(account_id("developer")) == 80
    with pytest.raises(accounts.OfferEnded):
        transfers.accept(PINE, transfer, NOW())
    assert on_record("transfer") == []


def test_an_offer_ends_with_its_time():
    issued(80)
    transfer = offered(30, holder())
    later = NOW() + timedelta(days=7)
    with pytest.raises(accounts.OfferEnded):
        transfers.accept(PINE, transfer, later)
    assert transfers.expire_offers(STAFF, NOW()) == 0
    assert transfers.expire_offers(STAFF, later) == 1
    assert transfers.expire_offers(STAFF, later) == 0
    assert grams(account_id("developer")) == 80


def test_holders_give_to_holders():
    issued(80)
    pine, birch = given(30), holder(BIRCH)
    transfer = transfers.offer(PINE, pine, birch.lower(), Mass.t(10), NOW() + timedelta(days=1), "", NOW())
    transfers.accept(BIRCH, transfer, NOW())
    assert (grams(pine), grams(account_id("holding", "org_birch"))) == (20, 10)


def test_nobody_gives_or_takes_for_somebody_else():
    issued(80)
    pine, birch = given(30), holder(BIRCH)
    soon = NOW() + timedelta(days=1)
    member = Actor("usr_pine2", organisations={"org_pine": "member"})
    for who in (BIRCH, MAKER, member, Actor.guest()):
        with pytest.raises(NotAllowed):
            transfers.offer(who, pine, birch, Mass.t(1), soon, "", NOW())
    transfer = transfers.offer(PINE, pine, birch, Mass.t(1), soon, "", NOW())
    for who in (PINE, MAKER, member):
        with pytest.raises(NotAllowed):
            transfers.accept(who, transfer, NOW())
        with pytest.raises(NotAllowed):
            transfers.decline(who, transfer, NOW())
    with pytest.raises(NotAllowed):
        transfers.withdraw(BIRCH, transfer, NOW())
    assert grams(pine, BlockState.ESCROW) == 1


def test_an_offer_that_makes_no_sense_is_refused_and_changes_nothing():
    issued(80)
    pine, soon = given(30), NOW() + timedelta(days=1)
    own, birch, now = db.session.scalar(text("SELECT code FROM account WHERE kind = 'holding'")), "", NOW()
    birch = holder(BIRCH)
    for to, mass, ends, fault in (
        (own, Mass.t(1), soon, accounts.SameAccount),
        ("A-NOBODY00", Mass.t(1), soon, accounts.UnknownAccount),
        (birch, Mass.t(31), soon, NotEnoughCredits),
        (birch, Mass(1_500_000), soon, accounts.NotWholeTonnes),
        (birch, Mass(0), soon, NegativeMass),
        (birch, Mass.t(1), now, accounts.BadOfferEnd),
        (birch, Mass.t(1), now + timedelta(days=91), accounts.BadOfferEnd),
    ):
        with pytest.raises(fault):
            transfers.offer(PINE, pine, to, mass, ends, "", now)
    with pytest.raises(NotEnoughCredits) as refused:
        transfers.offer(PINE, pine, birch, Mass.t(1), soon, "", now, serial="HLYC-0001-ARR-2024-2-1-20")
    assert refused.value.params["left"] == Mass(0)
    assert grams(pine) == 30


def test_what_is_in_escrow_is_neither_offered_nor_cancelled_nor_sold():
    issued(80)
    offered(80, holder())
    developer = account_id("developer")
    with pytest.raises(NotEnoughCredits):
        offered(1, db.session.scalar(text("SELECT code FROM account WHERE kind = 'holding'")))
    with pytest.raises(NotEnoughCredits):
        cancelling.cancel(TWO, developer, Mass.t(1), CancelReason.ERROR, "a mistake", NOW())
    with pytest.raises(NotEnoughAtSource):
        lots.open_lot(STAFF, lot_draft("LOT-A", "HLYC-0001", "HLYC-0001-ARR-2024-1-1-80", None), NOW())


def test_an_organisation_has_one_registry_account():
    code = holdings.open_account(PINE, "org_pine", NOW())
    with pytest.raises(accounts.AccountExists) as refused:
        holder()
    assert refused.value.params["code"] == code
    with pytest.raises(NotAllowed):
        holdings.open_account(BIRCH, "org_birch", NOW())


# -- cancellation ------------------------------------------------------------------------------


def test_a_cancellation_is_for_good_and_says_why():
    issued(80)
    pine = given(30)
    gone = cancelling.cancel(PINE, pine, Mass.t(10), CancelReason.VOLUNTARY, " for the forest ", NOW())
    assert (grams(pine), grams(pine, BlockState.CANCELLED)) == (20, 10)
    kept = db.session.get(Cancellation, gone)
    assert kept is not None
    assert (kept.reason, kept.explanation, kept.mass_g) == ("voluntary", "for the forest", 10_000_000)
    (fact,) = on_record("cancellation")
    assert isinstance(fact, records.UnitsCancelled)
    assert (fact.account, fact.reason, fact.grams) == (pine, "voluntary", 10_000_000)


def test_a_cancellation_needs_a_reason_that_its_hand_may_give():
    issued(80)
    pine, now = given(30), NOW()
    for who, reason, why, fault in (
        (PINE, CancelReason.ERROR, "a mistake", accounts.NotThisReason),
        (PINE, CancelReason.REVERSAL, "a fire", accounts.NotThisReason),
        (TWO, CancelReason.CONVERTED, "growth", accounts.NotThisReason),
        (MAKER, CancelReason.ERROR, "alone", NotAllowed),
        (PINE, CancelReason.VOLUNTARY, "  ", accounts.ReasonMissing),
        (BIRCH, CancelReason.VOLUNTARY, "not theirs", NotAllowed),
    ):
        with pytest.raises(fault):
            cancelling.cancel(who, pine, Mass.t(1), reason, why, now)
    assert grams(pine) == 30
    cancelling.cancel(TWO, pine, Mass.t(1), CancelReason.ERROR, "issued in error", now)


# -- reversals ---------------------------------------------------------------------------------


def burnt(tonnes: int | None = None) -> str:
    """A fire in the only project, sized by a second person when ``tonnes`` says how much."""
    at = NOW()
    case = reversals.report_reversal(
        MAKER, "HLYC-0001", Cause.FIRE, clock.today(), "a fire on the north slope", HASH, at
    )
    if tonnes is not None:
        reversals.size_reversal(CHECKER, case, Mass.t(tonnes), "plots measured again", at)
    return case


def test_the_buffer_pays_for_a_reversal():
    record = approved(project(), verified=100, buffer=20)
    issued(30, record=record)
    burnt(15)
    buffer = account_id("buffer")
    assert (grams(buffer), grams(buffer, BlockState.CANCELLED)) == (5, 15)
    issued(50, record=record)
    (fact,) = on_record("buffer.reversal")
    assert isinstance(fact, records.BufferReversal)
    assert (fact.cause, fact.grams) == ("fire", 15_000_000)


def test_what_the_buffer_cannot_pay_is_a_debt_that_stops_issuance():
    record = approved(project(), verified=100, buffer=20)
    issued(30, record=record)
    case = burnt(25)
    assert grams(account_id("buffer")) == 0
    with pytest.raises(accounts.InDebt):
        issued(1, record=record)
    developer = account_id("developer")
    with pytest.raises(NotEnoughCredits) as refused:
        reversals.compensate(TWO, case, developer, Mass.t(6), NOW())
    assert refused.value.params["left"] == Mass.t(5)
    assert reversals.compensate(TWO, case, developer, Mass.t(5), NOW()) == Mass(0)
    with pytest.raises(accounts.NothingOwed):
        reversals.compensate(TWO, case, developer, Mass.t(1), NOW())
    issued(50, record=record)
    assert grams(developer) == 75


def test_a_reversal_that_is_not_sized_yet_stops_issuance_too():
    record = approved(project())
    case = burnt()
    with pytest.raises(accounts.InDebt):
        issued(1, record=record)
    with pytest.raises(accounts.SameHand):
        reversals.size_reversal(MAKER, case, Mass.t(1), "a survey", NOW())
    reversals.size_reversal(CHECKER, case, Mass(0), "nothing was lost", NOW())
    issued(1, record=record)
    with pytest.raises(accounts.AlreadyDecided):
        reversals.size_reversal(CHECKER, case, Mass.t(1), "a survey", NOW())


def test_a_loss_is_counted_in_whole_tonnes_rounded_up():
    issued(80)
    case = burnt()
    reversals.size_reversal(CHECKER, case, Mass(1_000_001), "a survey", NOW())
    assert grams(account_id("buffer"), BlockState.CANCELLED) == 2


def test_the_buffer_of_a_frozen_project_pays_when_it_is_unfrozen():
    issued(80)
    frozen = freezing.freeze(MAKER, FreezeKind.PROJECT, _project_id(), "a fire", NOW())
    case = burnt(15)
    assert grams(account_id("buffer")) == 20
    freezing.ask_to_thaw(MAKER, frozen, "the fire is out", NOW())
    freezing.thaw(CHECKER, frozen, NOW())
    assert reversals.draw_on_buffer(MAKER, case, NOW()) == Mass(0)
    assert grams(account_id("buffer")) == 5


def test_what_has_not_happened_yet_is_not_reported():
    project()
    tomorrow = clock.today() + timedelta(days=1)
    with pytest.raises(accounts.NotInThePast):
        reversals.report_reversal(MAKER, "HLYC-0001", Cause.FIRE, tomorrow, "a fire", HASH, NOW())


def _project_id() -> str:
    return str(db.session.scalar(text("SELECT id FROM project")))


# -- freezing ----------------------------------------------------------------------------------


def frozen_thing(kind: FreezeKind, account: str) -> str:
    if kind is FreezeKind.PROJECT:
        return _project_id()
    if kind is FreezeKind.ACCOUNT:
        return account
    return str(db.session.scalar(select(Block.id).where(Block.account_id == account, Block.state == "held")))


@pytest.mark.parametrize("kind", FreezeKind)
def test_what_is_frozen_is_not_offered_or_cancelled_until_two_people_agree(kind: FreezeKind):
    issued(80)
    pine, birch, soon = given(30), holder(BIRCH), NOW() + timedelta(days=1)
    target = frozen_thing(kind, pine)
    freeze = freezing.freeze(MAKER, kind, target, "under dispute", NOW())
    fault = accounts.IsFrozen if kind is FreezeKind.ACCOUNT else NotEnoughCredits
    with pytest.raises(fault):
        transfers.offer(PINE, pine, birch, Mass.t(1), soon, "", NOW())
    with pytest.raises(fault):
        cancelling.cancel(PINE, pine, Mass.t(1), CancelReason.VOLUNTARY, "a gift", NOW())
    with pytest.raises(accounts.AlreadyFrozen):
        freezing.freeze(CHECKER, kind, target, "again", NOW())
    with pytest.raises(accounts.ThawNotAsked):
        freezing.thaw(CHECKER, freeze, NOW())
    freezing.ask_to_thaw(CHECKER, freeze, "settled by a court", NOW())
    with pytest.raises(accounts.SameHand):
        freezing.thaw(CHECKER, freeze, NOW())
    freezing.thaw(MAKER, freeze, NOW())
    transfers.offer(PINE, pine, birch, Mass.t(1), soon, "", NOW())
    with pytest.raises(accounts.NotFrozen):
        freezing.thaw(MAKER, freeze, NOW())


@pytest.mark.parametrize("kind", [*FreezeKind, "receiver"])
def test_an_offer_of_what_was_frozen_meanwhile_is_not_accepted(kind: FreezeKind | str):
    issued(80)
    transfer = offered(80, holder())
    if kind == "receiver":
        freezing.freeze(MAKER, FreezeKind.ACCOUNT, account_id("holding"), "a fraud", NOW())
    elif kind is FreezeKind.BLOCK:
        block = db.session.scalar(select(Block.id).where(Block.state == "escrow"))
        freezing.freeze(MAKER, kind, str(block), "under dispute", NOW())
    else:
        target = frozen_thing(FreezeKind(kind), account_id("developer"))
        freezing.freeze(MAKER, FreezeKind(kind), target, "under dispute", NOW())
    with pytest.raises(accounts.IsFrozen) as refused:
        transfers.accept(PINE, transfer, NOW())
    assert refused.value.params["reason"] in ("under dispute", "a fraud")
    assert grams(account_id("developer"), BlockState.ESCROW) == 80
    expired = transfers.expire_offers(STAFF, NOW() + timedelta(days=8))
    assert expired == (1 if kind == "receiver" else 0)


def test_a_lot_of_what_is_frozen_is_closed_meanwhile():
    issued(80)
    lots.open_lot(STAFF, lot_draft("LOT-A", "HLYC-0001", "HLYC-0001-ARR-2024-1-1-80", 40), NOW())
    lots.open_lot(STAFF, lot_draft("LOT-B", "HLYC-0001", "HLYC-0001-ARR-2024-1-1-80", 40), NOW())
    lots.close_lot(STAFF, "LOT-B", "sold by another", NOW() - timedelta(days=1))
    freeze = freezing.freeze(MAKER, FreezeKind.PROJECT, _project_id(), "under dispute", NOW())
    with pytest.raises(NotEnoughCredits):
        hold(10)
    freezing.ask_to_thaw(MAKER, freeze, "settled", NOW())
    freezing.thaw(CHECKER, freeze, NOW())
    stock.release(STAFF, hold(10), "cancelled", NOW())
    with pytest.raises(NotEnoughCredits):
        hold(10, "LOT-B")


def test_units_of_a_frozen_project_are_not_issued():
    record = approved(project())
    freezing.freeze(MAKER, FreezeKind.PROJECT, _project_id(), "under dispute", NOW())
    with pytest.raises(accounts.IsFrozen):
        issued(1, record=record)
    assert serials() == []


# -- the audit ---------------------------------------------------------------------------------

FORGERIES = [
    ("UPDATE block SET account_id = (SELECT id FROM account WHERE party_id = 'org_birch') "
     "WHERE state = 'held' AND account_id = (SELECT id FROM account WHERE party_id = 'org_pine')",
     "block ", "the journal says"),
    ("UPDATE verification SET verified_g = verified_g - 1000000", "verification ", "has issued"),
    ("UPDATE verification_check SET checker_id = 'usr_maker'", "verification ", "second person"),
    ("UPDATE issuance SET source_serial = 'HLYC-0001-ARR-2024-9-1-80' WHERE NOT for_buffer", "issuance ",
     "differs"),
    ("UPDATE transfer SET mass_g = mass_g + 1000000 WHERE state = 'accepted'", "transfer ", "differs"),
    ("UPDATE transfer SET mass_g = mass_g + 1000000 WHERE state = 'offered'", "transfer ", "in escrow"),
    ("UPDATE transfer SET state = 'withdrawn', decided_at = offered_at WHERE state = 'offered'", "transfer ",
     "not open"),
    ("UPDATE cancellation SET reason = 'error' WHERE reason = 'voluntary'", "cancellation ", "differs"),
    ("UPDATE cancellation_range SET end_g = end_g - 1", "cancellation ", "has ranges of"),
    ("UPDATE reversal_case SET size_g = size_g - 1000000", "buffer.reversal ", "differs"),
    ("UPDATE reversal_case SET size_g = size_g - 15000000", "reversal ", "was paid with"),
    ("UPDATE project SET frozen_at = NULL", "project ", "moves although"),
    ("UPDATE record SET kind = 'certificate.issued' WHERE kind = 'cancellation'", "cancellation ", "differs"),
]  # fmt: skip


@pytest.mark.parametrize(("forgery", "row", "says"), FORGERIES, ids=[each[0][:60] for each in FORGERIES])
def test_what_is_forged_behind_the_guards_is_named(forgery: str, row: str, says: str):
    """The control of the check that ends each story above."""
    issued(80)
    pine, birch = given(30), holder(BIRCH)
    transfers.offer(PINE, pine, birch, Mass.t(10), NOW() + timedelta(days=1), "", NOW())
    cancelling.cancel(PINE, pine, Mass.t(5), CancelReason.VOLUNTARY, "a gift", NOW())
    burnt(15)
    freezing.freeze(MAKER, FreezeKind.PROJECT, _project_id(), "under dispute", NOW())
    assert [*verify_accounts.accounts()] == []
    db.session.rollback()
    with undone() as session:
        without_guards(session)
        assert session.execute(text(forgery)).rowcount > 0  # type: ignore[attr-defined]
        faults = [str(fault) for fault in (*verify.tables(), *verify_accounts.accounts())]
        assert any(row in fault and says in fault for fault in faults), faults
