"""What the database refuses about privacy, whoever asks: what was agreed or seen is not rewritten."""

from portal.guards import Guard, append_only, keeps, lawful, statements
from portal.privacy.rules import corrections, erasure

GUARDS = [
    *append_only("consent"),
    Guard("look", "UPDATE", "look rows are never edited"),
    keeps("erasure", "id", "person_id", "order_id", "asked_at"),
    Guard("erasure", "INSERT", "an erasure begins waiting", "NEW.state <> 'waiting'"),
    Guard("erasure", "DELETE", "erasure rows are never deleted"),
    lawful("erasure", "state", erasure.MOVES),
    Guard("erasure", "UPDATE", "an erasure is not done before its days are over",
          "NEW.state = 'done' AND OLD.state <> 'done' AND NEW.settled_at < OLD.due_at"),
    keeps("correction", "id", "person_id", "matter", "asked_at"),
    Guard("correction", "INSERT", "a correction begins unanswered", "NEW.state <> 'asked'"),
    lawful("correction", "state", corrections.MOVES),
    keeps("data_copy", "id", "person_id", "order_id", "asked_at"),
    keeps("pupil_class", "id", "organisation_id", "guardians_text", "made_by", "made_at"),
    Guard("pupil_class", "DELETE", "pupil_class rows are never deleted"),
    Guard("pupil", "INSERT", "a class that has ended takes no pupils",
          "EXISTS (SELECT 1 FROM pupil_class WHERE id = NEW.class_id AND ended_at IS NOT NULL)"),
]  # fmt: skip


CONSENT_GUARDS = [
    *append_only("agreement"),
    Guard("pupil_class_tie", "INSERT", "a class that has ended is tied to nothing",
          "EXISTS (SELECT 1 FROM pupil_class WHERE id = NEW.class_id AND ended_at IS NOT NULL)"),
    keeps("pupil_class_tie", "class_id"),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migrations that make the tables."""
    return [
        *statements(dialect, GUARDS, room="privacy"),
        *statements(dialect, CONSENT_GUARDS, room="privacy_consents"),
    ]
