"""The desk's causes in words, and where each is dealt with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from portal.desk.opening import may_open
from portal.desk.rules import Cause, Due, Kind
from portal.kernel.errors import N_
from portal.web.i18n import _


@dataclass(frozen=True, slots=True)
class DueRow:
    """``href`` is empty where the reader may only know that something waits."""

    title: str
    count: int
    oldest: datetime | None
    days: int | None
    href: str


_WORDS: dict[Cause, tuple[str, str, dict[str, Any]]] = {
    Cause.AUDIT: (N_("The check of the ledger failed or did not run"), "desk.ledger", {}),
    Cause.QUARANTINED: (N_("Orders that could not be healed"), "shop_desk.orders", {}),
    Cause.DISPUTES: (N_("Payments questioned by a bank"), "shop_desk.orders", {"state": "disputed"}),
    Cause.ORDERS: (N_("Orders that need a person"), "shop_desk.orders", {}),
    Cause.PROPOSALS: (N_("Proposals that wait for a second person"), "desk_proposals.queue", {}),
    Cause.REFUNDS: (N_("Refunds on their way"), "shop_desk.orders", {"state": "refund_pending"}),
    Cause.TRANSFERS: (
        N_("Orders that wait for a bank transfer"),
        "shop_desk.orders",
        {"state": "awaiting_transfer"},
    ),
    Cause.NAMED: (N_("Retirements in buyers’ names, due within a week"), "delivery_desk.named", {}),
    Cause.PAYOUTS: (N_("Pay-outs to be confirmed"), "shop_payouts_desk.overview", {}),
    Cause.FAPIAO: (N_("Fapiao to be issued, sent or cancelled"), "shop_fapiao_desk.waiting", {}),
    Cause.GIFTS: (N_("Gifts whose day has come and whose letter is not out"), "shop_gifts_desk.gifts", {}),
    Cause.REQUESTS: (N_("Purchases that wait for an approver"), "shop_gifts_desk.requests", {}),
    Cause.PARKED: (N_("Messages of the payment provider that belong to no order"), "shop_desk.orders", {}),
    Cause.PRICES: (N_("Prices that nobody else has looked at"), "registry_prices_desk.overview", {}),
    Cause.VERIFICATIONS: (
        N_("Verifiers’ reports to be checked"),
        "registry_account_desk.issuance",
        {},
    ),
    Cause.STEPS: (N_("Steps of projects to be decided"), "registry_projects_desk.overview", {}),
    Cause.THAWS: (N_("Freezes that somebody asked to end"), "registry_account_desk.freezes", {}),
    Cause.LIKENESSES: (N_("Projects that may be the same"), "registry_projects_desk.overview", {}),
    Cause.IMPORTS: (N_("Imports to be confirmed, or failed"), "registry_imports.files", {}),
    Cause.EVIDENCE: (N_("Documents of pledges to be looked at"), "pledges_desk.queue", {}),
    Cause.ORGANISATIONS: (N_("Organisations that ask to be verified"), "organisations_desk.overview", {}),
    Cause.DRAFTS: (N_("Courses offered for publishing"), "author.home", {}),
    Cause.RECHECKS: (N_("Questions whose figures have changed since"), "author.home", {"_anchor": "recheck"}),
    Cause.TRANSLATIONS: (
        N_("Lessons whose translation has fallen behind"),
        "author.home",
        {"_anchor": "behind"},
    ),
    Cause.FACTORS: (N_("Emission factors due for review"), "desk.home", {"_anchor": "factors"}),
    Cause.JOBS: (N_("Work in the background that was given up"), "desk.home", {"_anchor": "jobs"}),
    Cause.BACKUP: (N_("The last backup is more than a day old"), "", {}),
}


def row_of(due: Due, now: datetime) -> DueRow:
    title, endpoint, values = _WORDS[due.cause]
    href = url_for(endpoint, **values) if endpoint and may_open(endpoint) else ""
    return DueRow(_(title), due.pile.count, due.pile.oldest, due.days(now), href)


_KINDS = {
    Kind.ORDER: N_("Orders"),
    Kind.CERTIFICATE: N_("Certificates"),
    Kind.PERSON: N_("People with an account"),
    Kind.ORGANISATION: N_("Organisations"),
    Kind.GIFT: N_("Gifts"),
    Kind.REQUEST: N_("Purchase requests"),
    Kind.FAPIAO: N_("Fapiao"),
    Kind.PAYOUT: N_("Pay-outs"),
    Kind.PROJECT: N_("Projects"),
    Kind.LOT: N_("Lots"),
    Kind.SERIAL: N_("Serials"),
    Kind.ENTRY: N_("Entries of the log"),
    Kind.ACCOUNT: N_("Registry accounts"),
    Kind.IMPORT: N_("Imports"),
    Kind.PLANTING: N_("Plantings"),
    Kind.PLEDGE: N_("Pledges"),
    Kind.STATEMENT: N_("Statements of events"),
    Kind.COURSE: N_("Courses"),
    Kind.COHORT: N_("Training classes"),
    Kind.JOB: N_("Work in the background"),
}


def kind_words(kind: Kind) -> str:
    return _(_KINDS[kind])
