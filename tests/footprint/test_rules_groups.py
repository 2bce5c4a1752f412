"""Can somebody who sees everything a campaign ever published learn of fewer than five people?

The attacker here knows nothing of how the rule decides: it adds up cells of one published table, subtracts
cells of another, of any time, and counts who remains. Each weakened rule must be caught by the same attacker.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import chain, combinations, product

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from portal.footprint.rules import groups
from portal.footprint.rules.groups import ALL, BINS, GROUPS, POOL, Member, Person, Record, State

Event = tuple[str, int, str, str, int]
EVENT = st.tuples(
    st.sampled_from(["come"] * 8 + ["leave", "change"]),
    st.integers(0, 99),
    st.sampled_from("AABBC"),
    st.sampled_from(["yes", "yes", "no"]),
    st.sampled_from([900_000, 2_100_000, 4_000_000, 4_200_000, 9_000_000]),
)
HISTORY = st.lists(EVENT, min_size=8, max_size=32)


def published(history: Sequence[Event]) -> list[State]:
    """All states of a campaign in which this happened, one event after another, and which was then closed."""
    people: dict[str, Person] = {}
    states: list[State] = []
    for number, (what, whom, group, answer, grams) in enumerate([*history, ("close", 0, "", "", 0)]):
        names = sorted(people)
        if what == "come":
            people[f"p{number}"] = Person(f"p{number}", 1, grams, group, (answer,))
        elif names and what == "leave":
            del people[names[whom % len(names)]]
        elif names and what == "change":
            old = people[names[whom % len(names)]]
            people[old.id] = Person(old.id, old.version + 1, grams, group, (answer,))
        new = groups.next_state(states, list(people.values()), has_groups=True, is_over=what == "close")
        states += [new] if new else []
    return states


class Attacker:
    """Sets of members as bits of one number, which makes trying everything quick."""

    def __init__(self, states: Sequence[State]) -> None:
        tables = [(f"{n} {name}", table) for n, state in enumerate(states) for name, table in state.items()]
        everybody = {m for _, table in tables for members in table.values() for m in members}
        self.members = sorted(everybody)
        self.bit = {member: 1 << place for place, member in enumerate(self.members)}
        # A table that was kept is the same table.
        self.tables = {
            tuple(sum(self.bit[m] for m in cell) for cell in t.values())[:6]: name for name, t in tables
        }
        self.totals = [sum(self.bit[m] for m in state[ALL][ALL]) for state in states]

    def few(self, members: int) -> list[Member]:
        """One to four people, or nobody."""
        if not 0 < members.bit_count() < 5 * 4:
            return []
        who = [member for member, bit in self.bit.items() if members & bit]
        return who if len({person for person, _ in who}) < 5 else []

    def leaks(self) -> Iterator[str]:
        for (one, one_name), (other, other_name) in combinations(self.tables.items(), 2):
            for mine, theirs in product(sums(one), sums(other)):
                if those := self.few(mine ^ theirs):
                    yield f"{one_name} less {other_name}: {those}"
        for table, name in self.tables.items():
            yield from (f"{name} has a small cell: {few}" for cell in table if (few := self.few(cell)))
            for now, then in combinations(self.totals, 2):
                if those := self.few(left_over(now & ~then, then & ~now, table)):
                    yield f"a step of totals less {name}: {those}"


def leaks(states: Sequence[State]) -> Iterator[str]:
    """Every way found to single out one to four people."""
    return Attacker(states).leaks()


def sums(cells: Sequence[int]) -> list[int]:
    """Whatever can be had by adding up cells of one table, which are apart."""
    chosen = chain.from_iterable(combinations(cells, size) for size in range(1, len(cells) + 1))
    return [sum(some) for some in chosen]


def left_over(came: int, left: int, cells: Sequence[int]) -> int:
    """A step, each cell added, taken away or left alone, whichever leaves the fewest."""
    rest, outside = 0, came | left
    for cell in cells:
        outside &= ~cell
        rest |= min(cell & (came | left), cell & ~came, cell & ~left, key=int.bit_count)
    return rest | outside


CAREFUL = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@CAREFUL
@given(HISTORY)
def test_nobody_can_be_singled_out_by_any_two_tables_of_any_two_times(history: list[Event]) -> None:
    assert not list(leaks(published(history)))


@CAREFUL
@given(HISTORY)
def test_a_table_sorts_each_person_once_and_counts_nobody_who_never_took_part(history: list[Event]) -> None:
    ever = frozenset[Member]()
    for state in published(history):
        ever |= state[ALL][ALL]
        for table in state.values():
            members = [member for cell in table.values() for member in cell]
            assert len(members) == len(set(members))
            assert ever.issuperset(members)


# ---- controls: each weakened rule is caught


def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that looks at each table alone."""
    monkeypatch.setattr(Record, "_keeps_together", lambda *_: True)
    monkeypatch.setattr(Record, "tells_more", lambda *_: False)


