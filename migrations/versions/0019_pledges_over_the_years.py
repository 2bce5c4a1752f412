"""pledges over the years"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.db import Bool, Day, Int, MassCol, Str, Utc
from portal.kernel.clock import day_of
from portal.registry.rules.search import folded, pairs

revision = "0019"
down_revision = "0018"

TABLES = (
    "pledge_evidence",
    "pledge_report",
    "pledge_challenge_entry",
    "pledge_group_seat",
    "pledge_challenge",
    "pledge_group",
    "pledge_action",
    "pledge_letters",
    "pledge_pair",
    "pledge_text",
    "pledge_withdrawal",
    "pledge_profile",
)


def upgrade() -> None:
    op.create_table(
        "pledge_challenge",
        sa.Column("id", Str(), nullable=False),
        sa.Column("name", Str(), nullable=False),
        sa.Column("about", Str(), nullable=False),
        sa.Column("first_day", Day(), nullable=False),
        sa.Column("last_day", Day(), nullable=False),
        sa.Column("goal", Str(), nullable=False),
        sa.Column("aim", Int(), nullable=False),
        sa.Column("is_listed", Bool(), nullable=False),
        sa.Column("owner_id", Str(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.CheckConstraint("goal IN ('actions','pledges')", name=op.f("a_goal_of_a_challenge_is_known")),
        sa.CheckConstraint(
            "name <> '' AND length(name) <= 80 AND length(about) <= 500",
            name=op.f("texts_of_a_challenge_are_short"),
        ),
        sa.CheckConstraint("aim >= 1", name=op.f("a_challenge_aims_at_something")),
        sa.CheckConstraint("first_day < last_day", name=op.f("a_challenge_ends_after_it_begins")),
        sa.PrimaryKeyConstraint("id", name=op.f("pledge_challenge_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_pledge_challenge_last_day", "pledge_challenge", ["last_day"])
    op.create_table(
        "pledge_group",
        sa.Column("id", Str(), nullable=False),
        sa.Column("code", Str(), nullable=False),
        sa.Column("kind", Str(), nullable=False),
        sa.Column("name", Str(), nullable=False),
        sa.Column("about", Str(), nullable=False),
        sa.Column("county", Str(), nullable=False),
        sa.Column("organisation_id", Str(), nullable=False),
        sa.Column("owner_id", Str(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("closed_at", Utc()),
        sa.CheckConstraint(
            "kind IN ('class','village','company','other')", name=op.f("a_group_is_of_a_known_kind")
        ),
        sa.CheckConstraint(
            "name <> '' AND length(name) <= 80 AND length(about) <= 500",
            name=op.f("texts_of_a_group_are_short"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pledge_group_pk")),
        sa.UniqueConstraint("code", name=op.f("pledge_group_code_is_unique")),
        sqlite_strict=True,
    )
    op.create_index("ix_pledge_group_owner_id", "pledge_group", ["owner_id"])
    op.create_table(
        "pledge_action",
        sa.Column("id", Str(), nullable=False),
        sa.Column("pledge_id", Str(), nullable=False),
        sa.Column("key", Str(), nullable=False),
        sa.Column("title", Str(), nullable=False),
        sa.Column("saves_g", MassCol()),
        sa.Column("year", Int()),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("done_at", Utc()),
        sa.Column("dropped_at", Utc()),
        sa.CheckConstraint("key <> '' OR title <> ''", name=op.f("an_action_says_what_is_done")),
        sa.CheckConstraint("done_at IS NULL OR dropped_at IS NULL", name=op.f("what_is_done_is_not_dropped")),
        sa.CheckConstraint("length(title) <= 120", name=op.f("an_action_has_a_short_title")),
        sa.CheckConstraint("saves_g > 0", name=op.f("an_action_saves_something")),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("pledge_action_pledge_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pledge_action_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pledge_action_key",
        "pledge_action",
        ["pledge_id", "key"],
        unique=True,
        sqlite_where=sa.text("key <> '' AND dropped_at IS NULL"),
        postgresql_where=sa.text("key <> '' AND dropped_at IS NULL"),
    )
    op.create_index("ix_pledge_action_pledge_id", "pledge_action", ["pledge_id"])
    op.create_table(
        "pledge_challenge_entry",
        sa.Column("challenge_id", Str(), nullable=False),
        sa.Column("group_id", Str(), nullable=False),
        sa.Column("entered_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["pledge_challenge.id"], name=op.f("pledge_challenge_entry_challenge_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["pledge_group.id"], name=op.f("pledge_challenge_entry_group_id_exists")
        ),
        sa.PrimaryKeyConstraint("challenge_id", "group_id", name=op.f("pledge_challenge_entry_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_pledge_challenge_entry_group_id", "pledge_challenge_entry", ["group_id"])
    op.create_table(
        "pledge_group_seat",
        sa.Column("group_id", Str(), nullable=False),
        sa.Column("pledge_id", Str(), nullable=False),
        sa.Column("number", Int(), nullable=False),
        sa.Column("joined_at", Utc(), nullable=False),
        sa.Column("left_at", Utc()),
        sa.CheckConstraint("number >= 1", name=op.f("seats_are_numbered_from_1")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["pledge_group.id"], name=op.f("pledge_group_seat_group_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["pledge_id"], ["pledge.id"], name=op.f("pledge_group_seat_pledge_id_exists")
        ),
        sa.PrimaryKeyConstraint("group_id", "pledge_id", name=op.f("pledge_group_seat_pk")),
        sa.UniqueConstraint("group_id", "number", name="a_seat_is_given_once"),
        sqlite_strict=True,
    )
    op.create_index("ix_pledge_group_seat_pledge_id", "pledge_group_seat", ["pledge_id"])
    op.create_table(
        "pledge_letters",
        sa.Column("id", Str(), nullable=False),
        sa.Column("pledge_id", Str(), nullable=False),
        sa.Column("person_id", Str(), nullable=False),
        sa.Column("email", Str(), nullable=False),
        sa.Column("lang", Str(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("confirmed_at", Utc()),
        sa.Column("stage", Int(), nullable=False),
        sa.Column("next_at", Utc()),
        sa.Column("ended_at", Utc()),
        sa.CheckConstraint("ended_at IS NULL OR email = ''", name=op.f("who_wants_no_letters_is_forgotten")),
        sa.CheckConstraint("lang IN ('zh','en')", name=op.f("letters_of_a_pledge_are_in_zh_or_en")),
        sa.CheckConstraint("stage >= 0", name=op.f("letters_of_a_pledge_are_counted")),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("pledge_letters_pledge_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pledge_letters_pk")),
        sa.UniqueConstraint("pledge_id", name=op.f("pledge_letters_pledge_id_is_unique")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pledge_letters_due",
        "pledge_letters",
        ["next_at"],
        sqlite_where=sa.text("ended_at IS NULL AND confirmed_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND confirmed_at IS NOT NULL"),
    )
    op.create_table(
        "pledge_pair",
        sa.Column("pair", Str(), nullable=False),
        sa.Column("pledge_id", Str(), nullable=False),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("pledge_pair_pledge_id_exists")),
        sa.PrimaryKeyConstraint("pair", "pledge_id", name=op.f("pledge_pair_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "pledge_profile",
        sa.Column("pledge_id", Str(), nullable=False),
        sa.Column("maker", Str(), nullable=False),
        sa.Column("organisation_id", Str(), nullable=False),
        sa.Column("sector", Str(), nullable=False),
        sa.Column("county", Str(), nullable=False),
        sa.Column("baseline_year", Int(), nullable=False),
        sa.Column("boundary", Str(), nullable=False),
        sa.Column("shows_name", Bool(), nullable=False),
        sa.CheckConstraint(
            "(maker = 'person') = (organisation_id = '')",
            name=op.f("an_organisation_stands_behind_its_pledge"),
        ),
        sa.CheckConstraint(
            "maker IN ('person','company','school')", name=op.f("a_maker_of_a_pledge_is_known")
        ),
        sa.CheckConstraint("length(boundary) <= 500", name=op.f("a_boundary_is_short")),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("pledge_profile_pledge_id_exists")),
        sa.PrimaryKeyConstraint("pledge_id", name=op.f("pledge_profile_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_pledge_profile_county", "pledge_profile", ["county", "pledge_id"])
    op.create_index("ix_pledge_profile_organisation_id", "pledge_profile", ["organisation_id"])
    op.create_index("ix_pledge_profile_sector", "pledge_profile", ["sector", "pledge_id"])
    op.create_table(
        "pledge_report",
        sa.Column("id", Str(), nullable=False),
        sa.Column("pledge_id", Str(), nullable=False),
        sa.Column("year", Int(), nullable=False),
        sa.Column("footprint_id", Str(), nullable=False),
        sa.Column("digest", Str(), nullable=False),
        sa.Column("model_version", Str(), nullable=False),
        sa.Column("emissions_g", MassCol(), nullable=False),
        sa.Column("low_g", MassCol(), nullable=False),
        sa.Column("high_g", MassCol(), nullable=False),
        sa.Column("note", Str(), nullable=False),
        sa.Column("made_by", Str(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.CheckConstraint("length(note) <= 500", name=op.f("a_note_of_a_report_is_short")),
        sa.CheckConstraint(
            "low_g <= emissions_g AND emissions_g <= high_g AND low_g >= 0",
            name=op.f("a_report_lies_in_its_range"),
        ),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("pledge_report_pledge_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pledge_report_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_pledge_report_pledge_id", "pledge_report", ["pledge_id", "id"])
    op.create_table(
        "pledge_text",
        sa.Column("pledge_id", Str(), nullable=False),
        sa.Column("text", Str(), nullable=False),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("pledge_text_pledge_id_exists")),
        sa.PrimaryKeyConstraint("pledge_id", name=op.f("pledge_text_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "pledge_withdrawal",
        sa.Column("pledge_id", Str(), nullable=False),
        sa.Column("reason", Str(), nullable=False),
        sa.Column("words", Str(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('target','circumstances','data','duplicate','other')",
            name=op.f("a_reason_of_withdrawal_is_known"),
        ),
        sa.CheckConstraint("length(words) <= 500", name=op.f("words_of_a_withdrawal_are_short")),
        sa.ForeignKeyConstraint(
            ["pledge_id"], ["pledge.id"], name=op.f("pledge_withdrawal_pledge_id_exists")
        ),
        sa.PrimaryKeyConstraint("pledge_id", name=op.f("pledge_withdrawal_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "pledge_evidence",
        sa.Column("id", Str(), nullable=False),
        sa.Column("pledge_id", Str(), nullable=False),
        sa.Column("report_id", Str()),
        sa.Column("file_name", Str(), nullable=False),
        sa.Column("sha256", Str(), nullable=False),
        sa.Column("media_type", Str(), nullable=False),
        sa.Column("bytes", Int(), nullable=False),
        sa.Column("verifier", Str(), nullable=False),
        sa.Column("note", Str(), nullable=False),
        sa.Column("given_by", Str(), nullable=False),
        sa.Column("given_at", Utc(), nullable=False),
        sa.Column("state", Str(), nullable=False),
        sa.Column("decided_by", Str()),
        sa.Column("decided_at", Utc()),
        sa.Column("reason", Str(), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL) AND (state = 'waiting') = (decided_by IS NULL)",
            name=op.f("decided_evidence_says_by_whom_and_when"),
        ),
        sa.CheckConstraint("state <> 'refused' OR reason <> ''", name=op.f("refused_evidence_says_why")),
        sa.CheckConstraint("state IN ('waiting','seen','refused')", name=op.f("evidence_state_is_known")),
        sa.CheckConstraint("given_by <> decided_by", name=op.f("nobody_sees_their_own_evidence")),
        sa.CheckConstraint(
            "length(verifier) <= 120 AND length(note) <= 500", name=op.f("texts_of_evidence_are_short")
        ),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("pledge_evidence_pledge_id_exists")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["pledge_report.id"], name=op.f("pledge_evidence_report_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pledge_evidence_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_pledge_evidence_pledge_id", "pledge_evidence", ["pledge_id"])
    op.create_index(
        "ix_pledge_evidence_waiting",
        "pledge_evidence",
        ["id"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    _fill()
    for statement in _guards():
        op.execute(statement)


def _fill() -> None:
    """Pledges of before are of persons, who showed the name they gave; public ones can be searched."""
    pledge = sa.table(
        "pledge", sa.column("id", Str()), sa.column("name", Str()), sa.column("motive", Str()),
        sa.column("is_public", Bool()), sa.column("made_at", Utc()),
    )  # fmt: skip
    profile = sa.table(
        "pledge_profile", sa.column("pledge_id", Str()), sa.column("maker", Str()),
        sa.column("organisation_id", Str()), sa.column("sector", Str()), sa.column("county", Str()),
        sa.column("baseline_year", Int()), sa.column("boundary", Str()), sa.column("shows_name", Bool()),
    )  # fmt: skip
    text = sa.table("pledge_text", sa.column("pledge_id", Str()), sa.column("text", Str()))
    pair = sa.table("pledge_pair", sa.column("pair", Str()), sa.column("pledge_id", Str()))
    books = op.get_bind()
    for row in books.execute(sa.select(pledge)).all():
        books.execute(
            profile.insert().values(
                pledge_id=row.id, maker="person", organisation_id="", sector="household", county="",
                baseline_year=day_of(row.made_at).year, boundary="", shows_name=row.name != "",
            )
        )  # fmt: skip
        if row.is_public:
            words = "\n".join(
                part for part in (row.name, row.motive, "家庭和个人", "Households and people") if part
            )
            books.execute(text.insert().values(pledge_id=row.id, text=folded(words)))
            books.execute(
                pair.insert(), [{"pair": each, "pledge_id": row.id} for each in sorted(pairs(words))]
            )


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0019.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in (text for text in _guards() if text.startswith("CREATE TRIGGER")):
        name = statement.split()[2]
        table = statement.split(" ON ")[1].split()[0]
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgresql else ""))
        if is_postgresql:
            op.execute(f"DROP FUNCTION {name}")
    for table in TABLES:
        op.drop_table(table)
