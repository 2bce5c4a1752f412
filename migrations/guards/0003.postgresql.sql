CREATE FUNCTION footprint_guard_campaign_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'campaign rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER footprint_guard_campaign_delete BEFORE DELETE ON campaign FOR EACH ROW EXECUTE FUNCTION footprint_guard_campaign_delete();
--
CREATE FUNCTION footprint_guard_campaign_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'open' THEN RAISE EXCEPTION 'a campaign begins open' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_guard_campaign_insert BEFORE INSERT ON campaign FOR EACH ROW EXECUTE FUNCTION footprint_guard_campaign_insert();
--
CREATE FUNCTION footprint_guard_campaign_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.made_at IS DISTINCT FROM OLD.made_at THEN RAISE EXCEPTION 'campaign keeps id, owner_id, organisation_id, made_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('closed>open','closed>withdrawn','open>closed','open>withdrawn') THEN RAISE EXCEPTION 'campaign state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; IF (NEW.model_id IS DISTINCT FROM OLD.model_id OR NEW.version IS DISTINCT FROM OLD.version OR NEW.audience IS DISTINCT FROM OLD.audience OR NEW.form IS DISTINCT FROM OLD.form OR NEW.groups IS DISTINCT FROM OLD.groups OR NEW.questions IS DISTINCT FROM OLD.questions OR NEW.is_private IS DISTINCT FROM OLD.is_private OR NEW.opens IS DISTINCT FROM OLD.opens) AND (EXISTS (SELECT 1 FROM campaign_contribution WHERE campaign_id = OLD.id) OR EXISTS (SELECT 1 FROM campaign_publication WHERE campaign_id = OLD.id)) THEN RAISE EXCEPTION 'what a campaign asks is fixed with the first answer' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_guard_campaign_update BEFORE UPDATE ON campaign FOR EACH ROW EXECUTE FUNCTION footprint_guard_campaign_update();
--
CREATE FUNCTION footprint_guard_campaign_contribution_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.campaign_id IS DISTINCT FROM OLD.campaign_id THEN RAISE EXCEPTION 'campaign_contribution keeps id, campaign_id' USING ERRCODE = 'check_violation'; END IF; IF NEW.version <> OLD.version + 1 THEN RAISE EXCEPTION 'a replaced contribution is a further version' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_guard_campaign_contribution_update BEFORE UPDATE ON campaign_contribution FOR EACH ROW EXECUTE FUNCTION footprint_guard_campaign_contribution_update();
--
CREATE FUNCTION footprint_guard_campaign_publication_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM campaign WHERE id = OLD.campaign_id AND state <> 'withdrawn') THEN RAISE EXCEPTION 'what was published goes with its campaign only' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER footprint_guard_campaign_publication_delete BEFORE DELETE ON campaign_publication FOR EACH ROW EXECUTE FUNCTION footprint_guard_campaign_publication_delete();
--
CREATE FUNCTION footprint_guard_campaign_publication_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'campaign_publication rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER footprint_guard_campaign_publication_update BEFORE UPDATE ON campaign_publication FOR EACH ROW EXECUTE FUNCTION footprint_guard_campaign_publication_update();
--
