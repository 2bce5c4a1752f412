"""Orders for tests of any room, made by the shop's own commands and till."""

from datetime import datetime

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.shop.commands import ordering
from portal.shop.queries import orders as queries
from portal.shop.queries.orders import OrderView
from portal.shop.rules.orders import Buyer
from portal.shop.rules.quotes import Quote, make_quote
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import Way, till

SYSTEM = Actor.system("tests")
GUEST = Actor.guest()
BUYER = Buyer("Forest friends", "friends@example.cn")
WAY = Way("http://127.0.0.1:5000/back", "http://127.0.0.1:5000/order", "credits")


def quoted(kg: int = 100, lot: str = "LOT-A", payment: PaymentKind = PaymentKind.CARD) -> Quote:
    return make_quote([(queries.offer_of(lot), Mass.kg(kg))], payment)


def placed(
    kg: int = 100,
    lot: str = "LOT-A",
    *,
    order_id: str | None = None,
    quote: Quote | None = None,
    payment: PaymentKind = PaymentKind.CARD,
    consent: bool = True,
    buyer: Buyer = BUYER,
    purpose: str = "",
    lang: str = "en",
    key: str | None = None,
    provider: str = "sandbox",
    actor: Actor = GUEST,
    now: datetime | None = None,
) -> str:
    """Reserve; the order's id."""
    order_id = new_id("ord") if order_id is None else order_id
    return ordering.place_order(
        actor,
        order_id,
        quote or quoted(kg, lot, payment),
        buyer,
        purpose=purpose,
        lang=lang,
        consent=consent,
        provider=provider if payment is PaymentKind.CARD else "transfer",
        test=True,
        idempotency_key=key or order_id,
        now=now or clock.now(),
    )


def opened(kg: int = 100, lot: str = "LOT-A", **changes: object) -> str:
    """Reserve, and open the page to pay."""
    order_id = placed(kg, lot, **changes)  # type: ignore[arg-type]
    till().open_payment(order_id, WAY, clock.now())
    return order_id


def paid(kg: int = 100, lot: str = "LOT-A", **changes: object) -> str:
    """Reserve and pay with test money; with consent, which is the default, also retired."""
    order_id = opened(kg, lot, **changes)
    pay(order_id)
    return order_id


def pay(order_id: str) -> None:
    till().play(str(seen(order_id).session_id), "paid", clock.now())


def seen(order_id: str) -> OrderView:
    return queries.order(SYSTEM, order_id)
