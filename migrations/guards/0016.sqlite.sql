CREATE TRIGGER shop_gifts_guard_gift_update_0 BEFORE UPDATE ON gift WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.batch_id IS DISTINCT FROM OLD.batch_id OR NEW.position IS DISTINCT FROM OLD.position OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.is_named IS DISTINCT FROM OLD.is_named OR NEW.created_at IS DISTINCT FROM OLD.created_at BEGIN SELECT RAISE(ABORT, 'gift keeps id, batch_id, position, mass_g, is_named, created_at'); END;
--
CREATE TRIGGER shop_gifts_guard_gift_update_1 BEFORE UPDATE ON gift WHEN OLD.claimed_at IS NOT NULL AND (NEW.claimed_at IS DISTINCT FROM OLD.claimed_at OR NEW.code IS DISTINCT FROM OLD.code OR NEW.claimed_by IS DISTINCT FROM OLD.claimed_by) BEGIN SELECT RAISE(ABORT, 'a gift is claimed once'); END;
--
CREATE TRIGGER shop_gifts_guard_gift_update_2 BEFORE UPDATE ON gift WHEN OLD.certificate IS NOT NULL AND NEW.certificate IS DISTINCT FROM OLD.certificate BEGIN SELECT RAISE(ABORT, 'a share is certified once'); END;
--
CREATE TRIGGER shop_gifts_guard_gift_insert_3 BEFORE INSERT ON gift WHEN NEW.batch_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM gift_batch b WHERE b.id = NEW.batch_id AND NEW.mass_g = b.each_g AND NEW.position >= 0 AND NEW.position < b.count) BEGIN SELECT RAISE(ABORT, 'a share is one of its batch'); END;
--
CREATE TRIGGER shop_gifts_guard_gift_batch_update_4 BEFORE UPDATE ON gift_batch WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.lot IS DISTINCT FROM OLD.lot OR NEW.each_g IS DISTINCT FROM OLD.each_g OR NEW.count IS DISTINCT FROM OLD.count OR NEW.created_at IS DISTINCT FROM OLD.created_at BEGIN SELECT RAISE(ABORT, 'gift_batch keeps id, person_id, organisation_id, lot, each_g, count, created_at'); END;
--
CREATE TRIGGER shop_gifts_guard_purchase_request_insert_5 BEFORE INSERT ON purchase_request WHEN NEW.state <> 'asked' BEGIN SELECT RAISE(ABORT, 'a request begins unanswered'); END;
--
CREATE TRIGGER shop_gifts_guard_purchase_request_update_6 BEFORE UPDATE ON purchase_request WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('asked>accepted','asked>declined','asked>lapsed','asked>withdrawn') BEGIN SELECT RAISE(ABORT, 'purchase_request state moves only by lawful steps'); END;
--
CREATE TRIGGER shop_gifts_guard_purchase_request_update_7 BEFORE UPDATE ON purchase_request WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.batch_id IS DISTINCT FROM OLD.batch_id OR NEW.lot IS DISTINCT FROM OLD.lot OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.payment IS DISTINCT FROM OLD.payment OR NEW.quote_hash IS DISTINCT FROM OLD.quote_hash OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.created_at IS DISTINCT FROM OLD.created_at BEGIN SELECT RAISE(ABORT, 'purchase_request keeps id, organisation_id, person_id, batch_id, lot, mass_g, amount_minor, currency, payment, quote_hash, order_id, created_at'); END;
--
CREATE TRIGGER shop_gifts_guard_purchase_request_update_8 BEFORE UPDATE ON purchase_request WHEN NEW.state = 'accepted' AND NEW.decided_by = NEW.person_id BEGIN SELECT RAISE(ABORT, 'nobody approves their own request'); END;
