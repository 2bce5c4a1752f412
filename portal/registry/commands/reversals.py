"""Reversals: carbon of a project went back into the air, and its buffer pays for it.

One person reports it, another says how much it was. Then buffer units of the project are cancelled up to that
size; what they cannot pay is the project's debt, which stops its issuance until other units are cancelled in
their place.
"""

from datetime import date, datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import ZERO, Mass
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.commands.cancelling import enter_cancellation
from portal.registry.commands.holdings import AnyRow, lock_accounts, take_out
from portal.registry.commands.lots import project_id_of
from portal.registry.commands.stock import account_of
from portal.registry.models import Account, Block, Cancellation, Issuance, Project, ReversalCase
from portal.registry.rules import records
from portal.registry.rules.accounts import (
    AlreadyDecided,
    CancelReason,
    Cause,
    NothingOwed,
    NotInThePast,
    UnknownReversal,
    check_second_hand,
    owed,
    reason_given,
    tonnes,
    tonnes_up,
)
from portal.registry.rules.ledger import BlockState, NotEnoughCredits, UnitClass


def report_reversal(
    actor: Actor,
    project_code: str,
    cause: Cause,
    happened_on: date,
    story: str,
    report_sha256: str,
    now: datetime,
) -> str:
    """Carbon was lost; from here on nothing is issued for the project until it is covered. The case's id.

    Raises UnknownProject, NotInThePast, ReasonMissing.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    if happened_on > clock.day_of(now):
        raise NotInThePast()
    story = reason_given(story)
    with transaction() as session:
        project_id = project_id_of(session, project_code)
        _lock_project(session, project_id)
        case_id = new_id("rvc")
        session.execute(
            insert(ReversalCase).values(
                id=case_id, project_id=project_id, cause=cause, happened_on=happened_on, story=story,
                report_sha256=report_sha256, reported_by=actor.id, reported_at=now,
            )
        )  # fmt: skip
        audit.record(actor, "reversal.reported", case_id, now, project=project_code, cause=cause.value)
        return case_id


def size_reversal(actor: Actor, case_id: str, size: Mass, basis: str, now: datetime) -> Mass:
    """A second person says how much was lost (zero: nothing); the buffer pays at once. What is still owed.

    Losses are counted in whole tonnes, rounded up. Raises UnknownReversal, SameHand, AlreadyDecided,
    ReasonMissing.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    basis = reason_given(basis)
    whole = tonnes_up(size)
    with transaction() as session:
        case = _locked(session, case_id)
        check_second_hand(case.reported_by, actor.id)
        if case.size_g is not None:
            raise AlreadyDecided()
        session.execute(
            update(ReversalCase)
            .where(ReversalCase.id == case_id)
            .values(size_g=whole.grams, basis=basis, sized_by=actor.id, sized_at=now)
        )
        facts = records.BufferReversal(
            case_id, case.code, case.cause, case.happened_on.isoformat(), case.report_sha256, whole.grams,
            case.is_demo,
        )  # fmt: skip
        log.record(facts, case_id, now)
        audit.record(actor, "reversal.sized", case_id, now, grams=whole.grams, basis=basis)
        return _draw_on_buffer(session, actor, case_id, now)


def draw_on_buffer(actor: Actor, case_id: str, now: datetime) -> Mass:
    """Cancel buffer units for what is still owed, as after an unfreezing. What is owed then."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        _locked(session, case_id)
        return _draw_on_buffer(session, actor, case_id, now)


def compensate(actor: Actor, case_id: str, account_id: str, mass: Mass, now: datetime) -> Mass:
    """Cancel an account's verified units in the place of buffer units that are missing; what is owed then.

    Raises UnknownReversal, NothingOwed, NotEnoughCredits (``left``: what is owed), NotWholeTonnes, IsFrozen.
    """
    tonnes(mass)
    with transaction() as session:
        _locked(session, case_id)
        debt = _owed(session, case_id)
        account = lock_accounts(session, account_id)[account_id]
        if not policy.may_cancel(actor, account.kind, account.party_id):
            raise NotAllowed()
        if not debt:
            raise NothingOwed()
        if mass > debt:
            raise NotEnoughCredits(left=debt)
        pieces = take_out(session, actor, account_id, mass, now, Block.unit_class == UnitClass.EX_POST)
        enter_cancellation(
            session, actor, account_id, pieces, CancelReason.COMPENSATION,
            "cancelled in the place of buffer units", now, case_id=case_id,
        )  # fmt: skip
        return debt - mass


# -- cases -------------------------------------------------------------------------------------


def _lock_project(session: Session, project_id: str) -> None:
    # As issuing.py takes it: whoever issues for this project is done, or sees the case.
    session.execute(select(Project.id).where(Project.id == project_id).with_for_update(key_share=True))


def _locked(session: Session, case_id: str) -> AnyRow:
    project_id = session.scalar(select(ReversalCase.project_id).where(ReversalCase.id == case_id))
    if project_id is None:
        raise UnknownReversal()
    _lock_project(session, project_id)
    return session.execute(
        select(
            ReversalCase.id, ReversalCase.project_id, ReversalCase.cause, ReversalCase.happened_on,
            ReversalCase.report_sha256, ReversalCase.reported_by, ReversalCase.size_g, Project.code,
            Project.is_demo,
        )
        .join(Project, Project.id == ReversalCase.project_id)
        .where(ReversalCase.id == case_id)
    ).one()  # fmt: skip


def _owed(session: Session, case_id: str) -> Mass:
    size = session.scalar(select(ReversalCase.size_g).where(ReversalCase.id == case_id))
    paid = session.scalar(
        select(func.coalesce(func.sum(Cancellation.mass_g), 0)).where(Cancellation.case_id == case_id)
    )
    return owed(Mass(size or 0), Mass(int(paid or 0)))


def _draw_on_buffer(session: Session, actor: Actor, case_id: str, now: datetime) -> Mass:
    """Cancel what the buffer has of what is owed. A frozen project's buffer waits, and so does the debt."""
    debt = _owed(session, case_id)
    project = session.execute(
        select(Project.id, Project.frozen_at)
        .join(ReversalCase, ReversalCase.project_id == Project.id)
        .where(ReversalCase.id == case_id)
    ).one()
    buffer_id = account_of(session, "buffer", project.id)
    frozen = session.scalar(
        select(Account.frozen_at).where(Account.id == buffer_id).with_for_update(read=True)
    )
    if not debt or project.frozen_at or frozen:
        return debt
    there = session.scalar(
        select(func.coalesce(func.sum(Block.end_g - Block.start_g), 0))
        .join(Issuance, Issuance.id == Block.issuance_id)
        .where(Block.account_id == buffer_id, Block.state == BlockState.HELD, Block.frozen_at.is_(None))
    )
    paid = min(debt, Mass(int(there or 0)))
    if paid == ZERO:
        return debt
    pieces = take_out(session, actor, buffer_id, paid, now)
    enter_cancellation(
        session, actor, buffer_id, pieces, CancelReason.REVERSAL, "buffer units for a reversal", now,
        case_id=case_id,
    )  # fmt: skip
    return debt - paid
