"""Prices of lots: proposed by one person, accepted by another, in force from the day that was named."""

from datetime import datetime
from itertools import chain

from sqlalchemy import Select, func, insert, select

from portal import audit, jobs
from portal.db import alone, db, transaction
from portal.kernel.actor import Actor
from portal.kernel.clock import day_of
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.proposals.rules import ProposedAlready
from portal.registry import policy
from portal.registry.models import ListPrice, PoolLot, PriceProposal, PriceVerdict
from portal.registry.queries import register
from portal.registry.rules import prices as rules
from portal.registry.rules.errors import UnknownLot
from portal.registry.rules.prices import NotPricedIn, PriceDraft, Verdict


def propose(actor: Actor, draft: PriceDraft, now: datetime) -> str:
    """Put a price before a second person; the proposal's id.

    Raises UnknownLot, ProposedAlready (another of the same list and day waits) and what rules.check does.
    """
    if not policy.may_set_prices(actor):
        raise NotAllowed()
    with transaction() as session:
        alone(session, "prices")
        lot_id = session.scalar(select(PoolLot.id).where(PoolLot.code == draft.lot_code))
        if lot_id is None:
            raise UnknownLot(code=draft.lot_code[:80])
        try:
            known = register.price_of(draft.lot_code, draft.per_tonne.currency)
        except NotPricedIn:
            known = None
        rules.check(draft, known, day_of(now))
        if session.execute(_waiting(lot_id, draft)).first():
            raise ProposedAlready()
        proposal_id = new_id("prp")
        session.execute(
            insert(PriceProposal).values(
                id=proposal_id, lot_id=lot_id, currency=draft.per_tonne.currency,
                minor_per_t=draft.per_tonne.minor, from_day=draft.from_day, reason=draft.reason.strip(),
                proposed_by=actor.id, at=now,
            )
        )  # fmt: skip
        audit.record(
            actor, "price.propose", proposal_id, now, lot=lot_id, minor=draft.per_tonne.minor,
            currency=draft.per_tonne.currency, day=draft.from_day.isoformat(),
        )  # fmt: skip
        return proposal_id


def _waiting(lot_id: str, draft: PriceDraft) -> Select[str]:
    """A price of the same list and day that nobody has decided about yet."""
    return (
        select(PriceProposal.id)
        .outerjoin(PriceVerdict, PriceVerdict.proposal_id == PriceProposal.id)
        .where(
            PriceProposal.lot_id == lot_id,
            PriceProposal.currency == draft.per_tonne.currency,
            PriceProposal.from_day == draft.from_day,
            PriceVerdict.proposal_id.is_(None),
        )
    )


def decide(actor: Actor, proposal_id: str, verdict: Verdict, note: str, now: datetime) -> None:
    """Accept (a second person), decline, or withdraw (who proposed it); what is accepted and due applies.

    Raises UnknownProposal, ProposalDecided, SecondPersonNeeded, NotYourProposal.
    """
    if not policy.may_set_prices(actor):
        raise NotAllowed()
    with transaction() as session:
        alone(session, "prices")
        found = session.execute(
            select(
                PriceProposal.proposed_by, PriceProposal.lot_id, PriceProposal.currency, PriceVerdict.verdict
            )
            .outerjoin(PriceVerdict, PriceVerdict.proposal_id == PriceProposal.id)
            .where(PriceProposal.id == proposal_id)
        ).one_or_none()
        if found is None:
            raise rules.UnknownProposal()
        if found.verdict is not None:
            raise rules.ProposalDecided()
        rules.check_verdict(verdict, found.proposed_by, actor.id)
        session.execute(
            insert(PriceVerdict).values(
                proposal_id=proposal_id, verdict=verdict, note=note, decided_by=actor.id, at=now
            )
        )
        audit.record(actor, "price.decide", proposal_id, now, verdict=verdict.value, note=note)
        if verdict is Verdict.ACCEPTED:
            _apply(actor, (found.lot_id, found.currency), now)


def put_in_force(actor: Actor, now: datetime) -> list[str]:
    """Let accepted prices apply whose day has begun, each list by itself; ids of their proposals."""
    if not policy.may_set_prices(actor):
        raise NotAllowed()
    lists = dict.fromkeys((row.lot_id, row.currency) for row in db.session.execute(_due(now)))
    return list(chain.from_iterable(jobs.each(lists, lambda each: _apply(actor, each, now))))


def _due(now: datetime) -> Select[str, str, str, int]:
    """Prices that somebody accepted, whose day has begun and that do not apply yet, in the order of days."""
    return (
        select(PriceProposal.id, PriceProposal.lot_id, PriceProposal.currency, PriceProposal.minor_per_t)
        .join(PriceVerdict, PriceVerdict.proposal_id == PriceProposal.id)
        .outerjoin(ListPrice, ListPrice.proposal_id == PriceProposal.id)
        .where(
            PriceVerdict.verdict == Verdict.ACCEPTED,
            ListPrice.proposal_id.is_(None),
            PriceProposal.from_day <= day_of(now),
        )
        .order_by(PriceProposal.from_day, PriceVerdict.at, PriceProposal.id)
    )


def _apply(actor: Actor, price_list: tuple[str, str], now: datetime) -> list[str]:
    """Let the due prices of one list apply: those of a lot in a currency.

    A price is in force from the moment this writes it down, so the list says what was really charged.
    """
    lot_id, currency = price_list
    with transaction() as session:
        alone(session, "prices")
        of_list = (PriceProposal.lot_id == lot_id, PriceProposal.currency == currency)
        due = session.execute(_due(now).where(*of_list)).all()
        last = select(func.coalesce(func.max(ListPrice.number), 0)).where(
            ListPrice.lot_id == lot_id, ListPrice.currency == currency
        )
        first = session.execute(last).scalar_one() + 1
        for number, row in enumerate(due, first):
            session.execute(
                insert(ListPrice).values(
                    proposal_id=row.id, lot_id=lot_id, currency=currency, number=number,
                    minor_per_t=row.minor_per_t, from_at=now,
                )
            )  # fmt: skip
            audit.record(actor, "price.in_force", row.id, now, lot=lot_id, currency=currency)
        return [row.id for row in due]
