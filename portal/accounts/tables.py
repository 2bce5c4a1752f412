"""Lists of accounts as tables to take away: ids, roles and states, never a name or an address."""

from typing import Any

from sqlalchemy import Select, select

from portal.accounts.models import OrganisationCheck, RoleGrant

Wanted = Select[*tuple[Any, ...]]


def roles() -> Wanted:
    """Who holds which role for the city, since when and by whom."""
    return select(
        RoleGrant.person_id, RoleGrant.role, RoleGrant.granted_at, RoleGrant.granted_by
    ).order_by(RoleGrant.role, RoleGrant.person_id)  # fmt: skip


def checks() -> Wanted:
    """Every request of an organisation to be verified, and what was found."""
    return select(
        OrganisationCheck.id, OrganisationCheck.organisation_id, OrganisationCheck.state,
        OrganisationCheck.asked_by, OrganisationCheck.asked_at, OrganisationCheck.decided_by,
        OrganisationCheck.decided_at, OrganisationCheck.reason, OrganisationCheck.expires_at,
    ).order_by(OrganisationCheck.id)  # fmt: skip
