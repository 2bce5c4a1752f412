"""Reads of accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts import bodies, notices, policy, rules
from portal.accounts.bodies import Billing, CheckState, JoinState, Kind
from portal.accounts.models import (
    Dissolution,
    Invitation,
    JoinCode,
    JoinRequest,
    LoginSession,
    Membership,
    Notification,
    NotificationChoice,
    Organisation,
    OrganisationBilling,
    OrganisationCheck,
    OrganisationCheckKind,
    OrganisationPaper,
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
from portal.kernel.errors import NotAllowed, NotFound

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


def email_key_of(person_id: str) -> str:
    """What the person's address has in common with its other spellings; empty for nobody."""
    found = select(Person.email_key).where(Person.id == person_id)
    return db.session.execute(found).scalar_one_or_none() or ""


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


def recovery_codes_kept(person_id: str) -> list[str]:
    """Unused codes as they are stored; they stay in this room."""
    unused = RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None)
    return list(db.session.scalars(select(RecoveryCode.code_hash).where(*unused)))


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


@dataclass(frozen=True, slots=True)
class OrganisationAtDesk:
    """An organisation as the back office knows it; ``verified_until`` None for one without the mark."""

    id: str
    name: Bilingual
    credit_code: str
    created_at: datetime
    verified_until: datetime | None
    is_dissolved: bool


def organisation_at_desk(actor: Actor, organisation_id: str, now: datetime) -> OrganisationAtDesk:
    """Raises NotAllowed, NotFound."""
    if not policy.may_read_people(actor):
        raise NotAllowed()
    row = db.session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound()
    return OrganisationAtDesk(
        row.id, _name(row), row.credit_code, row.created_at, verified_until(row.id, now), is_dissolved(row.id)
    )


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


def invitation(organisation_id: str, email_key: str, now: datetime) -> InvitationView | None:
    """One that still holds."""
    of, to = Invitation.organisation_id == organisation_id, Invitation.email_key == email_key
    return next(iter(_invitations(of & to, now)), None)


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


def organisation_with(credit_code: str) -> str:
    """The id of the organisation with this code. Raises NotFound."""
    found = db.session.scalar(select(Organisation.id).where(Organisation.credit_code == credit_code))
    if found is None:
        raise NotFound()
    return found


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


# --- Organisations beyond their members ------------------------------------------------------------


def told_name(organisation_id: str) -> dict[str, str]:
    """The organisation's name as news carries it, in both languages."""
    name = organisation_names([organisation_id])[organisation_id]
    return {"zh": name.zh, "en": name.en}


def owners(organisation_id: str) -> list[str]:
    """Ids of its owners."""
    return [each.person_id for each in members(organisation_id) if each.part is Part.OWNER]


@dataclass(frozen=True, slots=True)
class JoinCodeView:
    id: str
    code: str
    is_answered: bool
    most_uses: int
    uses: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class JoinerView:
    """Somebody who waits to be let in."""

    request_id: str
    person_id: str
    name: str
    email: str
    asked_at: datetime


def join_codes(organisation_id: str, now: datetime) -> list[JoinCodeView]:
    """Codes that can still be used, the newest first."""
    rows = db.session.execute(
        select(
            JoinCode.id, JoinCode.code, JoinCode.is_answered, JoinCode.most_uses, JoinCode.uses,
            JoinCode.expires_at,
        )
        .where(
            JoinCode.organisation_id == organisation_id, JoinCode.withdrawn_at.is_(None),
            JoinCode.expires_at > now, JoinCode.uses < JoinCode.most_uses,
        )
        .order_by(JoinCode.id.desc())
    )  # fmt: skip
    return [JoinCodeView(*row) for row in rows]


