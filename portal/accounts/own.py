"""What accounts hold about a person."""

from collections.abc import Collection

from sqlalchemy import select

from portal.accounts.models import (
    Challenge,
    Dissolution,
    EmailChange,
    Invitation,
    JoinCode,
    JoinRequest,
    LoginSession,
    Membership,
    Notification,
    NotificationChoice,
    OrganisationCheck,
    Passkey,
    Person,
    QuietTime,
    RecoveryCode,
    RoleGrant,
)
from portal.db import db
from portal.holdings import Holding, of_person
from portal.kernel.errors import N_

_OPENS = N_("It opens your account, and is kept only as a fingerprint or under a lock.")
_JOINS = N_("It lets whoever has it join the organisation.")
_SOMEBODY = N_("The id of somebody else.")
_STAFF = N_("The id of a member of staff, not of you.")

HOLDINGS = (
    Holding(Person, of_person(Person.id), {
        "password_hash": _OPENS, "totp_sealed": _OPENS, "totp_pending": _OPENS, "last_totp_step": _OPENS,
    }),
    Holding(RoleGrant, of_person(RoleGrant.person_id), {"granted_by": _STAFF}),
    Holding(Membership, of_person(Membership.person_id)),
    Holding(Invitation, lambda subject: Invitation.email_key.in_(subject.emails)),
    Holding(LoginSession, of_person(LoginSession.person_id), {"id": _OPENS}),
    Holding(Passkey, of_person(Passkey.person_id), {"public_key": _OPENS}),
    Holding(RecoveryCode, of_person(RecoveryCode.person_id), {"code_hash": _OPENS}),
    Holding(Challenge, of_person(Challenge.person_id), {"id": _OPENS}),
    Holding(EmailChange, of_person(EmailChange.person_id)),
    Holding(Notification, of_person(Notification.person_id)),
    Holding(NotificationChoice, of_person(NotificationChoice.person_id)),
    Holding(QuietTime, of_person(QuietTime.person_id)),
    Holding(JoinRequest, of_person(JoinRequest.person_id), {"answered_by": _SOMEBODY}),
    Holding(JoinCode, of_person(JoinCode.made_by), {"code": _JOINS}),
    Holding(OrganisationCheck, of_person(OrganisationCheck.asked_by), {"decided_by": _STAFF}),
    Holding(Dissolution, of_person(Dissolution.by)),
)  # fmt: skip


def people_of_organisations(ids: Collection[str]) -> list[tuple[str, str]]:
    """Of organisations, who is in them; of requests to be verified, who asked."""
    members = select(Membership.organisation_id, Membership.person_id).where(
        Membership.organisation_id.in_(ids)
    )
    asked = select(OrganisationCheck.id, OrganisationCheck.asked_by).where(OrganisationCheck.id.in_(ids))
    return [(thing, person) for wanted in (members, asked) for thing, person in db.session.execute(wanted)]
