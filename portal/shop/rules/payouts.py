"""Money that leaves the cash journal: to whom, for which month, and never more than is held for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.money import Money
from portal.shop.rules.quotes import Party

REFERENCE_MAX = 80
PAID_OUT = (Party.FOREST_OWNER, Party.PORTAL, Party.REGISTRY, Party.PAYMENT)


class MoreThanHeld(Refused):
    message = N_("Only %(left)s is held for this party, so no more can be paid out.")


class BadMonth(InvalidInput):
    message = N_("Write the month as 2026-11; it must have begun.")


class BadReference(InvalidInput):
    message = N_("Give the bank's own number of the transfer, at most %(max)s characters.")


class NotAPayee(InvalidInput):
    message = N_("Nothing is paid out to this party.")


class ReferenceUsed(Refused):
    message = N_("A pay-out with this number is recorded already.")


class UnknownPayout(NotFound):
    message = N_("There is no such pay-out.")


class PayoutDecided(Refused):
    message = N_("This pay-out has been decided already.")


class AnotherPersonNeeded(Refused):
    message = N_("Another person must confirm this, not the one who recorded it.")


class NotYourPayout(Refused):
    message = N_("Only the person who recorded it can withdraw it.")


class PayoutVerdictKind(StrEnum):
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PayoutDraft:
    """So much to a party for a month (``2026-11``); ``reference`` is the bank's number of the transfer."""

    party: Party
    period: str
    amount: Money
    reference: str
    test: bool


@dataclass(frozen=True, slots=True)
class Account:
    """What came in for a party in one currency, what of it went back to buyers, and what was paid out."""

    party: Party
    received: Money
    given_back: Money
    paid_out: Money

    @property
    def held(self) -> Money:
        """What is still owed; below zero when buyers got back money that had been paid out already."""
        return self.received - self.given_back - self.paid_out


def check(draft: PayoutDraft, today: date) -> PayoutDraft:
    """Itself, when it can be recorded. Raises NotAPayee, NothingToPay, BadReference, BadMonth."""
    if draft.party not in PAID_OUT:
        raise NotAPayee()
    draft.amount.payable()
    if not 0 < len(draft.reference) <= REFERENCE_MAX or not draft.reference.isprintable():
        raise BadReference(max=REFERENCE_MAX)
    if first_day(draft.period) > today:
        raise BadMonth()
    return draft


def check_held(held: Money, amount: Money) -> None:
    """Raises MoreThanHeld."""
    if amount > held:
        raise MoreThanHeld(left=max(held, Money(0, held.currency)))


def check_verdict(verdict: PayoutVerdictKind, recorded_by: str, decided_by: str) -> None:
    """Raises AnotherPersonNeeded, NotYourPayout."""
    if verdict is PayoutVerdictKind.CONFIRMED and decided_by == recorded_by:
        raise AnotherPersonNeeded()
    if verdict is PayoutVerdictKind.WITHDRAWN and decided_by != recorded_by:
        raise NotYourPayout()


def first_day(period: str) -> date:
    """The first civil day of a month. Raises BadMonth."""
    try:
        found = date.fromisoformat(f"{period}-01")
    except ValueError:
        raise BadMonth() from None
    if len(period) != len("2026-11"):
        raise BadMonth()
    return found


def month_after(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def months(first: date, last: date) -> list[str]:
    """Every month from that of ``first`` to that of ``last``, the newest first."""
    found, each = [], first.replace(day=1)
    while each <= last:
        found.append(f"{each:%Y-%m}")
        each = month_after(each)
    return found[::-1]


def begins(period: str, zone: ZoneInfo) -> datetime:
    """The instant at which a month begins. Raises BadMonth."""
    return datetime.combine(first_day(period), time.min, zone)


def is_closed(came: Iterable[Money], paid: Iterable[Money]) -> bool:
    """Whether pay-outs for a month reach all that came in for a party in it."""
    return sum(each.minor for each in paid) >= sum(each.minor for each in came) > 0
