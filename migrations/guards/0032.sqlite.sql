CREATE TRIGGER registry_monitoring_guard_verified_report_update_7 BEFORE UPDATE ON verified_report BEGIN SELECT RAISE(ABORT, 'verified_report rows are never edited'); END
--
CREATE TRIGGER registry_monitoring_guard_verified_report_delete_8 BEFORE DELETE ON verified_report BEGIN SELECT RAISE(ABORT, 'verified_report rows are never deleted'); END
--
CREATE TRIGGER registry_monitoring_guard_verified_report_insert_9 BEFORE INSERT ON verified_report WHEN NOT EXISTS (SELECT 1 FROM verification v JOIN monitoring_report r ON r.project_id = v.project_id WHERE v.id = NEW.verification_id AND r.id = NEW.report_id AND v.verified_g <= r.net_g) BEGIN SELECT RAISE(ABORT, 'a verification confirms a report of its project, and no more than it found'); END
