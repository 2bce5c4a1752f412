"""What became of a class: who agreed to be asked, who was asked, and answers that lead back to nobody."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Int, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass

_STAGES = "months IN (6, 12)"


class FollowUp(Base):
    """A learner agreed to be asked later; ``ended_at`` when they no longer do."""

    __tablename__ = "training_follow_up"
    __table_args__ = strict(
        CheckConstraint("words <> ''", name="who_agrees_to_be_asked_agrees_to_words"),
        CheckConstraint("agreed_at <= ended_at", name="being_asked_ends_after_it_was_agreed"),
    )

    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), primary_key=True)
    words: Mapped[str] = mapped_column(Str, nullable=False)
    agreed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class FollowUpTurn(Base):
    """A learner was asked after so many months. That they answered is known, what they said is not."""

    __tablename__ = "training_follow_up_turn"
    __table_args__ = strict(CheckConstraint(_STAGES, name="a_class_is_asked_after_six_and_twelve_months"))

    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), primary_key=True)
    months: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    is_answered: Mapped[bool] = mapped_column(Bool, nullable=False)


class FollowUpAnswer(Base):
    """What somebody of a class told. ``id`` is drawn at random, so that order says nothing of whose it is."""

    __tablename__ = "training_follow_up_answer"
    __table_args__ = strict(
        CheckConstraint(_STAGES, name="an_answer_comes_after_six_or_twelve_months"),
        CheckConstraint(
            "pledge IN ('kept','partly','not_kept','none')", name="a_pledge_is_told_of_in_known_words"
        ),
        CheckConstraint("before_g >= 0 AND now_g >= 0", name="footprints_that_are_told_are_not_negative"),
        Index("ix_training_follow_up_answer_cohort_id_months", "cohort_id", "months"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    cohort_id: Mapped[str] = mapped_column(ForeignKey("training_cohort.id"), nullable=False)
    months: Mapped[int] = mapped_column(Int, nullable=False)
    pledge: Mapped[str] = mapped_column(Str, nullable=False)
    before: Mapped[Mass | None] = mapped_column("before_g", MassCol)
    now: Mapped[Mass | None] = mapped_column("now_g", MassCol)
