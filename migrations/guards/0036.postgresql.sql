CREATE FUNCTION accounts_guard_organisation_check_kind_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.found IS NOT NULL THEN RAISE EXCEPTION 'what staff found an organisation to be is kept' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER accounts_guard_organisation_check_kind_delete BEFORE DELETE ON organisation_check_kind FOR EACH ROW EXECUTE FUNCTION accounts_guard_organisation_check_kind_delete()
--
CREATE FUNCTION accounts_guard_organisation_check_kind_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.check_id IS DISTINCT FROM OLD.check_id OR NEW.claimed IS DISTINCT FROM OLD.claimed THEN RAISE EXCEPTION 'organisation_check_kind keeps check_id, claimed' USING ERRCODE = 'check_violation'; END IF; IF OLD.found IS NOT NULL AND NEW.found IS DISTINCT FROM OLD.found THEN RAISE EXCEPTION 'what staff found an organisation to be is not rewritten' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER accounts_guard_organisation_check_kind_update BEFORE UPDATE ON organisation_check_kind FOR EACH ROW EXECUTE FUNCTION accounts_guard_organisation_check_kind_update()
--
CREATE FUNCTION privacy_consents_guard_agreement_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'agreement rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER privacy_consents_guard_agreement_delete BEFORE DELETE ON agreement FOR EACH ROW EXECUTE FUNCTION privacy_consents_guard_agreement_delete()
--
CREATE FUNCTION privacy_consents_guard_agreement_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'agreement rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_consents_guard_agreement_update BEFORE UPDATE ON agreement FOR EACH ROW EXECUTE FUNCTION privacy_consents_guard_agreement_update()
--
CREATE FUNCTION privacy_consents_guard_pupil_class_tie_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM pupil_class WHERE id = NEW.class_id AND ended_at IS NOT NULL) THEN RAISE EXCEPTION 'a class that has ended is tied to nothing' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_consents_guard_pupil_class_tie_insert BEFORE INSERT ON pupil_class_tie FOR EACH ROW EXECUTE FUNCTION privacy_consents_guard_pupil_class_tie_insert()
--
CREATE FUNCTION privacy_consents_guard_pupil_class_tie_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.class_id IS DISTINCT FROM OLD.class_id THEN RAISE EXCEPTION 'pupil_class_tie keeps class_id' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER privacy_consents_guard_pupil_class_tie_update BEFORE UPDATE ON pupil_class_tie FOR EACH ROW EXECUTE FUNCTION privacy_consents_guard_pupil_class_tie_update()
