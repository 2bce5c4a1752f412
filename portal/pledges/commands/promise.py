"""What can be done with a promise: make it, withdraw it, make a guest's one's own, show or hide a name."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from portal import audit, consents, jobs
from portal.db import transaction
from portal.footprint.queries import footprint
from portal.footprint.rules import library
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.pledges import policy
from portal.pledges.commands import evidence, letters, paper
from portal.pledges.models.course import PledgePair, PledgeProfile, PledgeText, PledgeWithdrawal
from portal.pledges.models.promise import PledgeRecord
from portal.pledges.queries.promise import PledgeView, pledge
from portal.pledges.rules import drafts, promise
from portal.pledges.rules.drafts import Draft
from portal.pledges.rules.makers import SECTORS, NotYourOrganisation
from portal.pledges.rules.promise import (
    AlreadyClaimed,
    AlreadyWithdrawn,
    PledgeState,
    Subject,
    UnknownPledge,
    WithdrawalReason,
)
from portal.registry.rules import search
from portal.registry.rules.counties import county_name


@dataclass(frozen=True, slots=True)
class _Baseline:
    """The number a pledge starts from, as it is copied; of a document, ``digest`` is the document's."""

    footprint_id: str
    digest: str
    model_id: str
    version: str
    subject: Subject
    total: Mass
    low: Mass
    high: Mass
    year: int


def make_pledge(actor: Actor, draft: Draft, now: datetime) -> str:
    """Promise a cut against a footprint the actor may see, or a documented number; returns ``draft.id``.

    The id is made at the edge: the same form sent twice is one pledge and one letter.
    Raises NotYourOrganisation, UnknownFootprint, PercentOutOfRange, ReductionOutOfRange, and what
    ``drafts.check`` and ``evidence.check_paper`` raise.
    """
    if not policy.may_make(actor, draft.profile.organisation_id):
        raise NotYourOrganisation()
    if actor.is_pupil and draft.is_public:
        raise NotAllowed()  # a child's promise is the class's affair, not the public's
    drafts.check(draft, clock.day_of(now))
    baseline = _baseline(actor, draft)
    reduction = promise.reduction(baseline.total, draft.aim)
    with transaction() as session:
        if session.get(PledgeRecord, draft.id) is not None:
            return _made_before(actor, draft.id)
        session.add(_record(actor, draft, baseline, reduction, now))
        session.flush()  # the rows below point at it
        session.add(_profile(draft, baseline))
        session.flush()
        audit.record(
            actor, "pledge.made", draft.id, now,
            footprint=baseline.footprint_id, reduction_g=reduction.grams, year=draft.year,
            public=draft.is_public,
        )  # fmt: skip
        made = pledge(Actor.guest(draft.id), draft.id)
        _make_findable(session, made)
        if draft.is_public and draft.name and draft.profile.shows_name:
            consents.record(actor, consents.NAME_ON_WALL, draft.id, True, now)
        if draft.own:
            evidence.add(session, actor, made, draft.own.paper, now)
        _write_letters(actor, draft, now)
    return draft.id


def withdraw_pledge(
    actor: Actor, pledge_id: str, reason: WithdrawalReason, words: str, now: datetime
) -> None:
    """Take a promise back; it stays to be seen, with the day and the reason, and its letters end.

    Raises UnknownPledge, AlreadyWithdrawn, WordsMissing, TextTooLong.
    """
    promise.check_withdrawal(reason, words)
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
        session.add(PledgeWithdrawal(pledge_id=pledge_id, reason=reason, words=words))
        letters.end_for(session, pledge_id, now)
        audit.record(actor, "pledge.withdrawn", pledge_id, now, reason=reason.value)
        session.flush()
        session.expire_all()
        paper.keep_in_step(pledge_id, now)


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


