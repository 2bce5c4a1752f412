"""What the database refuses about money that is paid out, whoever asks."""

from portal.guards import Guard, append_only, in_turn, statements

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


def ddl(dialect: str) -> list[str]:
    return statements(dialect, [*PAYOUT_GUARDS, _no_more_than_held(dialect)], room="shop_payouts")
