"""Grams on their way: reserved for an order, allocated when it is paid, retired for good, or released.

The hot path. Stock is taken by one conditional update of the lot's running balance, which is also the
lock that keeps buyers of that lot in a row; buyers of other lots do not wait. The constraints of
guards.py stand behind it. Statements are Core, because the ORM costs more than the work.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    Table,
    Update,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from portal.db import Int, Rows, Str, db, insert_together, is_promised, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, NotFound
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass, total
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.commands.cutting import Sale, is_state, sell, sell_at_once
from portal.registry.models import (
    Account,
    Block,
    Hold,
    LedgerEntry,
    PoolLot,
    Retirement,
    RetirementRange,
    RetirementVoid,
)
from portal.registry.queries.ranges import ranges_of
from portal.registry.queries.standing import check_selling
from portal.registry.rules.facts import Retired, RetireLine, Want
from portal.registry.rules.ledger import (
    BlockState,
    Cut,
    FreeRange,
    GramRange,
    HoldEvent,
    HoldState,
    NotEnoughCredits,
    next_state,
    share,
)

# Core tables: through a mapped class each statement costs twice as much.
ACCOUNT, BLOCK, ENTRY, HOLD, LOT = (
    cast(Table, kind.__table__) for kind in (Account, Block, LedgerEntry, Hold, PoolLot)
)
RETIREMENT, RANGE, VOID = (
    cast(Table, kind.__table__) for kind in (Retirement, RetirementRange, RetirementVoid)
)

Executor = Connection | Session

STOCK_PAGE = 32  # free blocks read at a time: one is the rule, released fragments are the exception

# The statements of reserving and settling are built once: building them anew costs more than running them.
_GRAMS = bindparam("grams", type_=Int())
_TAKE = (
    update(LOT)
    .where(LOT.c.code == bindparam("lot"), LOT.c.closed_at.is_(None), LOT.c.free_g >= _GRAMS)
    .values(free_g=LOT.c.free_g - _GRAMS)
    .returning(LOT.c.id, LOT.c.code, LOT.c.account_id, (LOT.c.free_g + _GRAMS).label("free_g"))
)
_MAKE_HOLD, _ENTER = insert(HOLD), insert(ENTRY)
_INHERITED = (BLOCK.c.issuance_id, BLOCK.c.unit_class, BLOCK.c.rank)
_FREE = (
    select(BLOCK.c.id, BLOCK.c.start_g, BLOCK.c.end_g, *_INHERITED)
    .where(BLOCK.c.lot_id == bindparam("lot"), is_state(BlockState.HELD))
    .order_by(BLOCK.c.rank, BLOCK.c.start_g)
    .limit(STOCK_PAGE)
)
_FREE_BEYOND = _FREE.where(
    (BLOCK.c.rank > bindparam("after_rank"))
    | ((BLOCK.c.rank == bindparam("after_rank")) & (BLOCK.c.start_g > bindparam("after_start")))
)
# A lot whose grams were taken off in the statement before: its balance as it was.
_TAKEN_FROM = select(LOT.c.id, LOT.c.code, LOT.c.account_id, (LOT.c.free_g + _GRAMS).label("free_g")).where(
    LOT.c.code == bindparam("lot"), exists(select(HOLD.c.id).where(HOLD.c.id == bindparam("hold")))
)
_CLOSE = update(BLOCK).where(BLOCK.c.id == bindparam("block")).values(state=BlockState.SPLIT)
_LOCK_HOLD = select(HOLD.c.state).where(HOLD.c.id == bindparam("hold")).with_for_update()
_STEP_HOLD = (
    update(HOLD).where(HOLD.c.id == bindparam("hold")).values(state=bindparam("to"), because=bindparam("why"))
)
_BLOCKS_OF_HOLD = (
    select(BLOCK.c.line_id, BLOCK.c.id, BLOCK.c.start_g, BLOCK.c.end_g, BLOCK.c.lot_id)
    .where(BLOCK.c.hold_id == bindparam("hold"))
    .order_by(BLOCK.c.start_g)
)
_RETIRE_BLOCKS = (
    update(BLOCK)
    .where(BLOCK.c.id.in_(bindparam("blocks", expanding=True)))
    .values(
        state=BlockState.RETIRED,
        hold_id=None,
        retirement_id=bindparam("retirement"),
        account_id=bindparam("account"),
    )
)
_RETIRE, _KEEP_RANGES = insert(RETIREMENT), insert(RANGE)
_ACCOUNT = (
    select(ACCOUNT.c.id)
    .where(
        ACCOUNT.c.kind == bindparam("kind"),
        ACCOUNT.c.party_id.is_not_distinct_from(bindparam("party", type_=Str())),
    )
    .limit(1)
)
_MOVE_BLOCKS = (
    update(BLOCK)
    .where(BLOCK.c.hold_id == bindparam("hold"))
    .values(state=bindparam("to"))
    .returning(BLOCK.c.id)
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one line got from one lot."""

    line_id: str
    lot_code: str
    mass: Mass


