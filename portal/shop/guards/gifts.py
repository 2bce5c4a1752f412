"""What the database refuses about gifts and requests for approval, whoever asks."""

from portal.guards import Guard, append_only, keeps, lawful
from portal.shop.rules.requests import MOVES as REQUEST_MOVES

GIFT_GUARDS = [
    keeps("gift", "id", "batch_id", "position", "mass_g", "is_named", "created_at"),
    Guard(
        "gift",
        "UPDATE",
        "a gift is claimed once",
        "OLD.claimed_at IS NOT NULL AND (NEW.claimed_at IS DISTINCT FROM OLD.claimed_at "
        "OR NEW.code IS DISTINCT FROM OLD.code OR NEW.claimed_by IS DISTINCT FROM OLD.claimed_by)",
    ),
    Guard(
        "gift",
        "UPDATE",
        "a share is certified once",
        "OLD.certificate IS NOT NULL AND NEW.certificate IS DISTINCT FROM OLD.certificate",
    ),
    # Σ shares = what the batch is for: places below the count, each with as much
    Guard(
        "gift",
        "INSERT",
        "a share is one of its batch",
        "NEW.batch_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM gift_batch b WHERE b.id = NEW.batch_id "
        "AND NEW.mass_g = b.each_g AND NEW.position >= 0 AND NEW.position < b.count)",
    ),
    keeps("gift_batch", "id", "person_id", "organisation_id", "lot", "each_g", "count", "created_at"),
    Guard("purchase_request", "INSERT", "a request begins unanswered", "NEW.state <> 'asked'"),
    lawful("purchase_request", "state", REQUEST_MOVES),
    keeps(
        "purchase_request",
        *("id", "organisation_id", "person_id", "batch_id", "basket", "mass_g", "seedlings", "amount_minor"),
        *("currency", "payment", "quote_hash", "order_id", "created_at"),
    ),
    Guard(
        "purchase_request",
        "UPDATE",
        "nobody approves their own request",
        "NEW.state = 'accepted' AND NEW.decided_by = NEW.person_id",
    ),
]
BLOCKED_CODES = append_only("gift_block")
