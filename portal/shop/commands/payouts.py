"""Paying out: recorded by one person, confirmed by another, and never more than is held."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from portal import audit
from portal.kernel.actor import Actor
from portal.kernel.clock import day_of
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.shop import policy
from portal.shop.commands.steps import books
from portal.shop.models.origins import PayoutProof
from portal.shop.models.payouts import Payee, Payout, PayoutVerdict
from portal.shop.queries import money as queries
from portal.shop.queries import origins
from portal.shop.rules import payouts as rules
from portal.shop.rules.origins import Origin
from portal.shop.rules.payouts import PayoutDraft, PayoutVerdictKind
from portal.shop.rules.quotes import Party

payees: Table = Payee.__table__  # type: ignore[assignment]
payouts: Table = Payout.__table__  # type: ignore[assignment]
proofs: Table = PayoutProof.__table__  # type: ignore[assignment]
verdicts: Table = PayoutVerdict.__table__  # type: ignore[assignment]

_WITH_PAYEE = (
    select(payouts, payees.c.party, payees.c.currency, payees.c.test, proofs.c.origin, proofs.c.account_id)
    .join(payees, payees.c.id == payouts.c.payee_id)
    .outerjoin(proofs, proofs.c.payout_id == payouts.c.id)
    .where(payouts.c.id == bindparam("payout_id"))
)


def record_payout(actor: Actor, draft: PayoutDraft, now: datetime) -> str:
    """Write down a transfer to a party; it counts once a second person has confirmed it. Its id.

    Raises MoreThanHeld, MoreThanHeldForOrigin, NoAccountNamed, ReferenceUsed and what rules.check does.
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    rules.check(draft, day_of(now))
    with books() as s:
        payee_id = _payee(s, draft)
        account_id = _account_id(draft.origin)
        _check_held(draft.party, draft.origin, draft.amount, draft.test)
        same = select(payouts.c.id).where(
            payouts.c.payee_id == payee_id, payouts.c.reference == draft.reference
        )
        if s.execute(same).one_or_none():
            raise rules.ReferenceUsed()
        payout_id = new_id("pyo")
        row = {
            "id": payout_id,
            "payee_id": payee_id,
            "period": draft.period,
            "amount_minor": draft.amount.minor,
            "reference": draft.reference,
            "recorded_by": actor.id,
            "at": now,
        }
        s.execute(insert(payouts).values(row))
        s.execute(insert(proofs).values(payout_id=payout_id, account_id=account_id, **_proof_row(draft)))
        audit.record(
            actor, "payout.record", payout_id, now, party=draft.party.value, period=draft.period,
            minor=draft.amount.minor, currency=draft.amount.currency, account=account_id, **_proof_row(draft),
        )  # fmt: skip
        return payout_id


def decide_payout(actor: Actor, payout_id: str, verdict: PayoutVerdictKind, note: str, now: datetime) -> None:
    """Confirm (a second person), decline, or withdraw (who recorded it).

    Raises UnknownPayout, PayoutDecided, AnotherPersonNeeded, NotYourPayout, MoreThanHeld,
    MoreThanHeldForOrigin, OtherAccountNamed, ProofMissing.
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    with books() as s:
        found = _lock(s, payout_id)
        rules.check_verdict(verdict, found.recorded_by, actor.id)
        if s.execute(select(verdicts).where(verdicts.c.payout_id == payout_id)).one_or_none():
            raise rules.PayoutDecided()
        if verdict is PayoutVerdictKind.CONFIRMED:
            _check_confirmable(found)
        row = {
            "payout_id": payout_id,
            "verdict": verdict,
            "note": note,
            "decided_by": actor.id,
            "at": now,
        }
        s.execute(insert(verdicts).values(row))
        audit.record(actor, "payout.decide", payout_id, now, verdict=verdict.value, note=note)


def _check_confirmable(found: Row[Any]) -> None:
    """Raises ProofMissing, OtherAccountNamed, MoreThanHeld, MoreThanHeldForOrigin."""
    if found.origin is None:  # recorded before a pay-out needed one
        raise rules.ProofMissing()
    origin = Origin.parse(found.origin) if found.origin else None
    if origin and _account_id(origin) != found.account_id:
        raise rules.OtherAccountNamed()
    _check_held(Party(found.party), origin, Money(found.amount_minor, found.currency), found.test)


def _check_held(party: Party, origin: Origin | None, amount: Money, test: bool) -> None:
    """Raises MoreThanHeld, MoreThanHeldForOrigin."""
    rules.check_held(queries.held(party, amount.currency, test), amount)
    if origin:
        rules.check_held_for(origins.held(origin, amount.currency, test), amount)


def _account_id(origin: Origin | None) -> str | None:
    """The account in force of whom is paid; None where the party itself is. Raises NoAccountNamed."""
    if origin is None:
        return None
    found = origins.account_of(origin)
    if found is None:
        raise rules.NoAccountNamed()
    return found.id


def _proof_row(draft: PayoutDraft) -> dict[str, str]:
    proof = draft.proof
    if proof is None:
        raise rules.ProofMissing()
    origin = str(draft.origin) if draft.origin else ""
    return {"origin": origin, "sha256": proof.sha256, "media_type": proof.media_type}


def _payee(s: Connection, draft: PayoutDraft) -> str:
    """The payee's row, made the first time."""
    add = postgresql.insert if s.dialect.name == "postgresql" else sqlite.insert
    key = {"party": draft.party.value, "currency": draft.amount.currency, "test": draft.test}
    s.execute(add(payees).values(id=new_id("pye"), **key).on_conflict_do_nothing())
    return str(s.execute(select(payees.c.id).filter_by(**key)).scalar_one())


def _lock(s: Connection, payout_id: str) -> Row[Any]:
    """The pay-out with its payee, whose row two pay-outs of one pot wait for. Raises UnknownPayout."""
    found = s.execute(_locking(_WITH_PAYEE), {"payout_id": payout_id}).one_or_none()
    if found is None:
        raise rules.UnknownPayout()
    return found


def _locking(query: Select[Any]) -> Select[Any]:
    """The payee's row is the lock: the sum of what is held is read after it."""
    return query.with_for_update(of=payees)
