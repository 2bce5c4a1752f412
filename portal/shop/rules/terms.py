"""The terms of sale, as data: fees, limits and times. An order keeps the version it was quoted under."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from portal.kernel.mass import Mass


class PaymentKind(StrEnum):
    CARD = "card"  # at the payment provider: card, Alipay, WeChat Pay
    TRANSFER = "transfer"  # to the portal's bank account, confirmed by staff


_LEAST, _MOST = Mass(1_000), Mass(1_000_000_000)


@dataclass(frozen=True, slots=True)
class Terms:
    """Shares in millionths (ppm), fees in minor units of the lot's currency."""

    version: str
    owner_ppm: int  # of the credits' price: what the forest owner gets; the portal keeps the rest
    registry_minor_per_t: Mapping[str, int] = field(hash=False)  # by currency: no exchange rate is used
    payment_ppm: Mapping[PaymentKind, int] = field(hash=False)
    least: Mass = _LEAST
    most: Mass = _MOST
    lines: int = 20
    # Stripe lets a session live 30 minutes at least; a minute more covers the way there.
    session_life: timedelta = timedelta(minutes=31)
    # The grams stay held a little longer than the session, for the question whether it really ended.
    grace: timedelta = timedelta(minutes=10)
    transfer_life: timedelta = timedelta(days=7)
    cooling_off: timedelta = timedelta(days=7)
    planter_ppm: int = 900_000  # of a seedling's price: what those who plant and tend it get
    named_retirement: timedelta = timedelta(days=30)  # until the source registry's proof must be here
    substitute_answer: timedelta = timedelta(days=14)  # to accept or decline other credits

    def pay_until(self, payment: PaymentKind, now: datetime) -> datetime:
        """Until when the order can be paid: what the countdown and the API show."""
        return now + (self.session_life if payment is PaymentKind.CARD else self.transfer_life)

    def hold_until(self, payment: PaymentKind, now: datetime) -> datetime:
        return self.pay_until(payment, now) + self.grace


TERMS = Terms(
    version="2026-11",
    owner_ppm=800_000,
    registry_minor_per_t={"CNY": 200, "HKD": 220, "USD": 30, "EUR": 26},
    payment_ppm={PaymentKind.CARD: 10_000, PaymentKind.TRANSFER: 0},
)
