CREATE FUNCTION certificates_kinds_guard_certificate_holder_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.trainer IS NOT NULL AND NEW.trainer IS DISTINCT FROM OLD.trainer THEN RAISE EXCEPTION 'a trainer is kept or forgotten, not rewritten' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER certificates_kinds_guard_certificate_holder_update BEFORE UPDATE ON certificate_holder FOR EACH ROW EXECUTE FUNCTION certificates_kinds_guard_certificate_holder_update();
