CREATE TRIGGER registry_guard_ledger_entry_update_0 BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry rows are never edited'); END;
--
CREATE TRIGGER registry_guard_ledger_entry_delete_1 BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_retirement_update_2 BEFORE UPDATE ON retirement BEGIN SELECT RAISE(ABORT, 'retirement rows are never edited'); END;
--
CREATE TRIGGER registry_guard_retirement_delete_3 BEFORE DELETE ON retirement BEGIN SELECT RAISE(ABORT, 'retirement rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_retirement_range_update_4 BEFORE UPDATE ON retirement_range BEGIN SELECT RAISE(ABORT, 'retirement_range rows are never edited'); END;
--
CREATE TRIGGER registry_guard_retirement_range_delete_5 BEFORE DELETE ON retirement_range BEGIN SELECT RAISE(ABORT, 'retirement_range rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_retirement_void_update_6 BEFORE UPDATE ON retirement_void BEGIN SELECT RAISE(ABORT, 'retirement_void rows are never edited'); END;
--
CREATE TRIGGER registry_guard_retirement_void_delete_7 BEFORE DELETE ON retirement_void BEGIN SELECT RAISE(ABORT, 'retirement_void rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_record_update_8 BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'record rows are never edited'); END;
--
CREATE TRIGGER registry_guard_record_delete_9 BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'record rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_entry_update_10 BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entry rows are never edited'); END;
--
CREATE TRIGGER registry_guard_entry_delete_11 BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entry rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_node_update_12 BEFORE UPDATE ON node BEGIN SELECT RAISE(ABORT, 'node rows are never edited'); END;
--
CREATE TRIGGER registry_guard_node_delete_13 BEFORE DELETE ON node BEGIN SELECT RAISE(ABORT, 'node rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_checkpoint_update_14 BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint rows are never edited'); END;
--
CREATE TRIGGER registry_guard_checkpoint_delete_15 BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_project_event_update_16 BEFORE UPDATE ON project_event BEGIN SELECT RAISE(ABORT, 'project_event rows are never edited'); END;
--
CREATE TRIGGER registry_guard_project_event_delete_17 BEFORE DELETE ON project_event BEGIN SELECT RAISE(ABORT, 'project_event rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_registry_import_update_18 BEFORE UPDATE ON registry_import BEGIN SELECT RAISE(ABORT, 'registry_import rows are never edited'); END;
--
CREATE TRIGGER registry_guard_registry_import_delete_19 BEFORE DELETE ON registry_import BEGIN SELECT RAISE(ABORT, 'registry_import rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_issuance_update_20 BEFORE UPDATE ON issuance BEGIN SELECT RAISE(ABORT, 'issuance rows are never edited'); END;
--
CREATE TRIGGER registry_guard_issuance_delete_21 BEFORE DELETE ON issuance BEGIN SELECT RAISE(ABORT, 'issuance rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_verification_update_22 BEFORE UPDATE ON verification BEGIN SELECT RAISE(ABORT, 'verification rows are never edited'); END;
--
CREATE TRIGGER registry_guard_verification_delete_23 BEFORE DELETE ON verification BEGIN SELECT RAISE(ABORT, 'verification rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_audit_entry_update_24 BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry rows are never edited'); END;
--
CREATE TRIGGER registry_guard_audit_entry_delete_25 BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_ledger_audit_update_26 BEFORE UPDATE ON ledger_audit BEGIN SELECT RAISE(ABORT, 'ledger_audit rows are never edited'); END;
--
CREATE TRIGGER registry_guard_ledger_audit_delete_27 BEFORE DELETE ON ledger_audit BEGIN SELECT RAISE(ABORT, 'ledger_audit rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_block_update_28 BEFORE UPDATE ON block WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.issuance_id IS DISTINCT FROM OLD.issuance_id OR NEW.unit_class IS DISTINCT FROM OLD.unit_class OR NEW.parent_id IS DISTINCT FROM OLD.parent_id OR NEW.start_g IS DISTINCT FROM OLD.start_g OR NEW.end_g IS DISTINCT FROM OLD.end_g BEGIN SELECT RAISE(ABORT, 'block keeps id, issuance_id, unit_class, parent_id, start_g, end_g'); END;
--
CREATE TRIGGER registry_guard_block_delete_29 BEFORE DELETE ON block BEGIN SELECT RAISE(ABORT, 'block rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_block_update_30 BEFORE UPDATE ON block WHEN OLD.state IN ('cancelled','retired','split') BEGIN SELECT RAISE(ABORT, 'a final state is final'); END;
--
CREATE TRIGGER registry_guard_block_update_31 BEFORE UPDATE ON block WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('allocated>held','allocated>retired','escrow>held','escrow>split','held>cancelled','held>escrow','held>reserved','held>split','reserved>allocated','reserved>held') BEGIN SELECT RAISE(ABORT, 'block state moves only by lawful steps'); END;
--
CREATE TRIGGER registry_guard_block_insert_32 BEFORE INSERT ON block WHEN NOT EXISTS (SELECT 1 FROM issuance i WHERE i.id = NEW.issuance_id AND NEW.start_g >= i.start_g AND NEW.end_g <= i.end_g) BEGIN SELECT RAISE(ABORT, 'a block is born inside its issuance'); END;
--
CREATE TRIGGER registry_guard_block_insert_33 BEFORE INSERT ON block WHEN NEW.state NOT IN ('held','reserved') AND NOT (NEW.state = 'retired' AND NEW.lot_id IS NULL) BEGIN SELECT RAISE(ABORT, 'a block is born held or reserved, or retired at its source'); END;
--
CREATE TRIGGER registry_guard_block_insert_34 BEFORE INSERT ON block WHEN NEW.state = 'reserved' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = NEW.hold_id AND state = 'reserved') BEGIN SELECT RAISE(ABORT, 'a block is reserved for a hold that is reserved'); END;
--
CREATE TRIGGER registry_guard_block_update_35 BEFORE UPDATE ON block WHEN (NEW.state <> OLD.state OR NEW.account_id <> OLD.account_id OR NEW.lot_id IS DISTINCT FROM OLD.lot_id) AND (OLD.frozen_at IS NOT NULL OR EXISTS (SELECT 1 FROM account a WHERE a.id = OLD.account_id AND a.frozen_at IS NOT NULL) OR EXISTS (SELECT 1 FROM issuance i JOIN project p ON p.id = i.project_id WHERE i.id = OLD.issuance_id AND p.frozen_at IS NOT NULL)) BEGIN SELECT RAISE(ABORT, 'frozen grams do not move'); END;
--
CREATE TRIGGER registry_guard_block_update_36 BEFORE UPDATE ON block WHEN OLD.state = 'held' AND NEW.state = 'reserved' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = NEW.hold_id AND state = 'reserved') BEGIN SELECT RAISE(ABORT, 'a block is reserved for a hold that is reserved'); END;
--
CREATE TRIGGER registry_guard_block_update_37 BEFORE UPDATE ON block WHEN OLD.state = 'reserved' AND NEW.state = 'allocated' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'allocated') BEGIN SELECT RAISE(ABORT, 'grams are allocated when their hold is'); END;
--
CREATE TRIGGER registry_guard_block_update_38 BEFORE UPDATE ON block WHEN OLD.state = 'reserved' AND NEW.state = 'held' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'released') BEGIN SELECT RAISE(ABORT, 'reserved grams are released when their hold is'); END;
--
CREATE TRIGGER registry_guard_block_update_39 BEFORE UPDATE ON block WHEN OLD.state = 'allocated' AND NEW.state = 'held' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'released') BEGIN SELECT RAISE(ABORT, 'allocated grams are released when their hold is'); END;
--
CREATE TRIGGER registry_guard_block_update_40 BEFORE UPDATE ON block WHEN OLD.state = 'allocated' AND NEW.state = 'retired' AND NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'retired') BEGIN SELECT RAISE(ABORT, 'grams retire when their hold does'); END;
--
CREATE TRIGGER registry_guard_block_update_41 BEFORE UPDATE ON block WHEN NEW.state = 'retired' AND OLD.state <> 'retired' AND NEW.lot_id IS NOT NULL AND NEW.retirement_id IS NULL BEGIN SELECT RAISE(ABORT, 'retired grams of a lot have a retirement'); END;
--
CREATE TRIGGER registry_guard_hold_update_42 BEFORE UPDATE ON hold WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.made_at IS DISTINCT FROM OLD.made_at BEGIN SELECT RAISE(ABORT, 'hold keeps id, made_at'); END;
--
CREATE TRIGGER registry_guard_hold_delete_43 BEFORE DELETE ON hold BEGIN SELECT RAISE(ABORT, 'hold rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_hold_insert_44 BEFORE INSERT ON hold WHEN NEW.state <> 'reserved' BEGIN SELECT RAISE(ABORT, 'a hold begins reserved'); END;
--
CREATE TRIGGER registry_guard_hold_update_45 BEFORE UPDATE ON hold WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('allocated>refunding','allocated>retired','refunding>allocated','refunding>released','reserved>allocated','reserved>released') BEGIN SELECT RAISE(ABORT, 'hold state moves only by lawful steps'); END;
--
CREATE TRIGGER registry_guard_retirement_insert_46 BEFORE INSERT ON retirement WHEN NOT EXISTS (SELECT 1 FROM hold WHERE id = NEW.hold_id AND state = 'retired') BEGIN SELECT RAISE(ABORT, 'no retirement starts unless its hold retires'); END;
--
CREATE TRIGGER registry_guard_retirement_range_insert_47 BEFORE INSERT ON retirement_range WHEN NOT EXISTS (SELECT 1 FROM block b WHERE b.id = NEW.block_id AND b.retirement_id = NEW.retirement_id AND b.start_g = NEW.start_g AND b.end_g = NEW.end_g) BEGIN SELECT RAISE(ABORT, 'a retired range is a whole block of its retirement'); END;
--
CREATE TRIGGER registry_guard_pool_lot_update_48 BEFORE UPDATE ON pool_lot WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.source_registry IS DISTINCT FROM OLD.source_registry OR NEW.retirement_reference IS DISTINCT FROM OLD.retirement_reference OR NEW.retired_g IS DISTINCT FROM OLD.retired_g OR NEW.is_demo IS DISTINCT FROM OLD.is_demo BEGIN SELECT RAISE(ABORT, 'pool_lot keeps id, code, project_id, account_id, source_registry, retirement_reference, retired_g, is_demo'); END;
--
CREATE TRIGGER registry_guard_pool_lot_delete_49 BEFORE DELETE ON pool_lot BEGIN SELECT RAISE(ABORT, 'pool_lot rows are never deleted'); END;
--
CREATE TRIGGER registry_guard_pool_lot_update_50 BEFORE UPDATE ON pool_lot WHEN NEW.attributed_g < OLD.attributed_g BEGIN SELECT RAISE(ABORT, 'attributed grams never come back'); END;
--
CREATE TRIGGER registry_guard_pool_lot_insert_51 BEFORE INSERT ON pool_lot WHEN NEW.attributed_g <> 0 OR NEW.free_g <> 0 BEGIN SELECT RAISE(ABORT, 'a lot begins unattributed'); END;
--
CREATE TRIGGER registry_guard_block_update_52 BEFORE UPDATE ON block WHEN OLD.lot_id IS NOT NULL AND NEW.lot_id IS DISTINCT FROM OLD.lot_id BEGIN SELECT RAISE(ABORT, 'a block joins a lot once'); END;
--
CREATE TRIGGER registry_guard_block_update_53 BEFORE UPDATE ON block WHEN OLD.lot_id IS NULL AND NEW.lot_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pool_lot l JOIN issuance i ON i.project_id = l.project_id WHERE l.id = NEW.lot_id AND i.id = NEW.issuance_id) BEGIN SELECT RAISE(ABORT, 'a lot takes grams of its own project only'); END;
--
CREATE TRIGGER registry_guard_issuance_insert_54 BEFORE INSERT ON issuance WHEN NEW.verification_id IS NOT NULL AND (SELECT coalesce(sum(end_g - start_g), 0) FROM issuance WHERE verification_id = NEW.verification_id) + NEW.end_g - NEW.start_g > (SELECT verified_g - buffer_g FROM verification WHERE id = NEW.verification_id) BEGIN SELECT RAISE(ABORT, 'no more is issued than verified minus buffer'); END;
--
CREATE TRIGGER registry_effect_block_update_0 AFTER UPDATE ON block WHEN NEW.state = 'retired' AND OLD.state <> 'retired' AND NEW.lot_id IS NOT NULL BEGIN UPDATE pool_lot SET attributed_g = attributed_g + (NEW.end_g - NEW.start_g) WHERE id = NEW.lot_id; END;
--
CREATE TRIGGER block_ranges_never_overlap BEFORE INSERT ON block WHEN NEW.state <> 'split' AND coalesce((SELECT end_g FROM block WHERE start_g < NEW.end_g AND state <> 'split' ORDER BY start_g DESC LIMIT 1), -1) > NEW.start_g BEGIN SELECT RAISE(ABORT, 'live blocks never overlap'); END;
--
CREATE TRIGGER retirement_range_ranges_never_overlap BEFORE INSERT ON retirement_range WHEN coalesce((SELECT end_g FROM retirement_range WHERE start_g < NEW.end_g ORDER BY start_g DESC LIMIT 1), -1) > NEW.start_g BEGIN SELECT RAISE(ABORT, 'a gram is retired once'); END;
--
CREATE TRIGGER issuance_ranges_never_overlap BEFORE INSERT ON issuance WHEN coalesce((SELECT end_g FROM issuance WHERE start_g < NEW.end_g ORDER BY start_g DESC LIMIT 1), -1) > NEW.start_g BEGIN SELECT RAISE(ABORT, 'issuances keep apart'); END;
--
CREATE TRIGGER certificates_guard_certificate_update_0 BEFORE UPDATE ON certificate WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.key IS DISTINCT FROM OLD.key OR NEW.type IS DISTINCT FROM OLD.type OR NEW.retirement_id IS DISTINCT FROM OLD.retirement_id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.payload IS DISTINCT FROM OLD.payload OR NEW.payload_sha256 IS DISTINCT FROM OLD.payload_sha256 OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.removal_g IS DISTINCT FROM OLD.removal_g OR NEW.avoidance_g IS DISTINCT FROM OLD.avoidance_g OR NEW.unseparated_g IS DISTINCT FROM OLD.unseparated_g OR NEW.is_public IS DISTINCT FROM OLD.is_public OR NEW.is_test IS DISTINCT FROM OLD.is_test OR NEW.lang IS DISTINCT FROM OLD.lang OR NEW.issued_at IS DISTINCT FROM OLD.issued_at BEGIN SELECT RAISE(ABORT, 'certificate keeps id, number, key, type, retirement_id, order_id, payload, payload_sha256, mass_g, removal_g, avoidance_g, unseparated_g, is_public, is_test, lang, issued_at'); END;
--
CREATE TRIGGER certificates_guard_certificate_delete_1 BEFORE DELETE ON certificate BEGIN SELECT RAISE(ABORT, 'certificate rows are never deleted'); END;
--
CREATE TRIGGER certificates_guard_certificate_insert_2 BEFORE INSERT ON certificate WHEN NEW.state <> 'valid' BEGIN SELECT RAISE(ABORT, 'a certificate begins valid'); END;
--
CREATE TRIGGER certificates_guard_certificate_update_3 BEFORE UPDATE ON certificate WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('under_review>replaced','under_review>revoked','under_review>valid','valid>replaced','valid>revoked','valid>under_review') BEGIN SELECT RAISE(ABORT, 'certificate state moves only by lawful steps'); END;
--
CREATE TRIGGER certificates_guard_certificate_update_4 BEFORE UPDATE ON certificate WHEN OLD.state IN ('revoked', 'replaced') AND (NEW.reason IS DISTINCT FROM OLD.reason OR NEW.replaced_by IS DISTINCT FROM OLD.replaced_by OR NEW.state_at IS DISTINCT FROM OLD.state_at) BEGIN SELECT RAISE(ABORT, 'what ended a certificate is not rewritten'); END;
--
CREATE TRIGGER certificates_guard_certificate_holder_update_5 BEFORE UPDATE ON certificate_holder WHEN NEW.certificate_id IS DISTINCT FROM OLD.certificate_id BEGIN SELECT RAISE(ABORT, 'certificate_holder keeps certificate_id'); END;
--
CREATE TRIGGER certificates_guard_certificate_holder_update_6 BEFORE UPDATE ON certificate_holder WHEN (NEW.name IS NOT NULL AND NEW.name IS DISTINCT FROM OLD.name) OR (NEW.salt IS NOT NULL AND NEW.salt IS DISTINCT FROM OLD.salt) OR (NEW.organisation_id IS NOT NULL AND NEW.organisation_id IS DISTINCT FROM OLD.organisation_id) OR (NEW.purpose_title_zh IS NOT NULL AND NEW.purpose_title_zh IS DISTINCT FROM OLD.purpose_title_zh) OR (NEW.purpose_title_en IS NOT NULL AND NEW.purpose_title_en IS DISTINCT FROM OLD.purpose_title_en) BEGIN SELECT RAISE(ABORT, 'a holder is kept or forgotten, not rewritten'); END;
--
CREATE TRIGGER certificates_guard_certificate_holder_delete_7 BEFORE DELETE ON certificate_holder BEGIN SELECT RAISE(ABORT, 'certificate_holder rows are never deleted'); END;
--
CREATE TRIGGER certificates_guard_certificate_document_update_8 BEFORE UPDATE ON certificate_document BEGIN SELECT RAISE(ABORT, 'certificate_document rows are never edited'); END;
--
CREATE TRIGGER shop_guard_order_event_update_0 BEFORE UPDATE ON order_event BEGIN SELECT RAISE(ABORT, 'order_event rows are never edited'); END;
--
CREATE TRIGGER shop_guard_order_event_delete_1 BEFORE DELETE ON order_event BEGIN SELECT RAISE(ABORT, 'order_event rows are never deleted'); END;
--
CREATE TRIGGER shop_guard_payment_update_2 BEFORE UPDATE ON payment BEGIN SELECT RAISE(ABORT, 'payment rows are never edited'); END;
--
CREATE TRIGGER shop_guard_payment_delete_3 BEFORE DELETE ON payment BEGIN SELECT RAISE(ABORT, 'payment rows are never deleted'); END;
--
CREATE TRIGGER shop_guard_payment_event_update_4 BEFORE UPDATE ON payment_event BEGIN SELECT RAISE(ABORT, 'payment_event rows are never edited'); END;
--
CREATE TRIGGER shop_guard_payment_event_delete_5 BEFORE DELETE ON payment_event BEGIN SELECT RAISE(ABORT, 'payment_event rows are never deleted'); END;
--
CREATE TRIGGER shop_guard_cash_line_update_6 BEFORE UPDATE ON cash_line BEGIN SELECT RAISE(ABORT, 'cash_line rows are never edited'); END;
--
CREATE TRIGGER shop_guard_cash_line_delete_7 BEFORE DELETE ON cash_line BEGIN SELECT RAISE(ABORT, 'cash_line rows are never deleted'); END;
--
CREATE TRIGGER shop_guard_orders_delete_8 BEFORE DELETE ON orders BEGIN SELECT RAISE(ABORT, 'orders rows are never deleted'); END;
--
CREATE TRIGGER shop_guard_order_line_delete_9 BEFORE DELETE ON order_line BEGIN SELECT RAISE(ABORT, 'order_line rows are never deleted'); END;
--
CREATE TRIGGER shop_guard_refund_delete_10 BEFORE DELETE ON refund BEGIN SELECT RAISE(ABORT, 'refund rows are never deleted'); END;
--
CREATE TRIGGER shop_guard_orders_update_11 BEFORE UPDATE ON orders WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.idempotency_key IS DISTINCT FROM OLD.idempotency_key OR NEW.contents IS DISTINCT FROM OLD.contents OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.fees IS DISTINCT FROM OLD.fees OR NEW.split IS DISTINCT FROM OLD.split OR NEW.terms_version IS DISTINCT FROM OLD.terms_version OR NEW.quote_hash IS DISTINCT FROM OLD.quote_hash OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.consent IS DISTINCT FROM OLD.consent OR NEW.payment IS DISTINCT FROM OLD.payment OR NEW.provider IS DISTINCT FROM OLD.provider OR NEW.test IS DISTINCT FROM OLD.test OR NEW.created_at IS DISTINCT FROM OLD.created_at BEGIN SELECT RAISE(ABORT, 'orders keeps id, idempotency_key, contents, mass_g, amount_minor, currency, fees, split, terms_version, quote_hash, purpose, consent, payment, provider, test, created_at'); END;
--
CREATE TRIGGER shop_guard_order_line_update_12 BEFORE UPDATE ON order_line WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.position IS DISTINCT FROM OLD.position OR NEW.lots IS DISTINCT FROM OLD.lots OR NEW.mass_g IS DISTINCT FROM OLD.mass_g OR NEW.minor_per_t IS DISTINCT FROM OLD.minor_per_t OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor BEGIN SELECT RAISE(ABORT, 'order_line keeps id, order_id, position, lots, mass_g, minor_per_t, amount_minor'); END;
--
CREATE TRIGGER shop_guard_refund_update_13 BEFORE UPDATE ON refund WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.payment_id IS DISTINCT FROM OLD.payment_id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency BEGIN SELECT RAISE(ABORT, 'refund keeps id, order_id, payment_id, kind, amount_minor, currency'); END;
--
CREATE TRIGGER shop_guard_order_line_update_14 BEFORE UPDATE ON order_line WHEN OLD.retirement_id IS NOT NULL AND NEW.retirement_id IS DISTINCT FROM OLD.retirement_id BEGIN SELECT RAISE(ABORT, 'a line is retired once'); END;
--
CREATE TRIGGER shop_guard_orders_insert_15 BEFORE INSERT ON orders WHEN NEW.state <> 'reserved' BEGIN SELECT RAISE(ABORT, 'an order begins reserved'); END;
--
CREATE TRIGGER shop_guard_orders_update_16 BEFORE UPDATE ON orders WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('awaiting_payment>cancelled','awaiting_payment>expired','awaiting_payment>needs_attention','awaiting_payment>paid','awaiting_payment>payment_failed','awaiting_transfer>cancelled','awaiting_transfer>expired','awaiting_transfer>needs_attention','awaiting_transfer>paid','awaiting_transfer>payment_failed','cancelled>needs_attention','cancelled>refund_pending','disputed>fulfilled','disputed>paid','disputed>refund_after_retirement','disputed>refunded','disputed>retired','expired>needs_attention','expired>paid','expired>refund_pending','fulfilled>disputed','fulfilled>refund_after_retirement','needs_attention>refund_pending','needs_attention>refunded','paid>disputed','paid>refund_pending','paid>registry_pending','paid>retired','paid>substitute_offered','payment_failed>awaiting_payment','payment_failed>cancelled','payment_failed>expired','payment_failed>needs_attention','payment_failed>paid','refund_after_retirement>refunded_void','refund_pending>needs_attention','refund_pending>refunded','registry_pending>refund_pending','registry_pending>retired','reserved>awaiting_payment','reserved>awaiting_transfer','reserved>cancelled','reserved>expired','retired>disputed','retired>fulfilled','retired>refund_after_retirement','substitute_offered>paid','substitute_offered>refund_pending') BEGIN SELECT RAISE(ABORT, 'orders state moves only by lawful steps'); END;
--
CREATE TRIGGER shop_guard_refund_update_17 BEFORE UPDATE ON refund WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('pending>failed','pending>succeeded','planned>failed','planned>pending','planned>succeeded','succeeded>failed') BEGIN SELECT RAISE(ABORT, 'refund state moves only by lawful steps'); END;
--
CREATE TRIGGER shop_guard_payment_insert_18 BEFORE INSERT ON payment WHEN NEW.kind = 'order' AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = NEW.order_id AND o.amount_minor = NEW.amount_minor AND o.currency = NEW.currency AND o.test = NEW.test) BEGIN SELECT RAISE(ABORT, 'an order is paid with exactly what was quoted'); END;
--
CREATE TRIGGER shop_guard_orders_update_19 BEFORE UPDATE ON orders WHEN NEW.state = 'paid' AND OLD.state <> 'paid' AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.order_id = NEW.id AND p.kind = 'order') BEGIN SELECT RAISE(ABORT, 'an order is paid by a payment that is on record'); END;
--
CREATE TRIGGER shop_guard_orders_update_20 BEFORE UPDATE ON orders WHEN NEW.state = 'retired' AND OLD.state <> 'retired' AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.id = NEW.hold_id AND h.state = 'retired') BEGIN SELECT RAISE(ABORT, 'an order is retired when its grams are'); END;
--
CREATE TRIGGER shop_guard_refund_insert_21 BEFORE INSERT ON refund WHEN NOT EXISTS (SELECT 1 FROM payment p WHERE p.id = NEW.payment_id AND p.order_id = NEW.order_id AND p.currency = NEW.currency) BEGIN SELECT RAISE(ABORT, 'a refund is of a payment of its order, in its currency'); END;
--
CREATE TRIGGER shop_guard_refund_insert_22 BEFORE INSERT ON refund WHEN NEW.kind = 'before' AND EXISTS (SELECT 1 FROM hold h JOIN orders o ON o.hold_id = h.id WHERE o.id = NEW.order_id AND h.state = 'retired') BEGIN SELECT RAISE(ABORT, 'no refund before retirement once retirement has begun'); END;
--
CREATE TRIGGER shop_guard_refund_insert_23 BEFORE INSERT ON refund WHEN NEW.kind = 'after' AND NOT EXISTS (SELECT 1 FROM hold h JOIN orders o ON o.hold_id = h.id WHERE o.id = NEW.order_id AND h.state = 'retired') BEGIN SELECT RAISE(ABORT, 'no refund after retirement before anything is retired'); END;
--
CREATE TRIGGER shop_guard_hold_update_24 BEFORE UPDATE ON hold WHEN NEW.state = 'retired' AND OLD.state <> 'retired' AND EXISTS (SELECT 1 FROM refund r JOIN orders o ON o.id = r.order_id WHERE o.hold_id = NEW.id AND r.kind = 'before' AND r.state IN ('planned','pending','succeeded')) BEGIN SELECT RAISE(ABORT, 'no retirement starts while a refund is pending'); END;
--
CREATE TRIGGER shop_guard_refund_insert_25 BEFORE INSERT ON refund WHEN NEW.amount_minor + (SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE payment_id = NEW.payment_id AND state <> 'failed') > (SELECT amount_minor FROM payment WHERE id = NEW.payment_id) BEGIN SELECT RAISE(ABORT, 'no more is refunded than was paid'); END;
--
CREATE TRIGGER pledges_guard_pledge_update_0 BEFORE UPDATE ON pledge WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.footprint_id IS DISTINCT FROM OLD.footprint_id OR NEW.footprint_digest IS DISTINCT FROM OLD.footprint_digest OR NEW.model_id IS DISTINCT FROM OLD.model_id OR NEW.model_version IS DISTINCT FROM OLD.model_version OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.baseline_g IS DISTINCT FROM OLD.baseline_g OR NEW.low_g IS DISTINCT FROM OLD.low_g OR NEW.high_g IS DISTINCT FROM OLD.high_g OR NEW.reduction_g IS DISTINCT FROM OLD.reduction_g OR NEW.percent IS DISTINCT FROM OLD.percent OR NEW.year IS DISTINCT FROM OLD.year OR NEW.made_at IS DISTINCT FROM OLD.made_at BEGIN SELECT RAISE(ABORT, 'pledge keeps id, footprint_id, footprint_digest, model_id, model_version, subject, baseline_g, low_g, high_g, reduction_g, percent, year, made_at'); END;
--
CREATE TRIGGER pledges_guard_pledge_delete_1 BEFORE DELETE ON pledge BEGIN SELECT RAISE(ABORT, 'pledge rows are never deleted'); END;
--
CREATE TRIGGER pledges_guard_pledge_insert_2 BEFORE INSERT ON pledge WHEN NEW.state <> 'made' BEGIN SELECT RAISE(ABORT, 'a pledge begins made'); END;
--
CREATE TRIGGER pledges_guard_pledge_update_3 BEFORE UPDATE ON pledge WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('made>withdrawn') BEGIN SELECT RAISE(ABORT, 'pledge state moves only by lawful steps'); END;
--
CREATE TRIGGER pledges_guard_pledge_update_4 BEFORE UPDATE ON pledge WHEN OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at BEGIN SELECT RAISE(ABORT, 'a withdrawal keeps its day'); END;
--
CREATE TRIGGER pledges_guard_pledge_update_5 BEFORE UPDATE ON pledge WHEN (NEW.name <> OLD.name AND NEW.name <> '') OR (NEW.motive <> OLD.motive AND NEW.motive <> '') BEGIN SELECT RAISE(ABORT, 'the words of a pledge are kept or forgotten, not rewritten'); END;
--
CREATE TRIGGER pledges_guard_pledge_update_6 BEFORE UPDATE ON pledge WHEN OLD.owner_id IS NOT NULL AND NEW.owner_id IS NOT NULL AND NEW.owner_id <> OLD.owner_id BEGIN SELECT RAISE(ABORT, 'a pledge is claimed once'); END;
--
