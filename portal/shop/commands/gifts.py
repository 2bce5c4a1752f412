"""Gifts: written before they are paid, told and delivered when they are ready, claimed once."""

import secrets
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, select, update

from portal import audit, consents, jobs
from portal.certificates import commands as certificates
from portal.certificates import queries as papers
from portal.certificates.queries import CertificateView
from portal.certificates.rules.facts import RetirementFacts
from portal.certificates.rules.states import Reason
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import is_id
from portal.shop import policy
from portal.shop.commands.steps import TILL
from portal.shop.models.gifts import Gift
from portal.shop.models.orders import OrderBuyer
from portal.shop.queries import gifts as queries
from portal.shop.queries.gifts import GiftView
from portal.shop.rules.gifts import (
    GiftIsClaimed,
    GiftIsDelivered,
    NoSuchGift,
    Taker,
    Wishes,
    check_ready,
    check_wishes,
    new_code,
)
from portal.shop.rules.orders import Buyer, check_buyer

gifts: Table = Gift.__table__  # type: ignore[assignment]


def draft_gift(actor: Actor, gift_id: str, wishes: Wishes, today: date, now: datetime) -> str:
    """Write a gift down before anything is bought for it; the same id again is the same gift.

    The id is the purpose of the order that pays for it, so that no way through login, language or
    webhook can lose it. Raises NoSuchGift, and what ``check_wishes`` raises.
    """
    if not policy.may_draft_gift(actor):
        raise NotAllowed()
    if not is_id(gift_id, "gft"):
        raise NoSuchGift()
    check_wishes(wishes, today)
    with transaction() as session:
        if session.execute(select(gifts.c.id).where(gifts.c.id == gift_id)).first():
            return gift_id
        session.execute(
            insert(gifts).values(
                id=gift_id,
                code=new_code(),
                person_id=actor.id if actor.is_person else None,
                is_named=False,
                created_at=now,
                **_columns(wishes),
            )
        )
    return gift_id


def change_gift(actor: Actor, gift_id: str, wishes: Wishes, today: date, now: datetime) -> None:
    """Other words, another day, another address: until the letter is on its way or the code is claimed.

    Raises NoSuchGift, GiftIsClaimed, GiftIsDelivered, and what ``check_wishes`` raises.
    """
    with transaction() as session:
        known = _locked(session, actor, gift_id)
        if known.claimed_at:
            raise GiftIsClaimed()
        if known.delivered_at:
            raise GiftIsDelivered()
        # A day that was given earlier may have come meanwhile.
        earliest = min(today, known.deliver_on or today)
        check_wishes(wishes, earliest)
        session.execute(update(gifts).where(gifts.c.id == gift_id).values(**_columns(wishes)))
        audit.record(actor, "gift.change", gift_id, now)


def renew_code(actor: Actor, gift_id: str, now: datetime) -> None:
    """Another code for a card that was lost: the old one opens nothing any more. Raises GiftIsClaimed."""
    with transaction() as session:
        if _locked(session, actor, gift_id).claimed_at:
            raise GiftIsClaimed()
        session.execute(update(gifts).where(gifts.c.id == gift_id).values(code=new_code(), delivered_at=None))
        audit.record(actor, "gift.renew_code", gift_id, now)


def claim_gift(actor: Actor, code: str, taker: Taker, now: datetime) -> list[str]:
    """Put the gift into the name of whoever holds the code: each certificate is replaced by one of theirs.

    Returns the new numbers. Raises NoSuchGift, GiftNotReady, GiftIsClaimed, GiftIsWithdrawn, BadName.
    """
    if not policy.may_claim_gift(actor):
        raise NotAllowed()
    check_buyer(Buyer(taker.name, taker.email, taker.is_public))
    with transaction() as session:
        locked = session.execute(
            select(gifts.c.id, gifts.c.claimed_at).where(gifts.c.code == code).with_for_update()
        ).one_or_none()
        if locked is None:
            raise NoSuchGift()
        found = queries.by_code(code)
        check_ready(found.state)
        session.execute(
            update(gifts).where(gifts.c.id == found.id).values(claimed_at=now, claimed_by=actor.id)
        )
        numbers = _replaced(actor, queries.certificates_of(found), taker, now)
        audit.record(actor, "gift.claim", found.id, now, certificates=numbers)
        if taker.email:
            facts = {"certificates": _links(numbers), "giver": found.giver, "grams": found.mass.grams}
            facts |= {"gift_id": found.id}
            _write(f"gift_claimed:{found.id}", taker.email, taker.lang, "gift_claimed", facts, now)
        for_giver = {"gift_id": found.id, "recipient": found.recipient, "grams": found.mass.grams}
        _write_to_giver(session, found, "gift_taken", for_giver, now)
        return numbers


