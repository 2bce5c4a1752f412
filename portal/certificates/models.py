"""Tables of certificates: the facts for good, the holder erasable, the printed documents."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.certificates.rules.batches import LARGEST
from portal.certificates.rules.states import LIVE, State
from portal.db import Base, Bool, Bytes, Int, Str, Utc, strict

_LIVE = text("state IN ({})".format(", ".join(f"'{state}'" for state in LIVE)))
_SUCCEEDED = text("replaced_by IS NOT NULL")
_ENDED = text("state <> 'valid'")
_STATES = ", ".join(f"'{state}'" for state in State)


class Certificate(Base):
    """What was certified, for good; only its state moves. Names nobody: see CertificateHolder.

    ``payload`` is the canonical text whose hash is in the log. Masses in grams, removal and avoidance apart;
    only retired credits (C3) have any, so that no gram is counted twice.
    """

    __tablename__ = "certificate"
    __table_args__ = strict(
        Index(
            "a_subject_has_one_live_certificate", "retirement_id",
            unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE,
        ),
        Index("ix_certificate_order", "order_id"),
        Index("ix_certificate_retirement", "retirement_id"),
        Index(
            "ix_certificate_replaced_by", "replaced_by",
            sqlite_where=_SUCCEEDED, postgresql_where=_SUCCEEDED,
        ),
        Index(
            "ix_certificate_ended", "state_at",
            sqlite_where=_ENDED, postgresql_where=_ENDED,
        ),
        # The desk looks for the few that do not hold among a million that do.
        Index("ix_certificate_unusual", "state", "id", sqlite_where=_ENDED, postgresql_where=_ENDED),
        CheckConstraint(f"state IN ({_STATES})", name="a_certificate_has_a_known_state"),
        CheckConstraint(
            "removal_g >= 0 AND avoidance_g >= 0 AND unseparated_g >= 0 "
            "AND mass_g = removal_g + avoidance_g + unseparated_g AND (mass_g > 0) = (type = 'C3')",
            name="a_certificate_states_all_its_grams",
        ),
        CheckConstraint(
            "(state = 'replaced') = (replaced_by IS NOT NULL)",
            name="a_replaced_certificate_names_its_successor",
        ),
        CheckConstraint("state = 'valid' OR reason IS NOT NULL", name="a_withdrawn_certificate_says_why"),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    number: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    key: Mapped[str] = mapped_column(Str, nullable=False)
    type: Mapped[str] = mapped_column(Str, nullable=False)
    # What is certified: a retirement, or whatever another type is about. The column keeps the name under
    # which the seals of older rows vouch for it.
    subject_id: Mapped[str] = mapped_column("retirement_id", Str, nullable=False)
    order_id: Mapped[str] = mapped_column(Str, nullable=False)
    payload: Mapped[str] = mapped_column(Str, nullable=False)
    payload_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    mass_g: Mapped[int] = mapped_column(Int, nullable=False)
    removal_g: Mapped[int] = mapped_column(Int, nullable=False)
    avoidance_g: Mapped[int] = mapped_column(Int, nullable=False)
    unseparated_g: Mapped[int] = mapped_column(Int, nullable=False)
    is_public: Mapped[bool] = mapped_column(Bool, nullable=False)
    is_test: Mapped[bool] = mapped_column(Bool, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    issued_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    state_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    reason: Mapped[str | None] = mapped_column(Str)
    replaced_by: Mapped[str | None] = mapped_column(Str)


class CertificateHolder(Base):
    """Who holds it: the only place with a name. Forgetting empties the row, and the proofs still hold.

    ``shows_name`` is what the holder chose since the issue; None leaves it as it was then.
    """

    __tablename__ = "certificate_holder"
    __table_args__ = strict(
        CheckConstraint("(name IS NULL) = (salt IS NULL)", name="a_holder_is_kept_or_forgotten_whole"),
    )

    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    name: Mapped[str | None] = mapped_column(Str)
    salt: Mapped[bytes | None] = mapped_column(Bytes)
    organisation_id: Mapped[str | None] = mapped_column(Str)
    purpose_title_zh: Mapped[str | None] = mapped_column(Str)
    purpose_title_en: Mapped[str | None] = mapped_column(Str)
    trainer: Mapped[str | None] = mapped_column(Str)
    shows_name: Mapped[bool | None] = mapped_column(Bool)


class CertificateDocument(Base):
    """A printed PDF: ``named`` for whoever holds the key or by consent, ``withheld`` for anybody else."""

    __tablename__ = "certificate_document"
    __table_args__ = strict(
        CheckConstraint("variant IN ('named', 'withheld')", name="a_document_names_the_holder_or_does_not")
    )

    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    variant: Mapped[str] = mapped_column(Str, primary_key=True)
    file: Mapped[str] = mapped_column(Str, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    rendered_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class CertificateBatch(Base):
    """Many certificates that belong together; how far they are is counted from their documents."""

    __tablename__ = "certificate_batch"
    __table_args__ = strict(
        Index("ix_certificate_batch_owner", "owner_id"),
        CheckConstraint(f"total BETWEEN 1 AND {LARGEST}", name="a_batch_has_a_size"),
        CheckConstraint(
            "(packed_at IS NULL) = (file IS NULL) AND (packed_at IS NULL) = (file_sha256 IS NULL)",
            name="a_packed_batch_has_its_file",
        ),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    owner_id: Mapped[str] = mapped_column(Str, nullable=False)
    total: Mapped[int] = mapped_column(Int, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    file: Mapped[str | None] = mapped_column(Str)
    file_sha256: Mapped[str | None] = mapped_column(Str)
    packed_at: Mapped[datetime | None] = mapped_column(Utc)


class CertificateBatchItem(Base):
    """A certificate's place in its batch, from 1."""

    __tablename__ = "certificate_batch_item"
    __table_args__ = strict(
        CheckConstraint("position >= 1", name="places_in_a_batch_count_from_one"),
        UniqueConstraint("batch_id", "certificate_id", name="a_batch_has_a_certificate_once"),
    )

    batch_id: Mapped[str] = mapped_column(ForeignKey("certificate_batch.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"), nullable=False)
