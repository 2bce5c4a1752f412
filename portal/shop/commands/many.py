"""What staff do to one order after the other, for many at once: a letter again, an end, a mark."""

from datetime import datetime

from portal import audit
from portal.certificates import queries as papers
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, NotAllowed, Refused
from portal.shop import policy
from portal.shop.commands import care
from portal.shop.commands.ordering import cancel_order, write_to_buyer
from portal.shop.commands.steps import books, lock
from portal.shop.queries.gifts import is_given_away
from portal.shop.rules.states import OrderState


class NoCertificateYet(Refused):
    message = N_("There is no certificate to write about.")


class GivenAway(Refused):
    message = N_("The certificate is in the recipient’s name: help them from the page of the gift.")


class NothingWaits(Refused):
    message = N_("Nothing waits in this order.")


class NotUnpaid(Refused):
    message = N_("Only an order that is not paid can be ended.")


def write_again(actor: Actor, order_id: str, note: str, now: datetime) -> None:
    """The letter with the certificates once more, once a minute. Raises NoCertificateYet, GivenAway."""
    if not policy.may_run_till(actor):
        raise NotAllowed()
    with books() as s:
        order = lock(s, order_id)
        if is_given_away(order.purpose):
            raise GivenAway()
        live = [paper for paper in papers.for_order(order_id) if paper.state.is_live and paper.is_rendered]
        if order.state is not OrderState.FULFILLED or not live:
            raise NoCertificateYet()
        certificates = [
            {
                "number": paper.printed_number,
                "path": f"/c/{paper.number}/{paper.key}",
                "ranges": [part.full_serial for part in paper.ranges],
            }
            for paper in live
        ]
        write_to_buyer(
            s, order, "certificate", now, about=f"again-{now:%Y%m%d%H%M}", certificates=certificates
        )
        audit.record(actor, "shop.write_again", order_id, now, note=note)


def end(actor: Actor, order_id: str, note: str, now: datetime) -> None:
    """End an order that nobody pays: its credits are free again and the buyer is told.

    Raises NotUnpaid, PartlyPaid, StillPayable (its payment page is open).
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    with books() as s:
        order = lock(s, order_id)
        if order.state not in (OrderState.AWAITING_TRANSFER, OrderState.RESERVED, OrderState.PAYMENT_FAILED):
            raise NotUnpaid()
        cancel_order(actor, order_id, None, now)
        audit.record(actor, "shop.ended", order_id, now, note=note)


def mark(actor: Actor, order_id: str, note: str, now: datetime) -> None:
    """Nothing more is to be done about what needed attention. Raises NothingWaits."""
    if not policy.may_run_till(actor):
        raise NotAllowed()
    with books() as s:
        if not lock(s, order_id).attention:
            raise NothingWaits()
        care.calm(actor, order_id, note, now)
