"""What comes after a promise: who stands behind it, the plan, yearly reports, documents, its end."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Int, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass
from portal.pledges.rules import course, evidence, plans
from portal.pledges.rules.makers import BOUNDARY_MAX


class PledgeProfile(Base):
    """Who stands behind a pledge; one for each. ``sector`` is a letter of GB/T 4754 or ``household``."""

    __tablename__ = "pledge_profile"
    __table_args__ = strict(
        CheckConstraint("maker IN ('person','company','school')", name="a_maker_of_a_pledge_is_known"),
        CheckConstraint(
            "(maker = 'person') = (organisation_id = '')", name="an_organisation_stands_behind_its_pledge"
        ),
        CheckConstraint(f"length(boundary) <= {BOUNDARY_MAX}", name="a_boundary_is_short"),
        Index("ix_pledge_profile_organisation_id", "organisation_id"),
        Index("ix_pledge_profile_sector", "sector", "pledge_id"),
        Index("ix_pledge_profile_county", "county", "pledge_id"),
    )

    pledge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge.id"), primary_key=True)
    maker: Mapped[str] = mapped_column(Str, nullable=False)
    organisation_id: Mapped[str] = mapped_column(Str, nullable=False)
    sector: Mapped[str] = mapped_column(Str, nullable=False)
    county: Mapped[str] = mapped_column(Str, nullable=False)
    baseline_year: Mapped[int] = mapped_column(Int, nullable=False)
    boundary: Mapped[str] = mapped_column(Str, nullable=False)
    shows_name: Mapped[bool] = mapped_column(Bool, nullable=False)


class PledgeText(Base):
    """What a public pledge is found by, folded; see registry/rules/search.py."""

    __tablename__ = "pledge_text"
    __table_args__ = strict()

    pledge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Str, nullable=False)


class PledgePair(Base):
    """Every pair of neighbouring characters in that text: what finds two-character Chinese words."""

    __tablename__ = "pledge_pair"
    __table_args__ = strict()

    pair: Mapped[str] = mapped_column(Str, primary_key=True)
    pledge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge.id"), primary_key=True)


class PledgeWithdrawal(Base):
    """Why a pledge was taken back."""

    __tablename__ = "pledge_withdrawal"
    __table_args__ = strict(
        CheckConstraint(
            "reason IN ('target','circumstances','data','duplicate','other')",
            name="a_reason_of_withdrawal_is_known",
        ),
        CheckConstraint("length(words) <= 500", name="words_of_a_withdrawal_are_short"),
    )

    pledge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    words: Mapped[str] = mapped_column(Str, nullable=False)


class PlannedAction(Base):
    """One action of a plan; done or dropped once, and then kept."""

    __tablename__ = "pledge_action"
    __table_args__ = strict(
        CheckConstraint("key <> '' OR title <> ''", name="an_action_says_what_is_done"),
        CheckConstraint(f"length(title) <= {plans.TITLE_MAX}", name="an_action_has_a_short_title"),
        CheckConstraint("saves_g > 0", name="an_action_saves_something"),
        CheckConstraint("done_at IS NULL OR dropped_at IS NULL", name="what_is_done_is_not_dropped"),
        Index(
            "ix_pledge_action_key", "pledge_id", "key", unique=True,
            sqlite_where=text("key <> '' AND dropped_at IS NULL"),
            postgresql_where=text("key <> '' AND dropped_at IS NULL"),
        ),
        Index("ix_pledge_action_pledge_id", "pledge_id"),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    pledge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge.id"), nullable=False)
    key: Mapped[str] = mapped_column(Str, nullable=False)
    title: Mapped[str] = mapped_column(Str, nullable=False)
    saves: Mapped[Mass | None] = mapped_column("saves_g", MassCol)
    year: Mapped[int | None] = mapped_column(Int)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    done_at: Mapped[datetime | None] = mapped_column(Utc)
    dropped_at: Mapped[datetime | None] = mapped_column(Utc)


class PledgeReport(Base):
    """A year's emissions, as reported; a correction is a new row, and the newest of a year counts."""

    __tablename__ = "pledge_report"
    __table_args__ = strict(
        CheckConstraint(
            "low_g <= emissions_g AND emissions_g <= high_g AND low_g >= 0", name="a_report_lies_in_its_range"
        ),
        CheckConstraint(f"length(note) <= {course.NOTE_MAX}", name="a_note_of_a_report_is_short"),
        Index("ix_pledge_report_pledge_id", "pledge_id", "id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    pledge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge.id"), nullable=False)
    year: Mapped[int] = mapped_column(Int, nullable=False)
    footprint_id: Mapped[str] = mapped_column(Str, nullable=False)  # "" when it is from a document
    digest: Mapped[str] = mapped_column(Str, nullable=False)  # of the footprint, or of the document
    model_version: Mapped[str] = mapped_column(Str, nullable=False)
    emissions: Mapped[Mass] = mapped_column("emissions_g", MassCol, nullable=False)
    low: Mapped[Mass] = mapped_column("low_g", MassCol, nullable=False)
    high: Mapped[Mass] = mapped_column("high_g", MassCol, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    made_by: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class PledgeEvidence(Base):
    """A document behind the baseline (``report_id`` empty) or a report, and what staff made of it."""

    __tablename__ = "pledge_evidence"
    __table_args__ = strict(
        CheckConstraint("state IN ('waiting','seen','refused')", name="evidence_state_is_known"),
        CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL) AND (state = 'waiting') = (decided_by IS NULL)",
            name="decided_evidence_says_by_whom_and_when",
        ),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_evidence_says_why"),
        CheckConstraint("given_by <> decided_by", name="nobody_sees_their_own_evidence"),
        CheckConstraint(
            f"length(verifier) <= {evidence.VERIFIER_MAX} AND length(note) <= {evidence.NOTE_MAX}",
            name="texts_of_evidence_are_short",
        ),
        Index("ix_pledge_evidence_pledge_id", "pledge_id"),
        Index(
            "ix_pledge_evidence_waiting", "id",
            sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'"),
        ),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    pledge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge.id"), nullable=False)
    report_id: Mapped[str | None] = mapped_column(Str, ForeignKey("pledge_report.id"))
    file_name: Mapped[str] = mapped_column(Str, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    media_type: Mapped[str] = mapped_column(Str, nullable=False)
    bytes: Mapped[int] = mapped_column(Int, nullable=False)
    verifier: Mapped[str] = mapped_column(Str, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    given_by: Mapped[str] = mapped_column(Str, nullable=False)
    given_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    decided_by: Mapped[str | None] = mapped_column(Str)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
