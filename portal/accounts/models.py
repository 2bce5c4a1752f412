"""Tables of accounts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts.bodies import CheckState, JoinState, Kind
from portal.accounts.notices import Way
from portal.accounts.rules import GRANTABLE, Part
from portal.db import Base, Bool, Bytes, Int, Json, Str, Utc, strict


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
        Index("ix_login_session_person_id", "person_id", "network"),  # where this person was before
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


class Notification(Base):
    """News for one person; ``ntc_…``. The same fact (``key``) is told once, whatever way it goes."""

    __tablename__ = "notification"
    __table_args__ = strict(
        UniqueConstraint("person_id", "key", name="a_person_is_told_a_fact_once"),
        Index("ix_notification_person_id", "person_id", "id"),
        Index(
            "ix_notification_unread", "person_id",
            sqlite_where=text("read_at IS NULL AND in_inbox"),
            postgresql_where=text("read_at IS NULL AND in_inbox"),
        ),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), nullable=False)
    key: Mapped[str] = mapped_column(Str, nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    topic: Mapped[str] = mapped_column(Str, nullable=False)
    told: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    in_inbox: Mapped[bool] = mapped_column(Bool, nullable=False)
    read_at: Mapped[datetime | None] = mapped_column(Utc)


class NotificationChoice(Base):
    """How news of one kind comes in, where a person has chosen otherwise than usual."""

    __tablename__ = "notification_choice"
    __table_args__ = strict(_one_of("way", Way, "news_comes_in_a_known_way"))

    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Str, primary_key=True)
    way: Mapped[str] = mapped_column(Str, nullable=False)


class QuietTime(Base):
    """When a person wants no letters: minutes after midnight in Beijing."""

    __tablename__ = "quiet_time"
    __table_args__ = strict(
        CheckConstraint(
            "begins BETWEEN 0 AND 1439 AND ends BETWEEN 0 AND 1439", name="quiet_hours_are_minutes_of_a_day"
        )
    )

    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), primary_key=True)
    begins: Mapped[int] = mapped_column(Int, nullable=False)
    ends: Mapped[int] = mapped_column(Int, nullable=False)


class EmailChange(Base):
    """An address that takes another's place once confirmed; ``emc_…``. The old one's letter undoes it."""

    __tablename__ = "email_change"
    __table_args__ = strict(
        CheckConstraint("undone_at IS NULL OR done_at IS NOT NULL", name="what_is_undone_was_done"),
        Index("ix_email_change_person_id", "person_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), nullable=False)
    old_email: Mapped[str] = mapped_column(Str, nullable=False)
    new_email: Mapped[str] = mapped_column(Str, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    done_at: Mapped[datetime | None] = mapped_column(Utc)
    undone_at: Mapped[datetime | None] = mapped_column(Utc)


class JoinCode(Base):
    """A code that lets whoever has it join as a plain member; ``jcd_…``."""

    __tablename__ = "join_code"
    __table_args__ = strict(
        CheckConstraint("uses BETWEEN 0 AND most_uses", name="a_join_code_is_used_as_often_as_it_allows"),
        Index("ix_join_code_organisation_id", "organisation_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Str, ForeignKey("organisation.id"), nullable=False)
    code: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    is_answered: Mapped[bool] = mapped_column(Bool, nullable=False)  # an owner or approver says yes first
    most_uses: Mapped[int] = mapped_column(Int, nullable=False)
    uses: Mapped[int] = mapped_column(Int, nullable=False)
    made_by: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Utc)


class JoinRequest(Base):
    """Somebody who used a code and waits for an answer; ``jrq_…``."""

    __tablename__ = "join_request"
    __table_args__ = strict(
        _one_of("state", JoinState, "a_join_request_has_a_known_state"),
        CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)",
            name="an_answered_request_says_by_whom_and_when",
        ),
        Index(
            "a_person_asks_once_at_a_time", "organisation_id", "person_id", unique=True,
            sqlite_where=text("state = 'asked'"), postgresql_where=text("state = 'asked'"),
        ),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Str, ForeignKey("organisation.id"), nullable=False)
    person_id: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), nullable=False)
    code_id: Mapped[str] = mapped_column(Str, ForeignKey("join_code.id"), nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    answered_by: Mapped[str | None] = mapped_column(Str)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)


class OrganisationBilling(Base):
    """What stands on an organisation's invoices."""

    __tablename__ = "organisation_billing"
    __table_args__ = strict(CheckConstraint("title <> ''", name="an_invoice_has_a_title"))

    organisation_id: Mapped[str] = mapped_column(Str, ForeignKey("organisation.id"), primary_key=True)
    title: Mapped[str] = mapped_column(Str, nullable=False)
    tax_number: Mapped[str] = mapped_column(Str, nullable=False)
    address: Mapped[str] = mapped_column(Str, nullable=False)
    phone: Mapped[str] = mapped_column(Str, nullable=False)
    bank: Mapped[str] = mapped_column(Str, nullable=False)
    bank_account: Mapped[str] = mapped_column(Str, nullable=False)
    changed_by: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), nullable=False)
    changed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class OrganisationCheck(Base):
    """Staff are asked whether an organisation is who it says it is; ``chk_…``."""

    __tablename__ = "organisation_check"
    __table_args__ = strict(
        _one_of("state", CheckState, "a_check_has_a_known_state"),
        CheckConstraint(
            "(state = 'asked') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="a_decided_check_says_by_whom_and_when",
        ),
        CheckConstraint("(state = 'verified') = (expires_at IS NOT NULL)", name="what_is_verified_expires"),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="a_refusal_has_a_reason"),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="who_asks_does_not_verify"),
        Index("ix_organisation_check_organisation_id", "organisation_id", "id"),
        Index(
            "an_organisation_has_one_open_check", "organisation_id", unique=True,
            sqlite_where=text("state = 'asked'"), postgresql_where=text("state = 'asked'"),
        ),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Str, ForeignKey("organisation.id"), nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    asked_by: Mapped[str] = mapped_column(Str, ForeignKey("person.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    decided_by: Mapped[str | None] = mapped_column(Str, ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Utc)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    expires_at: Mapped[datetime | None] = mapped_column(Utc)


class OrganisationCheckKind(Base):
    """What kind of organisation it says it is, and what staff found; a check of before has none."""

    __tablename__ = "organisation_check_kind"
    __table_args__ = strict(
        _one_of("claimed", Kind, "an_organisation_claims_a_known_kind"),
        CheckConstraint(
            "found IS NULL OR found IN ('{}')".format("', '".join(Kind)),
            name="an_organisation_is_found_to_be_of_a_known_kind",
        ),
    )

    check_id: Mapped[str] = mapped_column(Str, ForeignKey("organisation_check.id"), primary_key=True)
    claimed: Mapped[str] = mapped_column(Str, nullable=False)
    found: Mapped[str | None] = mapped_column(Str)


class OrganisationPaper(Base):
    """A document given for a check; the file lies in its folder under its digest."""

    __tablename__ = "organisation_paper"
    __table_args__ = strict(CheckConstraint("length(sha256) = 64", name="a_paper_is_known_by_its_digest"))

    check_id: Mapped[str] = mapped_column(Str, ForeignKey("organisation_check.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Int, primary_key=True)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    media_type: Mapped[str] = mapped_column(Str, nullable=False)


class Dissolution(Base):
    """An organisation that nobody acts for any more; what it bought and promised stays on record."""

    __tablename__ = "dissolution"
    __table_args__ = strict()

    organisation_id: Mapped[str] = mapped_column(Str, ForeignKey("organisation.id"), primary_key=True)
    by: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)
