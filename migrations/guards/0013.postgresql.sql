CREATE FUNCTION registry_prices_guard_list_price_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'list_price rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_prices_guard_list_price_delete BEFORE DELETE ON list_price FOR EACH ROW EXECUTE FUNCTION registry_prices_guard_list_price_delete();
--
CREATE FUNCTION registry_prices_guard_list_price_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM price_proposal p JOIN price_verdict v ON v.proposal_id = p.id WHERE p.id = NEW.proposal_id AND v.verdict = 'accepted' AND v.at <= NEW.from_at AND p.lot_id = NEW.lot_id AND p.currency = NEW.currency AND p.minor_per_t = NEW.minor_per_t) THEN RAISE EXCEPTION 'a price in force is the one that was accepted' USING ERRCODE = 'check_violation'; END IF; IF EXISTS (SELECT 1 FROM list_price p WHERE p.lot_id = NEW.lot_id AND p.currency = NEW.currency AND (p.from_at > NEW.from_at OR p.number >= NEW.number)) THEN RAISE EXCEPTION 'a price begins after the one before it' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_prices_guard_list_price_insert BEFORE INSERT ON list_price FOR EACH ROW EXECUTE FUNCTION registry_prices_guard_list_price_insert();
--
CREATE FUNCTION registry_prices_guard_list_price_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'list_price rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_prices_guard_list_price_update BEFORE UPDATE ON list_price FOR EACH ROW EXECUTE FUNCTION registry_prices_guard_list_price_update();
--
CREATE FUNCTION registry_prices_guard_price_proposal_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'price_proposal rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_prices_guard_price_proposal_delete BEFORE DELETE ON price_proposal FOR EACH ROW EXECUTE FUNCTION registry_prices_guard_price_proposal_delete();
--
CREATE FUNCTION registry_prices_guard_price_proposal_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'price_proposal rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_prices_guard_price_proposal_update BEFORE UPDATE ON price_proposal FOR EACH ROW EXECUTE FUNCTION registry_prices_guard_price_proposal_update();
--
CREATE FUNCTION registry_prices_guard_price_verdict_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'price_verdict rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_prices_guard_price_verdict_delete BEFORE DELETE ON price_verdict FOR EACH ROW EXECUTE FUNCTION registry_prices_guard_price_verdict_delete();
--
CREATE FUNCTION registry_prices_guard_price_verdict_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.verdict = 'accepted' AND EXISTS (SELECT 1 FROM price_proposal p WHERE p.id = NEW.proposal_id AND p.proposed_by = NEW.decided_by) THEN RAISE EXCEPTION 'a price is accepted by a second person' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_prices_guard_price_verdict_insert BEFORE INSERT ON price_verdict FOR EACH ROW EXECUTE FUNCTION registry_prices_guard_price_verdict_insert();
--
CREATE FUNCTION registry_prices_guard_price_verdict_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'price_verdict rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_prices_guard_price_verdict_update BEFORE UPDATE ON price_verdict FOR EACH ROW EXECUTE FUNCTION registry_prices_guard_price_verdict_update();
--
CREATE FUNCTION shop_payouts_guard_payee_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payee rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_payouts_guard_payee_delete BEFORE DELETE ON payee FOR EACH ROW EXECUTE FUNCTION shop_payouts_guard_payee_delete();
--
CREATE FUNCTION shop_payouts_guard_payee_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payee rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_payouts_guard_payee_update BEFORE UPDATE ON payee FOR EACH ROW EXECUTE FUNCTION shop_payouts_guard_payee_update();
--
CREATE FUNCTION shop_payouts_guard_payout_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payout rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_payouts_guard_payout_delete BEFORE DELETE ON payout FOR EACH ROW EXECUTE FUNCTION shop_payouts_guard_payout_delete();
--
CREATE FUNCTION shop_payouts_guard_payout_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payout rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_payouts_guard_payout_update BEFORE UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION shop_payouts_guard_payout_update();
--
CREATE FUNCTION shop_payouts_guard_payout_verdict_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payout_verdict rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_payouts_guard_payout_verdict_delete BEFORE DELETE ON payout_verdict FOR EACH ROW EXECUTE FUNCTION shop_payouts_guard_payout_verdict_delete();
--
CREATE FUNCTION shop_payouts_guard_payout_verdict_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.verdict = 'confirmed' AND EXISTS (SELECT 1 FROM payout p WHERE p.id = NEW.payout_id AND p.recorded_by = NEW.decided_by) THEN RAISE EXCEPTION 'a pay-out is confirmed by a second person' USING ERRCODE = 'check_violation'; END IF; IF NEW.verdict = 'confirmed' AND (SELECT TRUE FROM payee WHERE id = (SELECT payee_id FROM payout WHERE id = NEW.payout_id) FOR UPDATE) THEN IF (SELECT coalesce(sum(p.amount_minor), 0) FROM payout m JOIN payout p ON p.payee_id = m.payee_id LEFT JOIN payout_verdict v ON v.payout_id = p.id WHERE m.id = NEW.payout_id AND (v.verdict = 'confirmed' OR p.id = m.id)) > (SELECT coalesce(sum(c.amount_minor), 0) FROM payout m JOIN payee y ON y.id = m.payee_id JOIN cash_line c ON c.party = y.party AND c.currency = y.currency JOIN orders o ON o.id = c.order_id WHERE m.id = NEW.payout_id AND o.test = y.test) THEN RAISE EXCEPTION 'no more is paid out than is held' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_payouts_guard_payout_verdict_insert BEFORE INSERT ON payout_verdict FOR EACH ROW EXECUTE FUNCTION shop_payouts_guard_payout_verdict_insert();
--
CREATE FUNCTION shop_payouts_guard_payout_verdict_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payout_verdict rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_payouts_guard_payout_verdict_update BEFORE UPDATE ON payout_verdict FOR EACH ROW EXECUTE FUNCTION shop_payouts_guard_payout_verdict_update();
