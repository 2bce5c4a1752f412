"""A gift: credits bought for somebody else, handed over as a card with a code.

The certificate is the giver's until the code is claimed; then it is replaced by one in the recipient's
name. An unclaimed code never lapses: the certificate simply stays with the giver.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from portal.certificates.rules import claims
from portal.certificates.rules.claims import CertificateType
from portal.kernel import checked
from portal.kernel.clock import CITY
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.shop.rules.orders import NAME_MAX
from portal.shop.rules.states import OrderState

CODE_LENGTH: Final = 16  # 75 random bits and a check character
DEDICATION_MAX: Final = 80
MESSAGE_MAX: Final = 600
LATEST: Final = timedelta(days=366)
HOUR: Final = time(8)  # when a letter for a day is sent, in the city
_ADDRESS: Final = re.compile(r"/gifts/claim/([^/?#]+)")


class NoSuchGift(NotFound):
    message = N_("There is no gift with this code. Please compare it with the card.")


class MistypedCode(NotFound):
    """Not a code at all, or one whose check character does not fit: surely a slip, so it is said."""

    message = N_(
        "“%(text)s” is not a gift code. A code has 16 letters and digits, and its last character proves the "
        "others: please compare it with the card."
    )


class GiftNotReady(Refused):
    message = N_("This gift is still being prepared. Please come back in a while.")


class GiftIsClaimed(Refused):
    message = N_("This gift has already been claimed.")


class GiftIsWithdrawn(Refused):
    message = N_("This gift was withdrawn: the purchase was cancelled or its money given back.")


class GiftIsBlocked(Refused):
    message = N_("This code was blocked. Whoever gave the gift can write to us for another one.")


class BlockReasonMissing(InvalidInput):
    message = N_("Say why the code is blocked: it is kept.")


class GiverIsForgotten(Refused):
    message = N_("Whoever paid for this gift is forgotten, so there is no address to write to.")


class GiftIsDelivered(Refused):
    message = N_("The letter to the recipient is already on its way, so this can no longer be changed.")


class DayOutOfRange(InvalidInput):
    message = N_("Choose a day from today to %(latest)s.")


class AddressNeeded(InvalidInput):
    message = N_("For delivery on a day of your choice, give the recipient's e-mail address.")


class TextTooLong(InvalidInput):
    message = N_("Please use at most %(max)s characters.")


class GiftState(StrEnum):
    DRAFT = "draft"  # nothing is paid yet
    PREPARING = "preparing"  # paid; the certificate is not there yet
    READY = "ready"
    CLAIMED = "claimed"
    WITHDRAWN = "withdrawn"


_S = OrderState
_ON_ITS_WAY: Final = frozenset(
    {_S.PAID, _S.SUBSTITUTE_OFFERED, _S.REGISTRY_PENDING, _S.RETIRED, _S.DISPUTED, _S.NEEDS_ATTENTION}
)
_TAKEN_BACK: Final = frozenset(
    {_S.REFUND_PENDING, _S.REFUNDED, _S.REFUND_AFTER_RETIREMENT, _S.REFUNDED_VOID}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the giver says about a gift; ``lang`` is the card's, ``email`` the recipient's or empty."""

    giver: str
    recipient: str
    email: str
    dedication: str
    message: str
    deliver_on: date | None
    lang: str


@dataclass(frozen=True, slots=True)
class Taker:
    """Who claims a gift: the name that goes on the certificate, where the letter goes."""

    name: str
    email: str
    is_public: bool
    lang: str


def state_of(orders: Iterable[OrderState], is_claimed: bool) -> GiftState:
    """How a gift stands, from the orders that were placed for it."""
    states = set(orders)
    if states and states <= _TAKEN_BACK | {_S.EXPIRED, _S.CANCELLED} and states & _TAKEN_BACK:
        return GiftState.WITHDRAWN
    if _S.FULFILLED in states:
        return GiftState.CLAIMED if is_claimed else GiftState.READY
    return GiftState.PREPARING if states & _ON_ITS_WAY else GiftState.DRAFT


def check_ready(state: GiftState) -> None:
    """Raises GiftIsClaimed, GiftIsWithdrawn, GiftNotReady unless the gift can be claimed now."""
    match state:
        case GiftState.CLAIMED:
            raise GiftIsClaimed()
        case GiftState.WITHDRAWN:
            raise GiftIsWithdrawn()
        case GiftState.DRAFT | GiftState.PREPARING:
            raise GiftNotReady()
        case GiftState.READY:
            return


def check_wishes(wishes: Wishes, today: date) -> Wishes:
    """Itself. Raises DayOutOfRange, AddressNeeded, TextTooLong, ForbiddenClaim (the card bears our name)."""
    limits = ((wishes.giver, NAME_MAX), (wishes.recipient, NAME_MAX), (wishes.dedication, DEDICATION_MAX))
    for text, longest in (*limits, (wishes.message, MESSAGE_MAX)):
        if len(text) > longest:
            raise TextTooLong(max=longest)
    if wishes.deliver_on is not None:
        if not wishes.email:
            raise AddressNeeded()
        if not today <= wishes.deliver_on <= today + LATEST:
            raise DayOutOfRange(latest=(today + LATEST).isoformat())
    claims.check(CertificateType.RETIRED, wishes.dedication, wishes.message)
    return wishes


def delivery(deliver_on: date) -> datetime:
    """When the letter for this day is sent: eight in the morning in the city."""
    return datetime.combine(deliver_on, HOUR, CITY)


def new_code() -> str:
    return checked.new_code(CODE_LENGTH)


def parse_code(text: str) -> str:
    """The plain code in what somebody typed, scanned or pasted. Raises MistypedCode."""
    pasted = _ADDRESS.search(text)
    code = checked.plain(pasted[1] if pasted else text)
    if not checked.is_valid(code, CODE_LENGTH):
        raise MistypedCode(text=" ".join(text.split())[:40])
    return code
