"""Who may do what with an order."""

from datetime import datetime
from typing import Final, Protocol

from portal.kernel.actor import Actor, Role
from portal.shop.rules.states import UNPAID, OrderState

_DESK = (Role.FINANCE, Role.ADMIN, Role.AUDITOR)
_TILL = (Role.FINANCE, Role.ADMIN)
SPENDERS: Final = ("owner", "approver")  # parts in an organisation that may spend for it


class Ordered(Protocol):
    """What a policy looks at."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def person_id(self) -> str | None: ...
    @property
    def organisation_id(self) -> str: ...
    @property
    def retire_after(self) -> datetime | None: ...


def may_buy(actor: Actor, organisation_id: str = "", purpose: str = "") -> bool:
    """Anybody but a pupil for themselves; for an organisation only its members; for a gift only its giver.

    Purposes stand in the public log, so knowing a gift's id must not be enough to get at its card.
    """
    if actor.is_pupil:
        return False
    if purpose.startswith(("gft_", "bch_")) and not (actor.is_system or actor.holds(purpose)):
        return False
    return not organisation_id or actor.is_system or organisation_id in actor.organisations


def is_buyer(actor: Actor, order: Ordered) -> bool:
    """The holder of its link, and the person who placed it."""
    return actor.holds(order.id) or (actor.is_person and order.person_id == actor.id)


def owns(actor: Actor, order: Ordered) -> bool:
    """Whose order it is: its buyer, and a member of its organisation."""
    if is_buyer(actor, order):
        return True
    return bool(order.organisation_id) and order.organisation_id in actor.organisations


def may_see(actor: Actor, order: Ordered) -> bool:
    return actor.is_system or owns(actor, order) or may_read_desk(actor)


def may_pay(actor: Actor, order: Ordered) -> bool:
    return (actor.is_system or owns(actor, order)) and order.state in UNPAID


def may_cancel(actor: Actor, order: Ordered) -> bool:
    """Before it is paid: the buyer, or the till."""
    return (actor.is_system or owns(actor, order) or actor.has(*_TILL)) and order.state in UNPAID


def may_correct_own_address(actor: Actor, order: Ordered) -> bool:
    """Put right where letters about it go: the buyer, until it is paid; afterwards the till does."""
    return owns(actor, order) and order.state in UNPAID


def may_withdraw(actor: Actor, order: Ordered, now: datetime) -> bool:
    """The buyer's own way back after paying: until the cooling-off days are over."""
    waiting = order.state == OrderState.PAID and order.retire_after is not None and now < order.retire_after
    return waiting and owns(actor, order)


def may_bill(actor: Actor, order: Ordered) -> bool:
    """Have an invoice or a fapiao made out: whose order it is, and the till for them."""
    return owns(actor, order) or may_run_till(actor)


def may_claim(actor: Actor, order: Ordered) -> bool:
    """Make an order that was placed as a guest one's own: with its link, once."""
    return actor.is_person and actor.holds(order.id) and order.person_id is None


class Given(Protocol):
    """What a policy looks at in a gift and in a monthly support."""

    @property
    def id(self) -> str: ...
    @property
    def person_id(self) -> str | None: ...


def may_give(actor: Actor, giving: Given) -> bool:
    """See and rule a monthly support: who holds its link, who began it, the till's readers to help."""
    own = actor.holds(giving.id) or (actor.is_person and giving.person_id == actor.id)
    return own or actor.is_system or actor.has(*_TILL)


def may_settle(actor: Actor) -> bool:
    """Record what a provider says. A visitor coming back from the payment page acts through the portal."""
    return actor.is_system


def may_run_till(actor: Actor) -> bool:
    """Propose what moves money, retry, make papers out."""
    return actor.is_system or actor.has(*_TILL)


def may_move_money(actor: Actor) -> bool:
    """Book what came, give back, send: two of the till together, or the portal's own hand."""
    return actor.is_system or (actor.has(*_TILL) and actor.is_two)


def may_read_desk(actor: Actor) -> bool:
    return actor.has(*_DESK)


def may_retire_at_source(actor: Actor) -> bool:
    """Propose to record what a source registry did for a buyer, or would not do."""
    return actor.is_system or actor.has(Role.REGISTRY, Role.ADMIN)


def may_settle_at_source(actor: Actor) -> bool:
    """Record it, which moves credits or money: two of the registry together."""
    return actor.is_system or (actor.has(Role.REGISTRY, Role.ADMIN) and actor.is_two)


def may_answer(actor: Actor, order: Ordered) -> bool:
    """Accept or decline other credits: whose order it is."""
    return actor.is_system or owns(actor, order)


def may_run_planting(actor: Actor) -> bool:
    """Open plantings and report on them."""
    return actor.is_system or actor.has(Role.REGISTRY, Role.ADMIN)


def may_draft_gift(actor: Actor) -> bool:
    """Anybody: nothing is bought yet."""
    return True


def may_see_gift(actor: Actor, gift: Given) -> bool:
    """The giver: by account, or by the link; and the portal's own hand."""
    if actor.is_system or actor.holds(gift.id):
        return True
    return actor.is_person and gift.person_id == actor.id


def may_claim_gift(actor: Actor) -> bool:
    """Whoever has the code, which the command asks for."""
    return True


def may_spend_for(actor: Actor, organisation_id: str) -> bool:
    """Approve a purchase, or buy without asking."""
    return actor.organisations.get(organisation_id) in SPENDERS


def may_prepare_for(actor: Actor, organisation_id: str) -> bool:
    """Prepare a purchase: every member; for oneself everybody with an account."""
    return actor.is_person and (not organisation_id or organisation_id in actor.organisations)


class Prepared(Protocol):
    """What a policy looks at in a batch or a request."""

    @property
    def person_id(self) -> str: ...
    @property
    def organisation_id(self) -> str: ...


def may_see_batch(actor: Actor, batch: Prepared) -> bool:
    """Whoever made it, for themselves; of an organisation's every member."""
    if actor.is_system:
        return True
    if batch.organisation_id:
        return batch.organisation_id in actor.organisations
    return actor.is_person and batch.person_id == actor.id


def may_buy_batch(actor: Actor, batch: Prepared) -> bool:
    """One's own at once; an organisation's by who may spend for it. Others ask."""
    if not may_see_batch(actor, batch):
        return False
    return not batch.organisation_id or may_spend_for(actor, batch.organisation_id)


def may_decide(actor: Actor, request: Prepared) -> bool:
    """Who may spend for the organisation, but nobody on their own request."""
    return may_spend_for(actor, request.organisation_id) and request.person_id != actor.id


def may_tend_names(actor: Actor) -> bool:
    """The room of privacy alone, which asks whose the names are."""
    return actor.is_system


def may_forget_buyer(actor: Actor) -> bool:
    """Only the job that carries out what a person asked for, after the days in which they can undo it."""
    return actor.is_system
