CREATE FUNCTION registry_monitoring_guard_verified_report_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'verified_report rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER registry_monitoring_guard_verified_report_delete BEFORE DELETE ON verified_report FOR EACH ROW EXECUTE FUNCTION registry_monitoring_guard_verified_report_delete()
--
CREATE FUNCTION registry_monitoring_guard_verified_report_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM verification v JOIN monitoring_report r ON r.project_id = v.project_id WHERE v.id = NEW.verification_id AND r.id = NEW.report_id AND v.verified_g <= r.net_g) THEN RAISE EXCEPTION 'a verification confirms a report of its project, and no more than it found' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER registry_monitoring_guard_verified_report_insert BEFORE INSERT ON verified_report FOR EACH ROW EXECUTE FUNCTION registry_monitoring_guard_verified_report_insert()
--
CREATE FUNCTION registry_monitoring_guard_verified_report_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'verified_report rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER registry_monitoring_guard_verified_report_update BEFORE UPDATE ON verified_report FOR EACH ROW EXECUTE FUNCTION registry_monitoring_guard_verified_report_update()
