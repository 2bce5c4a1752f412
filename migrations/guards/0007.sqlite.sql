CREATE TRIGGER registry_lifecycle_guard_assessment_update_0 BEFORE UPDATE ON assessment BEGIN SELECT RAISE(ABORT, 'assessment rows are never edited'); END;
--
CREATE TRIGGER registry_lifecycle_guard_assessment_delete_1 BEFORE DELETE ON assessment BEGIN SELECT RAISE(ABORT, 'assessment rows are never deleted'); END;
--
CREATE TRIGGER registry_lifecycle_guard_assessment_finding_update_2 BEFORE UPDATE ON assessment_finding BEGIN SELECT RAISE(ABORT, 'assessment_finding rows are never edited'); END;
--
CREATE TRIGGER registry_lifecycle_guard_assessment_finding_delete_3 BEFORE DELETE ON assessment_finding BEGIN SELECT RAISE(ABORT, 'assessment_finding rows are never deleted'); END;
--
CREATE TRIGGER registry_lifecycle_guard_public_notice_update_4 BEFORE UPDATE ON public_notice BEGIN SELECT RAISE(ABORT, 'public_notice rows are never edited'); END;
--
CREATE TRIGGER registry_lifecycle_guard_public_notice_delete_5 BEFORE DELETE ON public_notice BEGIN SELECT RAISE(ABORT, 'public_notice rows are never deleted'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_update_6 BEFORE UPDATE ON project WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.type IS DISTINCT FROM OLD.type OR NEW.source_registry IS DISTINCT FROM OLD.source_registry OR NEW.source_id IS DISTINCT FROM OLD.source_id BEGIN SELECT RAISE(ABORT, 'project keeps id, code, type, source_registry, source_id'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_delete_7 BEFORE DELETE ON project BEGIN SELECT RAISE(ABORT, 'project rows are never deleted'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_insert_8 BEFORE INSERT ON project WHEN NEW.source_registry = 'HLYC' AND NEW.state <> 'proposed' AND NOT NEW.is_demo BEGIN SELECT RAISE(ABORT, 'a project of this register begins proposed'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_update_9 BEFORE UPDATE ON project WHEN NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM project_step s WHERE s.project_id = NEW.id AND s.decision = 'approved' AND s.from_state = OLD.state AND s.to_state = NEW.state AND NOT EXISTS (SELECT 1 FROM project_step t WHERE t.project_id = s.project_id AND t.decision = 'approved' AND t.decided_at > s.decided_at)) BEGIN SELECT RAISE(ABORT, 'a project moves by the step that two people took'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_insert_10 BEFORE INSERT ON project WHEN NEW.crediting_end < NEW.crediting_start OR (NEW.crediting_start IS NULL) <> (NEW.crediting_end IS NULL) BEGIN SELECT RAISE(ABORT, 'a crediting period ends after it begins'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_update_11 BEFORE UPDATE ON project WHEN NEW.crediting_end < NEW.crediting_start OR (NEW.crediting_start IS NULL) <> (NEW.crediting_end IS NULL) BEGIN SELECT RAISE(ABORT, 'a crediting period ends after it begins'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_event_insert_12 BEFORE INSERT ON project_event WHEN NEW.from_state IS NOT NULL AND NOT EXISTS (SELECT 1 FROM project_step s WHERE s.event_id = NEW.id AND s.decision = 'approved' AND s.project_id = NEW.project_id AND s.from_state = NEW.from_state AND s.to_state = NEW.to_state) BEGIN SELECT RAISE(ABORT, 'an event is a step that two people took'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_document_update_13 BEFORE UPDATE ON project_document WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.title_zh IS DISTINCT FROM OLD.title_zh OR NEW.title_en IS DISTINCT FROM OLD.title_en OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.sha256 IS DISTINCT FROM OLD.sha256 OR NEW.media_type IS DISTINCT FROM OLD.media_type OR NEW.bytes IS DISTINCT FROM OLD.bytes OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.at IS DISTINCT FROM OLD.at BEGIN SELECT RAISE(ABORT, 'project_document keeps id, project_id, kind, title_zh, title_en, file_name, sha256, media_type, bytes, actor_id, at'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_document_delete_14 BEFORE DELETE ON project_document BEGIN SELECT RAISE(ABORT, 'project_document rows are never deleted'); END;
--
CREATE TRIGGER registry_lifecycle_guard_parcel_update_15 BEFORE UPDATE ON parcel WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.county_code IS DISTINCT FROM OLD.county_code OR NEW.village IS DISTINCT FROM OLD.village OR NEW.geojson IS DISTINCT FROM OLD.geojson OR NEW.outline_sha256 IS DISTINCT FROM OLD.outline_sha256 OR NEW.west IS DISTINCT FROM OLD.west OR NEW.south IS DISTINCT FROM OLD.south OR NEW.east IS DISTINCT FROM OLD.east OR NEW.north IS DISTINCT FROM OLD.north OR NEW.area_m2 IS DISTINCT FROM OLD.area_m2 OR NEW.tenure IS DISTINCT FROM OLD.tenure OR NEW.document_id IS DISTINCT FROM OLD.document_id OR NEW.valid_from IS DISTINCT FROM OLD.valid_from OR NEW.valid_to IS DISTINCT FROM OLD.valid_to OR NEW.is_demo IS DISTINCT FROM OLD.is_demo OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.at IS DISTINCT FROM OLD.at BEGIN SELECT RAISE(ABORT, 'parcel keeps id, project_id, code, county_code, village, geojson, outline_sha256, west, south, east, north, area_m2, tenure, document_id, valid_from, valid_to, is_demo, actor_id, at'); END;
--
CREATE TRIGGER registry_lifecycle_guard_parcel_delete_16 BEFORE DELETE ON parcel BEGIN SELECT RAISE(ABORT, 'parcel rows are never deleted'); END;
--
CREATE TRIGGER registry_lifecycle_guard_parcel_insert_17 BEFORE INSERT ON parcel WHEN NEW.withdrawn_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a parcel enters before it is withdrawn'); END;
--
CREATE TRIGGER registry_lifecycle_guard_parcel_update_18 BEFORE UPDATE ON parcel WHEN OLD.withdrawn_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a withdrawn parcel stays withdrawn'); END;
--
CREATE TRIGGER registry_lifecycle_guard_parcel_insert_19 BEFORE INSERT ON parcel WHEN EXISTS (SELECT 1 FROM parcel p WHERE p.outline_sha256 = NEW.outline_sha256 AND p.withdrawn_at IS NULL AND p.valid_from <= NEW.valid_to AND NEW.valid_from <= p.valid_to) BEGIN SELECT RAISE(ABORT, 'an outline counts once at a time'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_update_20 BEFORE UPDATE ON project_step WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.from_state IS DISTINCT FROM OLD.from_state OR NEW.to_state IS DISTINCT FROM OLD.to_state OR NEW.document_id IS DISTINCT FROM OLD.document_id OR NEW.note IS DISTINCT FROM OLD.note OR NEW.proposed_by IS DISTINCT FROM OLD.proposed_by OR NEW.proposed_at IS DISTINCT FROM OLD.proposed_at BEGIN SELECT RAISE(ABORT, 'project_step keeps id, project_id, from_state, to_state, document_id, note, proposed_by, proposed_at'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_delete_21 BEFORE DELETE ON project_step BEGIN SELECT RAISE(ABORT, 'project_step rows are never deleted'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_update_22 BEFORE UPDATE ON project_step WHEN OLD.decided_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a step is decided once'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_insert_23 BEFORE INSERT ON project_step WHEN NEW.decided_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a step begins undecided'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_insert_24 BEFORE INSERT ON project_step WHEN ((SELECT type FROM project WHERE id = NEW.project_id) || ':' || (NEW.from_state || '>' || NEW.to_state)) NOT IN ('ARR:design_notice>refused','ARR:design_notice>validation','ARR:design_notice>withdrawn','ARR:proposed>design_notice','ARR:proposed>refused','ARR:proposed>withdrawn','ARR:refused>proposed','ARR:registered>closed','ARR:registered>report_notice','ARR:registered>suspended','ARR:registered>withdrawn','ARR:report_notice>suspended','ARR:report_notice>verification','ARR:suspended>closed','ARR:suspended>registered','ARR:suspended>withdrawn','ARR:validation>refused','ARR:validation>registered','ARR:validation>withdrawn','ARR:verification>registered','ARR:verification>suspended','ARR:verification>verified','ARR:verified>closed','ARR:verified>report_notice','ARR:verified>suspended','ARR:verified>withdrawn','IFM:proposed>refused','IFM:proposed>registered','IFM:proposed>withdrawn','IFM:refused>proposed','IFM:registered>closed','IFM:registered>suspended','IFM:registered>withdrawn','IFM:suspended>closed','IFM:suspended>registered','IFM:suspended>withdrawn','REDD:proposed>recorded','REDD:proposed>refused','REDD:proposed>withdrawn','REDD:recorded>registered','REDD:recorded>withdrawn','REDD:refused>proposed','REDD:registered>closed','REDD:registered>suspended','REDD:registered>withdrawn','REDD:suspended>closed','REDD:suspended>registered','REDD:suspended>withdrawn','other:proposed>recorded','other:proposed>refused','other:proposed>withdrawn','other:recorded>withdrawn','other:refused>proposed','other:registered>closed','other:registered>suspended','other:registered>withdrawn','other:suspended>closed','other:suspended>registered','other:suspended>withdrawn') BEGIN SELECT RAISE(ABORT, 'a step is one that its type of project takes'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_insert_25 BEFORE INSERT ON project_step WHEN NOT EXISTS (SELECT 1 FROM project p WHERE p.id = NEW.project_id AND p.state = NEW.from_state) BEGIN SELECT RAISE(ABORT, 'a step starts where its project stands'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_insert_26 BEFORE INSERT ON project_step WHEN NOT EXISTS (SELECT 1 FROM project_document d WHERE d.id = NEW.document_id AND d.project_id = NEW.project_id AND d.is_public AND ((NEW.from_state || '>' || NEW.to_state) || ':' || d.kind) IN ('design_notice>refused:decision','design_notice>validation:notice_summary','design_notice>withdrawn:decision','proposed>design_notice:design','proposed>recorded:design','proposed>refused:decision','proposed>registered:external_standard','proposed>withdrawn:decision','recorded>registered:external_standard','recorded>withdrawn:decision','refused>proposed:design','registered>closed:decision','registered>report_notice:monitoring_report','registered>suspended:decision','registered>withdrawn:decision','report_notice>suspended:decision','report_notice>verification:notice_summary','suspended>closed:decision','suspended>registered:decision','suspended>withdrawn:decision','validation>refused:decision','validation>registered:validation_report','validation>withdrawn:decision','verification>registered:decision','verification>suspended:decision','verification>verified:verification_report','verified>closed:decision','verified>report_notice:monitoring_report','verified>suspended:decision','verified>withdrawn:decision')) BEGIN SELECT RAISE(ABORT, 'a step rests on the public document it requires'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_update_27 BEFORE UPDATE ON project_step WHEN OLD.decided_at IS NULL AND NEW.decision = 'approved' AND EXISTS (SELECT 1 FROM public_notice n JOIN project_step t ON t.id = n.step_id WHERE n.project_id = NEW.project_id AND t.to_state = NEW.from_state AND NOT EXISTS (SELECT 1 FROM public_notice m WHERE m.project_id = n.project_id AND m.opens_at > n.opens_at) AND n.closes_at > NEW.decided_at) AND NEW.to_state NOT IN ('refused','withdrawn','suspended') BEGIN SELECT RAISE(ABORT, 'a notice runs its time'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_update_28 BEFORE UPDATE ON project_step WHEN OLD.decided_at IS NULL AND NEW.decision = 'approved' AND EXISTS (SELECT 1 FROM public_notice n JOIN project_step t ON t.id = n.step_id JOIN notice_comment c ON c.notice_id = n.id WHERE n.project_id = NEW.project_id AND t.to_state = NEW.from_state AND NOT EXISTS (SELECT 1 FROM public_notice m WHERE m.project_id = n.project_id AND m.opens_at > n.opens_at) AND c.state = 'waiting') AND NEW.to_state NOT IN ('refused','withdrawn','suspended') BEGIN SELECT RAISE(ABORT, 'every comment is answered first'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_update_29 BEFORE UPDATE ON project_step WHEN OLD.decided_at IS NULL AND NEW.decision = 'approved' AND (NEW.from_state || '>' || NEW.to_state) IN ('proposed>design_notice','proposed>registered','recorded>registered') AND NOT EXISTS (SELECT 1 FROM assessment a WHERE a.project_id = NEW.project_id AND a.verdict = 'eligible' AND NOT EXISTS (SELECT 1 FROM assessment later WHERE later.project_id = a.project_id AND later.at > a.at)) BEGIN SELECT RAISE(ABORT, 'what is not eligible goes no further'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_update_30 BEFORE UPDATE ON project_step WHEN OLD.decided_at IS NULL AND NEW.decision = 'approved' AND (NEW.from_state || '>' || NEW.to_state) IN ('proposed>registered','recorded>registered','validation>registered') AND EXISTS (SELECT 1 FROM likeness l WHERE (l.project_id = NEW.project_id OR l.other_id = NEW.project_id) AND l.cleared_at IS NULL) BEGIN SELECT RAISE(ABORT, 'no project is registered while it may be another'); END;
--
CREATE TRIGGER registry_lifecycle_guard_project_step_update_31 BEFORE UPDATE ON project_step WHEN OLD.decided_at IS NULL AND NEW.decision = 'approved' AND (NEW.from_state || '>' || NEW.to_state) = 'validation>registered' AND NOT EXISTS (SELECT 1 FROM parcel p WHERE p.project_id = NEW.project_id AND p.withdrawn_at IS NULL) BEGIN SELECT RAISE(ABORT, 'a project is registered with its land'); END;
--
CREATE TRIGGER registry_lifecycle_guard_public_notice_insert_32 BEFORE INSERT ON public_notice WHEN NOT EXISTS (SELECT 1 FROM project_step s WHERE s.id = NEW.step_id AND s.project_id = NEW.project_id AND s.document_id = NEW.document_id AND s.decision = 'approved') BEGIN SELECT RAISE(ABORT, 'a notice belongs to the step that opened it'); END;
--
CREATE TRIGGER registry_lifecycle_guard_notice_comment_update_33 BEFORE UPDATE ON notice_comment WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.notice_id IS DISTINCT FROM OLD.notice_id OR NEW.body IS DISTINCT FROM OLD.body OR NEW.lang IS DISTINCT FROM OLD.lang OR NEW.at IS DISTINCT FROM OLD.at BEGIN SELECT RAISE(ABORT, 'notice_comment keeps id, notice_id, body, lang, at'); END;
--
CREATE TRIGGER registry_lifecycle_guard_notice_comment_delete_34 BEFORE DELETE ON notice_comment BEGIN SELECT RAISE(ABORT, 'notice_comment rows are never deleted'); END;
--
CREATE TRIGGER registry_lifecycle_guard_notice_comment_insert_35 BEFORE INSERT ON notice_comment WHEN NEW.state <> 'waiting' BEGIN SELECT RAISE(ABORT, 'a comment begins unread'); END;
--
CREATE TRIGGER registry_lifecycle_guard_notice_comment_update_36 BEFORE UPDATE ON notice_comment WHEN OLD.state <> 'waiting' BEGIN SELECT RAISE(ABORT, 'a comment is answered once'); END;
--
CREATE TRIGGER registry_lifecycle_guard_notice_comment_insert_37 BEFORE INSERT ON notice_comment WHEN NOT EXISTS (SELECT 1 FROM public_notice n WHERE n.id = NEW.notice_id AND n.opens_at <= NEW.at AND NEW.at < n.closes_at) BEGIN SELECT RAISE(ABORT, 'a comment comes while its notice is open'); END;
--
CREATE TRIGGER registry_lifecycle_guard_likeness_update_38 BEFORE UPDATE ON likeness WHEN NEW.id IS DISTINCT FROM OLD.id OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.other_id IS DISTINCT FROM OLD.other_id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.found_at IS DISTINCT FROM OLD.found_at BEGIN SELECT RAISE(ABORT, 'likeness keeps id, project_id, other_id, kind, found_at'); END;
--
CREATE TRIGGER registry_lifecycle_guard_likeness_delete_39 BEFORE DELETE ON likeness BEGIN SELECT RAISE(ABORT, 'likeness rows are never deleted'); END;
--
CREATE TRIGGER registry_lifecycle_guard_likeness_insert_40 BEFORE INSERT ON likeness WHEN NEW.cleared_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a likeness begins open'); END;
--
CREATE TRIGGER registry_lifecycle_guard_likeness_update_41 BEFORE UPDATE ON likeness WHEN OLD.cleared_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a likeness is cleared once'); END;
--
CREATE TRIGGER registry_lifecycle_guard_issuance_insert_42 BEFORE INSERT ON issuance WHEN NEW.verification_id IS NOT NULL AND NOT NEW.is_demo AND (SELECT type FROM project WHERE id = NEW.project_id) <> 'ARR' BEGIN SELECT RAISE(ABORT, 'only afforestation is issued by this register'); END;
--
CREATE TRIGGER registry_lifecycle_guard_issuance_insert_43 BEFORE INSERT ON issuance WHEN NEW.verification_id IS NOT NULL AND (SELECT state FROM project WHERE id = NEW.project_id) IN ('design_notice','proposed','recorded','refused','suspended','validation','withdrawn') BEGIN SELECT RAISE(ABORT, 'units are issued to a project in good standing'); END;
--
CREATE TRIGGER registry_lifecycle_guard_pool_lot_insert_44 BEFORE INSERT ON pool_lot WHEN (SELECT state FROM project WHERE id = NEW.project_id) IN ('design_notice','proposed','recorded','refused','suspended','validation','withdrawn') BEGIN SELECT RAISE(ABORT, 'a lot opens for a project in good standing'); END;
--
CREATE TRIGGER registry_lifecycle_guard_pool_lot_insert_45 BEFORE INSERT ON pool_lot WHEN EXISTS (SELECT 1 FROM likeness l WHERE (l.project_id = NEW.project_id OR l.other_id = NEW.project_id) AND l.cleared_at IS NULL) BEGIN SELECT RAISE(ABORT, 'no lot opens while its project may be another'); END;
--
CREATE TRIGGER registry_lifecycle_guard_pool_lot_insert_46 BEFORE INSERT ON pool_lot WHEN NEW.source_registry = 'HLYC' AND NOT NEW.is_demo AND (SELECT type FROM project WHERE id = NEW.project_id) = 'REDD' BEGIN SELECT RAISE(ABORT, 'avoided deforestation is sold under an external standard only'); END;
