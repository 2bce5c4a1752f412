"""Pay-outs for tests of any room: an account that two of the till have named, a bank's paper, a draft."""

from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.money import Money
from portal.shop.commands import payout_accounts, payouts
from portal.shop.rules.origins import Origin, OriginKind
from portal.shop.rules.payouts import Account, HolderKind, PayoutDraft, PayoutVerdictKind, Proof
from portal.shop.rules.quotes import Party

FIRST = Actor("usr_first", frozenset({Role.FINANCE}))
SECOND = Actor("usr_second", frozenset({Role.FINANCE}))
BOTH = Actor(SECOND.id, SECOND.roles, proposer=FIRST.id)
FOREST = Origin(OriginKind.PROJECT, "HLYC-0001")
PROOF = Proof("ab" * 32, "application/pdf")
COLLECTIVE = Account(HolderKind.ORGANISATION, "示范林场 Demonstration forest farm", "示范银行", "0001")


def named(origin: Origin = FOREST, account: Account = COLLECTIVE) -> str:
    """Two of the till name the account of a project; its id."""
    return payout_accounts.name_account(BOTH, origin, account, clock.now())


def draft(amount: str = "16.00", reference: str = "B-1", **changes: object) -> PayoutDraft:
    """For the forest of ``make_lot`` in this month, unless another party is asked for."""
    given = {
        "party": Party.FOREST_OWNER, "period": f"{clock.today():%Y-%m}", "test": True, "proof": PROOF,
    } | changes  # fmt: skip
    given.setdefault("origin", FOREST if given["party"] is Party.FOREST_OWNER else None)
    return PayoutDraft(amount=Money.cny(amount), reference=reference, **given)  # type: ignore[arg-type]


def recorded(amount: str = "16.00", reference: str = "B-1", **changes: object) -> str:
    """Written down by the first person; its id."""
    return payouts.record_payout(FIRST, draft(amount, reference, **changes), clock.now())


def confirm(payout_id: str) -> None:
    """The second person's word."""
    payouts.decide_payout(SECOND, payout_id, PayoutVerdictKind.CONFIRMED, "", clock.now())
