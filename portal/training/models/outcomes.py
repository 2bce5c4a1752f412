"""What comes of learning: overrides with their reasons, and completions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Str, Utc, strict


class Override(Base):
    """A trainer's word on one requirement of one learner; the newest counts, the learner sees all."""

    __tablename__ = "training_override"
    __table_args__ = strict(
        CheckConstraint("reason <> ''", name="an_override_has_a_reason"),
        Index("ix_training_override_enrolment_id", "enrolment_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), nullable=False)
    requirement: Mapped[str] = mapped_column(Str, nullable=False)  # lesson:<id>, quiz:<quiz> or sessions
    is_met: Mapped[bool] = mapped_column(Bool, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Completion(Base):
    """A course that was completed, once; ``cmp_…``, with the number of its certificate."""

    __tablename__ = "training_completion"
    __table_args__ = strict(
        UniqueConstraint("learner_id", "version_id", "award", name="a_course_is_completed_once"),
        Index("ix_training_completion_enrolment_id", "enrolment_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), nullable=False)
    learner_id: Mapped[str] = mapped_column(ForeignKey("training_learner.id"), nullable=False)
    version_id: Mapped[str] = mapped_column(ForeignKey("training_course_version.id"), nullable=False)
    award: Mapped[str] = mapped_column(Str, nullable=False)
    certificate: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    completed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
