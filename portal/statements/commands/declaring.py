"""Declaring: the facts of all rooms, at one moment, become a certificate; and what ends a declaration."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.accounts.queries import person
from portal.certificates import commands as certificates
from portal.certificates.queries import CertificateView, by_number
from portal.certificates.rules.facts import Balanced, EventFacts
from portal.certificates.rules.states import Reason
from portal.certificates.rules.states import State as PaperState
from portal.db import transaction
from portal.footprint.rules.inventory import FrozenInventory
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed, NotFound
from portal.registry.queries.register import retirements_for
from portal.statements import policy
from portal.statements.commands.keeping import alone_with, append, check_words, move, spoken_for
from portal.statements.commands.plans import SPEAKER
from portal.statements.queries import (
    StatementView,
    certified,
    declared_ids,
    inventory_of,
    published,
    standing,
    statement,
)
from portal.statements.rules import wording
from portal.statements.rules.plans import (
    BOUNDARY_MAX,
    SOON_DAYS,
    Claim,
    NotDeclared,
    NothingChanged,
    Plan,
    ReasonMissing,
    State,
    check_declarable,
    deadline,
    is_due,
    whole,
)


def declare(actor: Actor, statement_id: str, claim: Claim, now: datetime) -> str:
    """Declare an event: all its facts become a certificate; returns the number. Twice is once.

    Raises UnknownStatement, NotOpen, TooLate, NotHeldYet, NothingCut, NotFrozenYet, DaysDiffer, NotBalanced,
    EvaluationMissing, EvaluatorMissing, TooLong, ClaimRefused, NotAboutThisEvent.
    """
    with transaction() as session:
        found = spoken_for(session, actor, statement_id)
        if found.declared and found.declared.certificate:
            return found.declared.certificate
        plan, ground = found.newest.plan, _ground(found, found.newest.plan, claim, now)
        number = certificates.issue(SPEAKER, ground.facts, now)
        _keep(session, actor, found, plan, "", ground, number, now)
        move(session, statement_id, State.DECLARED, now)
        audit.record(actor, "statement.declared", statement_id, now, certificate=number)
        write_letter(found, "declared", now)
    return number


def correct(actor: Actor, statement_id: str, plan: Plan, claim: Claim, reason: str, now: datetime) -> str:
    """Replace a declaration by a corrected one; the old one stays and names it. Returns the new number.

    What is retired is taken anew, so that credits which were taken back can be made good within the year.
    Raises as ``declare`` does, and NotDeclared, NothingChanged, ReasonMissing.
    """
    with transaction() as session:
        found = spoken_for(session, actor, statement_id)
        before = found.declared
        if found.state is not State.DECLARED or before is None or before.certificate is None:
            raise NotDeclared()
        if not reason:
            raise ReasonMissing()
        plan.check()
        check_words(plan.typed | {"reason": reason})
        ground = _ground(found, plan, claim, now)
        if (plan, ground.told) == (before.plan, before.facts):
            raise NothingChanged()
        number = certificates.replace(SPEAKER, before.certificate, ground.facts, Reason.ERROR.value, now)
        _keep(session, actor, found, plan, reason, ground, number, now)
        audit.record(actor, "statement.corrected", statement_id, now, certificate=number)
    return number


def lapse_overdue(actor: Actor, now: datetime) -> list[str]:
    """Let every statement lapse whose year is over; returns their ids."""
    if not policy.may_close(actor):
        raise NotAllowed()
    today = clock.day_of(now)
    due = [each for each, last_day in published() if is_due(State.PUBLISHED, last_day, today)]
    return list(chain.from_iterable(jobs.each(due, lambda each: _lapse(actor, each, now))))


def remind(actor: Actor, now: datetime) -> list[str]:
    """Write once to the organisers whose year is over in less than two months; returns whose turn it was."""
    if not policy.may_close(actor):
        raise NotAllowed()
    today = clock.day_of(now)
    soon = [
        each
        for each, last_day in published()
        if today > last_day and (deadline(last_day) - today).days <= SOON_DAYS
    ]
    told = jobs.recorded([_letter_key(each, "soon") for each in soon])  # nothing is locked for these
    untold = [each for each in soon if _letter_key(each, "soon") not in told]
    return jobs.each(untold, lambda each: _remind(each, now))


def _remind(statement_id: str, now: datetime) -> str:
    with transaction() as session:
        write_letter(alone_with(session, statement_id), "soon", now)
    return statement_id


def watch(actor: Actor, now: datetime) -> None:
    """A declared statement whose credits were taken back is under review, and lapses with its year."""
    if not policy.may_close(actor):
        raise NotAllowed()
    jobs.each(declared_ids(), lambda statement_id: _look(actor, statement_id, now))


class Turn(Enum):
    """What becomes of a declared statement whose credits are no longer what they were."""

    CLEARED = auto()
    DOUBTED = auto()
    LAPSED = auto()


def _look(actor: Actor, statement_id: str, now: datetime) -> None:
    if _turn(statement(statement_id), now) is None:
        return  # as nearly always: nothing is locked for it
    with transaction() as session:
        found = alone_with(session, statement_id)
        turn, number = _turn(found, now), found.newest.certificate or ""
        if turn is Turn.CLEARED:
            certificates.clear(actor, number, now)
        elif turn is Turn.DOUBTED:
            certificates.doubt(actor, number, Reason.REFUNDED.value, now)
            write_letter(found, "unbalanced", now, number)
        elif turn is Turn.LAPSED:
            certificates.revoke(actor, number, Reason.REFUNDED.value, now)
            move(session, found.id, State.LAPSED, now)
            audit.record(actor, "statement.lapsed", found.id, now)
            write_letter(found, "lapsed", now)


def _turn(found: StatementView, now: datetime) -> Turn | None:
    """Compare what the certificate names with what still stands; None when all is as it should be."""
    if found.state is not State.DECLARED or not found.newest.certificate:
        return None
    paper = by_number(found.newest.certificate)
    if set(retirements_for(found.event_id)).issuperset(_named(found)):
        is_doubted = paper.state is PaperState.UNDER_REVIEW and paper.reason is Reason.REFUNDED
        return Turn.CLEARED if is_doubted else None
    if clock.day_of(now) > deadline(found.newest.last_day):
        return Turn.LAPSED
    return Turn.DOUBTED if paper.state is PaperState.VALID else None


def _named(found: StatementView) -> set[str]:
    facts = found.declared.facts if found.declared else {}
    return {each["retirement"] for each in facts["retirements"]}


def _lapse(actor: Actor, statement_id: str, now: datetime) -> list[str]:
    with transaction() as session:
        found = alone_with(session, statement_id)
        if not is_due(found.state, found.newest.last_day, clock.day_of(now)):
            return []  # declared or withdrawn while we looked
        move(session, statement_id, State.LAPSED, now)
        audit.record(actor, "statement.lapsed", statement_id, now)
        write_letter(found, "lapsed", now)
    return [statement_id]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a declaration rests on, all of one moment; ``told`` is the same for its page."""

    facts: EventFacts
    told: dict[str, Any]


