"""The life of a project: what is proposed by one person is decided by another."""

# ruff: noqa: S608  the conditions are SQL that we write; nothing in them comes from outside

from portal.guards import Guard, append_only, keeps
from portal.registry.rules.lifecycle import NO_STANDING, STEPS, enters_register

_STATE = "(SELECT state FROM project WHERE id = NEW.project_id)"
_TYPE = "(SELECT type FROM project WHERE id = NEW.project_id)"
_STEPS = ",".join(
    sorted({f"'{kind}:{step.source}>{step.target}'" for kind, steps in STEPS.items() for step in steps})
)
_PAPERS = ",".join(
    sorted({f"'{step.source}>{step.target}:{step.document}'" for steps in STEPS.values() for step in steps})
)
_NEEDS = ",".join(
    sorted(
        {f"'{step.source}>{step.target}'" for steps in STEPS.values() for step in steps if step.is_eligible}
    )
)
_ENTRIES = ",".join(
    sorted(
        {
            f"'{step.source}>{step.target}'"
            for steps in STEPS.values()
            for step in steps
            if enters_register(step)
        }
    )
)
_NO_STANDING = ",".join(f"'{state}'" for state in sorted(NO_STANDING))
_STEP = "(NEW.from_state || '>' || NEW.to_state)"
_APPROVES = "OLD.decided_at IS NULL AND NEW.decision = 'approved'"
_NOTICE = "public_notice n JOIN project_step t ON t.id = n.step_id"
_ITS_NOTICE = (
    "n.project_id = NEW.project_id AND t.to_state = NEW.from_state AND NOT EXISTS "
    "(SELECT 1 FROM public_notice m WHERE m.project_id = n.project_id AND m.opens_at > n.opens_at)"
)


def _latest_step(condition: str) -> str:
    """No approved step of the project NEW is the newest one and does this."""
    return (
        "NOT EXISTS (SELECT 1 FROM project_step s WHERE s.project_id = NEW.id AND s.decision = 'approved' "
        f"AND {condition} AND NOT EXISTS (SELECT 1 FROM project_step t WHERE "
        "t.project_id = s.project_id AND t.decision = 'approved' AND t.decided_at > s.decided_at))"
    )


