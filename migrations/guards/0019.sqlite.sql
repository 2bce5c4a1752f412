CREATE TRIGGER pledges_guard_pledge_profile_update_0 BEFORE UPDATE ON pledge_profile WHEN NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.maker IS DISTINCT FROM OLD.maker OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.sector IS DISTINCT FROM OLD.sector OR NEW.county IS DISTINCT FROM OLD.county OR NEW.baseline_year IS DISTINCT FROM OLD.baseline_year OR NEW.boundary IS DISTINCT FROM OLD.boundary BEGIN SELECT RAISE(ABORT, 'pledge_profile keeps pledge_id, maker, organisation_id, sector, county, baseline_year, boundary'); END;
--
CREATE TRIGGER pledges_guard_pledge_profile_delete_1 BEFORE DELETE ON pledge_profile BEGIN SELECT RAISE(ABORT, 'pledge_profile rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_report_update_2 BEFORE UPDATE ON pledge_report BEGIN SELECT RAISE(ABORT, 'pledge_report rows are never edited'); END;
--
CREATE TRIGGER pledges_guard_pledge_report_delete_3 BEFORE DELETE ON pledge_report BEGIN SELECT RAISE(ABORT, 'pledge_report rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_withdrawal_update_4 BEFORE UPDATE ON pledge_withdrawal BEGIN SELECT RAISE(ABORT, 'pledge_withdrawal rows are never edited'); END;
--
CREATE TRIGGER pledges_guard_pledge_withdrawal_delete_5 BEFORE DELETE ON pledge_withdrawal BEGIN SELECT RAISE(ABORT, 'pledge_withdrawal rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_challenge_update_6 BEFORE UPDATE ON pledge_challenge BEGIN SELECT RAISE(ABORT, 'pledge_challenge rows are never edited'); END;
--
CREATE TRIGGER pledges_guard_pledge_challenge_delete_7 BEFORE DELETE ON pledge_challenge BEGIN SELECT RAISE(ABORT, 'pledge_challenge rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_challenge_entry_update_8 BEFORE UPDATE ON pledge_challenge_entry BEGIN SELECT RAISE(ABORT, 'pledge_challenge_entry rows are never edited'); END;
--
CREATE TRIGGER pledges_guard_pledge_challenge_entry_delete_9 BEFORE DELETE ON pledge_challenge_entry BEGIN SELECT RAISE(ABORT, 'pledge_challenge_entry rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_withdrawal_insert_10 BEFORE INSERT ON pledge_withdrawal WHEN NOT EXISTS (SELECT 1 FROM pledge WHERE id = NEW.pledge_id AND state = 'withdrawn') BEGIN SELECT RAISE(ABORT, 'only a withdrawn pledge says why it was withdrawn'); END;
--
CREATE TRIGGER pledges_guard_pledge_report_insert_11 BEFORE INSERT ON pledge_report WHEN EXISTS (SELECT 1 FROM pledge WHERE id = NEW.pledge_id AND state = 'withdrawn') BEGIN SELECT RAISE(ABORT, 'a withdrawn pledge takes no report'); END;
--
CREATE TRIGGER pledges_guard_pledge_evidence_update_12 BEFORE UPDATE ON pledge_evidence WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.report_id IS DISTINCT FROM OLD.report_id OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.sha256 IS DISTINCT FROM OLD.sha256 OR NEW.media_type IS DISTINCT FROM OLD.media_type OR NEW.bytes IS DISTINCT FROM OLD.bytes OR NEW.verifier IS DISTINCT FROM OLD.verifier OR NEW.note IS DISTINCT FROM OLD.note OR NEW.given_by IS DISTINCT FROM OLD.given_by OR NEW.given_at IS DISTINCT FROM OLD.given_at BEGIN SELECT RAISE(ABORT, 'pledge_evidence keeps id, pledge_id, report_id, file_name, sha256, media_type, bytes, verifier, note, given_by, given_at'); END;
--
CREATE TRIGGER pledges_guard_pledge_evidence_delete_13 BEFORE DELETE ON pledge_evidence BEGIN SELECT RAISE(ABORT, 'pledge_evidence rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_evidence_insert_14 BEFORE INSERT ON pledge_evidence WHEN NEW.state <> 'waiting' BEGIN SELECT RAISE(ABORT, 'evidence waits until somebody else has looked at it'); END;
--
CREATE TRIGGER pledges_guard_pledge_evidence_insert_15 BEFORE INSERT ON pledge_evidence WHEN (NEW.report_id IS NOT NULL) AND (NOT EXISTS (SELECT 1 FROM pledge_report WHERE id = NEW.report_id AND pledge_id = NEW.pledge_id)) BEGIN SELECT RAISE(ABORT, 'evidence is of a report of its own pledge'); END;
--
CREATE TRIGGER pledges_guard_pledge_evidence_update_16 BEFORE UPDATE ON pledge_evidence WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('waiting>refused','waiting>seen') BEGIN SELECT RAISE(ABORT, 'pledge_evidence state moves only by lawful steps'); END;
--
CREATE TRIGGER pledges_guard_pledge_evidence_update_17 BEFORE UPDATE ON pledge_evidence WHEN (OLD.decided_at IS NOT NULL) AND (NEW.decided_at IS DISTINCT FROM OLD.decided_at OR NEW.decided_by IS DISTINCT FROM OLD.decided_by OR NEW.reason <> OLD.reason) BEGIN SELECT RAISE(ABORT, 'a decision about evidence is kept'); END;
--
CREATE TRIGGER pledges_guard_pledge_action_update_18 BEFORE UPDATE ON pledge_action WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.key IS DISTINCT FROM OLD.key OR NEW.title IS DISTINCT FROM OLD.title OR NEW.saves_g IS DISTINCT FROM OLD.saves_g OR NEW.year IS DISTINCT FROM OLD.year OR NEW.made_at IS DISTINCT FROM OLD.made_at BEGIN SELECT RAISE(ABORT, 'pledge_action keeps id, pledge_id, key, title, saves_g, year, made_at'); END;
--
CREATE TRIGGER pledges_guard_pledge_action_delete_19 BEFORE DELETE ON pledge_action BEGIN SELECT RAISE(ABORT, 'pledge_action rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_action_update_20 BEFORE UPDATE ON pledge_action WHEN OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at BEGIN SELECT RAISE(ABORT, 'an action is done once'); END;
--
CREATE TRIGGER pledges_guard_pledge_action_update_21 BEFORE UPDATE ON pledge_action WHEN OLD.dropped_at IS NOT NULL AND NEW.dropped_at IS DISTINCT FROM OLD.dropped_at BEGIN SELECT RAISE(ABORT, 'an action is dropped once'); END;
--
CREATE TRIGGER pledges_guard_pledge_letters_update_22 BEFORE UPDATE ON pledge_letters WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.made_at IS DISTINCT FROM OLD.made_at BEGIN SELECT RAISE(ABORT, 'pledge_letters keeps id, pledge_id, made_at'); END;
--
CREATE TRIGGER pledges_guard_pledge_group_update_23 BEFORE UPDATE ON pledge_group WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.name IS DISTINCT FROM OLD.name OR NEW.about IS DISTINCT FROM OLD.about OR NEW.county IS DISTINCT FROM OLD.county OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.made_at IS DISTINCT FROM OLD.made_at BEGIN SELECT RAISE(ABORT, 'pledge_group keeps id, code, kind, name, about, county, organisation_id, owner_id, made_at'); END;
--
CREATE TRIGGER pledges_guard_pledge_group_delete_24 BEFORE DELETE ON pledge_group BEGIN SELECT RAISE(ABORT, 'pledge_group rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_group_update_25 BEFORE UPDATE ON pledge_group WHEN OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at BEGIN SELECT RAISE(ABORT, 'a group is closed once'); END;
--
CREATE TRIGGER pledges_guard_pledge_group_seat_update_26 BEFORE UPDATE ON pledge_group_seat WHEN NEW.group_id IS DISTINCT FROM OLD.group_id OR NEW.pledge_id IS DISTINCT FROM OLD.pledge_id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.joined_at IS DISTINCT FROM OLD.joined_at BEGIN SELECT RAISE(ABORT, 'pledge_group_seat keeps group_id, pledge_id, number, joined_at'); END;
--
CREATE TRIGGER pledges_guard_pledge_group_seat_delete_27 BEFORE DELETE ON pledge_group_seat BEGIN SELECT RAISE(ABORT, 'pledge_group_seat rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_group_seat_update_28 BEFORE UPDATE ON pledge_group_seat WHEN OLD.left_at IS NOT NULL AND NEW.left_at IS DISTINCT FROM OLD.left_at BEGIN SELECT RAISE(ABORT, 'a seat that was left stays empty'); END;
--
CREATE TRIGGER pledges_guard_pledge_group_seat_insert_29 BEFORE INSERT ON pledge_group_seat WHEN EXISTS (SELECT 1 FROM pledge_group WHERE id = NEW.group_id AND closed_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'a closed group takes no more pledges'); END;
