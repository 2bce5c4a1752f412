"""What the database refuses about orders and money (ledger.md I9, I10, I16, I17), whoever asks."""

from portal.guards import Guard, append_only, in_turn, keeps, lawful, statements
from portal.shop import planting_guards
from portal.shop.billing_guards import BILLING
from portal.shop.rules.requests import MOVES as REQUEST_MOVES
from portal.shop.rules.states import MOVES

# On PostgreSQL the lock makes two refunds of one payment wait for each other.
_LEFT = (
    "NEW.amount_minor + (SELECT coalesce(sum(amount_minor), 0) FROM refund "
    "WHERE payment_id = NEW.payment_id AND state <> 'failed') > "
    "(SELECT amount_minor FROM payment WHERE id = NEW.payment_id{lock})"
)
_HOLD_OF_ORDER = "SELECT 1 FROM hold h JOIN orders o ON o.hold_id = h.id WHERE o.id = NEW.order_id"

GUARDS = [
    *append_only("order_event", "payment", "payment_event", "cash_line"),
    Guard("orders", "DELETE", "orders rows are never deleted"),
    Guard("order_line", "DELETE", "order_line rows are never deleted"),
    Guard("refund", "DELETE", "refund rows are never deleted"),
    keeps(
        "orders",
        "id",
        "idempotency_key",
        "contents",
        "mass_g",
        "amount_minor",
        "currency",
        "fees",
        "split",
        "terms_version",
        "quote_hash",
        "purpose",
        "consent",
        "payment",
        "provider",
        "test",
        "created_at",
    ),
    keeps("order_line", "id", "order_id", "position", "lots", "mass_g", "minor_per_t", "amount_minor"),
    keeps("refund", "id", "order_id", "payment_id", "kind", "amount_minor", "currency"),
    Guard(
        "order_line",
        "UPDATE",
        "a line is retired once",
        "OLD.retirement_id IS NOT NULL AND NEW.retirement_id IS DISTINCT FROM OLD.retirement_id",
    ),
    Guard("orders", "INSERT", "an order begins reserved", "NEW.state <> 'reserved'"),
    lawful("orders", "state", MOVES),
    lawful(
        "refund",
        "state",
        {
            ("planned", "pending"),
            ("planned", "succeeded"),
            ("planned", "failed"),
            ("pending", "succeeded"),
            ("pending", "failed"),
            ("succeeded", "failed"),  # a bank can send a refund back days later
        },
    ),
    # I10: only the money that was asked for pays
    Guard(
        "payment",
        "INSERT",
        "an order is paid with exactly what was quoted",
        "NEW.kind = 'order' AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = NEW.order_id "
        "AND o.amount_minor = NEW.amount_minor AND o.currency = NEW.currency AND o.test = NEW.test)",
    ),
    Guard(
        "orders",
        "UPDATE",
        "an order is paid by a payment that is on record",
        "NEW.state = 'paid' AND OLD.state <> 'paid' AND NOT EXISTS "
        "(SELECT 1 FROM payment p WHERE p.order_id = NEW.id AND p.kind = 'order')",
    ),
    Guard(
        "orders",
        "UPDATE",
        "an order is retired when its grams are",
        "NEW.state = 'retired' AND OLD.state <> 'retired' AND NOT EXISTS "
        "(SELECT 1 FROM hold h WHERE h.id = NEW.hold_id AND h.state = 'retired')",
    ),
    Guard(
        "refund",
        "INSERT",
        "a refund is of a payment of its order, in its currency",
        "NOT EXISTS (SELECT 1 FROM payment p WHERE p.id = NEW.payment_id AND p.order_id = NEW.order_id "
        "AND p.currency = NEW.currency)",
    ),
    # I16: grams retire or money goes back
    Guard(
        "refund",
        "INSERT",
        "no refund before retirement once retirement has begun",
        f"NEW.kind = 'before' AND EXISTS ({_HOLD_OF_ORDER} AND h.state = 'retired')",
    ),
    Guard(
        "refund",
        "INSERT",
        "no refund after retirement before anything is retired",
        f"NEW.kind = 'after' AND NOT EXISTS ({_HOLD_OF_ORDER} AND h.state = 'retired')",
    ),
    Guard(
        "hold",
        "UPDATE",
        "no retirement starts while a refund is pending",
        "NEW.state = 'retired' AND OLD.state <> 'retired' AND EXISTS "
        "(SELECT 1 FROM refund r JOIN orders o ON o.id = r.order_id WHERE o.hold_id = NEW.id "
        "AND r.kind = 'before' AND r.state IN ('planned','pending','succeeded'))",
    ),
]

PAYOUT_GUARDS = [
    *append_only("payee", "payout", "payout_verdict"),
    Guard(
        "payout_verdict",
        "INSERT",
        "a pay-out is confirmed by a second person",
        "NEW.verdict = 'confirmed' AND EXISTS (SELECT 1 FROM payout p "
        "WHERE p.id = NEW.payout_id AND p.recorded_by = NEW.decided_by)",
    ),
]
_PAYEE = "(SELECT payee_id FROM payout WHERE id = NEW.payout_id)"
# All that came in for the party in this currency, less what went back, against all that was paid out.
_HELD = (
    "(SELECT coalesce(sum(c.amount_minor), 0) FROM payout m JOIN payee y ON y.id = m.payee_id "
    "JOIN cash_line c ON c.party = y.party AND c.currency = y.currency "
    "JOIN orders o ON o.id = c.order_id WHERE m.id = NEW.payout_id AND o.test = y.test)"
)
_PAID_OUT = (
    "(SELECT coalesce(sum(p.amount_minor), 0) FROM payout m JOIN payout p ON p.payee_id = m.payee_id "
    "LEFT JOIN payout_verdict v ON v.payout_id = p.id "
    "WHERE m.id = NEW.payout_id AND (v.verdict = 'confirmed' OR p.id = m.id))"
)


def _no_more_than_held(dialect: str) -> Guard:
    return Guard(
        "payout_verdict",
        "INSERT",
        "no more is paid out than is held",
        f"{_PAID_OUT} > {_HELD}",
        when="NEW.verdict = 'confirmed'" + in_turn(dialect, "payee", _PAYEE),
    )


PLANTING = planting_guards.PLANTING

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
        *("id", "organisation_id", "person_id", "batch_id", "lot", "mass_g", "amount_minor", "currency"),
        *("payment", "quote_hash", "order_id", "created_at"),
    ),
    Guard(
        "purchase_request",
        "UPDATE",
        "nobody approves their own request",
        "NEW.state = 'accepted' AND NEW.decided_by = NEW.person_id",
    ),
]


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migration that makes the tables."""
    lock = " FOR UPDATE" if dialect == "postgresql" else ""
    left = Guard("refund", "INSERT", "no more is refunded than was paid", _LEFT.format(lock=lock))
    return [
        *statements(dialect, [*GUARDS, left], room="shop"),
        *payouts_ddl(dialect),
        *planting_guards.ddl(dialect),
        *statements(dialect, BILLING, room="shop_billing"),
        *statements(dialect, GIFT_GUARDS, room="shop_gifts"),
    ]


def payouts_ddl(dialect: str) -> list[str]:
    return statements(dialect, [*PAYOUT_GUARDS, _no_more_than_held(dialect)], room="shop_payouts")
