CREATE FUNCTION training_guard_training_follow_up_answer_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_follow_up_answer rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER training_guard_training_follow_up_answer_delete BEFORE DELETE ON training_follow_up_answer FOR EACH ROW EXECUTE FUNCTION training_guard_training_follow_up_answer_delete()
--
CREATE FUNCTION training_guard_training_follow_up_answer_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT count(*) FROM training_follow_up_answer AS a WHERE a.cohort_id = NEW.cohort_id AND a.months = NEW.months) >= (SELECT count(*) FROM training_follow_up_turn AS t JOIN training_enrolment AS e ON e.id = t.enrolment_id WHERE e.cohort_id = NEW.cohort_id AND t.months = NEW.months AND t.is_answered) THEN RAISE EXCEPTION 'each answer comes from somebody who was asked' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER training_guard_training_follow_up_answer_insert BEFORE INSERT ON training_follow_up_answer FOR EACH ROW EXECUTE FUNCTION training_guard_training_follow_up_answer_insert()
--
CREATE FUNCTION training_guard_training_follow_up_answer_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_follow_up_answer rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER training_guard_training_follow_up_answer_update BEFORE UPDATE ON training_follow_up_answer FOR EACH ROW EXECUTE FUNCTION training_guard_training_follow_up_answer_update()
--
CREATE FUNCTION training_guard_training_follow_up_turn_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_follow_up_turn rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER training_guard_training_follow_up_turn_delete BEFORE DELETE ON training_follow_up_turn FOR EACH ROW EXECUTE FUNCTION training_guard_training_follow_up_turn_delete()
--
CREATE FUNCTION training_guard_training_follow_up_turn_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM training_follow_up AS f WHERE f.enrolment_id = NEW.enrolment_id AND f.ended_at IS NULL) THEN RAISE EXCEPTION 'nobody is asked who has not agreed' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER training_guard_training_follow_up_turn_insert BEFORE INSERT ON training_follow_up_turn FOR EACH ROW EXECUTE FUNCTION training_guard_training_follow_up_turn_insert()
--
CREATE FUNCTION training_guard_training_follow_up_turn_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.enrolment_id IS DISTINCT FROM OLD.enrolment_id OR NEW.months IS DISTINCT FROM OLD.months OR NEW.asked_at IS DISTINCT FROM OLD.asked_at THEN RAISE EXCEPTION 'training_follow_up_turn keeps enrolment_id, months, asked_at' USING ERRCODE = 'check_violation'; END IF; IF OLD.is_answered AND NOT NEW.is_answered THEN RAISE EXCEPTION 'who has answered has answered' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER training_guard_training_follow_up_turn_update BEFORE UPDATE ON training_follow_up_turn FOR EACH ROW EXECUTE FUNCTION training_guard_training_follow_up_turn_update()