def reserve(
    actor: Actor,
    hold_id: str,
    wants: Sequence[Want],
    expires_at: datetime,
    now: datetime,
    *,
    first: Rows = (),
) -> list[Taken]:
    """Hold grams for an order until ``expires_at``; all lines or none.

    Best called outside of ``transaction()``: then the usual sale is a promise of the server's own.
    ``first``: rows of the caller's that go in before any gram is taken, in the order that keys between them
    ask for. Raises NotEnoughCredits (``left``: what the asked lots together still have), NotFound for an
    unknown lot, SellingStopped after a failed audit.
    """
    if not policy.may_move_credits(actor, hold_id):
        raise NotAllowed()
    check_selling()
    hold = {"id": hold_id, "state": HoldState.RESERVED, "expires_at": expires_at, "made_at": now}
    sale = None
    if _is_usual(db.engine, wants):
        (want,) = wants
        (code,), mass = want.lot_codes, want.mass.quantity()
        sale = Sale(actor, hold, code, want.line_id, mass, first, now)
    if sale and not is_promised():
        if sell_at_once(sale):
            return [Taken(sale.line_id, sale.lot_code, sale.mass)]
        sale = None  # the general way knows why not, or what else to cut
    with _ledger() as ledger:
        if sale:
            if sell(ledger, sale):
                return [Taken(sale.line_id, sale.lot_code, sale.mass)]
            taken = {"lot": sale.lot_code, "hold": hold_id, "grams": sale.mass.grams}
            lots = _one_lot(ledger, _TAKEN_FROM, taken)
        else:
            if first:
                insert_together(ledger, *first)
            lots = _lock_lots(ledger, hold, wants)
        plan = _plan(wants, lots)
        _cut_all(ledger, actor, hold_id, plan, lots, now)
        parts = [(lot_id, *part) for lot_id, of_lot in plan.items() for part in of_lot]
        return [Taken(line_id, lots[lot_id].code, mass) for lot_id, line_id, mass in parts]


def extend(actor: Actor, hold_id: str, expires_at: datetime) -> None:
    """Keep a reservation longer, when a new payment session is opened for it."""
    if not policy.may_move_credits(actor, hold_id):
        raise NotAllowed()
    with _ledger() as ledger:
        ledger.execute(
            update(HOLD)
            .where(HOLD.c.id == hold_id, HOLD.c.state == HoldState.RESERVED)
            .values(expires_at=expires_at)
        )


def allocate(actor: Actor, hold_id: str, now: datetime) -> None:
    """Paid: the held grams belong to this order. Doing it again changes nothing. Raises UnlawfulStep."""
    if not policy.may_move_credits(actor, hold_id):
        raise NotAllowed()
    with _ledger() as ledger:
        if not _step(ledger, hold_id, HoldEvent.SETTLE):
            return
        blocks = _move(ledger, hold_id, BlockState.ALLOCATED)
        journal(ledger, actor, f"allocate:{hold_id}", "allocate", now, moved=blocks, to=BlockState.ALLOCATED)


def release(actor: Actor, hold_id: str, because: str, now: datetime) -> None:
    """Give the grams back to their lots. ``because`` says why that is safe (a constraint lists the reasons).

    Doing it again changes nothing. Raises UnlawfulStep once they are retired.
    """
    if not policy.may_move_credits(actor, hold_id):
        raise NotAllowed()
    with _ledger() as ledger:
        if not _step(ledger, hold_id, HoldEvent.RELEASE, because=because):
            return
        given = ledger.execute(
            select(BLOCK.c.lot_id, func.sum(BLOCK.c.end_g - BLOCK.c.start_g))
            .where(BLOCK.c.hold_id == hold_id)
            .group_by(BLOCK.c.lot_id)
            .order_by(BLOCK.c.lot_id)
        ).all()
        # Lots in id order, before their blocks: the order in which reserve() takes them.
        for lot_id, grams in given:
            ledger.execute(update(LOT).where(LOT.c.id == lot_id).values(free_g=LOT.c.free_g + int(grams)))
        blocks = list(
            ledger.scalars(
                update(BLOCK)
                .where(BLOCK.c.hold_id == hold_id)
                .values(state=BlockState.HELD, hold_id=None, line_id=None)
                .returning(BLOCK.c.id)
            )
        )
        journal(
            ledger,
            actor,
            f"release:{hold_id}",
            "release",
            now,
            moved=blocks,
            to=BlockState.HELD,
            because=because,
        )


