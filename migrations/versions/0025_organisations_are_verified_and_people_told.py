"""organisations are verified, and people told"""

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "dissolution",
        sa.Column("organisation_id", portal.db.Str(), nullable=False),
        sa.Column("by", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("dissolution_organisation_id_exists")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("dissolution_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "email_change",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("old_email", portal.db.Str(), nullable=False),
        sa.Column("new_email", portal.db.Str(), nullable=False),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("done_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("undone_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("undone_at IS NULL OR done_at IS NOT NULL", name=op.f("what_is_undone_was_done")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("email_change_person_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("email_change_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_email_change_person_id", "email_change", ["person_id"], unique=False)
    op.create_table(
        "join_code",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("organisation_id", portal.db.Str(), nullable=False),
        sa.Column("code", portal.db.Str(), nullable=False),
        sa.Column("is_answered", portal.db.Bool(), nullable=False),
        sa.Column("most_uses", portal.db.Int(), nullable=False),
        sa.Column("uses", portal.db.Int(), nullable=False),
        sa.Column("made_by", portal.db.Str(), nullable=False),
        sa.Column("made_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("withdrawn_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "uses BETWEEN 0 AND most_uses", name=op.f("a_join_code_is_used_as_often_as_it_allows")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("join_code_made_by_exists")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("join_code_organisation_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("join_code_pk")),
        sa.UniqueConstraint("code", name=op.f("join_code_code_is_unique")),
        sqlite_strict=True,
    )
    op.create_index("ix_join_code_organisation_id", "join_code", ["organisation_id"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("key", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("topic", portal.db.Str(), nullable=False),
        sa.Column("told", portal.db.Json(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("in_inbox", portal.db.Bool(), nullable=False),
        sa.Column("read_at", portal.db.Utc(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("notification_person_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("notification_pk")),
        sa.UniqueConstraint("person_id", "key", name="a_person_is_told_a_fact_once"),
        sqlite_strict=True,
    )
    op.create_index("ix_notification_person_id", "notification", ["person_id", "id"], unique=False)
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["person_id"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL AND in_inbox"),
        postgresql_where=sa.text("read_at IS NULL AND in_inbox"),
    )
    op.create_table(
        "notification_choice",
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("way", portal.db.Str(), nullable=False),
        sa.CheckConstraint("way IN ('both', 'inbox', 'none')", name=op.f("news_comes_in_a_known_way")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("notification_choice_person_id_exists")
        ),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("notification_choice_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "organisation_billing",
        sa.Column("organisation_id", portal.db.Str(), nullable=False),
        sa.Column("title", portal.db.Str(), nullable=False),
        sa.Column("tax_number", portal.db.Str(), nullable=False),
        sa.Column("address", portal.db.Str(), nullable=False),
        sa.Column("phone", portal.db.Str(), nullable=False),
        sa.Column("bank", portal.db.Str(), nullable=False),
        sa.Column("bank_account", portal.db.Str(), nullable=False),
        sa.Column("changed_by", portal.db.Str(), nullable=False),
        sa.Column("changed_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("title <> ''", name=op.f("an_invoice_has_a_title")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["person.id"], name=op.f("organisation_billing_changed_by_exists")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("organisation_billing_organisation_id_exists")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("organisation_billing_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "organisation_check",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("organisation_id", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("asked_by", portal.db.Str(), nullable=False),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("decided_by", portal.db.Str(), nullable=True),
        sa.Column("decided_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("reason", portal.db.Str(), nullable=False),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("a_decided_check_says_by_whom_and_when"),
        ),
        sa.CheckConstraint(
            "(state = 'verified') = (expires_at IS NOT NULL)", name=op.f("what_is_verified_expires")
        ),
        sa.CheckConstraint("state <> 'refused' OR reason <> ''", name=op.f("a_refusal_has_a_reason")),
        sa.CheckConstraint(
            "state IN ('asked', 'verified', 'refused')", name=op.f("a_check_has_a_known_state")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by", name=op.f("who_asks_does_not_verify")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("organisation_check_asked_by_exists")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("organisation_check_decided_by_exists")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("organisation_check_organisation_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("organisation_check_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "an_organisation_has_one_open_check",
        "organisation_check",
        ["organisation_id"],
        unique=True,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index(
        "ix_organisation_check_organisation_id", "organisation_check", ["organisation_id", "id"], unique=False
    )
    op.create_table(
        "quiet_time",
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("begins", portal.db.Int(), nullable=False),
        sa.Column("ends", portal.db.Int(), nullable=False),
        sa.CheckConstraint(
            "begins BETWEEN 0 AND 1439 AND ends BETWEEN 0 AND 1439",
            name=op.f("quiet_hours_are_minutes_of_a_day"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("quiet_time_person_id_exists")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("quiet_time_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "join_request",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("organisation_id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("code_id", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("answered_by", portal.db.Str(), nullable=True),
        sa.Column("answered_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)",
            name=op.f("an_answered_request_says_by_whom_and_when"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'accepted', 'declined')", name=op.f("a_join_request_has_a_known_state")
        ),
        sa.ForeignKeyConstraint(["code_id"], ["join_code.id"], name=op.f("join_request_code_id_exists")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("join_request_organisation_id_exists")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("join_request_person_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("join_request_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "a_person_asks_once_at_a_time",
        "join_request",
        ["organisation_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "organisation_paper",
        sa.Column("check_id", portal.db.Str(), nullable=False),
        sa.Column("position", portal.db.Int(), nullable=False),
        sa.Column("sha256", portal.db.Str(), nullable=False),
        sa.Column("media_type", portal.db.Str(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("a_paper_is_known_by_its_digest")),
        sa.ForeignKeyConstraint(
            ["check_id"], ["organisation_check.id"], name=op.f("organisation_paper_check_id_exists")
        ),
        sa.PrimaryKeyConstraint("check_id", "position", name=op.f("organisation_paper_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_login_session_person_id", "login_session", ["person_id", "network"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_login_session_person_id", table_name="login_session")
    for table in (
        "organisation_paper", "join_request", "quiet_time", "organisation_check", "organisation_billing",
        "notification_choice", "notification", "join_code", "email_change", "dissolution",
    ):  # fmt: skip
        op.drop_table(table)
