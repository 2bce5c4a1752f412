CREATE TRIGGER proposals_guard_proposal_delete_0 BEFORE DELETE ON proposal BEGIN SELECT RAISE(ABORT, 'proposal rows are never deleted'); END;
--
CREATE TRIGGER proposals_guard_proposal_update_1 BEFORE UPDATE ON proposal WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.subject_id IS DISTINCT FROM OLD.subject_id OR NEW.facts IS DISTINCT FROM OLD.facts OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.proposed_by IS DISTINCT FROM OLD.proposed_by OR NEW.proposed_at IS DISTINCT FROM OLD.proposed_at BEGIN SELECT RAISE(ABORT, 'proposal keeps id, kind, subject_id, facts, reason, proposed_by, proposed_at'); END;
--
CREATE TRIGGER proposals_guard_proposal_update_2 BEFORE UPDATE ON proposal WHEN OLD.verdict IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a decided proposal stays as it is'); END;
--
CREATE TRIGGER shop_desk_guard_fapiao_file_update_0 BEFORE UPDATE ON fapiao_file BEGIN SELECT RAISE(ABORT, 'fapiao_file rows are never edited'); END;
--
CREATE TRIGGER shop_desk_guard_fapiao_file_delete_1 BEFORE DELETE ON fapiao_file BEGIN SELECT RAISE(ABORT, 'fapiao_file rows are never deleted'); END;
--
CREATE TRIGGER shop_desk_guard_gift_block_update_2 BEFORE UPDATE ON gift_block BEGIN SELECT RAISE(ABORT, 'gift_block rows are never edited'); END;
--
CREATE TRIGGER shop_desk_guard_gift_block_delete_3 BEFORE DELETE ON gift_block BEGIN SELECT RAISE(ABORT, 'gift_block rows are never deleted'); END;
