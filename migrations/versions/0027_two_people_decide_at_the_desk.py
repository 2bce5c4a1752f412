"""two people decide at the desk"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.db import Bool, Int, Json, Str, Utc

revision = "0027"
down_revision = "0026"

_OPEN = {"sqlite_where": sa.text("verdict IS NULL"), "postgresql_where": sa.text("verdict IS NULL")}
_PEOPLE = sa.text("substr(actor_id, 1, 4) = 'usr_'")


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", Str(), nullable=False),
        sa.Column("kind", Str(), nullable=False),
        sa.Column("subject_id", Str(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("reason", Str(), nullable=False),
        sa.Column("proposed_by", Str(), nullable=False),
        sa.Column("proposed_at", Utc(), nullable=False),
        sa.Column("verdict", Str()),
        sa.Column("note", Str()),
        sa.Column("decided_by", Str()),
        sa.Column("decided_at", Utc()),
        sa.PrimaryKeyConstraint("id", name=op.f("proposal_pk")),
        sa.CheckConstraint("reason <> ''", name=op.f("a_proposal_has_a_reason")),
        sa.CheckConstraint(
            "verdict IN ('accepted','declined','withdrawn')", name=op.f("proposal_verdict_is_known")
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name=op.f("a_proposal_is_decided_by_somebody_at_some_time"),
        ),
        sa.CheckConstraint(
            "verdict = 'withdrawn' OR decided_by <> proposed_by",
            name=op.f("a_proposal_is_decided_by_a_second_person"),
        ),
        sa.CheckConstraint(
            "verdict <> 'withdrawn' OR decided_by = proposed_by",
            name=op.f("a_proposal_is_withdrawn_by_who_made_it"),
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_proposal_open", "proposal", ["kind", "subject_id"], unique=True, **_OPEN)
    op.create_index("ix_proposal_waiting", "proposal", ["proposed_at"], **_OPEN)
    op.create_index("ix_proposal_subject", "proposal", ["subject_id", "proposed_at"])
    op.create_table(
        "fapiao_file",
        sa.Column("id", Str(), nullable=False),
        sa.Column("fapiao_id", Str(), nullable=False),
        sa.Column("is_red", Bool(), nullable=False),
        sa.Column("media_type", Str(), nullable=False),
        sa.Column("sha256", Str(), nullable=False),
        sa.Column("size", Int(), nullable=False),
        sa.Column("given_by", Str(), nullable=False),
        sa.Column("given_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("fapiao_file_pk")),
        sa.ForeignKeyConstraint(["fapiao_id"], ["fapiao.id"], name=op.f("fapiao_file_fapiao_id_exists")),
        sa.UniqueConstraint("fapiao_id", "sha256", name=op.f("a_file_is_given_once_per_fapiao")),
        sa.CheckConstraint("media_type IN ('pdf','ofd','xml')", name=op.f("a_fapiao_file_is_pdf_ofd_or_xml")),
        sa.CheckConstraint("size BETWEEN 1 AND 2097152", name=op.f("a_fapiao_file_has_at_most_2_mb")),
        sqlite_strict=True,
    )
    op.create_table(
        "gift_block",
        sa.Column("code", Str(), nullable=False),
        sa.Column("gift_id", Str(), nullable=False),
        sa.Column("reason", Str(), nullable=False),
        sa.Column("blocked_by", Str(), nullable=False),
        sa.Column("blocked_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("gift_block_pk")),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("gift_block_gift_id_exists")),
        sa.CheckConstraint("reason <> ''", name=op.f("a_code_is_blocked_for_a_reason")),
        sqlite_strict=True,
    )
    op.create_index("ix_gift_block_gift", "gift_block", ["gift_id"])
    op.create_table(
        "saved_filter",
        sa.Column("id", Str(), nullable=False),
        sa.Column("person_id", Str(), nullable=False),
        sa.Column("name", Str(), nullable=False),
        sa.Column("endpoint", Str(), nullable=False),
        sa.Column("query", Str(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("saved_filter_pk")),
        sa.UniqueConstraint("person_id", "name", name=op.f("saved_filters_of_a_person_have_names")),
        sa.CheckConstraint("name <> '' AND length(name) <= 40", name=op.f("a_saved_filter_has_a_short_name")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_audit_entry_person", "audit_entry", ["actor_id", "id"],
        sqlite_where=_PEOPLE, postgresql_where=_PEOPLE,
    )  # fmt: skip
    for statement in _guards():
        op.execute(sa.text(statement))


def _guards() -> list[str]:
    """As they stood when this was written: portal.proposals.guards and portal.shop.guards."""
    file = Path(__file__).parents[1] / "guards" / f"0027.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    op.drop_index("ix_audit_entry_person", "audit_entry")
    for table in ("saved_filter", "gift_block", "fapiao_file", "proposal"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in (text.split()[2].removesuffix("()") for text in _guards() if "CREATE FUNCTION" in text):
            op.execute(sa.text(f"DROP FUNCTION {name}"))
