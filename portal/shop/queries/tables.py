"""The shop's lists as tables to take away: ids, amounts and states, never a name or an address."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from portal.shop.models.billing import Fapiao
from portal.shop.models.delivery import NamedRetirement
from portal.shop.models.gifts import Gift
from portal.shop.models.orders import CashLine, Order, OrderLine, RefundRow
from portal.shop.models.origins import PayoutProof
from portal.shop.models.payouts import Payee, Payout, PayoutVerdict
from portal.shop.models.planting import PlantingCampaign, SeedlingLineRow
from portal.shop.models.requests import PurchaseRequest

Wanted = Select[*tuple[Any, ...]]


def orders(first: datetime | None = None, end: datetime | None = None) -> Wanted:
    """Every order, or those that were placed in a span of time."""
    wanted = select(
        Order.id, Order.state, Order.created_at, Order.paid_at, Order.mass.label("mass_g"),
        Order.amount_minor, Order.currency, Order.payment, Order.provider, Order.test, Order.purpose,
        Order.fees, Order.split, Order.terms_version, Order.quote_hash,
    ).order_by(Order.id)  # fmt: skip
    return wanted if first is None else wanted.where(Order.created_at >= first, Order.created_at < end)


def order_lines(first: datetime, end: datetime) -> Wanted:
    """What was in the orders of a span of time."""
    return (
        select(
            OrderLine.order_id, OrderLine.position, OrderLine.lots, OrderLine.mass.label("mass_g"),
            OrderLine.minor_per_t, OrderLine.amount_minor, OrderLine.retirement_id, OrderLine.certificate,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.created_at >= first, Order.created_at < end)
        .order_by(OrderLine.order_id, OrderLine.position)
    )  # fmt: skip


def order_seedlings(first: datetime, end: datetime) -> Wanted:
    """What the orders of a span of time fund."""
    return (
        select(
            SeedlingLineRow.order_id, SeedlingLineRow.position, PlantingCampaign.code.label("planting"),
            SeedlingLineRow.seedlings, SeedlingLineRow.minor_each, SeedlingLineRow.amount_minor,
            SeedlingLineRow.certificate,
        )
        .join(Order, Order.id == SeedlingLineRow.order_id)
        .join(PlantingCampaign, PlantingCampaign.id == SeedlingLineRow.campaign_id)
        .where(Order.created_at >= first, Order.created_at < end)
        .order_by(SeedlingLineRow.order_id, SeedlingLineRow.position)
    )  # fmt: skip


def journal(first: datetime, end: datetime) -> Wanted:
    """Every line of the cash journal in a span of time."""
    return (
        select(
            CashLine.id, CashLine.at, CashLine.order_id, CashLine.cause_id, CashLine.party,
            CashLine.amount_minor, CashLine.currency, Order.test,
        )
        .join(Order, Order.id == CashLine.order_id)
        .where(CashLine.at >= first, CashLine.at < end)
        .order_by(CashLine.at, CashLine.id)
    )  # fmt: skip


def refunds() -> Wanted:
    return select(
        RefundRow.id, RefundRow.order_id, RefundRow.kind, RefundRow.state, RefundRow.amount_minor,
        RefundRow.currency, RefundRow.created_at, RefundRow.done_at, RefundRow.actor_id,
    ).order_by(RefundRow.id)  # fmt: skip


def payouts() -> Wanted:
    return (
        select(
            Payout.id, Payee.party, Payee.currency, Payee.test, Payout.period, Payout.amount_minor,
            Payout.reference, Payout.recorded_by, Payout.at, PayoutVerdict.verdict, PayoutVerdict.decided_by,
            PayoutVerdict.at.label("decided_at"), PayoutProof.origin, PayoutProof.account_id,
            PayoutProof.sha256.label("proof_sha256"),
        )
        .join(Payee, Payee.id == Payout.payee_id)
        .outerjoin(PayoutVerdict, PayoutVerdict.payout_id == Payout.id)
        .outerjoin(PayoutProof, PayoutProof.payout_id == Payout.id)
        .order_by(Payout.id)
    )  # fmt: skip


def fapiao() -> Wanted:
    return select(Fapiao.id, Fapiao.order_id, Fapiao.state).order_by(Fapiao.id)


def named() -> Wanted:
    return select(NamedRetirement.order_id, NamedRetirement.state).order_by(NamedRetirement.order_id)


def plantings() -> Wanted:
    return select(
        PlantingCampaign.code, PlantingCampaign.parcel_code, PlantingCampaign.species_zh,
        PlantingCampaign.species_en, PlantingCampaign.minor_each, PlantingCampaign.currency,
        PlantingCampaign.places, PlantingCampaign.sales_until, PlantingCampaign.planting_from,
        PlantingCampaign.planting_until, PlantingCampaign.opened_at, PlantingCampaign.closed_at,
    ).order_by(PlantingCampaign.code)  # fmt: skip


def gifts() -> Wanted:
    """How far each gift is; its code stays here, since it opens the gift."""
    return select(
        Gift.id, Gift.batch_id, Gift.mass.label("mass_g"), Gift.lang, Gift.deliver_on, Gift.is_named,
        Gift.person_id, Gift.created_at, Gift.told_at, Gift.delivered_at, Gift.claimed_at, Gift.certificate,
    ).order_by(Gift.id)  # fmt: skip


def requests() -> Wanted:
    """Purchases that were asked for inside organisations, and who answered what."""
    return select(
        PurchaseRequest.id, PurchaseRequest.organisation_id, PurchaseRequest.person_id,
        PurchaseRequest.basket, PurchaseRequest.mass.label("mass_g"), PurchaseRequest.seedlings,
        PurchaseRequest.amount_minor, PurchaseRequest.currency, PurchaseRequest.payment,
        PurchaseRequest.order_id, PurchaseRequest.state, PurchaseRequest.created_at,
        PurchaseRequest.decided_by, PurchaseRequest.decided_at,
    ).order_by(PurchaseRequest.id)  # fmt: skip
