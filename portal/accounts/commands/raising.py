"""Roles and lost second factors: proposed by one administrator, accepted by another, never about oneself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from portal.accounts import notices, policy
from portal.accounts.commands import roles
from portal.accounts.commands.second_factor import reset_second_factor
from portal.accounts.rules import NotOnOneself
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import N_, NotAllowed
from portal.proposals.commands import Lines, Phrase, by_two, propose

GRANT: Final = "accounts.grant"
REVOKE: Final = "accounts.revoke"
RESET: Final = "accounts.reset_second_factor"

_Facts = Mapping[str, Any]


def propose_role(actor: Actor, person_id: str, role: Role, reason: str, now: datetime) -> str:
    """Give a role. Raises NotOnOneself, and what ``propose`` raises."""
    return _propose(actor, GRANT, person_id, {"role": role.value}, reason, now)


def propose_revocation(actor: Actor, person_id: str, role: Role, reason: str, now: datetime) -> str:
    """Take a role away. Raises NotOnOneself, LastAdministrator, and what ``propose`` raises."""
    return _propose(actor, REVOKE, person_id, {"role": role.value}, reason, now)


def propose_reset(actor: Actor, person_id: str, reason: str, now: datetime) -> str:
    """Take a lost second factor away. Raises NotOnOneself, and what ``propose`` raises."""
    return _propose(actor, RESET, person_id, {}, reason, now)


def _propose(actor: Actor, kind: str, person_id: str, facts: _Facts, reason: str, now: datetime) -> str:
    if not policy.may_propose_roles(actor):
        raise NotAllowed()
    return propose(actor, kind, person_id, facts, reason, now)


def _check_others(actor: Actor, person_id: str) -> None:
    if person_id in (actor.id, actor.proposer):
        raise NotOnOneself()


def _role(facts: _Facts) -> Lines:
    return ((N_("Role"), Phrase(notices.ROLE_NAMES[Role(facts["role"])])),)


def _nothing_more(facts: _Facts) -> Lines:
    return ()


@by_two(GRANT, N_("A role to be given"), policy.may_propose_roles, _role)
def _grant(actor: Actor, person_id: str, facts: _Facts, now: datetime) -> None:
    _check_others(actor, person_id)
    roles.grant_role(actor, person_id, Role(facts["role"]), now)


@by_two(REVOKE, N_("A role to be taken away"), policy.may_propose_roles, _role)
def _revoke(actor: Actor, person_id: str, facts: _Facts, now: datetime) -> None:
    _check_others(actor, person_id)
    roles.revoke_role(actor, person_id, Role(facts["role"]), now)


@by_two(RESET, N_("A second factor to be reset"), policy.may_propose_roles, _nothing_more)
def _reset(actor: Actor, person_id: str, facts: _Facts, now: datetime) -> None:
    _check_others(actor, person_id)
    reset_second_factor(actor, person_id, now)
