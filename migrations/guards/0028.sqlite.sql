CREATE TRIGGER settings_guard_setting_change_update_0 BEFORE UPDATE ON setting_change BEGIN SELECT RAISE(ABORT, 'setting_change rows are never edited'); END
--
CREATE TRIGGER settings_guard_setting_change_delete_1 BEFORE DELETE ON setting_change BEGIN SELECT RAISE(ABORT, 'setting_change rows are never deleted'); END
--
CREATE TRIGGER settings_guard_setting_verdict_update_2 BEFORE UPDATE ON setting_verdict BEGIN SELECT RAISE(ABORT, 'setting_verdict rows are never edited'); END
--
CREATE TRIGGER settings_guard_setting_verdict_delete_3 BEFORE DELETE ON setting_verdict BEGIN SELECT RAISE(ABORT, 'setting_verdict rows are never deleted'); END
--
CREATE TRIGGER settings_guard_setting_change_insert_4 BEFORE INSERT ON setting_change WHEN (NEW.sheet IN ('sale')) AND (NOT NEW.needs_two) BEGIN SELECT RAISE(ABORT, 'a setting that moves money needs two persons'); END
--
CREATE TRIGGER settings_guard_setting_verdict_insert_5 BEFORE INSERT ON setting_verdict WHEN (NEW.verdict = 'confirmed') AND (EXISTS (SELECT 1 FROM setting_change WHERE id = NEW.change_id AND needs_two AND proposed_by = NEW.decided_by)) BEGIN SELECT RAISE(ABORT, 'a setting that moves money is confirmed by somebody else'); END
--
CREATE TRIGGER office_guard_month_report_update_0 BEFORE UPDATE ON month_report BEGIN SELECT RAISE(ABORT, 'month_report rows are never edited'); END
--
CREATE TRIGGER office_guard_month_report_delete_1 BEFORE DELETE ON month_report BEGIN SELECT RAISE(ABORT, 'month_report rows are never deleted'); END
