"""what was agreed where and what an organisation is are kept, and recovery codes lie under a slow digest"""

import secrets
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from argon2.low_level import Type, hash_secret

import portal.db

revision = "0036"
down_revision = "0034"

_KINDS = "'company', 'school', 'public', 'association', 'other'"


def upgrade() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("purpose", portal.db.Str(), nullable=False),
        sa.Column("thing_id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("is_given", portal.db.Bool(), nullable=False),
        sa.Column("words", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("purpose <> '' AND thing_id <> ''", name=op.f("an_agreement_is_for_something")),
        sa.CheckConstraint("length(words) BETWEEN 1 AND 300", name=op.f("an_agreement_keeps_its_words")),
        sa.PrimaryKeyConstraint("id", name=op.f("agreement_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_agreement_person_id", "agreement", ["person_id", "id"], unique=False)
    op.create_index("ix_agreement_thing_id", "agreement", ["thing_id", "id"], unique=False)
    op.create_table(
        "organisation_check_kind",
        sa.Column("check_id", portal.db.Str(), nullable=False),
        sa.Column("claimed", portal.db.Str(), nullable=False),
        sa.Column("found", portal.db.Str(), nullable=True),
        sa.CheckConstraint(f"claimed IN ({_KINDS})", name=op.f("an_organisation_claims_a_known_kind")),
        sa.CheckConstraint(
            f"found IS NULL OR found IN ({_KINDS})",
            name=op.f("an_organisation_is_found_to_be_of_a_known_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["check_id"], ["organisation_check.id"], name=op.f("organisation_check_kind_check_id_exists")
        ),
        sa.PrimaryKeyConstraint("check_id", name=op.f("organisation_check_kind_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "pupil_class_tie",
        sa.Column("class_id", portal.db.Str(), nullable=False),
        sa.Column("group_id", portal.db.Str(), nullable=False),
        sa.Column("cohort_id", portal.db.Str(), nullable=False),
        sa.Column("tied_by", portal.db.Str(), nullable=False),
        sa.Column("tied_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("group_id <> '' OR cohort_id <> ''", name=op.f("a_class_is_tied_to_something")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["pupil_class.id"], name=op.f("pupil_class_tie_class_id_exists")
        ),
        sa.PrimaryKeyConstraint("class_id", name=op.f("pupil_class_tie_pk")),
        sqlite_strict=True,
    )
    for statement in _guards():
        op.execute(statement)
    _slow_down()


def _slow_down() -> None:
    """What lay under a plain digest lies under argon2id over that digest: the codes go on to work."""
    connection = op.get_bind()
    codes = sa.table("recovery_code", sa.column("person_id"), sa.column("code_hash"))
    quick = sa.select(codes.c.person_id, codes.c.code_hash).where(codes.c.code_hash.not_like("$%"))
    salts: dict[str, bytes] = {}
    for person_id, digest in connection.execute(quick).all():
        salt = salts.setdefault(person_id, secrets.token_bytes(16))
        slow = hash_secret(digest.encode(), salt, 2, 19 * 1024, 1, 32, Type.ID).decode()
        mine = sa.update(codes).where(codes.c.person_id == person_id, codes.c.code_hash == digest)
        connection.execute(mine.values(code_hash=slow))


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0036.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    """Recovery codes stay as they are: a digest leads nowhere back, and new ones are made in the account."""
    for table in ("pupil_class_tie", "organisation_check_kind", "agreement"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in (text.split()[2].removesuffix("()") for text in _guards() if "CREATE FUNCTION" in text):
            op.execute(f"DROP FUNCTION {name}")
