"""Guessing certificate numbers: whoever keeps missing has to wait."""

from ipaddress import IPv6Address, ip_address
from typing import Final

from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

# A person mistypes a few times; 55 random bits need rather more than 60 tries a minute.
MISSES: Final = parse("60 per minute")
SECONDS: Final = 60


class Guesses:
    """Counts look-ups that found nothing, per network; those that find something are free.

    ``storage``: ``memory://`` counts in each process, ``redis://…`` in all of them together.
    """

    def __init__(self, storage: str) -> None:
        self._window = FixedWindowRateLimiter(storage_from_string(storage))

    def are_too_many(self, address: str | None) -> bool:
        return not self._window.test(MISSES, "certificates", network(address))

    def missed(self, address: str | None) -> None:
        self._window.hit(MISSES, "certificates", network(address))


def network(address: str | None) -> str:
    """Who is counted as one: an IPv4 address, or the /64 that one IPv6 household has to itself."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return f"{IPv6Address(int(known) >> 64 << 64)}/64"
    return str(known)
