CREATE FUNCTION training_guard_training_answer_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM training_attempt AS a WHERE a.id = OLD.attempt_id AND a.submitted_at IS NOT NULL) THEN RAISE EXCEPTION 'answers of a submitted attempt are kept' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER training_guard_training_answer_delete BEFORE DELETE ON training_answer FOR EACH ROW EXECUTE FUNCTION training_guard_training_answer_delete();
--
CREATE FUNCTION training_guard_training_answer_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM training_attempt AS a WHERE a.id = NEW.attempt_id AND a.submitted_at IS NOT NULL) THEN RAISE EXCEPTION 'a submitted attempt takes no answer' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_answer_insert BEFORE INSERT ON training_answer FOR EACH ROW EXECUTE FUNCTION training_guard_training_answer_insert();
--
CREATE FUNCTION training_guard_training_answer_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM training_attempt AS a WHERE a.id = OLD.attempt_id AND a.submitted_at IS NOT NULL) THEN RAISE EXCEPTION 'answers of a submitted attempt stay' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_answer_update BEFORE UPDATE ON training_answer FOR EACH ROW EXECUTE FUNCTION training_guard_training_answer_update();
--
CREATE FUNCTION training_guard_training_attempt_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.enrolment_id IS DISTINCT FROM OLD.enrolment_id OR NEW.quiz IS DISTINCT FROM OLD.quiz OR NEW.number IS DISTINCT FROM OLD.number OR NEW.lang IS DISTINCT FROM OLD.lang OR NEW.seed IS DISTINCT FROM OLD.seed OR NEW.policy IS DISTINCT FROM OLD.policy OR NEW.items IS DISTINCT FROM OLD.items OR NEW.way IS DISTINCT FROM OLD.way OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.started_at IS DISTINCT FROM OLD.started_at OR NEW.possible IS DISTINCT FROM OLD.possible THEN RAISE EXCEPTION 'training_attempt keeps id, enrolment_id, quiz, number, lang, seed, policy, items, way, actor_id, started_at, possible' USING ERRCODE = 'check_violation'; END IF; IF OLD.submitted_at IS NOT NULL THEN RAISE EXCEPTION 'a submitted attempt is never changed' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_attempt_update BEFORE UPDATE ON training_attempt FOR EACH ROW EXECUTE FUNCTION training_guard_training_attempt_update();
--
CREATE FUNCTION training_guard_training_completion_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_completion rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER training_guard_training_completion_delete BEFORE DELETE ON training_completion FOR EACH ROW EXECUTE FUNCTION training_guard_training_completion_delete();
--
CREATE FUNCTION training_guard_training_completion_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_completion rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_completion_update BEFORE UPDATE ON training_completion FOR EACH ROW EXECUTE FUNCTION training_guard_training_completion_update();
--
CREATE FUNCTION training_guard_training_course_version_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_course_version rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER training_guard_training_course_version_delete BEFORE DELETE ON training_course_version FOR EACH ROW EXECUTE FUNCTION training_guard_training_course_version_delete();
--
CREATE FUNCTION training_guard_training_course_version_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.course IS DISTINCT FROM OLD.course OR NEW.version IS DISTINCT FROM OLD.version OR NEW.track IS DISTINCT FROM OLD.track OR NEW.audience IS DISTINCT FROM OLD.audience OR NEW.title_zh IS DISTINCT FROM OLD.title_zh OR NEW.title_en IS DISTINCT FROM OLD.title_en OR NEW.minutes IS DISTINCT FROM OLD.minutes OR NEW.pack IS DISTINCT FROM OLD.pack OR NEW.sha256 IS DISTINCT FROM OLD.sha256 OR NEW.published_at IS DISTINCT FROM OLD.published_at OR NEW.published_by IS DISTINCT FROM OLD.published_by THEN RAISE EXCEPTION 'training_course_version keeps id, course, version, track, audience, title_zh, title_en, minutes, pack, sha256, published_at, published_by' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_course_version_update BEFORE UPDATE ON training_course_version FOR EACH ROW EXECUTE FUNCTION training_guard_training_course_version_update();
--
CREATE FUNCTION training_guard_training_enrolment_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.cohort_id IS NOT NULL THEN IF NEW.version_id <> (SELECT version_id FROM training_cohort WHERE id = NEW.cohort_id) THEN RAISE EXCEPTION 'a cohort takes one version of a course' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_enrolment_insert BEFORE INSERT ON training_enrolment FOR EACH ROW EXECUTE FUNCTION training_guard_training_enrolment_insert();
--
CREATE FUNCTION training_guard_training_enrolment_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.learner_id IS DISTINCT FROM OLD.learner_id OR NEW.version_id IS DISTINCT FROM OLD.version_id OR NEW.cohort_id IS DISTINCT FROM OLD.cohort_id OR NEW.enrolled_at IS DISTINCT FROM OLD.enrolled_at THEN RAISE EXCEPTION 'training_enrolment keeps id, learner_id, version_id, cohort_id, enrolled_at' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_enrolment_update BEFORE UPDATE ON training_enrolment FOR EACH ROW EXECUTE FUNCTION training_guard_training_enrolment_update();
--
CREATE FUNCTION training_guard_training_feedback_answer_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_feedback_answer rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER training_guard_training_feedback_answer_delete BEFORE DELETE ON training_feedback_answer FOR EACH ROW EXECUTE FUNCTION training_guard_training_feedback_answer_delete();
--
CREATE FUNCTION training_guard_training_feedback_answer_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_feedback_answer rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_feedback_answer_update BEFORE UPDATE ON training_feedback_answer FOR EACH ROW EXECUTE FUNCTION training_guard_training_feedback_answer_update();
--
CREATE FUNCTION training_guard_training_override_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_override rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER training_guard_training_override_delete BEFORE DELETE ON training_override FOR EACH ROW EXECUTE FUNCTION training_guard_training_override_delete();
--
CREATE FUNCTION training_guard_training_override_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_override rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_override_update BEFORE UPDATE ON training_override FOR EACH ROW EXECUTE FUNCTION training_guard_training_override_update();
--
CREATE FUNCTION training_guard_training_trainer_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_trainer rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER training_guard_training_trainer_delete BEFORE DELETE ON training_trainer FOR EACH ROW EXECUTE FUNCTION training_guard_training_trainer_delete();
--
CREATE FUNCTION training_guard_training_trainer_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'training_trainer rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER training_guard_training_trainer_update BEFORE UPDATE ON training_trainer FOR EACH ROW EXECUTE FUNCTION training_guard_training_trainer_update();
