"""What the database refuses about reports, whoever asks."""

from portal.guards import append_only, statements

GUARDS = append_only("month_report")


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the table."""
    return statements(dialect, GUARDS, room="office")
