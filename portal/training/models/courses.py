"""Courses as they were published, and drafts that are being written."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bytes, Int, Str, Utc, strict
from portal.training.rules.packs.course import AUDIENCES

_AUDIENCES = ", ".join(f"'{audience}'" for audience in AUDIENCES)


class CourseVersion(Base):
    """One version of a course, ``crv_…``: its pack as a ZIP file, byte for byte as it was published.

    All that a lesson or a question says is read from ``pack``; the other columns are what lists ask for.
    """

    __tablename__ = "training_course_version"
    __table_args__ = strict(
        UniqueConstraint("course", "version", name="a_version_of_a_course_is_published_once"),
        CheckConstraint(f"audience IN ({_AUDIENCES})", name="a_course_has_a_known_audience"),
        CheckConstraint("length(sha256) = 64", name="a_pack_has_a_digest"),
        CheckConstraint("minutes > 0", name="a_course_takes_time"),
        Index("ix_training_course_version_track", "track"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    course: Mapped[str] = mapped_column(Str, nullable=False)  # the id that the pack gives it
    version: Mapped[str] = mapped_column(Str, nullable=False)
    track: Mapped[str] = mapped_column(Str, nullable=False)
    audience: Mapped[str] = mapped_column(Str, nullable=False)
    title_zh: Mapped[str] = mapped_column(Str, nullable=False)
    title_en: Mapped[str] = mapped_column(Str, nullable=False)
    minutes: Mapped[int] = mapped_column(Int, nullable=False)
    pack: Mapped[bytes] = mapped_column(Bytes, nullable=False, deferred=True)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    published_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    published_by: Mapped[str] = mapped_column(Str, nullable=False)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Utc)  # from then on nobody begins it


class Draft(Base):
    """A pack that is being written; ``drf_…``. ``based_on`` is the version that it began as, if any."""

    __tablename__ = "training_draft"
    __table_args__ = strict(Index("ix_training_draft_made_by", "made_by"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    course: Mapped[str] = mapped_column(Str, nullable=False)
    based_on: Mapped[str | None] = mapped_column(ForeignKey("training_course_version.id"))
    made_by: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    published_as: Mapped[str | None] = mapped_column(ForeignKey("training_course_version.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Utc)


class DraftFile(Base):
    """A file of a draft. ``revision`` counts its changes from 1: who saves an older one is told."""

    __tablename__ = "training_draft_file"
    __table_args__ = strict(CheckConstraint("revision >= 1", name="revisions_count_from_one"))

    draft_id: Mapped[str] = mapped_column(ForeignKey("training_draft.id"), primary_key=True)
    path: Mapped[str] = mapped_column(Str, primary_key=True)
    data: Mapped[bytes] = mapped_column(Bytes, nullable=False, deferred=True)
    revision: Mapped[int] = mapped_column(Int, nullable=False)
    changed_by: Mapped[str] = mapped_column(Str, nullable=False)
    changed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
