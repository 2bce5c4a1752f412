"""How often one network may ask, counted in the storage that all processes share."""

from collections.abc import Callable
from functools import wraps
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeVar

from flask import Flask, current_app, request
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

View = TypeVar("View", bound=Callable[..., Any])


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
    app.extensions["portal.limits"] = FixedWindowRateLimiter(
        storage_from_string(app.config["PORTAL"].limits_storage)
    )
