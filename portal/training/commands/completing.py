"""Completing a course: certified once for each learner, version and award, whoever asks and how often."""

import secrets
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.certificates.commands import issue, revoke
from portal.certificates.queries import by_number
from portal.certificates.rules.claims import CertificateType, is_sayable
from portal.certificates.rules.facts import CourseFacts
from portal.certificates.rules.states import Reason
from portal.db import transaction
from portal.kernel import clock, site
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.ids import new_id
from portal.training.commands import letters
from portal.training.models.classes import Cohort, CohortTrainer
from portal.training.models.learners import Enrolment, JoinedLearner, Learner
from portal.training.models.outcomes import Completion
from portal.training.queries.courses import content, version
from portal.training.queries.progress import progress_of

AWARD: Final = "completion"
# The room of certificates knows no courses: this one has asked whether the rule is met and speaks for itself.
_HAND: Final = Actor.system("training")


def complete_if_met(enrolment_id: str, now: datetime) -> str | None:
    """Certify the course if its rule is met; the number of the certificate: the same one when asked again,
    and when the same person has completed it under another name on a list.

    Joins the transaction in which the last requirement was met. None while something is missing, and always
    for who does not count as a learner (testers, staff), has left or was erased.
    """
    with transaction() as session:
        enrolment = session.get_one(Enrolment, enrolment_id)
        learner = alone_with(session, enrolment.learner_id)
        known = _certificate(session, enrolment)
        if known or not _counts(enrolment, learner) or not progress_of(enrolment_id).is_complete:
            return known
        completion_id = new_id("cmp")
        number = issue(_HAND, facts_of(session, completion_id, enrolment, learner, now), now)
        session.add(
            Completion(
                id=completion_id, enrolment_id=enrolment.id, learner_id=learner.id,
                version_id=enrolment.version_id, award=AWARD, certificate=number, completed_at=now,
            )
        )  # fmt: skip
        session.flush()
        audit.record(_HAND, "course.completed", completion_id, now, enrolment=enrolment.id)
        title = version(enrolment.version_id).title
        told = {"course": {"zh": title.zh, "en": title.en}, "certificate": number}
        letters.write("completed", enrolment, learner, told, now)
        return number


def alone_with(session: Session, learner_id: str) -> Learner:
    """The learner as they stand now, with nobody else completing anything for them until we are done.

    Rows that turned out to be one person are held together, in id order.
    """
    rows = session.scalars(
        select(Learner)
        .where(Learner.id.in_(_person(session, learner_id)))
        .order_by(Learner.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return next(row for row in rows if row.id == learner_id)


def certify_once(session: Session, learner_id: str, now: datetime) -> None:
    """Where rows that are one person now were certified twice for a version, the earlier certificate stands.

    The later one is withdrawn with its reason, in the transaction that joins the rows.
    """
    alone_with(session, learner_id)
    earned = session.execute(
        select(Completion.version_id, Completion.award, Completion.certificate)
        .where(Completion.learner_id.in_(_person(session, learner_id)))
        .order_by(Completion.completed_at, Completion.id)
    ).all()
    standing = set[tuple[str, str]]()
    for version_id, award, number in earned:
        if not by_number(number).state.is_live:
            continue
        if (version_id, award) in standing:
            revoke(_HAND, number, Reason.ISSUED_TWICE, now)
        standing.add((version_id, award))


def _person(session: Session, learner_id: str) -> set[str]:
    """The learner, and all rows that turned out to be the same person."""
    joined = select(JoinedLearner.into_id).where(JoinedLearner.learner_id == learner_id)
    into = session.scalar(joined) or learner_id
    others = select(JoinedLearner.learner_id).where(JoinedLearner.into_id == into)
    return {into, learner_id, *session.scalars(others)}


def _counts(enrolment: Enrolment, learner: Learner) -> bool:
    return enrolment.standing == "learner" and enrolment.left_at is None and learner.erased_at is None


def _certificate(session: Session, enrolment: Enrolment) -> str | None:
    """Of this person for this version; the first one where there were two before the rows were joined."""
    return session.scalar(
        select(Completion.certificate)
        .where(
            Completion.learner_id.in_(_person(session, enrolment.learner_id)),
            Completion.version_id == enrolment.version_id,
            Completion.award == AWARD,
        )
        .order_by(Completion.completed_at, Completion.id)
        .limit(1)
    )


def facts_of(
    session: Session, completion_id: str, enrolment: Enrolment, learner: Learner, now: datetime
) -> CourseFacts:
    """What the certificate of this completion says, with the learner's name as it stands now."""
    listed, course = version(enrolment.version_id), content(enrolment.version_id).course
    cohort = session.get_one(Cohort, enrolment.cohort_id) if enrolment.cohort_id else None
    return CourseFacts(
        holder_name=learner.name, holder_salt=secrets.token_bytes(32),
        organisation_id=cohort.organisation_id if cohort else "",
        is_public=False, lang=enrolment.lang, test=False, result_id=completion_id,
        course=course.title, course_id=course.id, course_version=course.version, hours=course.hours,
        audience=listed.audience, learned_in=enrolment.lang,
        cohort=_name_of(cohort) if cohort else Bilingual("", ""),
        trainer=_first_trainer(session, cohort) if cohort else "",
        objectives=tuple(each.text for each in course.objectives),
        issuer=site.name(), completed_on=completed_on(session, enrolment, now),
    )  # fmt: skip


def completed_on(session: Session, enrolment: Enrolment, at: datetime) -> date:
    """The civil day where the class is; in the city for who learns alone."""
    cohort = session.get_one(Cohort, enrolment.cohort_id) if enrolment.cohort_id else None
    return clock.day_of(at, cohort.zone if cohort else clock.CITY)


def _name_of(cohort: Cohort) -> Bilingual:
    """The cohort as its trainer called it; by its days where that would claim what no certificate says."""
    name = Bilingual(cohort.name, cohort.name)
    if is_sayable(CertificateType.COURSE, name):
        return name
    days = f"{cohort.first_day.isoformat()} – {cohort.last_day.isoformat()}"
    return Bilingual(days, days)


def _first_trainer(session: Session, cohort: Cohort) -> str:
    found = session.scalar(
        select(CohortTrainer.name)
        .where(CohortTrainer.cohort_id == cohort.id)
        .order_by(CohortTrainer.since, CohortTrainer.person_id)
        .limit(1)
    )
    return found or ""