def begin_refund(actor: Actor, hold_id: str) -> None:
    """From here on nothing of this order can retire. Raises UnlawfulStep when it already has."""
    if not policy.may_move_credits(actor, hold_id):
        raise NotAllowed()
    with _ledger() as ledger:
        _step(ledger, hold_id, HoldEvent.REFUND)


def retire(actor: Actor, hold_id: str, lines: Sequence[RetireLine], now: datetime) -> list[Retired]:
    """Attribute every gram of the hold to its line's beneficiary, for good, and put it on record.

    Doing it again returns what was retired. Raises UnlawfulStep while a refund is pending (I16).
    """
    if not policy.may_move_credits(actor, hold_id):
        raise NotAllowed()
    with _ledger() as ledger:
        if not _step(ledger, hold_id, HoldEvent.RETIRE):
            return _already_retired(ledger, hold_id)
        blocks: dict[str, list[tuple[str, int, int]]] = {}
        lots = set()
        for line_id, block_id, start, end, lot_id in ledger.execute(_BLOCKS_OF_HOLD, {"hold": hold_id}):
            blocks.setdefault(line_id, []).append((block_id, start, end))
            lots.add(lot_id)
        if len(lots) > 1:
            # The blocks' trigger writes to their lots, in whatever order: lock them first, in id order.
            in_order = select(LOT.c.id).where(LOT.c.id.in_(lots)).order_by(LOT.c.id)
            ledger.execute(in_order.with_for_update())
        return [_retire_line(ledger, actor, hold_id, line, blocks[line.line_id], now) for line in lines]


def void_retirement(actor: Actor, retirement_id: str, because: str, now: datetime) -> None:
    """Take the claim back after a refund: the grams stay retired and belong to nobody's claim any more."""
    if not policy.may_void(actor):
        raise NotAllowed()
    with _ledger() as ledger:
        if ledger.execute(select(VOID.c.retirement_id).where(VOID.c.retirement_id == retirement_id)).first():
            return
        mass_g = ledger.execute(
            select(RETIREMENT.c.mass_g).where(RETIREMENT.c.id == retirement_id)
        ).scalar_one_or_none()
        if mass_g is None:
            raise NotFound()
        ledger.execute(
            insert(VOID).values(
                retirement_id=retirement_id, because=because, account_id=account_of(ledger, "loss"), at=now
            )
        )
        journal(
            ledger, actor, f"void:{retirement_id}", "void", now, retirement=retirement_id, because=because
        )
        log.reversal(retirement_id, Mass(mass_g), because, now)


def account_of(ledger: Executor, kind: str, party_id: str | None = None) -> str:
    """The account of this kind (and party), made when it is first needed."""
    known = ledger.execute(_ACCOUNT, {"kind": kind, "party": party_id}).scalar_one_or_none()
    if known:
        return str(known)
    made = new_id("acc")
    ledger.execute(insert(ACCOUNT).values(id=made, kind=kind, party_id=party_id))
    return made


@contextmanager
def _ledger() -> Iterator[Connection]:
    """The transaction as Core sees it: without the unit of work, which this path has no use for."""
    with transaction() as session:
        yield session.connection()


# -- reserving ---------------------------------------------------------------------------------


def _is_usual(ledger: Engine, wants: Sequence[Want]) -> bool:
    """Whether this is one line of one lot, on the database where a roundtrip costs something."""
    return ledger.dialect.name == "postgresql" and [len(want.lot_codes) for want in wants] == [1]


