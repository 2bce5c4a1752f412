CREATE TRIGGER footprint_events_guard_footprint_event_version_update_0 BEFORE UPDATE ON footprint_event_version BEGIN SELECT RAISE(ABORT, 'footprint_event_version rows are never edited'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_event_version_delete_1 BEFORE DELETE ON footprint_event_version BEGIN SELECT RAISE(ABORT, 'footprint_event_version rows are never deleted'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_activity_update_2 BEFORE UPDATE ON footprint_activity BEGIN SELECT RAISE(ABORT, 'footprint_activity rows are never edited'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_activity_delete_3 BEFORE DELETE ON footprint_activity BEGIN SELECT RAISE(ABORT, 'footprint_activity rows are never deleted'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_event_version_insert_4 BEFORE INSERT ON footprint_event_version WHEN NEW.stage = 'actual' AND EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.event_id = NEW.event_id AND v.origin = 'frozen') BEGIN SELECT RAISE(ABORT, 'a frozen inventory has no later version'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_event_version_insert_5 BEFORE INSERT ON footprint_event_version WHEN NEW.origin = 'frozen' AND NOT EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.event_id = NEW.event_id AND v.stage = 'actual' AND v.number = NEW.number - 1 AND v.footprint_id = NEW.footprint_id) BEGIN SELECT RAISE(ABORT, 'what is frozen is the newest actual inventory'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_update_6 BEFORE UPDATE ON footprint WHEN EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.footprint_id = OLD.id) BEGIN SELECT RAISE(ABORT, 'an inventory of an event is never edited'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_delete_7 BEFORE DELETE ON footprint WHEN EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.footprint_id = OLD.id) BEGIN SELECT RAISE(ABORT, 'an inventory of an event is never deleted'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_event_update_8 BEFORE UPDATE ON footprint_event WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.model_id IS DISTINCT FROM OLD.model_id OR NEW.version IS DISTINCT FROM OLD.version OR NEW.code IS DISTINCT FROM OLD.code OR NEW.created_at IS DISTINCT FROM OLD.created_at BEGIN SELECT RAISE(ABORT, 'footprint_event keeps id, owner_id, organisation_id, model_id, version, code, created_at'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_event_update_9 BEFORE UPDATE ON footprint_event WHEN (NEW.title IS DISTINCT FROM OLD.title OR NEW.region IS DISTINCT FROM OLD.region OR NEW.first_day IS DISTINCT FROM OLD.first_day OR NEW.last_day IS DISTINCT FROM OLD.last_day) AND EXISTS (SELECT 1 FROM footprint_event_version AS v WHERE v.event_id = OLD.id AND v.origin = 'frozen') BEGIN SELECT RAISE(ABORT, 'an event with a frozen inventory keeps its title, place and days'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_event_delete_10 BEFORE DELETE ON footprint_event BEGIN SELECT RAISE(ABORT, 'footprint_event rows are never deleted'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_activity_import_update_11 BEFORE UPDATE ON footprint_activity_import WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.event_id IS DISTINCT FROM OLD.event_id OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.file_sha256 IS DISTINCT FROM OLD.file_sha256 OR NEW.accepted IS DISTINCT FROM OLD.accepted OR NEW.unchanged IS DISTINCT FROM OLD.unchanged OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.at IS DISTINCT FROM OLD.at BEGIN SELECT RAISE(ABORT, 'footprint_activity_import keeps id, event_id, file_name, file_sha256, accepted, unchanged, actor_id, at'); END;
--
CREATE TRIGGER footprint_events_guard_footprint_activity_import_delete_12 BEFORE DELETE ON footprint_activity_import BEGIN SELECT RAISE(ABORT, 'footprint_activity_import rows are never deleted'); END;
