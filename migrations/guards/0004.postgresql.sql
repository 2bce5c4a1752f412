CREATE FUNCTION footprint_events_guard_footprint_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.footprint_id = OLD.id) THEN RAISE EXCEPTION 'an inventory of an event is never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_delete BEFORE DELETE ON footprint FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_delete();
--
CREATE FUNCTION footprint_events_guard_footprint_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.footprint_id = OLD.id) THEN RAISE EXCEPTION 'an inventory of an event is never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_update BEFORE UPDATE ON footprint FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_update();
--
CREATE FUNCTION footprint_events_guard_footprint_activity_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'footprint_activity rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_activity_delete BEFORE DELETE ON footprint_activity FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_activity_delete();
--
CREATE FUNCTION footprint_events_guard_footprint_activity_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'footprint_activity rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_activity_update BEFORE UPDATE ON footprint_activity FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_activity_update();
--
CREATE FUNCTION footprint_events_guard_footprint_activity_import_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'footprint_activity_import rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_activity_import_delete BEFORE DELETE ON footprint_activity_import FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_activity_import_delete();
--
CREATE FUNCTION footprint_events_guard_footprint_activity_import_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.event_id IS DISTINCT FROM OLD.event_id OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.file_sha256 IS DISTINCT FROM OLD.file_sha256 OR NEW.accepted IS DISTINCT FROM OLD.accepted OR NEW.unchanged IS DISTINCT FROM OLD.unchanged OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.at IS DISTINCT FROM OLD.at THEN RAISE EXCEPTION 'footprint_activity_import keeps id, event_id, file_name, file_sha256, accepted, unchanged, actor_id, at' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_activity_import_update BEFORE UPDATE ON footprint_activity_import FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_activity_import_update();
--
CREATE FUNCTION footprint_events_guard_footprint_event_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'footprint_event rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_event_delete BEFORE DELETE ON footprint_event FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_event_delete();
--
CREATE FUNCTION footprint_events_guard_footprint_event_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.model_id IS DISTINCT FROM OLD.model_id OR NEW.version IS DISTINCT FROM OLD.version OR NEW.code IS DISTINCT FROM OLD.code OR NEW.created_at IS DISTINCT FROM OLD.created_at THEN RAISE EXCEPTION 'footprint_event keeps id, owner_id, organisation_id, model_id, version, code, created_at' USING ERRCODE = 'check_violation'; END IF; IF (NEW.title IS DISTINCT FROM OLD.title OR NEW.region IS DISTINCT FROM OLD.region OR NEW.first_day IS DISTINCT FROM OLD.first_day OR NEW.last_day IS DISTINCT FROM OLD.last_day) AND EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.event_id = OLD.id AND v.origin = 'frozen') THEN RAISE EXCEPTION 'an event with a frozen inventory keeps its title, place and days' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_event_update BEFORE UPDATE ON footprint_event FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_event_update();
--
CREATE FUNCTION footprint_events_guard_footprint_event_version_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'footprint_event_version rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_event_version_delete BEFORE DELETE ON footprint_event_version FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_event_version_delete();
--
CREATE FUNCTION footprint_events_guard_footprint_event_version_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.stage = 'actual' AND EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.event_id = NEW.event_id AND v.origin = 'frozen') THEN RAISE EXCEPTION 'a frozen inventory has no later version' USING ERRCODE = 'check_violation'; END IF; IF NEW.origin = 'frozen' AND NOT EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.event_id = NEW.event_id AND v.stage = 'actual' AND v.number = NEW.number - 1 AND v.footprint_id = NEW.footprint_id) THEN RAISE EXCEPTION 'what is frozen is the newest actual inventory' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_event_version_insert BEFORE INSERT ON footprint_event_version FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_event_version_insert();
--
CREATE FUNCTION footprint_events_guard_footprint_event_version_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'footprint_event_version rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_events_guard_footprint_event_version_update BEFORE UPDATE ON footprint_event_version FOR EACH ROW EXECUTE FUNCTION footprint_events_guard_footprint_event_version_update();
