CREATE TRIGGER training_guard_training_override_update_0 BEFORE UPDATE ON training_override BEGIN SELECT RAISE(ABORT, 'training_override rows are never edited'); END;
--
CREATE TRIGGER training_guard_training_override_delete_1 BEFORE DELETE ON training_override BEGIN SELECT RAISE(ABORT, 'training_override rows are never deleted'); END;
--
CREATE TRIGGER training_guard_training_completion_update_2 BEFORE UPDATE ON training_completion BEGIN SELECT RAISE(ABORT, 'training_completion rows are never edited'); END;
--
CREATE TRIGGER training_guard_training_completion_delete_3 BEFORE DELETE ON training_completion BEGIN SELECT RAISE(ABORT, 'training_completion rows are never deleted'); END;
--
CREATE TRIGGER training_guard_training_trainer_update_4 BEFORE UPDATE ON training_trainer BEGIN SELECT RAISE(ABORT, 'training_trainer rows are never edited'); END;
--
CREATE TRIGGER training_guard_training_trainer_delete_5 BEFORE DELETE ON training_trainer BEGIN SELECT RAISE(ABORT, 'training_trainer rows are never deleted'); END;
--
CREATE TRIGGER training_guard_training_feedback_answer_update_6 BEFORE UPDATE ON training_feedback_answer BEGIN SELECT RAISE(ABORT, 'training_feedback_answer rows are never edited'); END;
--
CREATE TRIGGER training_guard_training_feedback_answer_delete_7 BEFORE DELETE ON training_feedback_answer BEGIN SELECT RAISE(ABORT, 'training_feedback_answer rows are never deleted'); END;
--
CREATE TRIGGER training_guard_training_course_version_update_8 BEFORE UPDATE ON training_course_version WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.course IS DISTINCT FROM OLD.course OR NEW.version IS DISTINCT FROM OLD.version OR NEW.track IS DISTINCT FROM OLD.track OR NEW.audience IS DISTINCT FROM OLD.audience OR NEW.title_zh IS DISTINCT FROM OLD.title_zh OR NEW.title_en IS DISTINCT FROM OLD.title_en OR NEW.minutes IS DISTINCT FROM OLD.minutes OR NEW.pack IS DISTINCT FROM OLD.pack OR NEW.sha256 IS DISTINCT FROM OLD.sha256 OR NEW.published_at IS DISTINCT FROM OLD.published_at OR NEW.published_by IS DISTINCT FROM OLD.published_by BEGIN SELECT RAISE(ABORT, 'training_course_version keeps id, course, version, track, audience, title_zh, title_en, minutes, pack, sha256, published_at, published_by'); END;
--
CREATE TRIGGER training_guard_training_course_version_delete_9 BEFORE DELETE ON training_course_version BEGIN SELECT RAISE(ABORT, 'training_course_version rows are never deleted'); END;
--
CREATE TRIGGER training_guard_training_enrolment_update_10 BEFORE UPDATE ON training_enrolment WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.learner_id IS DISTINCT FROM OLD.learner_id OR NEW.version_id IS DISTINCT FROM OLD.version_id OR NEW.cohort_id IS DISTINCT FROM OLD.cohort_id OR NEW.enrolled_at IS DISTINCT FROM OLD.enrolled_at BEGIN SELECT RAISE(ABORT, 'training_enrolment keeps id, learner_id, version_id, cohort_id, enrolled_at'); END;
--
CREATE TRIGGER training_guard_training_enrolment_insert_11 BEFORE INSERT ON training_enrolment WHEN (NEW.cohort_id IS NOT NULL) AND (NEW.version_id <> (SELECT version_id FROM training_cohort WHERE id = NEW.cohort_id)) BEGIN SELECT RAISE(ABORT, 'a cohort takes one version of a course'); END;
--
CREATE TRIGGER training_guard_training_attempt_update_12 BEFORE UPDATE ON training_attempt WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.enrolment_id IS DISTINCT FROM OLD.enrolment_id OR NEW.quiz IS DISTINCT FROM OLD.quiz OR NEW.number IS DISTINCT FROM OLD.number OR NEW.lang IS DISTINCT FROM OLD.lang OR NEW.seed IS DISTINCT FROM OLD.seed OR NEW.policy IS DISTINCT FROM OLD.policy OR NEW.items IS DISTINCT FROM OLD.items OR NEW.way IS DISTINCT FROM OLD.way OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.started_at IS DISTINCT FROM OLD.started_at OR NEW.possible IS DISTINCT FROM OLD.possible BEGIN SELECT RAISE(ABORT, 'training_attempt keeps id, enrolment_id, quiz, number, lang, seed, policy, items, way, actor_id, started_at, possible'); END;
--
CREATE TRIGGER training_guard_training_attempt_update_13 BEFORE UPDATE ON training_attempt WHEN OLD.submitted_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a submitted attempt is never changed'); END;
--
CREATE TRIGGER training_guard_training_answer_insert_14 BEFORE INSERT ON training_answer WHEN EXISTS (SELECT 1 FROM training_attempt AS a WHERE a.id = NEW.attempt_id AND a.submitted_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'a submitted attempt takes no answer'); END;
--
CREATE TRIGGER training_guard_training_answer_update_15 BEFORE UPDATE ON training_answer WHEN EXISTS (SELECT 1 FROM training_attempt AS a WHERE a.id = OLD.attempt_id AND a.submitted_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'answers of a submitted attempt stay'); END;
--
CREATE TRIGGER training_guard_training_answer_delete_16 BEFORE DELETE ON training_answer WHEN EXISTS (SELECT 1 FROM training_attempt AS a WHERE a.id = OLD.attempt_id AND a.submitted_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'answers of a submitted attempt are kept'); END;
