"""Prices: who sets one has a second person beside them, and what was charged stays on record."""

from portal.guards import Guard, append_only

PRICE_GUARDS = [
    *append_only("price_proposal", "price_verdict", "list_price"),
    Guard(
        "price_verdict",
        "INSERT",
        "a price is accepted by a second person",
        "NEW.verdict = 'accepted' AND EXISTS (SELECT 1 FROM price_proposal p "
        "WHERE p.id = NEW.proposal_id AND p.proposed_by = NEW.decided_by)",
    ),
    Guard(
        "list_price",
        "INSERT",
        "a price in force is the one that was accepted",
        "NOT EXISTS (SELECT 1 FROM price_proposal p JOIN price_verdict v ON v.proposal_id = p.id "
        "WHERE p.id = NEW.proposal_id AND v.verdict = 'accepted' AND v.at <= NEW.from_at "
        "AND p.lot_id = NEW.lot_id AND p.currency = NEW.currency AND p.minor_per_t = NEW.minor_per_t)",
    ),
    Guard(
        "list_price",
        "INSERT",
        "a price begins after the one before it",
        "EXISTS (SELECT 1 FROM list_price p WHERE p.lot_id = NEW.lot_id AND p.currency = NEW.currency "
        "AND (p.from_at > NEW.from_at OR p.number >= NEW.number))",
    ),
]