LIFECYCLE_GUARDS = [
    *append_only("assessment", "assessment_finding", "public_notice"),
    # projects
    keeps("project", "id", "code", "type", "source_registry", "source_id"),
    Guard("project", "DELETE", "project rows are never deleted"),
    Guard(
        "project",
        "INSERT",
        "a project of this register begins proposed",
        "NEW.source_registry = 'HLYC' AND NEW.state <> 'proposed' AND NOT NEW.is_demo",
    ),
    Guard(
        "project",
        "UPDATE",
        "a project moves by the step that two people took",
        "NEW.state <> OLD.state AND " + _latest_step("s.from_state = OLD.state AND s.to_state = NEW.state"),
    ),
    *(
        Guard(
            "project",
            event,
            "a crediting period ends after it begins",
            "NEW.crediting_end < NEW.crediting_start "
            "OR (NEW.crediting_start IS NULL) <> (NEW.crediting_end IS NULL)",
        )
        for event in ("INSERT", "UPDATE")
    ),
    Guard(
        "project_event",
        "INSERT",
        "an event is a step that two people took",
        "NEW.from_state IS NOT NULL AND NOT EXISTS (SELECT 1 FROM project_step s WHERE s.event_id = NEW.id "
        "AND s.decision = 'approved' AND s.project_id = NEW.project_id "
        "AND s.from_state = NEW.from_state AND s.to_state = NEW.to_state)",
    ),
    # documents
    keeps(
        "project_document",
        *("id", "project_id", "kind", "title_zh", "title_en", "file_name", "sha256", "media_type", "bytes"),
        *("actor_id", "at"),
    ),
    Guard("project_document", "DELETE", "project_document rows are never deleted"),
    # land
    keeps(
        "parcel",
        *("id", "project_id", "code", "county_code", "village", "geojson", "outline_sha256"),
        *("west", "south", "east", "north", "area_m2", "tenure", "document_id", "valid_from", "valid_to"),
        *("is_demo", "actor_id", "at"),
    ),
    Guard("parcel", "DELETE", "parcel rows are never deleted"),
    Guard("parcel", "INSERT", "a parcel enters before it is withdrawn", "NEW.withdrawn_at IS NOT NULL"),
    Guard("parcel", "UPDATE", "a withdrawn parcel stays withdrawn", "OLD.withdrawn_at IS NOT NULL"),
    Guard(
        "parcel",
        "INSERT",
        "an outline counts once at a time",
        "EXISTS (SELECT 1 FROM parcel p WHERE p.outline_sha256 = NEW.outline_sha256 "
        "AND p.withdrawn_at IS NULL AND p.valid_from <= NEW.valid_to AND NEW.valid_from <= p.valid_to)",
    ),
    # steps
    keeps(
        "project_step",
        *("id", "project_id", "from_state", "to_state", "document_id", "note", "proposed_by", "proposed_at"),
    ),
    Guard("project_step", "DELETE", "project_step rows are never deleted"),
    Guard("project_step", "UPDATE", "a step is decided once", "OLD.decided_at IS NOT NULL"),
    Guard("project_step", "INSERT", "a step begins undecided", "NEW.decided_at IS NOT NULL"),
    Guard(
        "project_step",
        "INSERT",
        "a step is one that its type of project takes",
        f"({_TYPE} || ':' || {_STEP}) NOT IN ({_STEPS})",
    ),
    Guard(
        "project_step",
        "INSERT",
        "a step starts where its project stands",
        "NOT EXISTS (SELECT 1 FROM project p WHERE p.id = NEW.project_id AND p.state = NEW.from_state)",
    ),
    Guard(
        "project_step",
        "INSERT",
        "a step rests on the public document it requires",
        "NOT EXISTS (SELECT 1 FROM project_document d WHERE d.id = NEW.document_id "
        f"AND d.project_id = NEW.project_id AND d.is_public AND ({_STEP} || ':' || d.kind) IN ({_PAPERS}))",
    ),
    Guard(
        "project_step",
        "UPDATE",
        "a notice runs its time",
        f"{_APPROVES} AND EXISTS (SELECT 1 FROM {_NOTICE} WHERE {_ITS_NOTICE} "
        "AND n.closes_at > NEW.decided_at) AND NEW.to_state NOT IN ('refused','withdrawn','suspended')",
    ),
    Guard(
        "project_step",
        "UPDATE",
        "every comment is answered first",
        f"{_APPROVES} AND EXISTS (SELECT 1 FROM {_NOTICE} JOIN notice_comment c ON c.notice_id = n.id "
        f"WHERE {_ITS_NOTICE} AND c.state = 'waiting') "
        "AND NEW.to_state NOT IN ('refused','withdrawn','suspended')",
    ),
    Guard(
        "project_step",
        "UPDATE",
        "what is not eligible goes no further",
        f"{_APPROVES} AND {_STEP} IN ({_NEEDS}) AND NOT EXISTS (SELECT 1 FROM assessment a "
        "WHERE a.project_id = NEW.project_id AND a.verdict = 'eligible' AND NOT EXISTS "
        "(SELECT 1 FROM assessment later WHERE later.project_id = a.project_id AND later.at > a.at))",
    ),
    Guard(
        "project_step",
        "UPDATE",
        "no project is registered while it may be another",
        f"{_APPROVES} AND {_STEP} IN ({_ENTRIES}) AND EXISTS (SELECT 1 FROM likeness l "
        "WHERE (l.project_id = NEW.project_id OR l.other_id = NEW.project_id) AND l.cleared_at IS NULL)",
    ),
    Guard(
        "project_step",
        "UPDATE",
        "a project is registered with its land",
        f"{_APPROVES} AND {_STEP} = 'validation>registered' AND NOT EXISTS (SELECT 1 FROM parcel p "
        "WHERE p.project_id = NEW.project_id AND p.withdrawn_at IS NULL)",
    ),
    # notices
    Guard(
        "public_notice",
        "INSERT",
        "a notice belongs to the step that opened it",
        "NOT EXISTS (SELECT 1 FROM project_step s WHERE s.id = NEW.step_id AND s.project_id = NEW.project_id "
        "AND s.document_id = NEW.document_id AND s.decision = 'approved')",
    ),
    keeps("notice_comment", "id", "notice_id", "body", "lang", "at"),
    Guard("notice_comment", "DELETE", "notice_comment rows are never deleted"),
    Guard("notice_comment", "INSERT", "a comment begins unread", "NEW.state <> 'waiting'"),
    Guard("notice_comment", "UPDATE", "a comment is answered once", "OLD.state <> 'waiting'"),
    Guard(
        "notice_comment",
        "INSERT",
        "a comment comes while its notice is open",
        "NOT EXISTS (SELECT 1 FROM public_notice n WHERE n.id = NEW.notice_id "
        "AND n.opens_at <= NEW.at AND NEW.at < n.closes_at)",
    ),
    # likenesses
    keeps("likeness", "id", "project_id", "other_id", "kind", "found_at"),
    Guard("likeness", "DELETE", "likeness rows are never deleted"),
    Guard("likeness", "INSERT", "a likeness begins open", "NEW.cleared_at IS NOT NULL"),
    Guard("likeness", "UPDATE", "a likeness is cleared once", "OLD.cleared_at IS NOT NULL"),
    # what may be issued and sold
    Guard(
        "issuance",
        "INSERT",
        "only afforestation is issued by this register",
        f"NEW.verification_id IS NOT NULL AND NOT NEW.is_demo AND {_TYPE} <> 'ARR'",
    ),
    Guard(
        "issuance",
        "INSERT",
        "units are issued to a project in good standing",
        f"NEW.verification_id IS NOT NULL AND {_STATE} IN ({_NO_STANDING})",
    ),
    Guard(
        "pool_lot",
        "INSERT",
        "a lot opens for a project in good standing",
        f"{_STATE} IN ({_NO_STANDING})",
    ),
    Guard(
        "pool_lot",
        "INSERT",
        "no lot opens while its project may be another",
        "EXISTS (SELECT 1 FROM likeness l WHERE (l.project_id = NEW.project_id "
        "OR l.other_id = NEW.project_id) AND l.cleared_at IS NULL)",
    ),
    Guard(
        "pool_lot",
        "INSERT",
        "avoided deforestation is sold under an external standard only",
        f"NEW.source_registry = 'HLYC' AND NOT NEW.is_demo AND {_TYPE} = 'REDD'",
    ),
]
