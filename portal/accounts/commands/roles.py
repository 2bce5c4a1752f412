"""Roles: who may do what for the portal; and accounts that operators make without a browser."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts import notices, passwords, policy, rules
from portal.accounts.commands.entering import end
from portal.accounts.commands.notices import notify
from portal.accounts.commands.second_factor import locked
from portal.accounts.models import LoginSession, Person, RoleGrant
from portal.accounts.rules import AddressIsTaken, LastAdministrator, RoleNotHeld
from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id


def create_person(
    actor: Actor, email: str, password: str, name: str, lang: str, now: datetime, *, is_temporary: bool
) -> str:
    """An account with a confirmed address, made by an operator; returns its id.

    A temporary password must be replaced at the first sign-in. Raises AddressIsTaken, PasswordTooShort, ….
    """
    if not policy.may_manage_roles(actor):
        raise NotAllowed()
    rules.check_password(password, email)
    person = Person(
        id=new_id("usr"), email=email, email_key=rules.email_key(email), name=rules.checked_name(name),
        lang=lang,
        password_hash=passwords.hash_of(password), password_is_temporary=is_temporary,
        created_at=now, confirmed_at=now,
    )  # fmt: skip
    try:
        with transaction() as session:
            session.add(person)
            session.flush()
            audit.record(actor, "accounts.person_created", person.id, now)
            return person.id
    except IntegrityError:
        raise AddressIsTaken() from None


def grant_role(actor: Actor, person_id: str, role: Role, now: datetime) -> None:
    """Give a role; live after the person's second factor. Citizen is everybody's and needs no grant.

    The person is signed out everywhere and told. Granted again, it is the same grant. Raises NotFound.
    """
    if not policy.may_manage_roles(actor):
        raise NotAllowed()
    if role is Role.CITIZEN:
        return
    with transaction() as session:
        locked(session, person_id)
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        add = dialect.insert(RoleGrant).values(
            person_id=person_id, role=role, granted_at=now, granted_by=actor.id
        )
        added = session.execute(add.on_conflict_do_nothing().returning(RoleGrant.role))
        if added.first() is None:
            return
        end(session, now, LoginSession.person_id == person_id)
        audit.record(actor, "accounts.role_granted", person_id, now, role=role)
        _tell(person_id, "role.granted", role, now)


def revoke_role(actor: Actor, person_id: str, role: Role, now: datetime) -> None:
    """Take a role away, end all of the person's sessions and tell them.

    Raises NotFound, RoleNotHeld, LastAdministrator.
    """
    if not policy.may_manage_roles(actor):
        raise NotAllowed()
    with transaction() as session:
        locked(session, person_id)
        if role is Role.ADMIN:
            _check_not_last(session, person_id)
        held = delete(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.role == role)
        if session.execute(held.returning(RoleGrant.role)).first() is None:
            raise RoleNotHeld()
        end(session, now, LoginSession.person_id == person_id)
        audit.record(actor, "accounts.role_revoked", person_id, now, role=role)
        _tell(person_id, "role.revoked", role, now)


def _tell(person_id: str, kind: str, role: Role, now: datetime) -> None:
    told = {"role": {"text": notices.ROLE_NAMES[role]}}
    notify(person_id, kind, told, now, f"{kind}:{role}:{now.timestamp()}")


def _check_not_last(session: Session, person_id: str) -> None:
    """Two administrators who take the role from each other wait here. Raises LastAdministrator."""
    admins = select(RoleGrant.person_id).where(RoleGrant.role == Role.ADMIN).order_by(RoleGrant.person_id)
    if set(session.scalars(admins.with_for_update())) <= {person_id}:
        raise LastAdministrator()
