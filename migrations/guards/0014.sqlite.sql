CREATE TRIGGER planting_guard_planting_report_update_0 BEFORE UPDATE ON planting_report BEGIN SELECT RAISE(ABORT, 'planting_report rows are never edited'); END
--
CREATE TRIGGER planting_guard_planting_report_delete_1 BEFORE DELETE ON planting_report BEGIN SELECT RAISE(ABORT, 'planting_report rows are never deleted'); END
--
CREATE TRIGGER planting_guard_planting_photo_update_2 BEFORE UPDATE ON planting_photo BEGIN SELECT RAISE(ABORT, 'planting_photo rows are never edited'); END
--
CREATE TRIGGER planting_guard_planting_photo_delete_3 BEFORE DELETE ON planting_photo BEGIN SELECT RAISE(ABORT, 'planting_photo rows are never deleted'); END
--
CREATE TRIGGER planting_guard_planting_campaign_delete_4 BEFORE DELETE ON planting_campaign BEGIN SELECT RAISE(ABORT, 'planting_campaign rows are never deleted'); END
--
CREATE TRIGGER planting_guard_planting_campaign_update_5 BEFORE UPDATE ON planting_campaign WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.parcel_code IS DISTINCT FROM OLD.parcel_code OR NEW.species_zh IS DISTINCT FROM OLD.species_zh OR NEW.species_en IS DISTINCT FROM OLD.species_en OR NEW.minor_each IS DISTINCT FROM OLD.minor_each OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.is_demo IS DISTINCT FROM OLD.is_demo OR NEW.opened_at IS DISTINCT FROM OLD.opened_at BEGIN SELECT RAISE(ABORT, 'planting_campaign keeps id, code, parcel_code, species_zh, species_en, minor_each, currency, is_demo, opened_at'); END
--
CREATE TRIGGER planting_guard_planting_campaign_update_6 BEFORE UPDATE ON planting_campaign WHEN (NEW.places < OLD.places) AND ((SELECT coalesce(sum(l.seedlings), 0) FROM seedling_line l JOIN orders o ON o.id = l.order_id WHERE l.campaign_id = NEW.id AND o.state IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered') AND o.id <> '') > NEW.places) BEGIN SELECT RAISE(ABORT, 'a planting keeps the places that are funded'); END
--
CREATE TRIGGER planting_guard_seedling_line_delete_7 BEFORE DELETE ON seedling_line BEGIN SELECT RAISE(ABORT, 'seedling_line rows are never deleted'); END
--
CREATE TRIGGER planting_guard_seedling_line_update_8 BEFORE UPDATE ON seedling_line WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.campaign_id IS DISTINCT FROM OLD.campaign_id OR NEW.position IS DISTINCT FROM OLD.position OR NEW.seedlings IS DISTINCT FROM OLD.seedlings OR NEW.minor_each IS DISTINCT FROM OLD.minor_each OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor BEGIN SELECT RAISE(ABORT, 'seedling_line keeps id, order_id, campaign_id, position, seedlings, minor_each, amount_minor'); END
--
CREATE TRIGGER planting_guard_seedling_line_update_9 BEFORE UPDATE ON seedling_line WHEN OLD.certificate IS NOT NULL AND NEW.certificate IS DISTINCT FROM OLD.certificate BEGIN SELECT RAISE(ABORT, 'a contribution is certified once'); END
--
CREATE TRIGGER planting_guard_seedling_line_insert_10 BEFORE INSERT ON seedling_line WHEN NOT EXISTS (SELECT 1 FROM orders WHERE id = NEW.order_id AND state = 'reserved') BEGIN SELECT RAISE(ABORT, 'seedlings are added to an order that is not paid yet'); END
--
CREATE TRIGGER planting_guard_orders_update_11 BEFORE UPDATE ON orders WHEN (NEW.mass_g = 0 AND NEW.state = 'paid' AND OLD.state <> 'paid') AND (NOT EXISTS (SELECT 1 FROM seedling_line WHERE order_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'an order without credits has seedlings'); END
--
CREATE TRIGGER planting_guard_named_retirement_delete_12 BEFORE DELETE ON named_retirement BEGIN SELECT RAISE(ABORT, 'named_retirement rows are never deleted'); END
--
CREATE TRIGGER planting_guard_named_retirement_insert_13 BEFORE INSERT ON named_retirement WHEN NEW.state <> 'chosen' BEGIN SELECT RAISE(ABORT, 'a named retirement begins chosen'); END
--
CREATE TRIGGER planting_guard_named_retirement_update_14 BEFORE UPDATE ON named_retirement WHEN NEW.order_id IS DISTINCT FROM OLD.order_id BEGIN SELECT RAISE(ABORT, 'named_retirement keeps order_id'); END
--
CREATE TRIGGER planting_guard_named_retirement_update_15 BEFORE UPDATE ON named_retirement WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('asked>proved','asked>refused','chosen>asked') BEGIN SELECT RAISE(ABORT, 'named_retirement state moves only by lawful steps'); END
--
CREATE TRIGGER planting_guard_orders_update_16 BEFORE UPDATE ON orders WHEN (OLD.state = 'registry_pending' AND NEW.state = 'retired') AND (NOT EXISTS (SELECT 1 FROM named_retirement WHERE order_id = NEW.id AND state = 'proved')) BEGIN SELECT RAISE(ABORT, 'what waits for a registry is retired with its proof'); END
--
CREATE TRIGGER planting_guard_substitute_offer_delete_17 BEFORE DELETE ON substitute_offer BEGIN SELECT RAISE(ABORT, 'substitute_offer rows are never deleted'); END
--
CREATE TRIGGER planting_guard_substitute_offer_insert_18 BEFORE INSERT ON substitute_offer WHEN NEW.state <> 'open' BEGIN SELECT RAISE(ABORT, 'an offer begins open'); END
--
CREATE TRIGGER planting_guard_substitute_offer_update_19 BEFORE UPDATE ON substitute_offer WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.lot_code IS DISTINCT FROM OLD.lot_code OR NEW.reason_zh IS DISTINCT FROM OLD.reason_zh OR NEW.reason_en IS DISTINCT FROM OLD.reason_en OR NEW.offered_by IS DISTINCT FROM OLD.offered_by OR NEW.offered_at IS DISTINCT FROM OLD.offered_at OR NEW.until IS DISTINCT FROM OLD.until BEGIN SELECT RAISE(ABORT, 'substitute_offer keeps id, order_id, lot_code, reason_zh, reason_en, offered_by, offered_at, until'); END
--
CREATE TRIGGER planting_guard_substitute_offer_update_20 BEFORE UPDATE ON substitute_offer WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('open>accepted','open>declined','open>lapsed') BEGIN SELECT RAISE(ABORT, 'substitute_offer state moves only by lawful steps'); END
--
CREATE TRIGGER planting_guard_orders_update_21 BEFORE UPDATE ON orders WHEN (OLD.state = 'substitute_offered' AND NEW.state = 'paid') AND (NOT EXISTS (SELECT 1 FROM substitute_offer WHERE id = NEW.hold_id AND state = 'accepted')) BEGIN SELECT RAISE(ABORT, 'other credits come with an offer that was accepted'); END
--
CREATE TRIGGER planting_guard_seedling_line_insert_22 BEFORE INSERT ON seedling_line WHEN (NEW.seedlings > 0) AND (NEW.seedlings + (SELECT coalesce(sum(seedlings), 0) FROM seedling_line WHERE campaign_id = NEW.campaign_id AND order_id = NEW.order_id) + (SELECT coalesce(sum(l.seedlings), 0) FROM seedling_line l JOIN orders o ON o.id = l.order_id WHERE l.campaign_id = NEW.campaign_id AND o.state IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered') AND o.id <> NEW.order_id) > (SELECT places FROM planting_campaign WHERE id = NEW.campaign_id)) BEGIN SELECT RAISE(ABORT, 'no more seedlings are promised than there are places'); END
--
CREATE TRIGGER planting_guard_orders_update_23 BEFORE UPDATE ON orders WHEN (OLD.state NOT IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered') AND NEW.state IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered')) AND (EXISTS (SELECT 1 FROM seedling_line n JOIN planting_campaign c ON c.id = n.campaign_id WHERE n.order_id = NEW.id AND (SELECT coalesce(sum(l.seedlings), 0) FROM seedling_line l JOIN orders o ON o.id = l.order_id WHERE l.campaign_id = n.campaign_id AND (o.id = NEW.id OR o.state IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered'))) > c.places)) BEGIN SELECT RAISE(ABORT, 'an order that comes back finds its places free'); END
