CREATE FUNCTION registry_monitoring_guard_inventory_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'inventory rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_monitoring_guard_inventory_delete BEFORE DELETE ON inventory FOR EACH ROW EXECUTE FUNCTION registry_monitoring_guard_inventory_delete();
--
CREATE FUNCTION registry_monitoring_guard_inventory_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'inventory rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_monitoring_guard_inventory_update BEFORE UPDATE ON inventory FOR EACH ROW EXECUTE FUNCTION registry_monitoring_guard_inventory_update();
--
CREATE FUNCTION registry_monitoring_guard_monitoring_report_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'monitoring_report rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_monitoring_guard_monitoring_report_delete BEFORE DELETE ON monitoring_report FOR EACH ROW EXECUTE FUNCTION registry_monitoring_guard_monitoring_report_delete();
--
CREATE FUNCTION registry_monitoring_guard_monitoring_report_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM inventory i WHERE i.id = NEW.second_id AND i.project_id = NEW.project_id) OR (NEW.first_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inventory i WHERE i.id = NEW.first_id AND i.project_id = NEW.project_id)) THEN RAISE EXCEPTION 'a report is made from inventories of its project' USING ERRCODE = 'check_violation'; END IF; IF NEW.corrects_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM monitoring_report r WHERE r.id = NEW.corrects_id AND r.project_id = NEW.project_id AND r.number < NEW.number) THEN RAISE EXCEPTION 'a report corrects an earlier one of its project' USING ERRCODE = 'check_violation'; END IF; IF EXISTS (SELECT 1 FROM monitoring_report r WHERE r.project_id = NEW.project_id AND r.period_start < NEW.period_end AND r.period_end > NEW.period_start AND r.id IS DISTINCT FROM NEW.corrects_id AND NOT EXISTS (SELECT 1 FROM monitoring_report c WHERE c.corrects_id = r.id)) THEN RAISE EXCEPTION 'no time is reported twice, but to correct it' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_monitoring_guard_monitoring_report_insert BEFORE INSERT ON monitoring_report FOR EACH ROW EXECUTE FUNCTION registry_monitoring_guard_monitoring_report_insert();
--
CREATE FUNCTION registry_monitoring_guard_monitoring_report_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'monitoring_report rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_monitoring_guard_monitoring_report_update BEFORE UPDATE ON monitoring_report FOR EACH ROW EXECUTE FUNCTION registry_monitoring_guard_monitoring_report_update();
