CREATE FUNCTION pledges_guard_pledge_action_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_action rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_action_delete BEFORE DELETE ON pledge_action FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_action_delete();
--
CREATE FUNCTION pledges_guard_pledge_action_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.key IS DISTINCT FROM OLD.key OR NEW.title IS DISTINCT FROM OLD.title OR NEW.saves_g IS DISTINCT FROM OLD.saves_g OR NEW.year IS DISTINCT FROM OLD.year OR NEW.made_at IS DISTINCT FROM OLD.made_at THEN RAISE EXCEPTION 'pledge_action keeps id, pledge_id, key, title, saves_g, year, made_at' USING ERRCODE = 'check_violation'; END IF; IF OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at THEN RAISE EXCEPTION 'an action is done once' USING ERRCODE = 'check_violation'; END IF; IF OLD.dropped_at IS NOT NULL AND NEW.dropped_at IS DISTINCT FROM OLD.dropped_at THEN RAISE EXCEPTION 'an action is dropped once' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_action_update BEFORE UPDATE ON pledge_action FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_action_update();
--
CREATE FUNCTION pledges_guard_pledge_challenge_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_challenge rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_challenge_delete BEFORE DELETE ON pledge_challenge FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_challenge_delete();
--
CREATE FUNCTION pledges_guard_pledge_challenge_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_challenge rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_challenge_update BEFORE UPDATE ON pledge_challenge FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_challenge_update();
--
CREATE FUNCTION pledges_guard_pledge_challenge_entry_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_challenge_entry rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_challenge_entry_delete BEFORE DELETE ON pledge_challenge_entry FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_challenge_entry_delete();
--
CREATE FUNCTION pledges_guard_pledge_challenge_entry_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_challenge_entry rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_challenge_entry_update BEFORE UPDATE ON pledge_challenge_entry FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_challenge_entry_update();
--
CREATE FUNCTION pledges_guard_pledge_evidence_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_evidence rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_evidence_delete BEFORE DELETE ON pledge_evidence FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_evidence_delete();
--
CREATE FUNCTION pledges_guard_pledge_evidence_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'waiting' THEN RAISE EXCEPTION 'evidence waits until somebody else has looked at it' USING ERRCODE = 'check_violation'; END IF; IF NEW.report_id IS NOT NULL THEN IF NOT EXISTS (SELECT 1 FROM pledge_report WHERE id = NEW.report_id AND pledge_id = NEW.pledge_id) THEN RAISE EXCEPTION 'evidence is of a report of its own pledge' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_evidence_insert BEFORE INSERT ON pledge_evidence FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_evidence_insert();
--
CREATE FUNCTION pledges_guard_pledge_evidence_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.report_id IS DISTINCT FROM OLD.report_id OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.sha256 IS DISTINCT FROM OLD.sha256 OR NEW.media_type IS DISTINCT FROM OLD.media_type OR NEW.bytes IS DISTINCT FROM OLD.bytes OR NEW.verifier IS DISTINCT FROM OLD.verifier OR NEW.note IS DISTINCT FROM OLD.note OR NEW.given_by IS DISTINCT FROM OLD.given_by OR NEW.given_at IS DISTINCT FROM OLD.given_at THEN RAISE EXCEPTION 'pledge_evidence keeps id, pledge_id, report_id, file_name, sha256, media_type, bytes, verifier, note, given_by, given_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('waiting>refused','waiting>seen') THEN RAISE EXCEPTION 'pledge_evidence state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; IF OLD.decided_at IS NOT NULL THEN IF NEW.decided_at IS DISTINCT FROM OLD.decided_at OR NEW.decided_by IS DISTINCT FROM OLD.decided_by OR NEW.reason <> OLD.reason THEN RAISE EXCEPTION 'a decision about evidence is kept' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_evidence_update BEFORE UPDATE ON pledge_evidence FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_evidence_update();
--
CREATE FUNCTION pledges_guard_pledge_group_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_group rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_group_delete BEFORE DELETE ON pledge_group FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_group_delete();
--
CREATE FUNCTION pledges_guard_pledge_group_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.name IS DISTINCT FROM OLD.name OR NEW.about IS DISTINCT FROM OLD.about OR NEW.county IS DISTINCT FROM OLD.county OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.made_at IS DISTINCT FROM OLD.made_at THEN RAISE EXCEPTION 'pledge_group keeps id, code, kind, name, about, county, organisation_id, owner_id, made_at' USING ERRCODE = 'check_violation'; END IF; IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN RAISE EXCEPTION 'a group is closed once' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_group_update BEFORE UPDATE ON pledge_group FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_group_update();
--
CREATE FUNCTION pledges_guard_pledge_group_seat_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_group_seat rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_group_seat_delete BEFORE DELETE ON pledge_group_seat FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_group_seat_delete();
--
CREATE FUNCTION pledges_guard_pledge_group_seat_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM pledge_group WHERE id = NEW.group_id AND closed_at IS NOT NULL) THEN RAISE EXCEPTION 'a closed group takes no more pledges' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_group_seat_insert BEFORE INSERT ON pledge_group_seat FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_group_seat_insert();
--
CREATE FUNCTION pledges_guard_pledge_group_seat_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.group_id IS DISTINCT FROM OLD.group_id OR NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.joined_at IS DISTINCT FROM OLD.joined_at THEN RAISE EXCEPTION 'pledge_group_seat keeps group_id, pledge_id, number, joined_at' USING ERRCODE = 'check_violation'; END IF; IF OLD.left_at IS NOT NULL AND NEW.left_at IS DISTINCT FROM OLD.left_at THEN RAISE EXCEPTION 'a seat that was left stays empty' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_group_seat_update BEFORE UPDATE ON pledge_group_seat FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_group_seat_update();
--
CREATE FUNCTION pledges_guard_pledge_letters_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.made_at IS DISTINCT FROM OLD.made_at THEN RAISE EXCEPTION 'pledge_letters keeps id, pledge_id, made_at' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_letters_update BEFORE UPDATE ON pledge_letters FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_letters_update();
--
CREATE FUNCTION pledges_guard_pledge_profile_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_profile rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_profile_delete BEFORE DELETE ON pledge_profile FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_profile_delete();
--
CREATE FUNCTION pledges_guard_pledge_profile_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.maker IS DISTINCT FROM OLD.maker OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.sector IS DISTINCT FROM OLD.sector OR NEW.county IS DISTINCT FROM OLD.county OR NEW.baseline_year IS DISTINCT FROM OLD.baseline_year OR NEW.boundary IS DISTINCT FROM OLD.boundary THEN RAISE EXCEPTION 'pledge_profile keeps pledge_id, maker, organisation_id, sector, county, baseline_year, boundary' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_profile_update BEFORE UPDATE ON pledge_profile FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_profile_update();
--
CREATE FUNCTION pledges_guard_pledge_report_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_report rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_report_delete BEFORE DELETE ON pledge_report FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_report_delete();
--
CREATE FUNCTION pledges_guard_pledge_report_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM pledge WHERE id = NEW.pledge_id AND state = 'withdrawn') THEN RAISE EXCEPTION 'a withdrawn pledge takes no report' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_report_insert BEFORE INSERT ON pledge_report FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_report_insert();
--
CREATE FUNCTION pledges_guard_pledge_report_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_report rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_report_update BEFORE UPDATE ON pledge_report FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_report_update();
--
CREATE FUNCTION pledges_guard_pledge_withdrawal_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_withdrawal rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_withdrawal_delete BEFORE DELETE ON pledge_withdrawal FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_withdrawal_delete();
--
CREATE FUNCTION pledges_guard_pledge_withdrawal_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pledge WHERE id = NEW.pledge_id AND state = 'withdrawn') THEN RAISE EXCEPTION 'only a withdrawn pledge says why it was withdrawn' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_withdrawal_insert BEFORE INSERT ON pledge_withdrawal FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_withdrawal_insert();
--
CREATE FUNCTION pledges_guard_pledge_withdrawal_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge_withdrawal rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_withdrawal_update BEFORE UPDATE ON pledge_withdrawal FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_withdrawal_update();
