"""What the database refuses about orders and all that is paid for, whoever asks."""

from portal.guards import statements
from portal.shop.guards import orders, origins, payouts, planting
from portal.shop.guards.billing import BILLING, FAPIAO_FILES, GIVING_BY_CARD
from portal.shop.guards.gifts import BLOCKED_CODES, GIFT_GUARDS
from portal.shop.guards.orders import GUARDS
from portal.shop.guards.origins import ORIGIN_GUARDS
from portal.shop.guards.owners import OWNER_GUARDS
from portal.shop.guards.payouts import PAYOUT_GUARDS
from portal.shop.guards.planting import PLANTING

# Those that are the same on both databases; what they keep for good is what the log can vouch for.
EVERY_GUARD = [
    *GUARDS, *PAYOUT_GUARDS, *PLANTING, *BILLING, *GIFT_GUARDS, *GIVING_BY_CARD, *ORIGIN_GUARDS,
    *OWNER_GUARDS,
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migrations that make the tables."""
    return [
        *orders.ddl(dialect),
        *payouts.ddl(dialect),
        *planting.ddl(dialect),
        *statements(dialect, BILLING, room="shop_billing"),
        *statements(dialect, GIFT_GUARDS, room="shop_gifts"),
        *statements(dialect, GIVING_BY_CARD, room="shop_giving_card"),
        *statements(dialect, [*FAPIAO_FILES, *BLOCKED_CODES], room="shop_desk"),
        *origins.ddl(dialect),
        *statements(dialect, OWNER_GUARDS, room="shop_owners"),
    ]
