"""Ledger rules: whatever is taken, split or moved, every gram stays exactly once.

Each property is also run against rules with a planted bug and must find it.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from portal.kernel.mass import Mass, NegativeMass
from portal.registry.rules import ledger
from portal.registry.rules.ledger import (
    BlockEvent,
    BlockState,
    Fault,
    FaultKind,
    FreeRange,
    GramRange,
    HoldEvent,
    HoldState,
    NotEnoughCredits,
    Slice,
    UnlawfulStep,
)

T = TypeVar("T")

# ── stock as a buyer meets it ──────────────────────────────────────────────────────────────────


@st.composite
def stock(draw: st.DrawFn) -> list[FreeRange]:
    """Disjoint free blocks in an order of taking that need not be the order of addresses."""
    cuts = sorted(draw(st.sets(st.integers(0, 60), min_size=2, max_size=12)))
    blocks = [GramRange(low, high) for low, high in pairwise(cuts) if draw(st.booleans())]
    return [FreeRange(f"blk_{n}", grams) for n, grams in enumerate(draw(st.permutations(blocks)))]


Take = Callable[[Iterable[FreeRange], Mass], list[Slice]]


def property_of_taking(take: Take, free: Sequence[FreeRange], wanted: Mass) -> None:
    available = sum(f.grams.mass.grams for f in free)
    if wanted.grams > available:
        with pytest.raises(NotEnoughCredits) as refusal:
            take(free, wanted)
        assert refusal.value.params["left"] == Mass(available)
        return
    slices = take(free, wanted)
    assert sum(s.grams.mass.grams for s in slices) == wanted.grams, "exactly what was wanted"
    taken = [gram for s in slices for gram in range(s.grams.start, s.grams.end)]
    in_order = [gram for f in free for gram in range(f.grams.start, f.grams.end)]
    assert taken == in_order[: wanted.grams], "the lowest free grams, in the order given"
    for part in slices:
        left = [part.rest] if part.rest else []
        assert ledger.joined([part.grams, *left]) == [part.block.grams], "head and rest are the block"


@given(stock(), st.integers(1, 70))
def test_an_order_gets_the_lowest_free_grams_exactly_or_nothing(free: list[FreeRange], grams: int) -> None:
    property_of_taking(ledger.take, free, Mass(grams))


def off_by_one(free: Iterable[FreeRange], wanted: Mass) -> list[Slice]:
    """Counts ranges as if they were inclusive."""
    blocks = [
        FreeRange(f.block_id, GramRange(f.grams.start, f.grams.end - 1))
        for f in free
        if f.grams.end - f.grams.start > 1
    ]
    return ledger.take(blocks, wanted)


def takes_what_there_is(free: Iterable[FreeRange], wanted: Mass) -> list[Slice]:
    """Sells what is left although more was wanted."""
    try:
        return ledger.take(free, wanted)
    except NotEnoughCredits as refusal:
        left = refusal.params["left"]
        assert isinstance(left, Mass)
        return ledger.take(free, left) if left else []


def forgets_the_first_block(free: Iterable[FreeRange], wanted: Mass) -> list[Slice]:
    """An order that spills into a second project loses its first range."""
    slices = ledger.take(free, wanted)
    return slices if len(slices) == 1 else slices[1:]


def restarts_each_block(free: Iterable[FreeRange], wanted: Mass) -> list[Slice]:
    """Takes the full amount again from every block it touches."""
    return [
        Slice(
            s.block,
            GramRange(s.block.grams.start, min(s.block.grams.end, s.block.grams.start + wanted.grams)),
        )
        for s in [*ledger.take(free, wanted), *(Slice(f, f.grams) for f in list(free)[:1])]
    ]


def from_the_top(free: Iterable[FreeRange], wanted: Mass) -> list[Slice]:
    """Takes the tail of the last block instead of its head."""
    *whole, last = ledger.take(free, wanted)
    end = last.block.grams.end
    return [*whole, Slice(last.block, GramRange(end - last.grams.mass.grams, end))]


def says_what_was_wanted(free: Iterable[FreeRange], wanted: Mass) -> list[Slice]:
    """Names the wanted amount instead of what is left."""
    try:
        return ledger.take(free, wanted)
    except NotEnoughCredits:
        raise NotEnoughCredits(left=wanted) from None


def youngest_first(free: Iterable[FreeRange], wanted: Mass) -> list[Slice]:
    """Ignores the order of vintages."""
    return ledger.take(reversed(list(free)), wanted)


PLANTED = [
    off_by_one,
    takes_what_there_is,
    forgets_the_first_block,
    restarts_each_block,
    from_the_top,
    says_what_was_wanted,
    youngest_first,
]


def search(strategy: st.SearchStrategy[T], holds: Callable[[T], None], examples: int = 300) -> None:
    """Run a property outside a test function, without shrinking: a control wants any counterexample."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(example: T) -> None:
        holds(example)

    run()


