"""What the database refuses about credits (ledger.md, invariants marked D), whoever asks."""

# ruff: noqa: S608  the conditions are SQL that we write; nothing in them comes from outside

from portal.guards import Effect, Guard, append_only, keeps, lawful, statements, without_overlap
from portal.registry.rules.ledger import BLOCK_MOVES, FINAL_BLOCK_STATES, HOLD_MOVES
from portal.registry.rules.lifecycle import NO_STANDING, STEPS, enters_register

_FINAL = ",".join(f"'{state}'" for state in sorted(FINAL_BLOCK_STATES))
_MOVES = (
    "(NEW.state <> OLD.state OR NEW.account_id <> OLD.account_id OR NEW.lot_id IS DISTINCT FROM OLD.lot_id)"
)


def _no_hold(row: str, state: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM hold WHERE id = {row}.hold_id AND state = '{state}')"


def _follows(sentence: str, old: str, new: str, *, hold: str, of: str = "OLD") -> Guard:
    """Grams go from one state to the other only while their hold is in this state."""
    step = f"OLD.state = '{old}' AND NEW.state = '{new}'"
    return Guard("block", "UPDATE", sentence, f"{step} AND {_no_hold(of, hold)}")


GUARDS = [
    # I5: the journal, the log and what they rest on
    *append_only("ledger_entry", "retirement", "retirement_range", "retirement_void"),
    *append_only("record", "entry", "node", "checkpoint", "project_event", "registry_import"),
    *append_only("issuance", "verification", "audit_entry", "ledger_audit"),
    # I3, I4: blocks keep their grams, and final states are final
    keeps("block", "id", "issuance_id", "unit_class", "parent_id", "start_g", "end_g"),
    Guard("block", "DELETE", "block rows are never deleted"),
    Guard("block", "UPDATE", "a final state is final", f"OLD.state IN ({_FINAL})"),
    lawful("block", "state", BLOCK_MOVES),
    Guard(
        "block",
        "INSERT",
        "a block is born inside its issuance",
        "NOT EXISTS (SELECT 1 FROM issuance i WHERE i.id = NEW.issuance_id "
        "AND NEW.start_g >= i.start_g AND NEW.end_g <= i.end_g)",
    ),
    Guard(
        "block",
        "INSERT",
        "a block is born held or reserved, or retired at its source",
        "NEW.state NOT IN ('held','reserved') AND NOT (NEW.state = 'retired' AND NEW.lot_id IS NULL)",
    ),
    Guard(
        "block",
        "INSERT",
        "a block is reserved for a hold that is reserved",
        f"NEW.state = 'reserved' AND {_no_hold('NEW', 'reserved')}",
    ),
    # I12: what is frozen does not move
    Guard(
        "block",
        "UPDATE",
        "frozen grams do not move",
        f"{_MOVES} AND (OLD.frozen_at IS NOT NULL "
        "OR EXISTS (SELECT 1 FROM account a WHERE a.id = OLD.account_id AND a.frozen_at IS NOT NULL) "
        "OR EXISTS (SELECT 1 FROM issuance i JOIN project p ON p.id = i.project_id "
        "WHERE i.id = OLD.issuance_id AND p.frozen_at IS NOT NULL))",
    ),
    # I15, I16: grams follow their hold, step by step
    _follows(
        "a block is reserved for a hold that is reserved", "held", "reserved", hold="reserved", of="NEW"
    ),
    _follows("grams are allocated when their hold is", "reserved", "allocated", hold="allocated"),
    _follows("reserved grams are released when their hold is", "reserved", "held", hold="released"),
    _follows("allocated grams are released when their hold is", "allocated", "held", hold="released"),
    _follows("grams retire when their hold does", "allocated", "retired", hold="retired"),
    Guard(
        "block",
        "UPDATE",
        "retired grams of a lot have a retirement",
        "NEW.state = 'retired' AND OLD.state <> 'retired' "
        "AND NEW.lot_id IS NOT NULL AND NEW.retirement_id IS NULL",
    ),
    keeps("hold", "id", "made_at"),
    Guard("hold", "DELETE", "hold rows are never deleted"),
    Guard("hold", "INSERT", "a hold begins reserved", "NEW.state <> 'reserved'"),
    lawful("hold", "state", HOLD_MOVES),
    Guard(
        "retirement",
        "INSERT",
        "no retirement starts unless its hold retires",
        _no_hold("NEW", "retired"),
    ),
    Guard(
        "retirement_range",
        "INSERT",
        "a retired range is a whole block of its retirement",
        "NOT EXISTS (SELECT 1 FROM block b WHERE b.id = NEW.block_id AND b.retirement_id = NEW.retirement_id "
        "AND b.start_g = NEW.start_g AND b.end_g = NEW.end_g)",
    ),
    # I8: a lot's promise is fixed; what is attributed only grows, by the effect below
    keeps(
        "pool_lot",
        *("id", "code", "project_id", "account_id", "source_registry"),
        *("retirement_reference", "retired_g", "is_demo"),
    ),
    Guard("pool_lot", "DELETE", "pool_lot rows are never deleted"),
    Guard("pool_lot", "UPDATE", "attributed grams never come back", "NEW.attributed_g < OLD.attributed_g"),
    Guard("pool_lot", "INSERT", "a lot begins unattributed", "NEW.attributed_g <> 0 OR NEW.free_g <> 0"),
    Guard(
        "block",
        "UPDATE",
        "a block joins a lot once",
        "OLD.lot_id IS NOT NULL AND NEW.lot_id IS DISTINCT FROM OLD.lot_id",
    ),
    Guard(
        "block",
        "UPDATE",
        "a lot takes grams of its own project only",
        "OLD.lot_id IS NULL AND NEW.lot_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pool_lot l "
        "JOIN issuance i ON i.project_id = l.project_id WHERE l.id = NEW.lot_id AND i.id = NEW.issuance_id)",
    ),
]

