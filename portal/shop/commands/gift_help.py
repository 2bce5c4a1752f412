"""Staff help with a gift that nobody has claimed: write to its giver again, make another code, block one."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.shop import policy
from portal.shop.models.gifts import Gift, GiftBlock
from portal.shop.models.orders import OrderBuyer
from portal.shop.queries import gifts as queries
from portal.shop.queries.gifts import GiftView
from portal.shop.rules.gifts import (
    BlockReasonMissing,
    GiftIsBlocked,
    GiftIsClaimed,
    GiverIsForgotten,
    NoSuchGift,
    check_ready,
    new_code,
)


def block_code(actor: Actor, gift_id: str, reason: str, now: datetime) -> None:
    """The present code opens nothing any more; the grams stay the giver's.

    Raises NoSuchGift, GiftIsClaimed, GiftIsBlocked, BlockReasonMissing.
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    if not reason.strip():
        raise BlockReasonMissing()
    with transaction() as session:
        gift = _unclaimed(session, gift_id)
        if queries.block_of(gift.code):
            raise GiftIsBlocked()
        row = {
            "code": gift.code, "gift_id": gift_id, "reason": reason.strip(), "blocked_by": actor.id,
            "blocked_at": now,
        }  # fmt: skip
        session.execute(insert(GiftBlock).values(row))
        audit.record(actor, "gift.block", gift_id, now, reason=reason.strip())


def write_again(actor: Actor, gift_id: str, is_lost: bool, now: datetime) -> None:
    """Write to the giver again where their card is; when the code is lost or blocked, with another one.

    Raises NoSuchGift, GiftIsClaimed, GiftNotReady, GiftIsWithdrawn, GiftIsBlocked (the code is kept, but
    blocked), GiverIsForgotten.
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    with transaction() as session:
        gift = _unclaimed(session, gift_id)
        check_ready(gift.state)
        if is_lost:
            session.execute(update(Gift).where(Gift.id == gift_id).values(code=new_code(), delivered_at=None))
        elif queries.block_of(gift.code):
            raise GiftIsBlocked()
        _write(session, gift, now)
        audit.record(actor, "gift.write_again", gift_id, now, new_code=is_lost)


def _unclaimed(session: Session, gift_id: str) -> GiftView:
    """The gift, locked. Raises NoSuchGift, GiftIsClaimed."""
    if session.execute(select(Gift.id).where(Gift.id == gift_id).with_for_update()).first() is None:
        raise NoSuchGift()
    found = queries.of_id(gift_id)
    if found.claimed_at:
        raise GiftIsClaimed()
    return found


def _write(session: Session, gift: GiftView, now: datetime) -> None:
    """To whoever paid. Raises GiverIsForgotten."""
    paid_by = select(OrderBuyer.email).where(OrderBuyer.order_id.in_(gift.orders)).limit(1)
    email = session.execute(paid_by).scalar_one_or_none()
    if not email:
        raise GiverIsForgotten()
    letter_id = new_id("let")
    facts: dict[str, Any] = {
        "gift_id": gift.id,
        "recipient": gift.recipient,
        "grams": gift.mass.grams,
        "deliver_on": gift.deliver_on.isoformat() if gift.deliver_on else "",
    }
    payload = {
        "id": letter_id,
        "to": email,
        "lang": gift.lang,
        "template": "shop/letter_gift_ready",
        "facts": facts,
    }
    jobs.enqueue("letter", payload, key=f"letter:{letter_id}", now=now)
