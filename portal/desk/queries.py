"""What needs a person today, from the rooms that know."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal import jobs
from portal.footprint.rules import library
from portal.footprint.rules.model import Factor
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.registry import policy as registry_policy
from portal.registry.queries import log, prices, register, standing
from portal.registry.queries.prices import ProposalView
from portal.registry.queries.register import LotView
from portal.registry.queries.standing import Audit
from portal.shop import policy as shop_policy
from portal.shop.queries import delivery, money
from portal.shop.queries import orders as shop
from portal.shop.queries.delivery import Waiting
from portal.shop.queries.money import PayoutView
from portal.shop.queries.orders import OrderRow

LOW_STOCK = 20  # a lot is low when less than one part in so many is free
BEHIND_SECONDS = 60
AUDIT_OLD = timedelta(hours=36)  # it runs daily; half a day's grace
REVIEW_AHEAD = timedelta(days=30)
NAMED_AHEAD = timedelta(days=7)
SHOWN_JOBS = 20


@dataclass(frozen=True, slots=True)
class Today:
    """Everything the first page shows. Orders stay empty for roles that may not see them."""

    orders: list[OrderRow]
    parked: int
    failed: list[jobs.FailedJob]
    failed_count: int
    waiting_count: int
    is_queue_in_step: bool
    log_waiting: int
    is_log_in_step: bool
    audit: Audit | None
    is_audit_old: bool
    low_lots: list[LotView]
    factors: list[Factor]
    proposals: list[ProposalView]
    payouts: list[PayoutView]
    named: list[Waiting]

    @property
    def is_audit_well(self) -> bool:
        return self.audit is not None and self.audit.ok and not self.is_audit_old

    @property
    def is_calm(self) -> bool:
        wrong = (self.orders, self.parked, self.failed_count, self.low_lots, self.factors)
        waiting = (self.proposals, self.payouts, self.named)
        return (
            not any((*wrong, *waiting))
            and self.is_queue_in_step
            and self.is_log_in_step
            and self.is_audit_well
        )


def today(actor: Actor, now: datetime) -> Today:
    """What needs attention, as far as this role may know."""
    sees_orders = shop_policy.may_read_desk(actor)
    waiting, failed = jobs.counts()
    audit = standing.last_audit()
    return Today(
        orders=shop.needs_attention(actor) if sees_orders else [],
        parked=len(shop.parked_events(actor)) if sees_orders else 0,
        failed=jobs.failed(SHOWN_JOBS), failed_count=failed, waiting_count=waiting,
        is_queue_in_step=jobs.is_in_step(now, BEHIND_SECONDS),
        log_waiting=log.waiting(), is_log_in_step=log.is_in_step(now, BEHIND_SECONDS),
        audit=audit, is_audit_old=audit is None or now - audit.at > AUDIT_OLD,
        low_lots=[lot for lot in register.open_lots() if lot.free.grams * LOW_STOCK < lot.retired.grams],
        factors=factors_to_review(clock.day_of(now)),
        proposals=_proposals(actor), payouts=_payouts(actor), named=_named(actor, now),
    )  # fmt: skip


def _proposals(actor: Actor) -> list[ProposalView]:
    """Prices that nobody else has looked at yet."""
    if not registry_policy.may_read_desk(actor):
        return []
    return [each for each in prices.proposals(actor) if each.accepted_at is None]


def _payouts(actor: Actor) -> list[PayoutView]:
    """Pay-outs that nobody else has looked at yet, of test money too."""
    if not shop_policy.may_read_desk(actor):
        return []
    both = (*money.payouts(actor, False), *money.payouts(actor, True))
    return [each for each in both if each.verdict is None]


def _named(actor: Actor, now: datetime) -> list[Waiting]:
    """Tonnes whose source registry must have answered within a week, or should have."""
    if not (shop_policy.may_retire_at_source(actor) or shop_policy.may_read_desk(actor)):
        return []
    return [each for each in delivery.waiting_for_registry(actor) if each.due_at <= now + NAMED_AHEAD]


def factors_to_review(day: date) -> list[Factor]:
    """Emission factors whose review is due within a month or overdue, each once, the oldest first."""
    due = {
        factor.key: factor
        for model in library.models()
        for factor in model.factors.values()
        if factor.review_by <= day + REVIEW_AHEAD
    }
    return sorted(due.values(), key=lambda factor: (factor.review_by, factor.key))
