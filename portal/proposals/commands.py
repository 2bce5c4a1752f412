"""Propose, accept, decline, withdraw. What is accepted is done at once, by the command of its room."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import audit
from portal.db import alone, rehearsal, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.proposals.models import Proposal
from portal.proposals.rules import (
    NoSuchProposal,
    ProposalDecided,
    ProposedAlready,
    Verdict,
    check_verdict,
    checked_reason,
)

Facts = Mapping[str, Any]
Deed = Callable[[Actor, str, Facts, datetime], object]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A value that is one of our own words: a message id, read in the reader's language."""

    id: str


# What the second person reads: labels (message ids) with kernel values or phrases.
Lines = Sequence[tuple[str, object]]
# What is used up by doing it, for good: names that no other open proposal may have, of whatever kind it is.
Uses = Callable[[str, Facts], Iterable[str]]


def _nothing(_subject_id: str, _facts: Facts) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Act:
    """What people may propose: who takes part in it, what it is called, and what is done.

    ``title`` and the labels of ``lines`` are message ids.
    """

    kind: str
    title: str
    may: Callable[[Actor], bool]
    lines: Callable[[Facts], Lines]
    do: Deed
    uses: Uses


_acts: dict[str, Act] = {}


def by_two(
    kind: str,
    title: str,
    may: Callable[[Actor], bool],
    lines: Callable[[Facts], Lines],
    uses: Uses = _nothing,
) -> Callable[[Deed], Deed]:
    """Register what is done when a proposal of this kind is accepted.

    The deed's actor is the second person with the first beside them (``Actor.proposer``); the facts it is
    given hold the ``reason`` too. ``uses``: what of it can be had once only (``record:RET-1``), beside its
    subject, which has one open proposal of a kind anyway.
    """

    def register(deed: Deed) -> Deed:
        _acts[kind] = Act(kind, title, may, lines, deed, uses)
        return deed

    return register


def kinds_for(actor: Actor) -> list[str]:
    """The kinds in which this actor may be one of the two."""
    return sorted(kind for kind, act in _acts.items() if act.may(actor))


def act_of(kind: str) -> Act:
    return _acts[kind]


def all_kinds() -> list[str]:
    return sorted(_acts)


def propose(actor: Actor, kind: str, subject_id: str, facts: Facts, reason: str, now: datetime) -> str:
    """Put something before a second person; the proposal's id.

    It is rehearsed first, so that what could not be done is refused now and not when somebody accepts it.
    Raises ProposalReasonMissing, ProposedAlready, and what the deed raises.
    """
    if not (actor.is_person and _acts[kind].may(actor)):
        raise NotAllowed()
    proposal_id = new_id("twp")
    row = {
        "id": proposal_id, "kind": kind, "subject_id": subject_id, "facts": dict(facts),
        "reason": checked_reason(reason), "proposed_by": actor.id, "proposed_at": now,
    }  # fmt: skip
    with rehearsal():
        told = {**facts, "reason": row["reason"]}
        _acts[kind].do(replace(actor, proposer="rehearsal"), subject_id, told, now)
    same = select(Proposal.id).where(
        Proposal.kind == kind, Proposal.subject_id == subject_id, Proposal.verdict.is_(None)
    )
    try:
        with transaction() as session:
            alone(session, "proposals")
            if session.execute(same).first() or _is_used(session, _acts[kind].uses(subject_id, facts)):
                raise ProposedAlready()
            session.execute(insert(Proposal).values(row))
            audit.record(
                actor, "proposal.made", subject_id, now, proposal=proposal_id, kind=kind, reason=reason
            )
    except IntegrityError:
        raise ProposedAlready() from None
    return proposal_id


def _is_used(session: Session, wanted: Iterable[str]) -> bool:
    """Whether another open proposal would use the same up."""
    names = set(wanted)
    if not names:
        return False
    users = [kind for kind, act in _acts.items() if act.uses is not _nothing]
    rows = session.execute(
        select(Proposal.kind, Proposal.subject_id, Proposal.facts).where(
            Proposal.verdict.is_(None), Proposal.kind.in_(users)
        )
    )
    return any(names.intersection(_acts[row.kind].uses(row.subject_id, row.facts)) for row in rows)


def decide(actor: Actor, proposal_id: str, verdict: Verdict, note: str, now: datetime) -> None:
    """Accept and do it, or decline (a second person); or withdraw (who proposed it).

    Raises NoSuchProposal, ProposalDecided, SecondPersonNeeded, NotYourProposal, and what the deed raises:
    then it waits as before.
    """
    if not actor.is_person:
        raise NotAllowed()
    with transaction() as session:
        row = session.scalars(
            select(Proposal).where(Proposal.id == proposal_id).with_for_update()
        ).one_or_none()
        if row is None:
            raise NoSuchProposal()
        act = _acts[row.kind]
        if not act.may(actor):
            raise NotAllowed()
        if row.verdict is not None:
            raise ProposalDecided()
        check_verdict(verdict, row.proposed_by, actor.id)
        session.execute(
            update(Proposal)
            .where(Proposal.id == proposal_id)
            .values(verdict=verdict.value, note=note.strip(), decided_by=actor.id, decided_at=now)
        )
        audit.record(
            actor, f"proposal.{verdict.value}", row.subject_id, now,
            proposal=proposal_id, kind=row.kind, proposed_by=row.proposed_by, note=note.strip(),
        )  # fmt: skip
        if verdict is Verdict.ACCEPTED:
            facts = {**row.facts, "reason": row.reason}
            act.do(replace(actor, proposer=row.proposed_by), row.subject_id, facts, now)
