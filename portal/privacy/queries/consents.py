"""What somebody has agreed to: read from the things themselves, so that it never differs from what is done.

Whether a name is shown is the certificate's and the pledge's own state; whether letters are written, that of
the subscription. What was changed on the pages of privacy has a line of its own, with the words and the time.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.certificates import own as certificates
from portal.db import db
from portal.holdings import Subject
from portal.pledges import own as pledges
from portal.privacy.models import Consent
from portal.privacy.rules.purposes import Purpose, purposes
from portal.training.queries.following import consents_of


@dataclass(frozen=True, slots=True)
class Standing:
    """One purpose that rests on consent, and the ids or numbers of the things it is given for."""

    purpose: Purpose
    things: tuple[str, ...]

    @property
    def is_given(self) -> bool:
        return bool(self.things)


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody agreed, or no longer agrees; ``text_version`` names the words."""

    purpose: str
    text_version: str
    is_given: bool
    at: datetime


def standing(subject: Subject) -> list[Standing]:
    """Every purpose that rests on the person's own consent, in the order of the notice."""
    shown = {
        "public_name": (*certificates.naming(subject.certificates), *pledges.naming(subject)),
        "follow_up": tuple(pledges.letters_to(subject)),
        "class_follow_up": tuple(consents_of(subject.learners)),
    }
    return [Standing(each, shown[each.id]) for each in purposes() if each.id in shown]


def changes_of(person_id: str) -> list[Change]:
    """What was changed on the pages of privacy, the newest first."""
    rows = db.session.scalars(
        select(Consent).where(Consent.person_id == person_id).order_by(Consent.id.desc()).limit(50)
    )
    return [Change(row.purpose, row.text_version, row.is_given, row.at) for row in rows]
