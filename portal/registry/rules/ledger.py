"""Grams and their states: who may move what, which grams are taken, and whether they still add up.

Every issuance has its own stretch of one global gram address space, so that one plain range
constraint keeps all blocks apart. Inside the portal a range is 0-based and half-open in that
space; people read it 1-based and inclusive, counted inside the serial block (``shown``).
Method: ledger.md, "Units and notation", "Tables" and invariants I1–I4, I7, I8, I14, I16.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, overload

from portal.kernel.errors import N_, Refused
from portal.kernel.mass import Mass, total

GRAMS_PER_TONNE: Final = 1_000_000
LAST_ADDRESS: Final = 2**63 - 1  # a signed 64-bit column on both databases


class NotEnoughCredits(Refused):
    message = N_("Only %(left)s are left.")


class UnlawfulStep(Refused):
    message = N_("This cannot be done in the present state.")


class MoreThanVerified(Refused):
    message = N_("No more than %(left)s of the verified amount can still be issued.")


class AccountKind(StrEnum):
    DEVELOPER = "developer"
    HOLDING = "holding"
    BUFFER = "buffer"
    POOL = "pool"
    ESCROW = "escrow"
    HOLD = "hold"
    RETIRED = "retired"
    CANCELLED = "cancelled"
    LOSS = "loss"


class UnitClass(StrEnum):
    EX_ANTE = "ex_ante"
    EX_POST = "ex_post"


class ProjectType(StrEnum):
    ARR = "ARR"  # afforestation and reforestation
    IFM = "IFM"  # forest management
    REDD = "REDD"  # avoided deforestation and degradation
    OTHER = "other"  # registered, not sold here

    @property
    def is_sold_here(self) -> bool:
        return self is not ProjectType.OTHER


class BlockState(StrEnum):
    """In a pool lot ``held`` means retired at the source and attributed to nobody, ``retired``
    attributed to one beneficiary for good."""

    HELD = "held"
    RESERVED = "reserved"
    ALLOCATED = "allocated"
    RETIRED = "retired"
    CANCELLED = "cancelled"
    SPLIT = "split"
    ESCROW = "escrow"


class BlockEvent(StrEnum):
    RESERVE = "reserve"
    SETTLE = "settle"
    RETIRE = "retire"
    RELEASE = "release"
    CANCEL = "cancel"
    SPLIT = "split"
    OFFER = "offer"
    TRADE = "trade"
    WITHDRAW = "withdraw"


class HoldState(StrEnum):
    RESERVED = "reserved"
    ALLOCATED = "allocated"
    REFUNDING = "refunding"
    RETIRED = "retired"
    RELEASED = "released"


class HoldEvent(StrEnum):
    SETTLE = "settle"
    RELEASE = "release"
    RETIRE = "retire"
    REFUND = "refund"
    # The refund did not happen: the grams stay with the order. No command does it, since a refund that failed
    # is tried again; the database's guard names the step, and rows of older versions may have taken it.
    KEEP = "keep"


BLOCK_STEPS: Final[Mapping[tuple[BlockState, BlockEvent], BlockState]] = {
    (BlockState.HELD, BlockEvent.RESERVE): BlockState.RESERVED,
    (BlockState.HELD, BlockEvent.OFFER): BlockState.ESCROW,
    (BlockState.HELD, BlockEvent.CANCEL): BlockState.CANCELLED,
    (BlockState.HELD, BlockEvent.SPLIT): BlockState.SPLIT,
    (BlockState.RESERVED, BlockEvent.SETTLE): BlockState.ALLOCATED,
    (BlockState.RESERVED, BlockEvent.RELEASE): BlockState.HELD,
    (BlockState.ALLOCATED, BlockEvent.RETIRE): BlockState.RETIRED,
    (BlockState.ALLOCATED, BlockEvent.RELEASE): BlockState.HELD,
    (BlockState.ESCROW, BlockEvent.TRADE): BlockState.HELD,
    (BlockState.ESCROW, BlockEvent.WITHDRAW): BlockState.HELD,
    (BlockState.ESCROW, BlockEvent.SPLIT): BlockState.SPLIT,
}

# Retiring starts from allocated alone: while a refund is pending nothing can retire (I16).
HOLD_STEPS: Final[Mapping[tuple[HoldState, HoldEvent], HoldState]] = {
    (HoldState.RESERVED, HoldEvent.SETTLE): HoldState.ALLOCATED,
    (HoldState.RESERVED, HoldEvent.RELEASE): HoldState.RELEASED,
    (HoldState.ALLOCATED, HoldEvent.RETIRE): HoldState.RETIRED,
    (HoldState.ALLOCATED, HoldEvent.REFUND): HoldState.REFUNDING,
    (HoldState.REFUNDING, HoldEvent.RELEASE): HoldState.RELEASED,
    (HoldState.REFUNDING, HoldEvent.KEEP): HoldState.ALLOCATED,
}

# The same tables as (from, to) pairs, for the database triggers that stand behind them.
BLOCK_MOVES: Final = frozenset((old, new) for (old, _), new in BLOCK_STEPS.items())
HOLD_MOVES: Final = frozenset((old, new) for (old, _), new in HOLD_STEPS.items())
FINAL_BLOCK_STATES: Final = frozenset(BlockState) - {old for old, _ in BLOCK_MOVES}
FINAL_HOLD_STATES: Final = frozenset(HoldState) - {old for old, _ in HOLD_MOVES}


@overload
def next_state(state: BlockState, event: BlockEvent) -> BlockState: ...
@overload
def next_state(state: HoldState, event: HoldEvent) -> HoldState: ...
def next_state(state: BlockState | HoldState, event: BlockEvent | HoldEvent) -> BlockState | HoldState:
    """The state after ``event``. Raises UnlawfulStep, so final states stay final (I4)."""
    # Two tables, never one: "reserved" of a block and "reserved" of a hold are equal as text.
    new: BlockState | HoldState | None = None
    if isinstance(state, BlockState) and isinstance(event, BlockEvent):
        new = BLOCK_STEPS.get((state, event))
    elif isinstance(state, HoldState) and isinstance(event, HoldEvent):
        new = HOLD_STEPS.get((state, event))
    else:
        raise TypeError("a block takes block events, a hold takes hold events")
    if new is None:
        raise UnlawfulStep(state=state.value, event=event.value)
    return new


@dataclass(frozen=True, order=True, slots=True)
class GramRange:
    """Grams ``start`` … ``end - 1`` of the global address space; never empty."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if type(self.start) is not int or type(self.end) is not int:
            raise TypeError("gram addresses are int")
        if not 0 <= self.start < self.end <= LAST_ADDRESS:
            raise ValueError(f"not a range of grams: {self.start}..{self.end}")

    @property
    def mass(self) -> Mass:
        return Mass(self.end - self.start)

    def holds(self, other: "GramRange") -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class FreeRange:
    """A held block as stock: its id and its grams."""

    block_id: str
    grams: GramRange


