"""Pages of accounts."""

from portal.accounts.views import entering, organisations, own, passkeys, proving, safety
from portal.accounts.views.place import blueprint

__all__ = ["blueprint", "entering", "organisations", "own", "passkeys", "proving", "safety"]
