"""What happened to a draft: every change of its files, and who asked that it be published."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bytes, Int, Str, Utc, strict


class DraftChange(Base):
    """A file of a draft as one change left it; ``data`` is None where the change took it out.

    The files of one ``step`` changed together and are put back together: ``stp_…``, or ``sit_…`` for what a
    page saved by itself while its author was at it, of which the newest state is kept.
    """

    __tablename__ = "training_draft_change"
    __table_args__ = strict(
        CheckConstraint("revision >= 1", name="changes_count_from_one"),
        Index("ix_training_draft_change_draft_id_step", "draft_id", "step"),
    )

    draft_id: Mapped[str] = mapped_column(ForeignKey("training_draft.id"), primary_key=True)
    path: Mapped[str] = mapped_column(Str, primary_key=True)
    revision: Mapped[int] = mapped_column(Int, primary_key=True)
    step: Mapped[str] = mapped_column(Str, nullable=False)
    data: Mapped[bytes | None] = mapped_column(Bytes, deferred=True)
    changed_by: Mapped[str] = mapped_column(Str, nullable=False)
    changed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class DraftRequest(Base):
    """An author asks for a draft to be published; ``drq_…``. ``sha256`` is the pack that was meant.

    Somebody else answers: it is published, or returned with a reason; who asked may take it back.
    """

    __tablename__ = "training_draft_request"
    __table_args__ = strict(
        CheckConstraint("length(sha256) = 64", name="a_request_means_one_pack"),
        CheckConstraint(
            "answer IS NULL OR answer IN ('published','returned','taken_back')",
            name="a_request_has_a_known_answer",
        ),
        CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)",
            name="an_answer_has_a_person_and_a_time",
        ),
        CheckConstraint(
            "answer IS NULL OR answer <> 'published' OR answered_by <> asked_by",
            name="who_asks_does_not_publish",
        ),
        Index(
            "a_draft_has_one_open_request", "draft_id", unique=True,
            sqlite_where=text("answer IS NULL"), postgresql_where=text("answer IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("training_draft.id"), nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    asked_by: Mapped[str] = mapped_column(Str, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    answer: Mapped[str | None] = mapped_column(Str)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    answered_by: Mapped[str | None] = mapped_column(Str)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
