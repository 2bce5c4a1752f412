"""Tables of privacy: copies and erasures that were asked for, consents, corrections, and who has looked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Int, Json, Str, Utc, strict
from portal.privacy.rules.copies import CopyState
from portal.privacy.rules.corrections import WORDS_MAX, CorrectionState, Matter
from portal.privacy.rules.erasure import ErasureState

_SOMEBODY = "(person_id <> '') <> (order_id <> '')"


def _one_of(column: str, words: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in sorted(words))})"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class DataCopy(Base):
    """A copy of somebody's data as a ZIP: asked for, packed part by part, fetched for a week, then gone."""

    __tablename__ = "data_copy"
    __table_args__ = strict(
        CheckConstraint(_SOMEBODY, name="a_copy_is_of_a_person_or_of_an_order"),
        CheckConstraint(_one_of("state", CopyState), name="copy_state_is_known"),
        CheckConstraint("done BETWEEN 0 AND total", name="a_copy_counts_its_parts"),
        CheckConstraint(
            "state <> 'ready' OR (sha256 <> '' AND expires_at IS NOT NULL)", name="a_ready_copy_has_a_file"
        ),
        CheckConstraint("lang IN ('zh','en')", name="a_copy_is_in_zh_or_en"),
        Index("ix_data_copy_person_id", "person_id", "asked_at"),
        Index("ix_data_copy_expires_at", "expires_at", **_where("state = 'ready'")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)  # "" for a guest's order
    order_id: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    total: Mapped[int] = mapped_column(Int, nullable=False)
    done: Mapped[int] = mapped_column(Int, nullable=False)
    bytes: Mapped[int] = mapped_column(Int, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    expires_at: Mapped[datetime | None] = mapped_column(Utc)


class Erasure(Base):
    """Somebody wants to be forgotten. ``held`` says, as an error's name, why it could not be done yet."""

    __tablename__ = "erasure"
    __table_args__ = strict(
        CheckConstraint(_SOMEBODY, name="an_erasure_is_of_a_person_or_of_an_order"),
        CheckConstraint(_one_of("state", ErasureState), name="erasure_state_is_known"),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="a_settled_erasure_says_when"),
        CheckConstraint("due_at > asked_at", name="an_erasure_can_be_undone_for_a_while"),
        CheckConstraint("lang IN ('zh','en')", name="an_erasure_speaks_zh_or_en"),
        Index("one_erasure_of_a_person_waits", "person_id", "order_id", unique=True,
              **_where("state = 'waiting'")),
        Index("ix_erasure_due_at", "due_at", **_where("state = 'waiting'")),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)  # "" for a guest's order
    order_id: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    held: Mapped[str] = mapped_column(Str, nullable=False)
    outcome: Mapped[dict[str, int]] = mapped_column(Json, nullable=False)  # what → how many
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    due_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    settled_at: Mapped[datetime | None] = mapped_column(Utc)


class Consent(Base):
    """Somebody agreed or no longer agrees, to which words, when. Never edited or deleted."""

    __tablename__ = "consent"
    __table_args__ = strict(
        CheckConstraint("length(text_sha256) = 64", name="a_consent_is_to_known_words"),
        Index("ix_consent_person_id", "person_id", "at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)
    purpose: Mapped[str] = mapped_column(Str, nullable=False)
    text_version: Mapped[str] = mapped_column(Str, nullable=False)
    text_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    is_given: Mapped[bool] = mapped_column(Bool, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Correction(Base):
    """Something is wrong that the person cannot change; the desk answers."""

    __tablename__ = "correction"
    __table_args__ = strict(
        CheckConstraint(_one_of("matter", Matter), name="a_correction_is_about_something_known"),
        CheckConstraint(_one_of("state", CorrectionState), name="correction_state_is_known"),
        CheckConstraint(f"length(words) <= {WORDS_MAX}", name="words_of_a_correction_are_short"),
        CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL) AND (state = 'asked') = (answered_by IS NULL)",
            name="an_answered_correction_says_by_whom_and_when",
        ),
        Index("ix_correction_person_id", "person_id", "asked_at"),
        Index("ix_correction_open", "asked_at", **_where("state = 'asked'")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)
    matter: Mapped[str] = mapped_column(Str, nullable=False)
    words: Mapped[str] = mapped_column(Str, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    answer: Mapped[str] = mapped_column(Str, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    answered_by: Mapped[str | None] = mapped_column(Str)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)


class Look(Base):
    """Staff or a colleague opened a page about somebody: who, when, what, why. Never edited."""

    __tablename__ = "look"
    __table_args__ = strict(
        Index("ix_look_person_id", "person_id", "at", **_where("person_id <> ''")),
        Index("ix_look_thing_id", "thing_id", "at"),
        Index("ix_look_actor_id", "actor_id", "at"),
        Index("ix_look_at", "at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    thing_id: Mapped[str] = mapped_column(Str, nullable=False)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)  # "" where it is nobody with an account
    why: Mapped[str] = mapped_column(Str, nullable=False)


class PupilClass(Base):
    """Children of one class of a school, who get accounts without anything about them.

    ``name`` is what the school calls the class. The guardians' consent is noted before accounts are made.
    """

    __tablename__ = "pupil_class"
    __table_args__ = strict(
        CheckConstraint("name <> '' AND length(name) <= 40", name="a_class_has_a_short_name"),
        CheckConstraint("places BETWEEN 1 AND 60", name="a_class_has_1_to_60_places"),
        Index("ix_pupil_class_organisation_id", "organisation_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Str, nullable=False)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    places: Mapped[int] = mapped_column(Int, nullable=False)
    guardians_text: Mapped[str] = mapped_column(Str, nullable=False)  # version of the words they agreed to
    made_by: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class PupilClassTie(Base):
    """What a class of pupils does together: the group its pledges count in, and the class it learns in."""

    __tablename__ = "pupil_class_tie"
    __table_args__ = strict(
        CheckConstraint("group_id <> '' OR cohort_id <> ''", name="a_class_is_tied_to_something")
    )

    class_id: Mapped[str] = mapped_column(ForeignKey("pupil_class.id"), primary_key=True)
    group_id: Mapped[str] = mapped_column(Str, nullable=False)  # "" for none
    cohort_id: Mapped[str] = mapped_column(Str, nullable=False)  # "" for none
    tied_by: Mapped[str] = mapped_column(Str, nullable=False)
    tied_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Pupil(Base):
    """One place in a class: an account with an animal and a number for a name."""

    __tablename__ = "pupil"
    __table_args__ = strict(UniqueConstraint("class_id", "number", name="a_class_numbers_its_places"))

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    class_id: Mapped[str] = mapped_column(ForeignKey("pupil_class.id"), nullable=False)
    number: Mapped[int] = mapped_column(Int, nullable=False)
