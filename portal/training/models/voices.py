"""What people in a class say to one another: nudges, and feedback that carries no name."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Json, Str, Utc, strict


class Nudge(Base):
    """A word to one learner; ``by`` is the trainer, or the system for a reminder. It goes out by letter."""

    __tablename__ = "training_nudge"
    __table_args__ = strict(
        CheckConstraint("text <> ''", name="a_nudge_says_something"),
        Index("ix_training_nudge_enrolment_id", "enrolment_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), nullable=False)
    text: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class FeedbackForm(Base):
    """Questions to a cohort, owned by the trainer who asks; ``fbf_…``."""

    __tablename__ = "training_feedback_form"
    __table_args__ = strict(Index("ix_training_feedback_form_cohort_id", "cohort_id"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    cohort_id: Mapped[str] = mapped_column(ForeignKey("training_cohort.id"), nullable=False)
    owner_id: Mapped[str] = mapped_column(Str, nullable=False)
    title: Mapped[str] = mapped_column(Str, nullable=False)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(Json, nullable=False)
    opens_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    closes_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class FeedbackGiven(Base):
    """That somebody has answered a form; what was said stands elsewhere and leads back to nobody."""

    __tablename__ = "training_feedback_given"
    __table_args__ = strict()

    form_id: Mapped[str] = mapped_column(ForeignKey("training_feedback_form.id"), primary_key=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), primary_key=True)


class FeedbackAnswer(Base):
    """One filled-in form. ``id`` is drawn at random, so that order tells nothing of who wrote it."""

    __tablename__ = "training_feedback_answer"
    __table_args__ = strict(Index("ix_training_feedback_answer_form_id", "form_id"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    form_id: Mapped[str] = mapped_column(ForeignKey("training_feedback_form.id"), nullable=False)
    answers: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
