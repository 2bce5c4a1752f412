"""Who may see and rule what is known about a person."""

from typing import Protocol

from portal.kernel.actor import Actor, Role

READERS = (Role.AUDITOR, Role.ADMIN)


class Asked(Protocol):
    """A copy or an erasure."""

    @property
    def id(self) -> str: ...
    @property
    def person_id(self) -> str: ...
    @property
    def order_id(self) -> str: ...


def may_ask(actor: Actor, person_id: str, order_id: str) -> bool:
    """Everybody for themselves; for a guest's order, who holds its link."""
    if order_id:
        return actor.holds(order_id)
    return actor.is_person and actor.id == person_id


def may_fetch(actor: Actor, copy: Asked) -> bool:
    """Its owner alone: no role opens it, and no link opens a person's."""
    if copy.person_id:
        return actor.is_person and actor.id == copy.person_id
    return actor.holds(copy.id)


def may_undo(actor: Actor, erasure: Asked) -> bool:
    """The person, or whoever has the letter: the link in it works without signing in."""
    return actor.holds(erasure.id) or (actor.is_person and actor.id == erasure.person_id)


def may_carry_out(actor: Actor) -> bool:
    """Pack copies, forget people, apply periods: the portal's own jobs and its operator."""
    return actor.is_system


def may_record_looks(actor: Actor) -> bool:
    return actor.is_person


def may_read_looks(actor: Actor) -> bool:
    return actor.has(*READERS)


def may_read_requests(actor: Actor) -> bool:
    return actor.has(*READERS)


def may_answer(actor: Actor) -> bool:
    """An auditor only reads."""
    return actor.has(Role.ADMIN)


def may_seat_pledges(actor: Actor) -> bool:
    """Put the pledges of pupils into the group of their class: the portal's own job."""
    return actor.is_system


def may_run_pupils(actor: Actor, organisation_id: str) -> bool:
    """Owners and approvers of the school: teachers who answer for the children's places."""
    return actor.organisations.get(organisation_id) in ("owner", "approver")
