"""What the database refuses about papers, transfers and monthly support: a part of guards.py."""

from portal.guards import Guard, append_only, keeps, lawful
from portal.shop.rules.billing import FAPIAO_MOVES
from portal.shop.rules.giving import GIVING_MOVES, INVOICE_MOVES

# Whoever gives out a number holds its series' row, so on PostgreSQL two of them wait for each other here.
BILLING = [
    *append_only("paper", "fapiao_event"),
    Guard("paper_series", "DELETE", "paper_series rows are never deleted"),
    Guard("paper_series", "INSERT", "a series begins at nought", "NEW.last <> 0"),
    Guard(
        "paper_series",
        "UPDATE",
        "numbers of papers have no gaps",
        "NEW.last <> OLD.last + 1 OR (OLD.last > 0 AND NOT EXISTS "
        "(SELECT 1 FROM paper p WHERE p.series = OLD.series AND p.place = OLD.last))",
    ),
    keeps("paper_series", "series"),
    Guard(
        "paper",
        "INSERT",
        "a paper takes the number that was given out last",
        "NEW.place <> (SELECT s.last FROM paper_series s WHERE s.series = NEW.series)",
    ),
    Guard(
        "paper",
        "INSERT",
        "an invoice is of what its order cost, once it is paid",
        "NEW.kind = 'invoice' AND NOT EXISTS (SELECT 1 FROM orders o JOIN payment p ON p.order_id = o.id "
        "WHERE o.id = NEW.order_id AND p.kind = 'order' AND o.amount_minor = NEW.amount_minor "
        "AND o.currency = NEW.currency AND o.test = NEW.test)",
    ),
    Guard(
        "paper",
        "INSERT",
        "a credit note is of a refund of the invoiced order, in its amount",
        "NEW.kind = 'credit_note' AND NOT EXISTS "
        "(SELECT 1 FROM refund r JOIN paper i ON i.order_id = r.order_id WHERE r.id = NEW.refund_id "
        "AND i.id = NEW.of_id AND i.kind = 'invoice' AND r.order_id = NEW.order_id "
        "AND r.amount_minor = NEW.amount_minor AND r.currency = NEW.currency AND i.test = NEW.test)",
    ),
    Guard("fapiao", "DELETE", "fapiao rows are never deleted"),
    Guard("fapiao", "INSERT", "a fapiao begins as a request", "NEW.state <> 'requested'"),
    keeps("fapiao", "id", "order_id", "amount_minor", "currency", "test", "asked_at"),
    Guard(
        "fapiao",
        "UPDATE",
        "a fapiao keeps its number",
        "(OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number) OR "
        "(OLD.red_number IS NOT NULL AND NEW.red_number IS DISTINCT FROM OLD.red_number)",
    ),
    lawful("fapiao", "state", FAPIAO_MOVES),
    Guard("transfer_part", "DELETE", "transfer_part rows are never deleted"),
    keeps("transfer_part", "reference", "order_id", "amount_minor", "currency", "actor_id", "at"),
    Guard(
        "transfer_part",
        "UPDATE",
        "a transfer is booked once",
        "OLD.payment_id IS NOT NULL AND NEW.payment_id IS DISTINCT FROM OLD.payment_id",
    ),
    Guard("giving", "DELETE", "giving rows are never deleted"),
    keeps("giving", "id", "lot", "mass_g", "day", "test", "begun_at"),
    lawful("giving", "state", GIVING_MOVES),
    Guard("giving_turn", "DELETE", "giving_turn rows are never deleted"),
    keeps("giving_turn", "giving_id", "month", "asked_at"),
]
GIVING_BY_CARD = [
    Guard("giving_card", "DELETE", "giving_card rows are never deleted"),
    keeps("giving_card", "giving_id", "amount_minor", "currency", "consent"),
    Guard("giving_invoice", "DELETE", "giving_invoice rows are never deleted"),
    keeps("giving_invoice", "id", "giving_id", "amount_minor", "currency", "charged_at"),
    lawful("giving_invoice", "state", INVOICE_MOVES),
]
FAPIAO_FILES = append_only("fapiao_file")
