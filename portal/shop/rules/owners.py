"""Several payees of one project: a forest farm and a village collective share what the forest owner gets.

Shares are basis points, hundredths of a per cent, and come to 10,000. Two persons name them; newer ones hold
for orders that are paid from then on, and what was booked before stays as it was.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, Refused
from portal.kernel.money import Money
from portal.shop.rules.origins import Origin, in_proportion

ALL: Final = 10_000
MOST_PAYEES: Final = 6
PAYEE_NAME_MAX: Final = 80
# Part of the text of an origin, therefore without a slash.
PAYEE: Final = re.compile(r"[a-z][a-z0-9-]{1,19}")


class BadPayee(InvalidInput):
    message = N_("A payee has a short code of 2 to 20 letters a–z, digits and hyphens, and its name.")


class PayeeTwice(InvalidInput):
    message = N_("The payee “%(payee)s” stands here twice.")


class BadShare(InvalidInput):
    message = N_("Give a share from 0.01 to 100 per cent, with two decimals at most.")


class SharesDoNotAddUp(InvalidInput):
    message = N_("The shares come to %(sum)s per cent, and must come to 100.")


class NobodyShares(InvalidInput):
    message = N_("Name at least one payee.")


class SameShares(Refused):
    message = N_("These are the shares that are in force already.")


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """A payee of a project, by a code that is theirs for good, and what they get of its money."""

    payee: str
    name: Bilingual
    basis_points: int

    @property
    def percent(self) -> str:
        """``33.34``."""
        return percent(self.basis_points)


@dataclass(frozen=True, slots=True)
class OwnerSplit:
    """Who shares the money of a project or planting, from ``at`` on until another split is named."""

    id: str
    origin: Origin
    shares: tuple[OwnerShare, ...]
    at: datetime

    def among(self, amount: Money) -> dict[Origin, Money]:
        """The amount, to the minor unit, for each payee: by the largest remainder."""
        return in_proportion(amount, {self.of(each): Fraction(each.basis_points) for each in self.shares})

    def of(self, share: OwnerShare) -> Origin:
        """Under which name the journal books a payee's money."""
        return Origin(self.origin.kind, self.origin.code, share.payee)


def percent(basis_points: int) -> str:
    """``33.34``, of 3334."""
    return f"{basis_points // 100}.{basis_points % 100:02}"


def check_shares(shares: Sequence[OwnerShare]) -> tuple[OwnerShare, ...]:
    """Themselves, in the order of their codes, when they can be in force.

    Raises NobodyShares, BadPayee, PayeeTwice, BadShare, SharesDoNotAddUp.
    """
    if not shares or len(shares) > MOST_PAYEES:
        raise NobodyShares()
    seen: set[str] = set()
    for each in shares:
        _check_payee(each)
        if each.payee in seen:
            raise PayeeTwice(payee=each.payee)
        seen.add(each.payee)
    total = sum(each.basis_points for each in shares)
    if total != ALL:
        raise SharesDoNotAddUp(sum=percent(total))
    return tuple(sorted(shares, key=lambda each: each.payee))


def _check_payee(share: OwnerShare) -> None:
    names = (share.name.zh, share.name.en)
    if not PAYEE.fullmatch(share.payee) or not all(
        0 < len(name) <= PAYEE_NAME_MAX and name.isprintable() for name in names
    ):
        raise BadPayee()
    if not 0 < share.basis_points <= ALL:
        raise BadShare()
