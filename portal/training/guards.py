"""What the database refuses about training, whoever asks: results and reasons are never rewritten."""

from portal.guards import Guard, append_only, keeps, statements

_SUBMITTED = (
    "EXISTS (SELECT 1 FROM training_attempt AS a WHERE a.id = {of}.attempt_id AND a.submitted_at IS NOT NULL)"
)

GUARDS = [
    *append_only("training_override", "training_completion", "training_trainer", "training_feedback_answer"),
    keeps("training_course_version", "id", "course", "version", "track", "audience", "title_zh", "title_en",
          "minutes", "pack", "sha256", "published_at", "published_by"),
    Guard("training_course_version", "DELETE", "training_course_version rows are never deleted"),
    keeps("training_enrolment", "id", "learner_id", "version_id", "cohort_id", "enrolled_at"),
    Guard("training_enrolment", "INSERT", "a cohort takes one version of a course",
          "NEW.version_id <> (SELECT version_id FROM training_cohort WHERE id = NEW.cohort_id)",
          when="NEW.cohort_id IS NOT NULL"),
    keeps("training_attempt", "id", "enrolment_id", "quiz", "number", "lang", "seed", "policy", "items",
          "way", "actor_id", "started_at", "possible"),
    Guard("training_attempt", "UPDATE", "a submitted attempt is never changed",
          "OLD.submitted_at IS NOT NULL"),
    Guard("training_answer", "INSERT", "a submitted attempt takes no answer", _SUBMITTED.format(of="NEW")),
    Guard("training_answer", "UPDATE", "answers of a submitted attempt stay", _SUBMITTED.format(of="OLD")),
    Guard("training_answer", "DELETE", "answers of a submitted attempt are kept",
          _SUBMITTED.format(of="OLD")),
    *append_only("training_paper_correction"),
    Guard("training_paper_correction", "INSERT", "a sheet is corrected by another sheet of the same paper",
          "NOT EXISTS (SELECT 1 FROM training_attempt AS a JOIN training_attempt AS b"
          " ON b.enrolment_id = a.enrolment_id AND b.quiz = a.quiz AND b.seed = a.seed"
          " WHERE a.id = NEW.attempt_id AND b.id = NEW.by_attempt_id AND b.number > a.number"
          " AND a.way = 'paper' AND b.way = 'paper')"),
    *append_only("training_follow_up_answer"),
    keeps("training_follow_up_turn", "enrolment_id", "months", "asked_at"),
    Guard("training_follow_up_turn", "UPDATE", "who has answered has answered",
          "OLD.is_answered AND NOT NEW.is_answered"),
    Guard("training_follow_up_turn", "DELETE", "training_follow_up_turn rows are never deleted"),
    Guard("training_follow_up_turn", "INSERT", "nobody is asked who has not agreed",
          "NOT EXISTS (SELECT 1 FROM training_follow_up AS f"
          " WHERE f.enrolment_id = NEW.enrolment_id AND f.ended_at IS NULL)"),
    Guard("training_follow_up_answer", "INSERT", "each answer comes from somebody who was asked",
          "(SELECT count(*) FROM training_follow_up_answer AS a"
          " WHERE a.cohort_id = NEW.cohort_id AND a.months = NEW.months)"
          " >= (SELECT count(*) FROM training_follow_up_turn AS t JOIN training_enrolment AS e"
          " ON e.id = t.enrolment_id WHERE e.cohort_id = NEW.cohort_id AND t.months = NEW.months"
          " AND t.is_answered)"),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the tables."""
    return statements(dialect, GUARDS, room="training")
