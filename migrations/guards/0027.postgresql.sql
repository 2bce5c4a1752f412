CREATE FUNCTION proposals_guard_proposal_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'proposal rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER proposals_guard_proposal_delete BEFORE DELETE ON proposal FOR EACH ROW EXECUTE FUNCTION proposals_guard_proposal_delete();
--
CREATE FUNCTION proposals_guard_proposal_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.subject_id IS DISTINCT FROM OLD.subject_id OR NEW.facts IS DISTINCT FROM OLD.facts OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.proposed_by IS DISTINCT FROM OLD.proposed_by OR NEW.proposed_at IS DISTINCT FROM OLD.proposed_at THEN RAISE EXCEPTION 'proposal keeps id, kind, subject_id, facts, reason, proposed_by, proposed_at' USING ERRCODE = 'check_violation'; END IF; IF OLD.verdict IS NOT NULL THEN RAISE EXCEPTION 'a decided proposal stays as it is' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER proposals_guard_proposal_update BEFORE UPDATE ON proposal FOR EACH ROW EXECUTE FUNCTION proposals_guard_proposal_update();
--
CREATE FUNCTION shop_desk_guard_fapiao_file_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'fapiao_file rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_desk_guard_fapiao_file_delete BEFORE DELETE ON fapiao_file FOR EACH ROW EXECUTE FUNCTION shop_desk_guard_fapiao_file_delete();
--
CREATE FUNCTION shop_desk_guard_fapiao_file_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'fapiao_file rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_desk_guard_fapiao_file_update BEFORE UPDATE ON fapiao_file FOR EACH ROW EXECUTE FUNCTION shop_desk_guard_fapiao_file_update();
--
CREATE FUNCTION shop_desk_guard_gift_block_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'gift_block rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_desk_guard_gift_block_delete BEFORE DELETE ON gift_block FOR EACH ROW EXECUTE FUNCTION shop_desk_guard_gift_block_delete();
--
CREATE FUNCTION shop_desk_guard_gift_block_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'gift_block rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_desk_guard_gift_block_update BEFORE UPDATE ON gift_block FOR EACH ROW EXECUTE FUNCTION shop_desk_guard_gift_block_update();
