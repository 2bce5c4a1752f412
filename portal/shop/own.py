"""What the shop holds about a person: orders of their account and address, gifts, papers, support."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from portal.certificates.own import orders_of as bought_with
from portal.certificates.own import successors
from portal.db import db
from portal.holdings import Holding, Subject, of_person, under
from portal.kernel.errors import N_
from portal.shop.models.billing import Fapiao, FapiaoEntry, FapiaoParty, Paper, PaperParty
from portal.shop.models.delivery import NamedRetirement, SubstituteOffer
from portal.shop.models.gifts import Gift, GiftBatch
from portal.shop.models.giving import Giver, Giving, GivingCard, GivingInvoice, GivingTurn
from portal.shop.models.orders import (
    CashLine,
    Order,
    OrderBuyer,
    OrderEntry,
    OrderLine,
    PaymentRow,
    RefundRow,
)
from portal.shop.models.origins import CashPart
from portal.shop.models.planting import SeedlingLineRow
from portal.shop.models.requests import PurchaseRequest
from portal.shop.models.sandbox import SandboxSession
from portal.shop.models.transfers import TransferPart
from portal.shop.rules.giving import GivingState
from portal.shop.rules.leaving import OVER

Pairs = Sequence[tuple[str, str | None]]  # a thing of the shop, and an account behind it

_STAFF = N_("The id of a member of staff, not of you.")
_SALT = N_("It stands in the proof of each certificate.")
_PROVIDER = N_("It belongs to the payment provider, and could be used to pay.")
_RECIPIENT = N_("It belongs to whoever received the gift.")


def orders_of(subject: Subject) -> Any:
    """Ids of the orders: placed while signed in, placed under the address, or the one a guest asks about."""
    by_address = select(OrderBuyer.order_id).where(OrderBuyer.email.in_(subject.emails))
    return select(Order.id).where(
        or_(
            of_person(Order.person_id)(subject),
            # Somebody's signed-in order stays theirs, whichever address they typed.
            Order.id.in_(by_address) & Order.person_id.is_(None),
            Order.id == subject.order_id,
        )
    )


def order_ids(subject: Subject) -> Sequence[str]:
    return db.session.scalars(orders_of(subject).order_by(Order.id)).all()


def certificates_of(subject: Subject) -> list[str]:
    """Numbers of certificates that bear the person's name.

    Those of their orders with what replaced them; of what they gave away, only what stood in their own name
    before it was taken up; of what they took up, what was made out to them then.
    """
    own = orders_of(subject)
    is_given = Order.purpose.like("gft\\_%", escape="\\")
    bought = _certified(Order.id.in_(own), ~is_given)
    taken = select(Gift.id).where(of_person(Gift.claimed_by)(subject))
    shares = select(Gift.certificate).where(Gift.certificate.is_not(None))
    given = _certified(Order.id.in_(own), is_given) | _numbers(
        shares.where(of_person(Gift.person_id)(subject), ~Gift.is_named)
    )
    received = _certified(Order.purpose.in_(taken)) | _numbers(
        shares.where(of_person(Gift.claimed_by)(subject))
    )
    return sorted(bought | given | successors(bought, all_of_them=True) | successors(received))


def _certified(*of: ColumnElement[bool]) -> set[str]:
    lines = select(OrderLine.certificate).join(Order, Order.id == OrderLine.order_id)
    seedlings = select(SeedlingLineRow.certificate).join(Order, Order.id == SeedlingLineRow.order_id)
    return _numbers(lines.where(*of)) | _numbers(seedlings.where(*of))


def _numbers(wanted: Select[Any]) -> set[str]:
    return {number for number in db.session.scalars(wanted) if number}


def _papers(subject: Subject) -> Any:
    return select(Paper.id).where(Paper.order_id.in_(orders_of(subject)))


def _fapiao(subject: Subject) -> Any:
    return select(Fapiao.id).where(Fapiao.order_id.in_(orders_of(subject)))


def fapiao_ids(subject: Subject) -> Sequence[str]:
    return db.session.scalars(_fapiao(subject).order_by(Fapiao.id)).all()


def givings_of(subject: Subject) -> Any:
    by_address = select(Giver.giving_id).where(Giver.email.in_(subject.emails))
    return select(Giving.id).where(or_(of_person(Giving.person_id)(subject), Giving.id.in_(by_address)))


HOLDINGS = (
    Holding(Order, lambda subject: Order.id.in_(orders_of(subject)),
            {"session_id": _PROVIDER, "session_url": _PROVIDER, "idempotency_key": _PROVIDER}),
    Holding(OrderLine, under(OrderLine.order_id, orders_of)),
    Holding(OrderBuyer, under(OrderBuyer.order_id, orders_of), {"salt": _SALT}),
    Holding(OrderEntry, under(OrderEntry.order_id, orders_of), {"actor_id": _STAFF}),
    Holding(SeedlingLineRow, under(SeedlingLineRow.order_id, orders_of)),
    Holding(PaymentRow, under(PaymentRow.order_id, orders_of)),
    Holding(RefundRow, under(RefundRow.order_id, orders_of), {"actor_id": _STAFF}),
    Holding(CashLine, under(CashLine.order_id, orders_of)),
    Holding(CashPart, under(CashPart.order_id, orders_of)),
    Holding(TransferPart, under(TransferPart.order_id, orders_of), {"actor_id": _STAFF}),
    Holding(SandboxSession, under(SandboxSession.order_id, orders_of), {
        "idempotency_key": _PROVIDER, "success_url": _PROVIDER, "cancel_url": _PROVIDER,
    }),
    Holding(NamedRetirement, under(NamedRetirement.order_id, orders_of), {"decided_by": _STAFF}),
    Holding(SubstituteOffer, under(SubstituteOffer.order_id, orders_of), {"offered_by": _STAFF}),
    Holding(Paper, under(Paper.order_id, orders_of), {"actor_id": _STAFF}),
    Holding(PaperParty, under(PaperParty.paper_id, _papers)),
    Holding(Fapiao, under(Fapiao.order_id, orders_of)),
    Holding(FapiaoParty, under(FapiaoParty.fapiao_id, _fapiao)),
    Holding(FapiaoEntry, under(FapiaoEntry.fapiao_id, _fapiao), {"actor_id": _STAFF}),
    Holding(GiftBatch, of_person(GiftBatch.person_id)),
    Holding(Gift, of_person(Gift.person_id), {
        "recipient": _RECIPIENT, "email": _RECIPIENT, "claimed_by": _RECIPIENT, "code": _RECIPIENT,
        "certificate": _RECIPIENT,
    }),
    Holding(Giving, lambda subject: Giving.id.in_(givings_of(subject))),
    Holding(Giver, under(Giver.giving_id, givings_of)),
    Holding(GivingTurn, under(GivingTurn.giving_id, givings_of)),
    Holding(GivingCard, under(GivingCard.giving_id, givings_of),
            {"session_id": _PROVIDER, "subscription_id": _PROVIDER}),
    Holding(GivingInvoice, under(GivingInvoice.giving_id, givings_of)),
    Holding(PurchaseRequest, of_person(PurchaseRequest.person_id), {"decided_by": _STAFF}),
)  # fmt: skip


def naming(subject: Subject) -> list[str]:
    """Orders on their way and monthly supports that run, whose certificates are to show the person's name."""
    orders = (
        select(Order.id)
        .join(OrderBuyer, OrderBuyer.order_id == Order.id)
        .where(Order.id.in_(orders_of(subject)), OrderBuyer.is_public, Order.state.not_in(OVER))
    )
    givings = (
        select(Giving.id)
        .join(Giver, Giver.giving_id == Giving.id)
        .where(Giving.id.in_(givings_of(subject)), Giver.is_public, Giving.state != GivingState.ENDED)
    )
    return [*db.session.scalars(orders.order_by(Order.id)), *db.session.scalars(givings.order_by(Giving.id))]


