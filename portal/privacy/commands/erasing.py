"""Forgetting somebody: asked for, undone within seven days by one click, carried out whole or not at all."""

from datetime import datetime

from sqlalchemy import update

from portal import audit, jobs
from portal.accounts import queries as people
from portal.accounts.commands import forgetting as accounts
from portal.accounts.rules import LastOwner
from portal.certificates import commands as certificates
from portal.db import alone, transaction
from portal.footprint.commands import forgetting as footprints
from portal.holdings import Subject
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, Refused
from portal.kernel.ids import new_id
from portal.pledges import own as pledges_own
from portal.pledges.commands import forgetting as pledges
from portal.privacy import policy
from portal.privacy.models import DataCopy, Erasure
from portal.privacy.queries.erasures import erasure, waiting_of
from portal.privacy.queries.subjects import subject_of, subject_of_order
from portal.privacy.rules.copies import CopyState
from portal.privacy.rules.erasure import TRY_AGAIN, WAITS, ErasureIsOver, ErasureState, HandOverFirst
from portal.shop.commands import forgetting as shop
from portal.training.commands import forgetting as training

ASKED_LETTER = "privacy.erasure_letter"


def ask(actor: Actor, person_id: str, order_id: str, lang: str, now: datetime) -> str:
    """Ask to be forgotten in seven days; its id. Asked again while it waits, it is the same one.

    Raises NotAllowed, HandOverFirst, RolesAreLive, OrdersAreOpen, SupportIsRunning.
    """
    if not policy.may_ask(actor, person_id, order_id):
        raise NotAllowed()
    check(person_id, order_id)
    with transaction() as session:
        alone(session, f"erasure:{person_id or order_id}")  # pressed twice, it is asked once
        if known := waiting_of(person_id, order_id):
            return known.id
        erasure_id = new_id("era")
        session.add(
            Erasure(
                id=erasure_id, person_id=person_id, order_id=order_id, lang=lang, held="", outcome={},
                state=ErasureState.WAITING, asked_at=now, due_at=now + WAITS,
            )
        )  # fmt: skip
        session.flush()
        audit.record(actor, "privacy.erasure_asked", erasure_id, now)
        jobs.enqueue(ASKED_LETTER, {"id": erasure_id}, key=f"letter:erasure:{erasure_id}", now=now)
    return erasure_id


def check(person_id: str, order_id: str) -> None:
    """Whether something stands in the way now; raises what ``ask`` raises."""
    if not person_id:
        shop.check_leaving(subject_of_order(order_id))
        return
    accounts.check_leaving(person_id)
    for each in people.owned_alone(person_id):
        raise HandOverFirst(name=each.zh or each.en)
    shop.check_leaving(subject_of(person_id))


def undo(actor: Actor, erasure_id: str, now: datetime) -> None:
    """Stay. Twice is once. Raises NoSuchErasure, ErasureIsOver."""
    with transaction() as session:
        found = erasure(actor, erasure_id)
        if found.state is ErasureState.UNDONE:
            return
        changed = session.execute(
            update(Erasure)
            .where(Erasure.id == erasure_id, Erasure.state == ErasureState.WAITING)
            .values(state=ErasureState.UNDONE, settled_at=now)
        )
        if not changed.rowcount:  # type: ignore[attr-defined]
            raise ErasureIsOver()
        audit.record(actor, "privacy.erasure_undone", erasure_id, now)


def carry_out(actor: Actor, erasure_id: str, now: datetime) -> bool:
    """Forget them, all in one transaction; False while it is not due or something stands in the way.

    What stands in the way is written down, and it is tried again the next day.
    """
    if not policy.may_carry_out(actor):
        raise NotAllowed()
    try:
        with transaction() as session:
            row = session.get_one(Erasure, erasure_id, with_for_update=True, populate_existing=True)
            if row.state != ErasureState.WAITING or row.due_at > now:
                return False
            row.outcome = _forget(actor, row.person_id, row.order_id, now)
            row = session.get_one(Erasure, erasure_id)
            row.state, row.settled_at, row.held = ErasureState.DONE, now, ""
            audit.record(actor, "privacy.erasure_done", erasure_id, now, **row.outcome)
            return True
    except Refused as why:
        _hold(actor, erasure_id, type(why).__name__, now)
        return False


def _hold(actor: Actor, erasure_id: str, why: str, now: datetime) -> None:
    with transaction() as session:
        session.execute(
            update(Erasure).where(Erasure.id == erasure_id).values(held=why, due_at=now + TRY_AGAIN)
        )
        audit.record(actor, "privacy.erasure_held", erasure_id, now, why=why)


def _forget(actor: Actor, person_id: str, order_id: str, now: datetime) -> dict[str, int]:
    if not person_id:
        guest = subject_of_order(order_id)
        return _forget_buyer(actor, guest, now)
    subject = subject_of(person_id)
    needed = pledges_own.footprints_needed(subject)
    counts = _forget_buyer(actor, subject, now)
    counts["pledges"] = pledges.forget(actor, person_id, subject.emails, now)
    counts["footprints"] = footprints.forget(actor, person_id, needed, now)
    counts["learners"] = training.forget(actor, person_id, now)
    try:
        accounts.forget(actor, person_id, now)
    except LastOwner:
        raise HandOverFirst(name="") from None
    _expire_copies(person_id, now)
    counts["letters"] = jobs.forget_addresses(subject.emails)
    return counts


def _forget_buyer(actor: Actor, subject: Subject, now: datetime) -> dict[str, int]:
    """The names on certificates first: afterwards nothing leads from the person to them."""
    for number in subject.certificates:
        certificates.forget_holder(actor, number, now)
    forgotten = shop.forget(actor, subject, now)
    return {
        "certificates": len(subject.certificates), "orders": forgotten.orders, "gifts": forgotten.gifts,
    }  # fmt: skip


def _expire_copies(person_id: str, now: datetime) -> None:
    """Copies that lie ready are deleted by the next round of the job."""
    with transaction() as session:
        session.execute(
            update(DataCopy)
            .where(DataCopy.person_id == person_id, DataCopy.state == CopyState.READY)
            .values(expires_at=now)
        )
