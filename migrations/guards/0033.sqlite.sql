CREATE TRIGGER shop_origins_guard_cash_part_update_0 BEFORE UPDATE ON cash_part BEGIN SELECT RAISE(ABORT, 'cash_part rows are never edited'); END;
--
CREATE TRIGGER shop_origins_guard_cash_part_delete_1 BEFORE DELETE ON cash_part BEGIN SELECT RAISE(ABORT, 'cash_part rows are never deleted'); END;
--
CREATE TRIGGER shop_origins_guard_payout_account_update_2 BEFORE UPDATE ON payout_account BEGIN SELECT RAISE(ABORT, 'payout_account rows are never edited'); END;
--
CREATE TRIGGER shop_origins_guard_payout_account_delete_3 BEFORE DELETE ON payout_account BEGIN SELECT RAISE(ABORT, 'payout_account rows are never deleted'); END;
--
CREATE TRIGGER shop_origins_guard_payout_proof_update_4 BEFORE UPDATE ON payout_proof BEGIN SELECT RAISE(ABORT, 'payout_proof rows are never edited'); END;
--
CREATE TRIGGER shop_origins_guard_payout_proof_delete_5 BEFORE DELETE ON payout_proof BEGIN SELECT RAISE(ABORT, 'payout_proof rows are never deleted'); END;
--
CREATE TRIGGER shop_origins_guard_cash_part_insert_6 BEFORE INSERT ON cash_part WHEN (NEW.amount_minor > 0) AND ((SELECT coalesce(sum(c.amount_minor), 0) FROM cash_part c WHERE c.order_id = NEW.order_id AND c.currency = NEW.currency) + NEW.amount_minor > (SELECT coalesce(sum(c.amount_minor), 0) FROM cash_line c WHERE c.order_id = NEW.order_id AND c.currency = NEW.currency AND c.party = 'forest_owner')) BEGIN SELECT RAISE(ABORT, 'projects are promised no more than the forest owner of an order'); END;
--
CREATE TRIGGER shop_origins_guard_cash_part_insert_7 BEFORE INSERT ON cash_part WHEN (NEW.amount_minor < 0) AND ((SELECT coalesce(sum(c.amount_minor), 0) FROM cash_part c WHERE c.order_id = NEW.order_id AND c.currency = NEW.currency AND c.origin = NEW.origin) + NEW.amount_minor < 0) BEGIN SELECT RAISE(ABORT, 'a project gives back no more of an order than it was promised'); END;
--
CREATE TRIGGER shop_origins_guard_payout_proof_insert_8 BEFORE INSERT ON payout_proof WHEN (NEW.origin <> '') <> ((SELECT y.party FROM payout p JOIN payee y ON y.id = p.payee_id WHERE p.id = NEW.payout_id) = 'forest_owner') BEGIN SELECT RAISE(ABORT, 'only a forest owner is paid out for a project'); END;
--
CREATE TRIGGER shop_origins_guard_payout_verdict_insert_9 BEFORE INSERT ON payout_verdict WHEN (NEW.verdict = 'confirmed') AND (NOT EXISTS (SELECT 1 FROM payout_proof p WHERE p.payout_id = NEW.payout_id)) BEGIN SELECT RAISE(ABORT, 'a pay-out is confirmed with its proof'); END;
--
CREATE TRIGGER shop_origins_guard_payout_verdict_insert_10 BEFORE INSERT ON payout_verdict WHEN (NEW.verdict = 'confirmed') AND (EXISTS (SELECT 1 FROM payout_proof q WHERE q.payout_id = NEW.payout_id AND q.origin <> '') AND (SELECT coalesce(sum(p.amount_minor), 0) FROM payout m JOIN payout_proof q ON q.payout_id = m.id JOIN payout p ON p.payee_id = m.payee_id JOIN payout_proof w ON w.payout_id = p.id AND w.origin = q.origin LEFT JOIN payout_verdict v ON v.payout_id = p.id WHERE m.id = NEW.payout_id AND (v.verdict = 'confirmed' OR p.id = m.id)) > (SELECT coalesce(sum(c.amount_minor), 0) FROM payout m JOIN payee y ON y.id = m.payee_id JOIN payout_proof q ON q.payout_id = m.id JOIN cash_part c ON c.origin = q.origin AND c.currency = y.currency JOIN orders o ON o.id = c.order_id WHERE m.id = NEW.payout_id AND o.test = y.test)) BEGIN SELECT RAISE(ABORT, 'no more is paid out for a project than is held for it'); END;
