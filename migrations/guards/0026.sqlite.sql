CREATE TRIGGER privacy_guard_consent_update_0 BEFORE UPDATE ON consent BEGIN SELECT RAISE(ABORT, 'consent rows are never edited'); END
--
CREATE TRIGGER privacy_guard_consent_delete_1 BEFORE DELETE ON consent BEGIN SELECT RAISE(ABORT, 'consent rows are never deleted'); END
--
CREATE TRIGGER privacy_guard_look_update_2 BEFORE UPDATE ON look BEGIN SELECT RAISE(ABORT, 'look rows are never edited'); END
--
CREATE TRIGGER privacy_guard_erasure_update_3 BEFORE UPDATE ON erasure WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.asked_at IS DISTINCT FROM OLD.asked_at BEGIN SELECT RAISE(ABORT, 'erasure keeps id, person_id, order_id, asked_at'); END
--
CREATE TRIGGER privacy_guard_erasure_insert_4 BEFORE INSERT ON erasure WHEN NEW.state <> 'waiting' BEGIN SELECT RAISE(ABORT, 'an erasure begins waiting'); END
--
CREATE TRIGGER privacy_guard_erasure_delete_5 BEFORE DELETE ON erasure BEGIN SELECT RAISE(ABORT, 'erasure rows are never deleted'); END
--
CREATE TRIGGER privacy_guard_erasure_update_6 BEFORE UPDATE ON erasure WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('waiting>done','waiting>undone') BEGIN SELECT RAISE(ABORT, 'erasure state moves only by lawful steps'); END
--
CREATE TRIGGER privacy_guard_erasure_update_7 BEFORE UPDATE ON erasure WHEN NEW.state = 'done' AND OLD.state <> 'done' AND NEW.settled_at < OLD.due_at BEGIN SELECT RAISE(ABORT, 'an erasure is not done before its days are over'); END
--
CREATE TRIGGER privacy_guard_correction_update_8 BEFORE UPDATE ON correction WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.matter IS DISTINCT FROM OLD.matter OR NEW.asked_at IS DISTINCT FROM OLD.asked_at BEGIN SELECT RAISE(ABORT, 'correction keeps id, person_id, matter, asked_at'); END
--
CREATE TRIGGER privacy_guard_correction_insert_9 BEFORE INSERT ON correction WHEN NEW.state <> 'asked' BEGIN SELECT RAISE(ABORT, 'a correction begins unanswered'); END
--
CREATE TRIGGER privacy_guard_correction_update_10 BEFORE UPDATE ON correction WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('asked>done','asked>refused') BEGIN SELECT RAISE(ABORT, 'correction state moves only by lawful steps'); END
--
CREATE TRIGGER privacy_guard_data_copy_update_11 BEFORE UPDATE ON data_copy WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.asked_at IS DISTINCT FROM OLD.asked_at BEGIN SELECT RAISE(ABORT, 'data_copy keeps id, person_id, order_id, asked_at'); END
--
CREATE TRIGGER privacy_guard_pupil_class_update_12 BEFORE UPDATE ON pupil_class WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.guardians_text IS DISTINCT FROM OLD.guardians_text OR NEW.made_by IS DISTINCT FROM OLD.made_by OR NEW.made_at IS DISTINCT FROM OLD.made_at BEGIN SELECT RAISE(ABORT, 'pupil_class keeps id, organisation_id, guardians_text, made_by, made_at'); END
--
CREATE TRIGGER privacy_guard_pupil_class_delete_13 BEFORE DELETE ON pupil_class BEGIN SELECT RAISE(ABORT, 'pupil_class rows are never deleted'); END
--
CREATE TRIGGER privacy_guard_pupil_insert_14 BEFORE INSERT ON pupil WHEN EXISTS (SELECT 1 FROM pupil_class WHERE id = NEW.class_id AND ended_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'a class that has ended takes no pupils'); END
