"""Giving every month: begun, paused, taken up again and ended by the giver; asked for once a month.

By letter nothing is taken and nothing is held unasked: it leads to a page, and the order is placed there.
What a provider charges to a card by itself comes in by ``charging``.
"""

from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import audit, consents, jobs
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.shop import policy
from portal.shop.commands.ordering import place_order
from portal.shop.commands.steps import books
from portal.shop.models.giving import Giver, Giving, GivingCard, GivingTurn
from portal.shop.models.orders import Order
from portal.shop.rules.giving import (
    GivingState,
    NoSuchGiving,
    TurnPaidAlready,
    UnlawfulGivingStep,
    check_day,
    check_move,
    month_of,
    next_turn,
)
from portal.shop.rules.orders import Buyer, check_buyer, check_purpose
from portal.shop.rules.quotes import Quote, check_mass
from portal.shop.rules.states import LAPSED, UNPAID

_giving, _givers, turns = (cast(Table, kind.__table__) for kind in (Giving, Giver, GivingTurn))
_orders, _cards = (cast(Table, kind.__table__) for kind in (Order, GivingCard))


def begin_giving(
    actor: Actor,
    lot: str,
    mass: Mass,
    day: int,
    buyer: Buyer,
    *,
    purpose: str,
    lang: str,
    test: bool,
    now: datetime,
) -> str:
    """Agree to be asked for so much of this lot on this day of every month; returns the giving's id.

    No letter yet: the first month is paid on the page, and who never paid is never written to.
    Raises NoSuchDay, BadName, BadPurpose, and what check_mass raises.
    """
    check_day(day)
    check_mass(mass)
    check_buyer(buyer)
    check_purpose(purpose)
    giving_id, today = new_id("gvg"), clock.day_of(now)
    with books() as s:
        s.execute(
            insert(_giving).values(
                id=giving_id,
                state=GivingState.ACTIVE,
                lot=lot,
                mass_g=mass,
                day=day,
                next_on=next_turn(day, today),
                lang=lang,
                purpose=purpose,
                person_id=actor.id if actor.is_person else None,
                test=test,
                begun_at=now,
                changed_at=now,
            )
        )
        s.execute(
            insert(_givers).values(
                giving_id=giving_id, name=buyer.name, email=buyer.email, is_public=buyer.is_public
            )
        )
        s.execute(insert(turns).values(giving_id=giving_id, month=month_of(today), asked_at=now))
        if buyer.is_public:
            consents.record(actor, consents.NAME_ON_CERTIFICATE, giving_id, True, now)
    return giving_id


def pause_giving(actor: Actor, giving_id: str, now: datetime) -> None:
    """No further letters until it is taken up again. Raises NoSuchGiving, UnlawfulGivingStep."""
    _move(actor, giving_id, GivingState.PAUSED, now)


def resume_giving(actor: Actor, giving_id: str, now: datetime) -> None:
    """Letters again, from the next such day on. Raises NoSuchGiving, UnlawfulGivingStep."""
    _move(actor, giving_id, GivingState.ACTIVE, now)


def end_giving(actor: Actor, giving_id: str, now: datetime) -> None:
    """For good, and the giver's name and address are forgotten here. Orders that were paid stand.

    Raises NoSuchGiving, UnlawfulGivingStep.
    """
    _move(actor, giving_id, GivingState.ENDED, now)


def _move(actor: Actor, giving_id: str, state: GivingState, now: datetime) -> None:
    with books() as s:
        row = locked_giving(s, actor, giving_id)
        if row.state == state:
            return
        check_move(GivingState(row.state), state)
        if state is GivingState.ENDED:
            _end(s, giving_id, now)
        else:
            next_on = next_turn(row.day, clock.day_of(now))
            changed = {"state": state, "changed_at": now, "next_on": next_on}
            s.execute(update(_giving).where(_giving.c.id == giving_id).values(changed))
        audit.record(actor, f"shop.giving_{state}", giving_id, now)


