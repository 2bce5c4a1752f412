"""What a campaign may publish: nothing about fewer than five people, and nothing to subtract from anything.

A *state* is what is published at one time: *tables*, each of which sorts the people it counts into
*cells*. Three rules keep every state, and all states together, from telling of fewer than five people:

1. *Fives*: a cell holds at least five people; smaller ones are pooled, and the pool takes in the next
   smallest until it holds five itself (so what is left of a total is never fewer than five).
2. *Steps*: a state follows another only when five people have come, gone or changed their answers.
3. *Together*: a new table stands beside every table ever published. Whatever cells are added up in one and
   taken from whatever cells of the other, the people who remain are none, or at least five.

The third contains the others. Two tables are a graph: their cells are its corners (who is outside of a table
is in one corner more, for both), and each person is an edge between the two cells they are in. Any weighting
of the cells leaves over exactly the people on edges whose ends are weighted differently, which is a cut: so
the rule holds when no part of the graph can be cut by fewer than five people. That is decided exactly,
by maximum adjacency orderings (Nagamochi and Ibaraki 1992; Stoer and Wagner 1997).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

FEWEST = 5
# The names of tables. A question's table is ``q0``, ``q1`` …; crossed with sub-groups ``by0``, ``by1`` ….
ALL, BINS, GROUPS = "all", "bins", "groups"
POOL = ""  # the cell of those whose own cell would be too small
NO_ANSWER = "-"

# One version of somebody's answers; who replaces them is the same person with other numbers.
Member = tuple[str, int]
Cells = Mapping[str, frozenset[Member]]
State = Mapping[str, Cells]


@dataclass(frozen=True, slots=True)
class Person:
    """A contribution as the rules see it: ``answers`` are the cells of the campaign's own questions."""

    id: str
    version: int
    grams: int
    group: str = ""
    answers: tuple[str, ...] = ()

    @property
    def member(self) -> Member:
        return self.id, self.version


# ---- when, and what


