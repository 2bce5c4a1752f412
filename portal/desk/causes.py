"""The causes that need somebody today, counted by the rooms that know."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from flask import current_app

from portal import jobs
from portal.accounts import policy as accounts_policy
from portal.accounts import queries as accounts
from portal.desk.queries import AUDIT_OLD, NAMED_AHEAD, factors_to_review
from portal.desk.rules import Cause, Due, in_order
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.pile import Pile
from portal.pledges.queries import piles as pledges
from portal.proposals.commands import kinds_for
from portal.proposals.queries import count_waiting
from portal.registry.queries import piles as registry
from portal.registry.queries import standing
from portal.shop.queries import piles as shop
from portal.shop.rules.states import OrderState
from portal.training.queries import piles as training

Counting = Callable[[Actor, datetime], Pile]
IMPORTS_BACK = timedelta(days=14)
BACKUP_OLD = timedelta(hours=26)  # it is made daily; two hours' grace


def dues(actor: Actor, now: datetime) -> list[Due]:
    """What needs somebody, the most urgent first, as far as this role may know."""
    return in_order(_counted(actor, now))


def _counted(actor: Actor, now: datetime) -> Iterator[Due]:
    with suppress(NotAllowed):
        others, quarantined = shop.split(shop.attention(actor))
        yield Due(Cause.ORDERS, others)
        yield Due(Cause.QUARANTINED, quarantined)
    for cause, count in _COUNTING.items():
        with suppress(NotAllowed):
            yield Due(cause, count(actor, now))


def _audit(actor: Actor, now: datetime) -> Pile:
    last = standing.last_audit()
    if last is None:
        return Pile(1)
    if not last.ok:
        return Pile(len(last.faults), last.at)
    return Pile(1, last.at) if now - last.at > AUDIT_OLD else Pile()


def _proposals(actor: Actor, now: datetime) -> Pile:
    return Pile(*count_waiting(kinds_for(actor)))


def _organisations(actor: Actor, now: datetime) -> Pile:
    """Raises NotAllowed."""
    if not accounts_policy.may_read_checks(actor):
        raise NotAllowed()
    return Pile(*accounts.open_checks())


def _backup(actor: Actor, now: datetime) -> Pile:
    """Where the installation says when it was last backed up: too long ago counts as one."""
    ask = current_app.extensions.get("portal.last_backup")
    last = ask() if ask else None
    return Pile(1, last) if last is not None and now - last > BACKUP_OLD else Pile()


_COUNTING: dict[Cause, Counting] = {
    Cause.AUDIT: _audit,
    Cause.PROPOSALS: _proposals,
    Cause.DISPUTES: lambda actor, now: shop.in_state(actor, OrderState.DISPUTED),
    Cause.REFUNDS: lambda actor, now: shop.refunds_running(actor),
    Cause.TRANSFERS: lambda actor, now: shop.in_state(actor, OrderState.AWAITING_TRANSFER),
    Cause.NAMED: lambda actor, now: shop.named_due(actor, now + NAMED_AHEAD),
    Cause.PAYOUTS: lambda actor, now: shop.payouts(actor),
    Cause.FAPIAO: lambda actor, now: shop.fapiao(actor),
    Cause.GIFTS: shop.gifts_late,
    Cause.REQUESTS: lambda actor, now: shop.requests(actor),
    Cause.PARKED: lambda actor, now: shop.parked(actor),
    Cause.PRICES: lambda actor, now: registry.prices(actor),
    Cause.VERIFICATIONS: lambda actor, now: registry.verifications(actor),
    Cause.STEPS: lambda actor, now: registry.steps(actor),
    Cause.THAWS: lambda actor, now: registry.thaws(actor),
    Cause.LIKENESSES: lambda actor, now: registry.likenesses(actor),
    Cause.IMPORTS: lambda actor, now: registry.imports(actor, now - IMPORTS_BACK),
    Cause.EVIDENCE: lambda actor, now: pledges.papers(actor),
    Cause.ORGANISATIONS: _organisations,
    Cause.DRAFTS: lambda actor, now: training.offers(actor),
    Cause.RECHECKS: lambda actor, now: training.rechecks(actor),
    Cause.TRANSLATIONS: lambda actor, now: training.translations(actor),
    Cause.FACTORS: lambda actor, now: Pile(len(factors_to_review(clock.day_of(now)))),
    Cause.JOBS: lambda actor, now: Pile(*jobs.given_up()),
    Cause.BACKUP: _backup,
}
