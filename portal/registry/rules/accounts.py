"""Units between accounts: issued, offered, frozen, cancelled, lost; what each may and may not do.

Whole tonnes only: a unit of the register is one tonne, and grams of it are attributed inside a lot
(ledger.py). Method: ledger.md, "Tables", "Block states" and invariants I7, I12, I14; a reversal is paid
from the buffer of its own project, and what the buffer cannot pay is the project's debt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.mass import ZERO, Mass, NegativeMass
from portal.registry.rules.ledger import GRAMS_PER_TONNE, AccountKind

SHORTEST_OFFER: Final = timedelta(hours=1)
LONGEST_OFFER: Final = timedelta(days=90)


class TransferState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class VerificationKind(StrEnum):
    """A validation says what a forest is expected to take up, a verification what it has taken up."""

    VALIDATION = "validation"
    VERIFICATION = "verification"


class Decision(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"


class CancelReason(StrEnum):
    """Why units are gone although nobody's emissions were covered by them."""

    VOLUNTARY = "voluntary"  # their holder wants nobody to use them
    ERROR = "error"  # they should never have been issued
    MOVED = "moved"  # they live on in another register
    REVERSAL = "reversal"  # buffer units, for carbon that went back into the air
    COMPENSATION = "compensation"  # other units, for what the buffer could not pay
    CONVERTED = "converted"  # expected units, now that verified ones stand in their place


HOLDERS_REASONS: Final = frozenset({CancelReason.VOLUNTARY})
STAFFS_REASONS: Final = frozenset({CancelReason.VOLUNTARY, CancelReason.ERROR, CancelReason.MOVED})


class Cause(StrEnum):
    """What took the carbon back."""

    FIRE = "fire"
    PEST = "pest"
    STORM = "storm"
    FLOOD = "flood"
    DROUGHT = "drought"
    HARVEST = "harvest"
    CLEARING = "clearing"
    OTHER = "other"


class FreezeKind(StrEnum):
    ACCOUNT = "account"
    PROJECT = "project"
    BLOCK = "block"


# ── what is refused ────────────────────────────────────────────────────────────────────────────


class NotWholeTonnes(InvalidInput):
    message = N_("Units of the register are whole tonnes.")


class VintageOutside(InvalidInput):
    message = N_("The vintage must lie in the monitoring period, from %(first)s to %(last)s.")


class PeriodBackwards(InvalidInput):
    message = N_("The period ends before it begins.")


class BufferTooLarge(InvalidInput):
    message = N_("The buffer must be less than the verified amount.")


class MoreThanReported(InvalidInput):
    message = N_("The monitoring report found %(net)s. No more than that can be confirmed.")


class PeriodNotReported(InvalidInput):
    message = N_("The period must lie in that of the monitoring report, from %(first)s to %(last)s.")


class ReportMended(InvalidInput):
    message = N_("Report %(number)s has taken the place of this one. Choose that.")


class NothingMeasured(InvalidInput):
    message = N_("Growth that is only expected is in no monitoring report.")


class BadOfferEnd(InvalidInput):
    message = N_("An offer stands for at least one hour and at most 90 days.")


class ReasonMissing(InvalidInput):
    message = N_("Say why, in a few words that anybody may read.")


class NotInThePast(InvalidInput):
    message = N_("This day has not come yet.")


class UnknownVerification(NotFound):
    message = N_("There is no such verification record.")


class UnknownAccount(NotFound):
    message = N_("There is no registry account %(code)s.")


class UnknownTransfer(NotFound):
    message = N_("There is no such offer.")


class UnknownReversal(NotFound):
    message = N_("There is no such reversal case.")


class UnknownFreeze(NotFound):
    message = N_("There is no such freeze.")


class SameHand(Refused):
    message = N_("Somebody else must do this step: whoever did the first one may not do the second.")


class AlreadyDecided(Refused):
    message = N_("This has been decided already.")


class NotApproved(Refused):
    message = N_("Nothing can be issued before a second person has approved the verification.")


class NotOurRegister(Refused):
    message = N_("Units of this project are issued by its own register, %(registry)s.")


class NoSerialsForType(Refused):
    message = N_("Our register has no serials for this type of project.")


class InDebt(Refused):
    message = N_("A reversal of this project is not covered yet, so nothing more can be issued for it.")


class IsFrozen(Refused):
    message = N_("This is frozen and cannot move: %(reason)s")


class NotFrozen(Refused):
    message = N_("This is not frozen.")


class AlreadyFrozen(Refused):
    message = N_("This is frozen already.")


class ThawNotAsked(Refused):
    message = N_("Somebody must ask for it to be unfrozen before a second person can agree.")


