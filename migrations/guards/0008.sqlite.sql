CREATE TRIGGER registry_monitoring_guard_inventory_update_0 BEFORE UPDATE ON inventory BEGIN SELECT RAISE(ABORT, 'inventory rows are never edited'); END;
--
CREATE TRIGGER registry_monitoring_guard_inventory_delete_1 BEFORE DELETE ON inventory BEGIN SELECT RAISE(ABORT, 'inventory rows are never deleted'); END;
--
CREATE TRIGGER registry_monitoring_guard_monitoring_report_update_2 BEFORE UPDATE ON monitoring_report BEGIN SELECT RAISE(ABORT, 'monitoring_report rows are never edited'); END;
--
CREATE TRIGGER registry_monitoring_guard_monitoring_report_delete_3 BEFORE DELETE ON monitoring_report BEGIN SELECT RAISE(ABORT, 'monitoring_report rows are never deleted'); END;
--
CREATE TRIGGER registry_monitoring_guard_monitoring_report_insert_4 BEFORE INSERT ON monitoring_report WHEN NOT EXISTS (SELECT 1 FROM inventory i WHERE i.id = NEW.second_id AND i.project_id = NEW.project_id) OR (NEW.first_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inventory i WHERE i.id = NEW.first_id AND i.project_id = NEW.project_id)) BEGIN SELECT RAISE(ABORT, 'a report is made from inventories of its project'); END;
--
CREATE TRIGGER registry_monitoring_guard_monitoring_report_insert_5 BEFORE INSERT ON monitoring_report WHEN NEW.corrects_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM monitoring_report r WHERE r.id = NEW.corrects_id AND r.project_id = NEW.project_id AND r.number < NEW.number) BEGIN SELECT RAISE(ABORT, 'a report corrects an earlier one of its project'); END;
--
CREATE TRIGGER registry_monitoring_guard_monitoring_report_insert_6 BEFORE INSERT ON monitoring_report WHEN EXISTS (SELECT 1 FROM monitoring_report r WHERE r.project_id = NEW.project_id AND r.period_start < NEW.period_end AND r.period_end > NEW.period_start AND r.id IS DISTINCT FROM NEW.corrects_id AND NOT EXISTS (SELECT 1 FROM monitoring_report c WHERE c.corrects_id = r.id)) BEGIN SELECT RAISE(ABORT, 'no time is reported twice, but to correct it'); END;