def joiners(organisation_id: str) -> list[JoinerView]:
    """Who waits for an answer, the longest first."""
    rows = db.session.execute(
        select(JoinRequest.id, Person.id, Person.name, Person.email, JoinRequest.asked_at)
        .join(Person, Person.id == JoinRequest.person_id)
        .where(JoinRequest.organisation_id == organisation_id, JoinRequest.state == JoinState.ASKED)
        .order_by(JoinRequest.id)
    )
    return [JoinerView(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class WaitView:
    """An organisation that somebody has asked to join, and that has not answered."""

    organisation_id: str
    name: Bilingual
    asked_at: datetime


def waits_of(actor: Actor) -> list[WaitView]:
    """Where this person waits to be let in, the longest first."""
    rows = db.session.execute(
        select(Organisation, JoinRequest.asked_at)
        .join(JoinRequest, JoinRequest.organisation_id == Organisation.id)
        .where(
            JoinRequest.person_id == actor.id, JoinRequest.state == JoinState.ASKED,
            Organisation.id.not_in(list(actor.organisations)),  # they were invited meanwhile
        )
        .order_by(JoinRequest.id)
    )  # fmt: skip
    return [WaitView(asked.id, _name(asked), asked_at) for asked, asked_at in rows]


def organisation_behind(code: str, now: datetime) -> Bilingual | None:
    """The name of the organisation a join code opens; None for a code that is not good."""
    row = db.session.scalars(
        select(Organisation)
        .join(JoinCode, JoinCode.organisation_id == Organisation.id)
        .where(
            JoinCode.code == bodies.typed_code(code), JoinCode.withdrawn_at.is_(None),
            JoinCode.expires_at > now, JoinCode.uses < JoinCode.most_uses,
        )
    ).one_or_none()  # fmt: skip
    return _name(row) if row else None


def billing(actor: Actor, organisation_id: str) -> Billing | None:
    """What stands on its invoices; None before anybody wrote it. Raises NotFound for who may not see it."""
    if not policy.may_bill(actor, organisation_id):
        raise NotFound()
    row = db.session.execute(
        select(
            OrganisationBilling.title, OrganisationBilling.tax_number, OrganisationBilling.address,
            OrganisationBilling.phone, OrganisationBilling.bank, OrganisationBilling.bank_account,
        ).where(OrganisationBilling.organisation_id == organisation_id)
    ).one_or_none()  # fmt: skip
    return Billing(*row) if row else None


@dataclass(frozen=True, slots=True)
class PaperView:
    sha256: str
    media_type: str


@dataclass(frozen=True, slots=True)
class CheckView:
    """One time that staff were asked to verify an organisation."""

    id: str
    organisation_id: str
    organisation: Bilingual
    credit_code: str
    state: CheckState
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    reason: str
    expires_at: datetime | None
    claimed: Kind | None  # None for a check of before this was asked
    kind: Kind | None  # what staff found

    def is_good(self, now: datetime) -> bool:
        return bodies.is_verified(self.state, self.expires_at, now)


_CHECKS = (
    select(OrganisationCheck, Organisation, OrganisationCheckKind)
    .join(Organisation, Organisation.id == OrganisationCheck.organisation_id)
    .outerjoin(OrganisationCheckKind, OrganisationCheckKind.check_id == OrganisationCheck.id)
)


def checks_of(organisation_id: str) -> list[CheckView]:
    """Every check of one organisation, the last first."""
    asked = _CHECKS.where(OrganisationCheck.organisation_id == organisation_id)
    return _checks(asked.order_by(OrganisationCheck.id.desc()))


def checks(
    actor: Actor, state: CheckState | None, size: int, *, after: str = "", text: str = ""
) -> list[CheckView]:
    """For the desk: open ones with the longest waiting first, others with the newest first.

    ``text`` is part of a name or of a credit code; ``after`` the id that the page before ended with.
    Raises NotAllowed.
    """
    if not policy.may_read_checks(actor):
        raise NotAllowed()
    asked, is_queue = _CHECKS, state is CheckState.ASKED
    if state:
        asked = asked.where(OrganisationCheck.state == state)
    if text:
        columns = Organisation.name_zh, Organisation.name_en, Organisation.credit_code
        asked = asked.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
    if after:
        asked = asked.where(OrganisationCheck.id > after if is_queue else OrganisationCheck.id < after)
    order = OrganisationCheck.id if is_queue else OrganisationCheck.id.desc()
    return _checks(asked.order_by(order).limit(size))


def check(actor: Actor, check_id: str) -> CheckView:
    """Raises NotFound, NotAllowed."""
    if not policy.may_read_checks(actor):
        raise NotAllowed()
    found = _checks(_CHECKS.where(OrganisationCheck.id == check_id))
    if not found:
        raise NotFound()
    return found[0]


def papers_of(check_id: str) -> list[PaperView]:
    rows = db.session.execute(
        select(OrganisationPaper.sha256, OrganisationPaper.media_type)
        .where(OrganisationPaper.check_id == check_id)
        .order_by(OrganisationPaper.position)
    )
    return [PaperView(*row) for row in rows]


def open_checks() -> tuple[int, datetime | None]:
    """How many organisations wait to be verified, and since when the first of them does: for the desk."""
    found = select(func.count(), func.min(OrganisationCheck.asked_at)).where(
        OrganisationCheck.state == CheckState.ASKED
    )
    count, oldest = db.session.execute(found).one()
    return count, oldest


def verified_until(organisation_id: str, now: datetime) -> datetime | None:
    """Until when the organisation bears the mark; None when it does not."""
    found = select(func.max(OrganisationCheck.expires_at)).where(
        OrganisationCheck.organisation_id == organisation_id, OrganisationCheck.expires_at > now
    )
    return db.session.execute(found).scalar_one()


def verified_kind(organisation_id: str, now: datetime) -> Kind | None:
    """What kind of organisation staff found it to be, while its mark holds; None where nobody looked."""
    found = (
        select(OrganisationCheckKind.found)
        .join(OrganisationCheck, OrganisationCheck.id == OrganisationCheckKind.check_id)
        .where(OrganisationCheck.organisation_id == organisation_id, OrganisationCheck.expires_at > now)
        .order_by(OrganisationCheck.decided_at.desc(), OrganisationCheck.id.desc())
        .limit(1)
    )
    kind = db.session.execute(found).scalar_one_or_none()
    return Kind(kind) if kind else None


@dataclass(frozen=True, slots=True)
class Expiring:
    """A mark that ends, and who owns the organisation that bears it."""

    check_id: str
    organisation_id: str
    expires_at: datetime


def marks_expiring(after: datetime, until: datetime) -> list[Expiring]:
    """Marks that end between these instants and that no later check has taken the place of, soonest first."""
    later = aliased(OrganisationCheck)
    renewed = exists().where(
        later.organisation_id == OrganisationCheck.organisation_id,
        later.expires_at > OrganisationCheck.expires_at,
    )
    rows = db.session.execute(
        select(OrganisationCheck.id, OrganisationCheck.organisation_id, OrganisationCheck.expires_at)
        .where(OrganisationCheck.expires_at > after, OrganisationCheck.expires_at <= until, ~renewed)
        .order_by(OrganisationCheck.expires_at, OrganisationCheck.id)
    )
    return [Expiring(check, owner, ends) for check, owner, ends in rows if ends]


def is_dissolved(organisation_id: str) -> bool:
    found = select(Dissolution.organisation_id).where(Dissolution.organisation_id == organisation_id)
    return db.session.execute(found).first() is not None


def _checks(asked: Select[OrganisationCheck, Organisation, OrganisationCheckKind]) -> list[CheckView]:
    return [
        CheckView(
            row.id, of.id, _name(of), of.credit_code, CheckState(row.state), row.asked_at, row.asked_by,
            row.decided_at, row.decided_by, row.reason, row.expires_at,
            Kind(kind.claimed) if kind else None, Kind(kind.found) if kind and kind.found else None,
        )
        for row, of, kind in db.session.execute(asked)
    ]  # fmt: skip
