"""Organisations' billing data, and whether staff have verified who they are."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from portal import audit
from portal.accounts import bodies, policy, queries
from portal.accounts.bodies import (
    Billing,
    CheckIsDecided,
    CheckIsOpen,
    CheckState,
    Kind,
    NoPapers,
    OwnOrganisation,
)
from portal.accounts.commands.notices import notify
from portal.accounts.commands.organisations import ask_owner
from portal.accounts.models import (
    OrganisationBilling,
    OrganisationCheck,
    OrganisationCheckKind,
    OrganisationPaper,
)
from portal.accounts.queries import Expiring, PaperView
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, NotFound
from portal.kernel.ids import new_id


def keep_billing(actor: Actor, organisation_id: str, billing: Billing, now: datetime) -> None:
    """Keep what stands on the organisation's invoices.

    Raises NotFound, NotAllowed, TitleIsMissing, NotATaxNumber, NotABankAccount, NotAPhone.
    """
    if not policy.may_see_organisation(actor, organisation_id):
        raise NotFound()
    if not policy.may_bill(actor, organisation_id):
        raise NotAllowed()
    kept = bodies.checked_billing(billing)
    with transaction() as session:
        session.execute(
            delete(OrganisationBilling).where(OrganisationBilling.organisation_id == organisation_id)
        )
        session.execute(
            insert(OrganisationBilling).values(
                organisation_id=organisation_id, changed_by=actor.id, changed_at=now, **asdict(kept)
            )
        )
        audit.record(actor, "accounts.billing_changed", organisation_id, now)


def ask_for_check(
    actor: Actor, organisation_id: str, kind: Kind, papers: Sequence[PaperView], now: datetime
) -> str:
    """Ask staff to verify by these papers that the organisation is of this kind; returns the check's id.

    Raises NotFound, NotAllowed, NoPapers, CheckIsOpen.
    """
    ask_owner(actor, organisation_id)
    if not 0 < len(papers) <= bodies.MOST_PAPERS:
        raise NoPapers(most=bodies.MOST_PAPERS)
    check_id = new_id("chk")
    try:
        with transaction() as session:
            session.execute(
                insert(OrganisationCheck).values(
                    id=check_id, organisation_id=organisation_id, state=CheckState.ASKED, asked_by=actor.id,
                    asked_at=now, reason="",
                )
            )  # fmt: skip
            session.execute(insert(OrganisationCheckKind).values(check_id=check_id, claimed=kind))
            session.execute(
                insert(OrganisationPaper),
                [
                    {
                        "check_id": check_id,
                        "position": n,
                        "sha256": each.sha256,
                        "media_type": each.media_type,
                    }
                    for n, each in enumerate(papers, 1)
                ],
            )
            audit.record(actor, "accounts.check_asked", organisation_id, now, check=check_id)
    except IntegrityError:
        raise CheckIsOpen() from None
    return check_id


def withdraw_check(actor: Actor, organisation_id: str, now: datetime) -> tuple[PaperView, ...]:
    """Take back what was asked, for example to send a better scan; its papers are forgotten.

    Returns papers whose files nobody needs any more. Raises NotFound, NotAllowed.
    """
    ask_owner(actor, organisation_id)
    with transaction() as session:
        asked = select(OrganisationCheck.id).where(
            OrganisationCheck.organisation_id == organisation_id, OrganisationCheck.state == CheckState.ASKED
        )
        check_id = session.scalar(asked.with_for_update())
        if check_id is None:
            raise NotFound()
        papers = queries.papers_of(check_id)
        for hung in (OrganisationPaper, OrganisationCheckKind):
            session.execute(delete(hung).where(hung.check_id == check_id))
        session.execute(delete(OrganisationCheck).where(OrganisationCheck.id == check_id))
        audit.record(actor, "accounts.check_withdrawn", organisation_id, now, check=check_id)
        kept = set(session.scalars(select(OrganisationPaper.sha256)))
    return tuple(each for each in papers if each.sha256 not in kept)


def verify(actor: Actor, check_id: str, kind: Kind, now: datetime) -> None:
    """Give the mark for two years, to an organisation that is of this kind by its papers.

    Raises NotFound, NotAllowed, OwnOrganisation, CheckIsDecided.
    """
    with transaction() as session:
        _decide(actor, check_id, CheckState.VERIFIED, "", now)
        known = session.get(OrganisationCheckKind, check_id)
        if known is None:  # asked before kinds were
            known = OrganisationCheckKind(check_id=check_id, claimed=kind)
            session.add(known)
        known.found = kind
        session.flush()
        audit.record(actor, "accounts.organisation_kind", check_id, now, kind=kind)


def refuse(actor: Actor, check_id: str, reason: str, now: datetime) -> None:
    """Give no mark, and say why. Raises ReasonIsMissing and what ``verify`` raises."""
    _decide(actor, check_id, CheckState.REFUSED, bodies.checked_reason(reason), now)


def _decide(actor: Actor, check_id: str, state: CheckState, reason: str, now: datetime) -> None:
    if not policy.may_read_checks(actor):
        raise NotAllowed()
    with transaction() as session:
        found = session.scalars(
            select(OrganisationCheck).where(OrganisationCheck.id == check_id).with_for_update()
        ).one_or_none()
        if found is None:
            raise NotFound()
        if found.organisation_id in actor.organisations or found.asked_by == actor.id:
            raise OwnOrganisation()
        if not policy.may_verify(actor, found.organisation_id):
            raise NotAllowed()
        if found.state != CheckState.ASKED:
            raise CheckIsDecided()
        found.state, found.reason = state, reason
        found.decided_by, found.decided_at = actor.id, now
        found.expires_at = now + bodies.VERIFIED_FOR if state is CheckState.VERIFIED else None
        session.flush()
        audit.record(
            actor, f"accounts.organisation_{state}", found.organisation_id, now, check=check_id, reason=reason
        )
        told = {"organisation": queries.told_name(found.organisation_id), "reason": reason}
        told |= {"organisation_id": found.organisation_id}
        told |= {"until": str(clock.day_of(found.expires_at))} if found.expires_at else {}
        for member in queries.owners(found.organisation_id):
            notify(member, f"organisation.{state}", told, now, f"check:{check_id}")


def remind(actor: Actor, now: datetime) -> int:
    """Tell owners 60 and 14 days before their mark ends, once each; how many marks end so soon."""
    if not policy.may_remind(actor):
        raise NotAllowed()
    ending = queries.marks_expiring(now, now + max(bodies.REMINDED_BEFORE))
    for mark in ending:
        _remind(mark, bodies.reminder_due(mark.expires_at, now), now)
    return len(ending)


def _remind(mark: Expiring, before: timedelta | None, now: datetime) -> None:
    if before is None:
        return
    told = {
        "organisation": queries.told_name(mark.organisation_id), "organisation_id": mark.organisation_id,
        "until": str(clock.day_of(mark.expires_at)),
    }  # fmt: skip
    for owner in queries.owners(mark.organisation_id):
        notify(owner, "organisation.expiring", told, now, f"expiring:{mark.check_id}:{before.days}")
