CREATE TRIGGER shop_billing_guard_paper_update_0 BEFORE UPDATE ON paper BEGIN SELECT RAISE(ABORT, 'paper rows are never edited'); END;
--
CREATE TRIGGER shop_billing_guard_paper_delete_1 BEFORE DELETE ON paper BEGIN SELECT RAISE(ABORT, 'paper rows are never deleted'); END;
--
CREATE TRIGGER shop_billing_guard_fapiao_event_update_2 BEFORE UPDATE ON fapiao_event BEGIN SELECT RAISE(ABORT, 'fapiao_event rows are never edited'); END;
--
CREATE TRIGGER shop_billing_guard_fapiao_event_delete_3 BEFORE DELETE ON fapiao_event BEGIN SELECT RAISE(ABORT, 'fapiao_event rows are never deleted'); END;
--
CREATE TRIGGER shop_billing_guard_paper_series_delete_4 BEFORE DELETE ON paper_series BEGIN SELECT RAISE(ABORT, 'paper_series rows are never deleted'); END;
--
CREATE TRIGGER shop_billing_guard_paper_series_insert_5 BEFORE INSERT ON paper_series WHEN NEW.last <> 0 BEGIN SELECT RAISE(ABORT, 'a series begins at nought'); END;
--
CREATE TRIGGER shop_billing_guard_paper_series_update_6 BEFORE UPDATE ON paper_series WHEN NEW.last <> OLD.last + 1 OR (OLD.last > 0 AND NOT EXISTS (SELECT 1 FROM paper p WHERE p.series = OLD.series AND p.place = OLD.last)) BEGIN SELECT RAISE(ABORT, 'numbers of papers have no gaps'); END;
--
CREATE TRIGGER shop_billing_guard_paper_series_update_7 BEFORE UPDATE ON paper_series WHEN NEW.series IS DISTINCT FROM OLD.series BEGIN SELECT RAISE(ABORT, 'paper_series keeps series'); END;
--
CREATE TRIGGER shop_billing_guard_paper_insert_8 BEFORE INSERT ON paper WHEN NEW.place <> (SELECT s.last FROM paper_series s WHERE s.series = NEW.series) BEGIN SELECT RAISE(ABORT, 'a paper takes the number that was given out last'); END;
--
CREATE TRIGGER shop_billing_guard_paper_insert_9 BEFORE INSERT ON paper WHEN NEW.kind = 'invoice' AND NOT EXISTS (SELECT 1 FROM orders o JOIN payment p ON p.order_id = o.id WHERE o.id = NEW.order_id AND p.kind = 'order' AND o.amount_minor = NEW.amount_minor AND o.currency = NEW.currency AND o.test = NEW.test) BEGIN SELECT RAISE(ABORT, 'an invoice is of what its order cost, once it is paid'); END;
--
CREATE TRIGGER shop_billing_guard_paper_insert_10 BEFORE INSERT ON paper WHEN NEW.kind = 'credit_note' AND NOT EXISTS (SELECT 1 FROM refund r JOIN paper i ON i.order_id = r.order_id WHERE r.id = NEW.refund_id AND i.id = NEW.of_id AND i.kind = 'invoice' AND r.order_id = NEW.order_id AND r.amount_minor = NEW.amount_minor AND r.currency = NEW.currency AND i.test = NEW.test) BEGIN SELECT RAISE(ABORT, 'a credit note is of a refund of the invoiced order, in its amount'); END;
--
CREATE TRIGGER shop_billing_guard_fapiao_delete_11 BEFORE DELETE ON fapiao BEGIN SELECT RAISE(ABORT, 'fapiao rows are never deleted'); END;
--
CREATE TRIGGER shop_billing_guard_fapiao_insert_12 BEFORE INSERT ON fapiao WHEN NEW.state <> 'requested' BEGIN SELECT RAISE(ABORT, 'a fapiao begins as a request'); END;
--
CREATE TRIGGER shop_billing_guard_fapiao_update_13 BEFORE UPDATE ON fapiao WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.test IS DISTINCT FROM OLD.test OR NEW.asked_at IS DISTINCT FROM OLD.asked_at BEGIN SELECT RAISE(ABORT, 'fapiao keeps id, order_id, amount_minor, currency, test, asked_at'); END;
--
CREATE TRIGGER shop_billing_guard_fapiao_update_14 BEFORE UPDATE ON fapiao WHEN (OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number) OR (OLD.red_number IS NOT NULL AND NEW.red_number IS DISTINCT FROM OLD.red_number) BEGIN SELECT RAISE(ABORT, 'a fapiao keeps its number'); END;
--
CREATE TRIGGER shop_billing_guard_fapiao_update_15 BEFORE UPDATE ON fapiao WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('issued>red_due','issued>sent','red_due>red_issued','requested>issued','requested>rejected','requested>withdrawn','sent>red_due') BEGIN SELECT RAISE(ABORT, 'fapiao state moves only by lawful steps'); END;
--
CREATE TRIGGER shop_billing_guard_transfer_part_delete_16 BEFORE DELETE ON transfer_part BEGIN SELECT RAISE(ABORT, 'transfer_part rows are never deleted'); END;
--
CREATE TRIGGER shop_billing_guard_transfer_part_update_17 BEFORE UPDATE ON transfer_part WHEN NEW.reference IS DISTINCT FROM OLD.reference OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.at IS DISTINCT FROM OLD.at BEGIN SELECT RAISE(ABORT, 'transfer_part keeps reference, order_id, amount_minor, currency, actor_id, at'); END;
--
CREATE TRIGGER shop_billing_guard_transfer_part_update_18 BEFORE UPDATE ON transfer_part WHEN OLD.payment_id IS NOT NULL AND NEW.payment_id IS DISTINCT FROM OLD.payment_id BEGIN SELECT RAISE(ABORT, 'a transfer is booked once'); END;
--
CREATE TRIGGER shop_billing_guard_giving_delete_19 BEFORE DELETE ON giving BEGIN SELECT RAISE(ABORT, 'giving rows are never deleted'); END;
--
CREATE TRIGGER shop_billing_guard_giving_update_20 BEFORE UPDATE ON giving WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.lot IS DISTINCT FROM OLD.lot OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.day IS DISTINCT FROM OLD.day OR NEW.test IS DISTINCT FROM OLD.test OR NEW.begun_at IS DISTINCT FROM OLD.begun_at BEGIN SELECT RAISE(ABORT, 'giving keeps id, lot, mass_g, day, test, begun_at'); END;
--
CREATE TRIGGER shop_billing_guard_giving_update_21 BEFORE UPDATE ON giving WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('active>ended','active>paused','paused>active','paused>ended') BEGIN SELECT RAISE(ABORT, 'giving state moves only by lawful steps'); END;
--
CREATE TRIGGER shop_billing_guard_giving_turn_delete_22 BEFORE DELETE ON giving_turn BEGIN SELECT RAISE(ABORT, 'giving_turn rows are never deleted'); END;
--
CREATE TRIGGER shop_billing_guard_giving_turn_update_23 BEFORE UPDATE ON giving_turn WHEN NEW.giving_id IS DISTINCT FROM OLD.giving_id OR NEW.month IS DISTINCT FROM OLD.month OR NEW.asked_at IS DISTINCT FROM OLD.asked_at BEGIN SELECT RAISE(ABORT, 'giving_turn keeps giving_id, month, asked_at'); END;
