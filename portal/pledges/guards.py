"""What the database refuses about pledges, whoever asks: a promise is not rewritten, nor what came of it."""

from portal.guards import Guard, append_only, keeps, lawful, statements
from portal.pledges.rules import evidence
from portal.pledges.rules.promise import MOVES

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

_IS_WITHDRAWN = "EXISTS (SELECT 1 FROM pledge WHERE id = NEW.pledge_id AND state = 'withdrawn')"


def _once(table: str, column: str, sentence: str) -> Guard:
    """A moment that is written down once."""
    return Guard(
        table, "UPDATE", sentence, f"OLD.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column}"
    )


COURSE_GUARDS = [
    keeps("pledge_profile", "pledge_id", "maker", "organisation_id", "sector", "county", "baseline_year",
          "boundary"),
    Guard("pledge_profile", "DELETE", "pledge_profile rows are never deleted"),
    *append_only("pledge_report", "pledge_withdrawal", "pledge_challenge", "pledge_challenge_entry"),
    Guard("pledge_withdrawal", "INSERT", "only a withdrawn pledge says why it was withdrawn",
          f"NOT {_IS_WITHDRAWN}"),
    Guard("pledge_report", "INSERT", "a withdrawn pledge takes no report", _IS_WITHDRAWN),
    keeps("pledge_evidence", "id", "pledge_id", "report_id", "file_name", "sha256", "media_type", "bytes",
          "verifier", "note", "given_by", "given_at"),
    Guard("pledge_evidence", "DELETE", "pledge_evidence rows are never deleted"),
    Guard("pledge_evidence", "INSERT", "evidence waits until somebody else has looked at it",
          "NEW.state <> 'waiting'"),
    Guard("pledge_evidence", "INSERT", "evidence is of a report of its own pledge",
          "NOT EXISTS (SELECT 1 FROM pledge_report WHERE id = NEW.report_id AND pledge_id = NEW.pledge_id)",
          when="NEW.report_id IS NOT NULL"),
    lawful("pledge_evidence", "state", evidence.MOVES),
    Guard("pledge_evidence", "UPDATE", "a decision about evidence is kept",
          "NEW.decided_at IS DISTINCT FROM OLD.decided_at OR NEW.decided_by IS DISTINCT FROM OLD.decided_by "
          "OR NEW.reason <> OLD.reason", when="OLD.decided_at IS NOT NULL"),
    keeps("pledge_action", "id", "pledge_id", "key", "title", "saves_g", "year", "made_at"),
    Guard("pledge_action", "DELETE", "pledge_action rows are never deleted"),
    _once("pledge_action", "done_at", "an action is done once"),
    _once("pledge_action", "dropped_at", "an action is dropped once"),
    keeps("pledge_letters", "id", "pledge_id", "made_at"),
    keeps("pledge_group", "id", "code", "kind", "name", "about", "county", "organisation_id", "owner_id",
          "made_at"),
    Guard("pledge_group", "DELETE", "pledge_group rows are never deleted"),
    _once("pledge_group", "closed_at", "a group is closed once"),
    keeps("pledge_group_seat", "group_id", "pledge_id", "number", "joined_at"),
    Guard("pledge_group_seat", "DELETE", "pledge_group_seat rows are never deleted"),
    _once("pledge_group_seat", "left_at", "a seat that was left stays empty"),
    Guard("pledge_group_seat", "INSERT", "a closed group takes no more pledges",
          "EXISTS (SELECT 1 FROM pledge_group WHERE id = NEW.group_id AND closed_at IS NOT NULL)"),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migrations that make the tables."""
    promise = statements(dialect, GUARDS, room="pledges")
    return promise + course_ddl(dialect)


def course_ddl(dialect: str) -> list[str]:
    """Those about what comes after a promise."""
    return statements(dialect, COURSE_GUARDS, room="pledges")