@dataclass(frozen=True, slots=True)
class Slice:
    """What is taken of one block: always from its lowest gram, the whole block or its head."""

    block: FreeRange
    grams: GramRange

    @property
    def is_whole(self) -> bool:
        """True when the block itself moves and need not be split."""
        return self.grams == self.block.grams

    @property
    def rest(self) -> GramRange | None:
        """What stays behind of the block, None when it was taken whole."""
        return None if self.is_whole else GramRange(self.grams.end, self.block.grams.end)


def take(free: Iterable[FreeRange], wanted: Mass) -> list[Slice]:
    """The grams an order of ``wanted`` gets, from the lowest free gram upward.

    ``free`` comes in the order of taking: oldest vintage first, then serial order; it is read
    only as far as needed. Raises NegativeMass, and NotEnoughCredits with all that is left:
    then nothing is taken.
    """
    missing = wanted.quantity().grams
    slices: list[Slice] = []
    for block in free:
        end = min(block.grams.end, block.grams.start + missing)
        slices.append(Slice(block, GramRange(block.grams.start, end)))
        missing -= end - block.grams.start
        if not missing:
            return slices
    raise NotEnoughCredits(left=Mass(wanted.grams - missing))


@dataclass(frozen=True, slots=True)
class Cut:
    """What the lines of one order take of one block: (line, grams) from its lowest gram upward."""

    block: FreeRange
    pieces: tuple[tuple[str, GramRange], ...]
    rest: GramRange | None

    @property
    def is_whole(self) -> bool:
        """True when one line takes the block itself, which then need not be split."""
        return len(self.pieces) == 1 and self.rest is None

    @property
    def children(self) -> tuple[tuple[str | None, GramRange], ...]:
        """What the block becomes: its pieces with their lines, and the rest with none."""
        return (*self.pieces, (None, self.rest)) if self.rest else self.pieces


