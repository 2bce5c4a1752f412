"""The cash journal as it is written: who holds which part of an order's money, and of a forest owner's part,
for which project or planting it is.

Within a promise whose command has asked its policy.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, func, insert, select

from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.registry.queries.origins import grams_by_project
from portal.shop.commands.seedlings import campaigns, seedlings
from portal.shop.commands.steps import Locked
from portal.shop.models.orders import CashLine, OrderLine
from portal.shop.models.origins import CashPart
from portal.shop.queries.owners import in_force
from portal.shop.queries.terms import terms_of
from portal.shop.rules.cash import balances, give_back, taken
from portal.shop.rules.origins import Origin, OriginKind, Sold, moved, share_out
from portal.shop.rules.quotes import Party, Share

cash, parts = cast(Table, CashLine.__table__), cast(Table, CashPart.__table__)
_lines = cast(Table, OrderLine.__table__)

# Built once: putting a statement together costs more than having it done.
_ADD_CASH, _ADD_PARTS = insert(cash), insert(parts)
_CREDITS = select(_lines.c.id, _lines.c.amount_minor).where(_lines.c.order_id == bindparam("order_id"))
_SEEDLINGS = (
    select(campaigns.c.code, seedlings.c.amount_minor)
    .join_from(seedlings, campaigns, campaigns.c.id == seedlings.c.campaign_id)
    .where(seedlings.c.order_id == bindparam("order_id"))
)
_HELD = (
    select(parts.c.origin, func.sum(parts.c.amount_minor).label("minor"))
    .where(parts.c.order_id == bindparam("order_id"), parts.c.currency == bindparam("currency"))
    .group_by(parts.c.origin)
)


def write(s: Connection, order: Locked, cause_id: str, shares: Iterable[Share], now: datetime) -> None:
    """The lines of one cause, without what they mean for projects."""
    s.execute(
        _ADD_CASH,
        [
            {
                "id": new_id("csh"), "order_id": order.id, "cause_id": cause_id, "party": share.party.value,
                "amount_minor": share.amount.minor, "currency": share.amount.currency, "at": now,
            }
            for share in shares
        ],
    )  # fmt: skip


def came(s: Connection, order: Locked, payment_id: str, amount: Money, now: datetime) -> None:
    """The order is paid: everybody is owed what was quoted, each project what was bought of it."""
    shares = [
        Share(Party(party), Money(minor, amount.currency)) for party, minor in order.split.items() if minor
    ]
    write(s, order, payment_id, shares, now)
    if owners := balances(shares).get(Party.FOREST_OWNER):
        _write_parts(s, order, payment_id, _for_payees(share_out(owners, _sold(s, order)), now), now)


def went_back(s: Connection, order: Locked, refund_id: str, amount: Money, now: datetime) -> None:
    """Whoever holds the order's money gives it back in proportion, and so does each project."""
    rows = s.execute(
        select(cash.c.party, cash.c.amount_minor).where(
            cash.c.order_id == order.id, cash.c.currency == amount.currency
        )
    )
    held = balances(Share(Party(row.party), Money(row.amount_minor, amount.currency)) for row in rows)
    held.pop(Party.UNASSIGNED, None)
    shares = give_back(held, amount)
    write(s, order, refund_id, shares, now)
    if owners := balances(shares).get(Party.FOREST_OWNER):
        back = taken(_held(s, order), Money(-owners.minor, owners.currency))
        negative = {origin: Money(-part.minor, part.currency) for origin, part in back.items()}
        _write_parts(s, order, refund_id, negative, now)


def came_again(s: Connection, order: Locked, refund_id: str, now: datetime) -> None:
    """A bank sent a refund back: its lines, the other way round."""
    cause_id = f"{refund_id}:returned"
    rows = s.execute(select(cash).where(cash.c.cause_id == refund_id)).all()
    write(s, order, cause_id, [Share(Party(r.party), Money(-r.amount_minor, r.currency)) for r in rows], now)
    rows = s.execute(select(parts).where(parts.c.cause_id == refund_id)).all()
    again = {Origin.parse(row.origin): Money(-row.amount_minor, row.currency) for row in rows}
    _write_parts(s, order, cause_id, again, now)


def exchanged(s: Connection, order: Locked, now: datetime) -> None:
    """The order's grams are of other projects now, and so is what their owners are owed."""
    held = {origin: m for origin, m in _held(s, order).items() if origin.kind is OriginKind.PROJECT}
    if held:
        owed = sum(held.values(), Money(0, order.currency))
        wanted = share_out(owed, _credits(s, order))
        change = moved(held, _for_payees(wanted, order.paid_at))
        _write_parts(s, order, order.hold_id, change, now)


def _for_payees(amounts: Mapping[Origin, Money], at: datetime) -> dict[Origin, Money]:
    """What of each project is each payee's, by the shares that held then; undivided where one gets it all."""
    splits = in_force(amounts, at)
    found: dict[Origin, Money] = {}
    for origin, amount in amounts.items():
        found |= splits[origin].among(amount) if origin in splits else {origin: amount}
    return found


def _held(s: Connection, order: Locked) -> dict[Origin, Money]:
    rows = s.execute(_HELD, {"order_id": order.id, "currency": order.currency})
    held = {Origin.parse(row.origin): Money(int(row.minor), order.currency) for row in rows}
    return dict(sorted(held.items()))


def _sold(s: Connection, order: Locked) -> list[Sold]:
    return [*_credits(s, order), *_planting(s, order)]


def _credits(s: Connection, order: Locked) -> list[Sold]:
    """The order's lines with the projects that serve them: its hold says which."""
    grams = grams_by_project(order.hold_id)
    ppm = terms_of(order.terms_version).owner_ppm
    return [
        Sold(Money(row.amount_minor, order.currency), ppm, _of_projects(grams[row.id]))
        for row in s.execute(_CREDITS, {"order_id": order.id})
    ]


def _of_projects(grams: Mapping[str, int]) -> dict[Origin, int]:
    return {Origin(OriginKind.PROJECT, code): each for code, each in grams.items()}


def _planting(s: Connection, order: Locked) -> list[Sold]:
    ppm = terms_of(order.terms_version).planter_ppm
    paid: Counter[str] = Counter()
    for row in s.execute(_SEEDLINGS, {"order_id": order.id}):
        paid[row.code] += row.amount_minor
    return [
        Sold(Money(minor, order.currency), ppm, {Origin(OriginKind.PLANTING, code): 1})
        for code, minor in paid.items()
    ]


def _write_parts(
    s: Connection, order: Locked, cause_id: str, amounts: Mapping[Origin, Money], now: datetime
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": new_id("csp"), "order_id": order.id, "cause_id": cause_id, "origin": str(origin),
            "amount_minor": amount.minor, "currency": amount.currency, "at": now,
        }
        for origin, amount in amounts.items()
    ]  # fmt: skip
    if rows:
        s.execute(_ADD_PARTS, rows)
