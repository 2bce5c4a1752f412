CREATE TRIGGER registry_imports_guard_import_mapping_update_0 BEFORE UPDATE ON import_mapping BEGIN SELECT RAISE(ABORT, 'import_mapping rows are never edited'); END
--
CREATE TRIGGER registry_imports_guard_import_mapping_delete_1 BEFORE DELETE ON import_mapping BEGIN SELECT RAISE(ABORT, 'import_mapping rows are never deleted'); END
--
CREATE TRIGGER registry_imports_guard_import_run_update_2 BEFORE UPDATE ON import_run WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.layout IS DISTINCT FROM OLD.layout OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.file_sha256 IS DISTINCT FROM OLD.file_sha256 OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.at IS DISTINCT FROM OLD.at BEGIN SELECT RAISE(ABORT, 'import_run keeps id, layout, file_name, file_sha256, actor_id, at'); END
--
CREATE TRIGGER registry_imports_guard_import_run_delete_3 BEFORE DELETE ON import_run BEGIN SELECT RAISE(ABORT, 'import_run rows are never deleted'); END
--
CREATE TRIGGER registry_imports_guard_import_run_insert_4 BEFORE INSERT ON import_run WHEN NEW.state <> 'waiting' BEGIN SELECT RAISE(ABORT, 'an import begins waiting'); END
--
CREATE TRIGGER registry_imports_guard_import_run_update_5 BEFORE UPDATE ON import_run WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('applying>applied','applying>failed','judged>applying','waiting>failed','waiting>judged') BEGIN SELECT RAISE(ABORT, 'import_run state moves only by lawful steps'); END
