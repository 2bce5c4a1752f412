"""Credits and the log (ledger.md, invariants marked D)."""

# ruff: noqa: S608  the conditions are SQL that we write; nothing in them comes from outside

from portal.guards import Effect, Guard, append_only, in_turn, keeps, lawful, statements, without_overlap
from portal.registry.rules.ledger import BLOCK_MOVES, FINAL_BLOCK_STATES, HOLD_MOVES

_FINAL = ",".join(f"'{state}'" for state in sorted(FINAL_BLOCK_STATES))
_MOVES = (
    "(NEW.state <> OLD.state OR NEW.account_id <> OLD.account_id OR NEW.lot_id IS DISTINCT FROM OLD.lot_id)"
)


def _no_hold(row: str, state: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM hold WHERE id = {row}.hold_id AND state = '{state}')"


def _follows(sentence: str, old: str, new: str, *, hold: str, of: str = "OLD") -> Guard:
    """Grams go from one state to the other only while their hold is in this state."""
    step = f"OLD.state = '{old}' AND NEW.state = '{new}'"
    return Guard("block", "UPDATE", sentence, _no_hold(of, hold), when=step)


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
        _no_hold("NEW", "reserved"),
        when="NEW.state = 'reserved'",
    ),
    # I12: what is frozen does not move
    Guard(
        "block",
        "UPDATE",
        "frozen grams do not move",
        "(OLD.frozen_at IS NOT NULL "
        "OR EXISTS (SELECT 1 FROM account a WHERE a.id = OLD.account_id AND a.frozen_at IS NOT NULL) "
        "OR EXISTS (SELECT 1 FROM issuance i JOIN project p ON p.id = i.project_id "
        "WHERE i.id = OLD.issuance_id AND p.frozen_at IS NOT NULL))",
        when=_MOVES,
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
        "NOT EXISTS (SELECT 1 FROM pool_lot l "
        "JOIN issuance i ON i.project_id = l.project_id WHERE l.id = NEW.lot_id AND i.id = NEW.issuance_id)",
        when="OLD.lot_id IS NULL AND NEW.lot_id IS NOT NULL",
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
    """I7. Two issuers of one verification wait for each other before either adds up what was issued."""
    return Guard(
        "issuance",
        "INSERT",
        "no more is issued than verified minus buffer",
        "(SELECT coalesce(sum(end_g - start_g), 0) FROM issuance "
        "WHERE verification_id = NEW.verification_id AND NOT for_buffer) + NEW.end_g - NEW.start_g > "
        "(SELECT verified_g - buffer_g FROM verification WHERE id = NEW.verification_id)",
        when="NEW.verification_id IS NOT NULL AND NOT NEW.for_buffer"
        + in_turn(dialect, "verification", "NEW.verification_id"),
    )


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the tables."""
    return [
        *statements(dialect, [*GUARDS, issued_within_verified(dialect)], EFFECTS, room="registry"),
        *without_overlap(
            dialect, "block", "start_g", "end_g", "live blocks never overlap", "state <> 'split'"
        ),
        *without_overlap(dialect, "retirement_range", "start_g", "end_g", "a gram is retired once"),
        *without_overlap(dialect, "issuance", "start_g", "end_g", "issuances keep apart"),
    ]
