"""Money that leaves the cash journal: to whom, for which month, and never more than is held for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.money import Money
from portal.shop.rules.origins import Origin
from portal.shop.rules.quotes import Party

REFERENCE_MAX = 80
HOLDER_MAX = 120
LAST_DIGITS = 4
PAID_OUT = (Party.FOREST_OWNER, Party.PORTAL, Party.REGISTRY, Party.PAYMENT)


class MoreThanHeld(Refused):
    message = N_("Only %(left)s is held for this party, so no more can be paid out.")


class MoreThanHeldForOrigin(Refused):
    message = N_("Only %(left)s is held for this project, so no more can be paid out for it.")


class NoAccountNamed(Refused):
    message = N_("Nobody has been named yet to whom this project’s money goes. Name an account first.")


class OtherAccountNamed(Refused):
    message = N_("Another account has been named for this project since. Withdraw this and record it anew.")


class ProofMissing(InvalidInput):
    message = N_("Attach the bank’s paper about the transfer.")


class BadAccount(InvalidInput):
    message = N_("Give the holder, the bank and the last four digits or letters of the account.")


class SameAccount(Refused):
    message = N_("This is the account that is in force already.")


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


class HolderKind(StrEnum):
    ORGANISATION = "organisation"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose bank account a project's money goes to. Of its number the last four characters are kept."""

    kind: HolderKind
    holder: str
    bank: str
    last_digits: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The bank's paper about a transfer, as it lies in its folder."""

    sha256: str
    media_type: str


@dataclass(frozen=True, slots=True)
class PayoutDraft:
    """So much to a party for a month (``2026-11``); ``reference`` is the bank's number of the transfer.

    ``origin``: of a forest owner, and only of one, for which project or planting.
    """

    party: Party
    period: str
    amount: Money
    reference: str
    test: bool
    origin: Origin | None
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What came in for a party in one currency, what of it went back to buyers, and what was paid out.

    ``origin``: what came in for one project or planting of a forest owner's.
    """

    party: Party
    received: Money
    given_back: Money
    paid_out: Money
    origin: Origin | None = None

    @property
    def held(self) -> Money:
        """What is still owed; below zero when buyers got back money that had been paid out already."""
        return self.received - self.given_back - self.paid_out


class Row(StrEnum):
    """What a line of a table by project is: all of a project, the sum of its parts, or one of them."""

    WHOLE = "whole"
    SUM = "sum"
    PART = "part"


def by_project(balances: Iterable[Balance]) -> list[tuple[Balance, Row]]:
    """Balances of origins in their order; where several share a project, first what they have together."""
    found: list[tuple[Balance, Row]] = []
    for _of, group in groupby(balances, _whole):
        parts = list(group)
        if len(parts) > 1:
            found.append((_sum(parts), Row.SUM))
        found += [(each, Row.PART if len(parts) > 1 else Row.WHOLE) for each in parts]
    return found


def _whole(balance: Balance) -> tuple[str, Origin | None]:
    return balance.received.currency, balance.origin.whole if balance.origin else None


def _sum(parts: Sequence[Balance]) -> Balance:
    first, nothing = parts[0], Money(0, parts[0].received.currency)
    return Balance(
        first.party,
        sum((each.received for each in parts), nothing),
        sum((each.given_back for each in parts), nothing),
        sum((each.paid_out for each in parts), nothing),
        first.origin.whole if first.origin else None,
    )


def check(draft: PayoutDraft, today: date) -> PayoutDraft:
    """Itself, when it can be recorded.

    Raises NotAPayee, NothingToPay, BadReference, BadMonth, ProofMissing.
    """
    if draft.party not in PAID_OUT or (draft.party is Party.FOREST_OWNER) != (draft.origin is not None):
        raise NotAPayee()
    draft.amount.payable()
    if not 0 < len(draft.reference) <= REFERENCE_MAX or not draft.reference.isprintable():
        raise BadReference(max=REFERENCE_MAX)
    if first_day(draft.period) > today:
        raise BadMonth()
    if draft.proof is None:
        raise ProofMissing()
    return draft


def check_held(held: Money, amount: Money) -> None:
    """Raises MoreThanHeld."""
    if amount > held:
        raise MoreThanHeld(left=max(held, Money(0, held.currency)))


def check_held_for(held: Money, amount: Money) -> None:
    """As ``check_held``, of what is held for one project or planting. Raises MoreThanHeldForOrigin."""
    if amount > held:
        raise MoreThanHeldForOrigin(left=max(held, Money(0, held.currency)))


def check_account(account: Account) -> Account:
    """Itself, trimmed, when money can be sent there. Raises BadAccount."""
    holder, bank = account.holder.strip(), account.bank.strip()
    digits = account.last_digits.strip().upper()
    words = all(0 < len(text) <= HOLDER_MAX and text.isprintable() for text in (holder, bank))
    if not words or len(digits) != LAST_DIGITS or not (digits.isascii() and digits.isalnum()):
        raise BadAccount()
    return Account(account.kind, holder, bank, digits)


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
