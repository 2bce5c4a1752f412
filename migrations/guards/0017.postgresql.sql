CREATE FUNCTION certificates_kinds_guard_certificate_batch_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'certificate_batch rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_delete BEFORE DELETE ON certificate_batch FOR EACH ROW EXECUTE FUNCTION certificates_kinds_guard_certificate_batch_delete();
--
CREATE FUNCTION certificates_kinds_guard_certificate_batch_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.total IS DISTINCT FROM OLD.total OR NEW.lang IS DISTINCT FROM OLD.lang OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.made_at IS DISTINCT FROM OLD.made_at THEN RAISE EXCEPTION 'certificate_batch keeps id, owner_id, total, lang, actor_id, made_at' USING ERRCODE = 'check_violation'; END IF; IF OLD.packed_at IS NOT NULL AND (NEW.packed_at IS DISTINCT FROM OLD.packed_at OR NEW.file IS DISTINCT FROM OLD.file OR NEW.file_sha256 IS DISTINCT FROM OLD.file_sha256) THEN RAISE EXCEPTION 'a batch is packed once' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_update BEFORE UPDATE ON certificate_batch FOR EACH ROW EXECUTE FUNCTION certificates_kinds_guard_certificate_batch_update();
--
CREATE FUNCTION certificates_kinds_guard_certificate_batch_item_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'certificate_batch_item rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_item_delete BEFORE DELETE ON certificate_batch_item FOR EACH ROW EXECUTE FUNCTION certificates_kinds_guard_certificate_batch_item_delete();
--
CREATE FUNCTION certificates_kinds_guard_certificate_batch_item_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.position > (SELECT total FROM certificate_batch WHERE id = NEW.batch_id) THEN RAISE EXCEPTION 'a batch has no more certificates than it was opened for' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_item_insert BEFORE INSERT ON certificate_batch_item FOR EACH ROW EXECUTE FUNCTION certificates_kinds_guard_certificate_batch_item_insert();
--
CREATE FUNCTION certificates_kinds_guard_certificate_batch_item_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'certificate_batch_item rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER certificates_kinds_guard_certificate_batch_item_update BEFORE UPDATE ON certificate_batch_item FOR EACH ROW EXECUTE FUNCTION certificates_kinds_guard_certificate_batch_item_update();
--
CREATE FUNCTION certificates_kinds_guard_certificate_holder_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.trainer IS NOT NULL AND NEW.trainer IS DISTINCT FROM OLD.trainer THEN RAISE EXCEPTION 'a trainer is kept or forgotten, not rewritten' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER certificates_kinds_guard_certificate_holder_update BEFORE UPDATE ON certificate_holder FOR EACH ROW EXECUTE FUNCTION certificates_kinds_guard_certificate_holder_update();
