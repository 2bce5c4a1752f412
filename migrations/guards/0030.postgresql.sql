CREATE FUNCTION training_guard_training_paper_correction_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_paper_correction rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER training_guard_training_paper_correction_delete BEFORE DELETE ON training_paper_correction FOR EACH ROW EXECUTE FUNCTION training_guard_training_paper_correction_delete()
--
CREATE FUNCTION training_guard_training_paper_correction_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM training_attempt AS a JOIN training_attempt AS b ON b.enrolment_id = a.enrolment_id AND b.quiz = a.quiz AND b.seed = a.seed WHERE a.id = NEW.attempt_id AND b.id = NEW.by_attempt_id AND b.number > a.number AND a.way = 'paper' AND b.way = 'paper') THEN RAISE EXCEPTION 'a sheet is corrected by another sheet of the same paper' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER training_guard_training_paper_correction_insert BEFORE INSERT ON training_paper_correction FOR EACH ROW EXECUTE FUNCTION training_guard_training_paper_correction_insert()
--
CREATE FUNCTION training_guard_training_paper_correction_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_paper_correction rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER training_guard_training_paper_correction_update BEFORE UPDATE ON training_paper_correction FOR EACH ROW EXECUTE FUNCTION training_guard_training_paper_correction_update()
