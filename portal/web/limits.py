"""How often one network may ask, counted in the storage that all processes share.

While that storage is away each process counts for itself: a limit that is several times as wide for some
minutes is better than a page that says no, or one that says anything to everybody.
"""

import time
from collections.abc import Callable
from functools import wraps
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeVar

import structlog
from flask import Flask, current_app, request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

View = TypeVar("View", bound=Callable[..., Any])
AWAY_SECONDS = 5.0  # until a storage that did not answer is asked again
log = structlog.get_logger("limits")


class SharedLimiter(FixedWindowRateLimiter):
    """Counts in the shared storage, and in this process while that does not answer."""

    def __init__(self, uri: str) -> None:
        # The two options are of the Redis client; memory takes and ignores them.
        patience = {"socket_timeout": 1, "socket_connect_timeout": 1} if "redis" in uri else {}
        super().__init__(storage_from_string(uri, wrap_exceptions=True, **patience))
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._away_until = 0.0

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        return self._ask(super().hit, self._own.hit, item, *identifiers, cost=cost)

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        return self._ask(super().test, self._own.test, item, *identifiers, cost=cost)

    def _ask(self, shared: Callable[..., bool], own: Callable[..., bool], *about: Any, cost: int) -> bool:
        if time.monotonic() >= self._away_until:
            try:
                return shared(*about, cost=cost)
            except StorageError as fault:
                self._away_until = time.monotonic() + AWAY_SECONDS
                log.warning("limits are counted apart", fault=str(fault)[:200])
        return own(*about, cost=cost)


def count(rate: str, name: str) -> None:
    """Count this request under ``name``; ``rate`` is such as "600/minute". Raises TooManyRequests."""
    limiter: FixedWindowRateLimiter = current_app.extensions["portal.limits"]
    wanted, network = parse(rate), network_of(request.remote_addr)
    if not limiter.hit(wanted, name, network):
        raise TooManyRequests(retry_after=wanted.get_expiry())


def limited(rate: str) -> Callable[[View], View]:
    """Let one network call this view so often; below the guard."""

    def limit(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            count(rate, str(request.endpoint))
            return view(*args, **kwargs)

        return counted  # type: ignore[return-value]

    return limit


def network_of(address: str | None) -> str:
    """Who is counted as one: an IPv4 address, or the /64 that one IPv6 household has to itself."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or f"{IPv6Address(int(known) >> 64 << 64)}/64")
    return str(known)


def install(app: Flask) -> None:
    app.extensions["portal.limits"] = SharedLimiter(app.config["PORTAL"].limits_storage)