def step(published: int) -> int:
    """So many people must have come, gone or changed before the next state."""
    return max(FEWEST, published // 4)


def is_due(published: Iterable[Member], now: frozenset[Member], *, is_over: bool = False) -> bool:
    """Whether enough has changed for a further state. ``is_over``: nobody more is expected, five will do."""
    before = frozenset(published)
    wanted = FEWEST if is_over else step(len(before))
    return len(now) >= FEWEST and changed(before, now) >= wanted


def next_state(
    states: Sequence[State], people: Sequence[Person], *, has_groups: bool, is_over: bool = False
) -> State | None:
    """What is published next, or None while the last state stands.

    ``states`` are all earlier ones in their order, ``people`` those who take part now.
    """
    last = states[-1] if states else {}
    everybody = frozenset(person.member for person in people)
    if not is_due(last[ALL][ALL] if last else (), everybody, is_over=is_over):
        return None
    record = Record(states, everybody)
    total: Cells = {ALL: everybody}
    newest = [(everybody - then, then - everybody) for then in record.totals]
    if not record.bears(total) or any(record.tells_more(s, table) for s in newest for table in record.tables):
        return None
    steps = [(now - then, then - now) for then, now in combinations(record.totals, 2)] + newest
    came = _by_arrival(record.totals, everybody)
    state: dict[str, Cells] = {ALL: total}
    record.add(total)
    for name, tries in _details(last, state, people, has_groups):
        for table in tries:
            if table is last.get(name) or (
                record.bears(table)
                and not any(record.tells_more(step, table) for step in steps)
                and record.may_stand_together(came, _without_those_who_left(table, everybody))
            ):
                state[name] = table
                record.add(table)
                break
    return state


def _by_arrival(totals: Sequence[frozenset[Member]], everybody: frozenset[Member]) -> Cells:
    """Those who are here now by the state they first appeared in, which the totals together tell."""
    cells: dict[str, frozenset[Member]] = {}
    late = everybody
    for number, total in enumerate(totals):
        cells[str(number)] = waiting = late & total
        late -= waiting
    cells[str(len(totals))] = late
    return pooled(cells)


def _without_those_who_left(table: Cells, everybody: frozenset[Member]) -> Cells:
    return {name: members & everybody for name, members in table.items()}


def _details(
    last: State, state: State, people: Sequence[Person], has_groups: bool
) -> Iterator[tuple[str, Iterator[Cells]]]:
    """The tables beside the total, most important first, each with what to try in turn.

    ``state`` fills up while they are asked for: crossed tables rest on what was found publishable.
    """
    if has_groups:
        yield GROUPS, _tries(last.get(GROUPS, {}), _sorted(people, lambda p: p.group))
    yield BINS, _tries_of_bins(last.get(BINS, {}), people)
    questions = range(len(people[0].answers))
    for place in questions:
        cells = _sorted(people, lambda p, place=place: p.answers[place])
        yield f"q{place}", _tries(last.get(f"q{place}", {}), cells)
    for place in questions:
        if GROUPS in state and f"q{place}" in state:
            cells = _crossed_cells(state[GROUPS], state[f"q{place}"])
            yield f"by{place}", _tries(last.get(f"by{place}", {}), cells)


def crossed(group: str, answer: str) -> str:
    """The cell of a sub-group crossed with an answer; neither holds a line break."""
    return f"{group}\n{answer}"


def _crossed_cells(groups: Cells, answers: Cells) -> dict[str, frozenset[Member]]:
    """Whom both tables count; who waits for one of them goes to the pool with those of either pool."""
    cells = {
        crossed(group, answer): of_group & of_answer
        for group, of_group in groups.items()
        for answer, of_answer in answers.items()
        if group and answer
    }
    everybody = frozenset[Member]().union(*groups.values())
    return cells | {POOL: everybody - frozenset[Member]().union(*cells.values())}


def _sorted(people: Sequence[Person], cell_of: object) -> dict[str, frozenset[Member]]:
    cells: dict[str, set[Member]] = defaultdict(set)
    for person in people:
        cells[cell_of(person)].add(person.member)  # type: ignore[operator]
    return {name: frozenset(members) for name, members in sorted(cells.items())}


def _tries(before: Cells, natural: Mapping[str, frozenset[Member]]) -> Iterator[Cells]:
    """As finely as possible; then more coarsely; what was published before stays where nothing else can."""
    cells = pooled(natural)
    if before:
        renewed = _renewed(before, cells)
        if _is_sorted(renewed):
            yield renewed
        yield before
        return
    while len(cells) > 1:
        yield cells
        cells = _coarser(cells)


def _is_sorted(cells: Cells) -> bool:
    """Whether there are several cells and nobody is in two: one that waits may hold whom another takes."""
    members = [member for cell in cells.values() for member in cell]
    return len(cells) > 1 and len(members) == len(set(members))


def pooled(natural: Mapping[str, frozenset[Member]]) -> dict[str, frozenset[Member]]:
    """Cells of fewer than five go into the pool; so does the next smallest while the pool is too small."""
    cells = {name: members for name, members in natural.items() if name and len(members) >= FEWEST}
    pool = frozenset[Member]().union(*(natural[name] for name in natural.keys() - cells.keys()))
    while 0 < len(pool) < FEWEST and cells:
        pool |= cells.pop(_smallest(cells))
    return cells | ({POOL: pool} if pool else {})


def _smallest(cells: Mapping[str, frozenset[Member]]) -> str:
    return min(cells, key=lambda name: (len(cells[name]), name))


def _coarser(cells: Mapping[str, frozenset[Member]]) -> dict[str, frozenset[Member]]:
    """One cell less: the smallest joins the pool."""
    left = dict(cells)
    pool = left.pop(POOL, frozenset())
    while left:
        pool |= left.pop(_smallest(left))
        if len(cells) > len(left) + 1:
            break
    return left | {POOL: pool}


def _renewed(before: Cells, now: Cells) -> dict[str, frozenset[Member]]:
    """Each cell as it is now; where fewer than five have come, gone or changed, as it was."""
    cells = {
        name: before[name] if name in before and changed(before[name], members) < FEWEST else members
        for name, members in now.items()
    }
    return {name: members for name, members in cells.items() if len(members) >= FEWEST}


# ---- the distribution

_WIDTHS = (100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 100_000_000)
_MOST_BINS = 10


def _tries_of_bins(before: Cells, people: Sequence[Person]) -> Iterator[Cells]:
    """Bins of equal width, neighbours joined until each holds five; wider ones when those cannot stand."""
    ordered = sorted(people, key=lambda person: (person.grams, person.id))
    # The width follows the middle of the field: the largest footprint, somebody's own, has no say in it.
    middle = ordered[len(ordered) * 3 // 4].grams - ordered[len(ordered) // 4].grams
    wide_enough = [width for width in _WIDTHS if width * _MOST_BINS >= middle * 3]
    for width in wide_enough[:3]:
        cells = _binned(ordered, width)
        if len(cells) < 2:
            break
        yield cells
    if before:
        yield before


def _binned(ordered: Sequence[Person], width: int) -> dict[str, frozenset[Member]]:
    """Cells named by where they begin, in grams; the first begins at 0, the last is open above."""
    by_bin: dict[int, set[Member]] = defaultdict(set)
    for person in ordered:
        by_bin[person.grams // width].add(person.member)
    joined: list[tuple[int, set[Member]]] = [(0, set())]
    for number, members in by_bin.items():
        joined[-1][1].update(members)
        if len(joined[-1][1]) >= FEWEST:
            joined.append(((number + 1) * width, set()))
    _, rest = joined.pop()
    if joined:
        joined[-1][1].update(rest)
    return {str(start): frozenset(members) for start, members in joined}


# ---- whether tables may stand beside each other

# Who came and who left between two totals.
Step = tuple[frozenset[Member], frozenset[Member]]
Corner = tuple[int, str]
_OUTSIDE: Corner = (0, "")
_WHOLE = 12  # one person


def changed(before: Iterable[Member], now: Iterable[Member]) -> int:
    """How many people have come, gone or replaced their answers."""
    return len(_people(frozenset(before) ^ frozenset(now)))


class Record:
    """Everything published so far, to hold a new table against."""

    def __init__(self, states: Sequence[State], now: frozenset[Member]) -> None:
        self.totals = [state[ALL][ALL] for state in states]
        ever = frozenset[Member]().union(now, *self.totals)
        versions: dict[str, list[Member]] = defaultdict(list)
        for member in ever:
            versions[member[0]].append(member)
        # The versions of those who have replaced their answers.
        self.replaced = [each for each in versions.values() if len(each) > 1]
        self._surely_enough = FEWEST * max(map(len, versions.values()), default=1)
        self.tables: list[Cells] = []
        self._places: list[dict[Member, str]] = []
        # A table that was kept from one state to the next is looked at once.
        for table in {frozenset(t.values()): t for state in states for t in state.values()}.values():
            self.add(table)

    def add(self, table: Cells) -> None:
        self.tables.append(table)
        self._places.append(_places(table))

    def bears(self, table: Cells) -> bool:
        """Whether this table can be published beside everything else."""
        mine = _places(table)
        return all(len(members) >= FEWEST for members in table.values()) and all(
            self._keeps_together(mine, theirs) for theirs in self._places
        )

    def may_stand_together(self, one: Cells, other: Cells) -> bool:
        """Whether no cells of one, taken from cells of the other, leave one to four people."""
        return self._keeps_together(_places(one), _places(other))

    def _keeps_together(self, mine: Mapping[Member, str], theirs: Mapping[Member, str]) -> bool:
        members = mine.keys() | theirs.keys()
        edges = Counter(zip(map(mine.get, members), map(theirs.get, members), strict=True))
        weights = Counter({pair: count * _WHOLE for pair, count in edges.items()})
        for versions in self.replaced:
            pairs = [(mine.get(m), theirs.get(m)) for m in versions if m in members]
            if len(pairs) > 1:
                _count_once(weights, pairs)
        return not _can_be_cut(_graph(weights, FEWEST * _WHOLE), FEWEST * _WHOLE)

    def tells_more(self, step: Step, table: Cells) -> bool:
        """Whether a step from one total to another, less cells of a table, leaves one to four people.

        Each cell may be taken from the step, added to it or left alone, whichever leaves the fewest.
        """
        came, left = step
        rest_came, rest_left = came, left
        people: set[str] = set()
        for cell in table.values():
            mine, theirs = cell & came, cell & left
            rest_came, rest_left = rest_came - mine, rest_left - theirs
            fewest = min(mine | theirs, cell - mine, cell - theirs, key=len)
            if len(fewest) >= self._surely_enough:
                return False
            people |= _people(fewest)
            if len(people) >= FEWEST:
                return False
        if len(rest_came | rest_left) >= self._surely_enough:
            return False
        return 0 < len(people | _people(rest_came) | _people(rest_left)) < FEWEST


def _people(members: Iterable[Member]) -> set[str]:
    return {person for person, _ in members}


def _count_once(
    weights: Counter[tuple[str | None, str | None]], pairs: Sequence[tuple[str | None, str | None]]
) -> None:
    """Somebody with several versions in two tables is still one person.

    As a rule the older version is in one table and the newer in the other. Then whoever parts either of
    these cells from the outside meets this person: a triangle of halves, of which every cut takes two.
    """
    for pair in pairs:
        weights[pair] -= _WHOLE
    lone = [pair for pair in pairs if None in pair]
    if len(pairs) == len(lone) == 2 and {pair.index(None) for pair in lone} == {0, 1}:
        (left, _), (_, right) = sorted(lone, key=lambda pair: pair[0] is None)
        for pair in ((left, right), (left, None), (None, right)):
            weights[pair] += _WHOLE // 2
    else:
        for pair in pairs:
            weights[pair] += _WHOLE // len(pairs)


def _places(table: Cells) -> dict[Member, str]:
    return {member: name for name, members in table.items() for member in members}


def _graph(
    weights: Mapping[tuple[str | None, str | None], int], fewest: int
) -> dict[Corner, Counter[Corner]]:
    """Corners and edges of two tables; what no cut of less than ``fewest`` can part is one corner."""
    parent: dict[Corner, Corner] = {}

    def root(corner: Corner) -> Corner:
        while (above := parent.get(corner, corner)) != corner:
            corner = above
        return corner

    ends = {
        pair: (_OUTSIDE if pair[0] is None else (1, pair[0]), _OUTSIDE if pair[1] is None else (2, pair[1]))
        for pair in weights
    }
    for pair, weight in weights.items():
        if weight >= fewest:
            here, there = ends[pair]
            parent[root(here)] = root(there)
    graph: dict[Corner, Counter[Corner]] = defaultdict(Counter)
    for pair, weight in weights.items():
        here, there = map(root, ends[pair])
        if here != there and weight:
            graph[here][there] += weight
            graph[there][here] += weight
    return graph


def _can_be_cut(graph: dict[Corner, Counter[Corner]], fewest: int) -> bool:
    """Whether some part of the graph falls in two when edges of less than ``fewest`` in all are taken out."""
    while graph:
        order = _adjacency_order(graph)
        last, bound = order[-1]
        if len(order) > 1 and bound < fewest:
            return True  # everything that holds the last corner to the rest
        if len(order) == 1:
            del graph[last]
            continue
        # Neighbours in this order are held together by at least what bound the later one.
        for (left, _), (right, weight) in reversed(list(pairwise(order))):
            if weight >= fewest:
                _merge(graph, left, right)
    return False


def _adjacency_order(graph: Mapping[Corner, Counter[Corner]]) -> list[tuple[Corner, int]]:
    """The corners of one part, each time the one that is bound most strongly to those before it."""
    start = next(iter(graph))
    order, bound = [(start, 0)], Counter(graph[start])
    seen = {start}
    while bound:
        corner = max(bound, key=bound.__getitem__)
        order.append((corner, bound.pop(corner)))
        seen.add(corner)
        for near, weight in graph[corner].items():
            if near not in seen:
                bound[near] += weight
    return order


def _merge(graph: dict[Corner, Counter[Corner]], kept: Corner, gone: Corner) -> None:
    for near, weight in graph.pop(gone).items():
        del graph[near][gone]
        if near != kept:
            graph[kept][near] += weight
            graph[near][kept] += weight
