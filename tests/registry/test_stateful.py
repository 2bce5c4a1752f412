"""The ledger under any sequence of moves: a model walks beside the real commands and must agree after each.

Every gram of the lot is followed by the model in plain sets of ranges. Planted bugs are the control: the
same machine, run against a stock with one line broken, must find each of them.
"""

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.registry.commands import stock
from portal.registry.models import Block, PoolLot, Retirement, RetirementRange
from portal.registry.queries import register, verify
from portal.registry.rules.facts import Retired, RetireLine
from portal.registry.rules.ledger import BlockState, Cut, GramRange, HoldState, NotEnoughCredits, UnlawfulStep
from tests.conftest import portal_on, sqlite_copy
from tests.factories.guards import without_guards
from tests.factories.registry import GUEST, HOLDER, STAFF, hold, make_lot

TONNES = 2
TOTAL = TONNES * 1_000


class Ledger(RuleBasedStateMachine):
    """Orders are made, paid, released, refunded, retired, repeated; what is where must always add up."""

    folder: Path
    guarded = True

    def __init__(self) -> None:
        super().__init__()
        folder = self.folder / new_id("tst")
        self._app = portal_on(sqlite_copy(folder), folder)
        self._app.__enter__()
        make_lot(TONNES)
        if not self.guarded:
            with transaction() as session:
                without_guards(session)
        self.kg: dict[str, int] = {}
        self.state: dict[str, str] = {}
        self.voided: set[str] = set()
        self.retired: dict[str, str] = {}

    def teardown(self) -> None:
        self._app.__exit__(None, None, None)

    def orders(self, *states: str) -> list[str]:
        return sorted(order for order, state in self.state.items() if state in states)

    def free(self) -> int:
        return TOTAL - sum(kg for order, kg in self.kg.items() if self.state[order] != "released")

    @initialize()
    def begin(self) -> None:
        assert register.lot("LOT-A").free == Mass.kg(TOTAL)

    @rule(kg=st.integers(1, 900))
    def reserve(self, kg: int) -> None:
        order = new_id("ord")
        if kg > self.free():
            with pytest.raises(NotEnoughCredits) as refused:
                hold(kg, hold_id=order)
            assert refused.value.params["left"] == Mass.kg(self.free())
            return
        hold(kg, hold_id=order)
        self.kg[order], self.state[order] = kg, "reserved"

    @precondition(lambda self: self.state)
    @rule(pick=st.randoms(use_true_random=False))
    def pay(self, pick: Any) -> None:
        order = self._choose(pick, "reserved")
        self._try(
            order,
            lambda: stock.allocate(GUEST, order, clock.now()),
            {"reserved": "allocated", "allocated": "allocated", "refunding": None},
        )

    @precondition(lambda self: self.state)
    @rule(pick=st.randoms(use_true_random=False))
    def release(self, pick: Any) -> None:
        order = pick.choice(sorted(self.state))
        after = {"reserved": "released", "released": "released", "refunding": "released"}
        self._try(order, lambda: stock.release(GUEST, order, "cancelled", clock.now()), after)

    @precondition(lambda self: self.orders("allocated"))
    @rule(pick=st.randoms(use_true_random=False))
    def refund(self, pick: Any) -> None:
        order = pick.choice(self.orders("allocated"))
        stock.begin_refund(GUEST, order)
        self.state[order] = "refunding"

    @precondition(lambda self: self.state)
    @rule(pick=st.randoms(use_true_random=False))
    def retire(self, pick: Any) -> None:
        order = self._choose(pick, "allocated")
        line = RetireLine(f"{order}/1", HOLDER, "", True)

        def act() -> None:
            (done,) = stock.retire(GUEST, order, [line], clock.now())
            assert done.mass == Mass.kg(self.kg[order])
            assert self.retired.setdefault(order, done.retirement_id) == done.retirement_id

        self._try(order, act, {"allocated": "retired", "retired": "retired"})

    @precondition(lambda self: self.retired)
    @rule(pick=st.randoms(use_true_random=False))
    def void(self, pick: Any) -> None:
        order = pick.choice(sorted(self.retired))
        stock.void_retirement(STAFF, self.retired[order], "refunded", clock.now())
        self.voided.add(order)

    def _choose(self, pick: Any, likely: str) -> str:
        """Half the time an order for which the move is lawful, else one that is on its way, or any."""
        roll = pick.random()
        states = (likely,) if roll < 0.5 else ("reserved", "refunding") if roll < 0.75 else ()
        orders = self.orders(*states)
        return str(pick.choice(orders or sorted(self.state)))

    def _try(self, order: str, act: Callable[[], None], lawful: dict[str, str | None]) -> None:
        """Do it: lawful moves succeed, all others are refused by name and change nothing."""
        after = lawful.get(self.state[order])
        if after is None:
            with suppress(UnlawfulStep):
                act()
                # The one repetition that is allowed from elsewhere: it already had its effect.
                assert self.state[order] in ("allocated", "retired")
            return
        act()
        self.state[order] = after

    @invariant()
    def nothing_is_lost_and_nothing_is_there_twice(self) -> None:
        lot = register.lot("LOT-A")
        assert lot.free == Mass.kg(self.free())
        assert lot.attributed == Mass.kg(sum(self.kg[order] for order in self.orders("retired")))
        live = db.session.execute(
            select(Block.start_g, Block.end_g, Block.state, Block.hold_id)
            .where(Block.state != BlockState.SPLIT)
            .order_by(Block.start_g)
        ).all()
        assert live[0].start_g == 0
        assert live[-1].end_g == TOTAL * 1_000
        assert all(one.end_g == other.start_g for one, other in pairwise(live)), "one owner per gram"
        for order in self.orders("reserved", "allocated", "refunding"):
            assert sum(b.end_g - b.start_g for b in live if b.hold_id == order) == self.kg[order] * 1_000
        ranges = db.session.execute(
            select(RetirementRange.start_g, RetirementRange.end_g).order_by(RetirementRange.start_g)
        ).all()
        assert all(one.end_g <= other.start_g for one, other in pairwise(ranges)), "retired is final"
        assert [*verify.tables(), *verify.source()] == []


