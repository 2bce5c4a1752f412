"""Prices of lots: one list per currency, set by two persons, from a day on. No exchange rate anywhere."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.money import Money

REASON_MAX = 200
MOST_MINOR = 100_000_000  # per tonne; more than that is a slip of the pen


class NotPricedIn(InvalidInput):
    message = N_("Lot %(lot)s has no price in %(currency)s.")


class PriceOutOfRange(InvalidInput):
    message = N_("A price per tonne is at most %(most)s.")


class PriceInThePast(InvalidInput):
    message = N_("A price can begin today at the earliest: nobody's quote is changed afterwards.")


class PriceWithoutReason(InvalidInput):
    message = N_("Please say in at most %(max)s characters why the price changes: everybody can read it.")


class PriceUnchanged(InvalidInput):
    message = N_("This is the price already.")


class UnknownProposal(NotFound):
    message = N_("There is no such proposal.")


class ProposalDecided(Refused):
    message = N_("This proposal has been decided already.")


class SecondPersonNeeded(Refused):
    message = N_("Another person must accept this, not the one who proposed it.")


class NotYourProposal(Refused):
    message = N_("Only the person who proposed it can withdraw it.")


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """What a tonne of a lot is to cost from the beginning of a civil day on; the reason is public."""

    lot_code: str
    per_tonne: Money
    from_day: date
    reason: str


def check(draft: PriceDraft, now: Money | None, today: date) -> PriceDraft:
    """Itself, when it can be proposed; ``now`` is the price it would follow.

    Raises NothingToPay, PriceOutOfRange, PriceInThePast, PriceWithoutReason, PriceUnchanged.
    """
    draft.per_tonne.payable()
    if draft.per_tonne.minor > MOST_MINOR:
        raise PriceOutOfRange(most=Money(MOST_MINOR, draft.per_tonne.currency))
    if draft.from_day < today:
        raise PriceInThePast()
    if not 0 < len(draft.reason.strip()) <= REASON_MAX:
        raise PriceWithoutReason(max=REASON_MAX)
    if draft.per_tonne == now:
        raise PriceUnchanged()
    return draft


def check_verdict(verdict: Verdict, proposed_by: str, decided_by: str) -> None:
    """Raises SecondPersonNeeded, NotYourProposal."""
    if verdict is Verdict.ACCEPTED and decided_by == proposed_by:
        raise SecondPersonNeeded()
    if verdict is Verdict.WITHDRAWN and decided_by != proposed_by:
        raise NotYourProposal()
