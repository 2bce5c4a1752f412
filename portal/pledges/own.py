"""What pledges hold about a person."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import or_, select

from portal.db import db
from portal.holdings import Holding, Subject, of_person, under
from portal.kernel.errors import N_
from portal.pledges.models.course import (
    PlannedAction,
    PledgeEvidence,
    PledgeProfile,
    PledgeReport,
    PledgeWithdrawal,
)
from portal.pledges.models.letters import PledgeLetters
from portal.pledges.models.promise import PledgeRecord
from portal.pledges.models.together import Challenge, GroupSeat, PledgeGroup

_STAFF = N_("The id of a member of staff, not of you.")


def _pledges(subject: Subject) -> Any:
    return select(PledgeRecord.id).where(of_person(PledgeRecord.owner_id)(subject))


def pledge_ids(subject: Subject) -> Sequence[str]:
    """The pledges that the person owns, the oldest first."""
    return db.session.scalars(_pledges(subject).order_by(PledgeRecord.id)).all()


HOLDINGS = (
    Holding(PledgeRecord, of_person(PledgeRecord.owner_id)),
    Holding(PledgeProfile, under(PledgeProfile.pledge_id, _pledges)),
    Holding(PledgeWithdrawal, under(PledgeWithdrawal.pledge_id, _pledges)),
    Holding(PlannedAction, under(PlannedAction.pledge_id, _pledges)),
    Holding(PledgeReport, under(PledgeReport.pledge_id, _pledges)),
    Holding(PledgeEvidence, under(PledgeEvidence.pledge_id, _pledges), {"decided_by": _STAFF}),
    Holding(PledgeLetters, lambda subject: or_(
        of_person(PledgeLetters.person_id)(subject), PledgeLetters.email.in_(subject.emails)
    )),
    Holding(GroupSeat, under(GroupSeat.pledge_id, _pledges)),
    Holding(PledgeGroup, of_person(PledgeGroup.owner_id)),
    Holding(Challenge, of_person(Challenge.owner_id)),
)  # fmt: skip


def footprints_needed(subject: Subject) -> list[str]:
    """Footprints that the person's pledges and their reports stand on; they are checked against them."""
    bases = select(PledgeRecord.footprint_id).where(of_person(PledgeRecord.owner_id)(subject))
    reports = select(PledgeReport.footprint_id).where(PledgeReport.pledge_id.in_(_pledges(subject)))
    return sorted({each for found in (bases, reports) for each in db.session.scalars(found) if each})


def naming(subject: Subject) -> list[str]:
    """The person's pledges that show their name to everybody."""
    wanted = (
        select(PledgeRecord.id)
        .join(PledgeProfile, PledgeProfile.pledge_id == PledgeRecord.id)
        .where(
            of_person(PledgeRecord.owner_id)(subject), PledgeRecord.is_public, PledgeRecord.name != "",
            PledgeProfile.shows_name,
        )
    )  # fmt: skip
    return list(db.session.scalars(wanted.order_by(PledgeRecord.id)))


def letters_to(subject: Subject) -> list[str]:
    """Subscriptions to letters about the person's pledges that run."""
    wanted = select(PledgeLetters.id).where(
        of_person(PledgeLetters.person_id)(subject), PledgeLetters.ended_at.is_(None)
    )
    return list(db.session.scalars(wanted.order_by(PledgeLetters.id)))


def people_of_pledges(ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """Each of these pledges with the account it belongs to."""
    return _pairs(select(PledgeRecord.id, PledgeRecord.owner_id).where(PledgeRecord.id.in_(ids)))


def people_of_evidence(ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """Each of these documents with the account that the pledge belongs to."""
    wanted = select(PledgeEvidence.id, PledgeRecord.owner_id).join(
        PledgeRecord, PledgeRecord.id == PledgeEvidence.pledge_id
    )
    return _pairs(wanted.where(PledgeEvidence.id.in_(ids)))


def _pairs(wanted: Any) -> Sequence[tuple[str, str]]:
    return [(thing, owner_id) for thing, owner_id in db.session.execute(wanted)]
