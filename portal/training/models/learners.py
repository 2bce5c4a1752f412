"""Who learns, in what, and what was read."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Str, Utc, strict


class Learner(Base):
    """Somebody who learns; ``lrn_…``. With an account, or with a personal code that a trainer hands out.

    ``email`` is empty for who has none. An erased learner keeps the row and loses ``name``, ``email`` and the
    account, so that statistics and certificates stand.
    """

    __tablename__ = "training_learner"
    __table_args__ = strict(
        CheckConstraint("lang IN ('zh','en')", name="a_learner_reads_zh_or_en"),
        CheckConstraint("name <> '' OR erased_at IS NOT NULL", name="a_learner_has_a_name"),
        CheckConstraint(
            "erased_at IS NULL OR (name = '' AND email = '' AND person_id IS NULL AND code_hash IS NULL)",
            name="an_erased_learner_has_no_name",
        ),
        Index("ix_training_learner_email", "email"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str | None] = mapped_column(Str, unique=True)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    email: Mapped[str] = mapped_column(Str, nullable=False)  # case-folded
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    code_hash: Mapped[str | None] = mapped_column(Str, unique=True)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    erased_at: Mapped[datetime | None] = mapped_column(Utc)


class JoinedLearner(Base):
    """A learner who turned out to be another: put on a list by name, known by an account since before.

    What was learned stays with the row it was learned under; from here on both belong to one person.
    """

    __tablename__ = "training_joined_learner"
    __table_args__ = strict(
        CheckConstraint("learner_id <> into_id", name="a_learner_is_not_joined_to_itself"),
        Index("ix_training_joined_learner_into_id", "into_id"),
    )

    learner_id: Mapped[str] = mapped_column(ForeignKey("training_learner.id"), primary_key=True)
    into_id: Mapped[str] = mapped_column(ForeignKey("training_learner.id"), nullable=False)
    joined_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Roster(Base):
    """A list of learners that was taken into a cohort in one go; undone as one."""

    __tablename__ = "training_roster"
    __table_args__ = strict(Index("ix_training_roster_cohort_id", "cohort_id"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    cohort_id: Mapped[str] = mapped_column(ForeignKey("training_cohort.id"), nullable=False)
    file_name: Mapped[str] = mapped_column(Str, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    made_by: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    undone_at: Mapped[datetime | None] = mapped_column(Utc)


class Enrolment(Base):
    """A learner in one version of a course, in a cohort or alone; ``enr_…``.

    ``standing``: only a ``learner`` counts in statistics, a ``tester`` or ``staff`` never does.
    """

    __tablename__ = "training_enrolment"
    __table_args__ = strict(
        CheckConstraint("standing IN ('learner','tester','staff')", name="an_enrolment_has_a_known_standing"),
        CheckConstraint("lang IN ('zh','en')", name="an_enrolment_is_in_zh_or_en"),
        UniqueConstraint("learner_id", "cohort_id", name="a_learner_is_in_a_cohort_once"),
        Index(
            "a_learner_learns_a_version_alone_once", "learner_id", "version_id", unique=True,
            sqlite_where=text("cohort_id IS NULL"), postgresql_where=text("cohort_id IS NULL"),
        ),
        Index("ix_training_enrolment_cohort_id", "cohort_id"),
        Index("ix_training_enrolment_version_id", "version_id"),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    learner_id: Mapped[str] = mapped_column(ForeignKey("training_learner.id"), nullable=False)
    version_id: Mapped[str] = mapped_column(ForeignKey("training_course_version.id"), nullable=False)
    cohort_id: Mapped[str | None] = mapped_column(ForeignKey("training_cohort.id"))
    roster_id: Mapped[str | None] = mapped_column(ForeignKey("training_roster.id"))
    standing: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    enrolled_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    seen_at: Mapped[datetime] = mapped_column(Utc, nullable=False)  # when the learner last did something
    left_at: Mapped[datetime | None] = mapped_column(Utc)


class Reading(Base):
    """A lesson that was opened and, once ``done_at`` is set, finished."""

    __tablename__ = "training_reading"
    __table_args__ = strict()

    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), primary_key=True)
    lesson: Mapped[str] = mapped_column(Str, primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    done_at: Mapped[datetime | None] = mapped_column(Utc)
