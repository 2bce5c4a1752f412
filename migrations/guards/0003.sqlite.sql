CREATE TRIGGER footprint_guard_campaign_update_0 BEFORE UPDATE ON campaign WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.made_at IS DISTINCT FROM OLD.made_at BEGIN SELECT RAISE(ABORT, 'campaign keeps id, owner_id, organisation_id, made_at'); END;
--
CREATE TRIGGER footprint_guard_campaign_delete_1 BEFORE DELETE ON campaign BEGIN SELECT RAISE(ABORT, 'campaign rows are never deleted'); END;
--
CREATE TRIGGER footprint_guard_campaign_insert_2 BEFORE INSERT ON campaign WHEN NEW.state <> 'open' BEGIN SELECT RAISE(ABORT, 'a campaign begins open'); END;
--
CREATE TRIGGER footprint_guard_campaign_update_3 BEFORE UPDATE ON campaign WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('closed>open','closed>withdrawn','open>closed','open>withdrawn') BEGIN SELECT RAISE(ABORT, 'campaign state moves only by lawful steps'); END;
--
CREATE TRIGGER footprint_guard_campaign_update_4 BEFORE UPDATE ON campaign WHEN (NEW.model_id IS DISTINCT FROM OLD.model_id OR NEW.version IS DISTINCT FROM OLD.version OR NEW.audience IS DISTINCT FROM OLD.audience OR NEW.form IS DISTINCT FROM OLD.form OR NEW.groups IS DISTINCT FROM OLD.groups OR NEW.questions IS DISTINCT FROM OLD.questions OR NEW.is_private IS DISTINCT FROM OLD.is_private OR NEW.opens IS DISTINCT FROM OLD.opens) AND (EXISTS (SELECT 1 FROM campaign_contribution WHERE campaign_id = OLD.id) OR EXISTS (SELECT 1 FROM campaign_publication WHERE campaign_id = OLD.id)) BEGIN SELECT RAISE(ABORT, 'what a campaign asks is fixed with the first answer'); END;
--
CREATE TRIGGER footprint_guard_campaign_contribution_update_5 BEFORE UPDATE ON campaign_contribution WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.campaign_id IS DISTINCT FROM OLD.campaign_id BEGIN SELECT RAISE(ABORT, 'campaign_contribution keeps id, campaign_id'); END;
--
CREATE TRIGGER footprint_guard_campaign_contribution_update_6 BEFORE UPDATE ON campaign_contribution WHEN NEW.version <> OLD.version + 1 BEGIN SELECT RAISE(ABORT, 'a replaced contribution is a further version'); END;
--
CREATE TRIGGER footprint_guard_campaign_publication_update_7 BEFORE UPDATE ON campaign_publication BEGIN SELECT RAISE(ABORT, 'campaign_publication rows are never edited'); END;
--
CREATE TRIGGER footprint_guard_campaign_publication_delete_8 BEFORE DELETE ON campaign_publication WHEN EXISTS (SELECT 1 FROM campaign WHERE id = OLD.campaign_id AND state <> 'withdrawn') BEGIN SELECT RAISE(ABORT, 'what was published goes with its campaign only'); END;
--