def _lock_lots(ledger: Connection, hold: dict[str, Any], wants: Sequence[Want]) -> dict[str, Any]:
    """Make the hold and take the grams off the lots' balances, which locks the lots.

    The hold goes first, so that the next buyer of a lot waits a little less.
    """
    codes = {code for want in wants for code in want.lot_codes}
    wanted = total([want.mass.quantity() for want in wants]).grams
    ledger.execute(_MAKE_HOLD, hold)
    if not codes:  # an order of seedlings alone: a hold of no grams goes the same ways
        return {}
    if len(codes) == 1:
        return _one_lot(ledger, _TAKE, {"lot": codes.pop(), "grams": wanted})
    # In id order, so that two buyers of the same lots never wait for each other in a ring.
    rows = ledger.execute(
        select(LOT.c.id, LOT.c.code, LOT.c.account_id, LOT.c.free_g)
        .where(LOT.c.code.in_(codes), LOT.c.closed_at.is_(None))
        .order_by(LOT.c.id)
        .with_for_update()
    ).all()
    if not rows:
        raise NotFound()
    lots = {row.id: row for row in rows}
    for lot_id, parts in _plan(wants, lots).items():
        ledger.execute(
            update(LOT)
            .where(LOT.c.id == lot_id)
            .values(free_g=LOT.c.free_g - total([mass for _, mass in parts]).grams)
        )
    return lots


def _one_lot(ledger: Connection, take: Update | Select[Any], asked: dict[str, Any]) -> dict[str, Any]:
    row = ledger.execute(take, asked).one_or_none()
    if row is None:
        raise _sold_out(ledger, {asked["lot"]})
    return {row.id: row}


def _sold_out(ledger: Executor, codes: Iterable[str]) -> Exception:
    left = ledger.execute(
        select(func.sum(case((LOT.c.closed_at.is_(None), LOT.c.free_g), else_=0))).where(
            LOT.c.code.in_(codes)
        )
    ).scalar_one()
    return NotFound() if left is None else NotEnoughCredits(left=Mass(int(left)))


def _plan(wants: Sequence[Want], lots: dict[str, Any]) -> dict[str, list[tuple[str, Mass]]]:
    """How much each line takes from each lot, in its order of preference. Raises NotEnoughCredits."""
    by_code = {lot.code: lot.id for lot in lots.values()}
    free = {lot.id: lot.free_g for lot in lots.values()}
    plan: dict[str, list[tuple[str, Mass]]] = {lot_id: [] for lot_id in sorted(lots)}
    for want in wants:
        missing = want.mass.quantity().grams
        for lot_id in (by_code[code] for code in want.lot_codes if code in by_code):
            if got := min(missing, free[lot_id]):
                plan[lot_id].append((want.line_id, Mass(got)))
                free[lot_id] -= got
                missing -= got
        if missing:
            known = {by_code[code] for code in want.lot_codes if code in by_code}
            raise NotEnoughCredits(left=Mass(sum(lots[lot_id].free_g for lot_id in known)))
    return {lot_id: parts for lot_id, parts in plan.items() if parts}


def _cut_all(
    ledger: Connection,
    actor: Actor,
    hold_id: str,
    plan: dict[str, list[tuple[str, Mass]]],
    lots: dict[str, Any],
    now: datetime,
) -> None:
    """Any number of lines from any number of blocks of the locked lots."""
    work = _Work()
    for lot_id, parts in plan.items():
        stock = _Stock(ledger, lot_id)
        for cut in share(stock, parts):
            work.add(cut, stock.kin[cut.block.block_id], lots[lot_id], hold_id)
    if work.closed:
        ledger.execute(_CLOSE, [{"block": block_id} for block_id in work.closed])
    made, taken = [_brief(child) for child in work.children], [block for block, _ in work.whole]
    entry = _entry(actor, f"reserve:{hold_id}", "reserve", now, split=work.closed, made=made, taken=taken)
    insert_together(ledger, (ENTRY, entry), *((BLOCK, child) for child in work.children))
    for block_id, line_id in work.whole:
        ledger.execute(
            update(BLOCK)
            .where(BLOCK.c.id == block_id)
            .values(state=BlockState.RESERVED, hold_id=hold_id, line_id=line_id)
        )


class _Stock:
    """Free blocks of a locked lot in the order of taking, and what their children will inherit."""

    def __init__(self, ledger: Executor, lot_id: str) -> None:
        self.ledger = ledger
        self.lot_id = lot_id
        self.kin: dict[str, dict[str, Any]] = {}

    def __iter__(self) -> Iterator[FreeRange]:
        rows = self.ledger.execute(_FREE, {"lot": self.lot_id}).all()
        while rows:
            for row in rows:
                self.kin[row.id] = {column.name: getattr(row, column.name) for column in _INHERITED}
                yield FreeRange(row.id, GramRange(row.start_g, row.end_g))
            if len(rows) < STOCK_PAGE:
                return
            last = rows[-1]
            after = {"after_rank": last.rank, "after_start": last.start_g}
            rows = self.ledger.execute(_FREE_BEYOND, {"lot": self.lot_id} | after).all()


