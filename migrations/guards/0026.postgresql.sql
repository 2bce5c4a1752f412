CREATE FUNCTION privacy_guard_consent_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'consent rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER privacy_guard_consent_delete BEFORE DELETE ON consent FOR EACH ROW EXECUTE FUNCTION privacy_guard_consent_delete()
--
CREATE FUNCTION privacy_guard_consent_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'consent rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_guard_consent_update BEFORE UPDATE ON consent FOR EACH ROW EXECUTE FUNCTION privacy_guard_consent_update()
--
CREATE FUNCTION privacy_guard_correction_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'asked' THEN RAISE EXCEPTION 'a correction begins unanswered' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_guard_correction_insert BEFORE INSERT ON correction FOR EACH ROW EXECUTE FUNCTION privacy_guard_correction_insert()
--
CREATE FUNCTION privacy_guard_correction_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.matter IS DISTINCT FROM OLD.matter OR NEW.asked_at IS DISTINCT FROM OLD.asked_at THEN RAISE EXCEPTION 'correction keeps id, person_id, matter, asked_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('asked>done','asked>refused') THEN RAISE EXCEPTION 'correction state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_guard_correction_update BEFORE UPDATE ON correction FOR EACH ROW EXECUTE FUNCTION privacy_guard_correction_update()
--
CREATE FUNCTION privacy_guard_data_copy_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.asked_at IS DISTINCT FROM OLD.asked_at THEN RAISE EXCEPTION 'data_copy keeps id, person_id, order_id, asked_at' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_guard_data_copy_update BEFORE UPDATE ON data_copy FOR EACH ROW EXECUTE FUNCTION privacy_guard_data_copy_update()
--
CREATE FUNCTION privacy_guard_erasure_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'erasure rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER privacy_guard_erasure_delete BEFORE DELETE ON erasure FOR EACH ROW EXECUTE FUNCTION privacy_guard_erasure_delete()
--
CREATE FUNCTION privacy_guard_erasure_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'waiting' THEN RAISE EXCEPTION 'an erasure begins waiting' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_guard_erasure_insert BEFORE INSERT ON erasure FOR EACH ROW EXECUTE FUNCTION privacy_guard_erasure_insert()
--
CREATE FUNCTION privacy_guard_erasure_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.asked_at IS DISTINCT FROM OLD.asked_at THEN RAISE EXCEPTION 'erasure keeps id, person_id, order_id, asked_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('waiting>done','waiting>undone') THEN RAISE EXCEPTION 'erasure state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; IF NEW.state = 'done' AND OLD.state <> 'done' AND NEW.settled_at < OLD.due_at THEN RAISE EXCEPTION 'an erasure is not done before its days are over' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_guard_erasure_update BEFORE UPDATE ON erasure FOR EACH ROW EXECUTE FUNCTION privacy_guard_erasure_update()
--
CREATE FUNCTION privacy_guard_look_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'look rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_guard_look_update BEFORE UPDATE ON look FOR EACH ROW EXECUTE FUNCTION privacy_guard_look_update()
--
CREATE FUNCTION privacy_guard_pupil_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM pupil_class WHERE id = NEW.class_id AND ended_at IS NOT NULL) THEN RAISE EXCEPTION 'a class that has ended takes no pupils' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_guard_pupil_insert BEFORE INSERT ON pupil FOR EACH ROW EXECUTE FUNCTION privacy_guard_pupil_insert()
--
CREATE FUNCTION privacy_guard_pupil_class_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pupil_class rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER privacy_guard_pupil_class_delete BEFORE DELETE ON pupil_class FOR EACH ROW EXECUTE FUNCTION privacy_guard_pupil_class_delete()
--
CREATE FUNCTION privacy_guard_pupil_class_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.guardians_text IS DISTINCT FROM OLD.guardians_text OR NEW.made_by IS DISTINCT FROM OLD.made_by OR NEW.made_at IS DISTINCT FROM OLD.made_at THEN RAISE EXCEPTION 'pupil_class keeps id, organisation_id, guardians_text, made_by, made_at' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_guard_pupil_class_update BEFORE UPDATE ON pupil_class FOR EACH ROW EXECUTE FUNCTION privacy_guard_pupil_class_update()
