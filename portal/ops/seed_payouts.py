"""A demonstration of pay-outs: whose account each project's money goes to, and a first transfer."""

from dataclasses import replace
from datetime import datetime

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.clock import day_of
from portal.kernel.money import Money
from portal.registry import papers
from portal.shop.commands import payout_accounts, payouts
from portal.shop.queries import origins
from portal.shop.rules.origins import Origin
from portal.shop.rules.payouts import Account, Balance, HolderKind, PayoutDraft, PayoutVerdictKind, Proof
from portal.shop.rules.quotes import Party

FIRST, SECOND = Actor.system("demo"), Actor.system("demo-second-hand")
SLIP = "演示付款回单，没有真实转账。\nA demonstration of a bank's slip; no money was sent.\n"


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
        f"示范林场 Demonstration farm {origin.code}",
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
