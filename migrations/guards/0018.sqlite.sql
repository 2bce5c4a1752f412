CREATE TRIGGER statements_guard_event_statement_version_update_0 BEFORE UPDATE ON event_statement_version BEGIN SELECT RAISE(ABORT, 'event_statement_version rows are never edited'); END;
--
CREATE TRIGGER statements_guard_event_statement_version_delete_1 BEFORE DELETE ON event_statement_version BEGIN SELECT RAISE(ABORT, 'event_statement_version rows are never deleted'); END;
--
CREATE TRIGGER statements_guard_event_statement_action_update_2 BEFORE UPDATE ON event_statement_action BEGIN SELECT RAISE(ABORT, 'event_statement_action rows are never edited'); END;
--
CREATE TRIGGER statements_guard_event_statement_action_delete_3 BEFORE DELETE ON event_statement_action BEGIN SELECT RAISE(ABORT, 'event_statement_action rows are never deleted'); END;
--
CREATE TRIGGER statements_guard_event_statement_evidence_update_4 BEFORE UPDATE ON event_statement_evidence BEGIN SELECT RAISE(ABORT, 'event_statement_evidence rows are never edited'); END;
--
CREATE TRIGGER statements_guard_event_statement_evidence_delete_5 BEFORE DELETE ON event_statement_evidence BEGIN SELECT RAISE(ABORT, 'event_statement_evidence rows are never deleted'); END;
--
CREATE TRIGGER statements_guard_event_share_batch_update_6 BEFORE UPDATE ON event_share_batch BEGIN SELECT RAISE(ABORT, 'event_share_batch rows are never edited'); END;
--
CREATE TRIGGER statements_guard_event_share_batch_delete_7 BEFORE DELETE ON event_share_batch BEGIN SELECT RAISE(ABORT, 'event_share_batch rows are never deleted'); END;
--
CREATE TRIGGER statements_guard_event_share_update_8 BEFORE UPDATE ON event_share BEGIN SELECT RAISE(ABORT, 'event_share rows are never edited'); END;
--
CREATE TRIGGER statements_guard_event_share_delete_9 BEFORE DELETE ON event_share BEGIN SELECT RAISE(ABORT, 'event_share rows are never deleted'); END;
--
CREATE TRIGGER statements_guard_event_statement_update_10 BEFORE UPDATE ON event_statement WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.event_id IS DISTINCT FROM OLD.event_id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.lang IS DISTINCT FROM OLD.lang OR NEW.created_at IS DISTINCT FROM OLD.created_at BEGIN SELECT RAISE(ABORT, 'event_statement keeps id, event_id, owner_id, organisation_id, lang, created_at'); END;
--
CREATE TRIGGER statements_guard_event_statement_delete_11 BEFORE DELETE ON event_statement BEGIN SELECT RAISE(ABORT, 'event_statement rows are never deleted'); END;
--
CREATE TRIGGER statements_guard_event_statement_insert_12 BEFORE INSERT ON event_statement WHEN NEW.state <> 'published' BEGIN SELECT RAISE(ABORT, 'a statement begins as a published plan'); END;
--
CREATE TRIGGER statements_guard_event_statement_update_13 BEFORE UPDATE ON event_statement WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('declared>lapsed','declared>withdrawn','published>declared','published>lapsed','published>withdrawn') BEGIN SELECT RAISE(ABORT, 'event_statement state moves only by lawful steps'); END;
--
CREATE TRIGGER statements_guard_event_statement_update_14 BEFORE UPDATE ON event_statement WHEN NEW.state = 'declared' AND NOT EXISTS (SELECT 1 FROM event_statement_version AS v WHERE v.statement_id = NEW.id AND v.certificate IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'a statement is declared with its certificate'); END;
--
CREATE TRIGGER statements_guard_event_statement_version_insert_15 BEFORE INSERT ON event_statement_version WHEN NEW.number <> (SELECT coalesce(max(v.number), 0) + 1 FROM event_statement_version AS v WHERE v.statement_id = NEW.statement_id) BEGIN SELECT RAISE(ABORT, 'a version follows the one before'); END;
--
CREATE TRIGGER statements_guard_event_statement_version_insert_16 BEFORE INSERT ON event_statement_version WHEN (SELECT state FROM event_statement WHERE id = NEW.statement_id) NOT IN ('published','declared') BEGIN SELECT RAISE(ABORT, 'a closed statement has no later version'); END;
--
CREATE TRIGGER statements_guard_event_statement_version_insert_17 BEFORE INSERT ON event_statement_version WHEN NEW.certificate IS NULL AND EXISTS (SELECT 1 FROM event_statement_version AS v WHERE v.statement_id = NEW.statement_id AND v.certificate IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'after a declaration there is no plan'); END;
--
CREATE TRIGGER statements_guard_event_statement_version_insert_18 BEFORE INSERT ON event_statement_version WHEN NEW.gross_g IS NOT NULL AND NEW.gross_g <> (SELECT max(v.gross_g) FROM event_statement_version AS v WHERE v.statement_id = NEW.statement_id) BEGIN SELECT RAISE(ABORT, 'what an event emitted is the same in every version'); END;
--
CREATE TRIGGER statements_guard_event_statement_action_insert_19 BEFORE INSERT ON event_statement_action WHEN (SELECT state FROM event_statement WHERE id = NEW.statement_id) <> 'published' BEGIN SELECT RAISE(ABORT, 'actions are added while the statement is open'); END;
--
CREATE TRIGGER statements_guard_event_statement_evidence_insert_20 BEFORE INSERT ON event_statement_evidence WHEN (SELECT state FROM event_statement WHERE id = (SELECT statement_id FROM event_statement_action WHERE id = NEW.action_id)) <> 'published' BEGIN SELECT RAISE(ABORT, 'evidence is added while the statement is open'); END;
--
CREATE TRIGGER statements_guard_event_share_batch_insert_21 BEFORE INSERT ON event_share_batch WHEN (SELECT state FROM event_statement WHERE id = NEW.statement_id) <> 'declared' BEGIN SELECT RAISE(ABORT, 'shares are of a declared statement'); END;
--
CREATE TRIGGER statements_guard_event_share_insert_22 BEFORE INSERT ON event_share WHEN NEW.number < 1 OR NEW.number > (SELECT count FROM event_share_batch WHERE id = NEW.batch_id) BEGIN SELECT RAISE(ABORT, 'a share belongs to its batch'); END;
--
CREATE TRIGGER statements_guard_event_share_batch_insert_23 BEFORE INSERT ON event_share_batch WHEN (NEW.count > 0) AND (NEW.count * NEW.each_g + (SELECT coalesce(sum(b.count * b.each_g), 0) FROM event_share_batch AS b WHERE b.statement_id = NEW.statement_id) > (SELECT max(v.gross_g) FROM event_statement_version AS v WHERE v.statement_id = NEW.statement_id)) BEGIN SELECT RAISE(ABORT, 'no more is shared out than the event emitted'); END;