def _ground(found: StatementView, plan: Plan, claim: Claim, now: datetime) -> _Ground:
    """All that is certified, as the rooms have it at this moment. Raises what stands in the way."""
    check_declarable(standing(found), clock.day_of(now))
    claim.check()
    check_words(claim.typed)
    inventory = inventory_of(found.event_id)
    assert inventory is not None  # noqa: S101  check_declarable has said so
    papers = certified(found.event_id)
    facts = EventFacts(
        holder_name=plan.organiser, holder_salt=secrets.token_bytes(32),
        organisation_id=found.organisation_id or "", is_public=True, lang=found.lang,
        test=any(paper.is_test for paper in papers), statement_id=found.id, event=whole(plan.name),
        held_from=inventory.first_day, held_to=inventory.last_day, place=_place(plan, inventory),
        boundary=_boundary(inventory), exclusions=_exclusions(claim), gross=inventory.gross,
        inventory_digest=inventory.digest, model=inventory.model_id, model_version=inventory.version,
        reductions=tuple(whole(action.text) for action in found.executed),
        retirements=tuple(Balanced(paper.number, paper.ranges) for paper in papers),
        evaluator=Bilingual(claim.evaluator, claim.evaluator) if claim.evaluator else None,
        declared_on=clock.day_of(now), version=1 + len(found.declarations),
        is_demo=any(paper.is_demo for paper in papers),
    )  # fmt: skip
    return _Ground(facts, _told(facts, inventory, claim, papers))


