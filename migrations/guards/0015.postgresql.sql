CREATE FUNCTION shop_billing_guard_fapiao_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'fapiao rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_billing_guard_fapiao_delete BEFORE DELETE ON fapiao FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_fapiao_delete();
--
CREATE FUNCTION shop_billing_guard_fapiao_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'requested' THEN RAISE EXCEPTION 'a fapiao begins as a request' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_fapiao_insert BEFORE INSERT ON fapiao FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_fapiao_insert();
--
CREATE FUNCTION shop_billing_guard_fapiao_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.test IS DISTINCT FROM OLD.test OR NEW.asked_at IS DISTINCT FROM OLD.asked_at THEN RAISE EXCEPTION 'fapiao keeps id, order_id, amount_minor, currency, test, asked_at' USING ERRCODE = 'check_violation'; END IF; IF (OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number) OR (OLD.red_number IS NOT NULL AND NEW.red_number IS DISTINCT FROM OLD.red_number) THEN RAISE EXCEPTION 'a fapiao keeps its number' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('issued>red_due','issued>sent','red_due>red_issued','requested>issued','requested>rejected','requested>withdrawn','sent>red_due') THEN RAISE EXCEPTION 'fapiao state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_fapiao_update BEFORE UPDATE ON fapiao FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_fapiao_update();
--
CREATE FUNCTION shop_billing_guard_fapiao_event_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'fapiao_event rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_billing_guard_fapiao_event_delete BEFORE DELETE ON fapiao_event FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_fapiao_event_delete();
--
CREATE FUNCTION shop_billing_guard_fapiao_event_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'fapiao_event rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_fapiao_event_update BEFORE UPDATE ON fapiao_event FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_fapiao_event_update();
--
CREATE FUNCTION shop_billing_guard_giving_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'giving rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_billing_guard_giving_delete BEFORE DELETE ON giving FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_giving_delete();
--
CREATE FUNCTION shop_billing_guard_giving_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.lot IS DISTINCT FROM OLD.lot OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.day IS DISTINCT FROM OLD.day OR NEW.test IS DISTINCT FROM OLD.test OR NEW.begun_at IS DISTINCT FROM OLD.begun_at THEN RAISE EXCEPTION 'giving keeps id, lot, mass_g, day, test, begun_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('active>ended','active>paused','paused>active','paused>ended') THEN RAISE EXCEPTION 'giving state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_giving_update BEFORE UPDATE ON giving FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_giving_update();
--
CREATE FUNCTION shop_billing_guard_giving_turn_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'giving_turn rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_billing_guard_giving_turn_delete BEFORE DELETE ON giving_turn FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_giving_turn_delete();
--
CREATE FUNCTION shop_billing_guard_giving_turn_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.giving_id IS DISTINCT FROM OLD.giving_id OR NEW.month IS DISTINCT FROM OLD.month OR NEW.asked_at IS DISTINCT FROM OLD.asked_at THEN RAISE EXCEPTION 'giving_turn keeps giving_id, month, asked_at' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_giving_turn_update BEFORE UPDATE ON giving_turn FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_giving_turn_update();
--
CREATE FUNCTION shop_billing_guard_paper_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'paper rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_billing_guard_paper_delete BEFORE DELETE ON paper FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_paper_delete();
--
CREATE FUNCTION shop_billing_guard_paper_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.place <> (SELECT s.last FROM paper_series s WHERE s.series = NEW.series) THEN RAISE EXCEPTION 'a paper takes the number that was given out last' USING ERRCODE = 'check_violation'; END IF; IF NEW.kind = 'invoice' AND NOT EXISTS (SELECT 1 FROM orders o JOIN payment p ON p.order_id = o.id WHERE o.id = NEW.order_id AND p.kind = 'order' AND o.amount_minor = NEW.amount_minor AND o.currency = NEW.currency AND o.test = NEW.test) THEN RAISE EXCEPTION 'an invoice is of what its order cost, once it is paid' USING ERRCODE = 'check_violation'; END IF; IF NEW.kind = 'credit_note' AND NOT EXISTS (SELECT 1 FROM refund r JOIN paper i ON i.order_id = r.order_id WHERE r.id = NEW.refund_id AND i.id = NEW.of_id AND i.kind = 'invoice' AND r.order_id = NEW.order_id AND r.amount_minor = NEW.amount_minor AND r.currency = NEW.currency AND i.test = NEW.test) THEN RAISE EXCEPTION 'a credit note is of a refund of the invoiced order, in its amount' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_paper_insert BEFORE INSERT ON paper FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_paper_insert();
--
CREATE FUNCTION shop_billing_guard_paper_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'paper rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_paper_update BEFORE UPDATE ON paper FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_paper_update();
--
CREATE FUNCTION shop_billing_guard_paper_series_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'paper_series rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_billing_guard_paper_series_delete BEFORE DELETE ON paper_series FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_paper_series_delete();
--
CREATE FUNCTION shop_billing_guard_paper_series_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.last <> 0 THEN RAISE EXCEPTION 'a series begins at nought' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_paper_series_insert BEFORE INSERT ON paper_series FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_paper_series_insert();
--
CREATE FUNCTION shop_billing_guard_paper_series_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.last <> OLD.last + 1 OR (OLD.last > 0 AND NOT EXISTS (SELECT 1 FROM paper p WHERE p.series = OLD.series AND p.place = OLD.last)) THEN RAISE EXCEPTION 'numbers of papers have no gaps' USING ERRCODE = 'check_violation'; END IF; IF NEW.series IS DISTINCT FROM OLD.series THEN RAISE EXCEPTION 'paper_series keeps series' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_paper_series_update BEFORE UPDATE ON paper_series FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_paper_series_update();
--
CREATE FUNCTION shop_billing_guard_transfer_part_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'transfer_part rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_billing_guard_transfer_part_delete BEFORE DELETE ON transfer_part FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_transfer_part_delete();
--
CREATE FUNCTION shop_billing_guard_transfer_part_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.reference IS DISTINCT FROM OLD.reference OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.at IS DISTINCT FROM OLD.at THEN RAISE EXCEPTION 'transfer_part keeps reference, order_id, amount_minor, currency, actor_id, at' USING ERRCODE = 'check_violation'; END IF; IF OLD.payment_id IS NOT NULL AND NEW.payment_id IS DISTINCT FROM OLD.payment_id THEN RAISE EXCEPTION 'a transfer is booked once' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_billing_guard_transfer_part_update BEFORE UPDATE ON transfer_part FOR EACH ROW EXECUTE FUNCTION shop_billing_guard_transfer_part_update();
