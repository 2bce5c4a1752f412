CREATE TRIGGER training_guard_training_follow_up_answer_update_20 BEFORE UPDATE ON training_follow_up_answer BEGIN SELECT RAISE(ABORT, 'training_follow_up_answer rows are never edited'); END
--
CREATE TRIGGER training_guard_training_follow_up_answer_delete_21 BEFORE DELETE ON training_follow_up_answer BEGIN SELECT RAISE(ABORT, 'training_follow_up_answer rows are never deleted'); END
--
CREATE TRIGGER training_guard_training_follow_up_turn_update_22 BEFORE UPDATE ON training_follow_up_turn WHEN NEW.enrolment_id IS DISTINCT FROM OLD.enrolment_id OR NEW.months IS DISTINCT FROM OLD.months OR NEW.asked_at IS DISTINCT FROM OLD.asked_at BEGIN SELECT RAISE(ABORT, 'training_follow_up_turn keeps enrolment_id, months, asked_at'); END
--
CREATE TRIGGER training_guard_training_follow_up_turn_update_23 BEFORE UPDATE ON training_follow_up_turn WHEN OLD.is_answered AND NOT NEW.is_answered BEGIN SELECT RAISE(ABORT, 'who has answered has answered'); END
--
CREATE TRIGGER training_guard_training_follow_up_turn_delete_24 BEFORE DELETE ON training_follow_up_turn BEGIN SELECT RAISE(ABORT, 'training_follow_up_turn rows are never deleted'); END
--
CREATE TRIGGER training_guard_training_follow_up_turn_insert_25 BEFORE INSERT ON training_follow_up_turn WHEN NOT EXISTS (SELECT 1 FROM training_follow_up AS f WHERE f.enrolment_id = NEW.enrolment_id AND f.ended_at IS NULL) BEGIN SELECT RAISE(ABORT, 'nobody is asked who has not agreed'); END
--
CREATE TRIGGER training_guard_training_follow_up_answer_insert_26 BEFORE INSERT ON training_follow_up_answer WHEN (SELECT count(*) FROM training_follow_up_answer AS a WHERE a.cohort_id = NEW.cohort_id AND a.months = NEW.months) >= (SELECT count(*) FROM training_follow_up_turn AS t JOIN training_enrolment AS e ON e.id = t.enrolment_id WHERE e.cohort_id = NEW.cohort_id AND t.months = NEW.months AND t.is_answered) BEGIN SELECT RAISE(ABORT, 'each answer comes from somebody who was asked'); END
