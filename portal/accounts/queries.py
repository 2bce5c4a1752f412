"""Reads of accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, func, select

from portal.accounts import policy, rules
from portal.accounts.models import (
    Invitation,
    LoginSession,
    Membership,
    Organisation,
    Passkey,
    Person,
    RecoveryCode,
    RoleGrant,
)
from portal.accounts.rules import Part, Visit
from portal.db import db
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotFound

# --- The browser behind a request ------------------------------------------------------------------

# Built once: it runs in every request of a signed-in person, whose roles and memberships are few.
_VISIT = (
    select(
        LoginSession.id, LoginSession.created_at, LoginSession.last_seen_at, LoginSession.second_factor_at,
        Person.id.label("person_id"), Person.email, Person.name, Person.lang, Person.totp_since,
        Person.password_is_temporary, RoleGrant.role, Membership.organisation_id, Membership.part,
        exists().where(Passkey.person_id == Person.id).label("has_passkey"),
    )
    .join(Person, Person.id == LoginSession.person_id)
    .outerjoin(RoleGrant, RoleGrant.person_id == Person.id)
    .outerjoin(Membership, Membership.person_id == Person.id)
    .where(LoginSession.id == bindparam("session_id"), LoginSession.ended_at.is_(None))
)  # fmt: skip


def visit(session_id: str) -> Visit | None:
    """The signed-in browser, its person, roles and memberships, in one query; None when ended or unknown."""
    rows = db.session.execute(_VISIT, {"session_id": session_id}).all()
    if not rows:
        return None
    first = rows[0]
    return Visit(
        session_id=first.id,
        person_id=first.person_id,
        email=first.email,
        name=first.name,
        lang=first.lang,
        created_at=first.created_at,
        last_seen_at=first.last_seen_at,
        second_factor_at=first.second_factor_at,
        has_app=first.totp_since is not None,
        has_passkey=bool(first.has_passkey),
        password_is_temporary=first.password_is_temporary,
        granted=frozenset(Role(row.role) for row in rows if row.role),
        organisations={row.organisation_id: row.part for row in rows if row.organisation_id},
    )


@dataclass(frozen=True, slots=True)
class SessionView:
    id: str
    agent: str
    network: str
    created_at: datetime
    last_seen_at: datetime


def open_sessions(person_id: str) -> list[SessionView]:
    """Browsers in which this person is signed in, the one seen last first."""
    rows = db.session.execute(
        select(
            LoginSession.id, LoginSession.agent, LoginSession.network,
            LoginSession.created_at, LoginSession.last_seen_at,
        )
        .where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None))
        .order_by(LoginSession.last_seen_at.desc())
    )  # fmt: skip
    return [SessionView(*row) for row in rows]


# --- People ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonView:
    id: str
    email: str
    name: str
    lang: str
    is_confirmed: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is checked against. Stays in this room."""

    person_id: str
    email: str
    password_hash: str
    is_confirmed: bool


def person(person_id: str) -> PersonView:
    """Raises NotFound."""
    return _shown(db.session.scalars(select(Person).where(Person.id == person_id)).one_or_none())


def person_at(email: str) -> PersonView:
    """The person with this address. Raises NoSuchPerson."""
    found = db.session.scalars(select(Person).where(Person.email_key == rules.email_key(email))).one_or_none()
    if not found:
        raise rules.NoSuchPerson()
    return _shown(found)


def _shown(found: Person | None) -> PersonView:
    if not found:
        raise NotFound()
    return PersonView(
        found.id,
        found.email,
        found.name,
        found.lang,
        found.confirmed_at is not None,
        found.totp_since is not None or bool(passkeys_of(found.id)),
    )


def credentials(email: str) -> Credentials | None:
    return _credentials(Person.email_key == rules.email_key(email))


def credentials_of(person_id: str) -> Credentials | None:
    return _credentials(Person.id == person_id)


def _credentials(condition: ColumnElement[bool]) -> Credentials | None:
    row = db.session.execute(
        select(Person.id, Person.email, Person.password_hash, Person.confirmed_at).where(condition)
    ).one_or_none()
    return Credentials(row.id, row.email, row.password_hash, row.confirmed_at is not None) if row else None


