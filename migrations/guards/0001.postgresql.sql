CREATE FUNCTION registry_guard_audit_entry_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'audit_entry rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_audit_entry_delete BEFORE DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION registry_guard_audit_entry_delete();
--
CREATE FUNCTION registry_guard_audit_entry_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'audit_entry rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_audit_entry_update BEFORE UPDATE ON audit_entry FOR EACH ROW EXECUTE FUNCTION registry_guard_audit_entry_update();
--
CREATE FUNCTION registry_guard_block_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'block rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_block_delete BEFORE DELETE ON block FOR EACH ROW EXECUTE FUNCTION registry_guard_block_delete();
--
CREATE FUNCTION registry_guard_block_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM issuance i WHERE i.id = NEW.issuance_id AND NEW.start_g >= i.start_g AND NEW.end_g <= i.end_g) THEN RAISE EXCEPTION 'a block is born inside its issuance' USING ERRCODE = 'check_violation'; END IF; IF NEW.state NOT IN ('held','reserved') AND NOT (NEW.state = 'retired' AND NEW.lot_id IS NULL) THEN RAISE EXCEPTION 'a block is born held or reserved, or retired at its source' USING ERRCODE = 'check_violation'; END IF; IF NEW.state = 'reserved' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = NEW.hold_id AND state = 'reserved') THEN RAISE EXCEPTION 'a block is reserved for a hold that is reserved' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_block_insert BEFORE INSERT ON block FOR EACH ROW EXECUTE FUNCTION registry_guard_block_insert();
--
CREATE FUNCTION registry_guard_block_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.issuance_id IS DISTINCT FROM OLD.issuance_id OR NEW.unit_class IS DISTINCT FROM OLD.unit_class OR NEW.parent_id IS DISTINCT FROM OLD.parent_id OR NEW.start_g IS DISTINCT FROM OLD.start_g OR NEW.end_g IS DISTINCT FROM OLD.end_g THEN RAISE EXCEPTION 'block keeps id, issuance_id, unit_class, parent_id, start_g, end_g' USING ERRCODE = 'check_violation'; END IF; IF OLD.state IN ('cancelled','retired','split') THEN RAISE EXCEPTION 'a final state is final' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('allocated>held','allocated>retired','escrow>held','escrow>split','held>cancelled','held>escrow','held>reserved','held>split','reserved>allocated','reserved>held') THEN RAISE EXCEPTION 'block state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; IF (NEW.state <> OLD.state OR NEW.account_id <> OLD.account_id OR NEW.lot_id IS DISTINCT FROM OLD.lot_id) AND (OLD.frozen_at IS NOT NULL OR EXISTS (SELECT 1 FROM account a WHERE a.id = OLD.account_id AND a.frozen_at IS NOT NULL) OR EXISTS (SELECT 1 FROM issuance i JOIN project p ON p.id = i.project_id WHERE i.id = OLD.issuance_id AND p.frozen_at IS NOT NULL)) THEN RAISE EXCEPTION 'frozen grams do not move' USING ERRCODE = 'check_violation'; END IF; IF OLD.state = 'held' AND NEW.state = 'reserved' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = NEW.hold_id AND state = 'reserved') THEN RAISE EXCEPTION 'a block is reserved for a hold that is reserved' USING ERRCODE = 'check_violation'; END IF; IF OLD.state = 'reserved' AND NEW.state = 'allocated' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'allocated') THEN RAISE EXCEPTION 'grams are allocated when their hold is' USING ERRCODE = 'check_violation'; END IF; IF OLD.state = 'reserved' AND NEW.state = 'held' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'released') THEN RAISE EXCEPTION 'reserved grams are released when their hold is' USING ERRCODE = 'check_violation'; END IF; IF OLD.state = 'allocated' AND NEW.state = 'held' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'released') THEN RAISE EXCEPTION 'allocated grams are released when their hold is' USING ERRCODE = 'check_violation'; END IF; IF OLD.state = 'allocated' AND NEW.state = 'retired' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'retired') THEN RAISE EXCEPTION 'grams retire when their hold does' USING ERRCODE = 'check_violation'; END IF; IF NEW.state = 'retired' AND OLD.state <> 'retired' AND NEW.lot_id IS NOT NULL AND NEW.retirement_id IS NULL THEN RAISE EXCEPTION 'retired grams of a lot have a retirement' USING ERRCODE = 'check_violation'; END IF; IF OLD.lot_id IS NOT NULL AND NEW.lot_id IS DISTINCT FROM OLD.lot_id THEN RAISE EXCEPTION 'a block joins a lot once' USING ERRCODE = 'check_violation'; END IF; IF OLD.lot_id IS NULL AND NEW.lot_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pool_lot l JOIN issuance i ON i.project_id = l.project_id WHERE l.id = NEW.lot_id AND i.id = NEW.issuance_id) THEN RAISE EXCEPTION 'a lot takes grams of its own project only' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_block_update BEFORE UPDATE ON block FOR EACH ROW EXECUTE FUNCTION registry_guard_block_update();
--
CREATE FUNCTION registry_guard_checkpoint_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'checkpoint rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_checkpoint_delete BEFORE DELETE ON checkpoint FOR EACH ROW EXECUTE FUNCTION registry_guard_checkpoint_delete();
--
CREATE FUNCTION registry_guard_checkpoint_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'checkpoint rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_checkpoint_update BEFORE UPDATE ON checkpoint FOR EACH ROW EXECUTE FUNCTION registry_guard_checkpoint_update();
--
CREATE FUNCTION registry_guard_entry_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'entry rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_entry_delete BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION registry_guard_entry_delete();
--
CREATE FUNCTION registry_guard_entry_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'entry rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_entry_update BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION registry_guard_entry_update();
--
CREATE FUNCTION registry_guard_hold_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'hold rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_hold_delete BEFORE DELETE ON hold FOR EACH ROW EXECUTE FUNCTION registry_guard_hold_delete();
--
CREATE FUNCTION registry_guard_hold_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'reserved' THEN RAISE EXCEPTION 'a hold begins reserved' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_hold_insert BEFORE INSERT ON hold FOR EACH ROW EXECUTE FUNCTION registry_guard_hold_insert();
--
CREATE FUNCTION registry_guard_hold_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.made_at IS DISTINCT FROM OLD.made_at THEN RAISE EXCEPTION 'hold keeps id, made_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('allocated>refunding','allocated>retired','refunding>allocated','refunding>released','reserved>allocated','reserved>released') THEN RAISE EXCEPTION 'hold state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_hold_update BEFORE UPDATE ON hold FOR EACH ROW EXECUTE FUNCTION registry_guard_hold_update();
--
CREATE FUNCTION registry_guard_issuance_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'issuance rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_issuance_delete BEFORE DELETE ON issuance FOR EACH ROW EXECUTE FUNCTION registry_guard_issuance_delete();
--
CREATE FUNCTION registry_guard_issuance_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.verification_id IS NOT NULL AND (SELECT coalesce(sum(end_g - start_g), 0) FROM issuance WHERE verification_id = NEW.verification_id) + NEW.end_g - NEW.start_g > (SELECT verified_g - buffer_g FROM verification WHERE id = NEW.verification_id FOR UPDATE) THEN RAISE EXCEPTION 'no more is issued than verified minus buffer' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_issuance_insert BEFORE INSERT ON issuance FOR EACH ROW EXECUTE FUNCTION registry_guard_issuance_insert();
--
CREATE FUNCTION registry_guard_issuance_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'issuance rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_issuance_update BEFORE UPDATE ON issuance FOR EACH ROW EXECUTE FUNCTION registry_guard_issuance_update();
--
CREATE FUNCTION registry_guard_ledger_audit_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'ledger_audit rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_ledger_audit_delete BEFORE DELETE ON ledger_audit FOR EACH ROW EXECUTE FUNCTION registry_guard_ledger_audit_delete();
--
CREATE FUNCTION registry_guard_ledger_audit_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'ledger_audit rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_ledger_audit_update BEFORE UPDATE ON ledger_audit FOR EACH ROW EXECUTE FUNCTION registry_guard_ledger_audit_update();
--
CREATE FUNCTION registry_guard_ledger_entry_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'ledger_entry rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_ledger_entry_delete BEFORE DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION registry_guard_ledger_entry_delete();
--
CREATE FUNCTION registry_guard_ledger_entry_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'ledger_entry rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_ledger_entry_update BEFORE UPDATE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION registry_guard_ledger_entry_update();
--
CREATE FUNCTION registry_guard_node_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'node rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_node_delete BEFORE DELETE ON node FOR EACH ROW EXECUTE FUNCTION registry_guard_node_delete();
--
CREATE FUNCTION registry_guard_node_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'node rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_node_update BEFORE UPDATE ON node FOR EACH ROW EXECUTE FUNCTION registry_guard_node_update();
--
CREATE FUNCTION registry_guard_pool_lot_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pool_lot rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_pool_lot_delete BEFORE DELETE ON pool_lot FOR EACH ROW EXECUTE FUNCTION registry_guard_pool_lot_delete();
--
CREATE FUNCTION registry_guard_pool_lot_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.attributed_g <> 0 OR NEW.free_g <> 0 THEN RAISE EXCEPTION 'a lot begins unattributed' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_pool_lot_insert BEFORE INSERT ON pool_lot FOR EACH ROW EXECUTE FUNCTION registry_guard_pool_lot_insert();
--
CREATE FUNCTION registry_guard_pool_lot_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.source_registry IS DISTINCT FROM OLD.source_registry OR NEW.retirement_reference IS DISTINCT FROM OLD.retirement_reference OR NEW.retired_g IS DISTINCT FROM OLD.retired_g OR NEW.is_demo IS DISTINCT FROM OLD.is_demo THEN RAISE EXCEPTION 'pool_lot keeps id, code, project_id, account_id, source_registry, retirement_reference, retired_g, is_demo' USING ERRCODE = 'check_violation'; END IF; IF NEW.attributed_g < OLD.attributed_g THEN RAISE EXCEPTION 'attributed grams never come back' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_pool_lot_update BEFORE UPDATE ON pool_lot FOR EACH ROW EXECUTE FUNCTION registry_guard_pool_lot_update();
--
CREATE FUNCTION registry_guard_project_event_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'project_event rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_project_event_delete BEFORE DELETE ON project_event FOR EACH ROW EXECUTE FUNCTION registry_guard_project_event_delete();
--
CREATE FUNCTION registry_guard_project_event_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'project_event rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_project_event_update BEFORE UPDATE ON project_event FOR EACH ROW EXECUTE FUNCTION registry_guard_project_event_update();
--
CREATE FUNCTION registry_guard_record_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'record rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_record_delete BEFORE DELETE ON record FOR EACH ROW EXECUTE FUNCTION registry_guard_record_delete();
--
CREATE FUNCTION registry_guard_record_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'record rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_record_update BEFORE UPDATE ON record FOR EACH ROW EXECUTE FUNCTION registry_guard_record_update();
--
CREATE FUNCTION registry_guard_registry_import_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'registry_import rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_registry_import_delete BEFORE DELETE ON registry_import FOR EACH ROW EXECUTE FUNCTION registry_guard_registry_import_delete();
--
CREATE FUNCTION registry_guard_registry_import_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'registry_import rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_registry_import_update BEFORE UPDATE ON registry_import FOR EACH ROW EXECUTE FUNCTION registry_guard_registry_import_update();
--
CREATE FUNCTION registry_guard_retirement_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'retirement rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_retirement_delete BEFORE DELETE ON retirement FOR EACH ROW EXECUTE FUNCTION registry_guard_retirement_delete();
--
CREATE FUNCTION registry_guard_retirement_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM hold WHERE id = NEW.hold_id AND state = 'retired') THEN RAISE EXCEPTION 'no retirement starts unless its hold retires' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_retirement_insert BEFORE INSERT ON retirement FOR EACH ROW EXECUTE FUNCTION registry_guard_retirement_insert();
--
CREATE FUNCTION registry_guard_retirement_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'retirement rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_retirement_update BEFORE UPDATE ON retirement FOR EACH ROW EXECUTE FUNCTION registry_guard_retirement_update();
--
CREATE FUNCTION registry_guard_retirement_range_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'retirement_range rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_retirement_range_delete BEFORE DELETE ON retirement_range FOR EACH ROW EXECUTE FUNCTION registry_guard_retirement_range_delete();
--
CREATE FUNCTION registry_guard_retirement_range_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM block b WHERE b.id = NEW.block_id AND b.retirement_id = NEW.retirement_id AND b.start_g = NEW.start_g AND b.end_g = NEW.end_g) THEN RAISE EXCEPTION 'a retired range is a whole block of its retirement' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_retirement_range_insert BEFORE INSERT ON retirement_range FOR EACH ROW EXECUTE FUNCTION registry_guard_retirement_range_insert();
--
CREATE FUNCTION registry_guard_retirement_range_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'retirement_range rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_retirement_range_update BEFORE UPDATE ON retirement_range FOR EACH ROW EXECUTE FUNCTION registry_guard_retirement_range_update();
--
CREATE FUNCTION registry_guard_retirement_void_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'retirement_void rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_retirement_void_delete BEFORE DELETE ON retirement_void FOR EACH ROW EXECUTE FUNCTION registry_guard_retirement_void_delete();
--
CREATE FUNCTION registry_guard_retirement_void_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'retirement_void rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_retirement_void_update BEFORE UPDATE ON retirement_void FOR EACH ROW EXECUTE FUNCTION registry_guard_retirement_void_update();
--
CREATE FUNCTION registry_guard_verification_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'verification rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER registry_guard_verification_delete BEFORE DELETE ON verification FOR EACH ROW EXECUTE FUNCTION registry_guard_verification_delete();
--
CREATE FUNCTION registry_guard_verification_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'verification rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER registry_guard_verification_update BEFORE UPDATE ON verification FOR EACH ROW EXECUTE FUNCTION registry_guard_verification_update();
--
CREATE FUNCTION registry_effect_block_update_0() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE pool_lot SET attributed_g = attributed_g + (NEW.end_g - NEW.start_g) WHERE id = NEW.lot_id; RETURN NULL; END $$;
--
CREATE TRIGGER registry_effect_block_update_0 AFTER UPDATE ON block FOR EACH ROW WHEN (NEW.state = 'retired' AND OLD.state <> 'retired' AND NEW.lot_id IS NOT NULL) EXECUTE FUNCTION registry_effect_block_update_0();
--
ALTER TABLE block ADD CONSTRAINT block_ranges_never_overlap EXCLUDE USING gist (int8range(start_g, end_g) WITH &&) WHERE (state <> 'split');
--
ALTER TABLE retirement_range ADD CONSTRAINT retirement_range_ranges_never_overlap EXCLUDE USING gist (int8range(start_g, end_g) WITH &&);
--
ALTER TABLE issuance ADD CONSTRAINT issuance_ranges_never_overlap EXCLUDE USING gist (int8range(start_g, end_g) WITH &&);
--
CREATE FUNCTION certificates_guard_certificate_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'certificate rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER certificates_guard_certificate_delete BEFORE DELETE ON certificate FOR EACH ROW EXECUTE FUNCTION certificates_guard_certificate_delete();
--
CREATE FUNCTION certificates_guard_certificate_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'valid' THEN RAISE EXCEPTION 'a certificate begins valid' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER certificates_guard_certificate_insert BEFORE INSERT ON certificate FOR EACH ROW EXECUTE FUNCTION certificates_guard_certificate_insert();
--
CREATE FUNCTION certificates_guard_certificate_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.key IS DISTINCT FROM OLD.key OR NEW.type IS DISTINCT FROM OLD.type OR NEW.retirement_id IS DISTINCT FROM OLD.retirement_id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.payload IS DISTINCT FROM OLD.payload OR NEW.payload_sha256 IS DISTINCT FROM OLD.payload_sha256 OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.removal_g IS DISTINCT FROM OLD.removal_g OR NEW.avoidance_g IS DISTINCT FROM OLD.avoidance_g OR NEW.unseparated_g IS DISTINCT FROM OLD.unseparated_g OR NEW.is_public IS DISTINCT FROM OLD.is_public OR NEW.is_test IS DISTINCT FROM OLD.is_test OR NEW.lang IS DISTINCT FROM OLD.lang OR NEW.issued_at IS DISTINCT FROM OLD.issued_at THEN RAISE EXCEPTION 'certificate keeps id, number, key, type, retirement_id, order_id, payload, payload_sha256, mass_g, removal_g, avoidance_g, unseparated_g, is_public, is_test, lang, issued_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('under_review>replaced','under_review>revoked','under_review>valid','valid>replaced','valid>revoked','valid>under_review') THEN RAISE EXCEPTION 'certificate state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; IF OLD.state IN ('revoked', 'replaced') AND (NEW.reason IS DISTINCT FROM OLD.reason OR NEW.replaced_by IS DISTINCT FROM OLD.replaced_by OR NEW.state_at IS DISTINCT FROM OLD.state_at) THEN RAISE EXCEPTION 'what ended a certificate is not rewritten' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER certificates_guard_certificate_update BEFORE UPDATE ON certificate FOR EACH ROW EXECUTE FUNCTION certificates_guard_certificate_update();
--
CREATE FUNCTION certificates_guard_certificate_document_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'certificate_document rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER certificates_guard_certificate_document_update BEFORE UPDATE ON certificate_document FOR EACH ROW EXECUTE FUNCTION certificates_guard_certificate_document_update();
--
CREATE FUNCTION certificates_guard_certificate_holder_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'certificate_holder rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER certificates_guard_certificate_holder_delete BEFORE DELETE ON certificate_holder FOR EACH ROW EXECUTE FUNCTION certificates_guard_certificate_holder_delete();
--
CREATE FUNCTION certificates_guard_certificate_holder_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.certificate_id IS DISTINCT FROM OLD.certificate_id THEN RAISE EXCEPTION 'certificate_holder keeps certificate_id' USING ERRCODE = 'check_violation'; END IF; IF (NEW.name IS NOT NULL AND NEW.name IS DISTINCT FROM OLD.name) OR (NEW.salt IS NOT NULL AND NEW.salt IS DISTINCT FROM OLD.salt) OR (NEW.organisation_id IS NOT NULL AND NEW.organisation_id IS DISTINCT FROM OLD.organisation_id) OR (NEW.purpose_title_zh IS NOT NULL AND NEW.purpose_title_zh IS DISTINCT FROM OLD.purpose_title_zh) OR (NEW.purpose_title_en IS NOT NULL AND NEW.purpose_title_en IS DISTINCT FROM OLD.purpose_title_en) THEN RAISE EXCEPTION 'a holder is kept or forgotten, not rewritten' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER certificates_guard_certificate_holder_update BEFORE UPDATE ON certificate_holder FOR EACH ROW EXECUTE FUNCTION certificates_guard_certificate_holder_update();
--
CREATE FUNCTION shop_guard_cash_line_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'cash_line rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_guard_cash_line_delete BEFORE DELETE ON cash_line FOR EACH ROW EXECUTE FUNCTION shop_guard_cash_line_delete();
--
CREATE FUNCTION shop_guard_cash_line_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'cash_line rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_cash_line_update BEFORE UPDATE ON cash_line FOR EACH ROW EXECUTE FUNCTION shop_guard_cash_line_update();
--
CREATE FUNCTION shop_guard_hold_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'retired' AND OLD.state <> 'retired' AND EXISTS (SELECT 1 FROM refund r JOIN orders o ON o.id = r.order_id WHERE o.hold_id = NEW.id AND r.kind = 'before' AND r.state IN ('planned','pending','succeeded')) THEN RAISE EXCEPTION 'no retirement starts while a refund is pending' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_hold_update BEFORE UPDATE ON hold FOR EACH ROW EXECUTE FUNCTION shop_guard_hold_update();
--
CREATE FUNCTION shop_guard_order_event_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'order_event rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_guard_order_event_delete BEFORE DELETE ON order_event FOR EACH ROW EXECUTE FUNCTION shop_guard_order_event_delete();
--
CREATE FUNCTION shop_guard_order_event_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'order_event rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_order_event_update BEFORE UPDATE ON order_event FOR EACH ROW EXECUTE FUNCTION shop_guard_order_event_update();
--
CREATE FUNCTION shop_guard_order_line_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'order_line rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_guard_order_line_delete BEFORE DELETE ON order_line FOR EACH ROW EXECUTE FUNCTION shop_guard_order_line_delete();
--
CREATE FUNCTION shop_guard_order_line_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.position IS DISTINCT FROM OLD.position OR NEW.lots IS DISTINCT FROM OLD.lots OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.minor_per_t IS DISTINCT FROM OLD.minor_per_t OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor THEN RAISE EXCEPTION 'order_line keeps id, order_id, position, lots, mass_g, minor_per_t, amount_minor' USING ERRCODE = 'check_violation'; END IF; IF OLD.retirement_id IS NOT NULL AND NEW.retirement_id IS DISTINCT FROM OLD.retirement_id THEN RAISE EXCEPTION 'a line is retired once' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_order_line_update BEFORE UPDATE ON order_line FOR EACH ROW EXECUTE FUNCTION shop_guard_order_line_update();
--
CREATE FUNCTION shop_guard_orders_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'orders rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_guard_orders_delete BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION shop_guard_orders_delete();
--
CREATE FUNCTION shop_guard_orders_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'reserved' THEN RAISE EXCEPTION 'an order begins reserved' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_orders_insert BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION shop_guard_orders_insert();
--
CREATE FUNCTION shop_guard_orders_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.idempotency_key IS DISTINCT FROM OLD.idempotency_key OR NEW.contents IS DISTINCT FROM OLD.contents OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.fees IS DISTINCT FROM OLD.fees OR NEW.split IS DISTINCT FROM OLD.split OR NEW.terms_version IS DISTINCT FROM OLD.terms_version OR NEW.quote_hash IS DISTINCT FROM OLD.quote_hash OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.consent IS DISTINCT FROM OLD.consent OR NEW.payment IS DISTINCT FROM OLD.payment OR NEW.provider IS DISTINCT FROM OLD.provider OR NEW.test IS DISTINCT FROM OLD.test OR NEW.created_at IS DISTINCT FROM OLD.created_at THEN RAISE EXCEPTION 'orders keeps id, idempotency_key, contents, mass_g, amount_minor, currency, fees, split, terms_version, quote_hash, purpose, consent, payment, provider, test, created_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('awaiting_payment>cancelled','awaiting_payment>expired','awaiting_payment>needs_attention','awaiting_payment>paid','awaiting_payment>payment_failed','awaiting_transfer>cancelled','awaiting_transfer>expired','awaiting_transfer>needs_attention','awaiting_transfer>paid','awaiting_transfer>payment_failed','cancelled>needs_attention','cancelled>refund_pending','disputed>fulfilled','disputed>paid','disputed>refund_after_retirement','disputed>refunded','disputed>retired','expired>needs_attention','expired>paid','expired>refund_pending','fulfilled>disputed','fulfilled>refund_after_retirement','needs_attention>refund_pending','needs_attention>refunded','paid>disputed','paid>refund_pending','paid>registry_pending','paid>retired','paid>substitute_offered','payment_failed>awaiting_payment','payment_failed>cancelled','payment_failed>expired','payment_failed>needs_attention','payment_failed>paid','refund_after_retirement>refunded_void','refund_pending>needs_attention','refund_pending>refunded','registry_pending>refund_pending','registry_pending>retired','reserved>awaiting_payment','reserved>awaiting_transfer','reserved>cancelled','reserved>expired','retired>disputed','retired>fulfilled','retired>refund_after_retirement','substitute_offered>paid','substitute_offered>refund_pending') THEN RAISE EXCEPTION 'orders state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; IF NEW.state = 'paid' AND OLD.state <> 'paid' AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.order_id = NEW.id AND p.kind = 'order') THEN RAISE EXCEPTION 'an order is paid by a payment that is on record' USING ERRCODE = 'check_violation'; END IF; IF NEW.state = 'retired' AND OLD.state <> 'retired' AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.id = NEW.hold_id AND h.state = 'retired') THEN RAISE EXCEPTION 'an order is retired when its grams are' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_orders_update BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION shop_guard_orders_update();
--
CREATE FUNCTION shop_guard_payment_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payment rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_guard_payment_delete BEFORE DELETE ON payment FOR EACH ROW EXECUTE FUNCTION shop_guard_payment_delete();
--
CREATE FUNCTION shop_guard_payment_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.kind = 'order' AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = NEW.order_id AND o.amount_minor = NEW.amount_minor AND o.currency = NEW.currency AND o.test = NEW.test) THEN RAISE EXCEPTION 'an order is paid with exactly what was quoted' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_payment_insert BEFORE INSERT ON payment FOR EACH ROW EXECUTE FUNCTION shop_guard_payment_insert();
--
CREATE FUNCTION shop_guard_payment_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payment rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_payment_update BEFORE UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION shop_guard_payment_update();
--
CREATE FUNCTION shop_guard_payment_event_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payment_event rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_guard_payment_event_delete BEFORE DELETE ON payment_event FOR EACH ROW EXECUTE FUNCTION shop_guard_payment_event_delete();
--
CREATE FUNCTION shop_guard_payment_event_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'payment_event rows are never edited' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_payment_event_update BEFORE UPDATE ON payment_event FOR EACH ROW EXECUTE FUNCTION shop_guard_payment_event_update();
--
CREATE FUNCTION shop_guard_refund_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'refund rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER shop_guard_refund_delete BEFORE DELETE ON refund FOR EACH ROW EXECUTE FUNCTION shop_guard_refund_delete();
--
CREATE FUNCTION shop_guard_refund_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM payment p WHERE p.id = NEW.payment_id AND p.order_id = NEW.order_id AND p.currency = NEW.currency) THEN RAISE EXCEPTION 'a refund is of a payment of its order, in its currency' USING ERRCODE = 'check_violation'; END IF; IF NEW.kind = 'before' AND EXISTS (SELECT 1 FROM hold h JOIN orders o ON o.hold_id = h.id WHERE o.id = NEW.order_id AND h.state = 'retired') THEN RAISE EXCEPTION 'no refund before retirement once retirement has begun' USING ERRCODE = 'check_violation'; END IF; IF NEW.kind = 'after' AND NOT EXISTS (SELECT 1 FROM hold h JOIN orders o ON o.hold_id = h.id WHERE o.id = NEW.order_id AND h.state = 'retired') THEN RAISE EXCEPTION 'no refund after retirement before anything is retired' USING ERRCODE = 'check_violation'; END IF; IF NEW.amount_minor + (SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE payment_id = NEW.payment_id AND state <> 'failed') > (SELECT amount_minor FROM payment WHERE id = NEW.payment_id FOR UPDATE) THEN RAISE EXCEPTION 'no more is refunded than was paid' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_refund_insert BEFORE INSERT ON refund FOR EACH ROW EXECUTE FUNCTION shop_guard_refund_insert();
--
CREATE FUNCTION shop_guard_refund_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.payment_id IS DISTINCT FROM OLD.payment_id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency THEN RAISE EXCEPTION 'refund keeps id, order_id, payment_id, kind, amount_minor, currency' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('pending>failed','pending>succeeded','planned>failed','planned>pending','planned>succeeded','succeeded>failed') THEN RAISE EXCEPTION 'refund state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER shop_guard_refund_update BEFORE UPDATE ON refund FOR EACH ROW EXECUTE FUNCTION shop_guard_refund_update();
--
CREATE FUNCTION pledges_guard_pledge_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'pledge rows are never deleted' USING ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$;
--
CREATE TRIGGER pledges_guard_pledge_delete BEFORE DELETE ON pledge FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_delete();
--
CREATE FUNCTION pledges_guard_pledge_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'made' THEN RAISE EXCEPTION 'a pledge begins made' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_insert BEFORE INSERT ON pledge FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_insert();
--
CREATE FUNCTION pledges_guard_pledge_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.footprint_id IS DISTINCT FROM OLD.footprint_id OR NEW.footprint_digest IS DISTINCT FROM OLD.footprint_digest OR NEW.model_id IS DISTINCT FROM OLD.model_id OR NEW.model_version IS DISTINCT FROM OLD.model_version OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.baseline_g IS DISTINCT FROM OLD.baseline_g OR NEW.low_g IS DISTINCT FROM OLD.low_g OR NEW.high_g IS DISTINCT FROM OLD.high_g OR NEW.reduction_g IS DISTINCT FROM OLD.reduction_g OR NEW.percent IS DISTINCT FROM OLD.percent OR NEW.year IS DISTINCT FROM OLD.year OR NEW.made_at IS DISTINCT FROM OLD.made_at THEN RAISE EXCEPTION 'pledge keeps id, footprint_id, footprint_digest, model_id, model_version, subject, baseline_g, low_g, high_g, reduction_g, percent, year, made_at' USING ERRCODE = 'check_violation'; END IF; IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('made>withdrawn') THEN RAISE EXCEPTION 'pledge state moves only by lawful steps' USING ERRCODE = 'check_violation'; END IF; IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN RAISE EXCEPTION 'a withdrawal keeps its day' USING ERRCODE = 'check_violation'; END IF; IF (NEW.name <> OLD.name AND NEW.name <> '') OR (NEW.motive <> OLD.motive AND NEW.motive <> '') THEN RAISE EXCEPTION 'the words of a pledge are kept or forgotten, not rewritten' USING ERRCODE = 'check_violation'; END IF; IF OLD.owner_id IS NOT NULL AND NEW.owner_id IS NOT NULL AND NEW.owner_id <> OLD.owner_id THEN RAISE EXCEPTION 'a pledge is claimed once' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
--
CREATE TRIGGER pledges_guard_pledge_update BEFORE UPDATE ON pledge FOR EACH ROW EXECUTE FUNCTION pledges_guard_pledge_update();
--
