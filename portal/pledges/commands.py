"""What can be done with pledges: make one, withdraw it, make a guest's pledge one's own."""

from datetime import datetime

from sqlalchemy import update

from portal import audit, jobs
from portal.db import transaction
from portal.footprint.queries import footprint
from portal.footprint.rules import library
from portal.footprint.rules.stored import Footprint
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.pledges import policy, rules
from portal.pledges.models import PledgeRecord
from portal.pledges.queries import pledge
from portal.pledges.rules import AlreadyClaimed, AlreadyWithdrawn, Draft, PledgeState, Subject, UnknownPledge


def make_pledge(actor: Actor, draft: Draft, now: datetime) -> str:
    """Promise a cut against a footprint the actor may see; returns ``draft.id``.

    The id is made at the edge: the same form sent twice is one pledge and one letter.
    Raises UnknownFootprint, PercentOutOfRange, ReductionOutOfRange, YearOutOfRange, TextTooLong.
    """
    if not policy.may_make(actor):
        raise NotAllowed()
    baseline = footprint(actor, draft.footprint_id)
    rules.check(draft, clock.day_of(now))
    reduction = rules.reduction(baseline.total, draft.aim)
    with transaction() as session:
        known = session.get(PledgeRecord, draft.id)
        if known is not None:
            if not policy.owns(actor, known):
                raise UnknownPledge()
            return known.id
        session.add(_record(actor, draft, baseline, reduction, now))
        audit.record(
            actor, "pledge.made", draft.id, now,
            footprint=baseline.id, reduction_g=reduction.grams, year=draft.year, public=draft.is_public,
        )  # fmt: skip
        if draft.email:
            _write_letter(draft, now)
    return draft.id


def withdraw_pledge(actor: Actor, pledge_id: str, now: datetime) -> None:
    """Take a promise back; it stays to be seen, with the day. Raises UnknownPledge, AlreadyWithdrawn."""
    with transaction() as session:
        found = pledge(actor, pledge_id)
        if not policy.owns(actor, found):
            raise NotAllowed()
        withdrawn = session.execute(
            update(PledgeRecord)
            .where(PledgeRecord.id == pledge_id, PledgeRecord.state == PledgeState.MADE)
            .values(state=PledgeState.WITHDRAWN, withdrawn_at=now)
        )
        if not withdrawn.rowcount:  # type: ignore[attr-defined]
            raise AlreadyWithdrawn()
        audit.record(actor, "pledge.withdrawn", pledge_id, now)


def claim(actor: Actor, pledge_id: str, now: datetime) -> None:
    """Make a guest's pledge one's own, with its link. Raises UnknownPledge, AlreadyClaimed."""
    with transaction() as session:
        found = pledge(actor, pledge_id)
        if not actor.is_person or not policy.owns(actor, found):
            raise NotAllowed()
        if found.owner_id == actor.id:
            return
        claimed = session.execute(
            update(PledgeRecord)
            .where(PledgeRecord.id == pledge_id, PledgeRecord.owner_id.is_(None))
            .values(owner_id=actor.id)
        )
        if not claimed.rowcount:  # type: ignore[attr-defined]
            raise AlreadyClaimed()
        audit.record(actor, "pledge.claimed", pledge_id, now)


def _record(actor: Actor, draft: Draft, baseline: Footprint, reduction: Mass, now: datetime) -> PledgeRecord:
    model = library.model(baseline.model_id, baseline.version)
    return PledgeRecord(
        id=draft.id, state=PledgeState.MADE, footprint_id=baseline.id, footprint_digest=baseline.digest,
        model_id=baseline.model_id, model_version=baseline.version,
        subject=Subject.YEAR if model.unit_text.endswith("/year") else Subject.EVENT,
        baseline=baseline.total, low=baseline.low, high=baseline.high, reduction=reduction,
        percent=draft.aim if isinstance(draft.aim, int) else None, year=draft.year, is_public=draft.is_public,
        name=draft.name, motive=draft.motive, lang=draft.lang,
        owner_id=actor.id if actor.is_person else None, made_at=now,
    )  # fmt: skip


def _write_letter(draft: Draft, now: datetime) -> None:
    payload = {
        "id": f"pledge.{draft.id}", "to": draft.email, "lang": draft.lang, "template": "pledges/letter_made",
        "facts": {"pledge_id": draft.id, "year": str(draft.year)},
    }  # fmt: skip
    jobs.enqueue("letter", payload, key=f"letter:pledge:{draft.id}", now=now)
