CREATE TRIGGER registry_log_guard_row_seal_update_0 BEFORE UPDATE ON row_seal BEGIN SELECT RAISE(ABORT, 'row_seal rows are never edited'); END;
--
CREATE TRIGGER registry_log_guard_row_seal_delete_1 BEFORE DELETE ON row_seal BEGIN SELECT RAISE(ABORT, 'row_seal rows are never deleted'); END;
--
CREATE TRIGGER registry_log_guard_state_digest_update_2 BEFORE UPDATE ON state_digest BEGIN SELECT RAISE(ABORT, 'state_digest rows are never edited'); END;
--
CREATE TRIGGER registry_log_guard_state_digest_delete_3 BEFORE DELETE ON state_digest BEGIN SELECT RAISE(ABORT, 'state_digest rows are never deleted'); END;
--
CREATE TRIGGER registry_log_guard_cosignature_update_4 BEFORE UPDATE ON cosignature BEGIN SELECT RAISE(ABORT, 'cosignature rows are never edited'); END;
--
CREATE TRIGGER registry_log_guard_cosignature_delete_5 BEFORE DELETE ON cosignature BEGIN SELECT RAISE(ABORT, 'cosignature rows are never deleted'); END;
--
CREATE TRIGGER registry_log_guard_witness_update_6 BEFORE UPDATE ON witness WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.name IS DISTINCT FROM OLD.name OR NEW.key IS DISTINCT FROM OLD.key OR NEW.added_at IS DISTINCT FROM OLD.added_at BEGIN SELECT RAISE(ABORT, 'witness keeps id, name, key, added_at'); END;
--
CREATE TRIGGER registry_log_guard_witness_delete_7 BEFORE DELETE ON witness BEGIN SELECT RAISE(ABORT, 'witness rows are never deleted'); END;
--
CREATE TRIGGER registry_log_guard_witness_update_8 BEFORE UPDATE ON witness WHEN OLD.left_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a witness that has left does not come back'); END;
--
CREATE TRIGGER registry_log_guard_project_update_9 BEFORE UPDATE ON project WHEN NEW.is_demo IS DISTINCT FROM OLD.is_demo OR NEW.created_at IS DISTINCT FROM OLD.created_at BEGIN SELECT RAISE(ABORT, 'project keeps is_demo, created_at'); END;
