"""A demonstration of pay-outs: who shares a project's money, whose account it goes to, a first transfer."""

from dataclasses import replace
from datetime import datetime

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import day_of
from portal.kernel.money import Money
from portal.registry import papers
from portal.shop.commands import payout_accounts, payouts
from portal.shop.commands.owners import name_shares
from portal.shop.queries import origins, owners
from portal.shop.rules.origins import Origin, OriginKind
from portal.shop.rules.owners import OwnerShare
from portal.shop.rules.payouts import Account, Balance, HolderKind, PayoutDraft, PayoutVerdictKind, Proof
from portal.shop.rules.quotes import Party

FIRST, SECOND = Actor.system("demo"), Actor.system("demo-second-hand")
SLIP = "演示付款回单，没有真实转账。\nA demonstration of a bank's slip; no money was sent.\n"


SHARED = Origin(OriginKind.PROJECT, "HLYC-0001")
PAYEES = (
    OwnerShare("farm", Bilingual("示范林场（演示）", "Demonstration farm (demonstration)"), 6_000),
    OwnerShare("village", Bilingual("示范村集体（演示）", "Demonstration village (demonstration)"), 4_000),
)


def share(now: datetime) -> None:
    """Two payees share the money of one project; named before anything is bought, once."""
    if SHARED not in owners.splits_in_force(now):
        name_shares(replace(SECOND, proposer=FIRST.id), SHARED, PAYEES, now)


def seed(now: datetime) -> None:
    """Accounts for every project that money came in for, and half of what the first of them is owed."""
    owed = [each for each in origins.balances(True, now) if each.origin and each.held.minor > 1]
    with transaction():
        for each in owed:
            if each.origin and origins.account_of(each.origin) is None:
                payout_accounts.name_account(
                    replace(SECOND, proposer=FIRST.id), each.origin, _account(each.origin), now
                )
    if owed and not origins.paid_out(True):
        _pay_half(owed[0], now)


def _account(origin: Origin) -> Account:
    return Account(
        HolderKind.ORGANISATION,
        f"示范账户 Demonstration account {origin.code} {origin.payee}".strip(),
        "示范银行 Demonstration bank",
        "0000",
    )


def _pay_half(owed: Balance, now: datetime) -> None:
    kept = papers.keep_bytes(SLIP.encode(), "payouts")
    draft = PayoutDraft(
        Party.FOREST_OWNER, f"{day_of(now):%Y-%m}", Money(owed.held.minor // 2, owed.held.currency),
        "DEMO-1", True, owed.origin, Proof(kept.sha256, kept.media_type),
    )  # fmt: skip
    with transaction():
        payout_id = payouts.record_payout(FIRST, draft, now)
        payouts.decide_payout(SECOND, payout_id, PayoutVerdictKind.CONFIRMED, "演示 · demonstration", now)