class SameAccount(Refused):
    message = N_("Units cannot be offered to the account they are in.")


class NotAHolder(Refused):
    message = N_("Units are offered from one holder's account to another's.")


class OfferEnded(Refused):
    message = N_("This offer has ended.")


class AccountExists(Refused):
    message = N_("This organisation already has the registry account %(code)s.")


class NothingOwed(Refused):
    message = N_("Nothing is owed for this reversal any more.")


class NotThisReason(Refused):
    message = N_("Units cannot be cancelled for this reason here.")


# ── rules ──────────────────────────────────────────────────────────────────────────────────────


def tonnes(mass: Mass) -> int:
    """Whole tonnes. Raises NegativeMass, NotWholeTonnes."""
    count, grams = divmod(mass.quantity().grams, GRAMS_PER_TONNE)
    if grams:
        raise NotWholeTonnes()
    return count


def whole_tonnes_of(mass: Mass) -> Mass:
    """``mass`` in whole tonnes, rounded down: what of it can be issued."""
    return Mass(mass.grams // GRAMS_PER_TONNE * GRAMS_PER_TONNE)


def tonnes_up(mass: Mass) -> Mass:
    """``mass`` in whole tonnes, rounded up: how a loss is counted. Raises NegativeMass below zero."""
    if mass < ZERO:
        raise NegativeMass()
    return Mass(-(-mass.grams // GRAMS_PER_TONNE) * GRAMS_PER_TONNE)


def account_code(account_id: str) -> str:
    """The public code of a holder's account: ``A-`` and the last eight characters of its id."""
    return f"A-{account_id[-8:]}"


def issuable(verified: Mass, buffer: Mass, issued: Mass) -> Mass:
    """Whole tonnes that can still be issued to the developer (I7)."""
    return whole_tonnes_of(verified - buffer - issued)


def check_confirms(
    kind: VerificationKind,
    verified: Mass,
    period: tuple[date, date],
    reported: Mass,
    reported_period: tuple[date, date],
    mended_by: int | None,
) -> None:
    """A verification confirms what a standing monitoring report found, or less of it.

    Periods are their first and last day.

    Raises NothingMeasured, ReportMended, PeriodNotReported, MoreThanReported.
    """
    if kind is VerificationKind.VALIDATION:
        raise NothingMeasured()
    if mended_by is not None:
        raise ReportMended(number=mended_by)
    first, last = reported_period
    if period[0] < first or period[1] > last:
        raise PeriodNotReported(first=first, last=last)
    if verified > reported:
        raise MoreThanReported(net=reported)


def check_vintage(vintage: int, start: date, end: date) -> None:
    """Raises VintageOutside unless that year has a day of the period."""
    if not start.year <= vintage <= end.year:
        raise VintageOutside(first=str(start.year), last=str(end.year))  # a year takes no thousands separator


def check_offer_end(now: datetime, expires_at: datetime) -> None:
    """Raises BadOfferEnd."""
    if not SHORTEST_OFFER <= expires_at - now <= LONGEST_OFFER:
        raise BadOfferEnd()


def check_second_hand(first: str | None, second: str) -> None:
    """Two steps, two people. Raises SameHand."""
    if first == second:
        raise SameHand()


def reason_given(text: str) -> str:
    """The reason, trimmed. Raises ReasonMissing for one too short to say anything."""
    text = text.strip()
    if len(text) < 3:
        raise ReasonMissing()
    return text


@dataclass(frozen=True, slots=True)
class ExpectedUnits:
    """A held block of expected units: its id, whose it is, its mass."""

    block_id: str
    account_id: str
    mass: Mass


def converted(expected: Iterable[ExpectedUnits], verified: Mass) -> dict[str, Mass]:
    """How much of ``verified`` goes to each holder of expected units, served in the order given.

    Whoever holds expected units gets verified ones for them, gram for gram, as far as they reach; what is
    left of ``verified`` stays with the developer and is not in the answer.
    """
    shares: dict[str, Mass] = {}
    left = verified
    for units in expected:
        got = min(units.mass, left)
        if not got:
            break
        shares[units.account_id] = shares.get(units.account_id, ZERO) + got
        left -= got
    return shares


def owed(size: Mass, paid: Mass) -> Mass:
    """What of a reversal is not covered by cancelled units yet; never below zero."""
    return max(size - paid, ZERO)


def may_offer(kind: AccountKind) -> bool:
    """Whether units in such an account are somebody's to give away."""
    return kind in (AccountKind.DEVELOPER, AccountKind.HOLDING)


def may_receive(kind: AccountKind) -> bool:
    return kind is AccountKind.HOLDING
