"""A learner's name was written wrongly: it is put right, and certificates are replaced by ones with it."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import select

from portal import audit
from portal.certificates import commands as certificates
from portal.certificates import queries as papers
from portal.certificates.rules.states import Reason
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.training import policy
from portal.training.commands.completing import alone_with, completed_on, facts_of
from portal.training.models.learners import Enrolment
from portal.training.models.outcomes import Completion
from portal.training.rules import learners as rules

_HAND: Final = Actor.system("training")


def rename(actor: Actor, learner_id: str, name: str, now: datetime) -> None:
    """Give the learner this name, and each live certificate of theirs a successor with it.

    Raises NameNeeded, NameTooLong.
    """
    if not policy.may_rename(actor):
        raise NotAllowed()
    with transaction() as session:
        learner = alone_with(session, learner_id)
        learner.name = rules.name_of(name)
        session.flush()
        earned = select(Completion).where(Completion.learner_id == learner_id).order_by(Completion.id)
        for completion in session.scalars(earned).all():
            enrolment = session.get_one(Enrolment, completion.enrolment_id)
            facts = facts_of(session, completion.id, enrolment, learner, now)
            facts = replace(facts, completed_on=completed_on(session, enrolment, completion.completed_at))
            present = papers.for_subject(completion.id)
            if present and present.holder_name is not None:
                certificates.replace(_HAND, present.number, facts, Reason.ERROR, now)
        audit.record(actor, "learner.renamed", learner_id, now)
