"""Purchases inside an organisation: asked by a member, answered once by somebody else who may spend."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from portal import audit, consents, jobs
from portal.accounts import queries as accounts
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import is_id, new_id
from portal.shop import policy
from portal.shop.commands import ordering
from portal.shop.models.requests import PurchaseRequest
from portal.shop.queries import requests as queries
from portal.shop.queries.requests import RequestView
from portal.shop.rules.orders import Buyer, check_buyer
from portal.shop.rules.quotes import NothingChosen, PriceChanged, Quote
from portal.shop.rules.requests import (
    ANSWER_WITHIN,
    Ask,
    NoSuchRequest,
    NotYourOwnRequest,
    ReasonIsMissing,
    RequestEvent,
    RequestIsAnswered,
    RequestState,
    next_state,
)
from portal.shop.rules.terms import PaymentKind

requests: Table = PurchaseRequest.__table__  # type: ignore[assignment]


def ask(actor: Actor, request_id: str, asked: Ask, now: datetime) -> str:
    """Ask who may spend for the organisation; the same id again is the same request. Nothing is reserved.

    Raises NotAllowed, NothingChosen, BadName.
    """
    if not (asked.organisation_id and policy.may_prepare_for(actor, asked.organisation_id)):
        raise NotAllowed()
    if asked.basket.purpose.startswith(("gft_", "bch_")):
        raise NotAllowed()  # a gift is its giver's to pay for; those for many come with their batch
    if asked.basket.is_empty:
        raise NothingChosen()
    if not is_id(request_id, "prq"):
        raise NoSuchRequest()
    check_buyer(Buyer(asked.name, ""))
    with transaction() as session:
        if session.execute(select(requests.c.id).where(requests.c.id == request_id)).first():
            return request_id
        session.execute(
            insert(requests).values(
                id=request_id,
                organisation_id=asked.organisation_id,
                person_id=actor.id,
                batch_id=asked.batch_id or None,
                basket=asked.basket.text,
                mass_g=asked.quote.mass,
                seedlings=asked.basket.seedling_count,
                amount_minor=asked.quote.total.minor,
                currency=asked.quote.total.currency,
                payment=asked.quote.payment,
                quote_hash=asked.quote.hash,
                name=asked.name,
                is_public=asked.is_public,
                note=asked.note,
                lang=asked.lang,
                order_id=new_id("ord"),
                state=RequestState.ASKED,
                reason="",
                expires_at=now + ANSWER_WITHIN,
                created_at=now,
            )
        )
        if asked.is_public:
            consents.record(actor, consents.NAME_ON_CERTIFICATE, request_id, True, now)
        audit.record(actor, "shop.ask_approval", request_id, now, minor=asked.quote.total.minor)
        found = queries.request(actor, request_id)
        for member in accounts.members(asked.organisation_id):
            if member.part in policy.SPENDERS and member.person_id != actor.id:
                _write(found, "request", member.person_id, now)
    return request_id


def accept(
    actor: Actor, request_id: str, quote: Quote, seen_hash: str, provider: str, test: bool, now: datetime
) -> str:
    """Approve: the order is placed in the same transaction, by the approver; returns its id.

    ``quote`` is today's price for what was asked, ``seen_hash`` that of the price the approver saw. Raises
    NoSuchRequest, NotYourOwnRequest, NotAllowed, RequestIsAnswered, PriceChanged, NotEnoughCredits,
    NotEnoughPlaces, PlantingIsOver.
    """
    with transaction() as session:
        found = _to_decide(session, actor, request_id, RequestEvent.ACCEPT, now)
        if quote.hash != seen_hash:
            raise PriceChanged()
        buyer = Buyer(
            found.name, accounts.person(actor.id).email, found.is_public, found.organisation_id
        )  # fmt: skip
        ordering.place_order(
            replace(actor, keys=actor.keys | {found.batch_id}) if found.batch_id else actor,
            found.order_id,
            quote,
            buyer,
            purpose=found.batch_id or found.basket.purpose,
            lang=found.lang,
            consent=True,
            provider=provider if quote.payment is PaymentKind.CARD else "transfer",
            test=test,
            idempotency_key=found.order_id,
            now=now,
        )
        _decide(session, actor, found, RequestState.ACCEPTED, "", now)
        _write(found, "request_accepted", found.person_id, now)
        return found.order_id


def decline(actor: Actor, request_id: str, reason: str, now: datetime) -> None:
    """Say no, and why. Raises ReasonIsMissing, and what ``accept`` raises but for price and credits."""
    with transaction() as session:
        found = _to_decide(session, actor, request_id, RequestEvent.DECLINE, now)
        if not reason.strip():
            raise ReasonIsMissing()
        _decide(session, actor, found, RequestState.DECLINED, reason, now)
        _write(found, "request_declined", found.person_id, now, reason=reason)


def withdraw(actor: Actor, request_id: str, now: datetime) -> None:
    """Whoever asked does not want it any more. Raises NoSuchRequest, NotAllowed, RequestIsAnswered."""
    with transaction() as session:
        found = _locked(session, actor, request_id)
        if found.person_id != actor.id:
            raise NotAllowed()
        _move(session, found, RequestEvent.WITHDRAW)
        audit.record(actor, "shop.withdraw_request", request_id, now)


def lapse(actor: Actor, request_id: str, now: datetime) -> bool:
    """Nobody answered in time; False when somebody did in the meantime."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with transaction() as session:
        found = _locked(session, actor, request_id)
        if found.state is not RequestState.ASKED or found.expires_at > now:
            return False
        _move(session, found, RequestEvent.LAPSE)
        _write(found, "request_lapsed", found.person_id, now)
        return True


