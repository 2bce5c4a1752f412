"""Tonnes retired in a buyer's name, and other credits for what cannot be delivered."""

from datetime import date, timedelta
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal import jobs
from portal.certificates import queries as papers
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import ZERO, Mass
from portal.ops.audit import faults
from portal.registry.commands import lots
from portal.registry.commands.lots import VerificationDraft
from portal.registry.queries import register
from portal.registry.rules import serials
from portal.registry.rules.errors import NotEnoughAtSource
from portal.registry.rules.ledger import NotEnoughCredits, ProjectType
from portal.shop.commands import proofs, refunds, substitutes
from portal.shop.queries import delivery
from portal.shop.rules.contributions import OneLotOnly, WholeTonnesOnly, in_buyers_name
from portal.shop.rules.delivery import (
    NamedState,
    NothingAwaited,
    NothingOffered,
    NotOverdue,
    OfferOver,
    OfferState,
    OtherType,
    RegistryProof,
    SameLot,
)
from portal.shop.rules.orders import NoSuchOrder
from portal.shop.rules.states import OrderState, UnlawfulOrderStep
from portal.shop.rules.terms import TERMS
from portal.shop.till import till
from tests.factories import shop
from tests.factories.certificates import sequence_and_sign
from tests.factories.guards import without_guards
from tests.factories.registry import STAFF, make_lot
from tests.factories.shop import SYSTEM

REGISTRAR = Actor("usr_01M825M1YS7CEW2ABDHNHW73N6", frozenset({Role.REGISTRY}), proposer="usr_first")
FINANCE = Actor("usr_01M825M1YS7CEW2ABDHNHW73N4", frozenset({Role.FINANCE}), proposer="usr_first")
WHY = Bilingual("该项目被冻结。", "The project is frozen.")
S = OrderState


def own_serial(tonnes: int) -> str:
    """Active tonnes of the project that no lot has yet: what a source registry can still retire."""
    serial = serials.own_serial("0001", ProjectType.ARR, 2024, 7, 1, tonnes)
    verified = VerificationDraft(
        date(2020, 1, 1), date(2024, 12, 31), "a verifier", Mass.t(tonnes), ZERO, "positive", "1" * 64, True
    )
    lots.issue(STAFF, "HLYC-0001", verified, serial, date(2025, 6, 1), clock.now())
    return serial.text


def proof(serial: str, reference: str = "SRC-2026-77") -> RegistryProof:
    return RegistryProof(reference, clock.today(), (serial,), sha256(b"record").hexdigest(), "record.pdf")


def named(tonnes: int = 5, **changes: object) -> str:
    """A paid order of whole tonnes in the buyer's own name."""
    return shop.paid(quote=in_buyers_name(shop.quoted(tonnes * 1000)), **changes)


def state(order_id: str) -> OrderState:
    return shop.seen(order_id).state


def books_balance() -> None:
    sequence_and_sign()
    assert [str(fault) for fault in faults()] == []


def buyer_of(order_id: str) -> Actor:
    return Actor.guest(order_id)


# -- in the buyer's name -----------------------------------------------------------------------


def test_only_whole_tonnes_of_one_lot_can_be_named(app: Flask) -> None:
    make_lot()
    with pytest.raises(WholeTonnesOnly):
        in_buyers_name(shop.quoted(1_500))
    quote = shop.quoted(1_000)
    with pytest.raises(OneLotOnly):
        in_buyers_name(type(quote)(quote.lines * 2, quote.fees, quote.payment, 1, "v"))
    assert in_buyers_name(quote).hash != quote.hash


def test_a_paid_one_waits_for_the_registry_and_its_proof_certifies_it(any_app: Flask) -> None:
    make_lot(10)
    serial = own_serial(20)
    order_id = named(5)
    assert state(order_id) is S.REGISTRY_PENDING
    assert papers.for_order(order_id) == []
    (waiting,) = delivery.waiting_for_registry(REGISTRAR)
    assert (waiting.order_id, waiting.mass, waiting.name) == (order_id, Mass.t(5), shop.BUYER.name)
    assert waiting.due_at - waiting.asked_at == TERMS.named_retirement
    books_balance()
    code = proofs.prove(REGISTRAR, order_id, proof(serial), clock.now())
    assert state(order_id) is S.RETIRED
    (paper,) = papers.for_order(order_id)
    assert {(part.serial, part.lot_code, part.retirement_reference) for part in paper.ranges} == {
        (serial, code, "SRC-2026-77")
    }
    assert register.lot("LOT-A").free == Mass.t(10), "what was kept meanwhile is free again"
    assert (register.lot(code).attributed, register.lot(code).free) == (Mass.t(5), ZERO)
    assert code not in {lot.code for lot in register.open_lots()}
    assert delivery.named_of(order_id).state is NamedState.PROVED  # type: ignore[union-attr]
    books_balance()


