"""Looking a certificate up for a visitor: typed any way, and whoever keeps missing has to wait."""

from typing import Final

from flask import current_app, request
from limits import parse
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from portal.certificates import queries
from portal.certificates.queries import CertificateView, NoSuchCertificate
from portal.certificates.rules import numbers
from portal.certificates.rules.numbers import MistypedNumber
from portal.web.limits import network_of

# A person mistypes a few times; guessing 55 random bits takes rather more than 60 tries a minute.
MISSES: Final = parse("60/minute")


def find(text: str) -> CertificateView:
    """The certificate meant. Raises MistypedNumber, NoSuchCertificate, and TooManyRequests before looking."""
    if not _limiter().test(MISSES, "certificates", network_of(request.remote_addr)):
        raise TooManyRequests(retry_after=MISSES.get_expiry())
    try:
        return queries.by_number(numbers.parse(text))
    except (MistypedNumber, NoSuchCertificate):
        missed()
        raise


def missed() -> None:
    """Count a look-up that found nothing; those that find something are free."""
    _limiter().hit(MISSES, "certificates", network_of(request.remote_addr))


def _limiter() -> FixedWindowRateLimiter:
    limiter: FixedWindowRateLimiter = current_app.extensions["portal.limits"]
    return limiter
