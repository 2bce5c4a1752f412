"""Reads of accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select

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
from portal.kernel.errors import NotAllowed, NotFound

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


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in the desk's list, with the roles granted to them."""

    id: str
    email: str
    name: str
    created_at: datetime
    is_confirmed: bool
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class GrantView:
    role: Role
    granted_at: datetime
    granted_by: str


def people(
    actor: Actor, search: str = "", role: str = "", cursor: str = "", size: int = 50
) -> list[PersonRow]:
    """People by address, one more than ``size`` if there are more.

    ``search`` is an id, or a part of a name or an address. Raises NotAllowed.
    """
    if not policy.may_read_people(actor):
        raise NotAllowed()
    query = select(Person).order_by(Person.email_key).limit(size + 1)
    if search:
        part = rules.email_key(search)
        found = or_(
            Person.id == search,
            Person.email_key.contains(part, autoescape=True),
            func.lower(Person.name).contains(part, autoescape=True),
        )
        query = query.where(found)
    if role:
        query = query.where(exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == role))
    if cursor:
        query = query.where(Person.email_key > cursor)
    rows = db.session.scalars(query).all()
    held = _roles_of([row.id for row in rows])
    return [
        PersonRow(
            row.id, row.email, row.name, row.created_at, row.confirmed_at is not None, held.get(row.id, ())
        )
        for row in rows
    ]


def _roles_of(person_ids: list[str]) -> dict[str, tuple[Role, ...]]:
    rows = db.session.execute(
        select(RoleGrant.person_id, RoleGrant.role)
        .where(RoleGrant.person_id.in_(person_ids))
        .order_by(RoleGrant.role)
    )
    held: dict[str, tuple[Role, ...]] = {}
    for person_id, role in rows:
        held[person_id] = (*held.get(person_id, ()), Role(role))
    return held


def grants_of(person_id: str) -> list[GrantView]:
    """The roles of a person, with since when and by whom."""
    rows = db.session.execute(
        select(RoleGrant.role, RoleGrant.granted_at, RoleGrant.granted_by)
        .where(RoleGrant.person_id == person_id)
        .order_by(RoleGrant.role)
    )
    return [GrantView(Role(role), at, by) for role, at, by in rows]


def memberships_of(person_id: str) -> list[tuple[str, Bilingual, Part]]:
    """Organisations of a person: id, name, part."""
    rows = db.session.execute(
        select(Organisation, Membership.part)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.person_id == person_id)
        .order_by(Organisation.name_zh, Organisation.id)
    )
    return [(row.id, _name(row), Part(part)) for row, part in rows]


def names_of(person_ids: Iterable[str]) -> dict[str, str]:
    """Names of people by their id, for the back office; who is not known is left out."""
    rows = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(set(person_ids))))
    return {row.id: row.name for row in rows}


def organisations_at_desk(actor: Actor, search: str, size: int = 10) -> list[tuple[str, Bilingual, str]]:
    """Organisations by a part of a name, by code or id: id, name, code. Raises NotAllowed."""
    if not policy.may_read_people(actor):
        raise NotAllowed()
    named = or_(
        Organisation.id == search,
        Organisation.credit_code == search.upper(),
        Organisation.name_zh.contains(search, autoescape=True),
        func.lower(Organisation.name_en).contains(search.lower(), autoescape=True),
    )
    rows = db.session.scalars(select(Organisation).where(named).order_by(Organisation.id).limit(size))
    return [(row.id, _name(row), row.credit_code) for row in rows]


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


def organisation_names(organisation_ids: Iterable[str]) -> dict[str, Bilingual]:
    """Names for the back office, which deals with holders it is not a member of."""
    rows = db.session.scalars(select(Organisation).where(Organisation.id.in_(list(organisation_ids))))
    return {row.id: _name(row) for row in rows}


def _organisation(row: Organisation, actor: Actor) -> OrganisationView:
    return OrganisationView(row.id, _name(row), row.credit_code, Part(actor.organisations[row.id]))


def _name(row: Organisation) -> Bilingual:
    return Bilingual(row.name_zh, row.name_en)
