"""What the database refuses about seedlings, reports, and orders that wait, whoever asks."""

from collections.abc import Iterable

from portal.guards import Guard, append_only, in_turn, keeps, lawful, statements
from portal.shop.rules.delivery import NAMED_MOVES, OFFER_MOVES
from portal.shop.rules.seedlings import KEEPS_PLACES


def _listed(values: Iterable[str]) -> str:
    return ",".join(f"'{value}'" for value in sorted(values))


_KEPT = _listed(KEEPS_PLACES)
_TAKEN = (
    "(SELECT coalesce(sum(l.seedlings), 0) FROM seedling_line l JOIN orders o ON o.id = l.order_id "  # noqa: S608  names from our own declarations
    f"WHERE l.campaign_id = {{campaign}} AND o.state IN ({_KEPT}) AND o.id <> {{order}})"
)
_PLACES = "(SELECT places FROM planting_campaign WHERE id = {campaign})"

PLANTING = [
    *append_only("planting_report", "planting_photo"),
    Guard("planting_campaign", "DELETE", "planting_campaign rows are never deleted"),
    keeps(
        "planting_campaign",
        "id",
        "code",
        "parcel_code",
        "species_zh",
        "species_en",
        "minor_each",
        "currency",
        "is_demo",
        "opened_at",
    ),
    Guard(
        "planting_campaign",
        "UPDATE",
        "a planting keeps the places that are funded",
        f"{_TAKEN.format(campaign='NEW.id', order=chr(39) * 2)} > NEW.places",
        when="NEW.places < OLD.places",
    ),
    Guard("seedling_line", "DELETE", "seedling_line rows are never deleted"),
    keeps(
        "seedling_line",
        "id",
        "order_id",
        "campaign_id",
        "position",
        "seedlings",
        "minor_each",
        "amount_minor",
    ),
    Guard(
        "seedling_line",
        "UPDATE",
        "a contribution is certified once",
        "OLD.certificate IS NOT NULL AND NEW.certificate IS DISTINCT FROM OLD.certificate",
    ),
    Guard(
        "seedling_line",
        "INSERT",
        "seedlings are added to an order that is not paid yet",
        "NOT EXISTS (SELECT 1 FROM orders WHERE id = NEW.order_id AND state = 'reserved')",
    ),
    Guard(
        "orders",
        "UPDATE",
        "an order without credits has seedlings",
        "NOT EXISTS (SELECT 1 FROM seedling_line WHERE order_id = NEW.id)",
        when="NEW.mass_g = 0 AND NEW.state = 'paid' AND OLD.state <> 'paid'",
    ),
    Guard("named_retirement", "DELETE", "named_retirement rows are never deleted"),
    Guard("named_retirement", "INSERT", "a named retirement begins chosen", "NEW.state <> 'chosen'"),
    keeps("named_retirement", "order_id"),
    lawful("named_retirement", "state", NAMED_MOVES),
    Guard(
        "orders",
        "UPDATE",
        "what waits for a registry is retired with its proof",
        "NOT EXISTS (SELECT 1 FROM named_retirement WHERE order_id = NEW.id AND state = 'proved')",
        when="OLD.state = 'registry_pending' AND NEW.state = 'retired'",
    ),
    Guard("substitute_offer", "DELETE", "substitute_offer rows are never deleted"),
    Guard("substitute_offer", "INSERT", "an offer begins open", "NEW.state <> 'open'"),
    keeps(
        "substitute_offer",
        "id",
        "order_id",
        "lot_code",
        "reason_zh",
        "reason_en",
        "offered_by",
        "offered_at",
        "until",
    ),
    lawful("substitute_offer", "state", OFFER_MOVES),
    Guard(
        "orders",
        "UPDATE",
        "other credits come with an offer that was accepted",
        "NOT EXISTS (SELECT 1 FROM substitute_offer WHERE id = NEW.hold_id AND state = 'accepted')",
        when="OLD.state = 'substitute_offered' AND NEW.state = 'paid'",
    ),
]


def ddl(dialect: str) -> list[str]:
    """All statements for this database. Those about places wait for whoever else counts them."""
    new = {"campaign": "NEW.campaign_id", "order": "NEW.order_id"}
    own = (
        "(SELECT coalesce(sum(seedlings), 0) FROM seedling_line "
        "WHERE campaign_id = NEW.campaign_id AND order_id = NEW.order_id)"
    )
    added = Guard(
        "seedling_line",
        "INSERT",
        "no more seedlings are promised than there are places",
        f"NEW.seedlings + {own} + {_TAKEN.format(**new)} > {_PLACES.format(**new)}",
        when="NEW.seedlings > 0" + in_turn(dialect, "planting_campaign", "NEW.campaign_id"),
    )
    back = Guard(
        "orders",
        "UPDATE",
        "an order that comes back finds its places free",
        "EXISTS (SELECT 1 FROM seedling_line n JOIN planting_campaign c ON c.id = n.campaign_id "  # noqa: S608
        "WHERE n.order_id = NEW.id AND (SELECT coalesce(sum(l.seedlings), 0) FROM seedling_line l "
        "JOIN orders o ON o.id = l.order_id WHERE l.campaign_id = n.campaign_id "
        f"AND (o.id = NEW.id OR o.state IN ({_KEPT}))) > c.places)",
        when=f"OLD.state NOT IN ({_KEPT}) AND NEW.state IN ({_KEPT})",
    )
    return statements(dialect, [*PLANTING, added, back], room="planting")
