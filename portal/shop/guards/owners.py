"""What the database refuses about payees who share the money of one project, whoever asks."""

from portal.guards import Guard, append_only

OWNER_GUARDS = [
    *append_only("owner_split", "owner_share"),
    Guard(
        "owner_split",
        "INSERT",
        "the shares of a project come to ten thousand",
        "(SELECT coalesce(sum(s.share_bp), 0) FROM owner_share s WHERE s.split_id = NEW.id) <> 10000",
    ),
    Guard(
        "owner_share",
        "INSERT",
        "shares that are in force take no more payees",
        "EXISTS (SELECT 1 FROM owner_split p WHERE p.id = NEW.split_id)",
    ),
    Guard(
        "cash_part",
        "INSERT",
        "money is booked for payees that two persons named",
        "NOT EXISTS (SELECT 1 FROM owner_split p JOIN owner_share s ON s.split_id = p.id "
        "WHERE p.origin || '/' || s.payee = NEW.origin)",
        when="replace(NEW.origin, '/', '') <> NEW.origin",
    ),
]
