CREATE FUNCTION settings_guard_setting_change_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'setting_change rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER settings_guard_setting_change_delete BEFORE DELETE ON setting_change FOR EACH ROW EXECUTE FUNCTION settings_guard_setting_change_delete()
--
CREATE FUNCTION settings_guard_setting_change_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.sheet IN ('sale') THEN IF NOT NEW.needs_two THEN RAISE EXCEPTION 'a setting that moves money needs two persons' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$
--
CREATE TRIGGER settings_guard_setting_change_insert BEFORE INSERT ON setting_change FOR EACH ROW EXECUTE FUNCTION settings_guard_setting_change_insert()
--
CREATE FUNCTION settings_guard_setting_change_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'setting_change rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER settings_guard_setting_change_update BEFORE UPDATE ON setting_change FOR EACH ROW EXECUTE FUNCTION settings_guard_setting_change_update()
--
CREATE FUNCTION settings_guard_setting_verdict_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'setting_verdict rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER settings_guard_setting_verdict_delete BEFORE DELETE ON setting_verdict FOR EACH ROW EXECUTE FUNCTION settings_guard_setting_verdict_delete()
--
CREATE FUNCTION settings_guard_setting_verdict_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.verdict = 'confirmed' THEN IF EXISTS (SELECT 1 FROM setting_change WHERE id = NEW.change_id AND needs_two AND proposed_by = NEW.decided_by) THEN RAISE EXCEPTION 'a setting that moves money is confirmed by somebody else' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$
--
CREATE TRIGGER settings_guard_setting_verdict_insert BEFORE INSERT ON setting_verdict FOR EACH ROW EXECUTE FUNCTION settings_guard_setting_verdict_insert()
--
CREATE FUNCTION settings_guard_setting_verdict_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'setting_verdict rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER settings_guard_setting_verdict_update BEFORE UPDATE ON setting_verdict FOR EACH ROW EXECUTE FUNCTION settings_guard_setting_verdict_update()
--
CREATE FUNCTION office_guard_month_report_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'month_report rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER office_guard_month_report_delete BEFORE DELETE ON month_report FOR EACH ROW EXECUTE FUNCTION office_guard_month_report_delete()
--
CREATE FUNCTION office_guard_month_report_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'month_report rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER office_guard_month_report_update BEFORE UPDATE ON month_report FOR EACH ROW EXECUTE FUNCTION office_guard_month_report_update()