def test_without_looking_back_newcomers_of_a_class_are_singled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    trusting(monkeypatch)
    assert caught(monkeypatch)


def test_without_steps_each_newcomer_is_singled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    trusting(monkeypatch)
    monkeypatch.setattr(groups, "is_due", lambda _before, now, **_: len(now) >= 5)
    people = [Person(f"p{n}", 1, 1_000_000, "A", ("yes",)) for n in range(6)]
    first = groups.next_state([], people[:5], has_groups=True)
    second = groups.next_state([first], people, has_groups=True)
    assert any("p5" in leak for leak in leaks([first, second]))
    assert caught(monkeypatch)


def test_without_a_pool_small_classes_are_what_is_left_of_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    trusting(monkeypatch)
    monkeypatch.setattr(
        groups, "pooled", lambda natural: {n: m for n, m in natural.items() if n and len(m) >= 5}
    )
    people = [Person(f"p{n}", 1, 1_000_000, "AB"[n > 5] if n < 12 else "C", ("yes",)) for n in range(14)]
    state = groups.next_state([], people, has_groups=True)
    assert any("p12" in leak for leak in leaks([state])), "C's two are the total less A and B"
    assert caught(monkeypatch)


def test_without_looking_at_steps_a_class_that_came_with_one_other_gives_that_one_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Second total, less the first, less a class that is published later: one person."""
    came = [*("A" * 20), *"BBBBBA", *("A" * 8)]
    people = [Person(f"p{n}", 1, 1_000_000, group, ()) for n, group in enumerate(came)]

    def states() -> list[State]:
        made: list[State] = []
        for size in (20, 26, 34):
            made.append(groups.next_state(made, people[:size], has_groups=True))
        return made

    assert not list(leaks(states()))
    monkeypatch.setattr(Record, "tells_more", lambda *_: False)
    monkeypatch.setattr(groups, "_by_arrival", lambda *_: {})
    assert any("p25" in leak for leak in leaks(states()))


def caught(monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the attacker finds a leak in some history; fails with NoSuchExample otherwise."""
    worse = settings(deadline=None, max_examples=500, database=None, phases=[Phase.generate])
    return bool(find(HISTORY, lambda history: any(leaks(published(history))), settings=worse))


# ---- and yet something is published


def crowd(size: int, classes: int, seed: int = 1) -> list[Person]:
    chance = random.Random(seed)
    return [
        Person(
            f"p{n}", 1, int(chance.lognormvariate(15, 0.5)), f"class {chance.randrange(classes)}",
            (chance.choice(["yes", "no"]),),
        )
        for n in range(size)
    ]  # fmt: skip


def test_five_are_shown_and_four_are_not() -> None:
    people = crowd(5, 1)
    assert groups.next_state([], people[:4], has_groups=True) is None
    assert groups.next_state([], people, has_groups=True)[ALL] == {ALL: {p.member for p in people}}


def test_a_campaign_that_was_answered_before_anybody_looked_shows_all_its_classes() -> None:
    state = groups.next_state([], crowd(120, 4), has_groups=True)
    assert len(state[GROUPS]) == 4
    assert set(state["q0"]) == {"yes", "no"}
    assert len(state["by0"]) == 8
    assert len(state[BINS]) >= 3


def test_a_campaign_that_grows_one_by_one_still_shows_its_classes_at_the_end() -> None:
    states: list[State] = []
    people = crowd(120, 4)
    for size in range(1, len(people) + 1):
        new = groups.next_state(states, people[:size], has_groups=True, is_over=size == len(people))
        states += [new] if new else []
    assert len(states[-1][ALL][ALL]) > 110
    assert len(states[-1][GROUPS]) == 4
    assert set(states[-1]["q0"]) == {"yes", "no"}


def test_small_classes_are_pooled_until_the_pool_is_no_riddle() -> None:
    sizes = {"A": 9, "B": 6, "C": 3}
    natural = {name: frozenset((f"{name}{n}", 1) for n in range(size)) for name, size in sizes.items()}
    cells = groups.pooled(natural)
    assert {name: len(members) for name, members in cells.items()} == {"A": 9, POOL: 9}


def test_bins_have_no_lonely_ends() -> None:
    people = [Person(f"p{n}", 1, grams * 1_000, "", ()) for n, grams in enumerate([200] * 9 + [400] * 6)]
    people.append(Person("rich", 1, 90_000_000, "", ()))
    state = groups.next_state([], people, has_groups=False)
    sizes = [len(members) for members in state[BINS].values()]
    assert min(sizes) >= 5
    assert sum(sizes) == 16
    assert max(int(start) for start in state[BINS]) < 1_000_000, "the largest has no bin of its own"
