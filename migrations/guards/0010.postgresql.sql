CREATE FUNCTION registry_imports_guard_import_mapping_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'import_mapping rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER registry_imports_guard_import_mapping_delete BEFORE DELETE ON import_mapping FOR EACH ROW EXECUTE FUNCTION registry_imports_guard_import_mapping_delete()
--
CREATE FUNCTION registry_imports_guard_import_mapping_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'import_mapping rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER registry_imports_guard_import_mapping_update BEFORE UPDATE ON import_mapping FOR EACH ROW EXECUTE FUNCTION registry_imports_guard_import_mapping_update()
--
CREATE FUNCTION registry_imports_guard_import_run_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'import_run rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER registry_imports_guard_import_run_delete BEFORE DELETE ON import_run FOR EACH ROW EXECUTE FUNCTION registry_imports_guard_import_run_delete()
--
CREATE FUNCTION registry_imports_guard_import_run_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'waiting' THEN RAISE EXCEPTION 'an import begins waiting' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER registry_imports_guard_import_run_insert BEFORE INSERT ON import_run FOR EACH ROW EXECUTE FUNCTION registry_imports_guard_import_run_insert()
--
CREATE FUNCTION registry_imports_guard_import_run_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.layout IS DISTINCT FROM OLD.layout OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.file_sha256 IS DISTINCT FROM OLD.file_sha256 OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.at IS DISTINCT FROM OLD.at THEN RAISE EXCEPTION 'import_run keeps id, layout, file_name, file_sha256, actor_id, at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('applying>applied','applying>failed','judged>applying','waiting>failed','waiting>judged') THEN RAISE EXCEPTION 'import_run state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER registry_imports_guard_import_run_update BEFORE UPDATE ON import_run FOR EACH ROW EXECUTE FUNCTION registry_imports_guard_import_run_update()