def buyers_on_their_way(subject: Subject) -> list[tuple[str, str]]:
    """Orders that are still to be certified, with the name that their certificates will bear."""
    wanted = (
        select(Order.id, OrderBuyer.name)
        .join(OrderBuyer, OrderBuyer.order_id == Order.id)
        .where(Order.id.in_(orders_of(subject)), Order.state.not_in(OVER))
        .order_by(Order.id)
    )
    return [(order_id, name) for order_id, name in db.session.execute(wanted)]


def orders_behind(numbers: Collection[str]) -> dict[str, str]:
    """By number of a certificate, the order that it came from; certificates of other things are left out."""
    orders = bought_with(numbers)  # lines are indexed by their order, not by their certificate
    found = (
        row
        for line in (OrderLine, SeedlingLineRow)
        for row in db.session.execute(
            select(line.certificate, line.order_id).where(
                line.order_id.in_(orders), line.certificate.in_(numbers)
            )
        )
    )
    return {number: order for number, order in found if number}


def people_of_orders(order_ids: Collection[str]) -> Pairs:
    """Who placed each while signed in."""
    return _pairs(select(Order.id, Order.person_id).where(Order.id.in_(order_ids)))


def people_of_fapiao(fapiao_ids: Collection[str]) -> Pairs:
    """Who placed the orders that they are for while signed in."""
    wanted = select(Fapiao.id, Order.person_id).join(Order, Order.id == Fapiao.order_id)
    return _pairs(wanted.where(Fapiao.id.in_(fapiao_ids)))


def people_of_gifts(gift_ids: Collection[str]) -> Pairs:
    """Who gave each, and who took it up."""
    of_gifts = Gift.id.in_(gift_ids)
    return [
        *_pairs(select(Gift.id, Gift.person_id).where(of_gifts)),
        *_pairs(select(Gift.id, Gift.claimed_by).where(of_gifts)),
    ]


def people_of_batches(batch_ids: Collection[str]) -> Pairs:
    """Who handed in each list, and who took up what is in it."""
    return [
        *_pairs(select(GiftBatch.id, GiftBatch.person_id).where(GiftBatch.id.in_(batch_ids))),
        *_pairs(select(Gift.batch_id, Gift.claimed_by).where(Gift.batch_id.in_(batch_ids))),
    ]


def people_of_requests(request_ids: Collection[str]) -> Pairs:
    """Who asked for these purchases inside an organisation."""
    asked = PurchaseRequest.id.in_(request_ids)
    return _pairs(select(PurchaseRequest.id, PurchaseRequest.person_id).where(asked))


def people_of_certificates(numbers: Collection[str]) -> Pairs:
    """Who bought each, gave it as a share, or took it up."""
    of_orders = orders_behind(numbers)
    buyers = dict(people_of_orders(of_orders.values()))
    shares = Gift.certificate.in_(numbers)
    return [
        *((number, buyers.get(order_id)) for number, order_id in of_orders.items()),
        *_pairs(select(Gift.certificate, Gift.person_id).where(shares)),
        *_pairs(select(Gift.certificate, Gift.claimed_by).where(shares)),
    ]


def _pairs(wanted: Any) -> Pairs:
    return [(thing, person_id) for thing, person_id in db.session.execute(wanted)]
