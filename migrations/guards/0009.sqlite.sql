DROP TRIGGER registry_guard_issuance_insert_54;
--
CREATE TRIGGER registry_guard_issuance_insert_54 BEFORE INSERT ON issuance WHEN (NEW.verification_id IS NOT NULL AND NOT NEW.for_buffer) AND ((SELECT coalesce(sum(end_g - start_g), 0) FROM issuance WHERE verification_id = NEW.verification_id AND NOT for_buffer) + NEW.end_g - NEW.start_g > (SELECT verified_g - buffer_g FROM verification WHERE id = NEW.verification_id)) BEGIN SELECT RAISE(ABORT, 'no more is issued than verified minus buffer'); END;
--
CREATE TRIGGER registry_accounts_guard_verification_check_update_0 BEFORE UPDATE ON verification_check BEGIN SELECT RAISE(ABORT, 'verification_check rows are never edited'); END;
--
CREATE TRIGGER registry_accounts_guard_verification_check_delete_1 BEFORE DELETE ON verification_check BEGIN SELECT RAISE(ABORT, 'verification_check rows are never deleted'); END;
--
CREATE TRIGGER registry_accounts_guard_cancellation_update_2 BEFORE UPDATE ON cancellation BEGIN SELECT RAISE(ABORT, 'cancellation rows are never edited'); END;
--
CREATE TRIGGER registry_accounts_guard_cancellation_delete_3 BEFORE DELETE ON cancellation BEGIN SELECT RAISE(ABORT, 'cancellation rows are never deleted'); END;
--
CREATE TRIGGER registry_accounts_guard_cancellation_range_update_4 BEFORE UPDATE ON cancellation_range BEGIN SELECT RAISE(ABORT, 'cancellation_range rows are never edited'); END;
--
CREATE TRIGGER registry_accounts_guard_cancellation_range_delete_5 BEFORE DELETE ON cancellation_range BEGIN SELECT RAISE(ABORT, 'cancellation_range rows are never deleted'); END;
--
CREATE TRIGGER registry_accounts_guard_verification_insert_6 BEFORE INSERT ON verification WHEN coalesce(NEW.entered_by, '') = '' BEGIN SELECT RAISE(ABORT, 'a verification names who recorded it'); END;
--
CREATE TRIGGER registry_accounts_guard_verification_insert_7 BEFORE INSERT ON verification WHEN NEW.kind NOT IN ('verification','validation') BEGIN SELECT RAISE(ABORT, 'a record is of a verification or a validation'); END;
--
CREATE TRIGGER registry_accounts_guard_verification_check_insert_8 BEFORE INSERT ON verification_check WHEN EXISTS (SELECT 1 FROM verification WHERE id = NEW.verification_id AND entered_by = NEW.checker_id) BEGIN SELECT RAISE(ABORT, 'who checks a verification did not record it'); END;
--
CREATE TRIGGER registry_accounts_guard_issuance_insert_9 BEFORE INSERT ON issuance WHEN (NEW.verification_id IS NOT NULL) AND (NOT EXISTS (SELECT 1 FROM verification_check WHERE verification_id = NEW.verification_id AND decision = 'approved')) BEGIN SELECT RAISE(ABORT, 'own units come from an approved verification'); END;
--
CREATE TRIGGER registry_accounts_guard_issuance_insert_10 BEFORE INSERT ON issuance WHEN (NEW.verification_id IS NOT NULL) AND (NOT EXISTS (SELECT 1 FROM verification WHERE id = NEW.verification_id AND project_id = NEW.project_id AND kind = CASE NEW.unit_class WHEN 'ex_ante' THEN 'validation' ELSE 'verification' END)) BEGIN SELECT RAISE(ABORT, 'units are of their verification, its project and its kind'); END;
--
CREATE TRIGGER registry_accounts_guard_issuance_insert_11 BEFORE INSERT ON issuance WHEN (NEW.verification_id IS NOT NULL AND NOT NEW.for_buffer) AND ((SELECT coalesce(sum(b.end_g - b.start_g), 0) FROM issuance b WHERE b.verification_id = NEW.verification_id AND b.for_buffer) < (SELECT buffer_g / 1000000 * 1000000 FROM verification WHERE id = NEW.verification_id)) BEGIN SELECT RAISE(ABORT, 'the buffer is issued before anything else'); END;
--
CREATE TRIGGER registry_accounts_guard_issuance_insert_12 BEFORE INSERT ON issuance WHEN (NEW.verification_id IS NOT NULL) AND (EXISTS (SELECT 1 FROM reversal_case c WHERE c.project_id = NEW.project_id AND (c.size_g IS NULL OR c.size_g > (SELECT coalesce(sum(mass_g), 0) FROM cancellation WHERE case_id = c.id)))) BEGIN SELECT RAISE(ABORT, 'nothing is issued while a reversal is not covered'); END;
--
CREATE TRIGGER registry_accounts_guard_block_update_13 BEFORE UPDATE ON block WHEN (OLD.lot_id IS NULL AND NEW.lot_id IS NOT NULL) AND ((NEW.unit_class <> 'ex_post' OR (SELECT kind FROM account WHERE id = OLD.account_id) <> 'developer')) BEGIN SELECT RAISE(ABORT, 'a lot takes verified units of a developer only'); END;
--
CREATE TRIGGER registry_accounts_guard_block_update_14 BEFORE UPDATE ON block WHEN NEW.account_id <> OLD.account_id AND NEW.lot_id IS NOT DISTINCT FROM OLD.lot_id AND NOT (OLD.state = 'escrow' AND NEW.state = 'held') AND NOT (OLD.state = 'allocated' AND NEW.state = 'retired') BEGIN SELECT RAISE(ABORT, 'units change hands only by a transfer, a lot or a retirement'); END;
--
CREATE TRIGGER registry_accounts_guard_block_update_15 BEFORE UPDATE ON block WHEN (NEW.state = 'escrow' AND OLD.state <> 'escrow') AND (NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.transfer_id AND t.state = 'offered' AND t.from_account_id = OLD.account_id AND OLD.lot_id IS NULL)) BEGIN SELECT RAISE(ABORT, 'units in escrow belong to an open offer of their holder'); END;
--
CREATE TRIGGER registry_accounts_guard_block_update_16 BEFORE UPDATE ON block WHEN (NEW.state IN ('escrow','cancelled') AND OLD.state = 'held') AND (NOT EXISTS (SELECT 1 FROM issuance WHERE id = OLD.issuance_id AND verification_id IS NOT NULL)) BEGIN SELECT RAISE(ABORT, 'units of other registers are neither offered nor cancelled here'); END;
--
CREATE TRIGGER registry_accounts_guard_block_update_17 BEFORE UPDATE ON block WHEN (NEW.state = 'escrow') <> (NEW.transfer_id IS NOT NULL) OR (NEW.state = 'escrow' AND OLD.state = 'escrow' AND NEW.transfer_id <> OLD.transfer_id) BEGIN SELECT RAISE(ABORT, 'units in escrow keep their offer'); END;
--
CREATE TRIGGER registry_accounts_guard_block_update_18 BEFORE UPDATE ON block WHEN (OLD.state = 'escrow' AND NEW.state = 'held') AND (NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = OLD.transfer_id AND NEW.lot_id IS NULL AND ((t.state = 'accepted' AND NEW.account_id = t.to_account_id) OR (t.state IN ('declined','withdrawn','expired') AND NEW.account_id = OLD.account_id)))) BEGIN SELECT RAISE(ABORT, 'units leave escrow as their offer ends'); END;
--
CREATE TRIGGER registry_accounts_guard_block_update_19 BEFORE UPDATE ON block WHEN (NEW.account_id <> OLD.account_id AND NEW.state = 'held') AND (EXISTS (SELECT 1 FROM account WHERE id = NEW.account_id AND frozen_at IS NOT NULL)) BEGIN SELECT RAISE(ABORT, 'a frozen account receives nothing'); END;
--
CREATE TRIGGER registry_accounts_guard_transfer_insert_20 BEFORE INSERT ON transfer WHEN NEW.state <> 'offered' BEGIN SELECT RAISE(ABORT, 'an offer begins open'); END;
--
CREATE TRIGGER registry_accounts_guard_transfer_insert_21 BEFORE INSERT ON transfer WHEN ((SELECT kind FROM account WHERE id = NEW.from_account_id) NOT IN ('developer','holding') OR (SELECT kind FROM account WHERE id = NEW.to_account_id) <> 'holding') BEGIN SELECT RAISE(ABORT, 'an offer goes from one holder to another'); END;
--
CREATE TRIGGER registry_accounts_guard_transfer_update_22 BEFORE UPDATE ON transfer WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.from_account_id IS DISTINCT FROM OLD.from_account_id OR NEW.to_account_id IS DISTINCT FROM OLD.to_account_id OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.note IS DISTINCT FROM OLD.note OR NEW.offered_by IS DISTINCT FROM OLD.offered_by OR NEW.offered_at IS DISTINCT FROM OLD.offered_at OR NEW.expires_at IS DISTINCT FROM OLD.expires_at BEGIN SELECT RAISE(ABORT, 'transfer keeps id, from_account_id, to_account_id, mass_g, note, offered_by, offered_at, expires_at'); END;
--
CREATE TRIGGER registry_accounts_guard_transfer_update_23 BEFORE UPDATE ON transfer WHEN NEW.state = 'accepted' AND OLD.state = 'offered' AND NEW.decided_at >= OLD.expires_at BEGIN SELECT RAISE(ABORT, 'an offer is accepted in its time'); END;
--
CREATE TRIGGER registry_accounts_guard_transfer_update_24 BEFORE UPDATE ON transfer WHEN OLD.state <> 'offered' BEGIN SELECT RAISE(ABORT, 'an ended offer is final'); END;
--
CREATE TRIGGER registry_accounts_guard_transfer_delete_25 BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'transfer rows are never deleted'); END;
--
CREATE TRIGGER registry_accounts_guard_block_update_26 BEFORE UPDATE ON block WHEN (NEW.state = 'cancelled' AND OLD.state <> 'cancelled') AND ((OLD.lot_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM cancellation_range WHERE block_id = OLD.id))) BEGIN SELECT RAISE(ABORT, 'units are cancelled by a cancellation on record'); END;
--
CREATE TRIGGER registry_accounts_guard_cancellation_range_insert_27 BEFORE INSERT ON cancellation_range WHEN NOT EXISTS (SELECT 1 FROM block b JOIN cancellation c ON c.id = NEW.cancellation_id WHERE b.id = NEW.block_id AND b.account_id = c.account_id AND b.state = 'held' AND b.lot_id IS NULL AND b.start_g = NEW.start_g AND b.end_g = NEW.end_g) BEGIN SELECT RAISE(ABORT, 'a cancelled range is a whole held block of its account'); END;
--
CREATE TRIGGER registry_accounts_guard_cancellation_range_insert_28 BEFORE INSERT ON cancellation_range WHEN (EXISTS (SELECT 1 FROM cancellation WHERE id = NEW.cancellation_id AND reason = 'converted')) AND (NOT EXISTS (SELECT 1 FROM cancellation c JOIN issuance post ON post.id = c.issuance_id JOIN block b ON b.id = NEW.block_id JOIN issuance ante ON ante.id = b.issuance_id WHERE c.id = NEW.cancellation_id AND ante.unit_class = 'ex_ante' AND post.unit_class = 'ex_post' AND NOT post.for_buffer AND post.project_id = ante.project_id)) BEGIN SELECT RAISE(ABORT, 'expected units are converted into verified ones of their project'); END;
--
CREATE TRIGGER registry_accounts_guard_reversal_case_insert_29 BEFORE INSERT ON reversal_case WHEN NEW.size_g IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a reversal is reported before it is sized'); END;
--
CREATE TRIGGER registry_accounts_guard_reversal_case_update_30 BEFORE UPDATE ON reversal_case WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.cause IS DISTINCT FROM OLD.cause OR NEW.happened_on IS DISTINCT FROM OLD.happened_on OR NEW.story IS DISTINCT FROM OLD.story OR NEW.report_sha256 IS DISTINCT FROM OLD.report_sha256 OR NEW.reported_by IS DISTINCT FROM OLD.reported_by OR NEW.reported_at IS DISTINCT FROM OLD.reported_at BEGIN SELECT RAISE(ABORT, 'reversal_case keeps id, project_id, cause, happened_on, story, report_sha256, reported_by, reported_at'); END;
--
CREATE TRIGGER registry_accounts_guard_reversal_case_update_31 BEFORE UPDATE ON reversal_case WHEN OLD.size_g IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a reversal is sized once'); END;
--
CREATE TRIGGER registry_accounts_guard_reversal_case_delete_32 BEFORE DELETE ON reversal_case BEGIN SELECT RAISE(ABORT, 'reversal_case rows are never deleted'); END;
--
CREATE TRIGGER registry_accounts_guard_account_update_33 BEFORE UPDATE ON account WHEN (OLD.frozen_at IS NOT NULL AND NEW.frozen_at IS NULL) AND ((EXISTS (SELECT 1 FROM freezing WHERE target_id = OLD.id AND thawed_at IS NULL) OR NOT EXISTS (SELECT 1 FROM freezing WHERE target_id = OLD.id))) BEGIN SELECT RAISE(ABORT, 'a frozen account is unfrozen by two people'); END;
--
CREATE TRIGGER registry_accounts_guard_project_update_34 BEFORE UPDATE ON project WHEN (OLD.frozen_at IS NOT NULL AND NEW.frozen_at IS NULL) AND ((EXISTS (SELECT 1 FROM freezing WHERE target_id = OLD.id AND thawed_at IS NULL) OR NOT EXISTS (SELECT 1 FROM freezing WHERE target_id = OLD.id))) BEGIN SELECT RAISE(ABORT, 'a frozen project is unfrozen by two people'); END;
--
CREATE TRIGGER registry_accounts_guard_block_update_35 BEFORE UPDATE ON block WHEN (OLD.frozen_at IS NOT NULL AND NEW.frozen_at IS NULL) AND ((EXISTS (SELECT 1 FROM freezing WHERE target_id = OLD.id AND thawed_at IS NULL) OR NOT EXISTS (SELECT 1 FROM freezing WHERE target_id = OLD.id))) BEGIN SELECT RAISE(ABORT, 'a frozen block is unfrozen by two people'); END;
--
CREATE TRIGGER registry_accounts_guard_freezing_insert_36 BEFORE INSERT ON freezing WHEN NEW.asked_by IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a freeze begins without an end'); END;
--
CREATE TRIGGER registry_accounts_guard_freezing_update_37 BEFORE UPDATE ON freezing WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.target_id IS DISTINCT FROM OLD.target_id OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.frozen_by IS DISTINCT FROM OLD.frozen_by OR NEW.frozen_at IS DISTINCT FROM OLD.frozen_at BEGIN SELECT RAISE(ABORT, 'freezing keeps id, kind, target_id, reason, frozen_by, frozen_at'); END;
--
CREATE TRIGGER registry_accounts_guard_freezing_update_38 BEFORE UPDATE ON freezing WHEN OLD.thawed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'an ended freeze is final'); END;
--
CREATE TRIGGER registry_accounts_guard_freezing_delete_39 BEFORE DELETE ON freezing BEGIN SELECT RAISE(ABORT, 'freezing rows are never deleted'); END;
--
CREATE TRIGGER registry_accounts_guard_account_update_40 BEFORE UPDATE ON account WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.party_id IS DISTINCT FROM OLD.party_id OR NEW.code IS DISTINCT FROM OLD.code BEGIN SELECT RAISE(ABORT, 'account keeps id, kind, party_id, code'); END;
--
CREATE TRIGGER registry_accounts_guard_account_delete_41 BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'account rows are never deleted'); END;
--
CREATE TRIGGER registry_accounts_guard_issuance_insert_42 BEFORE INSERT ON issuance WHEN (NEW.for_buffer) AND ((SELECT coalesce(sum(b.end_g - b.start_g), 0) FROM issuance b WHERE b.verification_id = NEW.verification_id AND b.for_buffer) + NEW.end_g - NEW.start_g > coalesce((SELECT buffer_g FROM verification WHERE id = NEW.verification_id), 0)) BEGIN SELECT RAISE(ABORT, 'no more goes to the buffer than the verification says'); END;
--
CREATE TRIGGER registry_accounts_guard_cancellation_insert_43 BEFORE INSERT ON cancellation WHEN (NEW.issuance_id IS NOT NULL) AND ((SELECT coalesce(sum(mass_g), 0) FROM cancellation WHERE issuance_id = NEW.issuance_id) + NEW.mass_g > (SELECT end_g - start_g FROM issuance WHERE id = NEW.issuance_id)) BEGIN SELECT RAISE(ABORT, 'no more is converted than was issued'); END;
--
CREATE TRIGGER registry_accounts_guard_cancellation_insert_44 BEFORE INSERT ON cancellation WHEN (NEW.case_id IS NOT NULL) AND ((SELECT coalesce(sum(mass_g), 0) FROM cancellation WHERE case_id = NEW.case_id) + NEW.mass_g > coalesce((SELECT size_g FROM reversal_case WHERE id = NEW.case_id), 0)) BEGIN SELECT RAISE(ABORT, 'no more is cancelled for a reversal than its size'); END;
--
CREATE TRIGGER registry_accounts_guard_cancellation_range_insert_45 BEFORE INSERT ON cancellation_range WHEN (TRUE) AND ((SELECT coalesce(sum(end_g - start_g), 0) FROM cancellation_range WHERE cancellation_id = NEW.cancellation_id) + NEW.end_g - NEW.start_g > (SELECT mass_g FROM cancellation WHERE id = NEW.cancellation_id)) BEGIN SELECT RAISE(ABORT, 'no more is cancelled than the cancellation says'); END;
