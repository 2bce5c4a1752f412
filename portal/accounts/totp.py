"""Codes of an authenticator app: RFC 6238 with SHA-1, six digits and 30 seconds, as every app has it."""

import base64
import hmac
import re
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from portal.accounts.rules import STEP_SECONDS, step_of

# A clock half a minute off is common on phones; the neighbouring steps are accepted.
_SLACK = 1


def new_secret() -> bytes:
    return secrets.token_bytes(20)


def shown(secret: bytes) -> str:
    """The secret as people type it into an app (base 32)."""
    return base64.b32encode(secret).decode()


def address(secret: bytes, email: str, issuer: str) -> str:
    """The ``otpauth://`` address that a QR code carries."""
    return _totp(secret).get_provisioning_uri(email, issuer)


def code_at(secret: bytes, step: int) -> str:
    return _totp(secret).generate(step * STEP_SECONDS).decode()


def matching_step(secret: bytes, code: str, now: datetime, after: int | None) -> int | None:
    """The time step this code belongs to, if it is near now and later than the last one used."""
    given = re.sub(r"\s", "", code).encode()
    here = step_of(now)
    for step in range(here - _SLACK, here + _SLACK + 1):
        if step > (after or 0) and hmac.compare_digest(code_at(secret, step).encode(), given):
            return step
    return None


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), STEP_SECONDS)  # noqa: S303 - the algorithm of RFC 6238; HMAC-SHA-1 stands
