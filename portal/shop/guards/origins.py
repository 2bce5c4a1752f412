"""What the database refuses about the money of projects and plantings, whoever asks."""

from portal.guards import Guard, append_only, in_turn, statements

_OWNERS = (
    "(SELECT coalesce(sum(c.amount_minor), 0) FROM cash_line c "
    "WHERE c.order_id = NEW.order_id AND c.currency = NEW.currency AND c.party = 'forest_owner')"
)
_PARTS = (
    "(SELECT coalesce(sum(c.amount_minor), 0) FROM cash_part c "
    "WHERE c.order_id = NEW.order_id AND c.currency = NEW.currency)"
)
_OWN_PARTS = (
    "(SELECT coalesce(sum(c.amount_minor), 0) FROM cash_part c "
    "WHERE c.order_id = NEW.order_id AND c.currency = NEW.currency AND c.origin = NEW.origin)"
)

ORIGIN_GUARDS = [
    *append_only("cash_part", "payout_account", "payout_proof"),
    Guard(
        "cash_part",
        "INSERT",
        "projects are promised no more than the forest owner of an order",
        f"{_PARTS} + NEW.amount_minor > {_OWNERS}",
        when="NEW.amount_minor > 0",
    ),
    Guard(
        "cash_part",
        "INSERT",
        "a project gives back no more of an order than it was promised",
        f"{_OWN_PARTS} + NEW.amount_minor < 0",
        when="NEW.amount_minor < 0",
    ),
    Guard(
        "payout_proof",
        "INSERT",
        "only a forest owner is paid out for a project",
        "(NEW.origin <> '') <> ((SELECT y.party FROM payout p JOIN payee y ON y.id = p.payee_id "
        "WHERE p.id = NEW.payout_id) = 'forest_owner')",
    ),
    Guard(
        "payout_verdict",
        "INSERT",
        "a pay-out is confirmed with its proof",
        "NOT EXISTS (SELECT 1 FROM payout_proof p WHERE p.payout_id = NEW.payout_id)",
        when="NEW.verdict = 'confirmed'",
    ),
]
# All that came in for the project in this currency, less what went back, against what was paid out for it.
_HELD = (
    "(SELECT coalesce(sum(c.amount_minor), 0) FROM payout m JOIN payee y ON y.id = m.payee_id "
    "JOIN payout_proof q ON q.payout_id = m.id "
    "JOIN cash_part c ON c.origin = q.origin AND c.currency = y.currency "
    "JOIN orders o ON o.id = c.order_id WHERE m.id = NEW.payout_id AND o.test = y.test)"
)
_PAID_OUT = (
    "(SELECT coalesce(sum(p.amount_minor), 0) FROM payout m JOIN payout_proof q ON q.payout_id = m.id "
    "JOIN payout p ON p.payee_id = m.payee_id "
    "JOIN payout_proof w ON w.payout_id = p.id AND w.origin = q.origin "
    "LEFT JOIN payout_verdict v ON v.payout_id = p.id "
    "WHERE m.id = NEW.payout_id AND (v.verdict = 'confirmed' OR p.id = m.id))"
)
_IS_FOR_ONE = "EXISTS (SELECT 1 FROM payout_proof q WHERE q.payout_id = NEW.payout_id AND q.origin <> '')"
_PAYEE = "(SELECT payee_id FROM payout WHERE id = NEW.payout_id)"


def _no_more_than_held(dialect: str) -> Guard:
    return Guard(
        "payout_verdict",
        "INSERT",
        "no more is paid out for a project than is held for it",
        f"{_IS_FOR_ONE} AND {_PAID_OUT} > {_HELD}",
        when="NEW.verdict = 'confirmed'" + in_turn(dialect, "payee", _PAYEE),
    )


def ddl(dialect: str) -> list[str]:
    return statements(dialect, [*ORIGIN_GUARDS, _no_more_than_held(dialect)], room="shop_origins")
