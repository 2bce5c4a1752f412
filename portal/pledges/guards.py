"""What the database refuses about pledges, whoever asks: a promise is not rewritten."""

from portal.guards import Guard, keeps, lawful, statements
from portal.pledges.rules import MOVES

_REWRITTEN = " OR ".join(f"(NEW.{text} <> OLD.{text} AND NEW.{text} <> '')" for text in ("name", "motive"))

GUARDS = [
    keeps(
        "pledge", "id", "footprint_id", "footprint_digest", "model_id", "model_version", "subject",
        "baseline_g", "low_g", "high_g", "reduction_g", "percent", "year", "made_at",
    ),
    Guard("pledge", "DELETE", "pledge rows are never deleted"),
    Guard("pledge", "INSERT", "a pledge begins made", "NEW.state <> 'made'"),
    lawful("pledge", "state", MOVES),
    Guard("pledge", "UPDATE", "a withdrawal keeps its day",
          "OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at"),
    Guard("pledge", "UPDATE", "the words of a pledge are kept or forgotten, not rewritten", _REWRITTEN),
    Guard("pledge", "UPDATE", "a pledge is claimed once",
          "OLD.owner_id IS NOT NULL AND NEW.owner_id IS NOT NULL AND NEW.owner_id <> OLD.owner_id"),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the table."""
    return statements(dialect, GUARDS, room="pledges")
