"""Attempts at a quiz, answer by answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Int, Json, Str, Utc, strict


class Attempt(Base):
    """One go at a quiz; ``att_…``. ``quiz`` is ``final`` or the id of a module (practice).

    ``policy`` and ``items`` are frozen when it begins: the rule it is judged by, and which questions in which
    order (seeded variants come from ``seed``). ``earned`` is an exact fraction of ``possible`` marks, "7/2".
    """

    __tablename__ = "training_attempt"
    __table_args__ = strict(
        UniqueConstraint("enrolment_id", "quiz", "number", name="attempts_at_a_quiz_are_numbered"),
        CheckConstraint("number >= 1", name="attempts_count_from_one"),
        CheckConstraint("lang IN ('zh','en')", name="an_attempt_is_in_zh_or_en"),
        CheckConstraint("way IN ('screen','paper')", name="an_attempt_is_on_screen_or_on_paper"),
        CheckConstraint(
            "(submitted_at IS NULL) = (earned IS NULL) AND (submitted_at IS NULL) = (passed IS NULL)",
            name="a_submitted_attempt_has_a_result",
        ),
        Index(
            "a_learner_has_one_open_attempt_at_a_quiz", "enrolment_id", "quiz", unique=True,
            sqlite_where=text("submitted_at IS NULL"), postgresql_where=text("submitted_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), nullable=False)
    quiz: Mapped[str] = mapped_column(Str, nullable=False)
    number: Mapped[int] = mapped_column(Int, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    seed: Mapped[int] = mapped_column(Int, nullable=False)
    policy: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    items: Mapped[list[str]] = mapped_column(Json, nullable=False)
    way: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)  # who typed it in
    started_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    submitted_at: Mapped[datetime | None] = mapped_column(Utc)
    earned: Mapped[str | None] = mapped_column(Str)
    possible: Mapped[int] = mapped_column(Int, nullable=False)
    passed: Mapped[bool | None] = mapped_column(Bool)


class PaperCorrection(Base):
    """A sheet was typed in wrongly: ``by_attempt_id`` counts in the place of ``attempt_id``, which stays."""

    __tablename__ = "training_paper_correction"
    __table_args__ = strict(
        CheckConstraint("attempt_id <> by_attempt_id", name="a_sheet_is_not_corrected_by_itself"),
        CheckConstraint("reason <> ''", name="a_correction_has_a_reason"),
    )

    attempt_id: Mapped[str] = mapped_column(ForeignKey("training_attempt.id"), primary_key=True)
    by_attempt_id: Mapped[str] = mapped_column(ForeignKey("training_attempt.id"), unique=True, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Answer(Base):
    """What was answered to one item. ``edition`` grows with each change: an older one that arrives late
    changes nothing. ``credit`` is an exact fraction from 0 to 1, written when the attempt is submitted."""

    __tablename__ = "training_answer"
    __table_args__ = strict(CheckConstraint("edition >= 1", name="editions_count_from_one"))

    attempt_id: Mapped[str] = mapped_column(ForeignKey("training_attempt.id"), primary_key=True)
    item: Mapped[str] = mapped_column(Str, primary_key=True)
    response: Mapped[Any] = mapped_column(Json, nullable=False)
    edition: Mapped[int] = mapped_column(Int, nullable=False)
    saved_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    credit: Mapped[str | None] = mapped_column(Str)