def test_without_consent_the_registry_is_asked_after_the_cooling_off_days(app: Flask) -> None:
    make_lot()
    order_id = named(1, consent=False)
    assert state(order_id) is S.PAID
    till().finish([order_id], clock.now() + TERMS.cooling_off)
    assert state(order_id) is S.REGISTRY_PENDING


def test_a_proof_of_too_few_or_foreign_tonnes_changes_nothing(any_app: Flask) -> None:
    make_lot(10)
    make_lot(10, code="LOT-B", project="0002")
    few, order_id = own_serial(3), named(5)
    for serial in (few, "HLYC-0002-ARR-2024-1-1-10"):
        with pytest.raises(NotEnoughAtSource):
            proofs.prove(REGISTRAR, order_id, proof(serial), clock.now())
    assert state(order_id) is S.REGISTRY_PENDING
    assert register.lot("LOT-A").free == Mass.t(5)
    books_balance()


def test_the_same_proof_twice_is_refused(app: Flask) -> None:
    make_lot()
    serial, order_id = own_serial(20), named(5)
    proofs.prove(REGISTRAR, order_id, proof(serial), clock.now())
    with pytest.raises(NothingAwaited):
        proofs.prove(REGISTRAR, order_id, proof(serial, "SRC-2026-78"), clock.now())


def test_a_refusal_gives_all_the_money_back(any_app: Flask) -> None:
    make_lot()
    order_id = named(5)
    with pytest.raises(NotAllowed):
        proofs.refuse(FINANCE, order_id, "no", clock.now())
    proofs.refuse(REGISTRAR, order_id, "the registry is closed", clock.now())
    jobs.drain()
    assert state(order_id) is S.REFUNDED
    assert register.lot("LOT-A").free == Mass.t(10)
    assert delivery.waiting_for_registry(REGISTRAR) == []
    books_balance()


def test_the_buyer_may_stop_waiting_once_the_day_has_passed(app: Flask) -> None:
    make_lot()
    order_id, now = named(5), clock.now()
    with pytest.raises(NotOverdue):
        proofs.stop_waiting(buyer_of(order_id), order_id, now)
    with pytest.raises(NoSuchOrder):
        proofs.stop_waiting(Actor.guest(), order_id, now + timedelta(days=31))
    proofs.stop_waiting(buyer_of(order_id), order_id, now + timedelta(days=31))
    jobs.drain(now + timedelta(days=31))
    assert state(order_id) is S.REFUNDED


def test_letters_say_what_happens_and_when(app: Flask, sent_letters) -> None:  # type: ignore[no-untyped-def]
    make_lot()
    asked, refused = named(5, lang="zh"), named(1, lang="en")
    proofs.refuse(REGISTRAR, refused, "closed", clock.now())
    letters = {letter["Subject"]: letter.get_content() for letter in sent_letters()}
    (chinese,) = [text for subject, text in letters.items() if subject.startswith("已请源登记机构")]
    due = delivery.named_of(asked).due_at  # type: ignore[union-attr]
    assert f"{clock.day_of(due).day}日" in chinese
    assert "The source registry did not retire your tonnes" in letters


# -- other credits -----------------------------------------------------------------------------


def offered(kg: int = 300, *, consent: bool = False, other: str = "LOT-B") -> str:
    """A paid order with an open offer."""
    make_lot(1, code="LOT-A")
    make_lot(2, code="LOT-B", project="0002")
    order_id = shop.paid(kg, consent=consent)
    substitutes.offer(FINANCE, order_id, other, WHY, clock.now())
    return order_id


def frees() -> tuple[int, int]:
    return register.lot("LOT-A").free.kg_down, register.lot("LOT-B").free.kg_down


def test_what_is_offered_is_kept_and_accepted_credits_are_retired(any_app: Flask) -> None:
    order_id = offered()
    assert (state(order_id), frees()) == (S.SUBSTITUTE_OFFERED, (700, 1_700))
    books_balance()
    now = clock.now()
    substitutes.accept(buyer_of(order_id), order_id, now)
    assert (state(order_id), frees()) == (S.PAID, (1_000, 1_700))
    assert shop.seen(order_id).retire_after == now + TERMS.cooling_off, "a new time to withdraw"
    till().finish([order_id], now + TERMS.cooling_off)
    (paper,) = papers.for_order(order_id)
    assert {part.lot_code for part in paper.ranges} == {"LOT-B"}
    books_balance()


