"""Organisations: founding one, and who acts for it."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts import policy, queries, rules
from portal.accounts.commands import letters, tries
from portal.accounts.models import Dissolution, Invitation, Membership, Organisation, Person
from portal.accounts.rules import AlreadyMember, LastOwner, OrganisationIsKnown, Part, Visitor
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed, NotFound
from portal.kernel.ids import new_id


def create_organisation(actor: Actor, name: Bilingual, credit_code: str, now: datetime) -> str:
    """Register an organisation, with the actor as its owner; returns its id.

    Raises NameIsMissing, NotACreditCode, OrganisationIsKnown.
    """
    if not actor.is_person or actor.is_pupil:
        raise NotAllowed()
    name = rules.checked_organisation_name(name)
    credit_code = rules.checked_credit_code(credit_code)
    organisation_id = new_id("org")
    try:
        with transaction() as session:
            session.add(
                Organisation(
                    id=organisation_id,
                    name_zh=name.zh,
                    name_en=name.en,
                    credit_code=credit_code,
                    created_at=now,
                )
            )
            session.flush()
            add(session, organisation_id, actor.id, Part.OWNER, now)
            audit.record(actor, "accounts.organisation_created", organisation_id, now)
    except IntegrityError:
        raise OrganisationIsKnown() from None
    return organisation_id


def invite(
    actor: Actor, organisation_id: str, email: str, part: Part, visitor: Visitor, now: datetime
) -> None:
    """Invite whoever owns an address; the letter is the same whether or not they have an account.

    Inviting again renews the invitation. Raises NotFound, NotAllowed, AlreadyMember, TooManyLetters.
    """
    ask_owner(actor, organisation_id)
    key = rules.email_key(email)
    if key in {rules.email_key(member.email) for member in queries.members(organisation_id)}:
        raise AlreadyMember()
    tries.before_letter(email, visitor.network, now)
    inviter = queries.person(actor.id)
    organisation = queries.organisation(actor, organisation_id)
    with transaction() as session:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        offer = {"part": part, "invited_by": actor.id, "expires_at": now + rules.INVITATION_LASTS}
        add = dialect.insert(Invitation).values(organisation_id=organisation_id, email_key=key, **offer)
        session.execute(
            add.on_conflict_do_update(index_elements=["organisation_id", "email_key"], set_=offer)
        )
        audit.record(actor, "accounts.member_invited", organisation_id, now, part=part)
        name = organisation.name.in_(inviter.lang) or organisation.name.zh or organisation.name.en
        letters.ask_for(
            "invitation",
            email,
            inviter.lang,
            now,
            organisation=name,
            inviter=inviter.name,
            id=organisation_id,
        )


def accept_invitation(actor: Actor, organisation_id: str, now: datetime) -> None:
    """Join with the part that was offered to one's own confirmed address. Raises NotFound."""
    if not actor.is_person:
        raise NotAllowed()
    with transaction() as session:
        mine = select(Person.email_key).where(Person.id == actor.id, Person.confirmed_at.is_not(None))
        taken = (
            delete(Invitation)
            .where(
                Invitation.organisation_id == organisation_id,
                Invitation.email_key == mine.scalar_subquery(),
                Invitation.expires_at > now,
            )
            .returning(Invitation.part)
        )
        part = session.execute(taken).scalar_one_or_none()
        if part is None:
            raise NotFound()
        add(session, organisation_id, actor.id, Part(part), now)
        audit.record(actor, "accounts.member_joined", organisation_id, now, part=part)


def withdraw_invitation(actor: Actor, organisation_id: str, email_key: str, now: datetime) -> None:
    ask_owner(actor, organisation_id)
    with transaction() as session:
        offered = Invitation.organisation_id == organisation_id, Invitation.email_key == email_key
        session.execute(delete(Invitation).where(*offered))
        audit.record(actor, "accounts.invitation_withdrawn", organisation_id, now)


def add_member(actor: Actor, organisation_id: str, person_id: str, part: Part, now: datetime) -> None:
    """Make somebody a member at once: for operators. Owners invite. Raises AlreadyMember.

    An organisation that was dissolved is not any more.
    """
    if not policy.may_manage_roles(actor):
        raise NotAllowed()
    try:
        with transaction() as session:
            add(session, organisation_id, person_id, part, now)
            session.execute(delete(Dissolution).where(Dissolution.organisation_id == organisation_id))
            audit.record(actor, "accounts.member_added", organisation_id, now, person=person_id, part=part)
    except IntegrityError:
        raise AlreadyMember() from None


def change_part(actor: Actor, organisation_id: str, person_id: str, part: Part, now: datetime) -> None:
    """Make a member an owner, approver or plain member. Raises NotFound, NotAllowed, LastOwner."""
    ask_owner(actor, organisation_id)
    with transaction() as session:
        member = _member(session, organisation_id, person_id, becomes=part)
        session.execute(update(Membership).where(*member).values(part=part))
        audit.record(actor, "accounts.member_changed", organisation_id, now, person=person_id, part=part)


def remove_member(actor: Actor, organisation_id: str, person_id: str, now: datetime) -> None:
    """Remove a member; everybody may remove themselves. Raises NotFound, NotAllowed, LastOwner."""
    if person_id != actor.id:
        ask_owner(actor, organisation_id)
    with transaction() as session:
        member = _member(session, organisation_id, person_id, becomes=None)
        session.execute(delete(Membership).where(*member))
        audit.record(actor, "accounts.member_removed", organisation_id, now, person=person_id)


def ask_owner(actor: Actor, organisation_id: str) -> None:
    if not policy.may_see_organisation(actor, organisation_id):
        raise NotFound()
    if not policy.may_manage_organisation(actor, organisation_id):
        raise NotAllowed()


def _member(
    session: Session, organisation_id: str, person_id: str, becomes: Part | None
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    # The organisation's row is the lock: two owners who leave at once would leave nobody.
    session.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())
    rows = session.execute(
        select(Membership.person_id, Membership.part).where(Membership.organisation_id == organisation_id)
    )
    parts = {member: Part(part) for member, part in rows}
    if person_id not in parts:
        raise NotFound()
    if rules.leaves_no_owner(parts, person_id, becomes):
        raise LastOwner()
    return Membership.organisation_id == organisation_id, Membership.person_id == person_id


def add(session: Session, organisation_id: str, person_id: str, part: Part, now: datetime) -> None:
    session.add(Membership(organisation_id=organisation_id, person_id=person_id, part=part, since=now))
    session.flush()
