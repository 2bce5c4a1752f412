CREATE TRIGGER certificates_kinds_guard_certificate_holder_update_0 BEFORE UPDATE ON certificate_holder WHEN NEW.trainer IS NOT NULL AND NEW.trainer IS DISTINCT FROM OLD.trainer BEGIN SELECT RAISE(ABORT, 'a trainer is kept or forgotten, not rewritten'); END;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_update_1 BEFORE UPDATE ON certificate_batch WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.total IS DISTINCT FROM OLD.total OR NEW.lang IS DISTINCT FROM OLD.lang OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.made_at IS DISTINCT FROM OLD.made_at BEGIN SELECT RAISE(ABORT, 'certificate_batch keeps id, owner_id, total, lang, actor_id, made_at'); END;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_delete_2 BEFORE DELETE ON certificate_batch BEGIN SELECT RAISE(ABORT, 'certificate_batch rows are never deleted'); END;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_update_3 BEFORE UPDATE ON certificate_batch WHEN OLD.packed_at IS NOT NULL AND (NEW.packed_at IS DISTINCT FROM OLD.packed_at OR NEW.file IS DISTINCT FROM OLD.file OR NEW.file_sha256 IS DISTINCT FROM OLD.file_sha256) BEGIN SELECT RAISE(ABORT, 'a batch is packed once'); END;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_item_update_4 BEFORE UPDATE ON certificate_batch_item BEGIN SELECT RAISE(ABORT, 'certificate_batch_item rows are never edited'); END;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_item_delete_5 BEFORE DELETE ON certificate_batch_item BEGIN SELECT RAISE(ABORT, 'certificate_batch_item rows are never deleted'); END;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_item_insert_6 BEFORE INSERT ON certificate_batch_item WHEN NEW.position > (SELECT total FROM certificate_batch WHERE id = NEW.batch_id) BEGIN SELECT RAISE(ABORT, 'a batch has no more certificates than it was opened for'); END;
