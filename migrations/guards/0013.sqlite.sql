CREATE TRIGGER registry_prices_guard_price_proposal_update_0 BEFORE UPDATE ON price_proposal BEGIN SELECT RAISE(ABORT, 'price_proposal rows are never edited'); END;
--
CREATE TRIGGER registry_prices_guard_price_proposal_delete_1 BEFORE DELETE ON price_proposal BEGIN SELECT RAISE(ABORT, 'price_proposal rows are never deleted'); END;
--
CREATE TRIGGER registry_prices_guard_price_verdict_update_2 BEFORE UPDATE ON price_verdict BEGIN SELECT RAISE(ABORT, 'price_verdict rows are never edited'); END;
--
CREATE TRIGGER registry_prices_guard_price_verdict_delete_3 BEFORE DELETE ON price_verdict BEGIN SELECT RAISE(ABORT, 'price_verdict rows are never deleted'); END;
--
CREATE TRIGGER registry_prices_guard_list_price_update_4 BEFORE UPDATE ON list_price BEGIN SELECT RAISE(ABORT, 'list_price rows are never edited'); END;
--
CREATE TRIGGER registry_prices_guard_list_price_delete_5 BEFORE DELETE ON list_price BEGIN SELECT RAISE(ABORT, 'list_price rows are never deleted'); END;
--
CREATE TRIGGER registry_prices_guard_price_verdict_insert_6 BEFORE INSERT ON price_verdict WHEN NEW.verdict = 'accepted' AND EXISTS (SELECT 1 FROM price_proposal p WHERE p.id = NEW.proposal_id AND p.proposed_by = NEW.decided_by) BEGIN SELECT RAISE(ABORT, 'a price is accepted by a second person'); END;
--
CREATE TRIGGER registry_prices_guard_list_price_insert_7 BEFORE INSERT ON list_price WHEN NOT EXISTS (SELECT 1 FROM price_proposal p JOIN price_verdict v ON v.proposal_id = p.id WHERE p.id = NEW.proposal_id AND v.verdict = 'accepted' AND v.at <= NEW.from_at AND p.lot_id = NEW.lot_id AND p.currency = NEW.currency AND p.minor_per_t = NEW.minor_per_t) BEGIN SELECT RAISE(ABORT, 'a price in force is the one that was accepted'); END;
--
CREATE TRIGGER registry_prices_guard_list_price_insert_8 BEFORE INSERT ON list_price WHEN EXISTS (SELECT 1 FROM list_price p WHERE p.lot_id = NEW.lot_id AND p.currency = NEW.currency AND (p.from_at > NEW.from_at OR p.number >= NEW.number)) BEGIN SELECT RAISE(ABORT, 'a price begins after the one before it'); END;
--
CREATE TRIGGER shop_payouts_guard_payee_update_0 BEFORE UPDATE ON payee BEGIN SELECT RAISE(ABORT, 'payee rows are never edited'); END;
--
CREATE TRIGGER shop_payouts_guard_payee_delete_1 BEFORE DELETE ON payee BEGIN SELECT RAISE(ABORT, 'payee rows are never deleted'); END;
--
CREATE TRIGGER shop_payouts_guard_payout_update_2 BEFORE UPDATE ON payout BEGIN SELECT RAISE(ABORT, 'payout rows are never edited'); END;
--
CREATE TRIGGER shop_payouts_guard_payout_delete_3 BEFORE DELETE ON payout BEGIN SELECT RAISE(ABORT, 'payout rows are never deleted'); END;
--
CREATE TRIGGER shop_payouts_guard_payout_verdict_update_4 BEFORE UPDATE ON payout_verdict BEGIN SELECT RAISE(ABORT, 'payout_verdict rows are never edited'); END;
--
CREATE TRIGGER shop_payouts_guard_payout_verdict_delete_5 BEFORE DELETE ON payout_verdict BEGIN SELECT RAISE(ABORT, 'payout_verdict rows are never deleted'); END;
--
CREATE TRIGGER shop_payouts_guard_payout_verdict_insert_6 BEFORE INSERT ON payout_verdict WHEN NEW.verdict = 'confirmed' AND EXISTS (SELECT 1 FROM payout p WHERE p.id = NEW.payout_id AND p.recorded_by = NEW.decided_by) BEGIN SELECT RAISE(ABORT, 'a pay-out is confirmed by a second person'); END;
--
CREATE TRIGGER shop_payouts_guard_payout_verdict_insert_7 BEFORE INSERT ON payout_verdict WHEN (NEW.verdict = 'confirmed') AND ((SELECT coalesce(sum(p.amount_minor), 0) FROM payout m JOIN payout p ON p.payee_id = m.payee_id LEFT JOIN payout_verdict v ON v.payout_id = p.id WHERE m.id = NEW.payout_id AND (v.verdict = 'confirmed' OR p.id = m.id)) > (SELECT coalesce(sum(c.amount_minor), 0) FROM payout m JOIN payee y ON y.id = m.payee_id JOIN cash_line c ON c.party = y.party AND c.currency = y.currency JOIN orders o ON o.id = c.order_id WHERE m.id = NEW.payout_id AND o.test = y.test)) BEGIN SELECT RAISE(ABORT, 'no more is paid out than is held'); END;
