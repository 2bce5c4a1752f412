"""Certificates of a batch's shares follow what happens to its order, by a job: there may be thousands."""

from datetime import datetime

from portal import jobs
from portal.certificates import commands as certificates
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.shop import policy
from portal.shop.commands.steps import TILL, Locked
from portal.shop.queries import batches as queries
from portal.shop.rules.batches import is_shared

KIND = "shop.shares"


def follow(order: Locked, deed: str, because: str, now: datetime) -> None:
    """Have every share of this order's batch revoked, doubted or cleared; of any other order nothing."""
    if is_shared(order.purpose):
        payload = {"batch_id": order.purpose, "deed": deed, "because": because}
        jobs.enqueue(KIND, payload, key=f"{KIND}:{order.id}:{order.version}:{deed}", now=now)


def carry_out(actor: Actor, batch_id: str, deed: str, because: str, now: datetime) -> None:
    """Do so, each certificate in a transaction of its own; again is once. Raises NotAllowed."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    for number in queries.numbers_in(batch_id):
        match deed:
            case "revoke":
                certificates.revoke(TILL, number, because, now)
            case "doubt":
                certificates.doubt(TILL, number, because, now)
            case "clear":
                certificates.clear(TILL, number, now)
