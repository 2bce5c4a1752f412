"""What the portal is called, by the people who run it: certificates name it as their issuer."""

from collections.abc import Callable

from portal.kernel.bilingual import Bilingual


def _nobody() -> Bilingual:
    return Bilingual("", "")


_ask: Callable[[], Bilingual] = _nobody


def name() -> Bilingual:
    return _ask()


def call(ask: Callable[[], Bilingual]) -> None:
    """Say whom to ask for the name, once at the portal's start: it may change while the portal runs."""
    global _ask
    _ask = ask