def recovery_codes_left(person_id: str) -> int:
    counted = select(func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return db.session.execute(counted).scalar_one()


@dataclass(frozen=True, slots=True)
class PasskeyView:
    id: str
    name: str
    made_at: datetime
    used_at: datetime | None


def passkeys_of(person_id: str) -> list[PasskeyView]:
    """The person's passkeys, the oldest first."""
    rows = db.session.execute(
        select(Passkey.id, Passkey.name, Passkey.made_at, Passkey.used_at)
        .where(Passkey.person_id == person_id)
        .order_by(Passkey.made_at, Passkey.id)
    )
    return [PasskeyView(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class RoleHolder:
    person: PersonView
    roles: tuple[Role, ...]


def role_holders() -> list[RoleHolder]:
    """Everybody with a granted role, by address."""
    rows = db.session.execute(
        select(Person, RoleGrant.role)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .order_by(Person.email_key, RoleGrant.role)
    ).all()
    roles: dict[str, list[Role]] = {}
    for holder, role in rows:
        roles.setdefault(holder.id, []).append(Role(role))
    people = {holder.id: _shown(holder) for holder, _ in rows}
    return [RoleHolder(people[holder], tuple(held)) for holder, held in roles.items()]


# --- Organisations ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrganisationView:
    id: str
    name: Bilingual
    credit_code: str
    part: Part


@dataclass(frozen=True, slots=True)
class MemberView:
    person_id: str
    name: str
    email: str
    part: Part


@dataclass(frozen=True, slots=True)
class InvitationView:
    organisation_id: str
    organisation: Bilingual
    email_key: str
    part: Part
    expires_at: datetime


def organisations_of(actor: Actor) -> list[OrganisationView]:
    """What the actor is a member of, by name."""
    if not actor.organisations:
        return []
    rows = db.session.scalars(
        select(Organisation)
        .where(Organisation.id.in_(list(actor.organisations)))
        .order_by(Organisation.name_zh, Organisation.name_en)
    )
    return [_organisation(row, actor) for row in rows]


def organisation(actor: Actor, organisation_id: str) -> OrganisationView:
    """Raises NotFound, for somebody else's exactly as for one that does not exist."""
    row = db.session.scalars(select(Organisation).where(Organisation.id == organisation_id)).one_or_none()
    if not row or not policy.may_see_organisation(actor, organisation_id):
        raise NotFound()
    return _organisation(row, actor)


def members(organisation_id: str) -> list[MemberView]:
    rows = db.session.execute(
        select(Person.id, Person.name, Person.email, Membership.part)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id)
        .order_by(Membership.since, Person.id)
    )
    return [MemberView(who, name, email, Part(part)) for who, name, email, part in rows]


def invitations_of(organisation_id: str, now: datetime) -> list[InvitationView]:
    return _invitations(Invitation.organisation_id == organisation_id, now)


def invitations_to(email: str, now: datetime) -> list[InvitationView]:
    return _invitations(Invitation.email_key == rules.email_key(email), now)


def _invitations(condition: ColumnElement[bool], now: datetime) -> list[InvitationView]:
    rows = db.session.execute(
        select(Invitation, Organisation)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(condition, Invitation.expires_at > now)
        .order_by(Invitation.expires_at)
    )
    return [
        InvitationView(to.id, _name(to), offer.email_key, Part(offer.part), offer.expires_at)
        for offer, to in rows
    ]


def owned_alone(person_id: str) -> list[Bilingual]:
    """Names of the organisations that would have no owner without this person."""
    others = (
        select(Membership.organisation_id)
        .where(Membership.part == Part.OWNER, Membership.person_id != person_id)
    )  # fmt: skip
    rows = db.session.scalars(
        select(Organisation)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(
            Membership.person_id == person_id, Membership.part == Part.OWNER, Organisation.id.not_in(others)
        )
        .order_by(Organisation.id)
    )
    return [_name(row) for row in rows]


def organisation_names(organisation_ids: Iterable[str]) -> dict[str, Bilingual]:
    """Names for the back office, which deals with holders it is not a member of."""
    rows = db.session.scalars(select(Organisation).where(Organisation.id.in_(list(organisation_ids))))
    return {row.id: _name(row) for row in rows}


def _organisation(row: Organisation, actor: Actor) -> OrganisationView:
    return OrganisationView(row.id, _name(row), row.credit_code, Part(actor.organisations[row.id]))


def _name(row: Organisation) -> Bilingual:
    return Bilingual(row.name_zh, row.name_en)
