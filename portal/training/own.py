"""What training holds about a person, as a learner and as who gives classes or writes courses."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import or_, select

from portal.certificates.own import successors
from portal.db import db
from portal.holdings import Holding, Subject, of_person, under
from portal.kernel.errors import N_
from portal.training.models.attempts import Answer, Attempt
from portal.training.models.classes import Attendance, Cohort, CohortTrainer, Session, SignInDevice, Trainer
from portal.training.models.courses import Draft
from portal.training.models.following import FollowUp, FollowUpTurn
from portal.training.models.learners import Enrolment, JoinedLearner, Learner, Reading
from portal.training.models.outcomes import Completion, Override
from portal.training.models.voices import FeedbackForm, FeedbackGiven, Nudge

_OPENS = N_("It opens your training, and is kept only as a fingerprint.")
_STAFF = N_("The id of a member of staff, not of you.")
_SECRET = N_("It signs a whole class in, and is shown on the screen of its room only.")
_JUDGED = N_("Which questions come next would be given away by it.")


def learner_ids(subject: Subject) -> Sequence[str]:
    """Who the person is as a learner: of the account, of lists that were joined to it, of their address."""
    mine = select(Learner.id).where(of_person(Learner.person_id)(subject))
    wanted = or_(
        Learner.id.in_(mine),
        Learner.id.in_(select(JoinedLearner.learner_id).where(JoinedLearner.into_id.in_(mine))),
        Learner.email.in_(subject.emails) & Learner.person_id.is_(None),
    )
    found = select(Learner.id).where(wanted, Learner.erased_at.is_(None))
    return db.session.scalars(found.order_by(Learner.id)).all()


def certificates_of(learners: Sequence[str]) -> Sequence[str]:
    """Numbers of the certificates of what these learners completed, with what replaced them."""
    earned = select(Completion.certificate).where(Completion.learner_id.in_(learners))
    own = set(db.session.scalars(earned))
    return sorted(own | successors(own, all_of_them=True))


def names_of(learners: Sequence[str]) -> list[tuple[str, str]]:
    """Id and name of these learners."""
    rows = db.session.execute(select(Learner.id, Learner.name).where(Learner.id.in_(learners)))
    return [(learner_id, name) for learner_id, name in rows]


def _enrolments(subject: Subject) -> Any:
    return select(Enrolment.id).where(Enrolment.learner_id.in_(subject.learners))


def _attempts(subject: Subject) -> Any:
    return select(Attempt.id).where(Attempt.enrolment_id.in_(_enrolments(subject)))


HOLDINGS = (
    Holding(Learner, lambda subject: Learner.id.in_(subject.learners), {"code_hash": _OPENS}),
    Holding(JoinedLearner, lambda subject: JoinedLearner.learner_id.in_(subject.learners)),
    Holding(Enrolment, lambda subject: Enrolment.learner_id.in_(subject.learners)),
    Holding(Reading, under(Reading.enrolment_id, _enrolments)),
    Holding(Attendance, under(Attendance.enrolment_id, _enrolments), {"actor_id": _STAFF}),
    Holding(SignInDevice, under(SignInDevice.enrolment_id, _enrolments)),
    Holding(Attempt, under(Attempt.enrolment_id, _enrolments), {"seed": _JUDGED, "actor_id": _STAFF}),
    Holding(Answer, under(Answer.attempt_id, _attempts)),
    Holding(Completion, lambda subject: Completion.learner_id.in_(subject.learners)),
    Holding(Override, under(Override.enrolment_id, _enrolments), {"actor_id": _STAFF}),
    Holding(Nudge, under(Nudge.enrolment_id, _enrolments), {"actor_id": _STAFF}),
    Holding(FollowUp, under(FollowUp.enrolment_id, _enrolments)),
    Holding(FollowUpTurn, under(FollowUpTurn.enrolment_id, _enrolments)),
    Holding(FeedbackGiven, under(FeedbackGiven.enrolment_id, _enrolments)),
    Holding(Trainer, of_person(Trainer.person_id), {"granted_by": _STAFF}),
    Holding(CohortTrainer, of_person(CohortTrainer.person_id)),
    Holding(Cohort, of_person(Cohort.made_by)),
    Holding(Session, lambda subject: Session.cohort_id.in_(
        select(Cohort.id).where(of_person(Cohort.made_by)(subject))
    ), {"secret": _SECRET}),
    Holding(FeedbackForm, of_person(FeedbackForm.owner_id)),
    Holding(Draft, of_person(Draft.made_by)),
)  # fmt: skip


def people_of_classes(ids: Collection[str]) -> list[tuple[str, str]]:
    """Of classes and of places in them, who sits there with an account."""
    wanted = (
        select(Enrolment.cohort_id, Enrolment.id, Learner.person_id)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .where(or_(Enrolment.cohort_id.in_(ids), Enrolment.id.in_(ids)), Learner.person_id.is_not(None))
    )
    return [
        (str(cohort_id) if cohort_id in ids else enrolment_id, str(person_id))
        for cohort_id, enrolment_id, person_id in db.session.execute(wanted)
    ]


def people_of_certificates(numbers: Collection[str]) -> list[tuple[str, str]]:
    """Who earned each in a course, as far as they have an account."""
    wanted = (
        select(Completion.certificate, Learner.person_id)
        .join(Learner, Learner.id == Completion.learner_id)
        .where(Completion.certificate.in_(numbers), Learner.person_id.is_not(None))
    )
    return [(str(number), str(person_id)) for number, person_id in db.session.execute(wanted)]