def hand_on(actor: Actor, gift_id: str, number: str, key: str, taker: Taker, now: datetime) -> list[str]:
    """The holder of a claimed gift gives it to somebody else: their certificates replace the present ones.

    ``key`` is the secret in the present certificate's link, which its holder alone has. Returns the new
    numbers. Raises NoSuchGift, also for a wrong key and for a number that was replaced before; BadName.
    """
    if not policy.may_claim_gift(actor):
        raise NotAllowed()
    check_buyer(Buyer(taker.name, taker.email, taker.is_public))
    with transaction() as session:
        if session.execute(select(gifts.c.id).where(gifts.c.id == gift_id).with_for_update()).first() is None:
            raise NoSuchGift()
        found, former = queries.held(gift_id, number, key)
        numbers = _replaced(actor, former, taker, now)
        audit.record(actor, "gift.hand_on", gift_id, now, certificates=numbers)
        if taker.email:
            facts = {"certificates": _links(numbers), "giver": "", "grams": found.mass.grams}
            facts |= {"gift_id": gift_id}
            _write(f"gift_handed_on:{numbers[0]}", taker.email, taker.lang, "gift_claimed", facts, now)
        return numbers


def _replaced(actor: Actor, former: list[CertificateView], taker: Taker, now: datetime) -> list[str]:
    numbers = [
        certificates.replace(TILL, paper.number, _in_name_of(taker, paper.number), Reason.TRANSFERRED, now)
        for paper in former
    ]
    for number in numbers if taker.is_public else ():
        consents.record(actor, consents.NAME_ON_CERTIFICATE, number, True, now)
    return numbers


def tell_giver(actor: Actor, gift_id: str, now: datetime) -> bool:
    """Write to the buyer that the card is ready; False when that was done before."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with transaction() as session:
        first = update(gifts).where(gifts.c.id == gift_id, gifts.c.told_at.is_(None)).values(told_at=now)
        if session.execute(first.returning(gifts.c.id)).first() is None:
            return False
        found = queries.gift(actor, gift_id)
        facts = {
            "gift_id": gift_id,
            "code": found.code,
            "recipient": found.recipient,
            "grams": found.mass.grams,
            "deliver_on": found.deliver_on.isoformat() if found.deliver_on else "",
        }
        _write_to_giver(session, found, "gift_ready", facts, now)
        return True


def deliver(actor: Actor, gift_id: str, now: datetime) -> bool:
    """Record the letter to the recipient, once; False when that was done before."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with transaction() as session:
        unsent = (gifts.c.id == gift_id, gifts.c.delivered_at.is_(None), gifts.c.claimed_at.is_(None))
        first = update(gifts).where(*unsent).values(delivered_at=now)
        if session.execute(first.returning(gifts.c.id)).first() is None:
            return False
        found = queries.gift(actor, gift_id)
        facts = {
            "code": found.code,
            "giver": found.giver,
            "recipient": found.recipient,
            "dedication": found.dedication,
            "message": found.message,
            "grams": found.mass.grams,
            "is_named": found.is_named,
            "certificates": _links([paper.number for paper in queries.certificates_of(found)])
            if found.is_named
            else [],
        }
        _write(f"gift:{gift_id}:{found.code}", found.email, found.lang, "gift", facts, now)
        return True


def _columns(wishes: Wishes) -> dict[str, Any]:
    return {
        "lang": wishes.lang,
        "giver": wishes.giver,
        "recipient": wishes.recipient,
        "email": wishes.email,
        "dedication": wishes.dedication,
        "message": wishes.message,
        "deliver_on": wishes.deliver_on,
    }


def _locked(session: Any, actor: Actor, gift_id: str) -> Any:
    """The giver's gift, locked. Raises NoSuchGift."""
    row = session.execute(select(gifts).where(gifts.c.id == gift_id).with_for_update()).one_or_none()
    if row is None or not policy.may_see_gift(actor, row):
        raise NoSuchGift()
    return row


def _in_name_of(taker: Taker, number: str) -> RetirementFacts:
    """The same grams, for another holder."""
    return replace(
        papers.retirement_facts(number),
        holder_name=taker.name,
        holder_salt=secrets.token_bytes(32),
        organisation_id="",
        is_public=taker.is_public,
        lang=taker.lang,
    )


def _links(numbers: list[str]) -> list[dict[str, Any]]:
    """As letters name certificates: the printed number, where the key opens it, its lots and ranges."""
    held = [papers.by_number(number) for number in numbers]
    return [
        {
            "number": paper.printed_number,
            "path": f"/c/{paper.number}/{paper.key}",
            "ranges": [part.full_serial for part in paper.ranges],
            "lots": list(dict.fromkeys(part.lot_code for part in paper.ranges)),
        }
        for paper in held
    ]


def _write_to_giver(session: Any, gift: GiftView, letter: str, facts: dict[str, Any], now: datetime) -> None:
    """To whoever paid; nobody once they are forgotten. A batch's giver looks at the batch instead."""
    if gift.batch_id is not None or not gift.orders:
        return
    email = session.execute(
        select(OrderBuyer.email).where(OrderBuyer.order_id == gift.orders[0])
    ).scalar_one_or_none()
    if email:
        _write(f"{letter}:{gift.id}", email, gift.lang, letter, facts, now)


def _write(key: str, to: str, lang: str, letter: str, facts: dict[str, Any], now: datetime) -> None:
    payload = {
        "id": key.replace(":", "."),
        "to": to,
        "lang": lang,
        "template": f"shop/letter_{letter}",
        "facts": facts,
    }
    jobs.enqueue("letter", payload, key=f"letter:{key}", now=now)
