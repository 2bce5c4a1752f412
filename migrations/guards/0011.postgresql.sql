CREATE FUNCTION registry_log_guard_cosignature_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'cosignature rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_log_guard_cosignature_delete BEFORE DELETE ON cosignature FOR EACH ROW EXECUTE FUNCTION registry_log_guard_cosignature_delete();
--
CREATE FUNCTION registry_log_guard_cosignature_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'cosignature rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_log_guard_cosignature_update BEFORE UPDATE ON cosignature FOR EACH ROW EXECUTE FUNCTION registry_log_guard_cosignature_update();
--
CREATE FUNCTION registry_log_guard_project_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.is_demo IS DISTINCT FROM OLD.is_demo OR NEW.created_at IS DISTINCT FROM OLD.created_at THEN RAISE EXCEPTION 'project keeps is_demo, created_at' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_log_guard_project_update BEFORE UPDATE ON project FOR EACH ROW EXECUTE FUNCTION registry_log_guard_project_update();
--
CREATE FUNCTION registry_log_guard_row_seal_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'row_seal rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_log_guard_row_seal_delete BEFORE DELETE ON row_seal FOR EACH ROW EXECUTE FUNCTION registry_log_guard_row_seal_delete();
--
CREATE FUNCTION registry_log_guard_row_seal_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'row_seal rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_log_guard_row_seal_update BEFORE UPDATE ON row_seal FOR EACH ROW EXECUTE FUNCTION registry_log_guard_row_seal_update();
--
CREATE FUNCTION registry_log_guard_state_digest_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'state_digest rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_log_guard_state_digest_delete BEFORE DELETE ON state_digest FOR EACH ROW EXECUTE FUNCTION registry_log_guard_state_digest_delete();
--
CREATE FUNCTION registry_log_guard_state_digest_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'state_digest rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_log_guard_state_digest_update BEFORE UPDATE ON state_digest FOR EACH ROW EXECUTE FUNCTION registry_log_guard_state_digest_update();
--
CREATE FUNCTION registry_log_guard_witness_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'witness rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_log_guard_witness_delete BEFORE DELETE ON witness FOR EACH ROW EXECUTE FUNCTION registry_log_guard_witness_delete();
--
CREATE FUNCTION registry_log_guard_witness_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.name IS DISTINCT FROM OLD.name OR NEW.key IS DISTINCT FROM OLD.key OR NEW.added_at IS DISTINCT FROM OLD.added_at THEN RAISE EXCEPTION 'witness keeps id, name, key, added_at' USING ERRCODE = 'check_violation'; END IF; IF OLD.left_at IS NOT NULL THEN RAISE EXCEPTION 'a witness that has left does not come back' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_log_guard_witness_update BEFORE UPDATE ON witness FOR EACH ROW EXECUTE FUNCTION registry_log_guard_witness_update();
