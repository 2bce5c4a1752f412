"""Who a learner is: an account and a name on a list that are one person, a lost code, and being forgotten."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts.queries import person
from portal.certificates import commands as certificates
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.training import policy
from portal.training.commands.completing import certify_once
from portal.training.models.attempts import Answer, Attempt
from portal.training.models.following import FollowUp
from portal.training.models.learners import Enrolment, JoinedLearner, Learner
from portal.training.models.outcomes import Completion
from portal.training.queries import learners
from portal.training.rules.learners import hash_of, new_code


def link(actor: Actor, learner_id: str, now: datetime) -> None:
    """Make what was learned with a personal code part of the actor's account. Raises NotAllowed.

    The code opens nothing afterwards: the account is the door.
    """
    if not policy.may_link(actor, learner_id):
        raise NotAllowed()
    with transaction() as session:
        _linked(session, actor, learner_id, now)


def recognise(actor: Actor, now: datetime) -> int:
    """Take over the learners who stand on lists under the actor's confirmed address; how many they were."""
    if not actor.is_person:
        return 0
    account = person(actor.id)
    if not account.is_confirmed:
        return 0
    with transaction() as session:
        found = session.scalars(
            select(Learner.id)
            .outerjoin(JoinedLearner, JoinedLearner.learner_id == Learner.id)
            .where(
                Learner.email == account.email.casefold(), Learner.person_id.is_(None),
                Learner.erased_at.is_(None), JoinedLearner.learner_id.is_(None),
            )
            .order_by(Learner.id)
        ).all()  # fmt: skip
        for learner_id in found:
            _linked(session, actor, learner_id, now)
    return len(found)


def renew_code(actor: Actor, learner_id: str, now: datetime) -> str:
    """A new personal code; the old one opens nothing any more. Raises NotAllowed."""
    if not any(each.id == learner_id and each.person_id is None for each in learners.learners_of(actor)):
        raise NotAllowed()
    code = new_code()
    with transaction() as session:
        row = session.get_one(Learner, learner_id, with_for_update=True)
        row.code_hash = hash_of(code)
        audit.record(actor, "learner.code_renewed", learner_id, now)
    return code


def erase(actor: Actor, now: datetime) -> int:
    """Forget who the actor is as a learner: name, address, account and code go; how many rows they were.

    Marks, attendance and certificates stay, without a name: statistics and papers rest on them, and a
    certificate says from then on that its holder is withheld. Answers of attempts that were never handed in
    go too.
    """
    mine = learners.learners_of(actor)
    with transaction() as session:
        for each in mine:
            _erased(session, each.id, now)
            for number in _certificates(session, each.id):
                certificates.forget_holder(Actor.system("training"), number, now)
            audit.record(actor, "learner.erased", each.id, now)
    return len(mine)


def _linked(session: Session, actor: Actor, learner_id: str, now: datetime) -> None:
    row = session.get_one(Learner, learner_id, with_for_update=True, populate_existing=True)
    known = session.scalar(select(Learner.id).where(Learner.person_id == actor.id).with_for_update())
    row.code_hash = None
    if known is None:
        row.person_id = actor.id
    elif row.person_id is None:
        session.add(JoinedLearner(learner_id=learner_id, into_id=known, joined_at=now))
        session.flush()
        certify_once(session, learner_id, now)
    session.flush()
    audit.record(actor, "learner.linked", learner_id, now, into=known or "")


def _certificates(session: Session, learner_id: str) -> Sequence[str]:
    earned = select(Completion.certificate).where(Completion.learner_id == learner_id)
    return session.scalars(earned.order_by(Completion.certificate)).all()


def _erased(session: Session, learner_id: str, now: datetime) -> None:
    enrolments = select(Enrolment.id).where(Enrolment.learner_id == learner_id)
    unfinished = select(Attempt.id).where(
        Attempt.enrolment_id.in_(enrolments), Attempt.submitted_at.is_(None)
    )
    session.execute(delete(Answer).where(Answer.attempt_id.in_(unfinished)))
    session.execute(
        update(Enrolment)
        .where(Enrolment.learner_id == learner_id, Enrolment.left_at.is_(None))
        .values(left_at=now)
    )
    session.execute(
        update(FollowUp)
        .where(FollowUp.enrolment_id.in_(enrolments), FollowUp.ended_at.is_(None))
        .values(ended_at=now)
    )
    row = session.get_one(Learner, learner_id, with_for_update=True)
    row.name = row.email = ""
    row.person_id = row.code_hash = None
    row.erased_at = now
    session.flush()
