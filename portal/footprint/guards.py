"""What the database refuses about campaigns, whoever asks: what was opened and published is not rewritten."""

from portal.footprint.rules.campaigns import MOVES
from portal.guards import Guard, keeps, lawful, statements

# Columns that say what is asked: fixed once somebody has answered.
_ASKED = ("model_id", "version", "audience", "form", "groups", "questions", "is_private", "opens")
_CHANGED = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _ASKED)
_ANSWERED = (
    "(EXISTS (SELECT 1 FROM campaign_contribution WHERE campaign_id = OLD.id) "
    "OR EXISTS (SELECT 1 FROM campaign_publication WHERE campaign_id = OLD.id))"
)
_STANDING = "EXISTS (SELECT 1 FROM campaign WHERE id = OLD.campaign_id AND state <> 'withdrawn')"

GUARDS = [
    keeps("campaign", "id", "owner_id", "organisation_id", "made_at"),
    Guard("campaign", "DELETE", "campaign rows are never deleted"),
    Guard("campaign", "INSERT", "a campaign begins open", "NEW.state <> 'open'"),
    lawful("campaign", "state", MOVES),
    Guard("campaign", "UPDATE", "what a campaign asks is fixed with the first answer",
          f"({_CHANGED}) AND {_ANSWERED}"),
    keeps("campaign_contribution", "id", "campaign_id"),
    Guard("campaign_contribution", "UPDATE", "a replaced contribution is a further version",
          "NEW.version <> OLD.version + 1"),
    Guard("campaign_publication", "UPDATE", "campaign_publication rows are never edited"),
    Guard("campaign_publication", "DELETE", "what was published goes with its campaign only", _STANDING),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the tables."""
    return statements(dialect, GUARDS, room="footprint")
