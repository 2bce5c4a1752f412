CREATE FUNCTION statements_guard_event_share_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_share rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER statements_guard_event_share_delete BEFORE DELETE ON event_share FOR EACH ROW EXECUTE FUNCTION statements_guard_event_share_delete();
--
CREATE FUNCTION statements_guard_event_share_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.number < 1 OR NEW.number > (SELECT count FROM event_share_batch WHERE id = NEW.batch_id) THEN RAISE EXCEPTION 'a share belongs to its batch' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_share_insert BEFORE INSERT ON event_share FOR EACH ROW EXECUTE FUNCTION statements_guard_event_share_insert();
--
CREATE FUNCTION statements_guard_event_share_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_share rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_share_update BEFORE UPDATE ON event_share FOR EACH ROW EXECUTE FUNCTION statements_guard_event_share_update();
--
CREATE FUNCTION statements_guard_event_share_batch_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_share_batch rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER statements_guard_event_share_batch_delete BEFORE DELETE ON event_share_batch FOR EACH ROW EXECUTE FUNCTION statements_guard_event_share_batch_delete();
--
CREATE FUNCTION statements_guard_event_share_batch_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT state FROM event_statement WHERE id = NEW.statement_id) <> 'declared' THEN RAISE EXCEPTION 'shares are of a declared statement' USING ERRCODE = 'check_violation'; END IF; IF NEW.count > 0 AND (SELECT TRUE FROM event_statement WHERE id = NEW.statement_id FOR UPDATE) THEN IF NEW.count * NEW.each_g + (SELECT coalesce(sum(b.count * b.each_g), 0) FROM event_share_batch AS b WHERE b.statement_id = NEW.statement_id) > (SELECT max(v.gross_g) FROM event_statement_version AS v WHERE v.statement_id = NEW.statement_id) THEN RAISE EXCEPTION 'no more is shared out than the event emitted' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_share_batch_insert BEFORE INSERT ON event_share_batch FOR EACH ROW EXECUTE FUNCTION statements_guard_event_share_batch_insert();
--
CREATE FUNCTION statements_guard_event_share_batch_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_share_batch rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_share_batch_update BEFORE UPDATE ON event_share_batch FOR EACH ROW EXECUTE FUNCTION statements_guard_event_share_batch_update();
--
CREATE FUNCTION statements_guard_event_statement_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_statement rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER statements_guard_event_statement_delete BEFORE DELETE ON event_statement FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_delete();
--
CREATE FUNCTION statements_guard_event_statement_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'published' THEN RAISE EXCEPTION 'a statement begins as a published plan' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_statement_insert BEFORE INSERT ON event_statement FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_insert();
--
CREATE FUNCTION statements_guard_event_statement_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.event_id IS DISTINCT FROM OLD.event_id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.lang IS DISTINCT FROM OLD.lang OR NEW.created_at IS DISTINCT FROM OLD.created_at THEN RAISE EXCEPTION 'event_statement keeps id, event_id, owner_id, organisation_id, lang, created_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('declared>lapsed','declared>withdrawn','published>declared','published>lapsed','published>withdrawn') THEN RAISE EXCEPTION 'event_statement state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; IF NEW.state = 'declared' AND NOT EXISTS (SELECT 1 FROM event_statement_version AS v WHERE v.statement_id = NEW.id AND v.certificate IS NOT NULL) THEN RAISE EXCEPTION 'a statement is declared with its certificate' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_statement_update BEFORE UPDATE ON event_statement FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_update();
--
CREATE FUNCTION statements_guard_event_statement_action_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_statement_action rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER statements_guard_event_statement_action_delete BEFORE DELETE ON event_statement_action FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_action_delete();
--
CREATE FUNCTION statements_guard_event_statement_action_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT state FROM event_statement WHERE id = NEW.statement_id) <> 'published' THEN RAISE EXCEPTION 'actions are added while the statement is open' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_statement_action_insert BEFORE INSERT ON event_statement_action FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_action_insert();
--
CREATE FUNCTION statements_guard_event_statement_action_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_statement_action rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_statement_action_update BEFORE UPDATE ON event_statement_action FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_action_update();
--
CREATE FUNCTION statements_guard_event_statement_evidence_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_statement_evidence rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER statements_guard_event_statement_evidence_delete BEFORE DELETE ON event_statement_evidence FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_evidence_delete();
--
CREATE FUNCTION statements_guard_event_statement_evidence_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT state FROM event_statement WHERE id = (SELECT statement_id FROM event_statement_action WHERE id = NEW.action_id)) <> 'published' THEN RAISE EXCEPTION 'evidence is added while the statement is open' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_statement_evidence_insert BEFORE INSERT ON event_statement_evidence FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_evidence_insert();
--
CREATE FUNCTION statements_guard_event_statement_evidence_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_statement_evidence rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_statement_evidence_update BEFORE UPDATE ON event_statement_evidence FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_evidence_update();
--
CREATE FUNCTION statements_guard_event_statement_version_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_statement_version rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER statements_guard_event_statement_version_delete BEFORE DELETE ON event_statement_version FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_version_delete();
--
CREATE FUNCTION statements_guard_event_statement_version_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.number <> (SELECT coalesce(max(v.number), 0) + 1 FROM event_statement_version AS v WHERE v.statement_id = NEW.statement_id) THEN RAISE EXCEPTION 'a version follows the one before' USING ERRCODE = 'check_violation'; END IF; IF (SELECT state FROM event_statement WHERE id = NEW.statement_id) NOT IN ('published','declared') THEN RAISE EXCEPTION 'a closed statement has no later version' USING ERRCODE = 'check_violation'; END IF; IF NEW.certificate IS NULL AND EXISTS (SELECT 1 FROM event_statement_version AS v WHERE v.statement_id = NEW.statement_id AND v.certificate IS NOT NULL) THEN RAISE EXCEPTION 'after a declaration there is no plan' USING ERRCODE = 'check_violation'; END IF; IF NEW.gross_g IS NOT NULL AND NEW.gross_g <> (SELECT max(v.gross_g) FROM event_statement_version AS v WHERE v.statement_id = NEW.statement_id) THEN RAISE EXCEPTION 'what an event emitted is the same in every version' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_statement_version_insert BEFORE INSERT ON event_statement_version FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_version_insert();
--
CREATE FUNCTION statements_guard_event_statement_version_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'event_statement_version rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER statements_guard_event_statement_version_update BEFORE UPDATE ON event_statement_version FOR EACH ROW EXECUTE FUNCTION statements_guard_event_statement_version_update();
