"""What the database refuses, whoever asks: what was opened, published or frozen is not rewritten."""

from portal.footprint.rules.campaigns import MOVES
from portal.guards import Guard, append_only, keeps, lawful, statements

# ---- footprints

# All but whose it is and what its holder calls it.
_SAID = (
    "id", "model_id", "version", "model_digest", "gwp", "region", "year", "audience", "own", "form", "stage",
    "previous_id", "answers", "lines", "total_g", "low_g", "high_g", "digest", "lang", "created_at",
    "expires_at",
)  # fmt: skip

RESULT_GUARDS = [
    Guard("footprint", "UPDATE", "what a footprint says is never rewritten",
          " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _SAID)),
]  # fmt: skip

# ---- campaigns

# Columns that say what is asked: fixed once somebody has answered.
_ASKED = ("model_id", "version", "audience", "form", "groups", "questions", "is_private", "opens")
_CHANGED = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _ASKED)
_ANSWERED = (
    "(EXISTS (SELECT 1 FROM campaign_contribution WHERE campaign_id = OLD.id) "
    "OR EXISTS (SELECT 1 FROM campaign_publication WHERE campaign_id = OLD.id))"
)
_STANDING = "EXISTS (SELECT 1 FROM campaign WHERE id = OLD.campaign_id AND state <> 'withdrawn')"

CAMPAIGN_GUARDS = [
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

# ---- events

_FROZEN = (
    "EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.event_id = {event} AND v.origin = 'frozen')"
)
_NEWEST = (
    "EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.event_id = NEW.event_id AND "
    "v.stage = 'actual' AND v.number = NEW.number - 1 AND v.footprint_id = NEW.footprint_id)"
)
_IN_A_FILE = "EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.footprint_id = OLD.id)"
_REWRITTEN = " OR ".join(
    f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in ("title", "region", "first_day", "last_day")
)

EVENT_GUARDS = [
    *append_only("footprint_event_version", "footprint_activity"),
    Guard("footprint_event_version", "INSERT", "a frozen inventory has no later version",
          f"NEW.stage = 'actual' AND {_FROZEN.format(event='NEW.event_id')}"),
    Guard("footprint_event_version", "INSERT", "what is frozen is the newest actual inventory",
          f"NEW.origin = 'frozen' AND NOT {_NEWEST}"),
    Guard("footprint", "UPDATE", "an inventory of an event is never edited", _IN_A_FILE),
    Guard("footprint", "DELETE", "an inventory of an event is never deleted", _IN_A_FILE),
    keeps("footprint_event", "id", "owner_id", "organisation_id", "model_id", "version", "code",
          "created_at"),
    Guard("footprint_event", "UPDATE", "an event with a frozen inventory keeps its title, place and days",
          f"({_REWRITTEN}) AND {_FROZEN.format(event='OLD.id')}"),
    Guard("footprint_event", "DELETE", "footprint_event rows are never deleted"),
    keeps("footprint_activity_import", "id", "event_id", "file_name", "file_sha256", "accepted", "unchanged",
          "actor_id", "at"),
    Guard("footprint_activity_import", "DELETE", "footprint_activity_import rows are never deleted"),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migrations that make the tables."""
    return [
        *statements(dialect, CAMPAIGN_GUARDS, room="footprint"),
        *statements(dialect, EVENT_GUARDS, room="footprint_events"),
        *statements(dialect, RESULT_GUARDS, room="footprint_results"),
    ]
