"""Consents: who agreed to what where they were asked, in which words and when, kept with the thing itself.

What is shown or sent follows from the thing (the order, the certificate, the pledge); these lines say how it
came about. Whoever asks takes the words from here, so that the line holds what stood on the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ColumnElement, Index, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Str, Utc, db, strict, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import N_
from portal.kernel.ids import new_id

WORDS_MAX: Final = 300


class Agreement(Base):
    """Somebody said yes or no to one question about one thing; ``agr_…``. Never edited or deleted.

    ``words`` are the question's message id. ``person_id`` is empty for a guest, whom the thing's link proves.
    """

    __tablename__ = "agreement"
    __table_args__ = strict(
        CheckConstraint("purpose <> '' AND thing_id <> ''", name="an_agreement_is_for_something"),
        CheckConstraint(f"length(words) BETWEEN 1 AND {WORDS_MAX}", name="an_agreement_keeps_its_words"),
        Index("ix_agreement_thing_id", "thing_id", "id"),
        Index("ix_agreement_person_id", "person_id", "id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    purpose: Mapped[str] = mapped_column(Str, nullable=False)
    thing_id: Mapped[str] = mapped_column(Str, nullable=False)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)
    is_given: Mapped[bool] = mapped_column(Bool, nullable=False)
    words: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as it stands on the page (a message id), and the purpose that a yes is for."""

    purpose: str
    words: str


NAME_ON_CERTIFICATE: Final = Question(
    "public_name", N_("Show this name to anyone who looks up the certificate number")
)
NAME_TO_EVERYBODY: Final = Question("public_name", N_("Show the name to everybody"))
NAME_TO_CHECKERS: Final = Question("public_name", N_("Everybody who checks the certificate may see the name"))
NAME_ON_WALL: Final = Question("public_name", N_("Show the name with it"))
LETTERS: Final = Question("follow_up", N_("Write to me after 6 and 12 months, then yearly"))
AFTER_CLASS: Final = Question(
    "class_follow_up",
    N_(
        "May we ask you six and twelve months after the class whether you kept what you promised, and how "
        "your footprint has changed? Your answers carry no name; the trainer sees only sums of five or more. "
        "By letter where we know your address, in the daytime, else on this page. You can end it at any time."
    ),
)
GUARDIANS: Final = Question(
    "pupils", N_("The guardians of all these pupils have agreed in writing, and the school keeps the forms.")
)


@dataclass(frozen=True, slots=True)
class Said:
    """One line: yes or no, to which words, about what."""

    purpose: str
    thing_id: str
    is_given: bool
    words: str
    at: datetime


def record(actor: Actor, question: Question, thing_id: str, is_given: bool, now: datetime) -> None:
    """Append what somebody said, in the transaction that follows it; of the portal's own hand, nothing."""
    if actor.is_system:
        return
    with transaction() as session:
        session.add(
            Agreement(
                id=new_id("agr"), purpose=question.purpose, thing_id=thing_id,
                person_id=actor.id if actor.is_person else "", is_given=is_given, words=question.words,
                at=now,
            )
        )  # fmt: skip
        session.flush()


def last_yes(things: Iterable[str]) -> dict[str, Said]:
    """The last yes to each of these things; those that nobody agreed to where it was asked are left out."""
    wanted = select(Agreement).where(Agreement.thing_id.in_(list(things)), Agreement.is_given)
    return {row.thing_id: _said(row) for row in db.session.scalars(wanted.order_by(Agreement.id))}


def said(person_id: str, things: Iterable[str] = (), limit: int = 200) -> list[Said]:
    """What this person said, and what was said about these things; the newest first."""
    theirs: list[ColumnElement[bool]] = [Agreement.thing_id.in_(list(things))]
    if person_id:
        theirs.append(Agreement.person_id == person_id)
    wanted = select(Agreement).where(or_(*theirs)).order_by(Agreement.id.desc()).limit(limit)
    return [_said(row) for row in db.session.scalars(wanted)]


def _said(row: Agreement) -> Said:
    return Said(row.purpose, row.thing_id, row.is_given, row.words, row.at)
