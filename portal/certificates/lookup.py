"""Looking a certificate up for a visitor: typed any way, throttled when it keeps missing."""

from flask import current_app, request
from werkzeug.exceptions import TooManyRequests

from portal.certificates import queries
from portal.certificates.queries import CertificateView, NoSuchCertificate
from portal.certificates.rules import numbers
from portal.certificates.rules.numbers import MistypedNumber
from portal.certificates.throttle import SECONDS, Guesses


def find(text: str) -> CertificateView:
    """The certificate meant. Raises MistypedNumber, NoSuchCertificate, and TooManyRequests before looking."""
    guesses: Guesses = current_app.extensions["certificates.guesses"]
    if guesses.are_too_many(request.remote_addr):
        raise TooManyRequests(retry_after=SECONDS)
    try:
        return queries.by_number(numbers.parse(text))
    except (MistypedNumber, NoSuchCertificate):
        guesses.missed(request.remote_addr)
        raise