@pytest.mark.parametrize("planted", PLANTED, ids=lambda bug: bug.__name__)
def test_the_property_of_taking_finds_a_planted_bug(planted: Take) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        search(
            st.tuples(stock(), st.integers(1, 70)),
            lambda case: property_of_taking(planted, case[0], Mass(case[1])),
        )


def test_taking_reads_stock_only_as_far_as_needed() -> None:
    def endless() -> Iterable[FreeRange]:
        yield FreeRange("blk_1", GramRange(0, 10))
        raise AssertionError("the hot path may not scan all stock")

    assert ledger.take(endless(), Mass(10))[0].is_whole


@pytest.mark.parametrize("grams", [0, -1])
def test_nothing_cannot_be_taken(grams: int) -> None:
    with pytest.raises(NegativeMass):
        ledger.take([FreeRange("blk_1", GramRange(0, 10))], Mass(grams))


# ── several lines of one order ─────────────────────────────────────────────────────────────────

Share = Callable[[Iterable[FreeRange], Sequence[tuple[str, Mass]]], list[ledger.Cut]]
lines = st.lists(st.integers(1, 25), min_size=1, max_size=4).map(
    lambda sizes: [(f"line_{n}", Mass(grams)) for n, grams in enumerate(sizes)]
)


def property_of_sharing(share: Share, free: Sequence[FreeRange], wants: Sequence[tuple[str, Mass]]) -> None:
    available = sum(f.grams.mass.grams for f in free)
    if sum(mass.grams for _, mass in wants) > available:
        with pytest.raises(NotEnoughCredits) as refusal:
            share(free, wants)
        assert refusal.value.params["left"] == Mass(available)
        return
    cuts = share(free, wants)
    got = dict.fromkeys((line for line, _ in wants), 0)
    for cut in cuts:
        for line, grams in cut.pieces:
            got[line] += grams.mass.grams
        assert ledger.partition_faults(cut.block.grams, [grams for _, grams in cut.children]) == []
        assert cut.is_whole == (len(cut.children) == 1)
    assert got == {line: mass.grams for line, mass in wants}, "each line gets what it wanted"
    assert len({cut.block.block_id for cut in cuts}) == len(cuts), "each block is cut once"


@given(stock(), lines)
def test_the_lines_of_an_order_share_stock_without_sharing_a_gram(
    free: list[FreeRange], wants: list[tuple[str, Mass]]
) -> None:
    property_of_sharing(ledger.share, free, wants)


def each_line_from_the_start(
    free: Iterable[FreeRange], wants: Sequence[tuple[str, Mass]]
) -> list[ledger.Cut]:
    """Two lines of one order are given the same grams."""
    return [cut for want in wants for cut in ledger.share(list(free), [want])]


def the_last_line_first(free: Iterable[FreeRange], wants: Sequence[tuple[str, Mass]]) -> list[ledger.Cut]:
    """Quantities land on each other's lines."""
    swapped = [(line, mass) for (line, _), (_, mass) in zip(wants, reversed(wants), strict=True)]
    return ledger.share(free, swapped)


def the_rest_is_lost(free: Iterable[FreeRange], wants: Sequence[tuple[str, Mass]]) -> list[ledger.Cut]:
    return [ledger.Cut(cut.block, cut.pieces, None) for cut in ledger.share(free, wants)]


@pytest.mark.parametrize("planted", [each_line_from_the_start, the_last_line_first, the_rest_is_lost])
def test_the_property_of_sharing_finds_a_planted_bug(planted: Share) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        search(st.tuples(stock(), lines), lambda case: property_of_sharing(planted, *case))