def show_name(actor: Actor, pledge_id: str, shows: bool, now: datetime) -> None:
    """Show the name to others, or hide it, also from the search. Raises UnknownPledge."""
    with transaction() as session:
        found = pledge(actor, pledge_id)
        if not policy.owns(actor, found) or actor.is_pupil:
            raise NotAllowed()
        row = update(PledgeProfile).where(PledgeProfile.pledge_id == pledge_id)
        session.execute(row.values(shows_name=shows))
        session.expire_all()
        _make_findable(session, pledge(actor, pledge_id))
        audit.record(actor, "pledge.name_shown" if shows else "pledge.name_hidden", pledge_id, now)
        consents.record(actor, consents.NAME_ON_WALL, pledge_id, shows, now)


def _made_before(actor: Actor, pledge_id: str) -> str:
    known = pledge(actor, pledge_id)
    if not policy.owns(actor, known):
        raise UnknownPledge()
    return known.id


def _baseline(actor: Actor, draft: Draft) -> _Baseline:
    if draft.own:
        number, digest = draft.own.emissions, draft.own.paper.sha256
        year = draft.profile.baseline_year or 0  # drafts.check has seen that it is there
        return _Baseline("", digest, "", "", Subject.YEAR, number, number, number, year)
    found = footprint(actor, draft.footprint_id)
    model = library.model(found.model_id, found.version)
    subject = Subject.YEAR if model.unit_text.endswith("/year") else Subject.EVENT
    return _Baseline(
        found.id, found.digest, found.model_id, found.version, subject, found.total, found.low, found.high,
        draft.profile.baseline_year or clock.day_of(found.created_at).year,
    )  # fmt: skip


def _record(actor: Actor, draft: Draft, baseline: _Baseline, reduction: Mass, now: datetime) -> PledgeRecord:
    return PledgeRecord(
        id=draft.id, state=PledgeState.MADE, footprint_id=baseline.footprint_id,
        footprint_digest=baseline.digest, model_id=baseline.model_id, model_version=baseline.version,
        subject=baseline.subject, baseline=baseline.total, low=baseline.low, high=baseline.high,
        reduction=reduction, percent=draft.aim if isinstance(draft.aim, int) else None, year=draft.year,
        is_public=draft.is_public, name=draft.name, motive=draft.motive, lang=draft.lang,
        owner_id=actor.id if actor.is_person else None, made_at=now,
    )  # fmt: skip


def _profile(draft: Draft, baseline: _Baseline) -> PledgeProfile:
    who = draft.profile
    return PledgeProfile(
        pledge_id=draft.id, maker=who.maker, organisation_id=who.organisation_id, sector=who.sector,
        county=who.county, baseline_year=baseline.year, boundary=who.boundary, shows_name=who.shows_name,
    )  # fmt: skip


def _make_findable(session: Session, made: PledgeView) -> None:
    """Keep the words by which others may find it; of a private pledge, none."""
    for table in (PledgeText, PledgePair):
        session.execute(delete(table).where(table.pledge_id == made.id))
    if not made.is_public:
        return
    places = [SECTORS[made.sector], *([county_name(made.county)] if made.county else [])]
    words = [made.shown_name, made.motive, *(text for place in places for text in (place.zh, place.en))]
    text = "\n".join(word for word in words if word)
    session.execute(insert(PledgeText).values(pledge_id=made.id, text=search.folded(text)))
    rows = [{"pair": pair, "pledge_id": made.id} for pair in sorted(search.pairs(text))]
    if rows:
        session.execute(insert(PledgePair), rows)


def _write_letters(actor: Actor, draft: Draft, now: datetime) -> None:
    wanted = letters.begin(actor, draft, now) if draft.wants_letters else ""
    if not draft.email:
        return
    payload = {
        "id": f"pledge.{draft.id}", "to": draft.email, "lang": draft.lang, "template": "pledges/letter_made",
        "facts": {"pledge_id": draft.id, "year": str(draft.year), "letters_id": wanted},
    }  # fmt: skip
    jobs.enqueue("letter", payload, key=f"letter:pledge:{draft.id}", now=now)
