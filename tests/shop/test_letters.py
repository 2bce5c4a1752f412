"""A letter for every end and every wait of an order: in the buyer's language, once, when it helps."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask

from portal import jobs
from portal.kernel import clock
from portal.shop import jobs as shop_jobs
from portal.shop.commands import proofs
from portal.shop.queries import delivery
from portal.shop.rules.states import OrderState
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from tests.factories import shop
from tests.factories.registry import make_lot
from tests.shop.test_delivery import REGISTRAR, named, own_serial, proof

Sent = Callable[[], list[EmailMessage]]


@pytest.fixture(autouse=True)
def lot(app: Flask) -> str:
    return make_lot(10)


def later(**span: float) -> None:
    clock.set_to(clock.now() + timedelta(**span))


def cancel(order_id: str) -> None:
    till().cancel(order_id, clock.now())


def lapse(_order_id: str) -> None:
    later(days=8)
    shop_jobs.sweep()


def fail(order_id: str) -> None:
    till().play(str(shop.seen(order_id).session_id), "failed", clock.now())
    jobs.drain()
    later(minutes=11)


CARD, TRANSFER = PaymentKind.CARD, PaymentKind.TRANSFER
ENDS = [
    (cancel, CARD, "Your order over ¥", "is cancelled", "You have cancelled this order"),
    (cancel, TRANSFER, "Your order over ¥", "is cancelled", "You have cancelled this order"),
    (lapse, CARD, "The time to pay", "is over", "you can start again"),
    (lapse, TRANSFER, "The time to pay", "is over", "If your transfer is on its way"),
    (fail, CARD, "Your payment of", "did not go through", "stays reserved for you until"),
]


@pytest.mark.parametrize(("end", "payment", "begins", "ends", "says"), ENDS)
def test_how_an_order_ended_is_written_once(
    sent_letters: Sent,
    end: Callable[[str], None],
    payment: PaymentKind,
    begins: str,
    ends: str,
    says: str,
) -> None:
    order_id = shop.placed(payment=payment) if payment is TRANSFER else shop.opened()
    end(order_id)
    sent_letters()
    shop_jobs.sweep()
    (letter,) = [each for each in sent_letters() if each["Subject"].endswith(ends)]
    assert letter["Subject"].replace("CN¥", "¥").startswith(begins)
    for word in (says, order_id, "LOT-A"):
        assert word in letter.get_content()


@pytest.mark.parametrize(("end", "says"), [(cancel, "已取消"), (lapse, "付款时间已过"), (fail, "付款未成功")])
def test_it_is_written_in_the_buyers_language(
    sent_letters: Sent, end: Callable[[str], None], says: str
) -> None:
    order_id = shop.opened(lang="zh")
    end(order_id)
    assert [each for each in sent_letters() if says in each["Subject"]], says


def test_whoever_pays_with_another_card_at_once_hears_of_no_failure(sent_letters: Sent) -> None:
    order_id = shop.opened()
    till().play(str(shop.seen(order_id).session_id), "failed", clock.now())
    shop.pay(order_id)
    later(minutes=11)
    assert not [each for each in sent_letters() if "did not go through" in each["Subject"]]


def test_a_provider_that_could_not_be_reached_is_said_on_the_page_and_not_by_letter(
    sent_letters: Sent,
) -> None:
    order_id = shop.placed()
    till().give_up(order_id, clock.now())
    assert shop.seen(order_id).state is OrderState.EXPIRED
    assert sent_letters() == []


def test_a_late_registry_is_told_once_and_its_record_names_the_serials(sent_letters: Sent) -> None:
    serial, order_id = own_serial(20), named(5)
    later(days=29)
    shop_jobs.tell_overdue()
    assert delivery.overdue_untold(clock.now()) == []
    later(days=2)
    shop_jobs.tell_overdue()
    shop_jobs.tell_overdue()
    proofs.tell_overdue(shop.SYSTEM, order_id, clock.now())
    (late,) = [each for each in sent_letters() if "registry is late" in each["Subject"]]
    assert order_id in late.get_content()
    proofs.prove(REGISTRAR, order_id, proof(serial), clock.now())
    (done,) = [each for each in sent_letters() if "has retired 5 t" in each["Subject"]]
    for word in ("SRC-2026-77", serial):
        assert word in done.get_content()
