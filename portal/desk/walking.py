"""Walking through a queue: the item that is open, the one before it and the next, in the order of the list.

The list that somebody came from stands in the address (``queue``, with its filters). What lies around the
open item is kept in the session as it was then: the next one is still the next after this one is dealt with.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import request, session, url_for

from portal.accounts import queries as accounts
from portal.certificates import queries as certificates
from portal.kernel.actor import Actor
from portal.pledges.queries import course as pledges
from portal.registry.queries import accounts as registry_accounts
from portal.registry.queries import imports
from portal.shop.queries import billing, delivery, gifts, orders, requests
from portal.web.guard import actor

LONGEST: Final = 500  # ids of a queue that are looked at
AROUND: Final = 20  # ids on either side that are kept
_KEPT: Final = "desk_queue"
Filters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Queue:
    """``items``: endpoint of an item and the name of its id; ``filters`` of the list that count."""

    list_endpoint: str
    item: tuple[str, str]
    filters: tuple[str, ...]
    ids: Callable[[Actor, Filters], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Walk:
    """``place`` counts from 1; ``is_longer``: the queue goes on beyond what was looked at."""

    previous: str
    next: str
    place: int
    total: int
    is_longer: bool
    back: str


QUEUES: dict[str, Queue] = {
    "orders": Queue(
        "shop_desk.orders", ("shop_desk.order", "order_id"), ("state", "search"),
        lambda who, asked: [
            row.id
            for row in orders.orders_at_desk(
                who, asked.get("state", ""), asked.get("search", ""), size=LONGEST
            )
        ],
    ),
    "attention": Queue(
        "shop_desk.orders", ("shop_desk.order", "order_id"), (),
        lambda who, asked: [row.id for row in orders.needs_attention(who, LONGEST)],
    ),
    "named": Queue(
        "delivery_desk.named", ("delivery_desk.proof", "order_id"), (),
        lambda who, asked: [row.order_id for row in delivery.waiting_for_registry(who)],
    ),
    "fapiao": Queue(
        "shop_fapiao_desk.waiting", ("shop_fapiao_desk.one", "fapiao_id"), ("state",),
        lambda who, asked: [
            row.id for row in billing.fapiao_at_desk(who, asked.get("state", ""), size=LONGEST)
        ],
    ),
    "gifts": Queue(
        "shop_gifts_desk.gifts", ("shop_gifts_desk.gift", "gift_id"), (),
        lambda who, asked: [row.id for row in gifts.gifts_at_desk(who, size=LONGEST)],
    ),
    "requests": Queue(
        "shop_gifts_desk.requests", ("shop_gifts_desk.request_page", "request_id"), ("state",),
        lambda who, asked: [
            row.id for row in requests.requests_at_desk(who, asked.get("state", ""), size=LONGEST)
        ],
    ),
    "evidence": Queue(
        "pledges_desk.queue", ("pledges_desk.paper", "evidence_id"), (),
        lambda who, asked: [row.id for row in pledges.waiting_papers(who, LONGEST)],
    ),
    "people": Queue(
        "accounts_desk.people", ("accounts_desk.person", "person_id"), ("search", "role"),
        lambda who, asked: [
            row.id
            for row in accounts.people(who, asked.get("search", ""), asked.get("role", ""), size=LONGEST)
        ],
    ),
    "certificates": Queue(
        "certificates_desk.certificates", ("certificates_desk.certificate", "number"), ("state",),
        lambda who, asked: certificates.recent_numbers(asked.get("state", ""), LONGEST),
    ),
    "imports": Queue(
        "registry_imports.files", ("registry_imports.run", "run_id"), (),
        lambda who, asked: [run.id for run in imports.runs()],
    ),
    "issuances": Queue(
        "registry_account_desk.issuance", ("registry_account_desk.verification", "verification_id"), (),
        lambda who, asked: [record.id for record in registry_accounts.verifications()],
    ),
}  # fmt: skip


def queued(name: str) -> dict[str, str]:
    """What a list adds to the links to its items, so that one can walk on from there."""
    queue = QUEUES[name]
    asked = {each: request.args[each] for each in queue.filters if request.args.get(each)}
    return {"queue": name} | asked


def walk() -> Walk | None:
    """Where the open item stands in the queue that it was opened from; None when it was opened otherwise."""
    name = request.args.get("queue", "")
    thing = next(iter((request.view_args or {}).values()), "")
    if name in QUEUES and request.endpoint == QUEUES[name].item[0]:
        _remember(name, thing)
    kept = session.get(_KEPT)
    if not isinstance(kept, dict) or kept.get("queue") not in QUEUES or thing not in kept.get("ids", ()):
        return None
    queue = QUEUES[kept["queue"]]
    return _walk(queue, kept, thing) if request.endpoint == queue.item[0] else None


def _remember(name: str, thing: str) -> None:
    """Keep what lies around the item; one that has left the list meanwhile is found where it was."""
    asked = {each: request.args[each] for each in QUEUES[name].filters if request.args.get(each)}
    ids = list(QUEUES[name].ids(actor(), asked))
    if thing not in ids:
        return
    at = ids.index(thing)
    first = max(0, at - AROUND)
    session[_KEPT] = {
        "queue": name, "asked": asked, "first": first, "total": min(len(ids), LONGEST),
        "longer": len(ids) > LONGEST, "ids": ids[first : at + AROUND + 1],
    }  # fmt: skip


def _walk(queue: Queue, kept: dict[str, Any], thing: str) -> Walk:
    at = kept["ids"].index(thing)
    asked: dict[str, Any] = {"queue": kept["queue"], **kept["asked"]}

    def place(n: int) -> str:
        endpoint, key = queue.item
        return url_for(endpoint, **{key: kept["ids"][n], **asked}) if 0 <= n < len(kept["ids"]) else ""

    back = url_for(queue.list_endpoint, **kept["asked"])
    return Walk(place(at - 1), place(at + 1), kept["first"] + at + 1, kept["total"], kept["longer"], back)
