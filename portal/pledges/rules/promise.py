"""What a pledge may promise, and how far it is covered. Nothing here says that anything was achieved.

Wording: a pledge is C0 of ledger.md, "has pledged to …", with how far it is verified beside it.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.mass import ZERO, Mass

LAST_YEAR = 2060  # the year of China's own long-term goal; a target beyond it is nobody's plan
NAME_MAX = 80
MOTIVE_MAX = 500


class UnknownPledge(NotFound):
    message = N_("We could not find this pledge. Open it with the whole link that you were given.")


class PercentOutOfRange(InvalidInput):
    message = N_("Choose a reduction from 1 to 100 per cent.")


class ReductionOutOfRange(InvalidInput):
    message = N_("The reduction must be more than zero and at most the footprint itself, %(baseline)s.")


class YearOutOfRange(InvalidInput):
    message = N_("Choose a year from %(first)s to %(last)s.")


class TextTooLong(InvalidInput):
    message = N_("Please use at most %(max)s characters.")


class NothingToReduce(Refused):
    message = N_("This footprint is zero, so there is nothing to pledge for.")


class AlreadyWithdrawn(Refused):
    message = N_("This pledge was already withdrawn.")


class AlreadyClaimed(Refused):
    message = N_("This pledge already belongs to an account.")


class TooSmallForPaper(Refused):
    message = N_("A certificate needs a promise of at least one per cent.")


class WordsMissing(InvalidInput):
    message = N_("Say in your own words why.")


class PledgeState(StrEnum):
    MADE = "made"
    WITHDRAWN = "withdrawn"


MOVES = frozenset({(PledgeState.MADE, PledgeState.WITHDRAWN)})


class WithdrawalReason(StrEnum):
    """Why a promise is taken back."""

    TARGET = "target"
    CIRCUMSTANCES = "circumstances"
    DATA = "data"
    DUPLICATE = "duplicate"
    OTHER = "other"


def check_withdrawal(reason: WithdrawalReason, words: str) -> None:
    """Another reason than the listed ones needs words. Raises WordsMissing, TextTooLong."""
    if reason is WithdrawalReason.OTHER and not words:
        raise WordsMissing()
    if len(words) > MOTIVE_MAX:
        raise TextTooLong(max=MOTIVE_MAX)


class Subject(StrEnum):
    """What the baseline is about: a year of a household, or one whole event."""

    YEAR = "year"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Progress:
    """What is left after the promised cut, and how much of that is retired in the register."""

    remaining: Mass
    retired: Mass

    @property
    def open(self) -> Mass:
        """What nobody has covered yet; never less than zero."""
        return max(self.remaining - self.retired, ZERO)

    @property
    def percent(self) -> int:
        """Covered part in whole per cent, rounded down: 99.9 is not 100."""
        if not self.remaining:
            return 100
        return min(self.retired.grams * 100 // self.remaining.grams, 100)


def years(today: date) -> tuple[int, int]:
    """First and last year that may be promised."""
    return today.year, LAST_YEAR


def reduction(baseline: Mass, aim: int | Mass) -> Mass:
    """The promised cut in grams; a percentage is rounded up, in favour of the promise.

    Raises NothingToReduce, PercentOutOfRange, ReductionOutOfRange.
    """
    if not baseline:
        raise NothingToReduce()
    if isinstance(aim, Mass):
        if not ZERO < aim <= baseline:
            raise ReductionOutOfRange(baseline=baseline)
        return aim
    if not 1 <= aim <= 100:
        raise PercentOutOfRange()
    return Mass(-(-baseline.grams * aim // 100))


def percent_on_paper(baseline: Mass, reduction: Mass) -> int:
    """The promised cut in whole per cent, rounded down: a paper never says more. Raises TooSmallForPaper."""
    percent = reduction.grams * 100 // baseline.grams
    if not percent:
        raise TooSmallForPaper()
    return percent


def remaining(baseline: Mass, reduction: Mass) -> Mass:
    """What is left to be offset, in whole kilograms, rounded up: what is to be covered never shrinks."""
    return Mass.kg((baseline - reduction).kg_up)
