"""Signed links: a key in the address that opens one thing to whoever holds it, and bearer tokens alike."""

import hashlib
import hmac

from flask import current_app

_PURPOSE = b"portal link v1:"


def key_for(thing_id: str) -> str:
    """The ``k=`` of a link to this thing: 43 characters, the same for ever while the secret key lives."""
    return _key(current_app.config["PORTAL"].secret_keys[0], thing_id)


def opens(key: str, thing_id: str) -> bool:
    """Whether this key opens this thing, with the newest secret or one that is being retired."""
    given = key.encode("utf-8", "replace")
    return any(
        hmac.compare_digest(_key(secret, thing_id).encode(), given)
        for secret in current_app.config["PORTAL"].secret_keys
    )


def _key(secret: str, thing_id: str) -> str:
    digest = hmac.new(secret.encode(), _PURPOSE + thing_id.encode(), hashlib.sha256).digest()
    return hashlib.sha256(digest).hexdigest()[:43]
