CREATE TRIGGER accounts_guard_organisation_check_kind_update_0 BEFORE UPDATE ON organisation_check_kind WHEN NEW.check_id IS DISTINCT FROM OLD.check_id OR NEW.claimed IS DISTINCT FROM OLD.claimed BEGIN SELECT RAISE(ABORT, 'organisation_check_kind keeps check_id, claimed'); END
--
CREATE TRIGGER accounts_guard_organisation_check_kind_update_1 BEFORE UPDATE ON organisation_check_kind WHEN OLD.found IS NOT NULL AND NEW.found IS DISTINCT FROM OLD.found BEGIN SELECT RAISE(ABORT, 'what staff found an organisation to be is not rewritten'); END
--
CREATE TRIGGER accounts_guard_organisation_check_kind_delete_2 BEFORE DELETE ON organisation_check_kind WHEN OLD.found IS NOT NULL BEGIN SELECT RAISE(ABORT, 'what staff found an organisation to be is kept'); END
--
CREATE TRIGGER privacy_consents_guard_agreement_update_0 BEFORE UPDATE ON agreement BEGIN SELECT RAISE(ABORT, 'agreement rows are never edited'); END
--
CREATE TRIGGER privacy_consents_guard_agreement_delete_1 BEFORE DELETE ON agreement BEGIN SELECT RAISE(ABORT, 'agreement rows are never deleted'); END
--
CREATE TRIGGER privacy_consents_guard_pupil_class_tie_insert_2 BEFORE INSERT ON pupil_class_tie WHEN EXISTS (SELECT 1 FROM pupil_class WHERE id = NEW.class_id AND ended_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'a class that has ended is tied to nothing'); END
--
CREATE TRIGGER privacy_consents_guard_pupil_class_tie_update_3 BEFORE UPDATE ON pupil_class_tie WHEN NEW.class_id IS DISTINCT FROM OLD.class_id BEGIN SELECT RAISE(ABORT, 'pupil_class_tie keeps class_id'); END