EFFECTS = [
    Effect(
        "block",
        "UPDATE",
        "NEW.state = 'retired' AND OLD.state <> 'retired' AND NEW.lot_id IS NOT NULL",
        "UPDATE pool_lot SET attributed_g = attributed_g + (NEW.end_g - NEW.start_g) WHERE id = NEW.lot_id",
    ),
]


def issued_within_verified(dialect: str) -> Guard:
    """I7. On PostgreSQL the row lock makes two issuers of one verification wait for each other."""
    lock = " FOR UPDATE" if dialect == "postgresql" else ""
    return Guard(
        "issuance",
        "INSERT",
        "no more is issued than verified minus buffer",
        "NEW.verification_id IS NOT NULL AND "
        "(SELECT coalesce(sum(end_g - start_g), 0) FROM issuance "
        "WHERE verification_id = NEW.verification_id) + NEW.end_g - NEW.start_g > "
        f"(SELECT verified_g - buffer_g FROM verification WHERE id = NEW.verification_id{lock})",
    )


# -- the life of a project: what is proposed by one person is decided by another -----------------

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


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migrations that make the tables."""
    return [*credits_ddl(dialect), *lifecycle_ddl(dialect)]


def lifecycle_ddl(dialect: str) -> list[str]:
    return statements(dialect, LIFECYCLE_GUARDS, room="registry_lifecycle")


def credits_ddl(dialect: str) -> list[str]:
    return [
        *statements(dialect, [*GUARDS, issued_within_verified(dialect)], EFFECTS, room="registry"),
        *without_overlap(
            dialect, "block", "start_g", "end_g", "live blocks never overlap", "state <> 'split'"
        ),
        *without_overlap(dialect, "retirement_range", "start_g", "end_g", "a gram is retired once"),
        *without_overlap(dialect, "issuance", "start_g", "end_g", "issuances keep apart"),
    ]
