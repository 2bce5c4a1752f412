"""What the database refuses about settings, whoever asks."""

from portal.guards import Guard, append_only, statements
from portal.settings.rules.sheets import SHEETS

_MONEY = ",".join(repr(sheet.key) for sheet in SHEETS.values() if sheet.moves_money)

GUARDS = [
    *append_only("setting_change", "setting_verdict"),
    Guard("setting_change", "INSERT", "a setting that moves money needs two persons",
          "NOT NEW.needs_two", when=f"NEW.sheet IN ({_MONEY})"),
    Guard("setting_verdict", "INSERT", "a setting that moves money is confirmed by somebody else",
          "EXISTS (SELECT 1 FROM setting_change "
          "WHERE id = NEW.change_id AND needs_two AND proposed_by = NEW.decided_by)",
          when="NEW.verdict = 'confirmed'"),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the tables."""
    return statements(dialect, GUARDS, room="settings")