@dataclass(slots=True)
class _Work:
    """What reserving does to blocks: some move whole, some close and live on in their children."""

    children: list[dict[str, Any]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    whole: list[tuple[str, str]] = field(default_factory=list)

    def add(self, cut: Cut, kin: dict[str, Any], lot: Any, hold_id: str) -> None:
        if cut.is_whole:
            self.whole.append((cut.block.block_id, cut.pieces[0][0]))
            return
        self.closed.append(cut.block.block_id)
        born = kin | {"parent_id": cut.block.block_id, "lot_id": lot.id, "account_id": lot.account_id}
        for line_id, grams in cut.children:
            state, hold = (BlockState.RESERVED, hold_id) if line_id else (BlockState.HELD, None)
            own = {"id": new_id("blk"), "start_g": grams.start, "end_g": grams.end, "state": state}
            self.children.append(born | own | {"hold_id": hold, "line_id": line_id})


# -- moving ------------------------------------------------------------------------------------


def _step(ledger: Executor, hold_id: str, event: HoldEvent, because: str | None = None) -> bool:
    """Move the hold; False when it is already there. The row stays locked until the promise ends."""
    state = ledger.execute(_LOCK_HOLD, {"hold": hold_id}).scalar_one_or_none()
    if state is None:
        raise NotFound()
    if state == _ALREADY.get(event):
        return False
    new = next_state(HoldState(state), event)
    ledger.execute(_STEP_HOLD, {"hold": hold_id, "to": new, "why": because})
    return True


_ALREADY = {
    HoldEvent.SETTLE: HoldState.ALLOCATED,
    HoldEvent.RELEASE: HoldState.RELEASED,
    HoldEvent.RETIRE: HoldState.RETIRED,
    HoldEvent.REFUND: HoldState.REFUNDING,
}


def _move(ledger: Executor, hold_id: str, state: BlockState) -> list[str]:
    return list(ledger.scalars(_MOVE_BLOCKS, {"hold": hold_id, "to": state}))


def _retire_line(
    ledger: Executor,
    actor: Actor,
    hold_id: str,
    line: RetireLine,
    blocks: list[tuple[str, int, int]],
    now: datetime,
) -> Retired:
    retirement_id = new_id("ret")
    mass = Mass(sum(end - start for _, start, end in blocks))
    ledger.execute(
        _RETIRE,
        {
            "id": retirement_id, "hold_id": hold_id, "line_id": line.line_id, "holder": line.holder,
            "purpose": line.purpose, "mass_g": mass.grams, "test": line.test, "at": now,
        },
    )  # fmt: skip
    ids = [block_id for block_id, _, _ in blocks]
    taker = {"retirement": retirement_id, "account": account_of(ledger, "retired")}
    ledger.execute(_RETIRE_BLOCKS, {"blocks": ids, **taker})
    ledger.execute(
        _KEEP_RANGES,
        [
            {"block_id": b, "retirement_id": retirement_id, "start_g": start, "end_g": end}
            for b, start, end in blocks
        ],
    )
    journal(
        ledger,
        actor,
        f"retire:{line.line_id}",
        "retire",
        now,
        moved=ids,
        to=BlockState.RETIRED,
        retirement=retirement_id,
    )
    ranges = ranges_of(retirement_id)
    log.attribution(retirement_id, line, ranges, now)
    return Retired(retirement_id, line.line_id, mass, ranges, now)


def _already_retired(ledger: Executor, hold_id: str) -> list[Retired]:
    rows = ledger.execute(select(RETIREMENT).where(RETIREMENT.c.hold_id == hold_id)).all()
    return [Retired(row.id, row.line_id, Mass(row.mass_g), ranges_of(row.id), row.at) for row in rows]


# -- the journal -------------------------------------------------------------------------------


def journal(ledger: Executor, actor: Actor, key: str, kind: str, now: datetime, **body: object) -> None:
    """One effect per key (I9): the same effect a second time violates the unique key and rolls back."""
    ledger.execute(_ENTER, _entry(actor, key, kind, now, **body))


def _entry(actor: Actor, key: str, kind: str, now: datetime, **body: object) -> dict[str, Any]:
    return {"key": key, "kind": kind, "body": body, "actor_id": actor.id, "occurred_at": now}


def _brief(child: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": child["id"],
        "of": child["parent_id"],
        "start": child["start_g"],
        "end": child["end_g"],
        "state": child["state"],
    }