def run(folder: Path, examples: int, *, guarded: bool = True, steps: int = 14) -> None:
    machine = type("Walk", (Ledger,), {"folder": folder, "guarded": guarded})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
            derandomize=not guarded,  # a planted bug that was found once is found each time
            phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_any_sequence_of_moves_adds_up(tmp_path: Path) -> None:
    run(tmp_path, examples=25)


# -- planted bugs: each is one line of stock.py gone wrong ---------------------------------------


def takes_the_block_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """A split that begins one gram late leaves a gap."""
    real = stock.share

    def late(free: Any, wants: Any) -> list[Cut]:
        return [
            Cut(cut.block, tuple((line, GramRange(g.start + 1, g.end)) for line, g in cut.pieces), cut.rest)
            for cut in real(free, wants)
        ]

    monkeypatch.setattr(stock, "share", late)


def forgets_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A split that drops what is left of the block."""
    real = stock.share
    monkeypatch.setattr(
        stock,
        "share",
        lambda free, wants: [
            Cut(c.block, c.pieces, None) if len(c.pieces) > 1 or c.rest else c for c in real(free, wants)
        ],
    )


def release_keeps_the_balance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Released grams that never become free again."""

    def release(actor: Any, hold_id: str, because: str, now: Any) -> None:
        with transaction() as session:
            if stock._step(session, hold_id, stock.HoldEvent.RELEASE, because=because):
                session.execute(
                    update(Block)
                    .where(Block.hold_id == hold_id)
                    .values(state=BlockState.HELD, hold_id=None, line_id=None)
                )

    monkeypatch.setattr(stock, "release", release)


def sells_what_is_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stock that also offers reserved blocks."""
    original = stock._Stock.__iter__

    def iterate(self: Any) -> Any:
        yield from original(self)
        rows = db.session.execute(
            select(Block).where(Block.lot_id == self.lot_id, Block.state == BlockState.RESERVED)
        ).scalars()
        for row in rows:
            self.kin[row.id] = {
                "issuance_id": row.issuance_id,
                "unit_class": row.unit_class,
                "rank": row.rank,
            }
            yield stock.FreeRange(row.id, GramRange(row.start_g, row.end_g))

    def no_check(session: Any, hold: Any, wants: Any) -> Any:
        session.execute(stock._MAKE_HOLD, hold)
        codes = {code for want in wants for code in want.lot_codes}
        rows = session.execute(
            select(PoolLot.id, PoolLot.code, PoolLot.account_id, PoolLot.retired_g.label("free_g")).where(
                PoolLot.code.in_(codes)
            )
        ).all()
        return {row.id: row for row in rows}

    monkeypatch.setattr(stock._Stock, "__iter__", iterate)
    monkeypatch.setattr(stock, "_lock_lots", no_check)


def retires_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retirement that forgets it has already happened."""

    def again(session: Any, hold_id: str) -> Any:
        facts = {"holder": HOLDER, "purpose": "", "mass_g": 1, "test": True, "at": clock.now()}
        session.execute(
            insert(Retirement).values(id=new_id("ret"), hold_id=hold_id, line_id=new_id("lin"), **facts)
        )
        rows = db.session.scalars(select(Retirement).where(Retirement.hold_id == hold_id)).all()
        return [Retired(rows[0].id, rows[0].line_id, Mass(rows[0].mass_g), (), rows[0].at)]

    monkeypatch.setattr(stock, "_already_retired", again)


def retires_during_a_refund(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step table that lets a refund and a retirement run at the same time."""
    real = stock.next_state

    def lax(state: Any, event: Any) -> Any:
        if state is HoldState.REFUNDING and event is stock.HoldEvent.RETIRE:
            return HoldState.RETIRED
        return real(state, event)

    monkeypatch.setattr(stock, "next_state", lax)


def a_void_frees_the_grams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking a claim back that gives the grams back, too."""
    real = stock.void_retirement

    def resell(actor: Any, retirement_id: str, because: str, now: Any) -> None:
        real(actor, retirement_id, because, now)
        with transaction() as session:
            grams = session.execute(
                select(func.sum(RetirementRange.end_g - RetirementRange.start_g)).where(
                    RetirementRange.retirement_id == retirement_id
                )
            ).scalar()
            session.execute(delete(RetirementRange).where(RetirementRange.retirement_id == retirement_id))
            session.execute(update(PoolLot).values(free_g=PoolLot.free_g + int(grams or 0)))

    monkeypatch.setattr(stock, "void_retirement", resell)


BUGS = [
    takes_the_block_above, forgets_the_rest, release_keeps_the_balance, sells_what_is_reserved,
    retires_twice, retires_during_a_refund, a_void_frees_the_grams,
]  # fmt: skip


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(
    bug: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the database's guards gone as well, so that the property finds it and not the constraint."""
    bug(monkeypatch)
    with pytest.raises(
        (AssertionError, UnlawfulStep, IntegrityError, ValueError, pytest.fail.Exception, KeyError)
    ):
        run(tmp_path, examples=400, guarded=False, steps=30)


def test_without_a_bug_the_guards_are_not_needed(tmp_path: Path) -> None:
    """The control of the controls: no guards, no bug, nothing found."""
    run(tmp_path, examples=8, guarded=False)