def _locked(session: Session, actor: Actor, request_id: str) -> RequestView:
    lock = select(requests.c.id).where(requests.c.id == request_id).with_for_update()
    if session.execute(lock).first() is None:
        raise NoSuchRequest()
    session.expire_all()
    return queries.request(actor, request_id)


def _to_decide(
    session: Session, actor: Actor, request_id: str, event: RequestEvent, now: datetime
) -> RequestView:
    found = _locked(session, actor, request_id)
    if found.person_id == actor.id:
        raise NotYourOwnRequest()
    if not policy.may_decide(actor, found):
        raise NotAllowed()
    next_state(found.state, event)
    if found.expires_at <= now:
        raise RequestIsAnswered(state=found.state.value)
    return found


def _decide(
    session: Session, actor: Actor, found: RequestView, state: RequestState, reason: str, now: datetime
) -> None:
    session.execute(
        update(requests)
        .where(requests.c.id == found.id)
        .values(state=state, reason=reason, decided_by=actor.id, decided_at=now)
    )
    audit.record(actor, f"shop.request_{state.value}", found.id, now, order=found.order_id)


def _move(session: Session, found: RequestView, event: RequestEvent) -> None:
    state = next_state(found.state, event)
    session.execute(update(requests).where(requests.c.id == found.id).values(state=state))


def _write(found: RequestView, letter: str, person_id: str, now: datetime, **facts: Any) -> None:
    """To one of the organisation, in their own language, once."""
    person = accounts.person(person_id)
    asker = accounts.person(found.person_id)
    key = f"{letter}:{found.id}:{person_id}"
    about = {
        "request_id": found.id,
        "asker": asker.name,
        "grams": found.grams,
        "seedlings": found.seedlings,
        "amount_minor": found.amount.minor,
        "currency": found.amount.currency,
        "note": found.note,
        "until": found.expires_at.isoformat(),
    } | facts
    payload = {
        "id": key.replace(":", "."),
        "to": person.email,
        "lang": person.lang,
        "template": f"shop/letter_{letter}",
        "facts": about,
    }
    jobs.enqueue("letter", payload, key=f"letter:{key}", now=now)
