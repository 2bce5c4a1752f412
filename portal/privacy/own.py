"""What this room holds about a person, and their deeds in the audit."""

from sqlalchemy import or_

from portal.audit import AuditEntry
from portal.consents import Agreement
from portal.holdings import Holding, of_person
from portal.kernel.errors import N_
from portal.privacy.models import (
    Consent,
    Correction,
    DataCopy,
    Erasure,
    Look,
    Pupil,
    PupilClass,
    PupilClassTie,
)
from portal.training.queries.following import ever_asked

_STAFF = N_("The id of a member of staff, not of you.")

HOLDINGS = (
    Holding(Consent, of_person(Consent.person_id)),
    Holding(Agreement, lambda subject: or_(
        of_person(Agreement.person_id)(subject),
        Agreement.thing_id.in_([
            *subject.certificates, *filter(None, (subject.order_id,)), *ever_asked(subject.learners),
        ]),
    )),
    Holding(Correction, of_person(Correction.person_id), {"answered_by": _STAFF}),
    Holding(DataCopy, of_person(DataCopy.person_id)),
    Holding(Erasure, of_person(Erasure.person_id)),
    Holding(Look, of_person(Look.person_id), {"actor_id": _STAFF}),
    Holding(Pupil, of_person(Pupil.person_id)),
    Holding(PupilClass, of_person(PupilClass.made_by)),
    Holding(PupilClassTie, of_person(PupilClassTie.tied_by)),
    Holding(AuditEntry, of_person(AuditEntry.actor_id)),
)  # fmt: skip
