CREATE FUNCTION planting_guard_named_retirement_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'named_retirement rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER planting_guard_named_retirement_delete BEFORE DELETE ON named_retirement FOR EACH ROW EXECUTE FUNCTION planting_guard_named_retirement_delete()
--
CREATE FUNCTION planting_guard_named_retirement_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'chosen' THEN RAISE EXCEPTION 'a named retirement begins chosen' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_named_retirement_insert BEFORE INSERT ON named_retirement FOR EACH ROW EXECUTE FUNCTION planting_guard_named_retirement_insert()
--
CREATE FUNCTION planting_guard_named_retirement_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.order_id IS DISTINCT FROM OLD.order_id THEN RAISE EXCEPTION 'named_retirement keeps order_id' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('asked>proved','asked>refused','chosen>asked') THEN RAISE EXCEPTION 'named_retirement state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_named_retirement_update BEFORE UPDATE ON named_retirement FOR EACH ROW EXECUTE FUNCTION planting_guard_named_retirement_update()
--
CREATE FUNCTION planting_guard_orders_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.mass_g = 0 AND NEW.state = 'paid' AND OLD.state <> 'paid' THEN IF NOT EXISTS (SELECT 1 FROM seedling_line WHERE order_id = NEW.id) THEN RAISE EXCEPTION 'an order without credits has seedlings' USING ERRCODE = 'check_violation'; END IF; END IF; IF OLD.state = 'registry_pending' AND NEW.state = 'retired' THEN IF NOT EXISTS (SELECT 1 FROM named_retirement WHERE order_id = NEW.id AND state = 'proved') THEN RAISE EXCEPTION 'what waits for a registry is retired with its proof' USING ERRCODE = 'check_violation'; END IF; END IF; IF OLD.state = 'substitute_offered' AND NEW.state = 'paid' THEN IF NOT EXISTS (SELECT 1 FROM substitute_offer WHERE id = NEW.hold_id AND state = 'accepted') THEN RAISE EXCEPTION 'other credits come with an offer that was accepted' USING ERRCODE = 'check_violation'; END IF; END IF; IF OLD.state NOT IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered') AND NEW.state IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered') THEN IF EXISTS (SELECT 1 FROM seedling_line n JOIN planting_campaign c ON c.id = n.campaign_id WHERE n.order_id = NEW.id AND (SELECT coalesce(sum(l.seedlings), 0) FROM seedling_line l JOIN orders o ON o.id = l.order_id WHERE l.campaign_id = n.campaign_id AND (o.id = NEW.id OR o.state IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered'))) > c.places) THEN RAISE EXCEPTION 'an order that comes back finds its places free' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_orders_update BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION planting_guard_orders_update()
--
CREATE FUNCTION planting_guard_planting_campaign_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'planting_campaign rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER planting_guard_planting_campaign_delete BEFORE DELETE ON planting_campaign FOR EACH ROW EXECUTE FUNCTION planting_guard_planting_campaign_delete()
--
CREATE FUNCTION planting_guard_planting_campaign_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.parcel_code IS DISTINCT FROM OLD.parcel_code OR NEW.species_zh IS DISTINCT FROM OLD.species_zh OR NEW.species_en IS DISTINCT FROM OLD.species_en OR NEW.minor_each IS DISTINCT FROM OLD.minor_each OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.is_demo IS DISTINCT FROM OLD.is_demo OR NEW.opened_at IS DISTINCT FROM OLD.opened_at THEN RAISE EXCEPTION 'planting_campaign keeps id, code, parcel_code, species_zh, species_en, minor_each, currency, is_demo, opened_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.places < OLD.places THEN IF (SELECT coalesce(sum(l.seedlings), 0) FROM seedling_line l JOIN orders o ON o.id = l.order_id WHERE l.campaign_id = NEW.id AND o.state IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered') AND o.id <> '') > NEW.places THEN RAISE EXCEPTION 'a planting keeps the places that are funded' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_planting_campaign_update BEFORE UPDATE ON planting_campaign FOR EACH ROW EXECUTE FUNCTION planting_guard_planting_campaign_update()
--
CREATE FUNCTION planting_guard_planting_photo_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'planting_photo rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER planting_guard_planting_photo_delete BEFORE DELETE ON planting_photo FOR EACH ROW EXECUTE FUNCTION planting_guard_planting_photo_delete()
--
CREATE FUNCTION planting_guard_planting_photo_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'planting_photo rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_planting_photo_update BEFORE UPDATE ON planting_photo FOR EACH ROW EXECUTE FUNCTION planting_guard_planting_photo_update()
--
CREATE FUNCTION planting_guard_planting_report_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'planting_report rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER planting_guard_planting_report_delete BEFORE DELETE ON planting_report FOR EACH ROW EXECUTE FUNCTION planting_guard_planting_report_delete()
--
CREATE FUNCTION planting_guard_planting_report_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'planting_report rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_planting_report_update BEFORE UPDATE ON planting_report FOR EACH ROW EXECUTE FUNCTION planting_guard_planting_report_update()
--
CREATE FUNCTION planting_guard_seedling_line_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'seedling_line rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER planting_guard_seedling_line_delete BEFORE DELETE ON seedling_line FOR EACH ROW EXECUTE FUNCTION planting_guard_seedling_line_delete()
--
CREATE FUNCTION planting_guard_seedling_line_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM orders WHERE id = NEW.order_id AND state = 'reserved') THEN RAISE EXCEPTION 'seedlings are added to an order that is not paid yet' USING ERRCODE = 'check_violation'; END IF; IF NEW.seedlings > 0 AND (SELECT TRUE FROM planting_campaign WHERE id = NEW.campaign_id FOR UPDATE) THEN IF NEW.seedlings + (SELECT coalesce(sum(seedlings), 0) FROM seedling_line WHERE campaign_id = NEW.campaign_id AND order_id = NEW.order_id) + (SELECT coalesce(sum(l.seedlings), 0) FROM seedling_line l JOIN orders o ON o.id = l.order_id WHERE l.campaign_id = NEW.campaign_id AND o.state IN ('awaiting_payment','awaiting_transfer','disputed','fulfilled','paid','payment_failed','registry_pending','reserved','retired','substitute_offered') AND o.id <> NEW.order_id) > (SELECT places FROM planting_campaign WHERE id = NEW.campaign_id) THEN RAISE EXCEPTION 'no more seedlings are promised than there are places' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_seedling_line_insert BEFORE INSERT ON seedling_line FOR EACH ROW EXECUTE FUNCTION planting_guard_seedling_line_insert()
--
CREATE FUNCTION planting_guard_seedling_line_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.campaign_id IS DISTINCT FROM OLD.campaign_id OR NEW.position IS DISTINCT FROM OLD.position OR NEW.seedlings IS DISTINCT FROM OLD.seedlings OR NEW.minor_each IS DISTINCT FROM OLD.minor_each OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor THEN RAISE EXCEPTION 'seedling_line keeps id, order_id, campaign_id, position, seedlings, minor_each, amount_minor' USING ERRCODE = 'check_violation'; END IF; IF OLD.certificate IS NOT NULL AND NEW.certificate IS DISTINCT FROM OLD.certificate THEN RAISE EXCEPTION 'a contribution is certified once' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_seedling_line_update BEFORE UPDATE ON seedling_line FOR EACH ROW EXECUTE FUNCTION planting_guard_seedling_line_update()
--
CREATE FUNCTION planting_guard_substitute_offer_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'substitute_offer rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER planting_guard_substitute_offer_delete BEFORE DELETE ON substitute_offer FOR EACH ROW EXECUTE FUNCTION planting_guard_substitute_offer_delete()
--
CREATE FUNCTION planting_guard_substitute_offer_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'open' THEN RAISE EXCEPTION 'an offer begins open' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_substitute_offer_insert BEFORE INSERT ON substitute_offer FOR EACH ROW EXECUTE FUNCTION planting_guard_substitute_offer_insert()
--
CREATE FUNCTION planting_guard_substitute_offer_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.lot_code IS DISTINCT FROM OLD.lot_code OR NEW.reason_zh IS DISTINCT FROM OLD.reason_zh OR NEW.reason_en IS DISTINCT FROM OLD.reason_en OR NEW.offered_by IS DISTINCT FROM OLD.offered_by OR NEW.offered_at IS DISTINCT FROM OLD.offered_at OR NEW.until IS DISTINCT FROM OLD.until THEN RAISE EXCEPTION 'substitute_offer keeps id, order_id, lot_code, reason_zh, reason_en, offered_by, offered_at, until' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('open>accepted','open>declined','open>lapsed') THEN RAISE EXCEPTION 'substitute_offer state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER planting_guard_substitute_offer_update BEFORE UPDATE ON substitute_offer FOR EACH ROW EXECUTE FUNCTION planting_guard_substitute_offer_update()
