"""Every list of the desk as a table to take away: what it holds, and the page it belongs to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select

from portal.accounts import tables as accounts
from portal.audit import AuditEntry
from portal.certificates.queries import tables as certificates
from portal.kernel.errors import N_, NotFound
from portal.pledges.queries import tables as pledges
from portal.proposals.queries import every_proposal
from portal.registry.queries import tables as registry
from portal.settings.queries import every_change
from portal.shop.queries import tables as shop

Wanted = Select[*tuple[Any, ...]]


class NoSuchTable(NotFound):
    message = N_("There is no such table.")


@dataclass(frozen=True, slots=True)
class Listing:
    """``page``: the endpoint of the list; whoever may open it may take the table."""

    name: str
    page: str
    title: str
    wanted: Wanted


def audit(first: datetime | None = None, end: datetime | None = None) -> Wanted:
    """Who did what, to what, when and why."""
    wanted = select(
        AuditEntry.id, AuditEntry.at, AuditEntry.actor_id, AuditEntry.verb, AuditEntry.subject_id,
        AuditEntry.facts,
    ).order_by(AuditEntry.at, AuditEntry.id)  # fmt: skip
    return wanted if first is None else wanted.where(AuditEntry.at >= first, AuditEntry.at < end)


def settings() -> Wanted:
    return every_change()


LISTINGS: Final = {
    each.name: each
    for each in (
        Listing("orders", "shop_desk.orders", N_("Orders"), shop.orders()),
        Listing("refunds", "shop_desk.orders", N_("Refunds"), shop.refunds()),
        Listing("payouts", "shop_payouts_desk.overview", N_("Pay-outs"), shop.payouts()),
        Listing("named", "delivery_desk.named", N_("Retirements in buyers’ names"), shop.named()),
        Listing("gifts", "shop_gifts_desk.gifts", N_("Gifts"), shop.gifts()),
        Listing("requests", "shop_gifts_desk.requests", N_("Purchase requests"), shop.requests()),
        Listing("plantings", "planting_desk.campaigns", N_("Plantings"), shop.plantings()),
        Listing("fapiao", "shop_fapiao_desk.waiting", N_("Fapiao"), shop.fapiao()),
        Listing("projects", "registry_projects_desk.overview", N_("Projects"), registry.projects()),
        Listing("lots", "registry_desk.stock", N_("Lots and stock"), registry.lots()),
        Listing("prices", "registry_prices_desk.overview", N_("Prices"), registry.prices()),
        Listing("imports", "registry_imports.files", N_("Imports"), registry.imports()),
        Listing("accounts", "registry_account_desk.accounts", N_("Registry accounts"), registry.accounts()),
        Listing("verifications", "registry_account_desk.issuance", N_("Verification records"),
                registry.verifications()),
        Listing("cancellations", "registry_account_desk.accounts", N_("Cancellations"),
                registry.cancellations()),
        Listing("freezes", "registry_account_desk.freezes", N_("Freezes"), registry.freezes()),
        Listing("reversals", "registry_account_desk.reversal_cases", N_("Reversals"), registry.reversals()),
        Listing("certificates", "certificates_desk.certificates", N_("Certificates"),
                certificates.certificates()),
        Listing("batches", "certificates_desk.batches", N_("Batches of certificates"),
                certificates.batches()),
        Listing("roles", "accounts_desk.people", N_("Roles for the city"), accounts.roles()),
        Listing("organisation-checks", "organisations_desk.overview", N_("Organisations to be verified"),
                accounts.checks()),
        Listing("proposals", "office_auditor.start", N_("Proposals"), every_proposal()),
        Listing("pledge-documents", "pledges_desk.queue", N_("Documents of pledges"), pledges.documents()),
        Listing("checks", "desk.ledger", N_("Ledger check"), registry.checks()),
        Listing("settings", "office_settings.sheets", N_("Settings"), settings()),
        Listing("audit", "office_auditor.start", N_("Who did what"), audit()),
    )
}  # fmt: skip


def listing(name: str) -> Listing:
    """Raises NoSuchTable."""
    if name not in LISTINGS:
        raise NoSuchTable()
    return LISTINGS[name]


def of_page(endpoint: str) -> list[Listing]:
    """The tables that belong to a page."""
    return [each for each in LISTINGS.values() if each.page == endpoint]
