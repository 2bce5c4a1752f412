"""What the rooms promise never to change, so that the log can vouch for it."""

from importlib import import_module

from portal.guards import Guard, kept_columns
from portal.registry.queries.digests import Kept

# The rooms whose tables make up the ledger: credits, what they rest on, certificates, the cash, and what the
# city has decided about them, fees and limits, in versions.
LEDGER = (
    "portal.registry.guards", "portal.certificates.guards", "portal.shop.guards", "portal.settings.guards",
)  # fmt: skip


def ledger_tables() -> Kept:
    """Per table of the ledger the columns that its guards keep for good; ``*`` stands for all of them."""
    modules = [vars(import_module(name)) for name in LEDGER]
    lists = [value for module in modules for value in module.values() if isinstance(value, list)]
    return kept_columns(guard for each in lists for guard in each if isinstance(guard, Guard))
