"""What the database refuses about projects, credits and the log, whoever asks."""

from portal.guards import statements
from portal.registry.guards import ledger
from portal.registry.guards.accounts import ACCOUNT_GUARDS, added_up
from portal.registry.guards.imports import IMPORT_GUARDS
from portal.registry.guards.ledger import GUARDS
from portal.registry.guards.lifecycle import LIFECYCLE_GUARDS
from portal.registry.guards.log import LOG_GUARDS
from portal.registry.guards.monitoring import MONITORING_GUARDS
from portal.registry.guards.prices import PRICE_GUARDS

# Those that are the same on both databases; what they keep for good is what the log can vouch for.
EVERY_GUARD = [
    *GUARDS, *ACCOUNT_GUARDS, *IMPORT_GUARDS, *LIFECYCLE_GUARDS, *LOG_GUARDS, *MONITORING_GUARDS,
    *PRICE_GUARDS,
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migrations that make the tables."""
    return [
        *credits_ddl(dialect),
        *lifecycle_ddl(dialect),
        *accounts_ddl(dialect),
        *statements(dialect, IMPORT_GUARDS, room="registry_imports"),
        *statements(dialect, LOG_GUARDS, room="registry_log"),
        *statements(dialect, PRICE_GUARDS, room="registry_prices"),
    ]


def credits_ddl(dialect: str) -> list[str]:
    return [
        *ledger.ddl(dialect),
        *statements(dialect, MONITORING_GUARDS, room="registry_monitoring"),
    ]


def lifecycle_ddl(dialect: str) -> list[str]:
    return statements(dialect, LIFECYCLE_GUARDS, room="registry_lifecycle")


def accounts_ddl(dialect: str) -> list[str]:
    return statements(dialect, [*ACCOUNT_GUARDS, *added_up(dialect)], room="registry_accounts")
