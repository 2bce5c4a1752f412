"""From the change of the stock to what may be issued: every subtraction in its own line.

1  ΔC                                the estimated change, t CO₂
2  discount for uncertainty          by the methodology's table and U = half width / |ΔC|
3  baseline                          what would have been taken up without the project
4  leakage                           what the project causes to be emitted elsewhere
5  emissions of the project          fires, machines, fertiliser
net = 1 − 2 − 3 − 4 − 5, in whole grams, rounded down, and never below 0
buffer = net × p %, in whole grams, rounded up
issuable = net − buffer
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Final

from portal.kernel.mass import Mass
from portal.registry.rules.estimation.change import Change
from portal.registry.rules.estimation.errors import (
    BufferTooSmall,
    EvidenceMissing,
    NegativeDeduction,
    TooUncertain,
)
from portal.registry.rules.estimation.parameters import Band, Method
from portal.registry.rules.estimation.student import DIGITS

GRAMS_PER_TONNE: Final = 1_000_000
_NONE: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Stated:
    """t CO₂ over the whole period, and the document that says so."""

    amount: Decimal
    evidence: str


@dataclass(frozen=True, slots=True)
class Deductions:
    """What is subtracted from the change; the buffer in per cent of what is left."""

    baseline: Stated
    leakage: Stated
    emissions: Stated
    buffer_pct: Decimal

    @property
    def stated(self) -> tuple[Stated, Stated, Stated]:
        return self.baseline, self.leakage, self.emissions


@dataclass(frozen=True, slots=True)
class Account:
    """``net``, ``buffer`` and ``issuable`` are whole grams; everything else t CO₂."""

    change: Decimal
    uncertainty_pct: Decimal | None
    band: Band
    discount: Decimal
    discounted: Decimal
    deductions: Deductions
    exact_net: Decimal
    net: Mass
    buffer: Mass
    issuable: Mass

    @property
    def is_loss(self) -> bool:
        return self.exact_net < 0


def settle(change: Change, method: Method, deductions: Deductions) -> Account:
    """What may be issued for a change.

    Raises TooUncertain, BufferTooSmall, NegativeDeduction, EvidenceMissing.
    """
    _check(method, deductions)
    band = _band(change, method)
    with localcontext(prec=DIGITS):
        of = change.half_width if method.discounts_half_width else abs(change.change)
        discount = of * band.pct / 100
        discounted = change.change - discount  # a gain shrinks, a loss grows
        net = discounted - sum((each.amount for each in deductions.stated), _NONE)
        grams = max(_grams(net, ROUND_FLOOR), 0)
        kept = _grams(Decimal(grams) / GRAMS_PER_TONNE * deductions.buffer_pct / 100, ROUND_CEILING)
    return Account(
        change.change, change.relative_pct, band, discount, discounted, deductions, net,
        Mass(grams), Mass(kept), Mass(grams - kept),
    )  # fmt: skip


def _check(method: Method, deductions: Deductions) -> None:
    if any(each.amount < 0 for each in deductions.stated):
        raise NegativeDeduction()
    if any(not each.evidence.strip() for each in deductions.stated):
        raise EvidenceMissing()
    if not method.buffer_pct <= deductions.buffer_pct <= 100:
        raise BufferTooSmall(least=f"{method.buffer_pct:f}")


def _band(change: Change, method: Method) -> Band:
    """The line of the methodology's table. Raises TooUncertain above the last one."""
    share = change.relative_pct
    for band in method.bands:
        if share is not None and share <= band.up_to:
            return band
    shown = "∞" if share is None else f"{share:.1f}"
    raise TooUncertain(uncertainty=shown, limit=f"{method.limit:f}")


def _grams(tonnes: Decimal, rounding: str) -> int:
    return int((tonnes * GRAMS_PER_TONNE).to_integral_value(rounding=rounding))
