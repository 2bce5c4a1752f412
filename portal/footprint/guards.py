"""What the database refuses about events, whoever asks: what was frozen stays as it was."""

from portal.guards import Guard, append_only, keeps, statements

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
    """All statements for this database, for the migration that makes the tables."""
    return statements(dialect, EVENT_GUARDS, room="footprint_events")