@pytest.mark.parametrize("how", ["declined", "lapsed"])
def test_without_a_yes_the_money_goes_back_and_nothing_is_kept(any_app: Flask, how: str) -> None:
    order_id, now = offered(), clock.now()
    if how == "declined":
        substitutes.decline(buyer_of(order_id), order_id, now)
    else:
        assert not substitutes.lapse(SYSTEM, order_id, now), "too early"
        assert delivery.stale_offers(now) == []
        later = now + TERMS.substitute_answer
        assert delivery.stale_offers(later) == [order_id]
        assert substitutes.lapse(SYSTEM, order_id, later)
        now = later
    jobs.drain(now)
    assert (state(order_id), frees()) == (S.REFUNDED, (1_000, 2_000))
    assert delivery.offers_of(order_id)[0].state == OfferState(how)
    books_balance()


def test_an_answer_after_the_day_or_a_second_one_is_refused(app: Flask) -> None:
    order_id, now = offered(), clock.now()
    with pytest.raises(OfferOver):
        substitutes.accept(buyer_of(order_id), order_id, now + TERMS.substitute_answer)
    substitutes.decline(buyer_of(order_id), order_id, now)
    with pytest.raises(NothingOffered):
        substitutes.accept(buyer_of(order_id), order_id, now)


def test_only_the_buyer_answers(app: Flask) -> None:
    order_id = offered()
    with pytest.raises(NoSuchOrder):
        substitutes.accept(Actor.guest(), order_id, clock.now())
    with pytest.raises(NotAllowed):
        substitutes.decline(FINANCE, order_id, clock.now())


def test_a_refund_by_staff_ends_an_open_offer(app: Flask) -> None:
    order_id = offered()
    refunds.request_refund(FINANCE, order_id, "asked by telephone", clock.now())
    jobs.drain()
    assert delivery.stale_offers(clock.now()) == [order_id]
    substitutes.lapse(SYSTEM, order_id, clock.now())
    assert frees() == (1_000, 2_000)
    books_balance()


def test_what_cannot_be_offered(app: Flask) -> None:
    make_lot(1, code="LOT-A")
    make_lot(1, code="LOT-C", project="0003", kind=ProjectType.IFM)
    make_lot(1, code="LOT-B", project="0002")
    order_id, now = shop.paid(300, consent=False), clock.now()
    with pytest.raises(SameLot):
        substitutes.offer(FINANCE, order_id, "LOT-A", WHY, now)
    with pytest.raises(OtherType):
        substitutes.offer(FINANCE, order_id, "LOT-C", WHY, now)
    shop.paid(800, "LOT-B", consent=False)
    with pytest.raises(NotEnoughCredits):
        substitutes.offer(FINANCE, order_id, "LOT-B", WHY, now)
    with pytest.raises(NotAllowed):
        substitutes.offer(REGISTRAR, order_id, "LOT-B", WHY, now)
    assert state(order_id) is S.PAID
    retired = shop.paid(100)
    with pytest.raises(UnlawfulOrderStep):
        substitutes.offer(FINANCE, retired, "LOT-B", WHY, now)


# -- the last belt -----------------------------------------------------------------------------

ATTACKS = {
    "what waits for a registry is retired with its proof": (
        "UPDATE orders SET state = 'retired' WHERE state = 'registry_pending'"
    ),
    "named_retirement state moves only by lawful steps": (
        "UPDATE named_retirement SET state = 'chosen', due_at = NULL WHERE state = 'asked'"
    ),
    "named_retirement rows are never deleted": "DELETE FROM named_retirement",
    "other credits come with an offer that was accepted": (
        "UPDATE orders SET state = 'paid' WHERE state = 'substitute_offered'"
    ),
    "substitute_offer keeps": "UPDATE substitute_offer SET lot_code = 'LOT-A'",
    "substitute_offer rows are never deleted": "DELETE FROM substitute_offer",
}


@pytest.mark.parametrize("sentence", ATTACKS)
def test_the_database_refuses(any_app: Flask, sentence: str) -> None:
    make_lot(10, code="LOT-A")
    make_lot(2, code="LOT-B", project="0002")
    named(1)
    named(1, consent=False)
    substitutes.offer(FINANCE, shop.paid(300, consent=False), "LOT-B", WHY, clock.now())
    with pytest.raises(IntegrityError, match=sentence):
        _attack(ATTACKS[sentence])
    with transaction() as session:  # the control: without the guards it is done
        without_guards(session)
        assert session.execute(text(ATTACKS[sentence])).rowcount  # type: ignore[attr-defined]
        session.rollback()


def _attack(statement: str) -> None:
    """Without the shop's own guards on ``orders``, which speak of the grams and might be asked first."""
    with transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("DROP TRIGGER shop_guard_orders_update ON orders"))
        else:
            own = "SELECT name FROM sqlite_master WHERE name LIKE 'shop_guard_orders_update%'"
            for name in session.scalars(text(own)).all():
                session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text(statement))
