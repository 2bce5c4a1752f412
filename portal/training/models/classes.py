"""Cohorts, their trainers, their sessions and who was there."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Bytes, Day, Int, Str, Utc, strict
from portal.training.rules.zones import zone_of


class Cohort(Base):
    """A class that takes one version of a course; ``coh_…``. Who has ``join_code`` joins while it is open."""

    __tablename__ = "training_cohort"
    __table_args__ = strict(
        CheckConstraint("name <> '' AND length(name) <= 80", name="a_cohort_has_a_short_name"),
        CheckConstraint("first_day <= last_day", name="a_cohort_ends_after_it_begins"),
        CheckConstraint("sessions_required >= 0", name="sessions_required_are_counted"),
        Index("ix_training_cohort_version_id", "version_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("training_course_version.id"), nullable=False)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    organisation_id: Mapped[str] = mapped_column(Str, nullable=False)  # empty: of nobody but its trainers
    place: Mapped[str] = mapped_column(Str, nullable=False)
    first_day: Mapped[date] = mapped_column(Day, nullable=False)
    last_day: Mapped[date] = mapped_column(Day, nullable=False)
    time_zone: Mapped[str] = mapped_column(Str, nullable=False)  # IANA name
    join_code: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    is_open: Mapped[bool] = mapped_column(Bool, nullable=False)
    sessions_required: Mapped[int] = mapped_column(Int, nullable=False)
    made_by: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)

    @property
    def zone(self) -> ZoneInfo:
        """By whose clock the class goes."""
        return zone_of(self.time_zone)


class CohortTrainer(Base):
    """Who runs a cohort. The first is named on certificates."""

    __tablename__ = "training_cohort_trainer"
    __table_args__ = strict(Index("ix_training_cohort_trainer_person_id", "person_id"))

    cohort_id: Mapped[str] = mapped_column(ForeignKey("training_cohort.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, primary_key=True)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    since: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Trainer(Base):
    """How far somebody has come as a trainer; each step is a row, the newest counts."""

    __tablename__ = "training_trainer"
    __table_args__ = strict(
        CheckConstraint("level IN ('facilitator','trainer','lead')", name="a_trainer_has_a_known_level"),
        CheckConstraint("reason <> ''", name="a_step_of_a_trainer_has_a_reason"),
    )

    person_id: Mapped[str] = mapped_column(Str, primary_key=True)
    since: Mapped[datetime] = mapped_column(Utc, primary_key=True)
    level: Mapped[str] = mapped_column(Str, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    granted_by: Mapped[str] = mapped_column(Str, nullable=False)


class Session(Base):
    """A meeting of a cohort; ``ses_…``. ``secret`` makes the codes that change while people sign in."""

    __tablename__ = "training_session"
    __table_args__ = strict(
        UniqueConstraint("cohort_id", "number", name="a_cohort_numbers_its_sessions"),
        CheckConstraint("starts_at < ends_at", name="a_session_ends_after_it_begins"),
        CheckConstraint("headcount >= 0", name="heads_are_counted"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    cohort_id: Mapped[str] = mapped_column(ForeignKey("training_cohort.id"), nullable=False)
    number: Mapped[int] = mapped_column(Int, nullable=False)
    title: Mapped[str] = mapped_column(Str, nullable=False)
    place: Mapped[str] = mapped_column(Str, nullable=False)
    starts_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    ends_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    secret: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    headcount: Mapped[int | None] = mapped_column(Int)
    cancelled_at: Mapped[datetime | None] = mapped_column(Utc)


class SignInDevice(Base):
    """From which device a learner signed in at a session; ``device`` is a digest that says so of this session
    alone, so that nobody can be followed from one to the next."""

    __tablename__ = "training_sign_in_device"
    __table_args__ = strict(CheckConstraint("length(device) = 64", name="a_device_is_known_by_a_digest"))

    session_id: Mapped[str] = mapped_column(ForeignKey("training_session.id"), primary_key=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), primary_key=True)
    device: Mapped[str] = mapped_column(Str, nullable=False)


class CohortLanguage(Base):
    """The language that a class is held in. Without a row it is Chinese."""

    __tablename__ = "training_cohort_language"
    __table_args__ = strict(CheckConstraint("lang IN ('zh','en')", name="a_cohort_is_held_in_zh_or_en"))

    cohort_id: Mapped[str] = mapped_column(ForeignKey("training_cohort.id"), primary_key=True)
    lang: Mapped[str] = mapped_column(Str, nullable=False)


class Attendance(Base):
    """Somebody was there, or after all was not (``is_present`` false): by a scan, the sheet, the trainer."""

    __tablename__ = "training_attendance"
    __table_args__ = strict(
        CheckConstraint("way IN ('scan','sheet','trainer')", name="attendance_came_in_a_known_way"),
        Index("ix_training_attendance_enrolment_id", "enrolment_id"),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("training_session.id"), primary_key=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("training_enrolment.id"), primary_key=True)
    is_present: Mapped[bool] = mapped_column(Bool, nullable=False)
    way: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)
