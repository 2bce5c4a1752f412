"""A purchase inside an organisation: a member asks, an approver answers, and what nobody answers lapses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.shop.rules.basket import Basket
from portal.shop.rules.quotes import Quote

ANSWER_WITHIN: Final = timedelta(days=14)
NOTE_MAX: Final = 500


class NoSuchRequest(NotFound):
    message = N_("We could not find what you asked for.")


class RequestIsAnswered(Refused):
    message = N_("This request has already been answered, withdrawn, or its time is over.")


class ReasonIsMissing(InvalidInput):
    message = N_("Please say why, so that your colleague knows what to change.")


class NotYourOwnRequest(Refused):
    message = N_("Somebody else has to approve what you asked for yourself.")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a member asks for. ``quote`` is the price as it was seen; ``batch_id`` empty but for gifts."""

    organisation_id: str
    basket: Basket
    quote: Quote
    name: str
    is_public: bool
    note: str
    lang: str
    batch_id: str = ""


class RequestState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"  # the order is placed
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class RequestEvent(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


STEPS: Final[Mapping[tuple[RequestState, RequestEvent], RequestState]] = {
    (RequestState.ASKED, RequestEvent.ACCEPT): RequestState.ACCEPTED,
    (RequestState.ASKED, RequestEvent.DECLINE): RequestState.DECLINED,
    (RequestState.ASKED, RequestEvent.WITHDRAW): RequestState.WITHDRAWN,
    (RequestState.ASKED, RequestEvent.LAPSE): RequestState.LAPSED,
}
MOVES: Final = frozenset((old, new) for (old, _), new in STEPS.items())


def next_state(state: RequestState, event: RequestEvent) -> RequestState:
    """The state after ``event``. Raises RequestIsAnswered: every answer is final."""
    try:
        return STEPS[state, event]
    except KeyError:
        raise RequestIsAnswered(state=state.value) from None
