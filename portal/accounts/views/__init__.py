"""Pages of accounts."""

from portal.accounts.views import (
    bodies,
    entering,
    joining,
    news,
    organisations,
    own,
    passkeys,
    proving,
    readdressing,
    safety,
)
from portal.accounts.views.place import blueprint

__all__ = [
    "blueprint", "bodies", "entering", "joining", "news", "organisations", "own", "passkeys", "proving",
    "readdressing", "safety",
]  # fmt: skip
