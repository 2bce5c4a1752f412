"""What stands between a paid order and its retirement: a registry's proof, or another lot to agree to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused


class NothingAwaited(NotFound):
    message = N_("This order waits for no proof of a source registry.")


class AlreadyDecided(Refused):
    message = N_("This was decided already.")


class NothingOffered(NotFound):
    message = N_("Nothing is offered for this order.")


class OfferOver(Refused):
    message = N_("This offer is no longer open.")


class SameLot(InvalidInput):
    message = N_("Offer another lot than the one that was ordered.")


class OtherType(InvalidInput):
    message = N_("Offer credits of the same project type: removal and avoidance never stand for one another.")


class NotOverdue(Refused):
    message = N_("The source registry still has time until %(day)s.")


OVERDUE: Final = "proof_overdue"  # in an order's history: the buyer was told that the day has passed


class NamedState(StrEnum):
    """The life of a retirement in a buyer's name. ``chosen`` until the order is paid."""

    CHOSEN = "chosen"
    ASKED = "asked"
    PROVED = "proved"
    REFUSED = "refused"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"


NAMED_MOVES: Final = frozenset(
    {
        (NamedState.CHOSEN, NamedState.ASKED),
        (NamedState.ASKED, NamedState.PROVED),
        (NamedState.ASKED, NamedState.REFUSED),
    }
)
OFFER_MOVES: Final = frozenset(
    (OfferState.OPEN, end) for end in (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.LAPSED)
)
# How an offer can end, in the words of the order's history and of its refund.
REFUND_REASONS: Final[Mapping[OfferState, str]] = {
    OfferState.DECLINED: "substitute_declined",
    OfferState.LAPSED: "substitute_lapsed",
}


@dataclass(frozen=True, slots=True)
class RegistryProof:
    """What the source registry says of the tonnes it retired in the buyer's name.

    ``serials`` are the source's own, one block each; ``file`` is kept in the folder of evidence.
    """

    reference: str
    retired_on: date
    serials: tuple[str, ...]
    sha256: str
    file: str