def share(free: Iterable[FreeRange], wants: Sequence[tuple[str, Mass]]) -> list[Cut]:
    """``take`` for several lines at once, served one after another from the same stock.

    Raises NegativeMass, and NotEnoughCredits when they do not fit together: then nothing is taken.
    """
    todo = [(line, mass.quantity().grams) for line, mass in reversed(wants)]
    cuts: list[Cut] = []
    for taken in take(free, total([mass for _, mass in wants])):
        pieces: list[tuple[str, GramRange]] = []
        start = taken.grams.start
        while start < taken.grams.end:
            line, missing = todo.pop()
            end = min(taken.grams.end, start + missing)
            pieces.append((line, GramRange(start, end)))
            if left := missing - (end - start):
                todo.append((line, left))
            start = end
        cuts.append(Cut(taken.block, tuple(pieces), taken.rest))
    return cuts


def split(parent: GramRange, piece: GramRange) -> tuple[GramRange, ...]:
    """The children of ``parent``, in order, one of them ``piece``: together exactly the parent."""
    if not parent.holds(piece):
        raise ValueError(f"{piece} is not inside {parent}")
    cuts = sorted({parent.start, piece.start, piece.end, parent.end})
    return tuple(GramRange(low, high) for low, high in pairwise(cuts))


def joined(ranges: Iterable[GramRange]) -> list[GramRange]:
    """The same grams in order with neighbours written as one range. Raises ValueError on overlap."""
    result: list[GramRange] = []
    for grams in sorted(ranges):
        if result and grams.start < result[-1].end:
            raise ValueError(f"{grams} overlaps {result[-1]}")
        if result and grams.start == result[-1].end:
            grams = GramRange(result.pop().start, grams.end)
        result.append(grams)
    return result


def issue_at(base: int, quantity: Mass) -> GramRange:
    """The addresses of a new issuance that starts at ``base``, the end of the last one (0 at first)."""
    return GramRange(base, base + quantity.quantity().grams)


def shown(issuance: GramRange, grams: GramRange) -> tuple[int, int]:
    """First and last gram as people read them: 1-based, inclusive, inside the serial block."""
    if not issuance.holds(grams):
        raise ValueError(f"{grams} is not inside {issuance}")
    return grams.start - issuance.start + 1, grams.end - issuance.start


class FaultKind(StrEnum):
    GAP = "gap"
    OVERLAP = "overlap"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Fault:
    kind: FaultKind
    grams: GramRange


def partition_faults(issuance: GramRange, leaves: Iterable[GramRange]) -> list[Fault]:
    """Where the live leaves fail to partition the issuance (I1): gaps, overlaps, grams outside.

    Empty when every gram of the issuance is in exactly one leaf. One pass over sorted leaves.
    """
    faults: list[Fault] = []
    covered = issuance.start
    for leaf in sorted(leaves):
        faults += _outside(issuance, leaf)
        start, end = max(leaf.start, issuance.start), min(leaf.end, issuance.end)
        if start >= end:
            continue
        if start > covered:
            faults.append(Fault(FaultKind.GAP, GramRange(covered, start)))
        elif start < covered:
            faults.append(Fault(FaultKind.OVERLAP, GramRange(start, min(end, covered))))
        covered = max(covered, end)
    if covered < issuance.end:
        faults.append(Fault(FaultKind.GAP, GramRange(covered, issuance.end)))
    return faults


def _outside(issuance: GramRange, leaf: GramRange) -> list[Fault]:
    faults = []
    if leaf.start < issuance.start:
        faults.append(Fault(FaultKind.OUTSIDE, GramRange(leaf.start, min(leaf.end, issuance.start))))
    if leaf.end > issuance.end:
        faults.append(Fault(FaultKind.OUTSIDE, GramRange(max(leaf.start, issuance.end), leaf.end)))
    return faults


def check_issuing(verified: Mass, buffer: Mass, issued: Mass, more: Mass) -> None:
    """Own issuance stays within verified − buffer (I7). Raises MoreThanVerified."""
    left = verified - buffer - issued
    if more.quantity() > left:
        raise MoreThanVerified(left=left)
