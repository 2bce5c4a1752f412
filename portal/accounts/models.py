"""Tables of accounts."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts.rules import GRANTABLE, Part
from portal.db import Base, Bool, Bytes, Int, Str, Utc, strict


def _one_of(column: str, words: Iterable[str], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class Person(Base):
    """Somebody with an account; ``usr_…``. ``email_key`` is the address case-folded."""

    __tablename__ = "person"
    __table_args__ = strict(
        _one_of("lang", ("zh", "en"), "a_person_reads_zh_or_en"),
        CheckConstraint("totp_since IS NULL OR totp_sealed IS NOT NULL", name="a_second_factor_has_a_secret"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    email: Mapped[str] = mapped_column(Str, nullable=False)
    email_key: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    password_hash: Mapped[str] = mapped_column(Str, nullable=False)
    password_is_temporary: Mapped[bool] = mapped_column(Bool, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    confirmed_at: Mapped[datetime | None] = mapped_column(Utc)
    totp_sealed: Mapped[bytes | None] = mapped_column(Bytes)  # encrypted: see keys.py
    totp_pending: Mapped[bytes | None] = mapped_column(Bytes)  # shown, not yet proved
    totp_since: Mapped[datetime | None] = mapped_column(Utc)
    last_totp_step: Mapped[int | None] = mapped_column(Int)


class RoleGrant(Base):
    __tablename__ = "role_grant"
    __table_args__ = strict(_one_of("role", GRANTABLE, "a_granted_role_is_known"))

    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(Str, primary_key=True)
    granted_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    granted_by: Mapped[str] = mapped_column(Str, nullable=False)


class RecoveryCode(Base):
    """A code for the day the phone is gone; hashed, works once."""

    __tablename__ = "recovery_code"
    __table_args__ = strict()

    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(Str, primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(Utc)


class Passkey(Base):
    """A key on a phone, a computer or a stick, by its public half. ``id`` is the credential's, base64url.

    ``uses`` is the key's own counter, where it has one: a copy of the key gives itself away by it.
    """

    __tablename__ = "passkey"
    __table_args__ = strict(
        CheckConstraint("name <> '' AND length(name) <= 60", name="a_passkey_has_a_short_name"),
        CheckConstraint("uses >= 0", name="uses_of_a_passkey_are_counted"),
        Index("ix_passkey_person_id", "person_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), nullable=False)
    public_key: Mapped[bytes] = mapped_column(Bytes, nullable=False)  # COSE
    uses: Mapped[int] = mapped_column(Int, nullable=False)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    used_at: Mapped[datetime | None] = mapped_column(Utc)


class Challenge(Base):
    """What a passkey is to sign, once and soon. ``id`` is its hash; ``person_id`` is empty at sign-in."""

    __tablename__ = "passkey_challenge"
    __table_args__ = strict(Index("ix_passkey_challenge_until", "until"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)
    until: Mapped[datetime] = mapped_column(Utc, nullable=False)


class LoginSession(Base):
    """A browser that has passed the password. ``id`` is the hash of the secret in its cookie."""

    __tablename__ = "login_session"
    __table_args__ = strict(
        Index(
            "ix_login_session_open", "person_id",
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_login_session_last_seen_at", "last_seen_at"),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    last_seen_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    second_factor_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    agent: Mapped[str] = mapped_column(Str, nullable=False)
    network: Mapped[str] = mapped_column(Str, nullable=False)


class Throttle(Base):
    """Tries of one kind from one place in the current window. ``bucket`` is a hash: no address is kept."""

    __tablename__ = "throttle"
    __table_args__ = strict(Index("ix_throttle_started_at", "started_at"))

    bucket: Mapped[str] = mapped_column(Str, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    tries: Mapped[int] = mapped_column(Int, nullable=False)


class Organisation(Base):
    """A company or body that people act for; ``org_…``."""

    __tablename__ = "organisation"
    __table_args__ = strict(
        CheckConstraint("name_zh <> '' OR name_en <> ''", name="an_organisation_has_a_name")
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Str, nullable=False)
    name_en: Mapped[str] = mapped_column(Str, nullable=False)
    credit_code: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Membership(Base):
    __tablename__ = "membership"
    __table_args__ = strict(
        _one_of("part", Part, "a_member_has_a_known_part"), Index("ix_membership_person_id", "person_id")
    )

    organisation_id: Mapped[str] = mapped_column(Str, ForeignKey("organisation.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), primary_key=True)
    part: Mapped[str] = mapped_column(Str, nullable=False)
    since: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Invitation(Base):
    """An address that may join; taken up by whoever has confirmed that address as theirs."""

    __tablename__ = "invitation"
    __table_args__ = strict(
        _one_of("part", Part, "an_invitation_offers_a_known_part"),
        Index("ix_invitation_email_key", "email_key"),
    )

    organisation_id: Mapped[str] = mapped_column(Str, ForeignKey("organisation.id"), primary_key=True)
    email_key: Mapped[str] = mapped_column(Str, primary_key=True)
    part: Mapped[str] = mapped_column(Str, nullable=False)
    invited_by: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), nullable=False)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