def ask_due(actor: Actor, giving_id: str, now: datetime) -> bool:
    """Write this month's letter when its day has come; False when there is nothing to do. Once a month."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    today = clock.day_of(now)
    with books() as s:
        row = s.execute(select(_giving).where(_giving.c.id == giving_id).with_for_update()).one_or_none()
        if row is None or row.state != GivingState.ACTIVE or row.next_on > today or _by_card(s, giving_id):
            return False
        if not _was_paid(s, giving_id):
            # Whoever typed this address has never paid: it is forgotten, and nobody is written to.
            _end(s, giving_id, now)
            return False
        # Months that went by while nobody worked are not asked for in a heap: this one, once.
        s.execute(update(_giving).where(_giving.c.id == giving_id).values(next_on=next_turn(row.day, today)))
        return _ask(s, giving_id, today, now)


def _by_card(s: Connection, giving_id: str) -> bool:
    return s.execute(select(_cards.c.giving_id).where(_cards.c.giving_id == giving_id)).first() is not None


def _was_paid(s: Connection, giving_id: str) -> bool:
    paid = (
        select(turns.c.month)
        .join(_orders, _orders.c.id == turns.c.order_id)
        .where(turns.c.giving_id == giving_id, _orders.c.paid_at.is_not(None))
    )
    return s.execute(paid).first() is not None


def _end(s: Connection, giving_id: str, now: datetime) -> None:
    ended = {"state": GivingState.ENDED, "changed_at": now}
    s.execute(update(_giving).where(_giving.c.id == giving_id).values(ended))
    s.execute(delete(_givers).where(_givers.c.giving_id == giving_id))


def _ask(s: Connection, giving_id: str, today: date, now: datetime) -> bool:
    add = postgresql.insert if s.dialect.name == "postgresql" else sqlite.insert
    month = month_of(today)
    turn = add(turns).values(giving_id=giving_id, month=month, asked_at=now)
    if s.execute(turn.on_conflict_do_nothing().returning(turns.c.month)).first() is None:
        return False
    row = s.execute(
        select(_giving, _givers.c.email, _givers.c.name)
        .join(_givers, _givers.c.giving_id == _giving.c.id)
        .where(_giving.c.id == giving_id)
    ).one_or_none()
    if row is None:
        return False
    key = f"giving:{giving_id}:{month}"
    facts = {
        "giving_id": giving_id,
        "month": month,
        "grams": row.mass_g.grams,
        "lot": row.lot,
        "name": row.name,
        "test": row.test,
    }
    payload = {
        "id": key.replace(":", "."),
        "to": row.email,
        "lang": row.lang,
        "template": "shop/letter_giving",
        "facts": facts,
    }
    jobs.enqueue("letter", payload, key=f"letter:{key}", now=now)
    return True


def place_turn(
    actor: Actor,
    giving_id: str,
    month: str,
    quote: Quote,
    *,
    consent: bool,
    provider: str,
    test: bool,
    now: datetime,
) -> str:
    """The order of this month, at the price of today; returns its id. An order that still can be paid is
    the same order; one that lapsed is followed by another.

    Raises NoSuchGiving, TurnPaidAlready, UnlawfulGivingStep, and what place_order raises.
    """
    with books() as s:
        row = locked_giving(s, actor, giving_id)
        if row.state == GivingState.ENDED:
            raise UnlawfulGivingStep()
        turn = s.execute(
            select(turns.c.order_id, _orders.c.state)
            .join(_orders, _orders.c.id == turns.c.order_id, isouter=True)
            .where(turns.c.giving_id == giving_id, turns.c.month == month)
        ).one_or_none()
        if turn is None:
            raise NoSuchGiving()
        if turn.order_id and turn.state in UNPAID:
            return str(turn.order_id)
        if turn.order_id and turn.state not in LAPSED:
            raise TurnPaidAlready()
        giver = s.execute(select(_givers).where(_givers.c.giving_id == giving_id)).one()
        order_id = new_id("ord")
        place_order(
            actor,
            order_id,
            quote,
            Buyer(giver.name, giver.email, giver.is_public),
            purpose=row.purpose,
            lang=row.lang,
            consent=consent,
            provider=provider,
            test=test,
            idempotency_key=order_id,
            now=now,
        )
        s.execute(
            update(turns)
            .where(turns.c.giving_id == giving_id, turns.c.month == month)
            .values(order_id=order_id)
        )
        return order_id


def locked_giving(s: Connection, actor: Actor, giving_id: str) -> Any:
    """The row, this actor's own, for as long as the promise lasts. Raises NoSuchGiving."""
    row = s.execute(select(_giving).where(_giving.c.id == giving_id).with_for_update()).one_or_none()
    if row is None or not policy.may_give(actor, row):
        raise NoSuchGiving()
    return row