def _place(plan: Plan, inventory: FrozenInventory) -> Bilingual:
    """The place whose factors were used, and the venue."""
    venue = whole(plan.venue)
    return Bilingual(
        "，".join(filter(None, (inventory.place.zh, venue.zh))),
        ", ".join(filter(None, (venue.en, inventory.place.en))),
    )


def _boundary(inventory: FrozenInventory) -> Bilingual:
    zh, en = inventory.boundary.zh, inventory.boundary.en
    return Bilingual(wording.sentences(zh, BOUNDARY_MAX), wording.sentences(en, BOUNDARY_MAX))


def _exclusions(claim: Claim) -> Bilingual:
    if not (claim.exclusions.zh or claim.exclusions.en):
        return Bilingual("无", "nothing more")
    text = whole(claim.exclusions)
    return Bilingual("；".join(text.zh.splitlines()), "; ".join(text.en.splitlines()))


def _told(
    facts: EventFacts, inventory: FrozenInventory, claim: Claim, papers: list[CertificateView]
) -> dict[str, Any]:
    """The facts of a declaration as they are kept for its page."""
    return {
        "place": _pair(facts.place), "boundary": _pair(facts.boundary), "exclusions": _pair(facts.exclusions),
        "exclusions_typed": _pair(claim.exclusions), "evaluator": claim.evaluator,
        "evaluation": {"sha256": claim.evaluation_sha256, "media_type": claim.evaluation_type},
        "low_g": inventory.low.grams, "high_g": inventory.high.grams, "digest": facts.inventory_digest,
        "footprint": inventory.footprint_id, "method": _pair(inventory.method), "model": facts.model,
        "model_version": facts.model_version, "gwp": inventory.gwp,
        "frozen_at": clock.text_of(inventory.frozen_at), "classes": _classes(inventory),
        "reductions": [_pair(text) for text in facts.reductions],
        "retirements": [
            {"retirement": paper.subject_id, "certificate": paper.number, "grams": paper.mass.grams,
             "serials": [part.full_serial for part in paper.ranges]}
            for paper in papers
        ],
        "test": facts.test, "demo": facts.is_demo,
    }  # fmt: skip


def _classes(inventory: FrozenInventory) -> list[dict[str, Any]]:
    """Emissions by class of the national guide, in the order of the model."""
    sums: dict[str, dict[str, Any]] = {}
    for line in inventory.lines:
        row = sums.setdefault(line.mee, {"title": _pair(line.mee_title), "grams": 0})
        row["grams"] += line.mass.grams
    return list(sums.values())


def _pair(text: Bilingual) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _keep(
    session: Session, actor: Actor, found: StatementView, plan: Plan, reason: str, ground: _Ground,
    number: str, now: datetime,
) -> None:  # fmt: skip
    facts = ground.facts
    append(
        session, actor, found.id, found.newest.number + 1, plan, (facts.held_from, facts.held_to), reason,
        now, certificate=number, gross=facts.gross, facts=ground.told,
    )  # fmt: skip


def write_letter(found: StatementView, kind: str, now: datetime, about: str = "") -> None:
    """Tell the organiser, once per kind and occasion; nobody, when the account is gone."""
    try:
        reader = person(found.owner_id)
    except NotFound:
        return
    key = _letter_key(found.id, kind, about)
    jobs.enqueue(
        "letter",
        {
            "id": key.replace(":", "."), "to": reader.email, "lang": found.lang,
            "template": f"statements/letter_{kind}",
            "facts": {
                "statement_id": found.id, "name": _pair(found.newest.plan.name),
                "until": deadline(found.newest.last_day).isoformat(),
            },
        },
        key=key, now=now,
    )  # fmt: skip


def _letter_key(statement_id: str, kind: str, about: str = "") -> str:
    return ":".join(filter(None, ("letter:statement", statement_id, kind, about)))
