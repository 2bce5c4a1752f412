CREATE FUNCTION shop_origins_guard_cash_part_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'cash_part rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_origins_guard_cash_part_delete BEFORE DELETE ON cash_part FOR EACH ROW EXECUTE FUNCTION shop_origins_guard_cash_part_delete();
--
CREATE FUNCTION shop_origins_guard_cash_part_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.amount_minor > 0 THEN IF (SELECT coalesce(sum(c.amount_minor), 0) FROM cash_part c WHERE c.order_id = NEW.order_id AND c.currency = NEW.currency) + NEW.amount_minor > (SELECT coalesce(sum(c.amount_minor), 0) FROM cash_line c WHERE c.order_id = NEW.order_id AND c.currency = NEW.currency AND c.party = 'forest_owner') THEN RAISE EXCEPTION 'projects are promised no more than the forest owner of an order' USING ERRCODE = 'check_violation'; END IF; END IF; IF NEW.amount_minor < 0 THEN IF (SELECT coalesce(sum(c.amount_minor), 0) FROM cash_part c WHERE c.order_id = NEW.order_id AND c.currency = NEW.currency AND c.origin = NEW.origin) + NEW.amount_minor < 0 THEN RAISE EXCEPTION 'a project gives back no more of an order than it was promised' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_origins_guard_cash_part_insert BEFORE INSERT ON cash_part FOR EACH ROW EXECUTE FUNCTION shop_origins_guard_cash_part_insert();
--
CREATE FUNCTION shop_origins_guard_cash_part_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'cash_part rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_origins_guard_cash_part_update BEFORE UPDATE ON cash_part FOR EACH ROW EXECUTE FUNCTION shop_origins_guard_cash_part_update();
--
CREATE FUNCTION shop_origins_guard_payout_account_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payout_account rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_origins_guard_payout_account_delete BEFORE DELETE ON payout_account FOR EACH ROW EXECUTE FUNCTION shop_origins_guard_payout_account_delete();
--
CREATE FUNCTION shop_origins_guard_payout_account_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payout_account rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_origins_guard_payout_account_update BEFORE UPDATE ON payout_account FOR EACH ROW EXECUTE FUNCTION shop_origins_guard_payout_account_update();
--
CREATE FUNCTION shop_origins_guard_payout_proof_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payout_proof rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_origins_guard_payout_proof_delete BEFORE DELETE ON payout_proof FOR EACH ROW EXECUTE FUNCTION shop_origins_guard_payout_proof_delete();
--
CREATE FUNCTION shop_origins_guard_payout_proof_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (NEW.origin <> '') <> ((SELECT y.party FROM payout p JOIN payee y ON y.id = p.payee_id WHERE p.id = NEW.payout_id) = 'forest_owner') THEN RAISE EXCEPTION 'only a forest owner is paid out for a project' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_origins_guard_payout_proof_insert BEFORE INSERT ON payout_proof FOR EACH ROW EXECUTE FUNCTION shop_origins_guard_payout_proof_insert();
--
CREATE FUNCTION shop_origins_guard_payout_proof_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payout_proof rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_origins_guard_payout_proof_update BEFORE UPDATE ON payout_proof FOR EACH ROW EXECUTE FUNCTION shop_origins_guard_payout_proof_update();
--
CREATE FUNCTION shop_origins_guard_payout_verdict_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.verdict = 'confirmed' THEN IF NOT EXISTS (SELECT 1 FROM payout_proof p WHERE p.payout_id = NEW.payout_id) THEN RAISE EXCEPTION 'a pay-out is confirmed with its proof' USING ERRCODE = 'check_violation'; END IF; END IF; IF NEW.verdict = 'confirmed' AND (SELECT TRUE FROM payee WHERE id = (SELECT payee_id FROM payout WHERE id = NEW.payout_id) FOR UPDATE) THEN IF EXISTS (SELECT 1 FROM payout_proof q WHERE q.payout_id = NEW.payout_id AND q.origin <> '') AND (SELECT coalesce(sum(p.amount_minor), 0) FROM payout m JOIN payout_proof q ON q.payout_id = m.id JOIN payout p ON p.payee_id = m.payee_id JOIN payout_proof w ON w.payout_id = p.id AND w.origin = q.origin LEFT JOIN payout_verdict v ON v.payout_id = p.id WHERE m.id = NEW.payout_id AND (v.verdict = 'confirmed' OR p.id = m.id)) > (SELECT coalesce(sum(c.amount_minor), 0) FROM payout m JOIN payee y ON y.id = m.payee_id JOIN payout_proof q ON q.payout_id = m.id JOIN cash_part c ON c.origin = q.origin AND c.currency = y.currency JOIN orders o ON o.id = c.order_id WHERE m.id = NEW.payout_id AND o.test = y.test) THEN RAISE EXCEPTION 'no more is paid out for a project than is held for it' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_origins_guard_payout_verdict_insert BEFORE INSERT ON payout_verdict FOR EACH ROW EXECUTE FUNCTION shop_origins_guard_payout_verdict_insert();
