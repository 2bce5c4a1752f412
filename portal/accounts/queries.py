"""Reads of accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, func, select

from portal.accounts import notices, policy, rules
from portal.accounts.models import (
    Invitation,
    LoginSession,
    Membership,
    Notification,
    NotificationChoice,
    Organisation,
    Passkey,
    Person,
    QuietTime,
    RecoveryCode,
    RoleGrant,
)
from portal.accounts.notices import QuietHours, Way
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
        select(func.count())
        .where(Notification.person_id == Person.id, Notification.read_at.is_(None), Notification.in_inbox)
        .scalar_subquery()
        .label("unread"),
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
        unread=first.unread,
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


def places_signed_in(person_id: str) -> set[tuple[str, str]]:
    """Network and browser of every session of this person that is still on record, ended ones too."""
    rows = db.session.execute(
        select(LoginSession.network, LoginSession.agent).where(LoginSession.person_id == person_id).distinct()
    )
    return {(network, agent) for network, agent in rows}


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


def organisation_names(organisation_ids: Iterable[str]) -> dict[str, Bilingual]:
    """Names for the back office, which deals with holders it is not a member of."""
    rows = db.session.scalars(select(Organisation).where(Organisation.id.in_(list(organisation_ids))))
    return {row.id: _name(row) for row in rows}


def _organisation(row: Organisation, actor: Actor) -> OrganisationView:
    return OrganisationView(row.id, _name(row), row.credit_code, Part(actor.organisations[row.id]))


def _name(row: Organisation) -> Bilingual:
    return Bilingual(row.name_zh, row.name_en)


# --- News ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news; ``told`` fills the texts of its kind."""

    id: str
    person_id: str
    kind: str
    topic: str
    told: notices.Told
    at: datetime
    is_read: bool


_NEWS = select(
    Notification.id, Notification.person_id, Notification.kind, Notification.topic, Notification.told,
    Notification.at, Notification.read_at.is_not(None).label("is_read"),
)  # fmt: skip


def inbox(actor: Actor, size: int, *, before: str = "", topic: str = "", only_unread: bool) -> list[News]:
    """At most ``size`` pieces of the actor's own news, the newest first, older than the id ``before``."""
    asked = _NEWS.where(Notification.person_id == actor.id, Notification.in_inbox)
    if before:
        asked = asked.where(Notification.id < before)
    if topic:
        asked = asked.where(Notification.topic == topic)
    if only_unread:
        asked = asked.where(Notification.read_at.is_(None))
    rows = db.session.execute(asked.order_by(Notification.id.desc()).limit(size))
    return [News(*row) for row in rows]


def news(notification_id: str) -> News | None:
    """One piece of news, for its letter and its link; callers ask whose it is."""
    row = db.session.execute(_NEWS.where(Notification.id == notification_id)).one_or_none()
    return News(*row) if row else None


def chosen_ways(person_id: str) -> dict[str, Way]:
    rows = db.session.execute(
        select(NotificationChoice.kind, NotificationChoice.way).where(
            NotificationChoice.person_id == person_id
        )
    )
    return {kind: Way(way) for kind, way in rows}


def quiet_hours(person_id: str) -> QuietHours:
    """One's own, or the usual ones."""
    row = db.session.execute(
        select(QuietTime.begins, QuietTime.ends).where(QuietTime.person_id == person_id)
    ).one_or_none()
    return QuietHours(*row) if row else notices.USUAL_QUIET_HOURS
