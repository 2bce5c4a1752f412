"""Gifts for many: the list is kept, bought with one order, and shared out certificate by certificate."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, select, update

from portal import audit
from portal.certificates import commands as certificates
from portal.certificates import queries as papers
from portal.certificates.rules.facts import ShareFacts
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import is_id, new_id
from portal.kernel.mass import Mass
from portal.registry.queries.ranges import ranges_of, retired_at
from portal.shop import policy
from portal.shop.commands.ordering import buyers, write_to_buyer
from portal.shop.commands.steps import TILL, books, lock, step
from portal.shop.models.gifts import Gift, GiftBatch
from portal.shop.queries import batches as queries
from portal.shop.rules.batches import BatchWishes, NoSuchBatch, Recipient, share, whole
from portal.shop.rules.gifts import Wishes, check_wishes, new_code
from portal.shop.rules.states import OrderEvent, OrderState

gifts: Table = Gift.__table__  # type: ignore[assignment]
batches: Table = GiftBatch.__table__  # type: ignore[assignment]

AT_ONCE = 25  # certificates in one transaction: short enough that buyers do not wait for it


def open_batch(
    actor: Actor,
    batch_id: str,
    wishes: BatchWishes,
    recipients: Sequence[Recipient],
    file_sha256: str | None,
    today: date,
    now: datetime,
) -> str:
    """Keep a list of recipients, all or none; the same id again is the same batch. Nothing is bought yet.

    Raises NotAllowed, TooManyRecipients, NobodyInTheFile, TooMuch, and what ``check_wishes`` raises.
    """
    if not policy.may_prepare_for(actor, wishes.organisation_id):
        raise NotAllowed()
    if not is_id(batch_id, "bch"):
        raise NoSuchBatch()
    whole(wishes.each, len(recipients))
    # The day is the batch's; whoever has no address is given the card by hand.
    check_wishes(
        Wishes(wishes.giver, "", "-" if wishes.deliver_on else "", wishes.dedication, wishes.message,
               wishes.deliver_on, wishes.lang),
        today,
    )  # fmt: skip
    with transaction() as session:
        if session.execute(select(batches.c.id).where(batches.c.id == batch_id)).first():
            return batch_id
        session.execute(
            insert(batches).values(
                id=batch_id,
                person_id=actor.id,
                organisation_id=wishes.organisation_id,
                lot=wishes.lot,
                each_g=wishes.each,
                count=len(recipients),
                file_sha256=file_sha256,
                created_at=now,
            )
        )
        rows = [_gift(batch_id, at, wishes, each, now) for at, each in enumerate(recipients)]
        session.execute(insert(gifts), rows)
        audit.record(actor, "gift.open_batch", batch_id, now, count=len(recipients))
    return batch_id


def _gift(
    batch_id: str, position: int, wishes: BatchWishes, recipient: Recipient, now: datetime
) -> dict[str, Any]:
    return {
        "id": new_id("gft"),
        "batch_id": batch_id,
        "position": position,
        "mass_g": wishes.each,
        "code": new_code(),
        "lang": recipient.lang or wishes.lang,
        "giver": wishes.giver,
        "recipient": recipient.name,
        "email": recipient.email,
        "dedication": wishes.dedication,
        "message": wishes.message,
        "deliver_on": wishes.deliver_on if recipient.email else None,
        "is_named": wishes.is_named,
        "created_at": now,
    }


def share_out(actor: Actor, batch_id: str, now: datetime) -> int:
    """Issue the next few certificates of a batch; returns how many, 0 when there are none left to issue.

    Each call is one transaction, so a job that is killed goes on where it stood. A share's grams follow
    from its place; the order is locked, so that nothing is issued once a refund has begun.
    """
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        found = queries.retirement_of(batch_id)
        if found is None:
            return 0
        order_id, retirement_id = found
        order = lock(s, order_id)
        if order.state is not OrderState.RETIRED:
            return 0
        ranges, since = ranges_of(retirement_id), retired_at(retirement_id)
        buyer = s.execute(select(buyers.c.name).where(buyers.c.order_id == order_id)).scalar_one_or_none()
        waiting = queries.next_shares(batch_id, AT_ONCE)
        for gift in waiting:
            mass: Mass = gift.mass_g
            number = certificates.issue(
                TILL,
                ShareFacts(
                    share_id=gift.id,
                    retirement_id=retirement_id,
                    mass=mass,
                    ranges=share(ranges, gift.position * mass.grams, mass),
                    holder_name=(gift.recipient if gift.is_named else "") or buyer or "withheld",
                    holder_salt=secrets.token_bytes(32),
                    organisation_id="" if gift.is_named else order.organisation_id,
                    is_public=False,
                    purpose=order.purpose,
                    purpose_title=None,
                    order_id=order_id,
                    test=order.test,
                    lang=gift.lang,
                    retired_at=since,
                ),
                now,
            )
            s.execute(update(gifts).where(gifts.c.id == gift.id).values(certificate=number))
        return len(waiting)


def finish_batch(actor: Actor, batch_id: str, now: datetime) -> bool:
    """All shares are certified and printed: the order is fulfilled and its buyer told. False if not yet."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        found = queries.retirement_of(batch_id)
        if found is None or queries.next_shares(batch_id, 1) or papers.unprinted_of(found[0]):
            return False
        order = lock(s, found[0])
        step(s, order, OrderEvent.FULFILLED, actor, now)
        s.execute(update(batches).where(batches.c.id == batch_id).values(done_at=now))
        ranges = [part.full_serial for part in ranges_of(found[1])]
        write_to_buyer(s, order, "batch", now, batch_id=batch_id, ranges=ranges)
        return True
