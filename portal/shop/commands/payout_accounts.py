"""To whose bank account a project's money goes: named by one of the till, accepted by another."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, insert

from portal import audit
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, NotAllowed
from portal.kernel.ids import new_id
from portal.proposals.commands import Lines, by_two, propose
from portal.shop import policy
from portal.shop.commands.steps import books
from portal.shop.models.origins import PayoutAccount
from portal.shop.queries import origins
from portal.shop.rules.origins import Origin, UnknownOrigin
from portal.shop.rules.payouts import Account, HolderKind, SameAccount, check_account

ACCOUNT: Final = "shop.payout_account"

_accounts: Table = PayoutAccount.__table__  # type: ignore[assignment]
_Facts = Mapping[str, Any]


def propose_account(actor: Actor, origin: Origin, account: Account, reason: str, now: datetime) -> str:
    """Have a project's money go to this account. Raises what ``name_account`` and ``propose`` raise."""
    facts = asdict(check_account(account)) | {"code": origin.code}
    return propose(actor, ACCOUNT, str(origin), facts, reason, now)


def name_account(actor: Actor, origin: Origin, account: Account, now: datetime) -> str:
    """From now on the project's money goes there; two of the till say so. The account's id.

    Raises BadAccount, SameAccount, UnknownOrigin.
    """
    if not policy.may_move_money(actor):
        raise NotAllowed()
    checked = check_account(account)
    with books() as s:
        if not origins.is_known(origin):
            raise UnknownOrigin()
        known = origins.account_of(origin)
        if known and known.account == checked:
            raise SameAccount()
        account_id = new_id("pac")
        s.execute(
            insert(_accounts).values(
                id=account_id, origin=str(origin), named_by=actor.proposer, accepted_by=actor.id, at=now,
                **asdict(checked),
            )
        )  # fmt: skip
        audit.record(actor, "payout.account", str(origin), now, account=account_id)
        return account_id


def _account(facts: _Facts) -> Account:
    return Account(HolderKind(facts["kind"]), facts["holder"], facts["bank"], facts["last_digits"])


def _lines(facts: _Facts) -> Lines:
    account = _account(facts)
    return (
        (N_("Project or planting"), facts["code"]),
        (N_("Account holder"), account.holder),
        (N_("Bank"), account.bank),
        (N_("Last four characters of the account"), account.last_digits),
    )


@by_two(ACCOUNT, N_("Account that a project’s money goes to"), policy.may_run_till, _lines)
def _name(actor: Actor, origin: str, facts: _Facts, now: datetime) -> None:
    name_account(actor, Origin.parse(origin), _account(facts), now)
