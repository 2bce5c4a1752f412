CREATE FUNCTION shop_owners_guard_cash_part_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF replace(NEW.origin, '/', '') <> NEW.origin THEN IF NOT EXISTS (SELECT 1 FROM owner_split p JOIN owner_share s ON s.split_id = p.id WHERE p.origin || '/' || s.payee = NEW.origin) THEN RAISE EXCEPTION 'money is booked for payees that two persons named' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$
--
CREATE TRIGGER shop_owners_guard_cash_part_insert BEFORE INSERT ON cash_part FOR EACH ROW EXECUTE FUNCTION shop_owners_guard_cash_part_insert()
--
CREATE FUNCTION shop_owners_guard_owner_share_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'owner_share rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER shop_owners_guard_owner_share_delete BEFORE DELETE ON owner_share FOR EACH ROW EXECUTE FUNCTION shop_owners_guard_owner_share_delete()
--
CREATE FUNCTION shop_owners_guard_owner_share_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM owner_split p WHERE p.id = NEW.split_id) THEN RAISE EXCEPTION 'shares that are in force take no more payees' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER shop_owners_guard_owner_share_insert BEFORE INSERT ON owner_share FOR EACH ROW EXECUTE FUNCTION shop_owners_guard_owner_share_insert()
--
CREATE FUNCTION shop_owners_guard_owner_share_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'owner_share rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER shop_owners_guard_owner_share_update BEFORE UPDATE ON owner_share FOR EACH ROW EXECUTE FUNCTION shop_owners_guard_owner_share_update()
--
CREATE FUNCTION shop_owners_guard_owner_split_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'owner_split rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
--
CREATE TRIGGER shop_owners_guard_owner_split_delete BEFORE DELETE ON owner_split FOR EACH ROW EXECUTE FUNCTION shop_owners_guard_owner_split_delete()
--
CREATE FUNCTION shop_owners_guard_owner_split_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT coalesce(sum(s.share_bp), 0) FROM owner_share s WHERE s.split_id = NEW.id) <> 10000 THEN RAISE EXCEPTION 'the shares of a project come to ten thousand' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER shop_owners_guard_owner_split_insert BEFORE INSERT ON owner_split FOR EACH ROW EXECUTE FUNCTION shop_owners_guard_owner_split_insert()
--
CREATE FUNCTION shop_owners_guard_owner_split_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'owner_split rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
--
CREATE TRIGGER shop_owners_guard_owner_split_update BEFORE UPDATE ON owner_split FOR EACH ROW EXECUTE FUNCTION shop_owners_guard_owner_split_update()
