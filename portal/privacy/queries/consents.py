"""What somebody has agreed to: read from the things themselves, so that it never differs from what is done.

Whether a name is shown is the order's, the certificate's and the pledge's own state; whether letters are
written, that of the subscription. How it came about, in which words and when, stands in ``portal.consents``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal import consents
from portal.certificates import own as certificates
from portal.db import db
from portal.holdings import Subject
from portal.kernel.bilingual import Bilingual
from portal.pledges import own as pledges
from portal.privacy.models import Consent, PupilClass
from portal.privacy.rules.purposes import Purpose, purpose, purposes
from portal.shop import own as shop
from portal.training.queries.following import consents_of, ever_asked

CHANGES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that a consent is given for; of one from before this was written down, the rest is empty."""

    thing: str
    since: datetime | None = None
    words: str = ""  # a message id


@dataclass(frozen=True, slots=True)
class Standing:
    """One purpose that rests on consent, and the things it is given for."""

    purpose: Purpose
    places: tuple[Place, ...]

    @property
    def is_given(self) -> bool:
        return bool(self.places)

    @property
    def things(self) -> tuple[str, ...]:
        return tuple(each.thing for each in self.places)


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody agreed, or no longer agrees. ``thing`` is empty where it was about everything at once.

    ``words`` are a message id, or the purpose's own text in both languages.
    """

    purpose: Purpose
    thing: str
    is_given: bool
    words: str | Bilingual
    at: datetime


def standing(subject: Subject) -> list[Standing]:
    """Every purpose that rests on somebody's consent, in the order of the notice."""
    shown = {
        "public_name": (
            *shop.naming(subject), *certificates.naming(subject.certificates), *pledges.naming(subject),
        ),
        "follow_up": tuple(pledges.letters_to(subject)),
        "class_follow_up": tuple(consents_of(subject.learners)),
        "pupils": _classes_of(subject),
    }  # fmt: skip
    # Guardians agree through a school: nobody else is told that they have not.
    wanted = (each for each in purposes() if each.id in shown and (shown[each.id] or each.id != "pupils"))
    return [Standing(each, _places(shown[each.id])) for each in wanted]


def changes(subject: Subject) -> list[Change]:
    """What the person said, here and where they were asked; the newest first."""
    rows = db.session.scalars(
        select(Consent)
        .where(Consent.person_id == subject.person_id, Consent.person_id != "")
        .order_by(Consent.id.desc())
        .limit(CHANGES_SHOWN)
    )
    here = [Change(purpose(row.purpose), "", row.is_given, _text(row), row.at) for row in rows]
    things = {
        *subject.certificates, *ever_asked(subject.learners),
        *([subject.order_id] if subject.order_id else ()),
    }  # fmt: skip
    elsewhere = [
        Change(purpose(each.purpose), each.thing_id, each.is_given, each.words, each.at)
        for each in consents.said(subject.person_id, things, CHANGES_SHOWN)
    ]
    return sorted([*here, *elsewhere], key=lambda each: each.at, reverse=True)[:CHANGES_SHOWN]


def _classes_of(subject: Subject) -> tuple[str, ...]:
    running = select(PupilClass.id).where(
        PupilClass.made_by == subject.person_id, PupilClass.ended_at.is_(None)
    )
    return tuple(db.session.scalars(running.order_by(PupilClass.id)))


def _places(things: Sequence[str]) -> tuple[Place, ...]:
    """With the last yes to each; a certificate that has none of its own stands on that of its order."""
    orders = shop.orders_behind(things)
    yes = consents.last_yes({*things, *orders.values()})
    found = ((thing, yes.get(thing) or yes.get(orders.get(thing, ""))) for thing in things)
    return tuple(Place(thing, said.at, said.words) if said else Place(thing) for thing, said in found)


def _text(row: Consent) -> Bilingual:
    """The words of the version that the line names; they are never edited."""
    return next(each.words for each in purpose(row.purpose).texts if each.version == row.text_version)
