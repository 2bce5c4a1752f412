"""What the database refuses about organisations, whoever asks."""

from portal.guards import Guard, keeps, statements

GUARDS = [
    keeps("organisation_check_kind", "check_id", "claimed"),
    Guard("organisation_check_kind", "UPDATE", "what staff found an organisation to be is not rewritten",
          "OLD.found IS NOT NULL AND NEW.found IS DISTINCT FROM OLD.found"),
    Guard("organisation_check_kind", "DELETE", "what staff found an organisation to be is kept",
          "OLD.found IS NOT NULL"),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the table."""
    return statements(dialect, GUARDS, room="accounts")