# ── ranges ─────────────────────────────────────────────────────────────────────────────────────

ranges = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda p: GramRange(p[0], p[0] + p[1]))


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (-1, 5), (0, 2**63)])
def test_a_range_is_never_empty_backward_or_beyond_64_bits(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a range"):
        GramRange(start, end)


def test_the_last_address_is_the_last_of_a_64_bit_column() -> None:
    assert GramRange(0, 2**63 - 1).end == 2**63 - 1


def test_all_types_of_forest_are_sold_and_nothing_else() -> None:
    assert [kind for kind in ledger.ProjectType if not kind.is_sold_here] == [ledger.ProjectType.OTHER]


@pytest.mark.parametrize("bad", [True, 1.0, "1"])
def test_addresses_are_integers(bad: object) -> None:
    with pytest.raises(TypeError):
        GramRange(0, bad)  # type: ignore[arg-type]


@given(ranges, ranges)
def test_splitting_gives_the_piece_and_loses_nothing(parent: GramRange, piece: GramRange) -> None:
    if not parent.holds(piece):
        with pytest.raises(ValueError, match="not inside"):
            ledger.split(parent, piece)
        return
    children = ledger.split(parent, piece)
    assert piece in children
    assert ledger.partition_faults(parent, children) == []


@given(ranges, st.data())
def test_what_people_read_is_one_based_inclusive_and_reversible(
    issuance: GramRange, data: st.DataObject
) -> None:
    start = data.draw(st.integers(issuance.start, issuance.end - 1))
    grams = GramRange(start, data.draw(st.integers(start + 1, issuance.end)))
    first, last = ledger.shown(issuance, grams)
    assert 1 <= first <= last <= issuance.mass.grams
    assert last - first + 1 == grams.mass.grams
    assert GramRange(issuance.start + first - 1, issuance.start + last) == grams


def test_the_first_250_kg_of_a_block_are_grams_1_to_250000() -> None:
    issuance = ledger.issue_at(7_000_000, Mass.t("3"))
    assert ledger.shown(issuance, GramRange(7_000_000, 7_250_000)) == (1, 250_000)
    assert ledger.shown(issuance, issuance) == (1, 3_000_000)


def test_neighbours_and_overlaps_are_seen_behind_the_first_range_too() -> None:
    apart, first, second = GramRange(0, 1), GramRange(2, 4), GramRange(4, 6)
    assert ledger.joined([second, apart, first]) == [apart, GramRange(2, 6)]
    with pytest.raises(ValueError, match="overlaps"):
        ledger.joined([apart, GramRange(2, 5), second])


def test_grams_of_another_issuance_have_no_place_in_this_one() -> None:
    with pytest.raises(ValueError, match="not inside"):
        ledger.shown(GramRange(10, 20), GramRange(20, 21))


def test_neighbours_are_written_as_one_range_and_overlaps_are_refused() -> None:
    assert ledger.joined([GramRange(5, 7), GramRange(0, 3), GramRange(3, 5), GramRange(9, 10)]) == [
        GramRange(0, 7),
        GramRange(9, 10),
    ]
    with pytest.raises(ValueError, match="overlaps"):
        ledger.joined([GramRange(0, 3), GramRange(2, 5)])


# ── partition: the audit's view ────────────────────────────────────────────────────────────────

Faults = Callable[[GramRange, Iterable[GramRange]], list[Fault]]


def property_of_partition(faults_of: Faults, issuance: GramRange, leaves: Sequence[GramRange]) -> None:
    """Against counting gram by gram."""
    count = dict.fromkeys(range(100), 0)
    for leaf in leaves:
        for gram in range(leaf.start, leaf.end):
            count[gram] += 1
    inside = range(issuance.start, issuance.end)
    expected = {
        FaultKind.GAP: {g for g in inside if count[g] == 0},
        FaultKind.OVERLAP: {g for g in inside if count[g] > 1},
        FaultKind.OUTSIDE: {g for g in count if count[g] and g not in inside},
    }
    named: dict[FaultKind, set[int]] = {kind: set() for kind in FaultKind}
    for fault in faults_of(issuance, leaves):
        named[fault.kind] |= set(range(fault.grams.start, fault.grams.end))
    assert named == expected


cases = st.tuples(ranges, st.lists(ranges, max_size=6))


@given(cases)
def test_every_gap_overlap_and_stray_gram_is_named(case: tuple[GramRange, list[GramRange]]) -> None:
    property_of_partition(ledger.partition_faults, *case)


def sees_no_gap_at_the_end(issuance: GramRange, leaves: Iterable[GramRange]) -> list[Fault]:
    found = ledger.partition_faults(issuance, leaves)
    return [f for f in found if not (f.kind is FaultKind.GAP and f.grams.end == issuance.end)]


def compares_neighbours_only(issuance: GramRange, leaves: Iterable[GramRange]) -> list[Fault]:
    """Misses a small leaf hidden behind the neighbour of a long one."""
    found = [f for f in ledger.partition_faults(issuance, leaves) if f.kind is not FaultKind.OVERLAP]
    return found + [
        Fault(FaultKind.OVERLAP, GramRange(b.start, min(a.end, b.end)))
        for a, b in pairwise(sorted(leaves))
        if issuance.holds(a) and issuance.holds(b) and b.start < a.end
    ]


def trusts_the_sum(issuance: GramRange, leaves: Iterable[GramRange]) -> list[Fault]:
    """A gap and an overlap of equal size cancel out."""
    if sum(leaf.mass.grams for leaf in leaves) == issuance.mass.grams:
        return []
    return ledger.partition_faults(issuance, leaves)


@pytest.mark.parametrize("planted", [sees_no_gap_at_the_end, compares_neighbours_only, trusts_the_sum])
def test_the_property_of_partition_finds_a_planted_bug(planted: Faults) -> None:
    with pytest.raises(AssertionError):
        search(cases, lambda case: property_of_partition(planted, *case), examples=1500)


# ── states ─────────────────────────────────────────────────────────────────────────────────────


def test_the_lawful_steps_of_a_hold_are_these_six() -> None:
    assert {(old.value, new.value) for old, new in ledger.HOLD_MOVES} == {
        ("reserved", "allocated"),
        ("reserved", "released"),
        ("allocated", "retired"),
        ("allocated", "refunding"),
        ("refunding", "released"),
        ("refunding", "allocated"),
    }
    assert {HoldState.RETIRED, HoldState.RELEASED} == ledger.FINAL_HOLD_STATES


def test_the_final_states_of_a_block_are_these_three() -> None:
    assert {BlockState.RETIRED, BlockState.CANCELLED, BlockState.SPLIT} == ledger.FINAL_BLOCK_STATES


def test_a_pending_refund_keeps_grams_from_being_retired() -> None:
    refunding = ledger.next_state(HoldState.ALLOCATED, HoldEvent.REFUND)
    with pytest.raises(UnlawfulStep):
        ledger.next_state(refunding, HoldEvent.RETIRE)


@given(st.sampled_from(BlockState), st.lists(st.sampled_from(BlockEvent), max_size=12))
def test_no_chain_of_events_leaves_a_final_state(state: BlockState, events: list[BlockEvent]) -> None:
    for event in events:
        try:
            new = ledger.next_state(state, event)
        except UnlawfulStep:
            continue
        assert state not in ledger.FINAL_BLOCK_STATES
        assert new is not BlockState.RETIRED or state is BlockState.ALLOCATED
        state = new


def test_a_block_and_a_hold_are_never_mixed_up_although_their_words_are_equal() -> None:
    with pytest.raises(TypeError):
        ledger.next_state(BlockState.ALLOCATED, HoldEvent.REFUND)  # type: ignore[call-overload]
    with pytest.raises(UnlawfulStep):
        ledger.next_state(BlockState.HELD, BlockEvent.SETTLE)


# ── books ──────────────────────────────────────────────────────────────────────────────────────


def test_own_issuance_leaves_the_buffer_alone() -> None:
    ledger.check_issuing(Mass.t("100"), Mass.t("20"), Mass.t("70"), Mass.t("10"))
    with pytest.raises(ledger.MoreThanVerified):
        ledger.check_issuing(Mass.t("100"), Mass.t("20"), Mass.t("70"), Mass(10_000_001))
