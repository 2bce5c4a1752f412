"""Units between accounts (rules/accounts.py): two people, one owner at a time, nothing out of nothing."""

# ruff: noqa: S608  the conditions are SQL that we write; nothing in them comes from outside

from portal.guards import Guard, append_only, in_turn, keeps


def _kind_of(account: str) -> str:
    return f"(SELECT kind FROM account WHERE id = {account})"


def _issued_to_buffer(verification: str) -> str:
    return (
        "(SELECT coalesce(sum(b.end_g - b.start_g), 0) FROM issuance b "
        f"WHERE b.verification_id = {verification} AND b.for_buffer)"
    )


def _thaws(table: str) -> Guard:
    """What is frozen moves again when the freeze on record was ended, which takes two people."""
    return Guard(
        table,
        "UPDATE",
        f"a frozen {table} is unfrozen by two people",
        "(EXISTS (SELECT 1 FROM freezing WHERE target_id = OLD.id AND thawed_at IS NULL) "
        "OR NOT EXISTS (SELECT 1 FROM freezing WHERE target_id = OLD.id))",
        when="OLD.frozen_at IS NOT NULL AND NEW.frozen_at IS NULL",
    )


ACCOUNT_GUARDS = [
    *append_only("verification_check", "cancellation", "cancellation_range"),
    Guard(
        "verification", "INSERT", "a verification names who recorded it", "coalesce(NEW.entered_by, '') = ''"
    ),
    Guard(
        "verification",
        "INSERT",
        "a record is of a verification or a validation",
        "NEW.kind NOT IN ('verification','validation')",
    ),
    Guard(
        "verification_check",
        "INSERT",
        "who checks a verification did not record it",
        "EXISTS (SELECT 1 FROM verification WHERE id = NEW.verification_id AND entered_by = NEW.checker_id)",
    ),
    # what is issued (I7)
    Guard(
        "issuance",
        "INSERT",
        "own units come from an approved verification",
        "NOT EXISTS (SELECT 1 FROM verification_check "
        "WHERE verification_id = NEW.verification_id AND decision = 'approved')",
        when="NEW.verification_id IS NOT NULL",
    ),
    Guard(
        "issuance",
        "INSERT",
        "units are of their verification, its project and its kind",
        "NOT EXISTS (SELECT 1 FROM verification WHERE id = NEW.verification_id "
        "AND project_id = NEW.project_id AND kind = "
        "CASE NEW.unit_class WHEN 'ex_ante' THEN 'validation' ELSE 'verification' END)",
        when="NEW.verification_id IS NOT NULL",
    ),
    Guard(
        "issuance",
        "INSERT",
        "the buffer is issued before anything else",
        f"{_issued_to_buffer('NEW.verification_id')} < "
        "(SELECT buffer_g / 1000000 * 1000000 FROM verification WHERE id = NEW.verification_id)",
        when="NEW.verification_id IS NOT NULL AND NOT NEW.for_buffer",
    ),
    Guard(
        "issuance",
        "INSERT",
        "nothing is issued while a reversal is not covered",
        "EXISTS (SELECT 1 FROM reversal_case c WHERE c.project_id = NEW.project_id AND (c.size_g IS NULL "
        "OR c.size_g > (SELECT coalesce(sum(mass_g), 0) FROM cancellation WHERE case_id = c.id)))",
        when="NEW.verification_id IS NOT NULL",
    ),
    # where units may go
    Guard(
        "block",
        "UPDATE",
        "a lot takes verified units of a developer only",
        f"(NEW.unit_class <> 'ex_post' OR {_kind_of('OLD.account_id')} <> 'developer')",
        when="OLD.lot_id IS NULL AND NEW.lot_id IS NOT NULL",
    ),
    Guard(
        "block",
        "UPDATE",
        "units change hands only by a transfer, a lot or a retirement",
        when="NEW.account_id <> OLD.account_id AND NEW.lot_id IS NOT DISTINCT FROM OLD.lot_id "
        "AND NOT (OLD.state = 'escrow' AND NEW.state = 'held') "
        "AND NOT (OLD.state = 'allocated' AND NEW.state = 'retired')",
    ),
    Guard(
        "block",
        "UPDATE",
        "units in escrow belong to an open offer of their holder",
        "NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.transfer_id AND t.state = 'offered' "
        "AND t.from_account_id = OLD.account_id AND OLD.lot_id IS NULL)",
        when="NEW.state = 'escrow' AND OLD.state <> 'escrow'",
    ),
    Guard(
        "block",
        "UPDATE",
        "units of other registers are neither offered nor cancelled here",
        "NOT EXISTS (SELECT 1 FROM issuance WHERE id = OLD.issuance_id AND verification_id IS NOT NULL)",
        when="NEW.state IN ('escrow','cancelled') AND OLD.state = 'held'",
    ),
    Guard(
        "block",
        "UPDATE",
        "units in escrow keep their offer",
        when="(NEW.state = 'escrow') <> (NEW.transfer_id IS NOT NULL) "
        "OR (NEW.state = 'escrow' AND OLD.state = 'escrow' AND NEW.transfer_id <> OLD.transfer_id)",
    ),
    Guard(
        "block",
        "UPDATE",
        "units leave escrow as their offer ends",
        "NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = OLD.transfer_id AND NEW.lot_id IS NULL AND "
        "((t.state = 'accepted' AND NEW.account_id = t.to_account_id) OR "
        "(t.state IN ('declined','withdrawn','expired') AND NEW.account_id = OLD.account_id)))",
        when="OLD.state = 'escrow' AND NEW.state = 'held'",
    ),
    Guard(
        "block",
        "UPDATE",
        "a frozen account receives nothing",
        "EXISTS (SELECT 1 FROM account WHERE id = NEW.account_id AND frozen_at IS NOT NULL)",
        when="NEW.account_id <> OLD.account_id AND NEW.state = 'held'",
    ),
    # offers
    Guard("transfer", "INSERT", "an offer begins open", "NEW.state <> 'offered'"),
    Guard(
        "transfer",
        "INSERT",
        "an offer goes from one holder to another",
        f"({_kind_of('NEW.from_account_id')} NOT IN ('developer','holding') "
        f"OR {_kind_of('NEW.to_account_id')} <> 'holding')",
    ),
    keeps(
        "transfer",
        *("id", "from_account_id", "to_account_id", "mass_g", "note", "offered_by", "offered_at"),
        "expires_at",
    ),
    Guard(
        "transfer",
        "UPDATE",
        "an offer is accepted in its time",
        when="NEW.state = 'accepted' AND OLD.state = 'offered' AND NEW.decided_at >= OLD.expires_at",
    ),
    Guard("transfer", "UPDATE", "an ended offer is final", when="OLD.state <> 'offered'"),
    Guard("transfer", "DELETE", "transfer rows are never deleted"),
    # cancellations
    Guard(
        "block",
        "UPDATE",
        "units are cancelled by a cancellation on record",
        "(OLD.lot_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM cancellation_range WHERE block_id = OLD.id))",
        when="NEW.state = 'cancelled' AND OLD.state <> 'cancelled'",
    ),
    Guard(
        "cancellation_range",
        "INSERT",
        "a cancelled range is a whole held block of its account",
        "NOT EXISTS (SELECT 1 FROM block b JOIN cancellation c ON c.id = NEW.cancellation_id "
        "WHERE b.id = NEW.block_id AND b.account_id = c.account_id AND b.state = 'held' AND b.lot_id IS NULL "
        "AND b.start_g = NEW.start_g AND b.end_g = NEW.end_g)",
    ),
    Guard(
        "cancellation_range",
        "INSERT",
        "expected units are converted into verified ones of their project",
        "NOT EXISTS (SELECT 1 FROM cancellation c JOIN issuance post ON post.id = c.issuance_id "
        "JOIN block b ON b.id = NEW.block_id JOIN issuance ante ON ante.id = b.issuance_id "
        "WHERE c.id = NEW.cancellation_id AND ante.unit_class = 'ex_ante' "
        "AND post.unit_class = 'ex_post' AND NOT post.for_buffer AND post.project_id = ante.project_id)",
        when="EXISTS (SELECT 1 FROM cancellation WHERE id = NEW.cancellation_id AND reason = 'converted')",
    ),
    # reversals
    Guard("reversal_case", "INSERT", "a reversal is reported before it is sized", "NEW.size_g IS NOT NULL"),
    keeps(
        "reversal_case",
        *("id", "project_id", "cause", "happened_on", "story", "report_sha256", "reported_by", "reported_at"),
    ),
    Guard("reversal_case", "UPDATE", "a reversal is sized once", when="OLD.size_g IS NOT NULL"),
    Guard("reversal_case", "DELETE", "reversal_case rows are never deleted"),
    # freezes (I12)
    *(_thaws(table) for table in ("account", "project", "block")),
    Guard("freezing", "INSERT", "a freeze begins without an end", "NEW.asked_by IS NOT NULL"),
    keeps("freezing", "id", "kind", "target_id", "reason", "frozen_by", "frozen_at"),
    Guard("freezing", "UPDATE", "an ended freeze is final", when="OLD.thawed_at IS NOT NULL"),
    Guard("freezing", "DELETE", "freezing rows are never deleted"),
    keeps("account", "id", "kind", "party_id", "code"),
    Guard("account", "DELETE", "account rows are never deleted"),
]


