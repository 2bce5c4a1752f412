"""What the database refuses about statements, whoever asks: nothing that was said or shown is rewritten."""

from portal.guards import Guard, append_only, in_turn, keeps, lawful, statements
from portal.statements.rules.plans import MOVES

_STATE = "(SELECT state FROM event_statement WHERE id = {of})"
_OF_ACTION = "(SELECT statement_id FROM event_statement_action WHERE id = NEW.action_id)"
_VERSIONS = "FROM event_statement_version AS v WHERE v.statement_id = {of}"
_DECLARED = f"EXISTS (SELECT 1 {_VERSIONS} AND v.certificate IS NOT NULL)"
_TOTAL = f"(SELECT max(v.gross_g) {_VERSIONS.format(of='NEW.statement_id')})"
_SHARED_OUT = (
    "(SELECT coalesce(sum(b.count * b.each_g), 0) FROM event_share_batch AS b "
    "WHERE b.statement_id = NEW.statement_id)"
)

GUARDS = [
    *append_only(
        "event_statement_version", "event_statement_action", "event_statement_evidence", "event_share_batch",
        "event_share",
    ),
    keeps("event_statement", "id", "event_id", "owner_id", "organisation_id", "lang", "created_at"),
    Guard("event_statement", "DELETE", "event_statement rows are never deleted"),
    Guard("event_statement", "INSERT", "a statement begins as a published plan", "NEW.state <> 'published'"),
    lawful("event_statement", "state", MOVES),
    Guard("event_statement", "UPDATE", "a statement is declared with its certificate",
          f"NEW.state = 'declared' AND NOT {_DECLARED.format(of='NEW.id')}"),
    Guard("event_statement_version", "INSERT", "a version follows the one before",
          "NEW.number <> (SELECT coalesce(max(v.number), 0) + 1 FROM event_statement_version AS v "
          "WHERE v.statement_id = NEW.statement_id)"),
    Guard("event_statement_version", "INSERT", "a closed statement has no later version",
          f"{_STATE.format(of='NEW.statement_id')} NOT IN ('published','declared')"),
    Guard("event_statement_version", "INSERT", "after a declaration there is no plan",
          f"NEW.certificate IS NULL AND {_DECLARED.format(of='NEW.statement_id')}"),
    Guard("event_statement_version", "INSERT", "what an event emitted is the same in every version",
          f"NEW.gross_g IS NOT NULL AND NEW.gross_g <> {_TOTAL}"),
    Guard("event_statement_action", "INSERT", "actions are added while the statement is open",
          f"{_STATE.format(of='NEW.statement_id')} <> 'published'"),
    Guard("event_statement_evidence", "INSERT", "evidence is added while the statement is open",
          f"{_STATE.format(of=_OF_ACTION)} <> 'published'"),
    Guard("event_share_batch", "INSERT", "shares are of a declared statement",
          f"{_STATE.format(of='NEW.statement_id')} <> 'declared'"),
    Guard("event_share", "INSERT", "a share belongs to its batch",
          "NEW.number < 1 OR NEW.number > (SELECT count FROM event_share_batch WHERE id = NEW.batch_id)"),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the tables."""
    # On PostgreSQL two batches of one statement wait for each other.
    whole = Guard(
        "event_share_batch", "INSERT", "no more is shared out than the event emitted",
        f"NEW.count * NEW.each_g + {_SHARED_OUT} > {_TOTAL}",
        when="NEW.count > 0" + in_turn(dialect, "event_statement", "NEW.statement_id"),
    )  # fmt: skip
    return statements(dialect, [*GUARDS, whole], room="statements")
