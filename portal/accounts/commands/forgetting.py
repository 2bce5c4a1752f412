"""A person leaves: the row of the account stays, empty, because deeds of the past name its id."""

from datetime import datetime

from sqlalchemy import delete, select, update

from portal import audit
from portal.accounts import policy
from portal.accounts.commands import organisations
from portal.accounts.models import (
    Challenge,
    EmailChange,
    Invitation,
    JoinRequest,
    LoginSession,
    Membership,
    Notification,
    NotificationChoice,
    Passkey,
    Person,
    QuietTime,
    RecoveryCode,
    RoleGrant,
)
from portal.accounts.rules import RolesAreLive
from portal.db import db, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed

_OF_THE_PERSON = (
    LoginSession, Passkey, RecoveryCode, Challenge, EmailChange, JoinRequest, Notification,
    NotificationChoice, QuietTime,
)  # fmt: skip
# What argon2 cannot read, so that no password ever matches it.
_NO_PASSWORD = "!"  # noqa: S105  the opposite of one


def check_leaving(person_id: str) -> None:
    """Raises RolesAreLive: whoever acts for the city gives the roles back first, so that it is noticed."""
    if db.session.execute(select(RoleGrant.role).where(RoleGrant.person_id == person_id)).first():
        raise RolesAreLive()


def forget(actor: Actor, person_id: str, now: datetime) -> None:
    """Empty the account and everything that lets somebody in. The address is free again afterwards.

    Raises RolesAreLive, LastOwner; then nothing is changed.
    """
    if not policy.may_forget_person(actor):
        raise NotAllowed()
    with transaction() as session:
        person = session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
        check_leaving(person_id)
        joined = select(Membership.organisation_id).where(Membership.person_id == person_id)
        for organisation_id in sorted(session.scalars(joined)):
            organisations.remove_member(Actor(person_id), organisation_id, person_id, now)
        session.execute(delete(Invitation).where(Invitation.email_key == person.email_key))
        for kept in _OF_THE_PERSON:
            session.execute(delete(kept).where(kept.person_id == person_id))
        session.execute(update(Person).where(Person.id == person_id).values(
            email="", email_key=f"forgotten:{person_id}", name="", password_hash=_NO_PASSWORD,
            password_is_temporary=False, totp_sealed=None, totp_pending=None,
            totp_since=None, last_totp_step=None,
        ))  # fmt: skip
        session.expire_all()
        audit.record(actor, "accounts.forgotten", person_id, now)