def added_up(dialect: str) -> list[Guard]:
    """Sums that no row may exceed: of the buffer, of a reversal, of a conversion."""
    return [
        Guard(
            "issuance",
            "INSERT",
            "no more goes to the buffer than the verification says",
            f"{_issued_to_buffer('NEW.verification_id')} + NEW.end_g - NEW.start_g > "
            "coalesce((SELECT buffer_g FROM verification WHERE id = NEW.verification_id), 0)",
            when="NEW.for_buffer" + in_turn(dialect, "verification", "NEW.verification_id"),
        ),
        Guard(
            "cancellation",
            "INSERT",
            "no more is converted than was issued",
            "(SELECT coalesce(sum(mass_g), 0) FROM cancellation WHERE issuance_id = NEW.issuance_id) "
            "+ NEW.mass_g > (SELECT end_g - start_g FROM issuance WHERE id = NEW.issuance_id)",
            when="NEW.issuance_id IS NOT NULL" + in_turn(dialect, "issuance", "NEW.issuance_id"),
        ),
        Guard(
            "cancellation",
            "INSERT",
            "no more is cancelled for a reversal than its size",
            "(SELECT coalesce(sum(mass_g), 0) FROM cancellation WHERE case_id = NEW.case_id) "
            "+ NEW.mass_g > coalesce((SELECT size_g FROM reversal_case WHERE id = NEW.case_id), 0)",
            when="NEW.case_id IS NOT NULL" + in_turn(dialect, "reversal_case", "NEW.case_id"),
        ),
        Guard(
            "cancellation_range",
            "INSERT",
            "no more is cancelled than the cancellation says",
            "(SELECT coalesce(sum(end_g - start_g), 0) FROM cancellation_range "
            "WHERE cancellation_id = NEW.cancellation_id) + NEW.end_g - NEW.start_g > "
            "(SELECT mass_g FROM cancellation WHERE id = NEW.cancellation_id)",
            when="TRUE" + in_turn(dialect, "cancellation", "NEW.cancellation_id"),
        ),
    ]
