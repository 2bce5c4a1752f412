"""What the database refuses about proposals, whoever asks."""

from portal.guards import Guard, keeps, statements

GUARDS = [
    Guard("proposal", "DELETE", "proposal rows are never deleted"),
    keeps("proposal", "id", "kind", "subject_id", "facts", "reason", "proposed_by", "proposed_at"),
    Guard("proposal", "UPDATE", "a decided proposal stays as it is", "OLD.verdict IS NOT NULL"),
]


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the table."""
    return statements(dialect, GUARDS, room="proposals")
