"""What the database refuses about orders and money (ledger.md I9, I10, I16, I17), whoever asks."""

from portal.guards import Guard, append_only, keeps, lawful, statements
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
        "NOT EXISTS (SELECT 1 FROM payment p WHERE p.order_id = NEW.id AND p.kind = 'order')",
        when="NEW.state = 'paid' AND OLD.state <> 'paid'",
    ),
    Guard(
        "orders",
        "UPDATE",
        "an order is retired when its grams are",
        "NOT EXISTS (SELECT 1 FROM hold h WHERE h.id = NEW.hold_id AND h.state = 'retired')",
        when="NEW.state = 'retired' AND OLD.state <> 'retired'",
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
        "EXISTS (SELECT 1 FROM refund r JOIN orders o ON o.id = r.order_id WHERE o.hold_id = NEW.id "
        "AND r.kind = 'before' AND r.state IN ('planned','pending','succeeded'))",
        when="NEW.state = 'retired' AND OLD.state <> 'retired'",
    ),
]


def ddl(dialect: str) -> list[str]:
    lock = " FOR UPDATE" if dialect == "postgresql" else ""
    left = Guard("refund", "INSERT", "no more is refunded than was paid", _LEFT.format(lock=lock))
    return statements(dialect, [*GUARDS, left], room="shop")
